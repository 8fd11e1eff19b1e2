"""The program of an export worker: reads orders from its standard input, one a line, answers each with a line of JSON.

It is a child process with limits (``child_process``), kept warm: libraries and fonts stay loaded. It never ends by
itself: whoever gives the orders decides when a fresh one is due, so no order is ever written to a process that is
about to leave. It knows nothing of the queue.
"""

from __future__ import annotations

import gc
import json
import sys
from functools import partial
from pathlib import Path

from ..child_process.child import answer_lines, prepare, resident_bytes
from ..child_process.parent import Limits
from ..errors import ExportFailed, ReaderError
from ..exports import exporter
from ..exports.publications import in_chosen_script
from ..i18n import Message, stored
from ..settings import ROOT
from ..storage.files import Store
from ..templating import Renderer
from .messages import ExportJob, deserialize


def command(store: Store) -> list[str]:
    """How to start a worker that puts its files into *store*."""
    return [sys.executable, "-m", __name__, str(store.folder), str(store.limit_bytes)]


def limits(memory_mb: int) -> Limits:
    """Polite, too: pages go first."""
    return Limits(memory_mb=memory_mb, nice=10)


def main() -> None:
    answers = prepare()
    folder, cache_bytes = sys.argv[1:]
    renderer = Renderer(ROOT / "templates", ROOT / "static")
    store = Store(Path(folder), int(cache_bytes))
    warm_up()
    answer_lines(answers, partial(_answer_line, renderer, store))


def _answer_line(renderer: Renderer, store: Store, line: str) -> str:
    answer = _answer(deserialize(line), renderer, store)
    gc.collect()
    return json.dumps(answer | {"resident_bytes": resident_bytes("self")})


def _answer(spec: ExportJob, renderer: Renderer, store: Store) -> dict[str, object]:
    """``{"size": bytes}`` or ``{"error": message}``."""
    try:
        content = make(spec, renderer)
        store.put(spec.key, content)
        return {"size": len(content)}
    except MemoryError:  # the parent tells
        raise
    except ReaderError as error:
        return {"error": stored(error.message)}
    except Exception as error:  # noqa: BLE001 a bug is reported with its job, and must not end the worker
        return {"error": f"{type(error).__name__}: {error}"}


def make(spec: ExportJob, renderer: Renderer) -> bytes:
    """Raises ExportFailed if this process runs other code than the one that ordered."""
    if spec.build_id != renderer.build_id:
        raise ExportFailed(spec.key, Message("Reader's files changed while it was running; restart it"))
    publication = in_chosen_script(spec.publication, spec.options.script)
    return exporter(spec.suffix).export(publication, spec.options, renderer.render)


def warm_up() -> None:
    """Loads the heavy libraries before the first order comes. Garbage is collected between orders, not amid them."""
    from ..exports.weasyprint import rendering

    rendering.warm_up()
    gc.freeze()
    gc.disable()


if __name__ == "__main__":
    main()
