"""Imports Reader's own exports: JSON, chapters of an EPUB, and the web page in one file.

All hold the fields as JSON in the words of schema.org, so nothing has to be found out from the look of a page.
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
from ...errors import NotImported
from ...formats.data_pictures import take_data_pictures
from ...formats.dates import UnreadableDate, parse_date
from ...formats.decoding import decode_page
from ...formats.json_reader import read_json
from ...i18n import Message
from ...models import UNDATED, Draft
from ...sanitizer import sanitize
from ..extraction.text_blocks import parse
from .items import Found, SourceItem, given_html

_JSON_HEAD = 400
_FIELDS = '<meta name="reader:article" '
HEAD_BYTES = 20_000
"""Bytes; the fields of an article come first in the head of a page, and one of them may be a long summary."""
_CHAPTER = re.compile(r"a\d{1,6}")
"""The id of an article; those in it begin with the same."""
_NUMBER = re.compile(r"^\d+\. ")


def is_json_export(content: bytes) -> bool:
    head = content[:_JSON_HEAD]
    is_ours = b'"https://schema.org"' in head and (b'"NewsArticle"' in head or b'"PublicationIssue"' in head)
    return is_ours and head.lstrip().startswith(b"{") and b'"text": ' in content


def json_items(name: str, content: bytes) -> Iterator[Found]:
    try:
        whole = read_json(decode_page(content))
    except ValueError as error:
        raise NotImported(name, Message("not whole JSON: %(error)s", error=error)) from error
    for facts in _list(whole["hasPart"]) if "hasPart" in whole else [whole]:
        if isinstance(facts, dict) and (html := _text(facts, "text")):
            draft = draft_of(facts)
            body = given_html(_as_in_file(html, draft.language))
            yield SourceItem(name, body, "export", _text(facts, "url"), draft)


def is_marked(page: bytes) -> bool:
    return _FIELDS.encode() in page[:4_000]


def is_page(html: str) -> bool:
    """Whether it is the page of one article, not that of an issue."""
    return html[:HEAD_BYTES].count(_FIELDS) == 1 and len(_chapters(parse(html))) == 1


def read_page(html: str) -> tuple[Draft, str]:
    """The draft of the article, and its address."""
    root = parse(html)
    [article] = _chapters(root)
    return _read(_facts(root), article)


def is_issue_page(content: bytes) -> bool:
    """Whether it is the page of several articles: an issue, a collection, a selection. Its head is enough."""
    return content[:HEAD_BYTES].count(_FIELDS.encode()) > 1


def issue_page_items(name: str, content: bytes) -> Iterator[Found]:
    content, pictures = take_data_pictures(content)
    root = parse(decode_page(content))
    for facts, article in zip(_all_facts(root), _chapters(root), strict=False):
        draft, address = _read(facts, article)
        yield SourceItem(name, given_html(draft.body_html), "export", address, draft, read_sibling=pictures.get)


def _chapters(root: HtmlElement) -> list[HtmlElement]:
    """In order. An article may hold an ``article`` of its own, whose id begins with the chapter's."""
    return [article for article in root.iter("article") if _CHAPTER.fullmatch(article.get("id", ""))]


def chapter_in(root: HtmlElement) -> HtmlElement | None:
    """The article in a chapter of an EPUB of ours; None in a chapter of any other."""
    sections = root.xpath("body/section[@id]") if _facts(root) else []
    return sections[0] if len(sections) == 1 else None


def read_chapter(root: HtmlElement, section: HtmlElement) -> tuple[Draft, str]:
    """The draft of the article in *section*, and its address."""
    for notes in section.xpath(".//section[contains(@class, 'footnotes')]"):
        _as_list(notes)
    return _read(_facts(root), section)


def _as_list(notes: HtmlElement) -> None:
    """Pop-up notes as the list that they were: ``exports.footnotes.as_popups`` the other way round."""
    items = etree.Element("ol")
    for note in notes.findall("aside"):
        note.tag = "li"
        first = note.find("p")
        if first is not None and first.text:
            first.text = _NUMBER.sub("", first.text)
        items.append(note)
    notes.append(items)


def _read(facts: Mapping[str, Any], article: HtmlElement) -> tuple[Draft, str]:
    """*article* begins with a header that repeats the fields; its ids begin with its own."""
    draft = draft_of(facts)
    own = f"{article.get('id')}-"
    named = [element for element in article.iterchildren("p") if "editor" in element.get("class", "").split()]
    for element in [*article.iterchildren("header"), *(named[-1:] if draft.editor else ())]:
        element.drop_tree()
    for element in article.iter("*"):
        for attribute, expected in (("id", own), ("href", f"#{own}")):
            value = element.get(attribute, "")
            if value.startswith(expected):
                element.set(attribute, expected[: -len(own)] + value.removeprefix(expected))
    inside = (article.text or "") + "".join(
        etree.tostring(child, encoding="unicode", method="html") for child in article
    )
    return replace(draft, body_html=_as_in_file(inside, draft.language)), _text(facts, "url")


def _as_in_file(html: str, language: str) -> str:
    return str(as_in_file(without_labels(sanitize(html)), language))


def draft_of(facts: Mapping[str, Any]) -> Draft:
    """The fields of a NewsArticle, without its text."""
    return Draft(
        title=_text(facts, "headline"),
        body_html="",
        kicker=_text(facts, "kicker"),
        subtitle=_text(facts, "alternativeHeadline"),
        summary=_text(facts, "description"),
        published=_datetime_of(facts, "datePublished"),
        updated=_datetime_of(facts, "dateModified"),
        source=_text(facts.get("publisher"), "name"),
        section=_texts(facts.get("articleSection")),
        byline=_texts([_text(person, "name") for person in _list(facts.get("author"))]),
        editor=_text(facts.get("editor"), "name"),
        tags=_texts(facts.get("keywords")),
        language=_text(facts, "inLanguage"),
        slug=_text(facts, "identifier"),
        corrections=tuple(
            Correction(_datetime_of(note, "datePublished") or UNDATED, _text(note, "text"))
            for note in _list(facts.get("correction"))
            if _text(note, "text")
        ),
    )


def _facts(root: HtmlElement) -> Mapping[str, Any]:
    return next(iter(_all_facts(root)), {})


def _all_facts(root: HtmlElement) -> list[Mapping[str, Any]]:
    """Of each ``meta`` in the head, which browsers pass over: the file has no script, not even data in one."""
    return [_object(meta.get("content", "")) for meta in root.iter("meta") if meta.get("name") == "reader:article"]


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = read_json(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _datetime_of(facts: object, name: str) -> datetime | None:
    try:
        return parse_date(text) if (text := _text(facts, name)) else None
    except UnreadableDate:
        return None


def _text(facts: object, name: str) -> str:
    value = facts.get(name) if isinstance(facts, dict) else None
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in _list(value) if isinstance(text, str) and text)
