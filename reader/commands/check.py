"""``check``: which files cannot be read, and why."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

import click

from ..library.scanner import FileResult
from ..services import build_services
from ..settings import Settings


@click.command("check")
@click.pass_obj
def command(settings: Settings) -> None:
    """Read the articles folder and list every file that cannot be read: file, line, cause and mend.

    Exits with 1 if there are any.
    """
    logging.getLogger("reader.library.scanner").setLevel(logging.ERROR)  # what it would warn of is printed below
    services = build_services(settings)
    services.library.scan_all(show_progress)
    problems = services.catalog.problems()
    for problem in problems:
        click.echo(str(problem), err=True)
    click.echo(f"{services.catalog.count()} articles are public, {len(problems)} files have problems")
    raise SystemExit(1 if problems else 0)


def show_progress(results: Iterable[FileResult], length: int) -> Iterable[FileResult]:
    """A bar on stderr when there is much to read."""
    if length < 200:
        yield from results
        return
    with click.progressbar(results, length=length, label="Reading articles", file=sys.stderr) as bar:
        yield from bar
