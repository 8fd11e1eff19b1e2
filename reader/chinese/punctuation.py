"""Converts half-width punctuation in Chinese text to full-width, balances quotation marks and brackets, and joins
wrapped lines.

The rules follow GB/T 15834—2011 and CLREQ 3.1. A mark is converted if the text on one side of it is Chinese. It is
unchanged between two digits or two Latin words, in URLs, and in text that is mostly Latin. Test cases:
``tests/cases/punctuation.txt``.

``corrections`` takes the text of one paragraph and returns the replacement of each changed character by position,
so that a paragraph can be corrected as a whole even if its text is spread over several nodes of a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ..patterns import lazy_pattern
from .character_classes import HAN, KINDS
from .paired_punctuation import balance

_HALF = lazy_pattern("[,;:?!.~<>()\"'\n\t \u00a0｡､｢｣＂〝〞-]")
"""A correct Chinese paragraph contains none of these characters. Most paragraphs need no further test."""
_LIKELY_ERROR = lazy_pattern(
    f"[{HAN}“”‘’（）《》…—，。；：？！、%\\d\ufffc] *[,;:?!.~<>()\"'\\[\\]｡､｢｣＂-]"
    f"|[,;:?!.~<>()\"'｡､｢｣＂-] *[{HAN}“‘（《]|\n|[^ -~][ \t\u00a0]|[ \t\u00a0][^ -~]"
    r"|[〝〞]|[,;:?!.][”’）)\"']{0,2}\Z"
)
_QUOTES = lazy_pattern("[“”（）]")
_HAN = lazy_pattern(f"[{HAN}]")
_LATIN_WORD = lazy_pattern(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'’-]*")
_PROTECTED = lazy_pattern(
    r"(?:[a-z][a-z0-9+.-]{0,30}://|www\.)[!-~]*[\w/=#&-]|[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|(?<!\S)(?:~|\.{1,2})?/[\w./-]+",
    re.ASCII,
)
MASK = "\ufffc"
_MARKS = lazy_pattern("[,;:?!.…~-][,;:?!.…~-]*")
_MARK = lazy_pattern(r"\.+|…+|[,;:?!]+|-+|~")
_STOPS = lazy_pattern("。{3,}")
_HALF_KANA = {"｡": "。", "､": "、", "｢": "「", "｣": "」"}
_WIDE = dict(zip(",;:?!", "，；：？！", strict=True))
_CLOSING = frozenset("”’）》」』】)]\"'%％‰°℃")
_OPENING = frozenset("“‘（《「『【([\"'")
_TRANSPARENT = " " + MASK
_ABBREVIATIONS = frozenset(
    {"Inc", "Ltd", "Co", "Corp", "Jr", "Sr", "Dr", "Mr", "Mrs", "Ms", "St", "No", "Vol", "vs", "etc"}
)
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))
_NUMERALS = frozenset("一二三四五六七八九十百〇零")
_SPACES = lazy_pattern("[ \t\n\u00a0]+")
_FULL_WIDTH_MARKS = frozenset("，。；：？！、（）《》「」『』【】")
"""Full-width marks, which contain their own space."""
_QUOTE_MARKS = frozenset("“‘”’")
_LONG_MARKS = frozenset("—…")
_LONGEST_NAME = 30


def punctuate(text: str) -> str:
    """*text* with the punctuation of Chinese print.

    Idempotent: ``punctuate(punctuate(text)) == punctuate(text)``.
    Example: ``punctuate('他说:"好!"')`` is ``他说：“好！”``.
    """
    return _punctuated_name(text) if len(text) <= _LONGEST_NAME else apply_corrections(text, corrections(text))


@lru_cache(2000)
def _punctuated_name(text: str) -> str:
    """``punctuate`` with a cache, for names of people, sections and sources, which many articles share."""
    return apply_corrections(text, corrections(text))


def apply_corrections(text: str, changes: dict[int, str], start: int = 0) -> str:
    """*text* with the *changes* that apply to it; *start* is the position of its first character."""
    parts: list[str] = []
    done = 0
    for position in sorted([at - start for at in changes if start <= at < start + len(text)]):
        parts += text[done:position], changes[start + position]
        done = position + 1
    return "".join(parts) + text[done:] if parts else text


def corrections(text: str, following: str = "") -> dict[int, str]:
    """The replacement of each changed character by its position: a text of one character, of several, or empty.

    U+FFFC stands for code or a picture. *following* is the next paragraph: if it begins with a quotation mark, a
    quotation left open in *text* continues there and is not closed (GB/T 15834—2011, 4.8.3.4).
    """
    changes = _one_pass(text, following)
    for _ in range(_MOST_PASSES if changes else 0):
        further = _one_pass(apply_corrections(text, changes), following)
        if not further:
            break
        changes |= _merge([changes.get(at, character) for at, character in enumerate(text)], further)
    return {at: wide for at, wide in changes.items() if wide != text[at]} if changes else changes


_MOST_PASSES = 4
"""One pass is enough for real text. Random runs of marks may need more."""


def _merge(letters: list[str], further: dict[int, str]) -> dict[int, str]:
    """Merges corrections of the corrected text into those of the original, by positions in the original."""
    merged, at = {}, 0
    for position, part in enumerate(letters):
        new = "".join([further.get(at + offset, character) for offset, character in enumerate(part)])
        if new != part:
            merged[position] = new
        at += len(part)
    return merged


def _one_pass(text: str, following: str) -> dict[int, str]:
    if not _may_need_changes(text) or not _is_chinese(text):
        return {}
    work = _Work(_mask_protected(text))
    work.balance(following)
    work.marks()
    work.spaces()
    return work.changes


def _may_need_changes(text: str) -> bool:
    if _HALF.search(text) and _LIKELY_ERROR.search(text):
        return True
    return "。。" in text or text.count("…") != 2 * text.count("……") or not _is_balanced(text)


def _is_balanced(text: str) -> bool:
    """Whether quotation marks and brackets already pair."""
    opened: list[str] = []
    for mark in _QUOTES.findall(text):
        if mark in "“（":
            opened.append(mark)
        elif not opened or opened.pop() + mark not in ("“”", "（）"):
            return False
    return not opened


def _is_chinese(text: str) -> bool:
    """Whether there are more Han characters than Latin words."""
    if not _HAN.search(text):
        return False
    wide = (len(text.encode("utf-8", "replace")) - len(text)) // 2  # a Han character takes three bytes in UTF-8
    if wide * 2 > len(text):
        return True
    return len(_HAN.findall(text)) >= len(_LATIN_WORD.findall(_PROTECTED.sub("", text)))


def _mask_protected(text: str) -> str:
    if "/" not in text and "@" not in text and "www." not in text:
        return text
    return _PROTECTED.sub(lambda found: MASK * len(found[0]), text)


class _Work:
    """One paragraph during correction. The length of ``text`` never changes, so that positions stay valid."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.changes: dict[int, str] = {}
        self.suffix = ""
        for half in "｡､｢｣":
            if half in text:
                self._widen(half)

    def _widen(self, half: str) -> None:
        wide = _HALF_KANA[half]
        self.changes.update({at: wide for at, mark in enumerate(self.text) if mark == half})
        self.text = self.text.replace(half, wide)

    def balance(self, following: str) -> None:
        """Pairs quotation marks and brackets. Must run first: the rules for other marks depend on the opening ones."""
        found, self.suffix = balance(self.text, following)
        if found:
            letters = list(self.text)
            for position, wide in found.items():
                letters[position] = wide[-1:] or letters[position - 1]
                self.changes[position] = wide
            self.text = "".join(letters)

    def marks(self) -> None:
        text = self.text
        letters: list[str] | None = None
        for start, end in _marks_in(text):
            wide = _replacement(text, start, end)
            if not wide:
                continue
            letters = letters or list(text)
            self._put(letters, start, end, wide)
        if letters:
            self.text = "".join(letters)

    def _put(self, letters: list[str], start: int, end: int, wide: str) -> None:
        """Replaces each character if the lengths match, else writes all of *wide* at the first position."""
        if len(wide) == 1 == end - start:
            self.changes[start] = letters[start] = wide
            return
        new = list(wide) if len(wide) == end - start else [wide] + [""] * (end - start - 1)
        for position, character in enumerate(new, start):
            if character != self.text[position]:
                self.changes[position] = character
            letters[position] = character[-1:] or wide[-1]

    def spaces(self) -> None:
        text = self.text
        for found in _SPACES.finditer(text):
            start, end = found.span()
            if start > 0 and end < len(text) and _is_loose(text, start, end):
                self.changes.update(dict.fromkeys(range(start, end), ""))
        if self.suffix:
            last = len(text.rstrip()) - 1
            self.changes[last] = self.changes.get(last, text[last]) + self.suffix


