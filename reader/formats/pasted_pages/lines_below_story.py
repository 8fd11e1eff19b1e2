"""Finds the end of the story, and parses the lines below it: people, source, notices, buttons, other headlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...patterns import lazy_pattern
from ..dates import find_dates
from ..person_names import is_person_name
from .labels import (
    AUTHOR,
    CHIEF,
    DATE,
    EDITOR,
    KICKER,
    NUMBER,
    SOURCE,
    SUBTITLE,
    TITLE,
    LabelledField,
    credits_in,
    names_of,
    people_in,
    source_in,
)
from .line_patterns import BYLINE_LINE, COMMENTS_BEGIN, EDITION, LIST_BEGINS, TAIL_FURNITURE, names_in, whole_line
from .notices import is_bare_promotion, is_notice_below, is_own_notice

SENTENCE = lazy_pattern(r"[。！？…]|[.!?][\"”’)]*(?:\s|$)|[。！？!?.…][”’）)】」]*$|[,，;；].{30}")
_FULL_STOP = lazy_pattern(r"。|[a-z0-9][.!?][\"”’)]*$")
_STORY_FIELDS = (DATE, TITLE, KICKER, SUBTITLE, NUMBER)
_LONGEST_CREDIT = 160
_SMALL_FRACTION = 0.2
_LOOKAHEAD_LINES = 8
_DATED = lazy_pattern(
    r"(?:最[后後新])?(?:更新|发布|发表|刊登|编辑|出版)(?:时间|日期|于)?\s{0,3}[:：﹕]?\s{0,3}\d{4}[-/.年].{0,30}"
)
_WEAK = lazy_pattern(r"[\W\d_]+")
"""Rules and numbers, which also separate parts of a story."""


@dataclass(frozen=True)
class Tail:
    """``end`` is the index after the last line of the story. The other fields are those found below it."""

    end: int
    editor: str = ""
    chief: str = ""
    byline: tuple[str, ...] = ()
    source: str = ""
    published: datetime | None = None


def read_tail(texts: Sequence[str], start: int) -> Tail:
    """The tail of a page whose story begins at the index *start* of *texts*."""
    end = _story_end(texts, start)
    below = texts[end:]
    fields = [one for text in below for one in fields_in(text)]
    bylines = [names for text in below if (names := _names_in(text))]
    edition = next((found for text in below if (found := whole_line(EDITION, text))), None)
    dated = [edition[0]] if edition else [text for text in below if is_dated(text)]
    date = next(find_dates(dated[0]), None) if dated else None
    return Tail(
        end,
        _people(fields, EDITOR),
        _people(fields, CHIEF),
        max(bylines, key=len, default=()),
        next((source_in(one.value) for one in fields if one.kind == SOURCE and one.value), "")
        or (source_in(edition["name"]) if edition else ""),
        date.at if date else None,
    )


def is_dated(text: str) -> bool:
    """Whether the line has only the time of publication or change: ``更新時間：2026/03/12``."""
    return whole_line(_DATED, text) is not None and next(find_dates(text), None) is not None


def _people(fields: Sequence[LabelledField], kind: str) -> str:
    return next((people_in(one.value) for one in fields if one.kind == kind and one.value), "")


def fields_in(text: str) -> list[LabelledField]:
    """The fields of a line that contains only the names of people or the source. Else empty."""
    fields = credits_in(text) if len(text) <= _LONGEST_CREDIT else []
    return [] if any(one.kind in _STORY_FIELDS for one in fields) else fields


def _names_in(text: str) -> tuple[str, ...]:
    if whole_line(BYLINE_LINE, text):
        return names_in(text)
    return tuple(name for one in fields_in(text) if one.kind == AUTHOR for name in names_of(one.value))


def _story_end(texts: Sequence[str], start: int) -> int:
    """The index after the last sentence of the story and the lines below it, up to the first line of page chrome."""
    sentences = _story_sentences(texts, start)
    end = sentences[-1] + 1 if sentences else start
    editor_index = next((index for index in range(start, end) if _names_editor(texts[index])), None)
    if editor_index is not None:
        above = [index for index in sentences if index < editor_index]
        if _length(texts, sentences[len(above) :]) < _SMALL_FRACTION * _length(texts, above):
            end = above[-1] + 1
    while end < len(texts) and not _begins_tail(texts, end):
        end += 1
    return end


def _begins_tail(texts: Sequence[str], index: int) -> bool:
    """Whether the line is page chrome. False if it only looks like a button or number above many lines of the story."""
    text = texts[index]
    if is_own_notice(text, texts[index - 1]) or whole_line(LIST_BEGINS, text) or fields_in(text):
        return True
    below = texts[index + 1 : index + 1 + _LOOKAHEAD_LINES]
    if not is_furniture(text):
        return False
    few = len(below) < _LOOKAHEAD_LINES and (not below or not _WEAK.fullmatch(text))
    return few or any(is_furniture(line) and not _WEAK.fullmatch(line) for line in below)


def _length(texts: Sequence[str], indexes: Sequence[int]) -> int:
    return sum(len(texts[index]) for index in indexes)


def _names_editor(text: str) -> bool:
    """Whether the line names the editor, which ends a story. A short text below it is an unknown kind of notice."""
    return any(
        one.kind in (CHIEF, EDITOR) and all(map(is_person_name, names_of(one.value) or ("",)))
        for one in fields_in(text)
    )


def _story_sentences(texts: Sequence[str], start: int) -> list[int]:
    """The indexes of the lines that are sentences of the story."""
    found: list[int] = []
    is_marked, is_listed = False, False
    for index in range(start, len(texts)):
        text, before = texts[index], texts[index - 1] if index > start else ""
        if whole_line(COMMENTS_BEGIN, text) and found:
            break
        if is_furniture(text):
            is_marked, is_listed = True, is_listed or whole_line(LIST_BEGINS, text) is not None
        elif _continues_story(text, before, is_marked, is_listed):
            found.append(index)
            is_marked, is_listed = False, False
    return found


def _continues_story(text: str, before: str, is_marked: bool, is_listed: bool) -> bool:
    """Whether a sentence is part of the story although there is page chrome (*is_marked*) or a list (*is_listed*) above
    it."""
    if is_own_notice(text, before) or not SENTENCE.search(text):
        return False
    if not is_marked:
        return True
    if text.startswith("[") and text.endswith("]"):
        return False
    return _FULL_STOP.search(text) is not None and not is_notice_below(text) and (not is_listed or len(text) > 12)


def is_furniture(text: str) -> bool:
    """Whether a line is page chrome, provided that no line of the story follows."""
    return bool(
        whole_line(TAIL_FURNITURE, text)
        or whole_line(LIST_BEGINS, text)
        or whole_line(EDITION, text)
        or whole_line(BYLINE_LINE, text)
        or fields_in(text)
        or is_dated(text)
        or is_bare_promotion(text)
    )
