"""Corrects quotation marks and brackets of one paragraph: finds opening, closing and missing marks."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from ..patterns import lazy_pattern
from .character_classes import HAN, KINDS, WIDE_MARKS

_HAN = lazy_pattern(f"[{HAN}]")
_DOUBLE = lazy_pattern('["＂〝〞“”]')
_SINGLE = lazy_pattern("['‘’]")
_BRACKET = lazy_pattern("[()（）]")
_TITLE = lazy_pattern("<<([^<>]{1,60})>>")
_OPENS_BEFORE = frozenset("，：、,:（(")


@dataclass(frozen=True)
class Pair:
    """The positions of an opening mark and its closing mark."""

    start: int
    end: int


def balance(plain: str, following: str) -> tuple[dict[int, str], str]:
    """Returns the corrected quotation marks and brackets by position, and the closing marks to append to *plain*.

    *following* is the text of the next paragraph, in which a quotation may continue.
    """
    changes: dict[int, str] = {}
    text = _Text(plain)
    quotes, open_quotes = _double_quotes(text)
    for pair in quotes:
        _put_pair(changes, text, pair, "“”")
    if "'" in text or "‘" in text:
        _single_quotes(text, changes)
    if "<<" in text:
        _titles(text, changes)
    left_open = _brackets(text, quotes, changes) if _has_brackets(text) else []
    for open_quote in open_quotes:
        _handle_open_quote(text, open_quote, following, changes, left_open)
    suffix = "".join(mark for _, mark in sorted(left_open, reverse=True))
    return {at: wide for at, wide in changes.items() if wide != text[at]}, suffix


class _Text(str):
    """A text with an index of its Han characters, so that ``has_han`` takes logarithmic time."""

    _han: list[int] | None = None

    def has_han(self, start: int, end: int) -> bool:
        if self._han is None:
            self._han = [found.start() for found in _HAN.finditer(self)]
        at = bisect_left(self._han, start)
        return at < len(self._han) and self._han[at] < end

    def kind_before(self, at: int) -> str:
        """The class of the nearest character before *at* that is not white space."""
        while at > 0 and self[at - 1].isspace():
            at -= 1
        return KINDS[self[at - 1 : at] if at else ""]


def _put_pair(changes: dict[int, str], text: _Text, pair: Pair, wide: str) -> None:
    if text[pair.start] + text[pair.end] != wide and _is_chinese_pair(text, pair):
        changes[pair.start], changes[pair.end] = wide[0], wide[1]


def _is_chinese_pair(text: _Text, pair: Pair) -> bool:
    """Whether there is Chinese text inside the pair or directly beside it."""
    if text.has_han(pair.start + 1, pair.end):
        return True
    return "H" in (text.kind_before(pair.start), KINDS[text[pair.end + 1 : pair.end + 3].lstrip()[:1]])


# -- quotes -------------------------------------------------------------------------------------------------------


def _double_quotes(text: str) -> tuple[list[Pair], list[int]]:
    """The pairs, and the positions of opening quotation marks without a closing one.

    If the marks do not pair as written, any mark closes an open quotation, except a “ directly before a ”, which opens
    a nested quotation.
    """
    marks = list(_DOUBLE.finditer(text))
    if _nests("".join([mark[0] for mark in marks])):
        return _nested_pairs(marks), []
    pairs: list[Pair] = []
    opened: list[int] = []
    for mark, next_mark in pairwise([*marks, None]):
        at = mark.start() if mark else 0
        if opened and not (text[at] == "“" and next_mark and next_mark[0] == "”"):
            pairs.append(Pair(opened.pop(), at))
        elif _may_open(text, at):
            opened.append(at)
    return pairs, opened


def _nests(marks: str) -> bool:
    """Whether the marks are curly and already pair, with any nesting."""
    depth = 0
    for mark in marks:
        depth += {"“": 1, "”": -1}.get(mark, -len(marks))
        if depth < 0:
            return False
    return depth == 0


def _nested_pairs(marks: list[re.Match[str]]) -> list[Pair]:
    opened, pairs = [], []
    for mark in marks:
        if mark[0] == "“":
            opened.append(mark.start())
        else:
            pairs.append(Pair(opened.pop(), mark.start()))
    return pairs


def _may_open(text: str, at: int) -> bool:
    mark, before = text[at], text[at - 1 : at] if at else ""
    if mark in '"＂':
        return KINDS[before] != "D"  # 15" is a measurement
    if mark in "”〞":  # after 。 it ends a quotation from an earlier paragraph
        return (not before or before in _OPENS_BEFORE) and _is_word(text[at + 1 : at + 2])
    return True


def _is_word(character: str) -> bool:
    return KINDS[character] in "HDL" and character not in WIDE_MARKS


def _handle_open_quote(
    text: _Text, at: int, following: str, changes: dict[int, str], left_open: list[tuple[int, str]]
) -> None:
    """Handles a quotation without a closing mark: it continues in the next paragraph, or is closed in this one."""
    if KINDS[text[at + 1 : at + 2]] not in "HDL" and text[at] not in "“〝":
        return
    if text[at] in '"＂' and not text.has_han(at, len(text)):
        return
    changes[at] = "“"
    if following.lstrip()[:1] not in ("“", '"', "＂", "〝") or not following:
        left_open.append((at, "”"))


def _single_quotes(text: _Text, changes: dict[int, str]) -> None:
    """Corrects single quotes ``'…'`` around Chinese words, but not apostrophes, which follow a letter."""
    opened: int | None = None
    for mark in _SINGLE.finditer(text):
        at = mark.start()
        if opened is None:
            opened = at if KINDS[text[at - 1 : at] if at else ""] not in "LD" and mark[0] != "’" else None
            continue
        if KINDS[text[at - 1]] == "L" == KINDS[text[at + 1 : at + 2]]:
            continue
        if text.has_han(opened, at):
            _put_pair(changes, text, Pair(opened, at), "‘’")
        opened = None


# -- brackets -----------------------------------------------------------------------------------------------------


def _titles(text: str, changes: dict[int, str]) -> None:
    """Converts ``<<论语>>`` to 《论语》."""
    for found in _TITLE.finditer(text):
        if _HAN.search(found[1]):
            changes.update({found.start(): "《", found.start() + 1: "", found.end() - 2: "》", found.end() - 1: ""})


def _brackets(text: _Text, quotes: list[Pair], changes: dict[int, str]) -> list[tuple[int, str]]:
    """Adds the corrected brackets to *changes*. Returns the positions of unclosed ones with their closing marks."""
    opened: list[int] = []
    for mark in _BRACKET.finditer(text):
        at = mark.start()
        if mark[0] in "(（":
            opened.append(at)
        elif opened:
            _put_brackets(changes, text, Pair(opened.pop(), at))
        elif mark[0] == ")" and _is_numbering(text, at):
            changes[at] = "）"
    unclosed = [at for at in opened if text[at] == "（" or text.has_han(at + 1, at + 4)]
    changes.update(dict.fromkeys(unclosed, "（"))
    return _close_within_quotes(unclosed, quotes, changes)


def _has_brackets(text: _Text) -> bool:
    return "(" in text or ")" in text or "（" in text


def _put_brackets(changes: dict[int, str], text: _Text, pair: Pair) -> None:
    if text[pair.start] + text[pair.end] == "（）":
        return
    is_mixed = "（" in text[pair.start] or "）" in text[pair.end]
    inside = text.has_han(pair.start + 1, pair.end)
    before = text.kind_before(pair.start)
    if is_mixed or inside or before == "H" or (before not in "LD" and _is_chinese_pair(text, pair)):
        changes[pair.start], changes[pair.end] = "（", "）"


def _is_numbering(text: str, at: int) -> bool:
    """Whether the bracket belongs to a number, ``1)扩大``, and not to an emoticon, ``:)``."""
    before = KINDS[text[at - 1 : at] if at else ""]
    return before in "DLH" and KINDS[text[at + 1 : at + 2].lstrip()[:1]] == "H"


def _close_within_quotes(unclosed: list[int], quotes: list[Pair], changes: dict[int, str]) -> list[tuple[int, str]]:
    """Closes unclosed brackets within a quotation at the end of the innermost quotation. Returns the other ones."""
    outside = []
    waiting = sorted(quotes, key=lambda quote: quote.start, reverse=True)
    enclosing: list[Pair] = []
    for at in unclosed:
        while waiting and waiting[-1].start < at:
            enclosing.append(waiting.pop())
        while enclosing and enclosing[-1].end < at:
            enclosing.pop()
        if enclosing:
            changes[enclosing[-1].end] = "）" + changes.get(enclosing[-1].end, "”")
        else:
            outside.append((at, "）"))
    return outside
