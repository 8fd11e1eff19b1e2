"""WordPress: its export file (WXR), which holds the comments below their posts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import NotImported
from ...formats.xml_reader import read_export
from ...i18n import Message
from ..comment import APPROVED, PENDING
from .imported_comment import ImportedComment, imported, moment, read_bounded, text_of_html
from .shape import Shape

NAME = "WordPress"
_STATUS = {"1": APPROVED, "0": PENDING}
"""Others are spam and trash."""


def is_export(shape: Shape) -> bool:
    return "<rss" in shape and any("wordpress.org/export/" in name for name in shape)


def read(path: Path) -> Iterator[ImportedComment]:
    root = read_export(read_bounded(path))
    channel = root.find("channel") if root is not None else None
    if channel is None:
        raise NotImported(str(path), Message("not an export of %(name)s", name=NAME))
    for item in channel.iterfind("item"):
        address = item.findtext("link") or item.findtext("{*}post_name") or ""
        for comment in item.iterfind("{*}comment"):
            status = _STATUS.get(comment.findtext("{*}comment_approved") or "")
            posted_at = moment(comment.findtext("{*}comment_date_gmt") or comment.findtext("{*}comment_date"))
            is_comment = (comment.findtext("{*}comment_type") or "comment") == "comment"
            if status and posted_at and is_comment:
                number, parent = comment.findtext("{*}comment_id"), comment.findtext("{*}comment_parent")
                text = text_of_html(comment.findtext("{*}comment_content") or "")
                name = comment.findtext("{*}comment_author")
                yield imported(number, address, name, text, posted_at, status, "" if parent == "0" else parent)
