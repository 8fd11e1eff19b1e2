"""``export``: one article, issue or selection as a file; or everything as a folder."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

import click

from ..errors import UnknownFormat
from ..exports import EXPORTS, exporter, page_of
from ..exports.options import options_of
from ..exports.publications import in_chosen_script, of_article, of_issue, of_selection
from ..model import Publication
from ..script import SCRIPTS
from ..services import Services, open_services
from ..settings import Settings


@click.command("export")
@click.argument("names", nargs=-1, required=True, metavar="SLUG|DATE...")
@click.option("--format", "suffix", default="pdf", show_default=True, help=f"One of: {', '.join(EXPORTS)}.")
@click.option("--page", default="", help="Paper of a PDF: a4, phone, a6 or large.  [default: a4]")
@click.option("--script", default="", type=click.Choice(["", *SCRIPTS]), help="Simplified or Traditional characters.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; - for standard output.")
@click.pass_obj
def command(
    settings: Settings, names: tuple[str, ...], suffix: str, page: str, script: str, output: Path | None
) -> None:
    """Write an article, the issue of a day (2018-11-23), or a selection of several articles as one file."""
    try:
        page = page_of(suffix, page)
    except UnknownFormat as error:
        raise click.BadParameter(str(error), param_hint="--format") from error
    services = open_services(settings)
    services.library.sync()
    publication = in_chosen_script(publication_of(services, names), script)
    options = options_of(settings, page, script)
    content = exporter(suffix).export(publication, options, services.render.render)
    write(content, output or Path(f"{publication.name}.{suffix}"))


def publication_of(services: Services, names: tuple[str, ...]) -> Publication:
    """Raises NotFound."""
    if len(names) == 1 and (day := _day(names[0])):
        issue = services.catalog.issue(day)
        return of_issue(issue, services.catalog.articles([teaser.slug for teaser in issue.teasers]))
    articles = [services.catalog.article(name) for name in names]
    if len(articles) == 1:
        return of_article(articles[0])
    path = "/selection?" + "&".join(f"a={name}" for name in names)
    return of_selection(articles[0].title, path, articles)


def write(content: bytes, path: Path) -> None:
    if str(path) == "-":
        cast("BinaryIO", sys.stdout.buffer).write(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    click.echo(f"{path}  {len(content):,} bytes", err=True)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
