"""Finds the headline among several lines above a story, the kicker above it and the subtitle below it.

Chinese newspapers print 引题, 主题 and 副题 in this order and without labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ...chinese import HAN, has_han
from ...patterns import lazy_pattern

_INTRODUCTION = lazy_pattern(
    r".*(?:强调|指出|要求|表示|提出|批示|时|会见|宣布|就|对|致信|贺信|提醒|号召|——|—|：|:|，|、|……)$"
)
"""A kicker that continues in the headline: ``李强主持召开国务院常务会议强调``."""
_COLUMN = lazy_pattern(
    rf"[【\[「〖『].{{2,14}}[】\]」〗』]|[{HAN}]{{2,10}}[·•・][{HAN}A-Za-z0-9]{{2,10}}"
    rf"|[{HAN}]{{0,6}}(?:关注|聚焦|观察|视点|快评|锐评|短评|时评|社论|社评|评论|直击|速递|走基层|追踪|权威发布|专访|访谈|调查|来信|记者手记|新闻链接|特别报道|深度报道|现场新闻"
    r"|一线见闻|评论员文章|编者按|今日谈|人物|副刊|专栏|专题|连线|进行时)"
)
"""The name of a column or series: ``新春走基层·一线见闻``, ``记者手记``."""
_SLOGAN = lazy_pattern(
    r"(?:深入)?(?:学习|贯彻|宣传|践行|牢记|奋进|弘扬|喜迎|庆祝|纪念|聚焦|落实).{2,20}(?:精神|思想|嘱托|使命|征程|新时代|大会|周年|理念|两会)"
)
"""A slogan above headlines, for a series of stories: ``贯彻落实党的二十大精神``."""
_LEADING_COLUMN = 10
_KICKER_RATIO = 1.3
_LEAST_LIKENESS = 0.55


@dataclass(frozen=True)
class HeadlineLines:
    """A headline with the lines above and below it; empty texts for missing ones."""

    kicker: str = ""
    title: str = ""
    subtitle: str = ""


def arrange_headline(lines: Sequence[str], original: str = "") -> HeadlineLines:
    """The headline of *lines*, which are in the order of the page, with the lines above and below it.

    *original* is the headline in ``原标题：…``, which is similar to the current one, or empty.
    """
    if len(lines) < 2:
        return HeadlineLines(title="".join(lines))
    at = _title_at(lines, original)
    below = " ".join(line.lstrip("—- ") for line in lines[at + 1 :])
    above = " ".join(line.rstrip("—- ") for line in lines[:at])
    return HeadlineLines(above, lines[at], below)


def _title_at(lines: Sequence[str], original: str) -> int:
    above = [line for line in lines if not is_below(line)]
    likeness = [SequenceMatcher(None, line, original).ratio() for line in above] if original else [0.0]
    if max(likeness, default=0.0) >= _LEAST_LIKENESS:
        return lines.index(above[likeness.index(max(likeness))])
    has_three = len(above) > 2 or (len(above) > 1 and len(above) < len(lines))
    if has_three or (len(above) > 1 and (_introduces_headline(above[0]) or _is_longer(above[0], above[1]))):
        return lines.index(above[1])
    return lines.index(above[0]) if above else 0


def is_below(line: str) -> bool:
    """Whether *line* begins with a dash like a subtitle: ``——三园通一河``."""
    return line.startswith(("——", "--"))


def _introduces_headline(line: str) -> bool:
    return bool(
        _INTRODUCTION.fullmatch(line)
        or _SLOGAN.fullmatch(line)
        or (len(line) <= _LEADING_COLUMN + 6 and _COLUMN.fullmatch(line))
    )


def _is_longer(first: str, second: str) -> bool:
    """Whether *first* is a kicker by its length: a kicker is longer than its headline, a headline is not longer than
    its subtitle."""
    return (
        has_han(first)
        and len(second) >= 6
        and len(first) >= _KICKER_RATIO * len(second)
        and not re.search("[？！?!]$", first)
    )
