"""The program of an export worker: reads one job per line from standard input, writes one line of JSON for each.

It is a child process with limits (``child_process``) that processes many jobs, so that libraries and fonts stay loaded.
Only the pool ends it, so no job is sent to a process that is exiting. It does not access the queue.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..child_process.child import answer_lines, prepare, resident_bytes
from ..child_process.parent import Limits
from ..chinese.script_conversion import terms_of
from ..errors import ExportFailed, ReaderError
from ..exports import exporter
from ..exports.publications import in_chosen_script
from ..i18n import Message, serialize
from ..settings import ROOT
from ..storage.file_cache import FileCache
from ..storage.shared_file_cache import SharedFileCache, export_store
from ..templating import Renderer
from .job_message import ExportJob, deserialize
from .shared_pictures import fetch


def command(store: FileCache, instance: Path | None = None) -> list[str]:
    """The command line of a worker that writes its files to *store*.

    With *instance* it takes jobs of all machines: pictures come from the bucket, and a file must get there.
    """
    bucket = [store.bucket.url] if isinstance(store, SharedFileCache) else []
    shared = [str(instance)] if instance else []
    return [sys.executable, "-m", __name__, str(store.folder), str(store.limit_bytes), *bucket, *shared]


def limits(memory_mb: int, *, has_credentials: bool = False) -> Limits:
    """The limits of a worker. Its CPU priority is low (nice 10), so that exports do not slow down web pages.

    It needs credentials only for a bucket or for the operator's command for speech.
    """
    return Limits(memory_mb=memory_mb, nice=10, has_credentials=has_credentials)


def main() -> None:
    answers = prepare()
    folder, cache_bytes, *shared = sys.argv[1:]
    renderer = Renderer(ROOT / "templates", ROOT / "static")
    store = export_store(Path(folder), int(cache_bytes), *shared[:1], must_upload=bool(shared[1:]))
    instance = Path(shared[1]) if shared[1:] else None
    _ = renderer.build_id  # reads large files, so before the large libraries
    warm_up()
    answer_lines(answers, partial(_answer_line, renderer, store, instance))


def _answer_line(renderer: Renderer, store: FileCache, instance: Path | None, line: str) -> str:
    """The answer to one job as a line of JSON; an empty line for an empty one (``child_process.pool.PING``)."""
    if not line:
        return ""
    answer = _answer(deserialize(line), renderer, store, instance)
    gc.collect()
    return json.dumps(answer | {"resident_bytes": resident_bytes("self")})


def _answer(job: ExportJob, renderer: Renderer, store: FileCache, instance: Path | None) -> dict[str, object]:
    """``{"size": bytes}``, or ``{"error": message, "passing": is_temporary}``.

    A file that exists was finished by another machine between a visitor's look for it and the order.

    Errors of the system are temporary, such as a full disk or too many open files. Libraries raise an OSError without
    errno for a file that they cannot parse; such an error is not temporary.
    """
    try:
        if instance and (found := store.find(job.key)):
            return {"size": found.stat().st_size}
        content = make(_with_own_options(job, store, instance) if instance else job, renderer)
        store.put(job.key, content)
        return {"size": len(content)}
    except MemoryError:  # ends the process; the parent reports the memory limit
        raise
    except ReaderError as error:
        return {"error": serialize(error.message)}
    except OSError as error:
        return {"error": error.strerror or str(error), "passing": error.errno is not None}
    except Exception as error:  # noqa: BLE001 a bug fails only its job and must not end the worker
        return {"error": f"{type(error).__name__}: {error}"}


def _with_own_options(job: ExportJob, store: FileCache, instance: Path) -> ExportJob:
    """*job* with the paths and the command of this machine, and its pictures fetched. Raises OSError."""
    if isinstance(store, SharedFileCache):
        fetch(store.bucket, instance, store.limit_bytes, job.pictures)
    speech = os.environ.get("READER_SPEECH", "")
    own = replace(job.options, instance=str(instance), picture_cache_bytes=store.limit_bytes, speech=speech)
    return replace(job, options=own)


def make(job: ExportJob, renderer: Renderer) -> bytes:
    """The bytes of the exported file. Raises ExportFailed if a process with other code queued the job."""
    if job.build_id != renderer.build_id:
        raise ExportFailed(job.key, Message("Reader's files changed while it was running; restart it"))
    publication = in_chosen_script(job.publication, job.options.script, terms_of(job.options.site))
    return exporter(job.suffix).export(publication, job.options, renderer.render)


def warm_up() -> None:
    """Loads the large libraries before the first job. Garbage is collected only between jobs."""
    gc.disable()
    from ..exports.weasyprint import pdf_rendering

    pdf_rendering.warm_up()
    gc.freeze()


if __name__ == "__main__":
    main()
