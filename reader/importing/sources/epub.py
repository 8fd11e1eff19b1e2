"""The chapters of an EPUB as articles (EPUB 3.3: OCF container, package document, spine)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote

from lxml import etree
from lxml.html import HtmlElement

from ...errors import NotImported
from ...formats.archives import Archive
from ...formats.dates import date_in_text
from ...formats.decoding import decode_page
from ...formats.hidden_elements import LEFT_OUT, drop_hidden
from ...formats.xml_reader import read_xml
from ...i18n import Message
from ...models import Draft
from ..extraction.page_patterns import TOKEN
from ..extraction.semantic_html import normalize, to_clean_html
from ..extraction.text_blocks import parse
from .items import Found, SourceItem, html_reader
from .own_exports import chapter_in, read_chapter

LEAST_TOKENS = 30
"""Covers, title pages and tables of contents have fewer words outside of links."""


@dataclass(frozen=True)
class EpubChapter:
    """A chapter of a book. ``read_sibling`` returns a picture by its address in the chapter."""

    path: str
    body_html: str
    draft: Draft
    read_sibling: Callable[[str], bytes | None]
    form: str = "clean"
    address: str = ""


def book_items(name: str, archive: Archive) -> Iterator[Found]:
    """The chapters of a book. Raises NotImported if the book has no package document."""
    for chapter in chapters(name, archive):
        if isinstance(chapter, NotImported):
            yield chapter
            continue
        yield SourceItem(
            name=f"{name}: {chapter.path}",
            read=html_reader(chapter.body_html),
            form=chapter.form,
            address=chapter.address,
            hints=chapter.draft,
            read_sibling=chapter.read_sibling,
        )


def chapters(name: str, archive: Archive) -> Iterator[EpubChapter | NotImported]:
    """The chapters in reading order, or the reason why a chapter cannot be read.

    Raises NotImported if the EPUB has no package document.
    """
    package_path = _package_path(name, archive)
    package = _xml(name, archive.read(package_path))
    if package.find(".//{*}spine") is None:
        raise NotImported(name, Message("the package document of the EPUB cannot be read"))
    metadata = {
        kind: [_words(e) for e in package.iter(f"{{*}}{kind}") if _words(e)]
        for kind in ("title", "creator", "date", "subject")
    }
    book = Draft(
        title="",
        body_html="",
        source=(metadata["title"] or [""])[0],
        byline=tuple(metadata["creator"]),
        tags=tuple(metadata["subject"]),
        published=date_in_text((metadata["date"] or [""])[0]),
    )
    for path in dict.fromkeys(
        _spine(package, posixpath.dirname(package_path))
    ):  # each once, even if it is listed repeatedly
        try:
            chapter: EpubChapter | NotImported | None = _chapter(path, archive, book)
        except NotImported as error:
            chapter = error
        if chapter is not None:
            yield chapter


def _package_path(name: str, archive: Archive) -> str:
    container = _xml(name, archive.read("META-INF/container.xml"))
    root = container.find(".//{*}rootfile")
    if root is None or not root.get("full-path"):
        raise NotImported(name, Message("the EPUB has no package document"))
    return str(root.get("full-path"))


def _xml(name: str, content: bytes) -> etree._Element:
    root = read_xml(content)
    if root is None:
        raise NotImported(name, Message("the package document of the EPUB cannot be read"))
    return root


def _words(element: etree._Element) -> str:
    return " ".join("".join(str(text) for text in element.itertext()).split())


def _spine(package: etree._Element, folder: str) -> Iterator[str]:
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and "nav" not in (item.get("properties") or "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))


def _chapter(path: str, archive: Archive, book: Draft) -> EpubChapter | None:
    root = parse(decode_page(archive.read(path)))
    read_sibling = partial(archive.read_sibling, path)
    section = chapter_in(root)
    if section is not None:
        draft, address = read_chapter(root, section)
        return EpubChapter(path, draft.body_html, draft, read_sibling, "export", address)
    heading = next((h for tag in ("h1", "h2", "h3") for h in root.iter(tag) if h.text_content().strip()), None)
    title = _line(heading) if heading is not None else " ".join((root.findtext(".//title") or "").split())
    body = root.find("body")
    has_hidden = body is not None and drop_hidden(body)
    if body is None or len(TOKEN.findall(_without_links(body))) < LEAST_TOKENS:
        return None
    if heading is not None:
        heading.drop_tree()
    draft = Draft(**{**vars(book), "title": title, "language": root.get("lang") or ""})
    if has_hidden:
        draft = replace(draft, warnings=(LEFT_OUT,))
    return EpubChapter(path, to_clean_html(body), draft, read_sibling)


def _line(element: HtmlElement) -> str:
    return " ".join(normalize(element.text_content()).split())


def _without_links(body: HtmlElement) -> str:
    return "".join(str(text) for text in body.xpath(".//text()[not(ancestor::a)]"))
