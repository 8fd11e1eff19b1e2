"""Counts words and computes the reading time of a text."""

from __future__ import annotations

import math

from ..patterns import lazy_pattern
from .character_classes import HAN

HAN_PER_MINUTE = 260
"""Silent reading of Simplified Chinese: 255–260 characters per minute (Trauzettel-Klosinski and Dietz, IReST, 2012)."""
WORDS_PER_MINUTE = 238
"""Silent reading of English non-fiction: 238 words per minute (Brysbaert, Journal of Memory and Language 109, 2019)."""

_HAN = lazy_pattern(f"[{HAN}\u3041-\u30ff]+")
_WORD = lazy_pattern(r"[^\W_]+(?:['’.-][^\W_]+)*")
"""A word in a text without Han characters and kana."""


def count_words(text: str) -> tuple[int, int]:
    """The number of Han characters and kana, and the number of words and numbers in other scripts."""
    return sum(map(len, _HAN.findall(text))), len(_WORD.findall(_HAN.sub(" ", text)))


def reading_minutes(text: str) -> int:
    """The reading time in whole minutes, at least one, at average speed."""
    han, words = count_words(text)
    return max(1, math.ceil(han / HAN_PER_MINUTE + words / WORDS_PER_MINUTE - 0.25))
