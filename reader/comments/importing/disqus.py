"""Disqus: its export in XML (Moderation → Export)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import NotImported
from ...formats.xml_reader import read_export
from ...i18n import Message
from ..comment import APPROVED
from .imported_comment import ImportedComment, imported, moment, read_bounded, text_of_html
from .shape import Shape

NAME = "Disqus"
_ID = "{http://disqus.com/disqus-internals}id"


def is_export(shape: Shape) -> bool:
    return "<disqus" in shape and "http://disqus.com" in shape


def read(path: Path) -> Iterator[ImportedComment]:
    root = read_export(read_bounded(path))
    if root is None:
        raise NotImported(str(path), Message("not an export of %(name)s", name=NAME))
    addresses = {thread.get(_ID, ""): thread.findtext("{*}link") or "" for thread in root.iterfind("{*}thread")}
    for post in root.iterfind("{*}post"):
        is_gone = "true" in (post.findtext("{*}isDeleted"), post.findtext("{*}isSpam"))
        posted_at = moment(post.findtext("{*}createdAt"))
        thread, parent = post.find("{*}thread"), post.find("{*}parent")
        if is_gone or posted_at is None or thread is None:
            continue
        name = post.findtext("{*}author/{*}name") or post.findtext("{*}author/{*}username") or ""
        above = parent.get(_ID, "") if parent is not None else ""
        text = text_of_html(post.findtext("{*}message") or "")
        yield imported(post.get(_ID), addresses.get(thread.get(_ID, "")), name, text, posted_at, APPROVED, above)
