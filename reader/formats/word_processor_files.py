"""Reads word processor files. The headline, date and people of a manuscript are found as in pasted text.

``from_docx`` and ``from_odt`` convert a file to HTML. The URLs of its pictures are below ``data_pictures.HOST``.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lxml import etree, html
from lxml.html import HtmlElement

from ..errors import NotImported, UnreadableArticle
from ..i18n import Message
from ..models import Draft
from . import from_text
from .archives import LARGEST_MEMBER_BYTES, Archive, open_archive
from .data_pictures import HOST
from .dates import date_in_text
from .fields import front_matter
from .fields.field_values import Field
from .unpublished_markers import refuse_in_html
from .xml_reader import read_xml

LARGEST_TOGETHER_BYTES = 200_000_000
"""The limit of all members of a file when unpacked, and of the pictures, counted each time one is shown."""
_MOST_HEAD_LINES = 12
_LEAST_LETTERS = 6
_SAVE_AGAIN_HINT = Message("open it in LibreOffice or Word, and save it again")


@dataclass(frozen=True)
class Manuscript:
    """The content of a file: HTML, the pictures by URL, the time of its creation as text, and its properties."""

    body_html: str
    pictures: dict[str, bytes]
    created: str
    properties: tuple[tuple[str, str], ...] = ()
    """The names and values of the document's metadata."""


def read_manuscript(data: bytes, take: Callable[[Archive], Manuscript]) -> Draft:
    """The Draft of a file that *take* converts to a Manuscript. Raises UnreadableArticle for a damaged file."""
    try:
        found = take(_check_sizes(open_archive("", data)))
    except NotImported as error:
        raise UnreadableArticle(
            Message("the document is damaged: %(error)s", error=error.reason), _SAVE_AGAIN_HINT
        ) from error
    refuse_in_html(found.body_html)
    draft, body = _with_head(found.body_html)
    draft = replace(_with_draft_status(draft, found.properties), body_html=body, pictures=found.pictures)
    if draft.published is None and (created_at := date_in_text(found.created)):
        warning = Message("no date in the text; the day the document was made is used")
        draft = replace(draft, published=created_at, warnings=(*draft.warnings, warning))
    return draft


def _with_draft_status(draft: Draft, properties: tuple[tuple[str, str], ...]) -> Draft:
    """*draft*, marked as a draft if a property such as the status says so.

    Raises UnreadableArticle for a property such as ``draft: perhaps``.
    """
    fields = (Field(name, value, 0, "lines") for name, value in properties)
    values = front_matter.values_of(front_matter.with_draft_fields((), fields))
    return replace(draft, draft=True, notes=(*draft.notes, *values.get("notes", ()))) if values.get("draft") else draft


def property_texts(archive: Archive, path: str) -> tuple[tuple[str, str], ...]:
    """The name and text of each element of the XML at *path*. The name is its ``name`` attribute or its tag.

    Empty if the member does not exist or is not XML.
    """
    root = read_xml(archive.read(path)) if path in archive.members else None
    if root is None:
        return ()
    found = ((_name_of(element), _text_of(element)) for element in root.iter())
    return tuple((name, text) for name, text in found if name and text)


