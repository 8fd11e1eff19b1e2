"""Footnotes: at the foot of a printed page, and as pop-ups in an EPUB reader.

The input is that of the Markdown parser: ``sup.footnote-ref > a`` in the text, ``section.footnotes > ol > li`` at
the end.
"""

from __future__ import annotations

from collections import Counter

from lxml import etree
from lxml.html import HtmlElement

from .body_tree import Body

TYPE = "epub:type"
"""As it is written: the page's template declares the prefix once, where lxml would for each element with it."""


def at_the_foot(body: Body) -> Body:
    """Moves each note of one paragraph to its reference, as ``span.note``, if it is referenced once.

    Those at the foot keep their number of the list as ``data-number``: ``number_lists`` wrote it.
    """
    calls = calls_of(body)
    calling = Counter(link.get("href") for link in calls)
    notes = {f"#{note.get('id')}": note for note in notes_of(body)}
    for link in calls:
        note = notes.get(link.get("href", ""))
        if note is None or len(note) != 1 or calling[link.get("href")] > 1:
            continue
        move(note, link.getparent())
    for section in list(body.root.iter("section")):
        if is_notes(section) and not list(section.iter("li")):
            section.drop_tree()
    return body


def move(note: HtmlElement, call: HtmlElement) -> None:
    """Replaces the reference with the note, without its back link, which is useless on paper."""
    paragraph = note[0]
    for link in list(paragraph.iter("a")):
        if link.get("class") == "footnote-backref":
            link.drop_tree()
    tail = call.tail
    call.clear()
    call.tag, call.tail = "span", tail
    call.set("class", "note")
    call.set("data-number", note.get("value", ""))
    call.text = paragraph.text
    call.extend(list(paragraph))
    note.drop_tree()


def as_popups(body: Body) -> Body:
    """Marks up notes as noteref and footnote (EPUB 3.3), with the equivalent DPUB-ARIA roles."""
    for link in calls_of(body):
        link.set(TYPE, "noteref")
        link.set("role", "doc-noteref")
    for number, note in enumerate(notes_of(body), 1):
        note.tag = "aside"
        note.set(TYPE, "footnote")
        note.set("role", "doc-footnote")
        if not len(note) or note[0].tag != "p":  # it begins with a list, or has no paragraph
            note.insert(0, etree.Element("p"))
            note[0].text, note.text = note.text, None
        note[0].text = f"{number}. {note[0].text or ''}"
    for section in body.root.iter("section"):
        if is_notes(section):
            for items in section.findall("ol"):
                items.drop_tag()
    for link in body.root.iter("a"):
        if link.get("class") == "footnote-backref":
            link.set("role", "doc-backlink")
    return body


def calls_of(body: Body) -> list[HtmlElement]:
    return [link for mark in body.root.iter("sup") if mark.get("class") == "footnote-ref" for link in mark.iter("a")]


def notes_of(body: Body) -> list[HtmlElement]:
    """The notes, without the items of lists in them."""
    return [item for section in body.root.iter("section") if is_notes(section) for item in section.findall("ol/li")]


def is_notes(section: HtmlElement) -> bool:
    return "footnotes" in section.get("class", "").split()
