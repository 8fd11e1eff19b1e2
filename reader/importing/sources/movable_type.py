"""The entries of a blog, from a text export in Movable Type's import format (TypePad, Hatena, FC2, Livedoor …).

A line of eight hyphens ends an entry, a line of five a part of it. The first part has one field per line, each of the
others (``BODY``, ``EXTENDED BODY``, ``EXCERPT``, ``KEYWORDS``, ``COMMENT``, ``PING``) has its name in its first line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from ...formats import read_draft
from ...formats.dates import date_in_text
from ...formats.decoding import decode_page
from ...models import Draft, slug_of
from .html_to_text import plain_summary, plain_title
from .items import Found, LeftOut, SourceItem, html_reader, not_public
from .old_addresses import aliases_of
from .wordpress_body import with_breaks

_FIELD = re.compile(r"([A-Z][A-Z ]{2,30}): ?(.*)")
_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:[A-Z][A-Z ]{2,30}:[^\n]{0,2000}\n\s*){2,40}-----\r?\n(?:EXTENDED )?BODY:\r?$",
    re.MULTILINE,
)
_ENTRY_END = re.compile(r"^--------\n", re.MULTILINE)
_PART_END = re.compile(r"^-----\n", re.MULTILINE)
_TAG = re.compile(r'"([^"]+)"|([^,"]+)')
_DATES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S")
_LINE_BREAKS = ("1", "__default__")
"""The values of ``CONVERT BREAKS`` for text whose line breaks count."""


def is_movable_type(head: bytes) -> bool:
    """Whether it is an export in this format. *head* may be only the first 4,000 bytes."""
    return _HEAD.match(head) is not None


def movable_type_items(name: str, content: bytes) -> Iterator[Found]:
    """The entries in the export's order, then the number of comments and pings, which are skipped."""
    text = decode_page(content).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    left_out: Counter[str] = Counter()
    for entry in _ENTRY_END.split(text):
        if entry.strip():
            head, *parts = _PART_END.split(f"{entry}\n")
            texts = dict[str, str]()
            for part in parts:
                kind, _, value = part.partition(":\n")
                if kind in ("COMMENT", "PING"):
                    left_out[kind.lower()] += 1
                texts.setdefault(kind.strip(), value.strip("\n"))
            yield _item(name, head, texts)
    if left_out:
        yield LeftOut.by_kind(name, left_out)


def _item(name: str, head: str, texts: dict[str, str]) -> SourceItem:
    fields = [(found[1], found[2]) for line in head.splitlines() if (found := _FIELD.fullmatch(line.strip()))]
    first = dict(reversed(fields))
    status = first.get("STATUS", "").strip().lower()
    published = _date(first.get("DATE", "").strip())
    is_public = status in ("", "publish") or (status == "future" and published is not None)
    categories = [first.get("PRIMARY CATEGORY", ""), *(value for field, value in fields if field == "CATEGORY")]
    names = list(dict.fromkeys(plain_title(category) for category in categories if category.strip()))
    tags = [quoted or plain.strip() for quoted, plain in _TAG.findall(first.get("TAGS", ""))]
    address, author = first.get("UNIQUE URL", "").strip(), plain_title(first.get("AUTHOR", ""))
    draft = Draft(
        title=plain_title(first.get("TITLE", "")),
        body_html="",
        summary=plain_summary(texts.get("EXCERPT", "")),
        published=published,
        section=(names[0].replace("/", "／"),) if names else (),
        byline=(author,) if author else (),
        tags=tuple(dict.fromkeys(tag for tag in (*tags, *names[1:]) if tag)),
        draft=not is_public,
        slug=slug_of(first.get("BASENAME", "")),
        aliases=aliases_of(address),
    )
    text = "\n\n".join(filter(None, (texts.get("BODY", ""), texts.get("EXTENDED BODY", ""))))
    read = html_reader(_html(text, first.get("CONVERT BREAKS", "").strip()))
    notes = () if is_public else (not_public(status),)
    return SourceItem(f"{name}: {draft.title}", read, "article", address, draft, notes=notes)


def _date(text: str) -> datetime | None:
    """The local time of ``11/13/2014 10:10:52 PM``: month, day, year."""
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (local time of the site)
        except ValueError:
            continue
    return date_in_text(text)


def _html(text: str, breaks: str) -> str:
    if breaks.startswith("markdown"):
        return read_draft(".md", f"# -\n\n{text}".encode()).body_html
    return "".join(with_breaks(text)) if breaks in _LINE_BREAKS else text
