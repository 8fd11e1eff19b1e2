"""Finds files that are copies of the file beside them, such as ``rain (1).md``."""

from __future__ import annotations

import os
from pathlib import Path

from ..i18n import Message
from ..storage.regular_files import read_regular
from .skipped_names import original_of, printable

_LARGEST_BYTES = 20_000_000


def reason_by_original(folder: str, name: str) -> str:
    """Why *name*, such as ``rain (1).md``, is a copy of the file ``rain.md`` beside it; empty if it is not."""
    found = original_of(name)
    if found is None:
        return ""
    original, must_be_same = found
    if must_be_same:
        is_copy = _have_same_bytes(f"{folder}/{original}", f"{folder}/{name}")
    else:
        is_copy = os.path.lexists(f"{folder}/{original}")
    return Message("a copy of %(name)s; rename it to publish it", name=printable(original)) if is_copy else ""


def _have_same_bytes(one: str, other: str) -> bool:
    try:
        if os.stat(one).st_size != os.stat(other).st_size:  # noqa: PTH116 (as in directory_walk)
            return False
        return read_regular(Path(one), _LARGEST_BYTES) == read_regular(Path(other), _LARGEST_BYTES)
    except OSError:
        return False
