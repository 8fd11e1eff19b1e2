"""Records pictures that cannot be rendered in the cache of renditions, so that no process tries them repeatedly.

A malicious SVG file uses all the CPU time that it is allowed. A picture is tried again when the version of a rendering
library changes, and after PASSING_SECONDS if the failure may be temporary.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..errors import UnusablePicture
from ..models import escaped
from ..storage.file_cache import FileCache
from ..storage.locks import waiting_lock

LOG = logging.getLogger(__name__)
LIBRARIES = ("pillow", "resvg_py")
PASSING_SECONDS = 300
"""How long a temporary failure is recorded."""
_LASTING, _PASSING = "always", "passing"


@contextmanager
def attempt_lock(store: FileCache, digest: str) -> Iterator[None]:
    """No other process tries to render the picture during the block. Raises UnusablePicture if a failure is recorded.

    Pictures whose digests have the same first two characters share a lock: an attempt takes at most a minute. Without
    space on the disk there is no lock.
    """
    check(store, digest)
    with ExitStack() as locks:
        with suppress(OSError):
            locks.enter_context(waiting_lock(store.folder / f"{digest[:2]}.lock"))
        check(store, digest)
        yield


def check(store: FileCache, digest: str) -> None:
    """Raises UnusablePicture if a failure of the picture is recorded that still counts."""
    path = store.find(_key(digest))
    if path is None:
        return
    with suppress(OSError, ValueError):
        libraries, lasting, reason = path.read_text("utf-8").split("\n", 2)
        if libraries == _libraries() and (lasting == _LASTING or _age_seconds(path) < PASSING_SECONDS):
            raise UnusablePicture(reason)


def record_failure(store: FileCache, digest: str, error: UnusablePicture) -> None:
    """Logs and records the failure of a picture. On a full or read-only disk it is not recorded."""
    LOG.warning("picture %s cannot be rendered: %s", digest, escaped(str(error)))
    lasting = _LASTING if error.lasting else _PASSING
    with suppress(OSError):
        store.put(_key(digest), f"{_libraries()}\n{lasting}\n{error}".encode())


def _key(digest: str) -> str:
    return f"{digest}-failed.txt"


def _age_seconds(path: Path) -> float:
    return abs(time.time() - path.stat().st_mtime)


@cache
def _libraries() -> str:
    return " ".join(f"{name} {version(name)}" for name in LIBRARIES)
