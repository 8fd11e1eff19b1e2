"""Converts HTML and CSS to PDF with WeasyPrint: no network, no files, tagged, deterministic with the bundled fonts.

Importing this module loads WeasyPrint (half a second). Only workers and commands import it, never a web process.
"""

from __future__ import annotations

import atexit
import ctypes.util
import gc
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parent.parent / "fonts"
os.environ["FONTCONFIG_FILE"] = str(FONTS / "fonts.conf")  # Pango reads it once, during the next import

_find_library = ctypes.util.find_library


def _find_nothing(name: str) -> str | None:  # noqa: ARG001  find_library's signature
    """Replaces ``find_library`` during the import of WeasyPrint, to save a third of a second.

    WeasyPrint tries library names of other systems before ``libpango-1.0.so.0``. For each name cffi calls
    ``find_library``, which runs gcc, ld and ldconfig.
    """
    return None


ctypes.util.find_library = _find_nothing  # during the next import

import pydyf  # noqa: E402
from weasyprint import CSS, HTML, Attachment  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: E402

ctypes.util.find_library = _find_library


class _NewCharacters(logging.Filter):
    """Passes a warning of WeasyPrint for a character without a glyph once in a process, not at each place."""

    def __init__(self) -> None:
        super().__init__()
        self._known: set[object] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        if ".notdef" not in str(record.msg):
            return True
        is_new = record.args not in self._known
        self._known.add(record.args)
        return is_new


logging.getLogger("weasyprint").addFilter(_NewCharacters())

from ...sanitizer.allowlist import INLINES  # noqa: E402
from ..front_layout import FrontHeights  # noqa: E402
from ..papers import Paper  # noqa: E402
from . import justification, layout_cache, tagged_pdf  # noqa: E402
from .justification import LATIN  # noqa: E402
from .layout_cache import SQUARE  # noqa: E402
from .line_drawing import BREAK  # noqa: E402

MEDIA = "media:"
"""The URL scheme of pictures: ``<img src="media:<name>">``. Their bytes come only from the argument *media*."""

NO_TEXT = frozenset(("style", "title", "script"))
UNTOUCHED = frozenset(("pre", "code", "kbd", "samp")) | NO_TEXT
NOTES = ("note", "footnote-ref")
_BREAKS = re.compile(
    f"(?<=[{SQUARE}，。、；：？！])(?=[“‘])"  # UAX 14 forbids breaks around quotation marks, which causes gaps of 4 em
    f"|(?<=[”’])(?=[{SQUARE}])"
    f"|(?<=[{SQUARE}])(?=[{LATIN}])|(?<=[{LATIN}%])(?=[{SQUARE}])"  # for autospace, see justification
)
_LAST_TWO = re.compile(f"([{SQUARE}])([{SQUARE}][”’）》。！？…]*\\s*)$")
_LONG_WORD = re.compile("(?=[^\\s\u200b]{30})")
"""WeasyPrint breaks a word that is longer than a line only if the word may start a line."""
ENDLESS = 5000
"""A page height in millimetres that is larger than any front page."""
ANY_PAGE = '.number::after { content: "1" } .to::after { content: "→ 1" } @page { @bottom-center { content: none } }'
"""Page numbers in the trial of a front page. Their boxes have a fixed width. WeasyPrint lays out a page with unknown
numbers three times."""
PIXEL = 0.75
"""A CSS pixel in points."""
SHORT = 12
"""A paragraph of at most this many characters fits in one line."""

_DASH = re.compile("(?<=[^\\s\u2060—])(?=—(?!—))")
"""The position before a single — (2—3), which must not start a line (CLREQ 3.1.3). UAX 14 allows a break there; U+2060
prevents it."""


class MediaFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Serves ``media:`` URLs from memory. Rejects all others: http, ftp, file, data, and redirects (ValueError)."""

    def __init__(self, media: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._media = media

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 WeasyPrint's signature
        name = url.removeprefix(MEDIA)
        if not url.startswith(MEDIA) or name not in self._media:
            raise ValueError(f"an export may not fetch {url[:80]!r}")
        return URLFetcherResponse(url, self._media[name])


def warm_up() -> None:
    """Loads libraries and fonts, so that the first job takes no longer than later ones."""
    typeset("<!doctype html><html lang=zh><title>.</title><h1>字</h1><p>字A", "h1{font-family:Reader Sans}")


@dataclass(frozen=True)
class AttachedFile:
    """A file that is attached to the PDF. Viewers can list and save it."""

    name: str
    description: str
    content: bytes
    changed: datetime


def typeset(
    html: str, css: str, media: Mapping[str, bytes] | None = None, attached: Sequence[AttachedFile] = ()
) -> bytes:
    """Renders a PDF/UA-1 file. *css* may use the families Reader Serif, Reader Sans (each also Ext), Mono and World.

    ::

        typeset("<!doctype html><html lang=zh><title>雨</title><h1>雨</h1>", "h1 { font-family: Reader Sans }")
    """
    document = _parsed(html, media or {})
    try:
        pdf: bytes = document.write_pdf(
            stylesheets=[_stylesheet(css)],
            font_config=_fonts(),
            pdf_variant="pdf/ua-1",
            finisher=_finish,
            attachments=[_attachment(file) for file in attached],
        )
    finally:
        layout_cache.forget_lines()
    return pdf


def _parsed(html: str, media: Mapping[str, bytes]) -> HTML:
    justification.install()
    document = HTML(string=html, url_fetcher=MediaFetcher(media))
    for element in document.etree_element.iter("body"):
        _insert_breaks(element)
        _join_last_characters(element)
    return document


def front_heights(html: str, css: str, media: Mapping[str, bytes], paper: Paper) -> FrontHeights:
    """The heights in points of the parts of a front page, measured on a page of the height ENDLESS."""
    document = _parsed(html, media)
    endless = _stylesheet(f"@page {{ size: {paper.size[0]}mm {ENDLESS}mm }} {ANY_PAGE}")
    try:
        pages = document.render(stylesheets=[_stylesheet(css), endless], font_config=_fonts()).pages
    finally:
        layout_cache.forget_lines()
    edges = {name: (PIXEL * top, PIXEL * bottom) for name, top, bottom in _edges(pages[0])}
    picture, lead = edges.get("lead-picture", (0.0, 0.0)), edges["lead"]
    top = edges["front"][0]
    headlines = edges.get("headlines", lead)
    return FrontHeights(picture[1] - picture[0], lead[1] - top, headlines[1] - top, edges["front"][1] - top)


def _edges(page: Any) -> Iterator[tuple[str, float, float]]:
    """(first class, top, bottom) of each box of an element with a class, without margins, in pixels."""
    for box in page._page_box.descendants():
        if box.element is not None and (names := box.element.get("class")):
            yield names.split()[0], box.border_box_y(), box.border_box_y() + box.border_height()


def _attachment(file: AttachedFile) -> Attachment:
    return Attachment(
        string=file.content,
        name=file.name,
        description=file.description,
        created=file.changed,
        modified=file.changed,
    )


@cache
def _fonts() -> FontConfiguration:
    atexit.register(_release)
    return FontConfiguration()


def _release() -> None:
    """Frees Pango's objects before Python unloads Pango. Otherwise a process that ends normally has a segmentation
    fault."""
    _fonts.cache_clear()
    _stylesheet.cache_clear()
    gc.collect()


@cache
def _stylesheet(css: str) -> CSS:
    """The parsed style sheet, cached. There is one for each page size and language."""
    return CSS(string=css, font_config=_fonts(), url_fetcher=MediaFetcher({}))


def _insert_breaks(element: Any, starts_line: bool = True) -> None:
    """Inserts break opportunities into the text below *element*. *starts_line*: no text precedes it in its line, where
    a break opportunity before a long word would leave an empty line.

    The text of headings, which is also the outline, is stored without them in ``data-label``.
    """
    if element.text and not starts_line and _LONG_WORD.match(element.text) and element.tag not in NO_TEXT:
        element.text = BREAK + element.text
    if element.tag in UNTOUCHED:
        return
    if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        element.set("data-label", " ".join("".join(_label(element)).split()))
    starts_line = starts_line and not (element.text and element.text.strip())
    element.text = _with_breaks(element.text)
    for child in element:
        is_line = child.tag not in INLINES
        _insert_breaks(child, starts_line or is_line)
        starts_line = (is_line or child.tag == "br") and not (child.tail and child.tail.strip())
        child.tail = _with_breaks(child.tail)


def _label(element: Any) -> Iterator[str]:
    """The parts of a heading's text, and the words of its pictures, without notes and their marks."""
    yield element.text or element.get("alt", "")
    for child in element:
        if child.get("class") not in NOTES:
            yield from _label(child)
        yield child.tail or ""


def _join_last_characters(body: Any) -> None:
    """Prevents a break between the last two characters of a paragraph, so that no line has one character (孤字)."""
    for paragraph in body.iter("p"):
        last = paragraph[-1] if len(paragraph) else None
        text = paragraph.text if last is None else last.tail
        if text and len(text) > SHORT and (joined := _LAST_TWO.sub("\\1\u2060\\2", text)) != text:
            if last is None:
                paragraph.text = joined
            else:
                last.tail = joined


def _with_breaks(text: str | None) -> str | None:
    return text and _DASH.sub("\u2060", _BREAKS.sub(BREAK, text))


def _finish(document: Any, pdf: Any) -> None:
    """Adds to the PDF what CSS cannot express: a corrected structure tree, page labels, an open outline."""
    tagged_pdf.fix(pdf)
    pdf.catalog["PageLabels"] = pydyf.Dictionary({"Nums": pydyf.Array([0, pydyf.Dictionary({"S": "/D"})])})
    if document.make_bookmark_tree():
        pdf.catalog["PageMode"] = "/UseOutlines"
