"""``check``: lists files that are not published, and warnings about published files."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

import click

from ..i18n import Message, nmessage
from ..library.file_reader_pool import FileResult
from ..library.folder_faults import Fault
from ..media.font_coverage import FontCoverage, package_with
from ..models import NOTE, WARNING, Problem, escaped_in_json
from ..services import Services, build_command_services
from ..settings import Settings
from .click_localization import echo, localized

_MOST_EQUAL = 3
"""More than this many files with equal remarks are printed as one line."""
_MOST_CHARACTERS = 5
"""How many characters that no font has are named for each file."""

_IN_LINE = "line %(line)s: %(problem)s"


@click.command("check")
@click.option(
    "--accept-removals", is_flag=True, help="Confirm that the articles whose files are missing were removed on purpose."
)
@click.option("--json", "as_json", is_flag=True, help="Write everything as JSON to standard output.")
@click.pass_obj
def command(settings: Settings, accept_removals: bool, as_json: bool) -> None:
    """Check all files and list those with problems.

    Errors are files that are not published, one line each: file, line number, cause and suggested fix. Warnings are
    published with something lost, notes with nothing lost; equal ones are counted. Files that are left out on purpose,
    such as backup copies, are listed too. Exits with 1 if there are any errors.
    """
    logging.getLogger("reader.library").setLevel(logging.CRITICAL)  # the command prints its warnings
    services = build_command_services(settings)
    library = services.library
    if accept_removals:
        removed = library.accept_removals(show_progress).gone
        if not as_json:
            echo(nmessage("%(count)s file removed", "%(count)s files removed", removed))
    else:
        library.scan_until_settled(show_progress)
    errors, fault = services.catalog.problems(), services.catalog.fault()
    (_write_json if as_json else _write_text)(services, errors, fault)
    raise SystemExit(1 if errors or fault else 0)


def _write_text(services: Services, errors: list[Problem], fault: str) -> None:
    remarks = [*services.catalog.remarks(), *_dead_links(services), *_boxes(services)]
    left_out = [_left_out(problem) for problem in services.library.left_out()]
    warnings = [remark for remark in remarks if remark.severity == WARNING]
    for line in (*_grouped(left_out), *_grouped(remark for remark in remarks if remark.severity == NOTE)):
        echo(Message("note: %(problem)s", problem=line), err=True)
    for line in _grouped(warnings):
        echo(Message("warning: %(problem)s", problem=line), err=True)
    for problem in errors:
        echo(problem.message, err=True)
    if fault:
        echo(Message("%(cause)s (%(hint)s)", cause=fault, hint=_hint_of(services, fault)), err=True)
    echo(summary(services.catalog.count(), len(errors) + bool(fault), len(warnings)))


def _hint_of(services: Services, fault: str) -> Message:
    return Fault(services.catalog.fault("fault_kind"), fault).hint


def _dead_links(services: Services) -> list[Problem]:
    links = dict.fromkeys(services.catalog.dead_links())
    return [Problem(path, 0, Message("no article: %(link)s", link=link), "", WARNING) for path, link in links]


def _boxes(services: Services) -> Iterator[Problem]:
    """A warning for each article with characters that its PDF shows as boxes."""
    coverage = FontCoverage()
    for path, text in services.catalog.texts():
        if missing := coverage.missing(text):
            shown = [f"{character} (U+{ord(character):04X})" for character in missing[:_MOST_CHARACTERS]]
            characters = " ".join([*shown, "…"] if len(missing) > _MOST_CHARACTERS else shown)
            packages = ", ".join(sorted({package_with(character) for character in missing}))
            cause = Message("no font here has %(characters)s: a PDF shows boxes", characters=characters)
            yield Problem(path, 0, cause, Message("install %(packages)s", packages=packages), WARNING)


def _left_out(problem: Problem) -> Problem:
    return Problem(problem.path, 0, Message("not published: %(problem)s", problem=problem.cause), "", NOTE)


def _grouped(remarks: Iterable[Problem]) -> Iterator[Message]:
    """``file: cause`` for each remark, or ``187 files: cause`` for many equal ones; the largest group is last."""
    ordered = sorted(remarks, key=lambda remark: (str(_cause(remark)), remark.path))
    groups = [list(group) for _, group in groupby(ordered, key=lambda remark: str(_cause(remark)))]
    for group in sorted(groups, key=len):
        if len(group) > _MOST_EQUAL:
            yield nmessage(
                "%(count)s file: %(problem)s", "%(count)s files: %(problem)s", len(group), problem=_cause(group[0])
            )
        else:
            yield from (_with_line(remark).message for remark in group)


def _cause(remark: Problem) -> str:
    """The cause without the line number, so that equal remarks can be grouped."""
    cause = remark.cause
    return cause.values["problem"] if isinstance(cause, Message) and cause.msgid == _IN_LINE else cause  # type: ignore[return-value]


def _with_line(remark: Problem) -> Problem:
    """*remark* with the line number as a field of its own."""
    cause = remark.cause
    if not (isinstance(cause, Message) and cause.msgid == _IN_LINE):
        return remark
    return replace(remark, line=int(str(cause.values["line"])), cause=_cause(remark))


def _write_json(services: Services, errors: list[Problem], fault: str) -> None:
    remarks = [*services.catalog.remarks(), *_dead_links(services), *_boxes(services)]
    document = {
        "published": services.catalog.count(),
        "errors": [_as_json(problem) for problem in errors],
        "warnings": [_as_json(remark) for remark in remarks if remark.severity == WARNING],
        "notes": [_as_json(remark) for remark in remarks if remark.severity == NOTE],
        "left_out": [_as_json(problem) for problem in services.library.left_out()],
        "fault": fault,
        "fault_hint": _hint_of(services, fault) if fault else "",
    }
    click.echo(escaped_in_json(json.dumps(document, ensure_ascii=False, indent=1)))


def _as_json(problem: Problem) -> dict[str, object]:
    """The problem as JSON values in English, because programs compare them."""
    problem = _with_line(problem)
    return {"path": problem.path, "line": problem.line, "cause": str(problem.cause), "hint": problem.hint}


def summary(published: int, problems: int, warnings: int = 0) -> Message:
    """The number of published articles, problems and warnings as one line."""
    articles = nmessage("%(count)s article published", "%(count)s articles published", published)
    problem_count = (
        nmessage("%(count)s problem", "%(count)s problems", problems) if problems else Message("no problems")
    )
    if not warnings:
        return Message("%(articles)s, %(problems)s", articles=articles, problems=problem_count)
    warning_count = nmessage("%(count)s warning", "%(count)s warnings", warnings)
    return Message(
        "%(articles)s, %(problems)s, %(warnings)s", articles=articles, problems=problem_count, warnings=warning_count
    )


def show_progress(results: Iterable[FileResult], length: int) -> Iterable[FileResult]:
    """Shows a progress bar on stderr if there are many files."""
    if length < 200:
        yield from results
        return
    with click.progressbar(
        results, length=length, label=localized(Message("Reading articles")), file=sys.stderr
    ) as bar:
        yield from bar
