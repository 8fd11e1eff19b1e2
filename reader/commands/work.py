"""``work``: makes exports for all machines of a site, and serves no pages."""

from __future__ import annotations

import os
import signal
import threading

import click

from ..child_process.kept_code import keep_code
from ..errors import BadSetting
from ..i18n import Message
from ..jobs.queue_selection import POOL_LOCK, new_pool, open_queue
from ..server.writable_instance_folder import InstanceFolder
from ..settings import Settings
from ..state import State
from ..storage.folder_checks import check_folders, check_writable
from ..storage.private_files import make_private
from ..storage.shared_file_cache import export_store
from ..templating import Renderer
from .click_localization import echo

CHECK_SECONDS = 0.2
"""How soon a signal is noticed."""


@click.command("work")
@click.pass_obj
def command(settings: Settings) -> None:
    """Make exports for the servers of other machines until interrupted; needs no articles.

    The queue is in READER_DATABASE_URL, the files are in READER_BUCKET.
    """
    if not settings.shares_exports:
        name = "READER_DATABASE_URL" if settings.bucket else "READER_BUCKET"
        wanted = Message("what the machines share: a PostgreSQL database in READER_DATABASE_URL, and READER_BUCKET")
        raise BadSetting(name, "", wanted)
    check_folders(settings)
    check_writable(settings)
    make_private(settings.instance)
    with InstanceFolder(settings.instance, os.getpid()):
        _work(settings)


def _work(settings: Settings) -> None:
    """Makes exports until SIGTERM or SIGINT. A job that is not finished goes back into the queue.

    The handler of the signals touches no Event: it can interrupt the main thread while that holds the Event's lock.
    """
    stop, signals = threading.Event(), list[int]()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: signals.append(received))
    build_id = Renderer(settings.templates, settings.static).build_id
    keep_code()
    state = State(settings.state_url)
    store = export_store(settings.instance / "exports", settings.export_cache_mb * 1_000_000, settings.bucket)
    echo(Message("Making exports with %(count)s processes", count=settings.export_workers), err=True)
    pool = new_pool(settings, *open_queue(settings, state, build_id), store)
    thread = threading.Thread(target=pool.run, args=(stop, settings.instance / POOL_LOCK), name="exports")
    thread.start()
    while not signals and thread.is_alive():
        thread.join(CHECK_SECONDS)
    stop.set()
    thread.join()
    state.close()
    if not signals:
        raise SystemExit(1)
