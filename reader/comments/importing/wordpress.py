"""WordPress: its export file (WXR), which contains the comments of each post."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml.etree import _Element

from ...errors import NotImported
from ...formats.xml_reader import read_export
from ...i18n import Message
from ...models import path_key
from ..comment import APPROVED, PENDING
from .file_structure import Shape
from .imported_comment import GONE, ImportedComment, imported, parse_time, read_bounded, text_of_html

NAME = "WordPress"
_STATUS = {"1": APPROVED, "approved": APPROVED, "0": PENDING, "hold": PENDING}
"""Other values are spam and trash."""


def is_export(shape: Shape) -> bool:
    return "<rss" in shape and any("wordpress.org/export/" in name for name in shape)


def read(path: Path) -> Iterator[ImportedComment]:
    root = read_export(read_bounded(path))
    channel = root.find("channel") if root is not None else None
    if channel is None:
        raise NotImported(str(path), Message("not an export of %(name)s", name=NAME))
    for item in channel.iterfind("item"):
        link, name = (item.findtext("link") or "").strip(), (item.findtext("{*}post_name") or "").strip()
        address = link if path_key(link) or not name else name  # ``/?p=7`` has no path
        for comment in item.iterfind("{*}comment"):
            if (_text(comment, "type") or "comment") == "comment":
                parent = _text(comment, "parent")
                yield imported(
                    _text(comment, "id"),
                    address,
                    _text(comment, "author"),
                    text_of_html(comment.findtext("{*}comment_content") or ""),
                    parse_time(_text(comment, "date_gmt")) or parse_time(_text(comment, "date")),
                    _STATUS.get(_text(comment, "approved"), GONE),
                    "" if parent == "0" else parent,
                )


def _text(comment: _Element, name: str) -> str:
    return (comment.findtext(f"{{*}}comment_{name}") or "").strip()
