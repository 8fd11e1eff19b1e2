"""The words of Chinese text that has no spaces, by a list of 40,000 words. Good enough to break lines, not to search.

``words.txt`` has the most frequent words of two to four characters of the dictionary of jieba (MIT licence, in
``WORDS-LICENCE.txt``), one a line, in the order of their code points.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from .text_conversion import convert

LONGEST = 4
"""Characters of a word. A boundary within a longer one (新闻|发布会) does no harm at the end of a line."""

_FREE = frozenset(
    "的了和与及或是在从把被让向对为将但而也都就不才却又再已仍还最更很这那其之于以由至到等后前中上下内外里间时年月日们者"
    "一二三四五六七八九十百千万亿两几多少个"
)
"""Characters that are words of their own. Other single ones side by side are rather a name that the list lacks."""


def words_of(run: str) -> list[str]:
    """The words of a *run* of Han characters, whose concatenation is *run*: as few as possible, names kept whole.

    >>> words_of("曲周县政协在河北省率先实现")
    ['曲周县', '政协', '在', '河北省', '率先', '实现']
    """
    ends = accumulate(map(len, _with_names(_fewest(_simplified(run)))))
    return [run[start:end] for start, end in pairwise((0, *ends))]


def _simplified(run: str) -> str:
    """The list is in Simplified characters. What GB 2312 can write is Simplified and needs no conversion."""
    try:
        run.encode("gb2312")
    except UnicodeEncodeError:
        converted = convert(run, "hans")
        return converted if len(converted) == len(run) else run
    return run


def _fewest(run: str) -> list[str]:
    """The division of least cost: a word costs 2, a single character 2 or, if it is rarely a word, 3."""
    costs, starts = [0], [0]
    for end in range(1, len(run) + 1):
        costs.append(costs[-1] + (2 if run[end - 1] in _FREE else 3))
        starts.append(end - 1)
        for start in range(max(0, end - LONGEST), end - 1):
            if costs[start] + 2 < costs[end] and _is_word(run[start:end]):
                costs[end], starts[end] = costs[start] + 2, start
    found, end = [], len(run)
    while end:
        found.append(run[starts[end] : end])
        end = starts[end]
    return found[::-1]


def _with_names(parts: Iterable[str]) -> list[str]:
    found: list[str] = []
    is_name = False
    for part in parts:
        is_single = len(part) == 1 and part not in _FREE
        if is_single and is_name and len(found[-1]) < LONGEST:
            found[-1] += part
        else:
            found.append(part)
        is_name = is_single
    return found


def _is_word(text: str) -> bool:
    size, listed = len(text), _listed()[len(text)]
    index = bisect_left(range(0, len(listed), size), text, key=lambda at: listed[at : at + size])
    return listed[index * size : index * size + size] == text


@cache
def _listed() -> dict[int, str]:
    """By length, all words one after the other: 0.2 MB of memory, where a set of them takes 4."""
    words = Path(__file__).with_name("words.txt").read_text("utf-8").split()
    return {size: "".join(word for word in words if len(word) == size) for size in range(2, LONGEST + 1)}
