"""``make test-long`` tries every case. ``make test`` tries some of a large grid, so that CI ends in time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TypeVar

import pytest

LONG = bool(os.environ.get("READER_FAULTS_LONG"))

First, Second = TypeVar("First"), TypeVar("Second")

long_form = pytest.mark.long_form
"""A test that costs much beside another one of the same rule: left to ``make test-long`` (conftest.py deselects it)."""


def pairs(firsts: Iterable[First], seconds: Sequence[Second], each: int = 1) -> list[tuple[First, Second]]:
    """Every pair in the long form. In the short one each of *firsts* has *each* of the *seconds*, taken in turn."""
    firsts = list(firsts)
    if LONG:
        return list(product(firsts, seconds))
    return [
        (first, seconds[(number * each + n) % len(seconds)]) for number, first in enumerate(firsts) for n in range(each)
    ]


def few(cases: Iterable[First], count: int = 1) -> list[First]:
    """Every case in the long form; in the short one *count* of them, evenly spaced, the first among them.

    >>> few("abcdef", 3)  # doctest: +SKIP
    ['a', 'c', 'e']
    """
    cases = list(cases)
    return cases if LONG else [cases[number * len(cases) // count] for number in range(min(count, len(cases)))]
