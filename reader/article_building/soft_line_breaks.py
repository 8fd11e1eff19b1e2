"""Line breaks in the source of a paragraph: removed between Han characters, a space elsewhere."""

from __future__ import annotations

import re

from ..chinese import is_han
from ..sanitizer import INLINES, Token

_LINE_END = re.compile(r"[ \t]*\n[ \t\n]*")
_WIDE = frozenset("，。、；：？！（）《》〈〉「」『』【】〔〕～　")
_SHARED = frozenset("“”‘’…—·")
"""Marks that other languages have too: they count beside Han."""
_RAW = frozenset({"pre", "code", "math"})


def join_lines(parts: list[Token]) -> None:
    """Takes out, in place, line ends between two letters or marks of Chinese, also with inline tags between them."""
    before, waiting, raw = "", -1, 0
    for index, part in enumerate(parts):
        if part.text and not raw:
            words = part.text.strip()
            if words and _joins(before, words[0]):
                if waiting >= 0:
                    parts[waiting].text = parts[waiting].text.rstrip()
                if "\n" in part.text[: len(part.text) - len(part.text.lstrip())]:
                    part.text = part.text.lstrip()
            before = words[-1:] or before
            waiting = -1
            if "\n" in part.text:
                part.text = _LINE_END.sub(_joint, part.text)
                waiting = index if "\n" in part.text[len(part.text.rstrip()) :] else -1
        elif part.text or part.name in _RAW or part.name not in INLINES or part.name in ("br", "img"):
            raw += 0 if part.name not in _RAW else -1 if part.end else 1
            before, waiting = "", -1


def _joint(found: re.Match[str]) -> str:
    text = found.string
    if not found.start() or found.end() == len(text):
        return "\n"
    return "" if _joins(text[found.start() - 1], text[found.end()]) else "\n"


def _joins(before: str, after: str) -> bool:
    """Whether a line end between these two stands for nothing."""
    if not before or not after:
        return False
    chinese = [letter in _WIDE or is_han(letter) for letter in (before, after)]
    return all(chinese) or (any(chinese) and (before in _SHARED or after in _SHARED))
