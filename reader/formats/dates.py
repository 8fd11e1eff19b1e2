"""The only date parser. It parses values in all common notations, and finds dates within a text or a URL.

Rules:

* A date must be unambiguous. ``03/04/2026`` (March or April) and ``CST`` (China or Chicago) are ambiguous, and
  ``2021-06-34`` does not exist.
* Years are 1901 to 9998. RFC 5322, 3.3, which RSS uses, has no year before 1900; time zones before that have offsets
  in seconds; and a time zone may move a time by a day. An article of an earlier year is published without a date and
  with a warning. ``0001-01-01``, Hugo's zero date, means no date.
* A time without a time zone is naive: local to ``READER_TIMEZONE``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..i18n import Message
from ..patterns import lazy_pattern

FIRST_YEAR, LAST_YEAR = 1901, 9998
_ZERO_YEAR = 1
_UNLIKELY_YEAR = 2100
HINT = Message("use 2018-11-23 or 2018-11-23 10:40")
_ZONE_HINT = Message("write the offset: 2018-11-23 10:40 +08:00")
_RANGE_HINT = Message("use a year from %(first)s to %(last)s", first=FIRST_YEAR, last=LAST_YEAR)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_OFFSETS = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3,
    "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
    "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "北京时间": 8,
}  # fmt: skip
"""The unambiguous abbreviations of time zones, as hours east of UTC. CST, IST, BST and AST mean several zones each."""

_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[.,]?\s*"
    r"|[(（]?(?:星期|周)[一二三四五六日天][)）]?\s*)"
)
_OFFSET = r"(?P<offset>[+-]\d\d:?\d\d(?::\d\d)?|[+-]\d{1,2}\b)"
_ZONE = (
    rf"(?:\s?(?:(?:UTC|GMT)?{_OFFSET}|(?P<abbreviation>(?:Z|(?-i:[A-Z]{{2,4}}T|UTC))\b|北京时间))"
    r"(?:\s*\(?(?-i:[A-Z]{3,5})\)?(?![A-Za-z]))?)?"
    r"(?:\s?\[?(?P<region>(?-i:[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+)+))\]?)?(?:\sm=[+-][\d.]+)?"
)
_CLOCK = (
    r"(?P<part>凌晨|早上|清晨|早晨|上午|中午|下午|傍晚|晚上|晚间|晚|夜间)?\s*"
    r"(?P<hour>\d{1,2})\s?(?:[:：时点]\s?(?P<minute>[0-5]?\d)(?:\s?[:：分]\s?(?P<second>[0-6]\d))?"
    r"(?:[.,](?P<fraction>\d{1,9}))?\s?[分秒]?|[时点]整?|(?=\s?[ap]\.?m\b))\s?(?P<half>[ap]\.?m\b\.?)?"
)
_AND_CLOCK = rf"(?:\s*{_WEEKDAY})?(?:(?:[T_]|[\s日,，|]*(?:at\s+)?){_CLOCK}{_ZONE})?"
_FORMS = tuple(
    lazy_pattern(form, re.IGNORECASE)
    for form in (
        (
            r"(?<!\d)(?P<year>\d{4})(?:\s?[-/.年]\s?|[ ](?=\d\d/\d\d\b))(?P<month>\d{1,2})\s?[-/.月]\s?"
            rf"(?P<day>\d{{1,2}})(?!\d)[日号]?{_AND_CLOCK}"
        ),
        rf"(?<![a-z]){_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})(?!\d){_AND_CLOCK}",
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH},?[ -](?P<year>\d{{4}})(?!\d){_AND_CLOCK}",
        rf"(?<![\d/])(?P<first>\d{{1,2}})(?P<slash>[/-])(?P<other>\d{{1,2}})(?P=slash)(?P<year>\d{{4}})(?!\d){_AND_CLOCK}",
        rf"(?<![\d.])(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})(?!\d){_AND_CLOCK}",
        rf"(?<![a-z]){_MONTH}\s{{1,2}}(?P<day>\d{{1,2}}) {_CLOCK}{_ZONE} (?P<year>\d{{4}})(?!\d)",
    )
)
"""ISO and Chinese; May 1 2026; 1 May 2026; numbers with / or -; 1.5.2026 (always day first); output of ``date``."""
_COMPACT = lazy_pattern(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    rf"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?{_ZONE})?",
    re.IGNORECASE,
)
_EPOCH = lazy_pattern(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
_CLOCK_FIRST = lazy_pattern(
    r"(\d?\d:\d\d\s?(?:[ap]\.?m\.?)?\s?(?:[A-Z]{2,4}T|UTC)?),?\s+(?:on\s+)?(.{6,18}\d{4})", re.IGNORECASE
)
_LEADING_WEEKDAY = lazy_pattern(rf"^{_WEEKDAY}", re.IGNORECASE)
_NUMERALS = "〇一二三四五六七八九"
_IN_NUMERALS = lazy_pattern(rf"([{_NUMERALS}零○]{{4}})年([{_NUMERALS}十]{{1,2}})月([{_NUMERALS}十廿卅]{{1,3}})日?")
_IN_ADDRESS = (
    lazy_pattern(r"/((?:19|20)\d\d)[-/]?([01]\d)[-/]?([0-3]\d)(?=\D)"),
    lazy_pattern(r"/((?:19|20)\d\d)/([a-z]{3})/(\d\d)/"),
)


class UnreadableDate(ValueError):
    """A text that is not a valid date. ``cause`` says what is wrong with it, ``hint`` how to write it.

    ``guess`` is the latest date that an ambiguous or nonexistent date can mean, or a date before FIRST_YEAR; None if
    unknown. With ``is_beginning``, ``guess`` is the certain date at the beginning of the text.
    """

    def __init__(
        self, cause: Message, hint: Message = HINT, guess: datetime | None = None, *, is_beginning: bool = False
    ) -> None:
        super().__init__(cause)
        self.cause, self.hint, self.guess, self.is_beginning = cause, hint, guess, is_beginning


@dataclass(frozen=True)
class FoundDate:
    """A date within a text, and the positions of its beginning and end."""

    at: datetime
    start: int
    end: int


def parse_date(text: str) -> datetime | None:
    """The time in *text*: aware if it names a zone, else naive. None for a zero date.

    Raises UnreadableDate if *text* is not a date, is ambiguous, or is out of range.
    """
    plain = _LEADING_WEEKDAY.sub("", _normalize(text))
    plain = _CLOCK_FIRST.sub(r"\2 \1", plain) if _CLOCK_FIRST.fullmatch(plain) else plain
    found = next((match for form in (_COMPACT, *_FORMS) if (match := form.fullmatch(plain))), None)
    if found is not None:
        return _check_year(_datetime_or_guess(found, text), text)
    epoch = _EPOCH.fullmatch(plain)
    if epoch is None:
        raise UnreadableDate(
            Message("not a date: '%(text)s'", text=text), guess=_date_at_start(plain), is_beginning=True
        )
    return _check_year(datetime.fromtimestamp(int(epoch[1] or epoch[2][:-3]), UTC), text)


def _date_at_start(plain: str) -> datetime | None:
    """The date at the beginning of a longer text, such as ``2023-01-29 18:30:22 2023 -0800``; None without one."""
    found = next(find_dates(plain), None)
    return found.at if found and found.start == 0 and " " in plain[found.end - 1 : found.end + 1] else None


def find_dates(text: str) -> Iterator[FoundDate]:
    """The dates in *text*, the most common notation first; ambiguous dates are skipped."""
    for form in _FORMS:
        for match in form.finditer(text):
            try:
                at = _check_year(_datetime_of(match.groupdict(), match[0]), match[0])
            except UnreadableDate:
                at = _naive_datetime(match)
            if at is not None and at.year < _UNLIKELY_YEAR:
                yield FoundDate(at, match.start(), match.end())


def date_in_text(text: str) -> datetime | None:
    """The first date in *text* in whole seconds, with its time and zone if it has them."""
    plain = _CLOCK_FIRST.sub(r"\2 \1", unicodedata.normalize("NFKC", text))
    found = next((found.at for found in find_dates(plain)), None) or _internet_date(plain)
    return found and found.replace(microsecond=0)


def _internet_date(text: str) -> datetime | None:
    """A date of RFC 5322 (4.3) with a two-digit year, as in old feeds. None for other text."""
    from email.utils import parsedate_to_datetime  # here: with socket and others, it is 5 % of the imports of reading

    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return at if is_in_range(at.year) else None


def date_in_address(address: str) -> datetime | None:
    """The date in the path of a news site's URL: ``/2018-11/23/``, ``/20181123/``. None without one."""
    for form in _IN_ADDRESS:
        match = form.search(address)
        if match:
            month = int(match[2]) if match[2].isdigit() else _month(match[2])
            return day_of(int(match[1]), month, int(match[3]))
    return None


