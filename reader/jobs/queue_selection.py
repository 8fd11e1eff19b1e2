"""Chooses the queue of export jobs: of this machine, or of all machines; and runs a pool of workers on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..library.heartbeat import Heartbeat
from ..settings import Settings
from ..state import State
from ..storage.file_cache import FileCache
from . import export_worker
from .queue import JobQueue
from .worker_pool import WorkerPool

if TYPE_CHECKING:
    from .shared_queue import SharedHeartbeat, SharedJobQueue

POOL_LOCK = "exports.lock"
"""The lock file in the instance folder: the process that holds it runs the pool. Its times are the heartbeat."""


def open_queue(
    settings: Settings, state: State, build_id: str
) -> tuple[JobQueue | SharedJobQueue, Heartbeat | SharedHeartbeat]:
    """The queue, and the heartbeat of the processes that work on it."""
    if not settings.shares_exports:
        queue = JobQueue(settings.instance / "jobs.sqlite3", settings.export_queue)
        return queue, Heartbeat(settings.instance / POOL_LOCK)
    from .shared_queue import SharedHeartbeat, SharedJobQueue

    shared = SharedJobQueue(state, settings.export_queue, build_id)
    return shared, SharedHeartbeat(shared)


def new_pool(
    settings: Settings,
    jobs: JobQueue | SharedJobQueue,
    heartbeat: Heartbeat | SharedHeartbeat,
    store: FileCache,
    **callbacks: Any,
) -> WorkerPool:
    """A pool with the workers and limits of the settings. *callbacks* are further arguments of WorkerPool."""
    instance = settings.instance if settings.shares_exports else None
    return WorkerPool(
        jobs,
        export_worker.command(store, instance),
        settings.export_workers,
        settings.export_timeout_seconds,
        limits=export_worker.limits(
            settings.export_memory_mb, has_credentials=bool(settings.bucket or settings.speech)
        ),
        beat=heartbeat.beat,
        **callbacks,
    )
