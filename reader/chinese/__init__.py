"""Chinese text: punctuation, character counts, reading time, and the definition of a Han character.

``punctuation`` holds the rules; ``tests/cases/punctuation.txt`` holds their cases, and an editor can add more.
"""

from __future__ import annotations

from .character_classes import HAN, UNIFIED, VARIATION, compose, has_han, is_han
from .counting import count_words, reading_minutes
from .punctuation import corrected, corrections, punctuate

__all__ = [
    "HAN", "UNIFIED", "VARIATION", "compose", "corrected", "corrections", "count_words", "has_han", "is_han",
    "punctuate", "reading_minutes",
]  # fmt: skip
