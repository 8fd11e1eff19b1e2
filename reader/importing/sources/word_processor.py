"""Word processor files: ``.docx`` by mammoth, ``.odt`` by our own reader; headings, tables, notes and pictures stay."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lxml import etree, html
from lxml.html import HtmlElement

from ...errors import NotImported, UnreadableArticle
from ...formats import read_draft
from ...formats.dates import date_in_text
from ...i18n import Message
from ...models import Draft
from .archives import Archive
from .items import Found, ReadSibling, SourceItem, given_html
from .odt import PICTURES, odt_to_html
from .xml import read_xml

_STYLES = "\n".join(
    [
        *(f"p[style-name='{name}'] => h1.title:fresh" for name in ("Title", "标题", "文章标题", "大标题")),
        *(f"p[style-name='{name}'] => h2:fresh" for name in ("Subtitle", "副标题")),
        *(f"p[style-name='{name}'] => blockquote:fresh > p:fresh" for name in ("Quote", "Intense Quote", "引用")),
    ]
)
"""Mammoth's style map for what it doesn't know by itself."""
_MOST_HEAD_LINES = 12
_LEAST_LETTERS = 6


def document_items(name: str, archive: Archive) -> Iterator[Found]:
    """The one article of a document. Raises NotImported when it is empty or broken."""
    if is_word(archive):
        body, read_sibling = _word_to_html(name, archive)
        created = _element_text(archive, "docProps/core.xml", "created")
    else:
        body, read_sibling = odt_to_html(archive), partial(_member, archive)
        created = _element_text(archive, "meta.xml", "creation-date")
    draft, body = _with_head(body)
    notes: tuple[str, ...] = ()
    if draft.published is None and (moment := date_in_text(created)):
        draft = replace(draft, published=moment)
        notes = (Message("no date in the text; the day the document was made is used"),)
    yield SourceItem(name, given_html(body), "article", "", draft, read_sibling, notes)


def is_word(archive: Archive) -> bool:
    return "word/document.xml" in archive.members


def is_document(archive: Archive) -> bool:
    return is_word(archive) or ("content.xml" in archive.members and "mimetype" in archive.members)


def _member(archive: Archive, address: str) -> bytes | None:
    path = address.removeprefix(PICTURES)
    return archive.read(path) if path != address and path in archive.members else None


def _element_text(archive: Archive, path: str, local_name: str) -> str:
    if path not in archive.members:
        return ""
    root = read_xml(archive.read(path))
    found = None if root is None else root.find(f".//{{*}}{local_name}")
    return (found.text or "") if found is not None else ""


def _word_to_html(name: str, archive: Archive) -> tuple[str, ReadSibling]:
    """HTML with addresses below ``PICTURES``, and what reads the pictures."""
    import mammoth  # loaded for documents only

    pictures: dict[str, bytes] = {}

    def picture(image: mammoth.documents.Image) -> dict[str, str]:
        with image.open() as file:
            content = file.read()
        address = f"{PICTURES}{len(pictures) + 1}"
        pictures[address] = content
        return {"src": address, "alt": image.alt_text or ""}

    try:
        result = mammoth.convert_to_html(
            io.BytesIO(archive.content), style_map=_STYLES, convert_image=mammoth.images.img_element(picture)
        )
    except Exception as error:  # whatever zipfile, minidom and mammoth's own code raise
        raise NotImported(name, Message("the document is damaged: %(error)s", error=error)) from error
    return str(result.value), pictures.get


# -- the head of a manuscript -------------------------------------------------------------------------------------


def _with_head(body: str) -> tuple[Draft, str]:
    """The headline, date and people that a manuscript begins and ends with, read as pasted text is; and the rest."""
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
        told = read_draft(".txt", "\n\n".join(_line(block) for block in blocks).encode())
    except UnreadableArticle:
        told = Draft(_line(blocks[0]) if blocks else "", "")
    for block in _head_and_tail(blocks, told):
        root.remove(block)
    return replace(told, body_html=""), "".join(etree.tostring(e, encoding="unicode", method="html") for e in root)


def _is_notes(block: HtmlElement) -> bool:
    """The notes stand at the end of the HTML, below what ends the story."""
    item = block if block.tag == "ol" else block.find("ol")
    first = item.find("li") if item is not None else None
    return first is not None and (first.get("id") or "").startswith(("footnote-", "endnote-", "note-"))


def _title(root: HtmlElement) -> HtmlElement | None:
    return next((h for h in root.iterchildren("h1") if h.get("class") == "title" and _letters(h)), None)


def _head_and_tail(blocks: list[HtmlElement], told: Draft) -> list[HtmlElement]:
    """The blocks that are no part of the story of *told*; at least its headline."""
    story = html.fragment_fromstring(told.body_html, create_parent="div") if told.body_html else None
    kept = [_letters(block) for block in (story if story is not None else ()) if len(_letters(block)) >= _LEAST_LETTERS]
    titles = [block for block in blocks[:1] if _letters(block) == re.sub(r"\W", "", told.title)]
    if not kept:
        return titles
    head = _until(blocks[:_MOST_HEAD_LINES], kept[0])
    tail = _until(blocks[: -_MOST_HEAD_LINES - 1 : -1], kept[-1])
    return [*(titles if head is None else head), *(tail or [])]


def _until(blocks: list[HtmlElement], text: str) -> list[HtmlElement] | None:
    """The paragraphs before the one that holds *text*; None when none does, or when something else stands there."""
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
