"""Footnotes: at the foot of a printed page, and as pop-ups in an EPUB reader.

The input has the markup of the Markdown parser: ``sup.footnote-ref > a`` in the text, ``section.footnotes > ol > li``
at the end.
"""

from __future__ import annotations

from collections import Counter

from lxml import etree
from lxml.html import HtmlElement

from .body_tree import Body

TYPE = "epub:type"
"""The attribute with a literal prefix: the page's template declares the prefix once; lxml would declare it on each
element."""


def as_page_footnotes(body: Body) -> Body:
    """Moves each note with one paragraph and one reference to the reference, as ``span.note``. Returns *body*.

    Such a note has its number in the list, which ``number_lists`` set, as ``data-number``. Other notes stay at the end.
    """
    references = references_of(body)
    counts = Counter(link.get("href") for link in references)
    notes = {f"#{note.get('id')}": note for note in notes_of(body)}
    for link in references:
        note = notes.get(link.get("href", ""))
        if note is None or len(note) != 1 or counts[link.get("href")] > 1:
            continue
        move(note, link.getparent())
    for section in list(body.root.iter("section")):
        if is_notes(section) and not list(section.iter("li")):
            section.drop_tree()
    return body


def move(note: HtmlElement, reference: HtmlElement) -> None:
    """Replaces *reference* by *note*, without its back link, which is useless on paper."""
    paragraph = note[0]
    for link in list(paragraph.iter("a")):
        if link.get("class") == "footnote-backref":
            link.drop_tree()
    tail = reference.tail
    reference.clear()
    reference.tag, reference.tail = "span", tail
    reference.set("class", "note")
    reference.set("data-number", note.get("value", ""))
    reference.text = paragraph.text
    reference.extend(list(paragraph))
    note.drop_tree()


def as_popups(body: Body) -> Body:
    """Marks up notes as noteref and footnote (EPUB 3.3), with the equivalent DPUB-ARIA roles. Returns *body*."""
    for link in references_of(body):
        link.set(TYPE, "noteref")
        link.set("role", "doc-noteref")
    for number, note in enumerate(notes_of(body), 1):
        note.tag = "aside"
        note.set(TYPE, "footnote")
        note.set("role", "doc-footnote")
        if not len(note) or note[0].tag != "p":  # the note begins with a list, or has no paragraph
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


def references_of(body: Body) -> list[HtmlElement]:
    """The links from the text to notes, in order."""
    return [link for sup in body.root.iter("sup") if sup.get("class") == "footnote-ref" for link in sup.iter("a")]


def notes_of(body: Body) -> list[HtmlElement]:
    """The notes in order, without the items of lists inside of notes."""
    return [item for section in body.root.iter("section") if is_notes(section) for item in section.findall("ol/li")]


def is_notes(section: HtmlElement) -> bool:
    return "footnotes" in section.get("class", "").split()