def _marks_in(text: str) -> Iterator[tuple[int, int]]:
    """The spans of marks that may need conversion: each run of one kind."""
    for run in _MARKS.finditer(text):
        start, end = run.span()
        if end - start == 1:
            yield start, end
        else:
            yield from (mark.span() for mark in _MARK.finditer(text, start, end))
    if "。。" in text:
        yield from (stops.span() for stops in _STOPS.finditer(text))


def _is_loose(text: str, start: int, end: int) -> bool:
    """Whether the white space can be deleted: a line break between Chinese words, or beside a full-width mark."""
    before, after = text[start - 1], text[end]
    if before in _FULL_WIDTH_MARKS or after in _FULL_WIDTH_MARKS:
        return True
    among_han = (KINDS[before] == "H" or before in _QUOTE_MARKS) and (KINDS[after] == "H" or after in _QUOTE_MARKS)
    if "\n" in text[start:end]:
        return among_han
    if before in _QUOTE_MARKS or after in _QUOTE_MARKS:
        return _is_loose_beside_quote(text, start, end)
    return (before in _LONG_MARKS and KINDS[after] == "H") or (
        KINDS[before] == "H" and text[end : end + 2] in ("——", "……")
    )


def _is_loose_beside_quote(text: str, start: int, end: int) -> bool:
    """``_is_loose`` beside a curly quotation mark. Latin text uses these marks, too, with a space outside of them."""
    before, after = text[start - 1], text[end]
    if before in "“‘":
        return KINDS[after] == "H"
    if after in "”’":
        return KINDS[before] == "H"
    if after in "“‘":
        return KINDS[before] == "H" and KINDS[text[end + 1 : end + 2]] == "H"
    return KINDS[after] == "H" and start > 1 and KINDS[text[start - 2]] == "H"


