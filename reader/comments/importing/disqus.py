"""Disqus: its export in XML (Moderation → Export)."""

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

NAME = "Disqus"
_ID = "{http://disqus.com/disqus-internals}id"


def is_export(shape: Shape) -> bool:
    return "<disqus" in shape


def read(path: Path) -> Iterator[ImportedComment]:
    root = read_export(read_bounded(path))
    if root is None:
        raise NotImported(str(path), Message("not an export of %(name)s", name=NAME))
    addresses = {thread.get(_ID, ""): _address(thread) for thread in root.iterfind("{*}thread")}
    for post in root.iterfind("{*}post"):
        is_gone = "true" in (_text(post, "isDeleted"), _text(post, "isSpam"))
        thread, parent = post.find("{*}thread"), post.find("{*}parent")
        if thread is None:
            continue
        yield imported(
            post.get(_ID),
            addresses.get(thread.get(_ID, "")),
            _text(post, "author/{*}name") or _text(post, "author/{*}username"),
            text_of_html(post.findtext("{*}message") or ""),
            parse_time(_text(post, "createdAt")),
            GONE if is_gone else PENDING if _text(post, "isApproved") == "false" else APPROVED,
            parent.get(_ID, "") if parent is not None else "",
        )


def _text(element: _Element, path: str) -> str:
    """The text without surrounding whitespace, which indented exports have."""
    return (element.findtext(f"{{*}}{path}") or "").strip()


def _address(thread: _Element) -> str:
    """The link; if it has no path, the identifier that the site chose, which usually is a path."""
    link, own = _text(thread, "link"), _text(thread, "id")
    return link if path_key(link) or not own else own
