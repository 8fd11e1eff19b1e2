"""``import``: imports pasted text, web pages, feeds, folders and books as article files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

import click

from ..child_process.memory import limited_memory
from ..errors import NotImported, UnreadableArticle
from ..formats.dates import UnreadableDate, parse_date
from ..i18n import N_, Message
from ..importing.duplicates import normalize_address, scan
from ..importing.import_result import IMPORTED, LEFT_OUT, REFUSED, SKIPPED, ImportResult
from ..importing.importer import Importer, ImportOptions, name_of
from ..importing.sources.http import Fetcher, open_fetcher
from ..importing.sources.items import MOST_MEMORY_MB, Found, LeftOut, SourceItem
from ..importing.sources.sources import items_of
from ..models import escaped
from ..settings import Settings
from .click_localization import echo, echo_content, localized

_MOST_EQUAL = 100
"""A feed can have 200,000 entries without text. Only this many results per reason are printed, then their number."""
_SIGNS = {IMPORTED: "+", SKIPPED: "=", REFUSED: "!", LEFT_OUT: "-"}


class DateParameter(click.ParamType[datetime]):
    """A date or a date with time, in the formats of front matter."""

    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            date = parse_date(value)
            if date is None:
                raise UnreadableDate(Message("not a date: '%(text)s'", text=value))
            return date
        except UnreadableDate as error:
            reason = Message("%(cause)s (%(hint)s)", cause=error.cause, hint=error.hint)
            self.fail(escaped(localized(reason)), param, ctx)


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--section", default="", help="Section path for all articles, such as 河北新闻/本网原创.")
@click.option(
    "--date", "published", type=DateParameter(), help="Date for all articles, such as 2018-11-23 or '2018-11-23 10:40'."
)
@click.option("--to", "suffix", type=click.Choice(["md", "html"]), default="md", show_default=True, help="File format.")
@click.option("--dry-run", is_flag=True, help="Print the articles instead of writing them.")
@click.option("--allow-private", is_flag=True, help="Also fetch from this machine and private networks.")
@click.option(
    "--delay", default=1.0, show_default=True, type=click.FloatRange(0), help="Seconds between two requests to a site."
)
@click.pass_obj
def command(
    settings: Settings,
    sources: tuple[str, ...],
    section: str,
    published: datetime | None,
    suffix: str,
    dry_run: bool,
    allow_private: bool,
    delay: float,
) -> None:
    """Import articles from web pages, feeds, files, EPUB, folders or zip files.

    A SOURCE is a URL, a feed (RSS, Atom, JSON), an HTML or text file, an EPUB, a folder or zip file of these, or - for
    text on standard input. Each article becomes a file with its pictures beside it. Nothing is overwritten. Articles
    that were imported before are skipped, so an interrupted import can be repeated. Exits with 1 if any import failed.
    """
    path = tuple(part.strip() for part in section.replace(">", "/").split("/") if part.strip())
    fetcher = open_fetcher(allow_private=allow_private, delay_seconds=delay)
    index = scan(settings.articles, settings.instance / "imported.json")
    importer = Importer(
        settings,
        fetcher,
        index,
        ImportOptions(path, published, f".{suffix}"),
        lambda: datetime.now(settings.timezone),
    )
    with fetcher.client, limited_memory(MOST_MEMORY_MB):
        items, skipped = _items(sources, fetcher, importer)
        if dry_run:
            raise SystemExit(_print_preview(importer, items))
        raise SystemExit(_report([*skipped, *_with_bar(importer, items)]))


def _items(sources: tuple[str, ...], fetcher: Fetcher, importer: Importer) -> tuple[list[Found], list[ImportResult]]:
    """The items of all sources, and the results of sources that are skipped. A URL that was imported before is not
    fetched."""
    items: list[Found] = []
    skipped = []
    for source in sources:
        imported_path = importer.imported_index.by_address.get(normalize_address(source), "") if "://" in source else ""
        if imported_path:
            skipped.append(ImportResult(SKIPPED, source, imported_path))
        else:
            items += items_of(source, fetcher)
    return items, skipped


def _with_bar(importer: Importer, items: list[Found]) -> Iterator[ImportResult]:
    """Shows a progress bar on stderr if there are many items and stderr is a terminal."""
    results = importer.run(items)
    if len(items) < 5 or not sys.stderr.isatty():
        yield from results
        return
    with click.progressbar(
        results, length=len(items), label=localized(Message("Importing")), file=sys.stderr, show_pos=True
    ) as bar:
        yield from bar


def _report(results: list[ImportResult]) -> int:
    """Prints one line per result and a summary. Returns the exit status."""
    by_reason: Counter[str] = Counter()
    for result in results:
        if result.kind != REFUSED or _is_among_first(result.detail, by_reason):
            echo(f"{_SIGNS[result.kind]} {localized(_line_of(result))}", err=result.kind == REFUSED)
            _echo_notes(result.notes)
    _echo_rest(by_reason)
    count: Counter[str] = Counter()
    for result in results:
        count[result.kind] += result.count
    msgid = N_("%(imported)s imported, %(skipped)s skipped, %(failed)s failed")
    skipped = count[SKIPPED] + count[LEFT_OUT]
    echo(Message(msgid, imported=count[IMPORTED], skipped=skipped, failed=count[REFUSED]))
    return 1 if count[REFUSED] or not count[IMPORTED] + count[SKIPPED] else 0


def _is_among_first(reason: str, by_reason: Counter[str]) -> bool:
    """Counts *reason*. Returns whether it occurred at most _MOST_EQUAL times."""
    by_reason[reason] += 1
    return by_reason[reason] <= _MOST_EQUAL


def _echo_rest(by_reason: Counter[str]) -> None:
    for reason, count in by_reason.items():
        if count > _MOST_EQUAL:
            more = Message("%(count)s more: %(reason)s", count=f"{count - _MOST_EQUAL:,}", reason=reason)
            echo(f"! {localized(more)}", err=True)


def _line_of(result: ImportResult) -> str:
    if result.kind == IMPORTED:
        return f"{result.detail} ← {result.name}"
    if result.kind == SKIPPED:
        return Message("%(source)s: already imported as %(path)s", source=result.name, path=result.detail)
    return Message("%(source)s: %(reason)s", source=result.name, reason=result.detail)


def _echo_notes(notes: Iterable[str]) -> None:
    for note in notes:
        echo(f"    {localized(note)}", err=True)


def _print_preview(importer: Importer, items: list[Found]) -> int:
    """Prints the files that would be written. Returns the exit status."""
    by_reason: Counter[str] = Counter()
    for item in items:
        try:
            if isinstance(item, NotImported):
                raise item
            if isinstance(item, LeftOut):
                echo(f"- {localized(item.reason)}", err=True)
                continue
            text, notes = importer.preview(item)
            echo_content(text)
            _echo_notes(notes)
        except NotImported as error:
            _print_refused(error, by_reason)
        except UnreadableArticle as error:
            _print_refused(NotImported(name_of(item), error.message), by_reason)
    _echo_rest(by_reason)
    return 1 if by_reason or not any(isinstance(item, SourceItem) for item in items) else 0


def _print_refused(error: NotImported, by_reason: Counter[str]) -> None:
    if _is_among_first(error.reason, by_reason):
        echo(f"! {localized(error.message)}", err=True)
