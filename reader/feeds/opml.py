"""OPML 2.0 (http://opml.org/spec2.opml): a list of all feeds that can be imported into a feed reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from .feedgen_adapter import add, one_line

MIMETYPE = "text/x-opml"


@dataclass(frozen=True)
class Outline:
    """One feed; URLs are absolute."""

    title: str
    feed: str
    page: str


def to_bytes(title: str, changed_at: datetime, groups: Mapping[str, Sequence[Outline]]) -> bytes:
    """The OPML document. *groups* become folders, in order. Outlines under an empty name are outside of folders."""
    root = etree.Element("opml", version="2.0")
    head, body = add(root, "head"), add(root, "body")
    add(head, "title", one_line(title))
    add(head, "dateModified", format_datetime(changed_at))
    for name, outlines in groups.items():
        folder = _outline(body, name) if name else body
        for outline in outlines:
            _outline(folder, outline.title, type="rss", xmlUrl=outline.feed, htmlUrl=outline.page)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _outline(parent: etree._Element, title: str, **attributes: str) -> etree._Element:
    label = one_line(title)
    return etree.SubElement(parent, "outline", {"text": label, "title": label, **attributes})
