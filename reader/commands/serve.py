"""``serve``: the web server."""

from __future__ import annotations

import os
import shutil

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from ..i18n import N_, nmessage
from ..services import build_services
from ..settings import Settings
from .check import show_progress
from .console import echo

THREADS = 4
"""In each process: one answers pages as fast as four, but two of the four may wait a moment for an export."""

STOP_SECONDS = 10
"""A web process that has not stopped by then is ended: one that is told to stop while it starts does not hear it."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--workers", default=os.cpu_count() or 2, show_default="one per core", type=click.IntRange(1), help="Web processes."
)
@click.pass_obj
def command(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve the articles folder until interrupted; new files appear within a second."""
    services = build_services(settings)
    services.library.scan_all(show_progress)
    shutil.rmtree(settings.instance / "metrics", ignore_errors=True)  # the figures count from a start
    count, address = services.catalog.count(), f"http://{_shown(host)}:{port}/"
    msgids = N_("%(count)s article from %(folder)s: %(address)s"), N_("%(count)s articles from %(folder)s: %(address)s")
    echo(nmessage(*msgids, count, folder=settings.articles, address=address), err=True)
    Granian(
        "reader.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=64,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def _shown(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "127.0.0.1", "::") else host  # noqa: S104 (compared, not bound)
