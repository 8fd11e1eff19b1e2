"""``import``: pasted text, pages, feeds, folders and books become article files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import click

from ..errors import NotImported
from ..formats.dates import moment
from ..importing.duplicates import look, plain
from ..importing.importer import IMPORTED, REFUSED, SKIPPED, Importing, Outcome, Wishes
from ..importing.sources.http import Fetcher, open_fetcher
from ..importing.sources.sources import Item, items_of
from ..settings import Settings

_SIGNS = {IMPORTED: "+", SKIPPED: "=", REFUSED: "!"}


class Moment(click.ParamType[datetime]):
    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return moment(value)
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
    already = look(settings.articles, settings.instance / "imported.json")
    importing = Importing(
        settings, fetcher, already, Wishes(path, published, f".{suffix}"), lambda: datetime.now(settings.timezone)
    )
    with fetcher.client:
        items, skipped = _items(sources, fetcher, importing)
        if dry_run:
            raise SystemExit(_show(importing, items))
        raise SystemExit(_report([*skipped, *_with_bar(importing, items)]))


def _items(
    sources: tuple[str, ...], fetcher: Fetcher, importing: Importing
) -> tuple[list[Item | NotImported], list[Outcome]]:
    """The items of all sources; an address whose article is there already is not fetched."""
    items: list[Item | NotImported] = []
    skipped = []
    for source in sources:
        there = importing.already.by_address.get(plain(source), "") if "://" in source else ""
        if there:
            skipped.append(Outcome(SKIPPED, source, there))
        else:
            items += items_of(source, fetcher)
    return items, skipped


def _with_bar(importing: Importing, items: list[Item | NotImported]) -> Iterator[Outcome]:
    """A bar on stderr when there is much to do and somebody to see it."""
    outcomes = importing.run(items)
    if len(items) < 5 or not sys.stderr.isatty():
        yield from outcomes
        return
    with click.progressbar(outcomes, length=len(items), label="Importing", file=sys.stderr, show_pos=True) as bar:
        yield from bar


def _report(outcomes: list[Outcome]) -> int:
    """Prints a line for each outcome and one of sums; the exit status."""
    for outcome in outcomes:
        said = {IMPORTED: f"{outcome.detail} ← {outcome.name}", SKIPPED: f"{outcome.name} is there: {outcome.detail}"}
        click.echo(
            f"{_SIGNS[outcome.kind]} " + said.get(outcome.kind, f"{outcome.name}: {outcome.detail}"),
            err=outcome.kind == REFUSED,
        )
        for note in outcome.notes:
            click.echo(f"    {note}", err=True)
    count = Counter(outcome.kind for outcome in outcomes)
    click.echo(f"{count[IMPORTED]} imported, {count[SKIPPED]} skipped, {count[REFUSED]} refused")
    return 1 if count[REFUSED] else 0


def _show(importing: Importing, items: list[Item | NotImported]) -> int:
    """Prints what would be written; the exit status."""
    refused = 0
    for item in items:
        try:
            if isinstance(item, NotImported):
                raise item
            text, notes = importing.preview(item)
            click.echo(text)
            for note in notes:
                click.echo(f"    {note}", err=True)
        except NotImported as error:
            refused += 1
            click.echo(f"! {error}", err=True)
    return 1 if refused else 0
