"""Reads corrections from a value of front matter: texts, mappings, or a mapping of times to texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from ...article_corrections import Correction
from ...models import UNDATED
from ...sanitizer import strip_control_characters
from ..dates import UnreadableDate, find_dates, parse_date

_LABEL = re.compile(
    r"\s*(?:(?:更正|勘误|更新|订正|修正)(?:说明)?|corrections?|corrected|errat(?:um|a)|updated?)\s*[:：]\s*",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\s*(\d{1,2})\s?[:：时点]\s?([0-5]\d)\s?分?(?:[:：][0-5]\d)?(?=\D|$)")
_SEPARATOR = re.compile(r"[\s:：,，、;；|｜—–-]*")
_TIMES = ("date", "at", "time", "datetime", "published", "when", "日期", "时间", "时刻")
_TEXTS = ("text", "note", "what", "description", "correction", "message", "说明", "内容", "更正", "文字")


def corrections_in(value: Any) -> tuple[Correction, ...]:
    """The corrections in the order of the file. If a time is not a date, it stays in the text and ``at`` is UNDATED."""
    texts = [replace(one, text=strip_control_characters(one.text)) for one in _corrections(value)]
    found = [one for one in texts if one.text]
    return tuple(dict.fromkeys(found))


def _corrections(value: Any) -> Iterator[Correction]:
    if isinstance(value, str):
        yield from map(_parse_text, value.split("\n"))
    elif isinstance(value, list):
        for item in value:
            yield from _corrections(item)
    elif isinstance(value, dict):
        names = {str(name).strip().lower(): name for name in value}
        text = next((value[names[name]] for name in _TEXTS if name in names), None)
        if isinstance(text, str):
            corrected_at = next((value[names[name]] for name in _TIMES if name in names), "")
            yield _parse_text(f"{corrected_at} {text}" if isinstance(corrected_at, str) else text)
        else:
            for at, inner in value.items():
                yield from (_parse_text(f"{at} {text}") for text in ([inner] if isinstance(inner, str) else ()))


def _parse_text(text: str) -> Correction:
    """A correction from ``2018-11-23 11:30 更正：…``, from ``11:30 …``, or from a text without a time."""
    text = _LABEL.sub("", " ".join(text.split()), count=1) if _LABEL.match(text) else " ".join(text.split())
    at, length = _leading_time(text)
    note = _SEPARATOR.sub("", text[length:], count=1) if length else text
    label = _LABEL.match(note)
    return Correction(at, note[label.end() :] if label else note)


def _leading_time(text: str) -> tuple[datetime, int]:
    """The time at the beginning of *text* and its length; UNDATED and 0 without one."""
    if clock := _CLOCK.match(text):
        hour = int(clock[1])
        return (datetime.combine(date.min, time(hour, int(clock[2]))), clock.end()) if hour < 24 else (UNDATED, 0)
    found = next(find_dates(text[:60]), None)
    if not found or text[: found.start].strip():
        return UNDATED, 0
    try:
        whole = parse_date(text[found.start : found.end])
    except UnreadableDate:
        return UNDATED, 0
    return whole or found.at, found.end