def day_of(year: int, month: int, day: int) -> datetime | None:
    """The start of that day, naive; None if the day does not exist or is out of range."""
    try:
        return datetime(year, month, day) if is_in_range(year) else None  # noqa: DTZ001 (naive: see above)
    except ValueError:
        return None


def is_in_range(year: int) -> bool:
    """Whether *year* is one of FIRST_YEAR to LAST_YEAR."""
    return FIRST_YEAR <= year <= LAST_YEAR


# -- from a match to a datetime ------------------------------------------------------------------------------------


def _normalize(text: str) -> str:
    """*text* with half-width digits and punctuation, Chinese numerals as digits, and single spaces."""
    plain = _IN_NUMERALS.sub(lambda found: "-".join(map(_digits, found.groups())), text)
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def _digits(numeral: str) -> str:
    """``二〇二六`` → 2026, ``十一`` → 11, ``二十`` → 20, ``廿三`` → 23."""
    numeral = numeral.replace("零", "〇").replace("○", "〇").replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return "".join(str(_NUMERALS.index(digit)) for digit in numeral)
    return str(10 * (_NUMERALS.index(tens) if tens else 1) + (_NUMERALS.index(ones) if ones else 0))


def _check_year(at: datetime, text: str) -> datetime | None:
    """Returns *at*, or None for the zero date. Raises UnreadableDate if the year is out of range."""
    if at.year == _ZERO_YEAR:
        return None
    if not is_in_range(at.year):
        before = at if at.year < FIRST_YEAR else None
        raise UnreadableDate(Message("date out of range: '%(date)s'", date=text), _RANGE_HINT, before)
    return at


