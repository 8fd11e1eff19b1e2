"""Parses the lines above the story: section path, headline, date, source, names, buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...chinese import HAN
from ...patterns import lazy_pattern
from ..person_names import is_person_name
from .account_lines import without_accounts
from .dateline import MEDIA, Dateline, dateline_in
from .headline import HeadlineLines, arrange_headline, is_below
from .labels import (
    AUTHOR,
    CHIEF,
    EDITOR,
    KICKER,
    NUMBER,
    SOURCE,
    SUBTITLE,
    TITLE,
    may_be_headline,
    names_of,
    people_in,
    source_in,
)
from .line_patterns import (
    BARE_NAMES,
    BYLINE_LINE,
    DOCUMENT_NUMBER,
    HEAD_FURNITURE,
    NAVIGATION,
    OPENS_STORY,
    ORIGINAL_TITLE,
    PAGE_OF_PAPER,
    SECTION_BELOW,
    SECTION_PATH,
    SHORT_PATH,
    fold_traditional,
    names_in,
    section_in,
    whole_line,
)
from .notices import is_bare_promotion

_LONGEST_TITLE = 60
_LONGEST_HEAD = 24
_MOST_UNLABELLED = 4
"""The number of unlabelled lines before the date: kicker, headline, subtitle, account."""
_SHORT = 8
_PUBLISHERS = ("报", "報", "网", "網", "社", "台", "客户端", "在线", "杂志", "周刊", "媒体", "融媒", "传媒")
_LEAST_MENU = 3
_LONGEST_PEN_NAME = 6
_DATE_IN_HEADLINE = lazy_pattern(rf"[{HAN}]{{2}}\d{{4}}年\d.{{0,12}}[日时分](?!星期|周)[{HAN}]{{4}}")
"""A date within the words of a headline: ``气象台2026年3月12日06时发布暴雨预警``."""
_LETTERS = lazy_pattern(r"[^\W\d_]+")
_PROSE = lazy_pattern(r"[。]|[，,；;：:].*[！？!?…][”’」）)]*$|^[^A-Z]*[a-z].{40,}[.!?][\"”’)]*$")
_MENU_WORD = lazy_pattern(r"[^\W\d_]{2,5}")
_QUESTION = lazy_pattern(r"(?:记者|问|Q|主持人)\s*[:：]")
_OTHER_LABEL = lazy_pattern(r"[^\W\d_]{2,4}[:：]\S")
_REPORTER = lazy_pattern(r"记者[\s:：]")
_RED_HEAD = lazy_pattern(r"(?P<name>\S{3,24})文件")
_ITEM = lazy_pattern(r"\(?\d{1,3}[.)、．]\s*\S|[一二三四五六七八九十]{1,3}、")


@dataclass
class StoryHead:
    """The fields found above the story. ``end`` is the index of the first line of the story."""

    kicker: str = ""
    title: str = ""
    subtitle: str = ""
    section: tuple[str, ...] = ()
    published: datetime | None = None
    source: str = ""
    byline: tuple[str, ...] = ()
    editor: str = ""
    chief: str = ""
    number: str = ""
    end: int = 0


@dataclass(frozen=True)
class HeadLine:
    """A line near the top of the page. ``kind`` is empty for an unlabelled line: headline, name, or story."""

    text: str
    kind: str = ""
    dateline: Dateline = field(default_factory=Dateline)


def possible_heads(texts: Sequence[str], has_title: bool) -> Iterator[StoryHead]:
    """The possible heads at the beginning of *texts*, the longest first. An unlabelled line follows each of them.

    *has_title* is true if the title is already known.
    """
    document = None if has_title else _document(texts)
    if document is not None:
        yield document
    lines = _lines_above(texts)
    following = texts[len(lines)] if len(lines) < len(texts) else ""
    last_indexes = [*reversed(_labelled_indexes(lines, following)), -1]
    for last in last_indexes:
        if last in last_indexes[:1] or last + 1 >= len(lines) or not lines[last + 1].kind:
            yield _head(lines, last, has_title)


def _document(texts: Sequence[str]) -> StoryHead | None:
    """The head of an official document: its office and 文件, its number, and a title up to the addressees; or None."""
    office = _RED_HEAD.fullmatch(texts[0])
    if not office or len(texts) < 4 or not DOCUMENT_NUMBER.fullmatch(texts[1]):
        return None
    end = next((index for index, text in enumerate(texts[:7]) if text.endswith(("：", ":"))), 0)
    if end < 3:
        return None
    title = "".join(texts[2:end])
    return StoryHead(title=title, subtitle=texts[1], source=office["name"], number=texts[1], end=end)


def _lines_above(texts: Sequence[str]) -> list[HeadLine]:
    texts = without_accounts(texts)
    questions = sum(_QUESTION.match(text) is not None for text in texts[:200]) > 1
    lines: list[HeadLine] = []
    for index, text in enumerate(texts[:_LONGEST_HEAD]):
        following = texts[index + 1] if index + 1 < len(texts) else ""
        line = HeadLine(text) if questions and _QUESTION.match(text) else _line_of(text, lines, following)
        if lines and not line.kind and (len(text) > _LONGEST_TITLE or _PROSE.search(text)):
            break
        lines.append(line)
    return _mark_menu(lines)


def _mark_menu(lines: list[HeadLine]) -> list[HeadLine]:
    """*lines* with a menu at the top marked as furniture. A menu is several short lines, 新闻, 体育, 房产, above the
    headline and its date."""
    menu = 0
    while menu < len(lines) and (lines[menu].kind == "furniture" or _MENU_WORD.fullmatch(lines[menu].text)):
        menu += 1
    below = lines[menu : menu + 6]
    if menu < _LEAST_MENU or not any(len(line.text) > _SHORT for line in below if not line.kind):
        return lines
    if not any(line.kind == "dated" for line in below):
        return lines
    return [HeadLine(line.text, "furniture") for line in lines[:menu]] + lines[menu:]


def _line_of(text: str, above: Sequence[HeadLine], following: str) -> HeadLine:
    has_headline = any(line.kind == "title" or not (line.kind or MEDIA.fullmatch(line.text)) for line in above)
    if whole_line(ORIGINAL_TITLE, text):
        return HeadLine(text, "original")
    if _is_path(text, has_headline, following):
        return HeadLine(text, "section")
    if whole_line(HEAD_FURNITURE, text) or (
        not has_headline and whole_line(NAVIGATION, text) and not dateline_in(following)
    ):
        return HeadLine(text, "furniture")
    if _is_card(text, above) or (has_headline and is_bare_promotion(text)):
        return HeadLine(text, "furniture")
    if (has_headline or _REPORTER.search(fold_traditional(text))) and whole_line(BYLINE_LINE, text) and names_in(text):
        return HeadLine(text, "byline")
    found = dateline_in(text)
    if (
        found is None
        or (not has_headline and not found.fields and _DATE_IN_HEADLINE.search(text))
        or (not has_headline and found.fields and may_be_headline(found.fields[0]))
        or _is_list_line(text, found, following)
    ):
        return HeadLine(text)
    kinds = {one.kind for one in found.fields}
    return HeadLine(text, "title" if TITLE in kinds else "dated" if found.dates else "labelled", found)


def _is_card(text: str, above: Sequence[HeadLine]) -> bool:
    """Whether *text* is the name or the motto of an account, below ``以下文章来源于…``."""
    previous = [line.text for line in above[-2:]]
    if previous and previous[-1].startswith("以下文章来源于"):
        return text.endswith(".")
    return (
        len(previous) > 1
        and previous[0].startswith("以下文章来源于")
        and previous[1].endswith(".")
        and "。" not in text
    )


def _is_path(text: str, has_headline: bool, following: str) -> bool:
    if whole_line(PAGE_OF_PAPER, text):
        return True
    if whole_line(SECTION_PATH, text) and (not has_headline or text.startswith(("首页", "当前", "您", "所在"))):
        return True
    if has_headline:
        return whole_line(SECTION_BELOW, text) is not None
    return whole_line(SHORT_PATH, text) is not None and dateline_in(following) is None and "。" not in following


def _is_list_line(text: str, found: Dateline, following: str) -> bool:
    """Whether a line belongs to a list at the beginning of the story: ``时间：…``, ``地点：…``; ``来源：…``."""
    if not found.dates and len(found.fields) == 1 and _OTHER_LABEL.match(following) and dateline_in(following) is None:
        return True
    return text.startswith(("时间", "日期")) and following.startswith(("地点", "地 点", "地址", "主讲", "嘉宾"))


def _labelled_indexes(lines: Sequence[HeadLine], following: str) -> list[int]:
    """The indexes of labelled lines that are not too far below the previous labelled line.

    Also the index of the last line, if *following* begins like a story: ``本报讯（记者 …）``.
    """
    indexes: list[int] = []
    unlabelled = 0
    for index, line in enumerate(lines):
        if not line.kind:
            unlabelled += 1
            if _ITEM.match(line.text) and unlabelled > 1:
                break
            continue
        if unlabelled > (_MOST_UNLABELLED if line.kind in ("dated", "byline", "title") or not indexes else 2) or (
            line.kind == "labelled" and unlabelled > 2
        ):
            break
        indexes.append(index)
        unlabelled = 0 if any(not above.kind for above in lines[:index]) else unlabelled
    else:
        if lines and 1 < unlabelled < _MOST_UNLABELLED and OPENS_STORY.match(following[:_LONGEST_TITLE]):
            indexes.append(len(lines) - 1)
    return indexes


def _head(lines: Sequence[HeadLine], last: int, has_title: bool) -> StoryHead:
    head = StoryHead(end=last + 1)
    above = list(lines[: last + 1])
    if not has_title and all(line.kind for line in above) and not any(line.kind == "title" for line in above):
        above += _headline_and_subtitle(lines[last + 1 :])
        head.end = len(above)
    elif last + 1 < len(lines) and not lines[last + 1].kind and is_below(lines[last + 1].text):
        above, head.end = [*above, lines[last + 1]], last + 2
    _take_fields(head, above)
    original = next((whole_line(ORIGINAL_TITLE, line.text) for line in above if line.kind == "original"), None)
    heads = _headlines(head, above, has_title)
    found = (
        HeadlineLines(subtitle=" ".join(heads).lstrip("—- "))
        if has_title or head.title
        else arrange_headline(heads, original["title"] if original else "")
    )
    head.kicker, head.title = head.kicker or found.kicker, head.title or found.title
    head.subtitle = head.subtitle or found.subtitle
    if not head.title and not has_title:
        paths = [line.text for line in above if line.kind == "section"]
        head.title = original["title"].strip() if original else "".join(paths[-1:])
    return head


def _headline_and_subtitle(lines: Sequence[HeadLine]) -> list[HeadLine]:
    """The headline, and the subtitle if it begins with a dash."""
    below = [line for line in lines[1:2] if is_below(line.text) and len(line.text) <= _LONGEST_TITLE]
    return [*lines[:1], *below]


def _headlines(head: StoryHead, above: Sequence[HeadLine], has_title: bool) -> list[str]:
    """The unlabelled lines that are headlines. Adds the names of people and accounts among the others to *head*."""
    heads: list[str] = []
    has_date = False
    for index, line in enumerate(above):
        following = above[index + 1] if index + 1 < len(above) else HeadLine("")
        has_headline = bool(heads or has_title or head.title)
        if line.kind:
            has_date = has_date or (has_headline and line.kind == "dated")
        elif (has_headline and following.dateline.is_account) or _is_media_name(
            line.text, above[index + 1 :], has_headline
        ):
            head.source = head.source or source_in(line.text)
        elif has_headline and _is_pen_name(line.text, following):
            head.source = head.source or line.text
        elif has_headline and not head.byline and _is_name(line.text, following):
            head.byline = names_in(line.text)
        elif not (has_date and has_headline and len(line.text) <= _SHORT and not is_below(line.text)):
            heads.append(line.text)
    return heads


def _is_media_name(text: str, below: Sequence[HeadLine], has_headline: bool) -> bool:
    """Whether *text* is the name of a newspaper: below the headline, or on the first line of a page above it."""
    if not MEDIA.fullmatch(text):
        return False
    return (
        has_headline
        or any(line.dateline.dates and text in line.text for line in below)
        or (text.endswith(_PUBLISHERS) and any(not line.kind for line in below))
    )


def _is_pen_name(text: str, following: HeadLine) -> bool:
    """Whether *text* is the name of an account above a line with only a date. A subtitle is longer."""
    is_bare_date = following.kind == "dated" and not following.dateline.fields and not following.dateline.source
    return is_bare_date and 3 < len(text) <= _LONGEST_PEN_NAME and _LETTERS.fullmatch(text) is not None


def _is_name(text: str, following: HeadLine) -> bool:
    if not whole_line(BARE_NAMES, text):
        return False
    return all(map(is_person_name, names_in(text))) or (following.kind == "dated" and len(text) <= 3)


def _take_fields(head: StoryHead, above: Sequence[HeadLine]) -> None:
    title_indexes = [index for index, line in enumerate(above) if not line.kind or line.kind == "title"]
    first = title_indexes[0] if title_indexes else 0
    dates = [
        (rank + 3 * (index < first and bool(title_indexes)), at)
        for index, line in enumerate(above)
        for rank, at in line.dateline.dates
    ]
    head.published = min(dates, key=lambda pair: pair[0])[1] if dates else None
    sections = [
        section_in(line.text) for line in above if line.kind == "section" and not whole_line(PAGE_OF_PAPER, line.text)
    ]
    pages = [found["name"] for line in above if (found := whole_line(PAGE_OF_PAPER, line.text)) and found["name"]]
    head.section = next((section for section in sections if section), tuple(pages[:1]))
    for line in above:
        if line.kind == "byline":
            _add_names(head, names_in(line.text))
        _add_names(head, line.dateline.byline)
        for one in line.dateline.fields:
            _take_field(head, one.kind, one.value)
    head.source = head.source or next((line.dateline.source for line in above if line.dateline.source), "")
    if len(head.section) > 1 and head.section[0] == head.source:
        head.section = head.section[1:]


def _take_field(head: StoryHead, kind: str, value: str) -> None:
    if kind == SOURCE and value:
        head.source = head.source or source_in(value)
    elif kind == EDITOR:
        head.editor = head.editor or people_in(value)
    elif kind == CHIEF:
        head.chief = head.chief or people_in(value)
    elif kind == AUTHOR:
        _add_names(head, names_of(value))
    elif kind in (TITLE, KICKER, SUBTITLE, NUMBER):
        name = {TITLE: "title", KICKER: "kicker", SUBTITLE: "subtitle", NUMBER: "number"}[kind]
        setattr(head, name, getattr(head, name) or value.lstrip("—- "))


def _add_names(head: StoryHead, names: Sequence[str]) -> None:
    head.byline = tuple(dict.fromkeys([*head.byline, *names]))
