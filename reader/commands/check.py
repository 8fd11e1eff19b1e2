"""``check``: which files cannot be read, and why."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

import click

from ..i18n import Message
from ..library.reading import FileResult
from ..services import build_services
from ..settings import Settings
from .console import echo, localized


@click.command("check")
@click.pass_obj
def command(settings: Settings) -> None:
    """Check all files and list those with problems.

    Each problem is one line: file, line number, cause and suggested fix. Exits with 1 if there are any.
    """
    logging.getLogger("reader.library.scanner").setLevel(logging.ERROR)  # what it would warn of is printed below
    services = build_services(settings)
    services.library.scan_all(show_progress)
    problems = services.catalog.problems()
    for problem in problems:
        echo(problem.message, err=True)
    click.echo(f"{services.catalog.count()} articles are public, {len(problems)} files have problems")
    raise SystemExit(1 if problems else 0)


def show_progress(results: Iterable[FileResult], length: int) -> Iterable[FileResult]:
    """A bar on stderr when there is much to read."""
    if length < 200:
        yield from results
        return
    with click.progressbar(
        results, length=length, label=localized(Message("Reading articles")), file=sys.stderr
    ) as bar:
        yield from bar
