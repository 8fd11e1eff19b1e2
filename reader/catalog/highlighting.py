"""The title and an excerpt of a search result as fragments, with the matches marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..patterns import lazy_pattern
from .query_parser import Term, pattern_of

LENGTH = 90
"""The length of an excerpt in Chinese characters; a narrow character counts as half of one."""

_LEAD = 24
_NO_SPACE = lazy_pattern("(?<=[\u2e80-\uffef]) (?=[\u2e80-\uffef])")
_AFTER_MARK = lazy_pattern("(?<=[。！？；：，、…”’」』）》〉】]) ")
"""A superfluous space: these punctuation marks are wide or end a quotation."""
_SENTENCE = lazy_pattern(r"[。！？!?\n]|\.\s")


@dataclass(frozen=True)
class Fragment:
    """A part of a text; ``is_marked`` if it matches a search term."""

    text: str
    is_marked: bool = False


def marks_of(terms: Iterable[Term]) -> re.Pattern[str] | None:
    """A pattern that matches any of the terms; None if there are none."""
    patterns = [pattern_of(term).pattern for term in terms]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def highlight(text: str, marks: re.Pattern[str] | None) -> tuple[Fragment, ...]:
    """The whole text as fragments in order, with the matches of *marks* marked."""
    pieces, at = [], 0
    for match in marks.finditer(text) if marks else ():
        if match.end() > match.start():
            pieces += [Fragment(text[at : match.start()]), Fragment(match.group(), is_marked=True)]
            at = match.end()
    return tuple(piece for piece in (*pieces, Fragment(text[at:])) if piece.text)


def excerpt(text: str, marks: re.Pattern[str] | None) -> tuple[Fragment, ...]:
    """The text around the first match, or the beginning of the text without a match. Lines are joined by spaces."""
    blocks = (_NO_SPACE.sub("", " ".join(block.split())) for block in text.split("\n"))
    text = _AFTER_MARK.sub("", " ".join(filter(None, blocks)))
    found = marks.search(text) if marks else None
    start = _start_before(text, found.start()) if found else 0
    end = _end_of(text, start)
    start += len(text[start:end]) - len(text[start:end].lstrip("，。、；：！？,.;:!? "))
    before = (Fragment("…"),) if start else ()
    after = (Fragment("…"),) if end < len(text) else ()
    return (*before, *highlight(text[start:end], marks), *after)


def _start_before(text: str, at: int) -> int:
    """The start of an excerpt: the beginning of the sentence if it is near, else a word boundary a few characters
    before *at*."""
    if at <= _LEAD:
        return 0
    near = text[at - _LEAD : at]
    ends = [match.end() for match in _SENTENCE.finditer(near)]
    space = near.find(" ")
    return at - _LEAD + (ends[-1] if ends else space + 1 if 0 <= space < _LEAD - 1 else 0)


def _end_of(text: str, start: int) -> int:
    room = 2 * LENGTH
    for at in range(start, len(text)):
        room -= 2 if text[at] > "\u2e7f" else 1
        if room < 0:
            return at
    return len(text)
