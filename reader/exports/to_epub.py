"""Exports EPUB 3.3 with EPUB Accessibility 1.1 metadata. Written without a library: small, fast, deterministic."""

from __future__ import annotations

import io
import uuid
import zipfile
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from markupsafe import Markup

from ..i18n import N_
from ..models import Publication, is_dated
from .body_tree import (
    MATHML,
    Body,
    TocEntry,
    complete_definitions,
    direct_code,
    mark_verses,
    scrolling_tables,
    toc_tree,
)
from .covers import Cover, cover_of, picture_of
from .footnotes import as_popups
from .localization import gettext_of
from .ncx import MIMETYPE as NCX_TYPE
from .ncx import NAME as NCX
from .ncx import nav_points
from .options import Options, Render
from .template_document import Chapter, Document, authors_of, colon, day_of, to_document, unique
from .to_json import fields_of
from .zip_members import add_member

SUFFIX = "epub"
MIMETYPE = "application/epub+zip"
LABEL = "EPUB"
PAGES: tuple[str, ...] = ()
SAMPLE = b"mimetypeapplication/epub+zip"

CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container version="1.0" '
    'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="EPUB/package.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
PICTURES = "images/"
XHTML = "application/xhtml+xml"
SVG = "image/svg+xml"
WORDS = {
    "contents": N_("Contents"),
    "cover": N_("Cover"),
    "text": N_("Text"),
    "landmarks": N_("Landmarks"),
    "accessibility": N_(
        "Reflowable text with a table of contents, headings and a text alternative for every picture;"
        " text size and colors can be changed."
    ),
}


@dataclass(frozen=True)
class ManifestItem:
    """One file of the EPUB; ``name`` is its path below ``EPUB/``."""

    name: str
    mimetype: str
    content: bytes
    properties: str = ""

    @property
    def id(self) -> str:
        return self.name.replace(".", "-").replace("/", "-")


def export(publication: Publication, options: Options, render: Render) -> bytes:
    gettext = gettext_of(publication.language)
    document = to_document(publication, options, _to_xhtml, PICTURES)
    contents, cover = _contents(document), _cover(publication, options)
    common = {
        **document.context(),
        **_metadata(publication, options),
        "words": {name: gettext(msgid) for name, msgid in WORDS.items()},
        "colon": colon(publication.language),
        "cover": cover,
        "contents": contents,
        "points": nav_points(contents),
        "first": file_of(document.chapters[0]),
    }
    body = "".join(chapter.body for chapter in document.chapters)
    pages = [_page(chapter, document, options, render) for chapter in document.chapters]
    items = [
        ManifestItem("style.css", "text/css", render("export/epub/style.css", **common, body=body).encode()),
        ManifestItem("cover.svg", SVG, render("export/epub/cover.svg", **common).encode()),
        ManifestItem("cover.png", "image/png", picture_of(cover), "cover-image"),
        ManifestItem("cover.xhtml", XHTML, render("export/epub/cover.xhtml", **common).encode()),
        ManifestItem("nav.xhtml", XHTML, render("export/epub/nav.xhtml", **common).encode(), "nav"),
        ManifestItem(NCX, NCX_TYPE, render(f"export/epub/{NCX}", **common).encode()),
        *pages,
        *(ManifestItem(PICTURES + name, "image/jpeg", content) for name, content in document.media.items()),
    ]
    context = common | {"items": items, "spine": [page.id for page in pages]}
    package = render("export/epub/package.opf", **context)
    return _zip([ManifestItem("package.opf", "", package.encode()), *items])


def _to_xhtml(body: Body) -> Markup:
    for formula in body.root.iter("math"):
        formula.set("xmlns", MATHML)
    for ruby in list(body.root.iter("ruby")):
        if ruby.find(".//rt") is None:
            ruby.drop_tag()
    return scrolling_tables(complete_definitions(mark_verses(direct_code(as_popups(body))))).xhtml()


def file_of(chapter: Chapter) -> str:
    return f"{chapter.id}.xhtml"


def _page(chapter: Chapter, document: Document, options: Options, render: Render) -> ManifestItem:
    colophon = document.colophon if chapter is document.chapters[-1] else None
    fields = fields_of(chapter.article, options)
    page = render("export/epub/chapter.xhtml", chapter=chapter, colophon=colophon, fields=fields)
    return ManifestItem(file_of(chapter), XHTML, page.encode(), "mathml" if "<math" in chapter.body else "")


def _contents(document: Document) -> list[TocEntry]:
    """The table of contents: sections and articles of an issue; title and headings of an article."""
    if len(document.chapters) == 1:
        chapter = document.chapters[0]
        return [TocEntry(chapter.article.title, file_of(chapter), toc_tree(chapter.headings, file_of(chapter)))]
    found = []
    for part in document.parts:
        articles = [TocEntry(chapter.article.title, file_of(chapter)) for chapter in part.chapters]
        found += [TocEntry(part.name, articles[0].href, articles)] if part.name else articles
    return found


def _cover(publication: Publication, options: Options) -> Cover:
    sources = {chapter.source for chapter in publication.chapters}
    above = sources.pop() if len(sources) == 1 else options.site_name
    return cover_of(publication.title, above or options.site_name, day_of(publication))


def _metadata(publication: Publication, options: Options) -> dict[str, Any]:
    chapters = publication.chapters
    return {
        "identifier": uuid.uuid5(uuid.NAMESPACE_URL, options.base_url + publication.path).urn,
        "languages": unique([publication.language, *(c.language for c in chapters)]),
        "authors": authors_of(publication),
        "editors": unique(c.editor for c in chapters),
        "publisher": options.site_name,
        "sources": unique(c.source for c in chapters),
        "subjects": unique(word for c in chapters for word in (" › ".join(c.section), *c.tags)),
        "description": chapters[0].summary if len(chapters) == 1 else "",
        "date": publication.published.date().isoformat() if is_dated(publication.published) else "",
        "modified": f"{publication.updated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _zip(items: list[ManifestItem]) -> bytes:
    """The ZIP file of an EPUB. ``mimetype`` is first, not compressed and without extra fields (OCF 3.3, 4.2)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        add_member(archive, "mimetype", MIMETYPE.encode(), compressed=False)
        add_member(archive, "META-INF/container.xml", CONTAINER.encode())
        for item in items:
            compressed = item.mimetype == SVG or not item.mimetype.startswith("image/")
            add_member(archive, f"EPUB/{item.name}", item.content, compressed=compressed)
    return data.getvalue()
