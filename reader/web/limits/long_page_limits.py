"""Limits how many long articles are rendered at once: a page of 2 MB takes up to 0.6 s of CPU time and some 15 MB of
memory.

Otherwise 35 threads build 35 of them at a time, which takes 400 MB and lets everybody else wait for seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from ...errors import Busy
from ...i18n import N_, Message
from ...models import Article
from .rate_limits import WaitingPlaces, client

LONG_CHARACTERS = 200_000
"""Of the body's HTML; a novel has ten times as many, a long report a tenth."""

AT_ONCE = 2
"""How many a web process builds at a time. With more the GIL makes each slower, and all others."""

WAITING, WAITING_OF_CLIENT = 10, 6
"""How many are built or wait, in all and for one client. Further ones get 503 with Retry-After."""

PATIENCE_SECONDS = 10.0

_places = WaitingPlaces(WAITING, WAITING_OF_CLIENT)
_turns = threading.BoundedSemaphore(AT_ONCE)


def turn_of(article: Article) -> AbstractContextManager[None]:
    """The block in which the page of *article* is built. Raises Busy if it is long and too many others are."""
    return _turn() if len(article.body) > LONG_CHARACTERS else nullcontext()


@contextmanager
def _turn() -> Iterator[None]:
    with _places.taken(client()) as is_free:
        if not is_free or not _turns.acquire(timeout=PATIENCE_SECONDS):
            raise Busy(Message(N_("too many long articles are asked for at once")), retry_seconds=5)
        try:
            yield
        finally:
            _turns.release()
