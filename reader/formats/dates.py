"""Dates as editors and newspapers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from ..i18n import Message

DATE = r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?"
TIME = r"(\d{1,2})\s*[:：时]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2})(?:[.,](\d{1,6})\d*)?)?\s*[分秒]?"
ZONE = r"(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{1,2})"
DATETIME = re.compile(rf"{DATE}(?:(?:[Tt]|\s*){TIME}(?:\s*{ZONE})?)?")
HINT = Message("use 2018-11-23 or 2018-11-23 10:40")


def parse_datetime(text: str) -> datetime:
    """The time in *text*: aware if it names a zone, else naive. Raises ValueError, whose argument is a Message."""
    found = DATETIME.fullmatch(text.strip())
    if not found:
        raise ValueError(Message("not a date: '%(text)s'", text=text))
    return datetime_of(found)


def datetime_of(found: re.Match[str]) -> datetime:
    """The time that a match of ``DATETIME`` says. Raises ValueError when there is no such day or hour."""
    year, month, day, hour, minute, second = (int(found[group] or 0) for group in range(1, 7))
    micro = int((found[7] or "").ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, micro, _zone(found[8]))
    except (ValueError, OverflowError):
        raise ValueError(Message("date out of range: '%(date)s'", date=found[0])) from None


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:2]), int(digits[2:]))
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if text[0] == "+" else -offset)
