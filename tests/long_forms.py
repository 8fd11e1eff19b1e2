"""``make test-long`` tries every case. ``make test`` tries those of a large grid in turn, so that CI ends in time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TypeVar

LONG = bool(os.environ.get("READER_FAULTS_LONG"))

First, Second = TypeVar("First"), TypeVar("Second")


def pairs(firsts: Iterable[First], seconds: Sequence[Second], each: int = 1) -> list[tuple[First, Second]]:
    """Every pair in the long form. In the short one each of *firsts* has *each* of the *seconds*, taken in turn."""
    firsts = list(firsts)
    if LONG:
        return list(product(firsts, seconds))
    return [
        (first, seconds[(number * each + n) % len(seconds)]) for number, first in enumerate(firsts) for n in range(each)
    ]
