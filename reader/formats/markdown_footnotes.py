"""Footnotes in a body as comrak writes them: which elements are calls, and which the notes."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from urllib.parse import unquote

from lxml.html import HtmlElement

_CALL, _RETURN, _NOTES = "footnote-ref", "footnote-backref", "footnotes"
_PREFIX = "#fn-"


def is_footnotes(element: HtmlElement) -> bool:
    return bool(element.tag == "section" and element.get("class") == _NOTES)


def called(element: HtmlElement) -> str:
    """The name of the footnote that *element* calls; empty if it calls none."""
    link = element[0] if element.tag == "sup" and element.get("class") == _CALL and len(element) == 1 else None
    address = link.get("href", "") if link is not None else ""
    return unquote(address[len(_PREFIX) :]) if address.startswith(_PREFIX) else ""


def calls_footnote(element: HtmlElement) -> bool:
    return any(called(mark) for mark in element.iter("sup"))


def notes(section: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """(name, content) of each note: a copy of its list item without the links back to the calls."""
    for item in section.iter("li"):
        if item.get("id", "").startswith(_PREFIX[1:]):
            note = deepcopy(item)
            for link in [link for link in note.iter("a") if link.get("class") == _RETURN]:
                link.drop_tree()
            yield item.get("id")[len(_PREFIX) - 1 :], note
