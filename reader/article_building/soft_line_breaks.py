"""Removes line breaks between Chinese characters in the source of a paragraph. Other line breaks are unchanged."""

from __future__ import annotations

import re

from ..chinese import is_han
from ..sanitizer import INLINES, Token

_LINE_END = re.compile(r"[ \t]*\n[ \t\n]*")
_WIDE = frozenset("，。、；：？！（）《》〈〉「」『』【】〔〕～　")
_SHARED_PUNCTUATION = frozenset("“”‘’…—·")
"""Punctuation that other languages use, too. It counts as Chinese beside a Han character."""
_RAW = frozenset({"pre", "code", "math"})


def join_lines(parts: list[Token]) -> None:
    """Removes line breaks between two Chinese characters, also across inline tags, in place."""
    before, waiting, raw = "", -1, 0
    for index, part in enumerate(parts):
        if part.text and not raw:
            words = part.text.strip()
            if words and _is_removable(before, words[0]):
                if waiting >= 0:
                    parts[waiting].text = parts[waiting].text.rstrip()
                if "\n" in part.text[: len(part.text) - len(part.text.lstrip())]:
                    part.text = part.text.lstrip()
            before = words[-1:] or before
            waiting = -1
            if "\n" in part.text:
                part.text = _LINE_END.sub(_line_break_replacement, part.text)
                waiting = index if "\n" in part.text[len(part.text.rstrip()) :] else -1
        elif part.text or part.name in _RAW or part.name not in INLINES or part.name in ("br", "img"):
            raw += 0 if part.name not in _RAW else -1 if part.end else 1
            before, waiting = "", -1


def _line_break_replacement(found: re.Match[str]) -> str:
    text = found.string
    if not found.start() or found.end() == len(text):
        return "\n"
    return "" if _is_removable(text[found.start() - 1], text[found.end()]) else "\n"


def _is_removable(before: str, after: str) -> bool:
    """Whether a line break between these two characters is to be removed."""
    if not before or not after:
        return False
    chinese = [letter in _WIDE or is_han(letter) for letter in (before, after)]
    return all(chinese) or (any(chinese) and (before in _SHARED_PUNCTUATION or after in _SHARED_PUNCTUATION))
