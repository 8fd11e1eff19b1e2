"""Splits Chinese text into words by a list of 40,000 words. The result is sufficient for line breaks, not for search.

``words.txt`` contains the most frequent words of two to four characters of the dictionary of jieba (MIT licence, in
``WORDS-LICENCE.txt``), one per line, in the order of their code points.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from .text_conversion import convert

LONGEST = 4
"""In characters of a word. A boundary within a longer word (新闻|发布会) is acceptable at the end of a line."""

_SINGLE_WORDS = frozenset(
    "的了和与及或是在从把被让向对为将但而也都就不才却又再已仍还最更很这那其之于以由至到等后前中上下内外里间时年月日们者"
    "一二三四五六七八九十百千万亿两几多少个"
)
"""Characters that are words. Other adjacent single characters are probably a name that is not in the list."""


def words_of(run: str) -> list[str]:
    """The words of a *run* of Han characters, as few as possible, with whole names. Their concatenation is *run*.

    >>> words_of("曲周县政协在河北省率先实现")
    ['曲周县', '政协', '在', '河北省', '率先', '实现']
    """
    ends = accumulate(map(len, _join_names(_best_division(_to_simplified(run)))))
    return [run[start:end] for start, end in pairwise((0, *ends))]


def _to_simplified(run: str) -> str:
    """*run* in Simplified characters, like the list. Text that GB 2312 can encode is Simplified already."""
    try:
        run.encode("gb2312")
    except UnicodeEncodeError:
        converted = convert(run, "hans")
        return converted if len(converted) == len(run) else run
    return run


def _best_division(run: str) -> list[str]:
    """The division with the lowest cost. A word costs 2, a single character 2 or, if it is rarely a word, 3."""
    costs, starts = [0], [0]
    for end in range(1, len(run) + 1):
        costs.append(costs[-1] + (2 if run[end - 1] in _SINGLE_WORDS else 3))
        starts.append(end - 1)
        for start in range(max(0, end - LONGEST), end - 1):
            if costs[start] + 2 < costs[end] and _is_word(run[start:end]):
                costs[end], starts[end] = costs[start] + 2, start
    found, end = [], len(run)
    while end:
        found.append(run[starts[end] : end])
        end = starts[end]
    return found[::-1]


def _join_names(parts: Iterable[str]) -> list[str]:
    found: list[str] = []
    is_name = False
    for part in parts:
        is_single = len(part) == 1 and part not in _SINGLE_WORDS
        if is_single and is_name and len(found[-1]) < LONGEST:
            found[-1] += part
        else:
            found.append(part)
        is_name = is_single
    return found


def _is_word(text: str) -> bool:
    size, listed = len(text), _words_by_length()[len(text)]
    index = bisect_left(range(0, len(listed), size), text, key=lambda at: listed[at : at + size])
    return listed[index * size : index * size + size] == text


@cache
def _words_by_length() -> dict[int, str]:
    """The concatenated words of each length. They take 0.2 MB of memory; a set of them would take 4 MB."""
    words = Path(__file__).with_name("words.txt").read_text("utf-8").split()
    return {size: "".join(word for word in words if len(word) == size) for size in range(2, LONGEST + 1)}
