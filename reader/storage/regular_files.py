"""Opens and reads files of the articles folder only if they are regular files of at most a size limit.

Opening a FIFO blocks until there is a writer, reading a device may never end, and a file of gigabytes fills memory.
``open_real`` and ``read_real`` are for a path whose symbolic links were resolved and checked. They detect a link that
replaced a file or folder of the path between the check and the opening (TOCTOU).
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..i18n import Message

_DELETED = " (deleted)"
"""The suffix that the kernel appends to the path of an open file that was replaced or deleted (proc(5))."""


def open_regular(path: Path, limit_bytes: int) -> BinaryIO:
    """The open file; its size is at most *limit_bytes* when it is opened. Does not block.

    Raises OSError: EINVAL if it is not a regular file, EFBIG if it is too large, and the errors of ``open``.
    """
    _check(path.stat(), limit_bytes)  # before opening: opening a device can have side effects
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(handle, "rb")
    try:
        _check(os.fstat(handle), limit_bytes)
    except BaseException:
        file.close()
        raise
    return file


def open_real(path: Path, limit_bytes: int) -> BinaryIO:
    """Like ``open_regular``, for a *path* without symbolic links. Also raises OSError with ELOOP if it has one now.

    ``O_NOFOLLOW`` would check only the last component of the path.
    """
    file = open_regular(path, limit_bytes)
    try:
        real_path = os.readlink(f"/proc/self/fd/{file.fileno()}")  # noqa: PTH115 (a Path costs as much as the call)
        if real_path not in (str(path), f"{path}{_DELETED}"):  # a file's own name may end in " (deleted)"
            raise OSError(errno.ELOOP, Message("a link was put in its place"))
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path, limit_bytes: int) -> bytes:
    """The content. Raises OSError like ``open_regular``, also if the file grows beyond the limit while it is read."""
    with open_regular(path, limit_bytes) as file:
        return _content(file, limit_bytes)


def read_real(path: Path, limit_bytes: int) -> bytes:
    """Like ``read_regular``, for a *path* without symbolic links. Raises OSError like ``open_real``."""
    with open_real(path, limit_bytes) as file:
        return _content(file, limit_bytes)


def _content(file: BinaryIO, limit_bytes: int) -> bytes:
    size = os.fstat(file.fileno()).st_size
    content = file.read(size + 1)  # not limit_bytes: a buffered file allocates the requested size
    if len(content) > size:
        content += file.read(limit_bytes + 1 - len(content))
    if len(content) > limit_bytes:
        raise _too_large(len(content), limit_bytes)
    return content


def _check(status: os.stat_result, limit_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, Message("not a regular file"))
    if status.st_size > limit_bytes:
        raise _too_large(status.st_size, limit_bytes)


def _too_large(size: int, limit_bytes: int) -> OSError:
    text = Message("too large: %(size)s bytes; the limit is %(most)s", size=f"{size:,}", most=f"{limit_bytes:,}")
    return OSError(errno.EFBIG, text)
