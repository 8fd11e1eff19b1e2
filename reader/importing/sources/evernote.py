"""The notes of an Evernote export (ENEX 3 and 4). Each note is an article with its pictures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from lxml import etree

from ...formats.dates import date_in_text
from ...i18n import Message
from ...models import Draft
from .evernote_markup import DONE, OPEN, with_checklists_and_code
from .items import Found, SourceItem, html_reader, xml_in

_PICTURES = "https://evernote.invalid/"
"""The prefix of temporary addresses of a note's pictures. It is followed by the MD5, by which the text refers to
them."""
_MEDIA = re.compile(r"<en-media\b([^<>]*)>(?:\s*</en-media>)?", re.IGNORECASE)
_HASH = re.compile(r'\bhash="([0-9a-f]{32})"', re.IGNORECASE)
_ENCRYPTED = re.compile(r"<en-crypt\b[^<>]*>[^<]*(?:</en-crypt>)?", re.IGNORECASE)
_CHECKBOX = re.compile(r"<en-todo\b([^<>]*)>(?:\s*</en-todo>)?", re.IGNORECASE)


def is_notes(content: bytes) -> bool:
    return b"<en-export" in content[:2000]


def note_items(name: str, content: bytes) -> Iterator[Found]:
    """The notes in the export's order. Raises NotImported for invalid XML."""
    root = xml_in(name, content)
    for note in root.iterfind("note"):
        yield _item(name, note)


def _item(name: str, note: etree._Element) -> SourceItem:
    pictures = _pictures(note)
    names = [word.strip() for tag in note.findall("tag") if (word := tag.text or "").strip()]
    author = (note.findtext("note-attributes/author") or "").strip()
    draft = Draft(
        title=" ".join((note.findtext("title") or "").split()),
        body_html="",
        published=date_in_text(_iso_time(note.findtext("created"))),
        updated=date_in_text(_iso_time(note.findtext("updated"))),
        byline=(author,) if author and "@" not in author else (),
        tags=tuple(names),
    )
    address = (note.findtext("note-attributes/source-url") or "").strip()
    content = note.findtext("content") or ""
    html = with_checklists_and_code(_html(content, pictures), _tasks(note))
    return SourceItem(
        name=f"{name}: {draft.title}",
        read=html_reader(html),
        form="article",
        address=address if re.match(r"https?://", address) else "",
        hints=draft,
        read_sibling=pictures.get,
        notes=tuple(_notes(note, content)),
    )


def _notes(note: etree._Element, content: str) -> Iterator[str]:
    if _ENCRYPTED.search(content):
        yield Message("encrypted text is left out; decrypt it in Evernote, and export the note again")
    names = [
        (resource.findtext("resource-attributes/file-name") or kind).strip()
        for resource in note.iterfind("resource")
        if not (kind := resource.findtext("mime") or "").startswith("image/")
    ]
    if names:
        yield Message("attachments left out: %(names)s", names=", ".join(names))


def _tasks(note: etree._Element) -> dict[str, list[str]]:
    """The tasks of each group, in their order."""
    groups: dict[str, list[str]] = {}
    for task in sorted(note.iterfind("task"), key=lambda task: task.findtext("sortWeight") or ""):
        mark = DONE if task.findtext("taskStatus") == "completed" else OPEN
        group = (task.findtext("taskGroupNoteLevelID") or "").strip()
        groups.setdefault(group, []).append(mark + (task.findtext("title") or "").strip())
    return groups


def _iso_time(text: str | None) -> str:
    """``20181123T024000Z`` as ISO 8601 with separators."""
    return re.sub(r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$", r"\1-\2-\3T\4:\5:\6Z", (text or "").strip())


def _pictures(note: etree._Element) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for resource in note.iterfind("resource"):
        try:
            content = base64.b64decode(resource.findtext("data") or "")
        except binascii.Error:
            continue
        if (resource.findtext("mime") or "").startswith("image/"):
            found[_PICTURES + hashlib.md5(content, usedforsecurity=False).hexdigest()] = content
    return found


def _html(content: str, pictures: dict[str, bytes]) -> str:
    def to_img(media: re.Match[str]) -> str:
        digest = _HASH.search(media[1])
        address = _PICTURES + digest[1].lower() if digest else ""
        return f'<img src="{address}">' if address in pictures else ""

    def checkbox(found: re.Match[str]) -> str:
        return DONE if 'checked="true"' in found[1] else OPEN

    html = _ENCRYPTED.sub("", content)
    html = re.sub(r"\A.*?<en-note\b[^<>]*>|</en-note>\s*\Z", "", html, flags=re.DOTALL)
    return _MEDIA.sub(to_img, _CHECKBOX.sub(checkbox, html))
