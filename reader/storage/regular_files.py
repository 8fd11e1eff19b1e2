"""Files of others are looked at before they are read: a regular file of a bounded size, or nothing.

Opening a FIFO waits for a writer, a device may never end, and a file of gigabytes fills the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..i18n import Message


def open_regular(path: Path, limit_bytes: int) -> BinaryIO:
    """The opened file; its size is at most *limit_bytes* now. Never waits.

    Raises OSError: EINVAL for what is not a regular file, EFBIG for one that is too large, and what ``open`` raises.
    """
    _check(path.stat(), limit_bytes)  # before it is opened: opening a device can have an effect
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(handle, "rb")
    try:
        _check(os.fstat(handle), limit_bytes)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path, limit_bytes: int) -> bytes:
    """All of it. Raises OSError as ``open_regular`` does, also when it grows while it is read."""
    with open_regular(path, limit_bytes) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(size + 1)  # not the limit: a buffered file allocates what it is asked for
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
