"""Shared by the export readers: the returned value, HTML and Markdown to text, JSON and times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

from ...errors import NotImported
from ...formats.dates import UnreadableDate, parse_date
from ...i18n import Message
from ...patterns import lazy_pattern
from ..comment import APPROVED, WITHDRAWN
from ..plain_text import clean_line, clean_text

LARGEST_BYTES = 64_000_000
"""The limit for JSON and XML, which need ten times as much memory: about 200,000 comments. SQLite is read row by
row."""

GONE = "gone"
"""The status of a comment that was deleted or marked as spam. It has no name and text, but remains the parent of its
answers."""

LONGEST_TEXT = 20_000
"""More than a visitor may write, so that old comments are imported completely."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Replaces damaged times. Later times than now are replaced by now: the year 9999 has no time in some zones, and would
be listed first permanently."""

_BREAK = lazy_pattern(r"<br\b[^<>]*>", re.IGNORECASE)
_BLOCK = lazy_pattern(r"</?(?:p|div|li|ul|ol|blockquote|pre|h[1-6]|tr|table|hr)\b[^<>]*>", re.IGNORECASE)
_LINK = lazy_pattern(r"<a(\s[^<>]*)>([^<>]*)</a\s*>", re.IGNORECASE)
_HREF = lazy_pattern(r"""\shref\s*=\s*["']?([^"'\s]*)""", re.IGNORECASE)
_PICTURE = lazy_pattern(r"<img(\s[^<>]*)>", re.IGNORECASE)
_ALT = lazy_pattern(r"""\salt\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_TAG = lazy_pattern(r"</?[a-z][^<>]*>", re.IGNORECASE)
"""None of these patterns reads a character twice: the author of a hostile comment may want to block the import."""

_HTML = lazy_pattern(r"</(?:p|a|div|span|em|strong|code|pre|li|blockquote)>|<br\b|<img\s", re.IGNORECASE)
_ZONE_AGAIN = lazy_pattern(r"([+-]\d{4}) [+-]?\w{2,5}")
"""Go writes the zone twice: ``2021-10-28 20:50:15 +0800 +08``."""

_MARKDOWN_LINK = lazy_pattern(r"!?\[([^\[\]\n]{0,500})\]\((https?://[^\s()]{1,1000})\)")


@dataclass(frozen=True)
class ImportedComment:
    """A comment from an export. ``number`` and ``parent`` are ids of the program; ``address`` is its address of the
    article.

    ``status`` is one of ``comment.STATUSES``, or GONE.
    """

    number: str
    address: str
    name: str
    text: str
    posted_at: datetime
    status: str = APPROVED
    parent: str = ""
    is_paper: bool = False
    edited_at: datetime | None = None
    origin: str = ""
    """The origin stored in Reader's own export. On the site that wrote the export, it identifies the existing
    comment."""

    @property
    def is_usable(self) -> bool:
        """Whether it has an id, and a text or the status WITHDRAWN. A withdrawn comment remains the parent of its
        answers."""
        return bool(self.number and (self.text or self.status == WITHDRAWN))


def imported(
    number: object,
    address: object,
    name: object,
    text: str,
    posted_at: datetime | None,
    status: str,
    parent: object = "",
) -> ImportedComment:
    """An ImportedComment with texts cleaned like a visitor's input, and a time within the valid range."""
    clean_number, page, clean_name, clean_parent = (
        clean_line(as_text(value)) for value in (number, address, name, parent)
    )
    at = bounded(posted_at or EARLIEST)
    if status == GONE:
        return ImportedComment(clean_number[:200], page[:2000], "", "", at, status, clean_parent[:200])
    text = clean_text(text[: 10 * LONGEST_TEXT])[:LONGEST_TEXT]
    return ImportedComment(
        clean_number[:200], page[:2000], clean_line(unescape(clean_name))[:100], text, at, status, clean_parent[:200]
    )


def bounded(time: datetime) -> datetime:
    """*time*, limited to the range from EARLIEST to now."""
    return min(max(time, EARLIEST), datetime.now(UTC))


def as_text(value: object) -> str:
    """Numbers and strings as text; an empty string for other values, such as null."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def text_of_html(html: str) -> str:
    """The text with the addresses of its links; blocks become paragraphs. The result contains no markup."""
    text = _LINK.sub(lambda link: _with_address(link[2], _value(_HREF, link[1])), _without_html_comments(html))
    text = _BLOCK.sub("\n\n", _BREAK.sub("\n", text.replace("\r\n", "\n")))
    return unescape(_TAG.sub("", _PICTURE.sub(lambda picture: _value(_ALT, picture[1]), text)))


def _value(attribute: re.Pattern[str], attributes: str) -> str:
    found = attribute.search(attributes)
    return found[1] if found else ""


def _without_html_comments(html: str) -> str:
    """*html* without its comments. An unterminated comment remains as text."""
    parts, end = [], 0
    while (start := html.find("<!--", end)) >= 0 and (close := html.find("-->", start)) >= 0:
        parts.append(html[end:start])
        end = close + 3
    return "".join(parts) + html[end:]


def text_of_markdown(markdown: str) -> str:
    """The Markdown as typed, with the addresses of links next to their text. Some programs store HTML instead, some
    both."""
    text = text_of_html(markdown) if _HTML.search(markdown) else markdown
    return _MARKDOWN_LINK.sub(lambda link: _with_address(link[1], link[2]), text)


def _with_address(words: str, address: str) -> str:
    return words if not address.lower().startswith("http") or address in words else f"{words} {address} "


def parse_time(value: object) -> datetime | None:
    """Parses a time in (milli- or micro)seconds since 1970, as text, or as Parse and MongoDB write it. UTC without a
    zone.

    None if it is invalid.
    """
    for _ in range(2):  # {"$date": {"$numberLong": "…"}}
        if isinstance(value, Mapping):
            value = next(
                (value[name] for name in ("iso", "$date", "$numberLong", "$numberDouble") if name in value), None
            )
    text = _ZONE_AGAIN.sub(r"\1", as_text(value).strip())
    try:
        if text.replace(".", "", 1).isdecimal():
            seconds = float(text)
            unit = 1_000_000 if seconds > 1e14 else 1000 if seconds > 1e11 else 1
            return datetime.fromtimestamp(seconds / unit, UTC)
        found = parse_date(text)
    except (ValueError, OverflowError, OSError, UnreadableDate):
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def read_bounded(path: Path) -> bytes:
    """The bytes of a file of at most LARGEST_BYTES. Raises NotImported for a larger one."""
    if path.stat().st_size > (most := LARGEST_BYTES):
        raise NotImported(str(path), Message("larger than %(most)s MB; import it in parts", most=most // 1_000_000))
    return path.read_bytes()


def read_json(path: Path) -> Any:
    """The value of a JSON file, or a list of values if the file has one JSON object per line. Raises NotImported."""
    try:
        text = read_bounded(path).decode("utf-8-sig")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise NotImported(str(path), Message("not JSON that can be read: %(error)s", error=error)) from error


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a list; nothing for another value."""
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
