"""Chinese text: punctuation, character counts, reading time, and the definition of a Han character.

``punctuation`` contains the rules, ``tests/cases/punctuation.txt`` their test cases, to which an editor can add more.

    punctuation, paired_punctuation     correct punctuation, quotation marks and brackets
    text_conversion, html_conversion, script_conversion, scripts
                                        Simplified <-> Traditional Chinese
    title_lines, words                  line breaks in titles; words of text without spaces
    character_classes, counting         Han characters; word counts and reading time

    punctuate('他说:"好!"')  # 他说：“好！”
"""

from __future__ import annotations

from .character_classes import HAN, UNIFIED, VARIATION, compose, has_han, is_han
from .counting import count_words, reading_minutes
from .punctuation import apply_corrections, corrections, punctuate

__all__ = [
    "HAN", "UNIFIED", "VARIATION", "apply_corrections", "compose", "corrections", "count_words", "has_han", "is_han",
    "punctuate", "reading_minutes",
]  # fmt: skip
