"""Remembers, beside the renditions, which pictures cannot be rendered, so that no process tries them again.

A malicious drawing (SVG) takes all the processor time that it is allowed. A picture is tried again when the libraries
that draw it have another version, and after PASSING_SECONDS if the reason may have passed.
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
_LASTING, _PASSING = "always", "passing"


@contextmanager
def tried_alone(store: FileCache, digest: str) -> Iterator[None]:
    """Nobody else tries the picture during the block. Raises UnusablePicture if it could not be made before.

    One lock for each first two characters of the digests: a try takes a minute at most. None on a disk that is full.
    """
    check(store, digest)
    with ExitStack() as locks:
        with suppress(OSError):
            locks.enter_context(waiting_lock(store.folder / f"{digest[:2]}.lock"))
        check(store, digest)
        yield


def check(store: FileCache, digest: str) -> None:
    """Raises UnusablePicture if the picture could not be made before."""
    path = store.find(_key(digest))
    if path is None:
        return
    with suppress(OSError, ValueError):
        libraries, lasting, reason = path.read_text("utf-8").split("\n", 2)
        if libraries == _libraries() and (lasting == _LASTING or _age_seconds(path) < PASSING_SECONDS):
            raise UnusablePicture(reason)


def remember(store: FileCache, digest: str, error: UnusablePicture) -> None:
    """Does nothing on a full or read-only disk: the next try costs time again."""
    LOG.warning("picture %s cannot be made: %s", digest, escaped(str(error)))
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
