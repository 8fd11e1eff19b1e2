"""Extracts the source, authors and editors from the lines around an article: 来源, 作者, 记者, 责任编辑, By …"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...chinese import HAN, has_han
from ...formats.pasted_pages.dateline import PROVINCES
from ...formats.person_names import SURNAMES, split_names
from .page_patterns import DATE

_SOURCE = r"(?:(?:本文|文章|信息|稿件|新闻|内容)?来源|稿源|出处|转自|来自|出自)"
_CHIEF = r"(?:责任编辑|责编|editor)"
_EDITOR = r"(?:值班编辑|实习编辑|本[文版]编辑|编辑)"
_AUTHOR = r"(?:文字记者|本报记者|记者|作者|撰文|采写|撰稿|通讯员|author)"
_OTHER = (
    r"(?:发布|时间|日期|发表|字号|浏览|点击|阅读|人气|评论|校对|审核|监制|摄影|关键词|所属|分类|标签|打印|收藏|分享|举报"
    r"|次数)"
)
_NAMED_NEXT = rf"\s*(?:[:：/丨｜]|\s(?=[{HAN}]{{2,4}}(?:\s|$)))"
_LABEL = re.compile(
    rf"(?P<source>{_SOURCE})\s*[:：丨｜]|(?P<chief>{_CHIEF}){_NAMED_NEXT}|(?P<editor>{_EDITOR}){_NAMED_NEXT}"
    rf"|(?P<author>{_AUTHOR})\s*[:：/丨｜]|(?P<other>{_OTHER}[^:：\s]{{0,4}}\s*[:：])"
    r"|(?<=[|｜])\s*(?:(?P<source_beside>来源)|(?P<author_beside>作者))(?=[^\s:：|｜]{2,12}\s*(?:[|｜]|$))",
    re.IGNORECASE,
)
"""``来源：…``, ``责任编辑：…``, ``编辑 张三``, ``| 作者张三 |``."""
_VALUE_END = re.compile(
    r"[|｜\n】）)。；;]|\s{2,}|(?:举报|字号|收藏|打印|分享|点击|阅读|返回|我要|校对|审核|监制|size=)"
)
_BRACKETS = " \u3000[]【】（）()"
_PHOTO = re.compile(r"[摄图]\W*$")
_CLOCK_TIME = re.compile(r"\d{1,2}[:：]\d\d(?:[:：]\d\d)?")
_NAME = rf"[{HAN}](?:[\u3000 ]?[{HAN}]){{1,3}}|[{HAN}]{{2,6}}[·•][{HAN}]{{2,8}}"
_BODY_BYLINE = re.compile(
    r"(?:记者|作者|通讯员|撰文|采写|执笔[/／]|文[/／]图|图[/／]文|[文编][/／])\s*[:：]?\s*"
    rf"(?P<names>(?:{_NAME})(?:[、，,\s和及&]+(?:{_NAME})){{0,5}})"
    rf"\s*(?=[)）】/／]|$|报道|电[)）]|\s[{HAN}]{{2,6}}(?:报道|电|讯))"
)
_ENGLISH_BYLINE = re.compile(
    r"^(?:by|written by|von|por)[:\s]+(?P<names>[A-Z][\w.'’-]+(?:[ ,&]+(?:and )?[A-Z][\w.'’-]+){1,6})", re.IGNORECASE
)
_NO_NAMES = re.compile(
    r"^(?:原创|佚名|匿名|未知|网络|管理员|系统管理员|本站|编辑|小编|记者|作者|转载|互联网|网站|admin|unknown|root|none|null|name|staff)$"
    r"|@|https?:|\d{3}|[网报社台部局院会刊室组]$|公司|频道|新闻|电视|杂志",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Bylines:
    """The people and the publisher of an article; empty fields are unknown."""

    source: str = ""
    editor: str = ""
    byline: tuple[str, ...] = ()


def bylines_of(lines: Sequence[str], body_lines: Sequence[str]) -> Bylines:
    """Bylines from the short *lines* of the page, in order, and the first and last *body_lines*. The first of each kind
    wins."""
    labels = [pair for line in lines for pair in labelled(line)]
    source = next((name for kind, value in labels if kind == "source" and (name := source_name(value))), "")
    editors = [(kind, names) for kind, value in labels if kind in ("chief", "editor") and (names := names_in(value))]
    editor = next((names for kind, names in editors if kind == "chief"), editors[0][1] if editors else ())
    signed = [names for kind, value in labels if kind == "author" and (names := names_in(value))]
    signed += [names for line in lines if (names := _english_names(line))]
    signed += [names for line in body_lines if (names := names_in_body(line))]
    return Bylines(source or _beside_date(lines), "、".join(editor), signed[0] if signed else ())


def labelled(line: str) -> Iterable[tuple[str, str]]:
    """(kind, value) pairs; kinds are source, chief, editor, author: ``来源：新华社 责任编辑：张三``."""
    matches = list(_LABEL.finditer(line))
    for match, following in zip(matches, [*matches[1:], None], strict=False):
        value = line[match.end() : following.start() if following else None].strip(_BRACKETS)
        kind = (match.lastgroup or "other").removesuffix("_beside")
        if kind != "other":
            yield kind, _VALUE_END.split(value)[0].strip(_BRACKETS)


def source_name(value: str) -> str:
    """The name of the publisher, without the rest of the line."""
    value = DATE.split(_CLOCK_TIME.sub("", value))[0].strip()
    first = value.split()[0] if has_han(value) and value.split() else value
    return first.strip('[]【】()（）《》"“”-—:： ') if 1 < len(first) <= 30 else ""


def names_in(value: str) -> tuple[str, ...]:
    """The names of people in *value*; ``张　三`` is one name, ``张三、李四 王五`` are three."""
    value = re.sub(r"[_\dA-Z]+$", "", value.strip())
    return tuple(name for name in split_names(value) if _is_name(name))


def _is_name(name: str) -> bool:
    if _NO_NAMES.search(name):
        return False
    if has_han(name):
        return re.fullmatch(rf"[{HAN}·•]{{2,12}}", name) is not None and ("·" in name or len(name) <= 5)
    return 1 < len(name) <= 40 and len(name.split()) <= 4 and bool(re.fullmatch(r"[^\W\d_][\w .'’-]*", name))


def is_person(name: str) -> bool:
    """Whether *name* is more likely a person than a newspaper, for fields that may contain either."""
    if has_han(name):
        return _is_name(name) and ((len(name) <= 3 and name[0] in SURNAMES) or "·" in name)
    return _is_name(name) and len(name.split()) in (2, 3, 4)


def names_in_body(line: str) -> tuple[str, ...]:
    """From ``（记者 张三 李四）``, ``本报记者　张三``, ``文/张三`` in a line of the body; without photographers."""
    if _PHOTO.search(line):
        return ()
    for match in _BODY_BYLINE.finditer(line.strip()):
        names = names_in(match["names"])
        if names and all(name[0] in SURNAMES or "·" in name for name in names):
            return names
    return _english_names(line)


def _english_names(line: str) -> tuple[str, ...]:
    match = _ENGLISH_BYLINE.match(line.strip())
    return names_in(match["names"]) if match and len(line) < 120 else ()


def _beside_date(lines: Sequence[str]) -> str:
    """The newspaper's name on a line that contains only the name and a date: ``2019年11月25日 18:57 参考消息``."""
    for line in lines:
        if not DATE.search(line) or len(line) > 60:
            continue
        rest = re.split(r"[\s|｜\[\]]+", _CLOCK_TIME.sub(" ", DATE.sub(" ", line)).replace("日", " ").strip())
        names = [
            part for part in rest if re.fullmatch(rf"[{HAN}A-Za-z0-9—·-]{{2,14}}", part) and not _PLAIN.search(part)
        ]
        if len(names) == 1 and re.search(f"[{HAN}]{{2}}", names[0]) and len(rest) <= 3:
            return str(names[0])
    return ""


_PLAIN = re.compile(
    rf"发[布表]|时间|日期|原创|举报|收藏|星期|更新|京港|查看|版|年|月|：|:|评论|阅读|次|^(?:{PROVINCES})省?$"
)
