"""Limits how many long articles a web process renders at the same time.

A page of 2 MB takes up to 0.6 s of CPU time and some 15 MB of memory. Without a limit, 35 threads build 35 of them at a
time, which takes 400 MB and delays all other requests by seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from ...errors import Busy
from ...i18n import N_, Message
from ...models import Article
from .rate_limits import WaitingSlots, client

LONG_CHARACTERS = 200_000
"""An article is long if its body has more characters of HTML. A novel has ten times as many, a long report a tenth."""

MAX_RENDERING = 2
"""The maximum number of long pages that a web process builds at a time. More would slow down all threads (GIL)."""

WAITING, WAITING_OF_CLIENT = 10, 6
"""The maximum number that are built or wait, in total and for one client. Further requests get 503 with Retry-After."""

PATIENCE_SECONDS = 10.0

_waiting = WaitingSlots(WAITING, WAITING_OF_CLIENT)
_rendering = threading.BoundedSemaphore(MAX_RENDERING)


def rendering_slot(article: Article) -> AbstractContextManager[None]:
    """The context in which the page of *article* is built. Entering it raises Busy if too many long pages wait."""
    return _rendering_slot() if len(article.body) > LONG_CHARACTERS else nullcontext()


@contextmanager
def _rendering_slot() -> Iterator[None]:
    with _waiting.acquire(client()) as is_free:
        if not is_free or not _rendering.acquire(timeout=PATIENCE_SECONDS):
            raise Busy(Message(N_("too many long articles are asked for at once")), retry_seconds=5)
        try:
            yield
        finally:
            _rendering.release()
