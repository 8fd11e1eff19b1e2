"""Parses datelines: ``2018-11-23 来源：新华社 作者：张三``, ``原创 李明 河北日报 2018-11-23``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ...chinese import HAN
from ...patterns import lazy_pattern
from ..dates import UnreadableDate, find_dates, parse_date
from ..person_names import is_person_name
from .labels import OTHER, LabelledField, labelled_fields, source_in
from .line_patterns import (
    BYLINE_WITH_PLACE,
    HEAD_FURNITURE,
    LONGEST_LINE,
    fold_traditional,
    names_in,
    whole_line,
)

MEDIA = lazy_pattern(
    rf"(?:[{HAN}A-Za-z0-9+·《》]{{1,14}}(?:日报|晚报|早报|晨报|时报|商报|都市报|青年报|周报|周刊|杂志|快报|导报|新报|新闻|新闻网|之声|新华社|电视台|广播|在线|网|网站"
    rf"|客户端|新媒体|融媒体?|传媒|融媒体中心|发布|头条|观察|公众号|号|社|台|APP|通讯社|政务|官微)|IT之家|新华社|新华网|人民网|[{HAN}]{{1,5}}(?<![海情预汇通快简])报)",
    re.IGNORECASE,
)
"""A line that is the name of a newspaper, a site or an account."""
PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏"
    "|宁夏|新疆|香港|澳门"
)
_NO_SOURCE = lazy_pattern(
    rf"(?:发[表布]于|IP属地|来自).{{0,12}}|[(（]?(?:星期|周)[一二三四五六日天][)）]?|[(（]?第?\s?[A-Z]?\d{{1,3}}\s?版.{{0,8}}"
    rf"|(?:{PROVINCES})省?|上午|下午"
    r"|(?:.{2,14})(?:官方[账帐]号|领域创作者|创作者|官方)|优质.{2,8}作者|https?:[!-~]+|来源于?|稿源|出处|原创|已编辑|[\d/.:：]+|[\W_]+|\d+(?:分钟|小时|天)前"
    r"|北京时间|版",
    re.IGNORECASE,
)
_ACCOUNT = lazy_pattern(r"(?P<name>[^\s·|]{2,14}?)官方[账帐]号")
_IS_ACCOUNT = lazy_pattern(r"官方[账帐]号|创作者|优质.{2,8}作者|自媒体")
_CLOCK_ALONE = lazy_pattern(
    r"(?:\d{2}-)?\d{1,2}-\d{1,2}\s+\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}\s?(?:分钟|小时|天)前|昨天\s*\d{1,2}:\d{2}"
)
_ASIDE = lazy_pattern(r"可以听文章啦[！!]|(?:https?://|www\.)[!-~]+|[(（][^()（）]{0,20}更新\s?[)）]")
_ORIGINAL = lazy_pattern(r"^原创\s?[:：]")
_REPOST = lazy_pattern(
    r"(?:本文|文章)?(?:转载自|转自|来自|来源于?)微信公众号\s?[:：]?\s?[“「《]?(?P<source>[^”」》（）()，,。]{2,20})[”」》]?"
    r"\s?(?:[（(]\s?(?:微信)?(?:ID|号)\s?[:：][^（）()]{1,40}[）)])?(?P<rest>[，,][^。]{0,100})?[。]?",
    re.IGNORECASE,
)
"""The line of a repost: ``本文来自微信公众号：江边评论（ID：jiangbian），作者：周琳，题图来自：视觉中国``."""
_SLASH_END = lazy_pattern(r"\s?[／/]\s?$")
_LONGEST_REST = 26
_PUBLICATION, _UNLABELLED, _CHANGE = 0, 1, 2


@dataclass(frozen=True)
class Dateline:
    """The content of a dateline. ``dates`` are pairs of rank and time; the lowest rank is the time of publication.

    ``fields`` are labelled fields. ``is_account`` is true if the line names an account such as 官方账号.
    """

    dates: tuple[tuple[int, datetime], ...] = ()
    fields: tuple[LabelledField, ...] = ()
    source: str = ""
    byline: tuple[str, ...] = ()
    is_account: bool = False


@dataclass
class _Rest:
    """The words of a line outside its dates and fields."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def dateline_in(text: str) -> Dateline | None:
    """The dateline in *text*; None for a sentence that contains a date, or a line without date and label."""
    if len(text) > LONGEST_LINE:
        return None
    if repost := _REPOST.fullmatch(text):
        pieces = [labelled_fields(piece)[1] for piece in re.split("[，,]", repost["rest"] or "")]
        return Dateline(fields=tuple(one for piece in pieces for one in piece), source=repost["source"].strip())
    with_place = BYLINE_WITH_PLACE.search(fold_traditional(text))
    if with_place and (
        around := dateline_in(_SLASH_END.sub("", text[: with_place.start()]) + text[with_place.end() :])
    ):
        return replace(around, byline=names_in(text[slice(*with_place.span(1))]))
    dates, blanked = _dates_in(_ORIGINAL.sub("原创 ", _ASIDE.sub(" ", text)))
    rest, fields = labelled_fields(blanked)
    clock = not dates and _CLOCK_ALONE.search(rest)
    if not dates and not clock and not any(field.kind != OTHER or field.is_colon for field in fields):
        return None
    words = _CLOCK_ALONE.sub(" \x00 ", rest) if clock else rest
    if len("".join(words.split())) > _LONGEST_REST or re.search(r"[。，,；！？!?“”]", words):
        return None
    found = _Rest(*[half.split() for half in (*words.split("\x00", 1), "")[:2]])
    source, byline = _source_and_byline(found)
    return Dateline(tuple(dates), tuple(fields), source, byline, bool(_IS_ACCOUNT.search(text)))


