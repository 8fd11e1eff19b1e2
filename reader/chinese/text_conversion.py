"""Converts plain text between Simplified and Traditional Chinese, and traces each character to its source.

Words of the site's own list are replaced. The site's names, names of people, and text that is already Traditional are
unchanged. OpenCC converts everything else: by its phrase dictionaries 头发 and 发展 become 頭髮 and 發展.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from .character_classes import has_han, is_han

if TYPE_CHECKING:
    from opencc import OpenCC

_CONVERSIONS = {"hans": "t2s", "hant": "s2tw", "hant-hk": "s2hk"}
"""OpenCC's name of the conversion to each script."""

_QUOTATION = re.compile(r"“[^“”]*”|「[^「」]*」|『[^『』]*』|《[^《》]*》|〈[^〈〉]*〉")
_CLAUSE = re.compile(r"[^\s。！？；：，、…“”「」『』《》〈〉（）]+")


@dataclass(frozen=True)
class Terms:
    """Words and names that have priority over the dictionaries of OpenCC.

    ``words`` are pairs of a Simplified and a Traditional word; each is replaced by the other. ``names`` are unchanged.

    >>> convert("软件由余华设计", "hant", Terms(words=(("软件", "軟體"),), names=("余华",)))
    '軟體由余华設計'
    """

    words: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()

    def with_names(self, names: Iterable[str]) -> Terms:
        """Adds those of *names* that a conversion of single characters could change, such as 余华 (to 餘華)."""
        added = tuple(name for name in names if len(name) > 1 and any(map(_is_ambiguous, name)))
        return Terms(self.words, self.names + added) if added else self

    def in_html(self, *, quoted: bool = False) -> Terms:
        """The terms for text with ``&``, ``<`` and ``>`` as character references.

        With *quoted*, for attributes in double quotes.
        """

        def escaped(word: str) -> str:
            text = html.escape(word, quote=False)
            return text.replace('"', "&quot;") if quoted else text

        words = tuple((escaped(simplified), escaped(traditional)) for simplified, traditional in self.words)
        return Terms(words, tuple(map(escaped, self.names)))


NO_TERMS = Terms()


def convert(text: str, script: str, terms: Terms = NO_TERMS) -> str:
    """*text* in *script*, a key of ``scripts.SCRIPTS``."""
    return "".join(converted_pieces([text], script, terms)) if has_han(text) else text


def converted_pieces(pieces: Sequence[str], script: str, terms: Terms, is_quotation: bool = False) -> list[str]:
    """Converts the *pieces* of one text as a whole: a phrase may begin in one and end in the next. Returns the pieces.

    Traditional quotations and clauses are unchanged. With *is_quotation*, the whole text is unchanged if it is
    Traditional, else converted.
    """
    text = "".join(pieces)
    targets = [target for segment in _segments(text, script, terms, is_quotation) for target in segment]
    results, start = [], 0
    for piece in pieces:
        results.append("".join(targets[start : start + len(piece)]))
        start += len(piece)
    return results


def _segments(text: str, script: str, terms: Terms, is_quotation: bool) -> Iterator[Sequence[str]]:
    """The replacement of each character of *text*, in order. If a phrase changes its length, its first character has
    the whole replacement."""
    start = 0
    for begin, end, target in _parts_with_priority(text, script, terms, is_quotation):
        yield _by_dictionary(text[start:begin], script)
        yield _align(text[begin:end], target)
        start = end
    yield _by_dictionary(text[start:], script)


def _parts_with_priority(text: str, script: str, terms: Terms, is_quotation: bool) -> list[tuple[int, int, str]]:
    """The begin, end and replacement of all parts that the dictionary does not convert, in order, without overlaps."""
    stay = _traditional_parts(text, script, is_quotation)
    words: list[tuple[int, int]] = []
    if pattern := _pattern_of(script, terms):
        words = _not_overlapping(stay, (match.span() for match in pattern.finditer(text)))
    replacements = _replacements(script, terms) if words else {}
    unchanged = [(begin, end, text[begin:end]) for begin, end in stay]
    return sorted([*unchanged, *((begin, end, replacements[text[begin:end]]) for begin, end in words)])


def _not_overlapping(occupied: Sequence[tuple[int, int]], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The *spans* that do not overlap any of *occupied*. Both are in order without overlaps of their own: it takes
    linear time."""
    apart, number = [], 0
    for begin, end in spans:
        while number < len(occupied) and occupied[number][1] <= begin:
            number += 1
        if number == len(occupied) or end <= occupied[number][0]:
            apart.append((begin, end))
    return apart


@lru_cache(256)
def _pattern_of(script: str, terms: Terms) -> re.Pattern[str] | None:
    words = sorted(_replacements(script, terms), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words))) if words else None


@lru_cache(256)
def _replacements(script: str, terms: Terms) -> dict[str, str]:
    pairs = terms.words if script != "hans" else [(traditional, simplified) for simplified, traditional in terms.words]
    return dict(pairs) | {name: name for name in terms.names}


def _traditional_parts(text: str, script: str, is_quotation: bool) -> list[tuple[int, int]]:
    """The spans of *text* that are already Traditional, in order, if *script* is Traditional; else empty."""
    if script == "hans" or len(simplified := _converter("hans").convert(text)) != len(text) or simplified == text:
        return []

    def is_traditional(begin: int, end: int) -> bool:
        return text[begin:end] != simplified[begin:end] and not any(map(_is_simplified, text[begin:end]))

    if is_quotation:
        return [(0, len(text))] if is_traditional(0, len(text)) else []
    quotations = [match.span() for match in _QUOTATION.finditer(text) if is_traditional(*match.span())]
    clauses = _not_overlapping(quotations, (match.span() for match in _CLAUSE.finditer(text)))
    return sorted([*quotations, *(span for span in clauses if is_traditional(*span))])


def _by_dictionary(text: str, script: str) -> Sequence[str]:
    return _align(text, _converter(script).convert(text)) if has_han(text) else text


def _align(source: str, target: str) -> Sequence[str]:
    return target if len(source) == len(target) else [target] + [""] * (len(source) - 1)


@cache
def _is_simplified(character: str) -> bool:
    """Whether *character* occurs only in Simplified text: 说, but not 后, which is also Traditional (皇后)."""
    return is_han(character) and not _is_in_big5(character) and _converter("hant-hk").convert(character) != character


@cache
def _is_ambiguous(character: str) -> bool:
    """Whether *character* is both a Traditional character and the Simplified form of another one: 余, 范, 后."""
    return is_han(character) and _is_in_big5(character) and _converter("hant").convert(character) != character


def _is_in_big5(character: str) -> bool:
    return bool(character.encode("cp950", "ignore"))


@cache
def _converter(script: str) -> OpenCC:
    """The converter to *script*. The dictionaries take about 30 MB of memory and are loaded at the first use."""
    import opencc

    return opencc.OpenCC(_CONVERSIONS[script])
