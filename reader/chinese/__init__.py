"""Chinese text: its punctuation set as print sets it, its characters counted, its words found.

``punctuation`` holds the rules; their cases stand in ``tests/cases/punctuation.txt``, which an editor can extend.
"""

from __future__ import annotations

from .counting import count_words, reading_minutes
from .letters import HAN, UNIFIED, VARIATION, compose, has_han, is_han
from .punctuation import corrected, corrections, punctuate

__all__ = [
    "HAN",
    "UNIFIED",
    "VARIATION",
    "compose",
    "corrected",
    "corrections",
    "count_words",
    "has_han",
    "is_han",
    "punctuate",
    "reading_minutes",
]
