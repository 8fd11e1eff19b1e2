"""``check``: lists the files that cannot be read, with the reason."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

import click

from ..i18n import Message, nmessage
from ..library.reading import FileResult
from ..services import build_services
from ..settings import Settings
from .console import echo, localized


@click.command("check")
@click.option(
    "--accept-removals", is_flag=True, help="Confirm that the articles whose files are missing were removed on purpose."
)
@click.pass_obj
def command(settings: Settings, accept_removals: bool) -> None:
    """Check all files and list those with problems.

    Each problem is one line: file, line number, cause and suggested fix. Files that are left out on purpose, such as
    backup copies, are listed too. Exits with 1 if there are any problems.
    """
    logging.getLogger("reader.library").setLevel(logging.CRITICAL)  # its warnings are printed below
    services = build_services(settings)
    library = services.library
    if accept_removals:
        echo(nmessage("%(count)s file removed", "%(count)s files removed", library.accept_removals(show_progress).gone))
    else:
        library.scan_until_settled(show_progress)
    for note in library.left_out():
        echo(Message("not published: %(problem)s", problem=note.message), err=True)
    problems = [problem.message for problem in services.catalog.problems()]
    fault = services.catalog.fault()
    for message in [*problems, *([fault] if fault else [])]:
        echo(message, err=True)
    echo(summary(services.catalog.count(), len(problems) + bool(fault)))
    raise SystemExit(1 if problems or fault else 0)


def summary(published: int, problems: int) -> Message:
    """How many articles are published, and how many problems there are."""
    articles = nmessage("%(count)s article published", "%(count)s articles published", published)
    found = nmessage("%(count)s problem", "%(count)s problems", problems) if problems else Message("no problems")
    return Message("%(articles)s, %(problems)s", articles=articles, problems=found)


def show_progress(results: Iterable[FileResult], length: int) -> Iterable[FileResult]:
    """Shows a progress bar on stderr if there are many files."""
    if length < 200:
        yield from results
        return
    with click.progressbar(
        results, length=length, label=localized(Message("Reading articles")), file=sys.stderr
    ) as bar:
        yield from bar
