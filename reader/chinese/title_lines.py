"""Finds the line breaks of an article's title: between phrases, else between words.

A phrase ends at a space, ｜, ： or another mark, before ——, before an opening mark and after a closing one. A title
with breaks between phrases is easy to read; a title with a break within a word (率/先实现) is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from ..patterns import lazy_pattern
from .character_classes import HAN, has_han
from .words import words_of

OPENING = "“‘（《〈「『【〔［"
CLOSING = "，。、；：？！”’）》〉」』】〕］"
_ATOM = lazy_pattern(
    r"(?:\d{2,4}年)?\d{1,2}月\d{1,2}日|\d{2,4}年(?:\d{1,2}月)?"
    rf"|\d[\d.,]*[个家人名亿万年月日时%％岁元米级]|[{HAN}]+|."
)
"""A date, a number with its unit, Han characters, or another character."""
_LATIN_EM = 0.56
"""The mean width of a Latin letter in em, because the font may be unknown."""
_SPACED = lazy_pattern("[\0-\u0dff\u10a0-\u177f\u1800-\u1fff\uac00-\ud7a3]+")
"""Text in scripts that have spaces between words: not Chinese, Japanese, Thai, Lao, Tibetan, Burmese or Khmer."""
_WITHIN_PHRASE = 30.0
"""The cost of a break within a phrase. The cost of a line is the square of its distance from the mean width, in em."""


def phrases(title: str) -> list[str]:
    """The phrases of *title*, whose concatenation is *title*. A title without Han characters is one phrase."""
    if not has_han(title):
        return [title]
    found = [title[:1]]
    for index, (before, after) in enumerate(itertools.pairwise(title), 1):
        if _is_boundary(found[-1], before, title[index : index + 2]):
            found.append(after)
        else:
            found[-1] += after
    return found


def _is_boundary(phrase: str, before: str, following: str) -> bool:
    """Whether a phrase ends between the character *before*, its last one, and *following*, the next two."""
    after = following[0]
    if following == "——":
        return before not in "—" + OPENING
    if after in CLOSING or after in "—｜| …" or before in OPENING:
        return False
    if before == " ":
        return not (phrase.rstrip()[-1:].isascii() and after.isascii())
    return before in "｜|…" or before in CLOSING or after in OPENING


_PREPOSITIONS = frozenset("在从把被让向对为将由给与和")
"""Single-character words that never end a line: they stay with the next word."""

_PARTICLES = frozenset("了着的")
"""Words that never begin a line: they stay with the Han characters before them."""


def pieces(text: str) -> list[str]:
    """The unbreakable pieces of *text*: words with the space after them and with adjacent marks."""
    found: list[str] = []
    for atom in _ATOM.findall(text):
        for part in words_of(atom) if has_han(atom[0]) else (atom,):
            if found and (_attaches(part, found[-1]) or (_SPACED.fullmatch(part) and _is_open_word(found[-1]))):
                found[-1] += part
            else:
                found.append(part)
    return found


def _attaches(part: str, piece: str) -> bool:
    return (
        part in CLOSING + " …·・"
        or (part in _PARTICLES and has_han(piece[-1]))
        or piece[-1] in OPENING
        or (part == "—" == piece[-1])
        or piece in _PREPOSITIONS
    )


def _is_open_word(piece: str) -> bool:
    return _SPACED.fullmatch(piece) is not None and not piece.endswith(" ")


def divided(piece: str, fits: Callable[[str], bool]) -> list[str]:
    """*piece*, in parts that fit in a line if it does not."""
    if len(piece) < 2 or fits(piece):
        return [piece]
    middle = len(piece) // 2
    return [*divided(piece[:middle], fits), *divided(piece[middle:], fits)]


def width(text: str) -> float:
    """The approximate width of *text* in em."""
    return sum(_LATIN_EM if ord(char) < 0x2000 else 1.0 for char in text)


def shortened(text: str, ems: float) -> str:
    """Its beginning, if it is wider than *ems*."""
    if width(text) <= ems:
        return text
    while text and width(text) >= ems:
        text = text[:-1]
    return text.rstrip() + "…"


@lru_cache(maxsize=4096)
def breaks_within_phrases(title: str, ems: float) -> tuple[int, ...]:
    """The positions of possible line breaks within phrases wider than *ems*, as numbers of characters before them."""
    found: list[int] = []
    offset = 0
    for phrase in phrases(title):
        if has_han(phrase) and width(phrase.rstrip()) > ems:
            found += [offset + offset_in_phrase for offset_in_phrase in _break_positions(phrase, ems)]
        offset += len(phrase)
    return tuple(found)


def _break_positions(phrase: str, ems: float) -> Sequence[int]:
    """The position in the middle half of *phrase* that gives two lines about equally wide, if both fit; else all
    positions between its pieces."""
    positions = list(itertools.accumulate(map(len, pieces(phrase))))[:-1]
    whole = width(phrase)
    before = {offset: width(phrase[:offset]) for offset in positions}
    least = max(whole / 4, whole - ems)
    middle = [offset for offset in positions if least <= before[offset] <= whole - least]
    return [min(middle, key=lambda offset: abs(before[offset] - whole / 2))] if middle else positions


def title_lines(title: str, ems: float) -> list[str]:
    """Splits *title* into the fewest lines of at most *ems*, about equally wide, preferably between phrases.

    Their concatenation is *title*. A piece that is wider than a line has a line of its own.
    """
    if width(title) <= ems or not has_han(title):
        return [title]
    parts = [(piece, number == 0) for phrase in phrases(title) for number, piece in enumerate(pieces(phrase))]
    count = _fewest_lines(parts, ems)
    return _best_division(parts, ems, count, width(title) / count)


def _fewest_lines(parts: Sequence[tuple[str, bool]], ems: float) -> int:
    count, used = 1, 0.0
    for piece, _ in parts:
        if used and used + width(piece.rstrip()) > ems:
            count, used = count + 1, 0.0
        used += width(piece)
    return count


def _best_division(parts: Sequence[tuple[str, bool]], ems: float, count: int, mean: float) -> list[str]:
    """The division into *count* lines with the lowest cost. ``best[n]`` is the best division of the first *n* parts, by
    the number of lines."""
    best: list[dict[int, tuple[float, list[str]]]] = [{0: (0.0, [])}]
    for end in range(1, len(parts) + 1):
        found: dict[int, tuple[float, list[str]]] = {}
        for start, line in _lines_to(parts, end, ems):
            used = width(line.rstrip())
            cost = (used - mean) ** 2 + (_WITHIN_PHRASE if start and not parts[start][1] else 0.0)
            for lines, (before, texts) in best[start].items():
                if lines < count and (lines + 1 not in found or before + cost < found[lines + 1][0]):
                    found[lines + 1] = before + cost, [*texts, line]
        best.append(found)
    return best[-1][count][1]


def _lines_to(parts: Sequence[tuple[str, bool]], end: int, ems: float) -> Iterator[tuple[int, str]]:
    """The first part and the text of each line that ends with part *end* - 1 and fits; at least of that part alone."""
    line = ""
    for start in range(end - 1, -1, -1):
        line = parts[start][0] + line
        if start < end - 1 and width(line.rstrip()) > ems:
            return
        yield start, line
