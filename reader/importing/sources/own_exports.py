"""Imports Reader's own exports: JSON, chapters of an EPUB, and the web page in one file.

All contain the fields as JSON with the terms of schema.org, so nothing must be extracted from the layout of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from ...article_building.code_highlighting import without_labels
from ...article_building.undo_body_transforms import as_in_file
from ...article_corrections import Correction
from ...formats.data_pictures import take_data_pictures
from ...formats.dates import UnreadableDate, parse_date
from ...formats.decoding import decode_page
from ...formats.json_reader import read_json
from ...models import UNDATED, Draft
from ...sanitizer import sanitize
from ...sanitizer.allowlist import CODE
from ..extraction.text_blocks import parse
from .items import Found, SourceItem, html_reader, json_in, text_of

_JSON_HEAD = 400
_FIELDS = '<meta name="reader:article" '
HEAD_BYTES = 20_000
"""The fields of an article are at the start of the head of a page, and one of them may be a long summary."""
_CHAPTER = re.compile(r"a\d{1,6}")
"""The id of an article. The ids of elements in it start with the same text."""
_NUMBER = re.compile(r"^\d+\. ")


def is_json_export(content: bytes) -> bool:
    """Whether it is the JSON export of an article or an issue."""
    head = content[:_JSON_HEAD]
    is_ours = b'"https://schema.org"' in head and (b'"NewsArticle"' in head or b'"PublicationIssue"' in head)
    return is_ours and head.lstrip().startswith(b"{") and b'"text": ' in content


def json_items(name: str, content: bytes) -> Iterator[Found]:
    """The article, or the articles of the issue. Raises NotImported for invalid JSON."""
    document = json_in(name, content)
    for metadata in _list(document["hasPart"]) if "hasPart" in document else [document]:
        if isinstance(metadata, dict) and (html := text_of(metadata, "text")):
            draft = draft_of(metadata)
            body = html_reader(_as_in_file(html, draft.language))
            yield SourceItem(name, body, "export", text_of(metadata, "url"), draft)


def is_marked(page: bytes) -> bool:
    """Whether *page* has the fields of an article in its head, as all pages by Reader's exports have."""
    return _FIELDS.encode() in page[:4_000]


def is_page(html: str) -> bool:
    """Whether it is the page of a single article, not of an issue."""
    return html[:HEAD_BYTES].count(_FIELDS) == 1 and len(_chapters(parse(html))) == 1


def read_page(html: str) -> tuple[Draft, str]:
    """The draft of the article, and its address."""
    root = parse(html)
    [article] = _chapters(root)
    return _read(_metadata(root), article)


def is_issue_page(content: bytes) -> bool:
    """Whether it is the page of several articles: an issue, a collection, a selection. *content* may be only the
    head."""
    return content[:HEAD_BYTES].count(_FIELDS.encode()) > 1


def issue_page_items(name: str, content: bytes) -> Iterator[Found]:
    """The articles of the page, with their embedded pictures."""
    content, pictures = take_data_pictures(content)
    root = parse(decode_page(content))
    for metadata, article in zip(_all_metadata(root), _chapters(root), strict=False):
        draft, address = _read(metadata, article)
        yield SourceItem(name, html_reader(draft.body_html), "export", address, draft, read_sibling=pictures.get)


def _chapters(root: HtmlElement) -> list[HtmlElement]:
    """The articles in order. An article may contain an ``article`` element, whose id starts with the chapter's."""
    return [article for article in root.iter("article") if _CHAPTER.fullmatch(article.get("id", ""))]


def chapter_in(root: HtmlElement) -> HtmlElement | None:
    """The article in a chapter of an EPUB by Reader; None in other chapters."""
    sections = root.xpath("body/section[@id]") if _metadata(root) else []
    return sections[0] if len(sections) == 1 else None


def read_chapter(root: HtmlElement, section: HtmlElement) -> tuple[Draft, str]:
    """The draft of the article in *section*, and its address."""
    for notes in section.xpath(".//section[contains(@class, 'footnotes')]"):
        _to_list(notes)
    for element in section.iter(*CODE):
        if element.get("dir") == "ltr":
            del element.attrib["dir"]
    return _read(_metadata(root), section)


def _to_list(notes: HtmlElement) -> None:
    """Converts pop-up notes back to a list: the reverse of ``exports.footnotes.as_popups``."""
    items = etree.Element("ol")
    for note in notes.findall("aside"):
        note.tag = "li"
        first = note.find("p")
        if first is not None and first.text:
            first.text = _NUMBER.sub("", first.text)
        items.append(note)
    notes.append(items)


def _read(metadata: Mapping[str, Any], article: HtmlElement) -> tuple[Draft, str]:
    """The draft and the address. *article* starts with a header that repeats the fields. Its id is the prefix of all
    its ids."""
    draft = draft_of(metadata)
    id_prefix = f"{article.get('id')}-"
    editor_lines = [element for element in article.iterchildren("p") if "editor" in element.get("class", "").split()]
    for element in [*article.iterchildren("header"), *(editor_lines[-1:] if draft.editor else ())]:
        element.drop_tree()
    for element in article.iter("*"):
        for attribute, expected in (("id", id_prefix), ("href", f"#{id_prefix}")):
            value = element.get(attribute, "")
            if value.startswith(expected):
                element.set(attribute, expected[: -len(id_prefix)] + value.removeprefix(expected))
    body_html = (article.text or "") + "".join(
        etree.tostring(child, encoding="unicode", method="html") for child in article
    )
    return replace(draft, body_html=_as_in_file(body_html, draft.language)), text_of(metadata, "url")


def _as_in_file(html: str, language: str) -> str:
    return str(as_in_file(without_labels(sanitize(html)), language))


def draft_of(metadata: Mapping[str, Any]) -> Draft:
    """The fields of a NewsArticle, without its text."""
    return Draft(
        title=text_of(metadata, "headline"),
        body_html="",
        kicker=text_of(metadata, "kicker"),
        subtitle=text_of(metadata, "alternativeHeadline"),
        summary=text_of(metadata, "description"),
        published=_datetime_of(metadata, "datePublished"),
        updated=_datetime_of(metadata, "dateModified"),
        source=text_of(metadata.get("publisher"), "name"),
        section=_texts(metadata.get("articleSection")),
        byline=_texts([text_of(person, "name") for person in _list(metadata.get("author"))]),
        editor=text_of(metadata.get("editor"), "name"),
        tags=_texts(metadata.get("keywords")),
        language=text_of(metadata, "inLanguage"),
        slug=text_of(metadata, "identifier"),
        corrections=tuple(
            Correction(_datetime_of(note, "datePublished") or UNDATED, text_of(note, "text"))
            for note in _list(metadata.get("correction"))
            if text_of(note, "text")
        ),
    )


def _metadata(root: HtmlElement) -> Mapping[str, Any]:
    return next(iter(_all_metadata(root)), {})


def _all_metadata(root: HtmlElement) -> list[Mapping[str, Any]]:
    """The fields of each article, from ``meta`` elements in the head. Browsers ignore them; the file has no script
    elements."""
    return [_object(meta.get("content", "")) for meta in root.iter("meta") if meta.get("name") == "reader:article"]


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = read_json(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _datetime_of(metadata: object, name: str) -> datetime | None:
    try:
        return parse_date(text) if (text := text_of(metadata, name)) else None
    except UnreadableDate:
        return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in _list(value) if isinstance(text, str) and text)