def _dates_in(text: str) -> tuple[list[tuple[int, datetime]], str]:
    """The dates with their ranks, and the text with NUL between bars in place of each date."""
    dates, characters = [], list(text)
    for found in find_dates(text):
        if "\x00" in characters[found.start : found.end]:
            continue
        dates.append((_rank(text[: found.start]), found.at))
        characters[found.start : found.end] = "\x00" * (found.end - found.start)
    return dates, re.sub("\x00+", " | \x00 | " if dates else "", "".join(characters))


def _rank(before: str) -> int:
    matched = re.search(rf"([{HAN}]\s{{0,3}}){{4}}\s?[:：]\s*$", before)
    label = re.sub(r"\s", "", matched[0]) if matched else ""
    if label.startswith(("发布", "发表", "发稿")):
        return _PUBLICATION
    return _CHANGE if label.startswith(("更新", "成文", "生成", "发文")) else _UNLABELLED


def _source_and_byline(rest: _Rest) -> tuple[str, tuple[str, ...]]:
    """The source and the names in words without a label: ``原创 李明 河北日报``, ``参考消息``."""
    is_original = "原创" in rest.before
    before, after = _words(rest.before), _words(rest.after)
    account = next((found["name"] for word in rest.after if (found := _ACCOUNT.search(word))), "")
    if len(before) > 1 and (is_original or is_person_name(before[0])) and not MEDIA.fullmatch(before[0]):
        return source_in(before[-1]), names_in(" ".join(before[:-1]))
    if before and is_person_name(before[0]) and not MEDIA.fullmatch(before[0]):
        return source_in(after[0]) if after else account, names_in(before[0])
    media = [word for word in before if MEDIA.fullmatch(word)][-1:] or before[:1] or after[:1]
    return (source_in(media[0]) if media else account), ()


def _words(words: Sequence[str]) -> list[str]:
    plain = [word.strip("|｜/-—·•∙丨 ") for word in words]
    return [
        w
        for w in plain
        if w and not w.endswith(("：", ":")) and not _NO_SOURCE.fullmatch(w) and not whole_line(HEAD_FURNITURE, w)
    ]


def date_alone(text: str) -> datetime | None:
    """The date of a line that contains only a date: ``二〇一八年十一月二十日``. None for any other line."""
    try:
        return parse_date(text) if re.search("[年月-]", text) and len(text) <= 24 else None
    except UnreadableDate:
        return None
