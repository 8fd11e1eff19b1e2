"""``build``: generates all exports ahead of time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import click

from ..errors import Busy
from ..exports import EXPORTS
from ..exports.publications import every_article, of_article, of_issue
from ..i18n import Message, nmessage
from ..jobs.export_service import ExportService
from ..jobs.queue_contract import FAILED
from ..models import Publication
from ..services import Services, build_command_services
from ..settings import Settings
from .click_localization import echo, localized

POLL_SECONDS = 0.02
ExportRequest = tuple[Publication, str, str]
"""A publication, a suffix and a page size."""


@click.command("build")
@click.option("--format", "suffixes", multiple=True, type=click.Choice(list(EXPORTS)), help="Only these formats.")
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(0), help="Also build issues for the last N days."
)
@click.pass_obj
def command(settings: Settings, suffixes: tuple[str, ...], days: int) -> None:
    """Generate all exports ahead of time.

    Covers all articles and the latest issues, in every format and page size. Finished files are not generated again.
    Exits with 1 if any export failed.
    """
    services = build_command_services(settings)
    services.library.scan_until_settled()
    requests = [
        request for publication in publications(services, days) for request in requests_for(publication, suffixes)
    ]
    stop = threading.Event()
    pool = threading.Thread(target=services.export_service.run_workers, args=(stop,), daemon=True)
    pool.start()
    failures = run_exports(services.export_service, requests)
    stop.set()
    pool.join()
    for failure in failures:
        echo(failure, err=True)
    done = len(requests) - len(failures)
    echo(
        nmessage(
            "%(done)s of %(count)s export finished", "%(done)s of %(count)s exports finished", len(requests), done=done
        )
    )
    raise SystemExit(1 if failures else 0)


def publications(services: Services, days: int) -> Iterator[Publication]:
    """All articles, newest first, then the issues of the last *days* days."""
    yield from map(of_article, every_article(services.catalog))
    for day, _ in services.catalog.issues(limit=days) if days else ():
        issue = services.catalog.issue(day)
        yield of_issue(issue, services.catalog.articles([teaser.slug for teaser in issue.teasers]))


def requests_for(publication: Publication, suffixes: tuple[str, ...]) -> Iterator[ExportRequest]:
    """The exports of *publication* in the formats *suffixes* (empty: all), in every page size."""
    for suffix, exporter in EXPORTS.items():
        if not suffixes or suffix in suffixes:
            yield from ((publication, suffix, page) for page in exporter.PAGES or ("",))


def run_exports(export_service: ExportService, requests: list[ExportRequest]) -> list[str]:
    """Submits all *requests* and waits until they are finished. Returns the failures with their reasons."""
    failures: list[str] = []
    submitted: dict[str, str] = {}
    with click.progressbar(requests, label=localized(Message("Generating exports")), file=sys.stderr) as bar:
        for publication, suffix, page in bar:
            while not try_submit(export_service, publication, suffix, page):
                failures += remove_finished(export_service, submitted)
                time.sleep(POLL_SECONDS)
            submitted[export_service.key(publication, suffix, page)] = f"{publication.name}.{suffix} {page}".rstrip()
        while submitted:
            failures += remove_finished(export_service, submitted)
            time.sleep(POLL_SECONDS)
    return failures


def try_submit(export_service: ExportService, publication: Publication, suffix: str, page: str) -> bool:
    """Submits a job. Returns False if the queue is full."""
    try:
        export_service.submit(publication, suffix, page)
    except Busy:
        return False
    return True


def remove_finished(export_service: ExportService, submitted: dict[str, str]) -> list[str]:
    """Removes finished jobs from *submitted*. Returns the failures with their reasons."""
    failures: list[str] = []
    for key, name in list(submitted.items()):
        status = export_service.jobs.status(key)
        if status is None or status.state == FAILED:
            del submitted[key]
            failures += [Message("%(name)s: %(reason)s", name=name, reason=status.message)] if status else []
    return failures
