"""The saved articles of wallabag, from its export in JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ...formats.dates import date_in_text
from ...i18n import Message
from ...models import Draft
from .html_to_text import plain_title
from .items import Found, LeftOut, SourceItem, html_reader, json_in, text_of

_MARK = re.compile(rb'"is_(?:archived|fav)"')
"""Version 2 has ``is_archived``, version 1 ``is_read`` and ``is_fav``, and no dates."""
SAVED_ON = Message("no date of publication; it has the date on which it was saved")


def is_wallabag(content: bytes) -> bool:
    head = content[:2_000_000]
    return head.lstrip()[:1] == b"[" and _MARK.search(head) is not None and b'"url"' in head


def wallabag_items(name: str, content: bytes) -> Iterator[Found]:
    """The articles in the export's order. Raises NotImported for truncated JSON."""
    entries = json_in(name, content)
    without_text = 0
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        if not text_of(entry, "content").strip():
            without_text += 1
            continue
        yield _item(name, entry)
    if without_text:
        yield LeftOut.by_kind(name, Counter({"article without text": without_text}))


def _item(name: str, entry: Mapping[str, Any]) -> SourceItem:
    published = date_in_text(text_of(entry, "published_at"))
    draft = Draft(
        title=plain_title(text_of(entry, "title")),
        body_html="",
        published=published or date_in_text(text_of(entry, "created_at")),
        source=text_of(entry, "domain_name"),
        byline=texts(entry.get("published_by")),
        tags=texts(tags.split(",") if isinstance(tags := entry.get("tags"), str) else tags),
        language=text_of(entry, "language").replace("_", "-"),
    )
    notes = () if published or draft.published is None else (SAVED_ON,)
    html = html_reader(text_of(entry, "content"))
    return SourceItem(f"{name}: {draft.title}", html, "clean", text_of(entry, "url"), draft, notes=notes)


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list, each once. Also accepts mappings with a name, as some programs store tags."""
    items = value if isinstance(value, list) else [value]
    names = [item.get("name") or item.get("label") if isinstance(item, dict) else item for item in items]
    return tuple(dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip()))