def _datetime_or_guess(match: re.Match[str], text: str) -> datetime:
    """The date of *match*. Raises UnreadableDate, with a guess if one is possible."""
    try:
        return _datetime_of(match.groupdict(), text)
    except UnreadableDate as error:
        cause, hint = error.cause, error.hint
    parts = {
        name: value for name, value in match.groupdict().items() if name not in ("offset", "abbreviation", "region")
    }
    if "first" in parts and int(parts["first"]) <= 12 and int(parts["other"]) <= 12:
        day, month = sorted((parts.pop("first"), parts.pop("other")), key=int)
        parts |= {"month": month, "day": day}
    try:
        raise UnreadableDate(cause, hint, _check_year(_datetime_of(parts, text), text))
    except UnreadableDate as error:
        raise UnreadableDate(cause, hint, error.guess) from None


def _datetime_of(parts: dict[str, str], text: str) -> datetime:
    month, day = _month_and_day(parts, text)
    try:
        at = datetime(int(parts["year"]), month, day)  # noqa: DTZ001 (naive unless it names a zone)
        if parts.get("hour") is None:
            return at
        micro = int((parts.get("fraction") or "0")[:6].ljust(6, "0"))
        at = at.replace(
            hour=_hour(parts), minute=int(parts["minute"] or 0), second=int(parts["second"] or 0), microsecond=micro
        )
    except (ValueError, OverflowError):
        end = day_of(int(parts["year"]), 12, 31)  # 2021-06-34 is some day of that year
        raise UnreadableDate(Message("date out of range: '%(date)s'", date=text), guess=end) from None
    return at.replace(tzinfo=_zone(parts))


def _month_and_day(parts: dict[str, str], text: str) -> tuple[int, int]:
    if "first" not in parts:
        return _month(parts["name"]) if "name" in parts else int(parts["month"]), int(parts["day"])
    first, other = int(parts["first"]), int(parts["other"])
    if first != other and first <= 12 and other <= 12:
        raise UnreadableDate(Message("ambiguous date: '%(date)s'", date=text))
    return (other, first) if first > 12 else (first, other)


def _hour(parts: dict[str, str]) -> int:
    """0 to 23 for ``6 PM``, ``下午3点``, ``15:00``; a larger, invalid number for ``13 PM``."""
    hour, half, part = int(parts["hour"]), (parts.get("half") or "").lower(), parts.get("part") or ""
    if half:
        return hour % 12 + 12 * half.startswith("p") if 1 <= hour <= 12 else 99
    if part in ("下午", "傍晚", "晚上", "晚间", "晚", "夜间") or (part == "中午" and hour < 11):
        return hour + 12 if hour < 12 else hour
    return 0 if part == "凌晨" and hour == 12 else hour


def _naive_datetime(match: re.Match[str]) -> datetime | None:
    """The naive date of a match whose time or zone is invalid, with the hour and minute if they are valid."""
    parts = match.groupdict()
    try:
        month, day = _month_and_day(parts, "")
    except UnreadableDate:
        return None
    date = day_of(int(parts["year"]), month, day)
    if date is None or parts.get("hour") is None or (hour := _hour(parts)) > 23:
        return date
    return date.replace(hour=hour, minute=int(parts["minute"] or 0), second=min(59, int(parts["second"] or 0)))


def _month(name: str) -> int:
    """1 to 12; 0 for any other word."""
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _zone(parts: dict[str, str]) -> tzinfo | None:
    """The time zone; an offset takes precedence over a name. Raises UnreadableDate for an ambiguous or unknown name."""
    offset, name, region = parts.get("offset"), (parts.get("abbreviation") or "").lower(), parts.get("region")
    if offset:
        return _offset_zone(offset)
    if name in _OFFSETS:
        return timezone(timedelta(hours=_OFFSETS[name]))
    if name:
        raise UnreadableDate(Message("ambiguous time zone: '%(zone)s'", zone=name.upper()), _ZONE_HINT)
    try:
        return ZoneInfo(region) if region else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnreadableDate(Message("unknown time zone: '%(zone)s'", zone=region), _ZONE_HINT) from None


def _offset_zone(offset: str) -> timezone:
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:2]), int(digits[2:4]))
    if hours > 15 or minutes > 59:
        raise UnreadableDate(Message("unknown time zone: '%(zone)s'", zone=offset), _ZONE_HINT)
    return timezone(timedelta(hours=hours, minutes=minutes) * (1 if offset[0] == "+" else -1))
