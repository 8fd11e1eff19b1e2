"""Cleans text that a visitor typed: removes invisible characters, bidirectional overrides and stacked combining
marks."""

from __future__ import annotations

import re
import unicodedata

from ..patterns import lazy_pattern
from ..sanitizer import strip_control_characters

MOST_MARKS = 3
"""The largest number of combining marks per character. Vietnamese needs 2 after NFC, Hebrew and Thai 3; "Zalgo" has
dozens."""

_INVISIBLE = lazy_pattern(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufeff\uffa0\ufff9-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that are invisible, or change the direction or order of the text around them (UAX 9, UTR 36)."""

_JOINERS = "\u200c\u200d"
"""Only valid within words of Persian and Indic scripts and within emoji."""

_SPACES = lazy_pattern(r"[^\S\n]+")
_BLANK_LINES = lazy_pattern(r"\n{3,}")


def clean_text(raw: str) -> str:
    """*raw* in NFC with ``\\n`` line ends, at most one blank line in a row, and none at the ends. Takes linear time."""
    text = unicodedata.normalize("NFC", _without_invisible(re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", raw)))
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def clean_line(raw: str) -> str:
    """*raw* on one line, such as a name."""
    return " ".join(clean_text(raw).split())


def _without_invisible(raw: str) -> str:
    characters: list[str] = []
    marks = 0
    for character in _INVISIBLE.sub("", strip_control_characters(raw)):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS and (marks == 0 or characters):
            characters.append(character)
    return "".join(c for at, c in enumerate(characters) if c not in _JOINERS or _is_valid_joiner(characters, at))


def _is_valid_joiner(text: list[str], at: int) -> bool:
    """Whether the joiner at index *at* is between two characters that it can join."""
    return 0 < at < len(text) - 1 and all(map(_can_be_joined, (text[at - 1], text[at + 1])))


def _can_be_joined(character: str) -> bool:
    """Whether it is a letter or mark beyond Latin, Greek, Cyrillic and East Asian scripts, or a symbol such as an
    emoji."""
    category = unicodedata.category(character)
    if category in ("So", "Mn", "Mc", "Sk"):
        return True
    return category == "Lo" and "\u0590" <= character < "\u1100" and unicodedata.east_asian_width(character) == "N"
