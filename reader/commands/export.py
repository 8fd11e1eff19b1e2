"""``export``: writes one article, an issue or a selection as a file, or the whole site as a folder."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import click

from ..app import create_app
from ..chinese.script_conversion import in_script, terms_of
from ..chinese.scripts import SCRIPTS
from ..errors import UnknownFormat
from ..exports import EXPORTS, exporter, page_of
from ..exports.options import options_of
from ..exports.publications import every_article, in_chosen_script, of_article, of_issue, of_selection
from ..i18n import N_, Message, nmessage
from ..models import Publication
from ..services import Services, build_command_services
from ..settings import Settings
from ..urls import parse_day
from .click_localization import echo, localized
from .output_file import OutputPath, replacement_for
from .static_site import export_site


@click.command("export")
@click.argument("names", nargs=-1, metavar="SLUG|DATE...")
@click.option("--all", "everything", is_flag=True, help="Export everything: a static site, or a .zim file.")
@click.option(
    "--format",
    "suffix",
    type=click.Choice(list(EXPORTS)),
    help="Format of the file. The default is that of the output's name, else pdf.",
)
@click.option("--page", default="", help="Page size of a PDF: a4, phone, a6 or large. The default is a4.")
@click.option("--script", default="", type=click.Choice(["", *SCRIPTS]), help="Simplified or Traditional characters.")
@click.option("-o", "--output", type=OutputPath(), help="File or folder to write; - for standard output.")
@click.pass_obj
def command(
    settings: Settings,
    names: tuple[str, ...],
    everything: bool,
    suffix: str | None,
    page: str,
    script: str,
    output: Path | None,
) -> None:
    """Export articles, an issue or the whole site as a file.

    Give the SLUG of one article, several slugs for a selection, or the DATE of an issue (2018-11-23). With --all, write
    the whole site as a folder (--output public), or as a library for Kiwix (--output library.zim).
    """
    if everything == bool(names):
        raise click.UsageError(localized(Message("give a SLUG or DATE, or use --all")))
    reject_own_folder(settings, output)
    if everything:
        settings = replace(settings, comments="off", smtp_url="")  # a static host can't process forms
        write_everything(settings, output or Path("public"), script)
        return
    suffix = suffix or suffix_of(output)
    try:
        page = page_of(suffix, page)
    except UnknownFormat as error:
        raise click.BadParameter(localized(error.message), param_hint="--format") from error
    services = build_command_services(settings)
    services.library.scan_until_settled()
    publication = in_chosen_script(publication_of(services, names), script, terms_of(services.catalog.site))
    options = options_of(settings, page, script, services.catalog.site)
    content = exporter(suffix).export(publication, options, services.render.render)
    write(content, output or Path(f"{publication.name}.{suffix}"))


def suffix_of(output: Path | None) -> str:
    """The format according to the output's file name; pdf without one. Raises BadParameter for an unknown suffix."""
    suffix = output.suffix[1:].lower() if output and str(output) != "-" else ""
    if suffix and suffix not in EXPORTS:
        cause = Message(
            "%(path)s: .%(suffix)s is no format; name a --format (%(formats)s) or another file",
            path=output,
            suffix=suffix,
            formats=", ".join(EXPORTS),
        )
        raise click.BadParameter(localized(cause), param_hint="--output")
    return suffix or "pdf"


def reject_own_folder(settings: Settings, output: Path | None) -> None:
    """Raises BadParameter for a path that the server reads, because exported files would be published as articles."""
    target = Path(os.path.realpath(output)) if output and str(output) != "-" else None
    for folder in (settings.articles, settings.instance):
        own = Path(os.path.realpath(folder))
        if target and (target.is_relative_to(own)):
            cause = Message("%(path)s lies in %(folder)s; choose another place", path=output, folder=folder)
            raise click.BadParameter(localized(cause), param_hint="--output")


def write_everything(settings: Settings, output: Path, script: str) -> None:
    """Writes a static site, or a ZIM file if *output* ends with ``.zim``. Exits with 1 if a file failed."""
    services = build_command_services(settings)
    services.library.scan_until_settled()
    if output.suffix == ".zim":
        write_library(services, output, script)
        return
    stop = threading.Event()
    pool = threading.Thread(target=services.export_service.run_workers, args=(stop,), daemon=True)
    pool.start()
    with click.progressbar(
        export_site(create_app(services), output), label=localized(Message("Writing files")), file=sys.stderr
    ) as bar:
        outcomes = list(bar)
    stop.set()
    pool.join()
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    for problem in problems:
        echo(problem, err=True)
    count = len(outcomes) - len(problems)
    echo(nmessage("%(path)s: %(count)s file", "%(path)s: %(count)s files", count, path=output), err=True)
    raise SystemExit(1 if problems else 0)


def write_library(services: Services, output: Path, script: str) -> None:
    """Writes the ZIM file of all articles."""
    from ..exports.zim import write_zim  # imported here, because only this function needs libzim

    settings = services.settings
    icon, language = settings.static / "icons" / "192.png", settings.language
    terms = terms_of(services.catalog.site)
    articles = (in_script(article, script, terms) for article in every_article(services.catalog))
    options = options_of(settings, "", script, services.catalog.site)
    length = services.catalog.count()
    with (
        click.progressbar(
            articles, length=length, label=localized(Message("Writing articles")), file=sys.stderr
        ) as bar,
        replacement_for(output) as path,
    ):
        count = write_zim(path, bar, options, services.render.render, icon, language)
    msgids = N_("%(path)s: %(count)s article, %(size)s bytes"), N_("%(path)s: %(count)s articles, %(size)s bytes")
    echo(nmessage(*msgids, count, path=output, size=f"{output.stat().st_size:,}"), err=True)


def publication_of(services: Services, names: tuple[str, ...]) -> Publication:
    """The publication of a slug, several slugs or a date. Raises NotFound."""
    if len(names) == 1 and (day := parse_day(names[0])):
        issue = services.catalog.issue(day)
        return of_issue(issue, services.catalog.articles([teaser.slug for teaser in issue.teasers]))
    articles = [services.catalog.article(name) for name in names]
    if len(articles) == 1:
        return of_article(articles[0])
    path = "/selection?" + "&".join(f"a={name}" for name in names)
    return of_selection(articles[0].title, path, articles)


def write(content: bytes, path: Path) -> None:
    """Writes *content* to *path*; ``-`` is standard output."""
    if str(path) == "-":
        cast("BinaryIO", sys.stdout.buffer).write(content)
        return
    with replacement_for(path) as part:
        part.write_bytes(content)
    echo(Message("%(path)s: %(size)s bytes", path=path, size=f"{len(content):,}"), err=True)
