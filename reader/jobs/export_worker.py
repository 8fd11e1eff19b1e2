"""The program of an export worker: reads one job per line from standard input, writes one line of JSON for each.

It is a child process with limits (``child_process``) that processes many jobs, so that libraries and fonts stay loaded.
Only the pool ends it, so no job is sent to a process that is exiting. It does not access the queue.
"""

from __future__ import annotations

import gc
import json
import sys
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


def command(store: FileCache) -> list[str]:
    """The command line of a worker that writes its files to *store*."""
    bucket = [store.bucket.url] if isinstance(store, SharedFileCache) else []
    return [sys.executable, "-m", __name__, str(store.folder), str(store.limit_bytes), *bucket]


def limits(memory_mb: int, *, has_credentials: bool = False) -> Limits:
    """The limits of a worker. Its CPU priority is low (nice 10), so that exports do not slow down web pages.

    It needs credentials only for a bucket or for the operator's command for speech.
    """
    return Limits(memory_mb=memory_mb, nice=10, has_credentials=has_credentials)


def main() -> None:
    answers = prepare()
    folder, cache_bytes, *bucket = sys.argv[1:]
    renderer = Renderer(ROOT / "templates", ROOT / "static")
    store = export_store(Path(folder), int(cache_bytes), *bucket)
    _ = renderer.build_id  # reads large files, so before the large libraries
    warm_up()
    answer_lines(answers, partial(_answer_line, renderer, store))


def _answer_line(renderer: Renderer, store: FileCache, line: str) -> str:
    """The answer to one job as a line of JSON; an empty line for an empty one (``child_process.pool.PING``)."""
    if not line:
        return ""
    answer = _answer(deserialize(line), renderer, store)
    gc.collect()
    return json.dumps(answer | {"resident_bytes": resident_bytes("self")})


def _answer(job: ExportJob, renderer: Renderer, store: FileCache) -> dict[str, object]:
    """``{"size": bytes}``, or ``{"error": message, "passing": is_temporary}``.

    Errors of the system are temporary, such as a full disk or too many open files. Libraries raise an OSError without
    errno for a file that they cannot parse; such an error is not temporary.
    """
    try:
        content = make(job, renderer)
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
