"""``import``: pasted text, pages, feeds, folders and books become article files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import click

from ..errors import NotImported
from ..formats.dates import parse_datetime
from ..importing.duplicates import plain, scan
from ..importing.importer import IMPORTED, REFUSED, SKIPPED, Importer, ImportOptions, ImportResult
from ..importing.sources.http import Fetcher, open_fetcher
from ..importing.sources.sources import SourceItem, items_of
from ..settings import Settings

_SIGNS = {IMPORTED: "+", SKIPPED: "=", REFUSED: "!"}


class Moment(click.ParamType[datetime]):
    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_datetime(value)
        except ValueError as error:
            self.fail(f"{error} (use 2018-11-23 or 2018-11-23 10:40)", param, ctx)


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--section", default="", help="Section path for all, such as 河北新闻/本网原创.")
@click.option("--date", "published", type=Moment(), help="Date for all, such as 2018-11-23 or '2018-11-23 10:40'.")
@click.option("--to", "suffix", type=click.Choice(["md", "html"]), default="md", show_default=True, help="File format.")
@click.option("--dry-run", is_flag=True, help="Print the articles instead of writing them.")
@click.option("--allow-private", is_flag=True, help="Fetch from this machine and private networks too.")
@click.option("--delay", default=1.0, show_default=True, type=click.FloatRange(0), help="Seconds between two requests.")
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
    """Turn each SOURCE into article files, with their pictures beside them; nothing is ever overwritten.

    A SOURCE is an address, a feed (RSS, Atom, JSON), an HTML or text file, an EPUB, a folder or zip of these, or - for
    text pasted into standard input. What is there already, by address or by text, is skipped, so an import that was
    broken off goes on where it stopped. Exits with 1 if anything was refused.
    """
    path = tuple(part.strip() for part in section.replace(">", "/").split("/") if part.strip())
    fetcher = open_fetcher(allow_private=allow_private, delay_seconds=delay)
    already = scan(settings.articles, settings.instance / "imported.json")
    importer = Importer(
        settings,
        fetcher,
        already,
        ImportOptions(path, published, f".{suffix}"),
        lambda: datetime.now(settings.timezone),
    )
    with fetcher.client:
        items, skipped = _items(sources, fetcher, importer)
        if dry_run:
            raise SystemExit(_show(importer, items))
        raise SystemExit(_report([*skipped, *_with_bar(importer, items)]))


def _items(
    sources: tuple[str, ...], fetcher: Fetcher, importer: Importer
) -> tuple[list[SourceItem | NotImported], list[ImportResult]]:
    """The items of all sources; an address whose article is there already is not fetched."""
    items: list[SourceItem | NotImported] = []
    skipped = []
    for source in sources:
        there = importer.already.by_address.get(plain(source), "") if "://" in source else ""
        if there:
            skipped.append(ImportResult(SKIPPED, source, there))
        else:
            items += items_of(source, fetcher)
    return items, skipped


def _with_bar(importer: Importer, items: list[SourceItem | NotImported]) -> Iterator[ImportResult]:
    """A bar on stderr when there is much to do and somebody to see it."""
    results = importer.run(items)
    if len(items) < 5 or not sys.stderr.isatty():
        yield from results
        return
    with click.progressbar(results, length=len(items), label="Importing", file=sys.stderr, show_pos=True) as bar:
        yield from bar


def _report(results: list[ImportResult]) -> int:
    """Prints a line for each outcome and one of sums; the exit status."""
    for result in results:
        said = {IMPORTED: f"{result.detail} ← {result.name}", SKIPPED: f"{result.name} is there: {result.detail}"}
        click.echo(
            f"{_SIGNS[result.kind]} " + said.get(result.kind, f"{result.name}: {result.detail}"),
            err=result.kind == REFUSED,
        )
        for note in result.notes:
            click.echo(f"    {note}", err=True)
    count = Counter(result.kind for result in results)
    click.echo(f"{count[IMPORTED]} imported, {count[SKIPPED]} skipped, {count[REFUSED]} refused")
    return 1 if count[REFUSED] else 0


def _show(importer: Importer, items: list[SourceItem | NotImported]) -> int:
    """Prints what would be written; the exit status."""
    refused = 0
    for item in items:
        try:
            if isinstance(item, NotImported):
                raise item
            text, notes = importer.preview(item)
            click.echo(text)
            for note in notes:
                click.echo(f"    {note}", err=True)
        except NotImported as error:
            refused += 1
            click.echo(f"! {error}", err=True)
    return 1 if refused else 0