def _replacement(text: str, start: int, end: int) -> str:
    """The replacement of the mark at *start*; empty for no change."""
    mark = text[start]
    if mark in _WIDE:
        return _stop(text, start, end)
    if mark == "." and end - start == 1:
        return _full_stop(text, start)
    if mark in ".…。":
        return _ellipsis(text, start, end)
    if mark == "-":
        return _dash(text, start, end) if end - start > 1 else ""
    return "～" if _before(text, start) == "H" == _after(text, end) else ""


def _stop(text: str, start: int, end: int) -> str:
    """The replacement of ``, ; : ? !`` and of runs of them."""
    mark = text[start]
    if mark in ",?!" and end - start == 1 and start and KINDS[text[start - 1]] == "H":
        return _WIDE[mark]  # the most frequent case
    wide = "".join([_WIDE[mark] for mark in text[start:end]])
    before = _before(text, start)
    if before == "H":
        return "" if text[start] in ":;" and text[end : end + 1] in ("-", ")", "D", "P") and end - start == 1 else wide
    if KINDS[text[start - 1 : start]] == "D" == KINDS[text[end : end + 1]]:
        return ""
    if _after(text, end) == "H":
        return wide
    return wide if _ends_clause(text, end) and _is_word_among_chinese(text, start) else ""


def _full_stop(text: str, at: int) -> str:
    before = _before(text, at)
    beside = KINDS[text[at + 1 : at + 2]]
    if before == "H":
        if at < 4 and all(letter in _NUMERALS for letter in text[:at].strip()):
            return "、"  # 一.扩大 is a numbered heading
        return "" if beside in "DL" or text[at + 1 : at + 2] == MASK else "。"
    if before == "D" and text[at - 1] in _CLOSING and _after(text, at + 1) == "H":
        return "。"  # 达到100%.今年
    if not _ends_clause(text, at + 1) or not _is_word_among_chinese(text, at):
        return ""
    word = re.split(r"[^A-Za-z0-9]", text[max(0, at - _LONGEST_ABBREVIATION - 1) : at])[-1]
    return "" if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()) else "。"


def _ellipsis(text: str, start: int, end: int) -> str:
    if text[start:end] in ("……", ".."):
        return ""
    if text[start] == "。" or "H" in (_before(text, start), _after(text, end)):
        return "……"
    return ""


def _dash(text: str, start: int, end: int) -> str:
    """The replacement of ``--`` between Chinese words; empty for ``--help``, an option of a command."""
    if KINDS[text[end : end + 1]] in "LD" or "H" not in (_before(text, start), _after(text, end)):
        return ""
    return "——"


def _before(text: str, at: int) -> str:
    """The class of the nearest character before *at* that is not a space, code, closing mark or per cent sign."""
    at -= 1
    if at >= 0 and KINDS[text[at]] == "H":
        return "H"
    while at >= 0 and (text[at] in _TRANSPARENT or text[at] in _CLOSING) and KINDS[text[at]] != "H":
        at -= 1
    return KINDS[text[at]] if at >= 0 else "E"


def _after(text: str, at: int) -> str:
    """The class of the nearest character at or after *at* that is not a space, code or opening mark."""
    end = len(text)
    while at < end and (text[at] in _TRANSPARENT or text[at] in _OPENING) and KINDS[text[at]] != "H":
        at += 1
    return KINDS[text[at]] if at < end else "E"


def _ends_clause(text: str, at: int) -> bool:
    """Whether only closing marks follow before the end of the line."""
    rest = text[at : at + 3].lstrip("”’）》」』】)")
    return not rest or rest[0] == "\n"


_WORD = "[A-Za-z0-9+#%°.-]+"
_LATIN_RUN = lazy_pattern(f"[{HAN}，。；：？！、][”’）》]? ?{_WORD}(?: {_WORD}){{0,3}}[）”’》]?$")


def _is_word_among_chinese(text: str, at: int) -> bool:
    """Whether at most four Latin words or numbers are between a Chinese word and the mark: 欢迎使用 Reader!"""
    return _LATIN_RUN.search(text, max(0, at - 60), at) is not None
