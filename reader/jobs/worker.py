"""A worker process: reads orders from its standard input, one a line, and answers each with one line of JSON.

It is warm (libraries and fonts stay loaded), polite (nice 10: pages go first), bounded (RLIMIT_AS) and mortal:
it ends with the end of its input and with its parent, and at no other time: whoever gives the orders decides when
a fresh one is due, so no order is ever written to a process that is about to leave. It knows nothing of the queue.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import TextIO

from ..errors import ExportFailed, ReaderError
from ..exports import exporter
from ..exports.publications import in_chosen_script
from ..settings import ROOT
from ..storage.files import Store
from ..templating import Renderer
from .messages import ExportJob, deserialize

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def command(store: Store, memory_mb: int) -> list[str]:
    """How to start a worker that puts its files into *store*."""
    return [sys.executable, "-m", __name__, str(store.folder), str(store.limit_bytes), str(memory_mb)]


def main() -> None:
    folder, cache_bytes, memory_mb = sys.argv[1:]
    answers = _keep_output_clean()
    _accept_limits(int(memory_mb) * 1_000_000)
    renderer = Renderer(ROOT / "templates", ROOT / "static")
    store = Store(Path(folder), int(cache_bytes))
    warm_up()
    for line in sys.stdin:
        answer = _answer(deserialize(line), renderer, store)
        gc.collect()
        print(json.dumps(answer | {"resident_bytes": _resident_bytes()}), file=answers, flush=True)


def _answer(spec: ExportJob, renderer: Renderer, store: Store) -> dict[str, object]:
    """``{"size": bytes}`` or ``{"error": message}``."""
    try:
        content = make(spec, renderer)
        store.put(spec.key, content)
        return {"size": len(content)}
    except MemoryError:
        return {"error": "it needs more memory than READER_EXPORT_MEMORY_MB allows"}
    except ReaderError as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001 a bug is reported with its job, and must not end the worker
        return {"error": f"{type(error).__name__}: {error}"}


def make(spec: ExportJob, renderer: Renderer) -> bytes:
    """Raises ExportFailed if this process runs other code than the one that ordered."""
    if spec.build_id != renderer.build_id:
        raise ExportFailed(spec.key, "Reader's files changed while it was running; restart it")
    publication = in_chosen_script(spec.publication, spec.options.script)
    return exporter(spec.suffix).export(publication, spec.options, renderer.render)


def _keep_output_clean() -> TextIO:
    """The stream for answers; whatever a library prints goes to standard error instead."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _accept_limits(memory_bytes: int) -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)


def warm_up() -> None:
    """Loads the heavy libraries before the first order comes. Garbage is collected between orders, not amid them."""
    from ..exports.weasyprint import rendering

    rendering.warm_up()
    gc.freeze()
    gc.disable()


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
