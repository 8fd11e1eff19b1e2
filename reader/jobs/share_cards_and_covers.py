"""Share cards, covers and home screen icons. Each is drawn once, in a child process, and cached.

``instance/drawings/`` is a cache and can be deleted at any time.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from ..child_process.child import answer_lines, prepare
from ..child_process.parent import Limits
from ..child_process.pool import WarmChildren
from ..errors import Busy, ChildFailed
from ..i18n import N_, Message
from ..settings import Settings
from ..storage.file_cache import FileCache

MIMETYPE = "image/png"
CACHE_BYTES = 50_000_000
"""About 3,000 share cards."""

MOST_WAITING_REQUESTS = 4
"""How many requests of one process can wait. One drawing takes up to 0.1 s; an e-reader requests several at a time."""

PATIENCE_SECONDS = 10
"""How long each request can wait."""
TIMEOUT_SECONDS = 10
"""How long one drawing may take."""
LIMITS = Limits(memory_mb=1000, cpu_seconds=10, nice=5)
COMMAND = (sys.executable, "-m", "reader.jobs.share_cards_and_covers")
_BUSY = Message(N_("too many pictures are being drawn"))
_children = WarmChildren(recycle_bytes=200_000_000, idle_seconds=10)


class Drawings:
    """Draws and caches pictures. One object per process; it draws one picture at a time.

    ::

        drawings.get("3f2a5b", "cover", "三明党建", "河北新闻网", "2018-11-23")  # the bytes of a PNG
    """

    def __init__(self, settings: Settings) -> None:
        self._store = FileCache(settings.instance / "drawings", CACHE_BYTES)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawings")
        self._waiting: dict[str, Future[bytes]] = {}
        self._request_slots = threading.BoundedSemaphore(MOST_WAITING_REQUESTS)
        self._lock = threading.Lock()

    def find(self, version: str) -> bytes | None:
        """The cached picture; None if there is none. *version* must differ for each kind and texts."""
        path = self._store.find(f"{version}.png")
        with suppress(OSError):
            return path.read_bytes() if path else None
        return None

    def get(self, version: str, kind: str, *texts: str) -> bytes:
        """The picture as PNG; waits until it is drawn. *kind* and *texts* are those of ``draw``. Raises Busy."""
        if found := self.find(version):
            return found
        if not self._request_slots.acquire(blocking=False):
            raise Busy(_BUSY, retry_seconds=5)
        try:
            return self._submit(version, kind, texts).result(timeout=PATIENCE_SECONDS)
        except TimeoutError:
            raise Busy(_BUSY, retry_seconds=30) from None
        except (ChildFailed, OSError) as error:
            raise Busy(Message("a picture cannot be drawn: %(error)s", error=error), retry_seconds=60) from error
        finally:
            self._request_slots.release()

    def _submit(self, version: str, kind: str, texts: tuple[str, ...]) -> Future[bytes]:
        with self._lock:
            if version not in self._waiting:
                self._waiting[version] = self._executor.submit(self._draw, version, kind, texts)
            return self._waiting[version]

    def _draw(self, version: str, kind: str, texts: tuple[str, ...]) -> bytes:
        try:
            answer = _children.request(COMMAND, LIMITS, json.dumps([kind, *texts]), TIMEOUT_SECONDS)
            content = base64.b64decode(answer)
            with suppress(OSError):  # on a full disk the next request draws it again
                self._store.put(f"{version}.png", content)
            return content
        finally:
            with self._lock:
                self._waiting.pop(version, None)


def draw(kind: str, texts: Sequence[str]) -> bytes:
    """The picture as PNG. *kind* defines the *texts*: ``card`` has title, note, site name and colour; ``cover`` has
    title, site name and date; ``icon`` has the path of a logo."""
    from ..exports.covers import cover_of, picture_of  # loads fonts and drawing functions, in the child only
    from ..media.home_screen_icon import draw_home_screen_icon
    from ..media.share_cards import draw_share_card

    if kind == "icon":
        return draw_home_screen_icon(*texts)
    return draw_share_card(*texts) if kind == "card" else picture_of(cover_of(*texts))


def _answer(request: str) -> str:
    """Runs in the child. Returns the picture in base64; for the empty request (PING) an empty line."""
    if not request:
        return ""
    kind, *texts = json.loads(request)
    return base64.b64encode(draw(kind, texts)).decode()


if __name__ == "__main__":
    answer_lines(prepare(), _answer)