def _text_of(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _name_of(element: etree._Element) -> str:
    name_attribute = next(
        (str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == "name"), ""
    )
    return name_attribute or (element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "")


def _check_sizes(archive: Archive) -> Archive:
    """Returns *archive*. Raises NotImported if it is too large when unpacked: mammoth has no limits of its own."""
    largest_bytes = max((member.file_size for member in archive.members.values()), default=0)
    sizes = ((largest_bytes, LARGEST_MEMBER_BYTES), (archive.size_bytes, LARGEST_TOGETHER_BYTES))
    for size_bytes, limit in sizes:
        if size_bytes > limit:
            raise NotImported("", Message("larger than %(most)s MB when unpacked", most=limit // 1_000_000))
    return archive


@dataclass
class PictureStore:
    """The pictures of a file, without duplicates, by their URLs below ``HOST``."""

    by_address: dict[str, bytes] = field(default_factory=dict)
    shown_bytes: int = 0

    def take(self, content: bytes) -> str:
        """Stores a picture and returns its URL. Raises NotImported if the pictures are too large together."""
        self.shown_bytes += len(content)
        if self.shown_bytes > LARGEST_TOGETHER_BYTES:
            most = LARGEST_TOGETHER_BYTES // 1_000_000
            raise NotImported(
                "", Message("the pictures of one article are larger than %(most)s MB together", most=most)
            )
        address = HOST + hashlib.sha256(content).hexdigest()[:16]
        self.by_address[address] = content
        return address


def element_text(archive: Archive, path: str, local_name: str) -> str:
    """The text of the first element with *local_name* in the XML at *path*; empty without one."""
    if path not in archive.members:
        return ""
    root = read_xml(archive.read(path))
    found = None if root is None else root.find(f".//{{*}}{local_name}")
    return (found.text or "") if found is not None else ""


def zip_of(members: dict[str, str]) -> bytes:
    """An uncompressed zip file of *members*, for the samples of formats."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name, text in members.items():
            file.writestr(zipfile.ZipInfo(name), text)
    return target.getvalue()


# -- the head of a manuscript -------------------------------------------------------------------------------------


def _with_head(body: str) -> tuple[Draft, str]:
    """A Draft with the headline, date and people at the beginning and end of a manuscript, and the rest of the body.

    They are found as in pasted text.
    """
    if not body.strip():
        return Draft("", ""), ""
    root = html.fragment_fromstring(body, create_parent="div")
    title = _title(root)
    if title is not None:
        root.remove(title)
        root.insert(0, title)
    notes = [block for block in root if _is_notes(block)]
    blocks = [block for block in root if _letters(block) and block not in notes]
    try:
        draft = from_text.read("\n\n".join(_line(block) for block in blocks).encode())
    except UnreadableArticle:
        draft = Draft(_line(blocks[0]) if blocks else "", "")
    for block in _head_and_tail(blocks, draft):
        root.remove(block)
    return replace(draft, body_html=""), "".join(etree.tostring(e, encoding="unicode", method="html") for e in root)


def _is_notes(block: HtmlElement) -> bool:
    """Whether *block* contains the notes, which are at the end of the HTML, below the end of the story."""
    item = block if block.tag == "ol" else block.find("ol")
    first = item.find("li") if item is not None else None
    return first is not None and (first.get("id") or "").startswith(("footnote-", "endnote-", "note-"))


def _title(root: HtmlElement) -> HtmlElement | None:
    return next((h for h in root.iterchildren("h1") if h.get("class") == "title" and _letters(h)), None)


def _head_and_tail(blocks: list[HtmlElement], draft: Draft) -> list[HtmlElement]:
    """The blocks that are not part of the story of *draft*: at least its headline."""
    story = html.fragment_fromstring(draft.body_html, create_parent="div") if draft.body_html else None
    texts = [_letters(block) for block in (story if story is not None else ()) if _letters(block)]
    story_letters = [letters for letters in texts if len(letters) >= _LEAST_LETTERS] or texts
    titles = [block for block in blocks[:1] if _letters(block) == re.sub(r"\W", "", draft.title)]
    if not story_letters:
        return titles
    head = _blocks_before(blocks[:_MOST_HEAD_LINES], story_letters[0])
    tail = _blocks_before(blocks[: -_MOST_HEAD_LINES - 1 : -1], story_letters[-1])
    return [*(titles if head is None else head), *(tail or [])]


def _blocks_before(blocks: list[HtmlElement], text: str) -> list[HtmlElement] | None:
    """The paragraphs before the one that contains *text*; None without one, or if there is a picture or other block."""
    for number, block in enumerate(blocks):
        if text in _letters(block) or (_letters(block) in text and len(_letters(block)) >= _LEAST_LETTERS):
            return blocks[:number]
        if block.tag not in ("p", "h1", "h2") or block.find(".//img") is not None:
            return None
    return None


def _line(block: HtmlElement) -> str:
    return " ".join(block.text_content().split())


def _letters(block: HtmlElement) -> str:
    return re.sub(r"\W", "", block.text_content())
