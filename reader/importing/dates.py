"""Reads dates as pages write them. What has no time zone comes out naive: local to the reader's own setting."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "bst": 1, "cet": 1, "cest": 2, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "hkt": 8, "jst": 9, "ist": 5.5,
}  # fmt: skip
_CLOCK = (
    r"(?:[\sT日,，|]*(?:at\s+)?(?P<hour>[0-2]?\d)\s?[:：时点]\s?(?P<minute>[0-5]\d)(?:\s?[:：分]\s?(?P<second>[0-5]\d))?"
    r"(?:\.\d+)?\s?(?P<half>[ap]\.?m\b\.?)?\s?(?P<zone>Z\b|[+-]\d\d:?\d\d|\(?(?:UTC|GMT|BST|CES?T|[ECMP][SD]T|HKT|JST)\b)?)?"
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)\s?[-/.年]\s?(?P<month>[01]?\d)\s?[-/.月]\s?(?P<day>[0-3]?\d)(?!\d)日?"
        + _CLOCK,
        r"(?P<name>[a-z]{3,9})\.? (?P<day>[0-3]?\d)(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)" + _CLOCK,
        r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?[ -](?P<name>[a-z]{3,9})\.?,?[ -](?P<year>(?:19|20)\d\d)" + _CLOCK,
        r"(?<![\d/])(?P<month>[01]?\d)/(?P<day>[0-3]?\d)/(?P<year>(?:19|20)\d\d)" + _CLOCK,
        r"(?<!\d)(?P<day>[0-3]?\d)\.(?P<month>[01]?\d)\.(?P<year>(?:19|20)\d\d)" + _CLOCK,
    )
)
_CLOCK_FIRST = re.compile(r"(\d?\d:\d\d\s?(?:[ap]m)?\s?(?:[ECMP][SD]T|GMT|BST)?),?\s+(.{8,18}\d{4})", re.IGNORECASE)
_IN_ADDRESS = (
    re.compile(r"/((?:19|20)\d\d)[-/]?([01]\d)[-/]?([0-3]\d)(?=\D)"),
    re.compile(r"/((?:19|20)\d\d)/([a-z]{3})/(\d\d)/"),
)


def read_date(text: str) -> datetime | None:
    """The first date in *text*, with its time and zone if it has them; None if there is none that exists."""
    swapped = _CLOCK_FIRST.sub(r"\2 \1", text)
    for form in _FORMS:
        for match in form.finditer(swapped):
            found = _to_datetime(match)
            if found is not None:
                return found
    return _internet_date(text)


def date_in_address(address: str) -> datetime | None:
    """News sites often put the day into the path: ``/2018-11/23/``, ``/20181123/``."""
    for form in _IN_ADDRESS:
        match = form.search(address)
        if match:
            month = match[2] if match[2].isdigit() else str(_month(match[2]))
            return _exact(int(match[1]), int(month), int(match[3]))
    return None


def _internet_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None


def _to_datetime(match: re.Match[str]) -> datetime | None:
    parts = match.groupdict()
    month = _month(parts["name"]) if "name" in parts else int(parts["month"])
    day = _exact(int(parts["year"]), month, int(parts["day"]))
    if day is None or parts["hour"] is None:
        return day
    hour = int(parts["hour"]) % 12 + 12 * (parts["half"][0] in "pP") if parts["half"] else int(parts["hour"])
    if hour > 23:
        return day
    return day.replace(
        hour=hour, minute=int(parts["minute"]), second=int(parts["second"] or 0), tzinfo=_zone(parts["zone"])
    )


def _exact(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)  # noqa: DTZ001 (naive: see above)
    except ValueError:
        return None


def _month(name: str) -> int:
    """1 to 12; 0, which is no month, for other words."""
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    name = text.strip("( ").lower()
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    if name[0] not in "+-":
        return None
    sign = -1 if name[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[-2:])))
