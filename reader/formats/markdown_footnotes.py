"""Finds footnotes in a body as comrak writes them: the references to notes, and the notes."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from urllib.parse import unquote

from lxml.html import HtmlElement

_CALL, _RETURN, _NOTES = "footnote-ref", "footnote-backref", "footnotes"
_PREFIX = "#fn-"


def is_footnotes(element: HtmlElement) -> bool:
    """Whether *element* is the section with all notes."""
    return bool(element.tag == "section" and element.get("class") == _NOTES)


def referenced_footnote(element: HtmlElement) -> str:
    """The name of the footnote that *element* refers to; empty if it is not a reference."""
    link = element[0] if element.tag == "sup" and element.get("class") == _CALL and len(element) == 1 else None
    address = link.get("href", "") if link is not None else ""
    return unquote(address[len(_PREFIX) :]) if address.startswith(_PREFIX) else ""


def calls_footnote(element: HtmlElement) -> bool:
    """Whether *element* contains a reference to a footnote."""
    return any(referenced_footnote(mark) for mark in element.iter("sup"))


def notes(section: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """The name and content of each note. The content is a copy of its list item without the links back to the text."""
    for item in section.iter("li"):
        if item.get("id", "").startswith(_PREFIX[1:]):
            note = deepcopy(item)
            for link in [link for link in note.iter("a") if link.get("class") == _RETURN]:
                link.drop_tree()
            yield item.get("id")[len(_PREFIX) - 1 :], note
