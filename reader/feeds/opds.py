"""OPDS 1.2 (https://specs.opds.io/opds-1.2): the catalogue feeds that e-readers browse, search and download from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from .feedgen_adapter import ATOM, clean, one_line

NAVIGATION = "application/atom+xml;profile=opds-catalog;kind=navigation"
ACQUISITION = "application/atom+xml;profile=opds-catalog;kind=acquisition"
OPENSEARCH = "application/opensearchdescription+xml"

_ACQUIRE = "http://opds-spec.org/acquisition/open-access"
_IMAGE, _THUMBNAIL = "http://opds-spec.org/image", "http://opds-spec.org/image/thumbnail"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_NAMESPACES: dict[str | None, str] = {
    None: ATOM,
    "dc": "http://purl.org/dc/terms/",
    "opds": "http://opds-spec.org/2010/catalog",
}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class CatalogueLink:
    """A link of the catalogue or of a book. ``size_bytes`` is 0 if unknown."""

    rel: str
    address: str
    mimetype: str
    title: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class Book:
    """A book to download, or, if its link is another feed, a collection. ``id`` is the same in every feed."""

    id: str
    title: str
    updated: datetime
    links: tuple[CatalogueLink, ...]
    summary: str = ""
    language: str = ""
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    publisher: str = ""


@dataclass(frozen=True)
class Catalogue:
    """One page of the catalogue, newest first."""

    id: str
    title: str
    updated: datetime
    author: str
    language: str
    links: tuple[CatalogueLink, ...]
    books: tuple[Book, ...]


def download(address: str, mimetype: str, size_bytes: int | None) -> CatalogueLink:
    """The link to download a book. *size_bytes* is None if unknown."""
    return CatalogueLink(_ACQUIRE, address, mimetype, size_bytes=size_bytes or 0)


def cover(address: str, mimetype: str) -> tuple[CatalogueLink, CatalogueLink]:
    """The links to a cover, as image and thumbnail."""
    return CatalogueLink(_IMAGE, address, mimetype), CatalogueLink(_THUMBNAIL, address, mimetype)


def to_bytes(catalogue: Catalogue) -> bytes:
    """The Atom document of one page of the catalogue."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=_NAMESPACES)  # type: ignore[arg-type]  # lxml-stubs do not allow None for the default namespace
    root.set(_XML_LANG, catalogue.language)
    _heading(root, catalogue.id, catalogue.title, catalogue.updated)
    _text(_child(root, "author"), "name", catalogue.author)
    for link in catalogue.links:
        _link(root, link)
    for book in catalogue.books:
        _book(_child(root, "entry"), book)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _book(entry: etree._Element, book: Book) -> None:
    _heading(entry, book.id, book.title, book.updated)
    for name in book.authors:
        _text(_child(entry, "author"), "name", name)
    if book.published:
        _text(entry, "published", book.published.isoformat())
        _dublin_core(entry, "issued", book.published.date().isoformat())
    _dublin_core(entry, "language", book.language)
    _dublin_core(entry, "publisher", book.publisher)
    for name in book.categories:
        _child(entry, "category", term=one_line(name), label=one_line(name))
    if book.summary:
        _text(entry, "content", book.summary).set("type", "text")
    for link in book.links:
        _link(entry, link)


def description(name: str, template: str, language: str) -> bytes:
    """An OpenSearch 1.1 description. *template* is the search URL with ``{searchTerms}``."""
    root = etree.Element(f"{{{_OPENSEARCH}}}OpenSearchDescription", nsmap={None: _OPENSEARCH})  # type: ignore[dict-item]  # as above
    for tag, text in (("ShortName", name[:16]), ("Description", name), ("Language", language)):
        etree.SubElement(root, f"{{{_OPENSEARCH}}}{tag}").text = one_line(text)
    for tag, text in (("InputEncoding", "UTF-8"), ("OutputEncoding", "UTF-8")):
        etree.SubElement(root, f"{{{_OPENSEARCH}}}{tag}").text = text
    etree.SubElement(root, f"{{{_OPENSEARCH}}}Url", type=ACQUISITION, template=template)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _heading(element: etree._Element, identifier: str, title: str, updated: datetime) -> None:
    _text(element, "id", identifier)
    _text(element, "title", one_line(title))
    _text(element, "updated", updated.isoformat())


def _link(parent: etree._Element, link: CatalogueLink) -> None:
    element = _child(parent, "link", rel=link.rel, href=link.address, type=link.mimetype, title=one_line(link.title))
    if link.size_bytes:
        element.set("length", str(link.size_bytes))


def _dublin_core(parent: etree._Element, tag: str, text: str) -> None:
    if text:
        etree.SubElement(parent, f"{{{_NAMESPACES['dc']}}}{tag}").text = clean(text)


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    child = _child(parent, tag)
    child.text = clean(text)
    return child


def _child(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{ATOM}}}{tag}", {key: value for key, value in attributes.items() if value})
