"""Embeds the pictures of a body, resized for a page, because exported files are read offline."""

from __future__ import annotations

import re
from pathlib import Path

from lxml.html import HtmlElement

from ..errors import NotFound, UnusablePicture
from ..media.renditions import exported_picture
from .body_tree import Body, element_text
from .localization import Gettext
from .options import Options

OUR_PICTURE = re.compile(r"/media/([0-9a-f]{16})-\d+\.\w+")
"""The address of a picture of this site in an article's body; group 1 is its digest."""


def place_pictures(body: Body, options: Options, folder: str, gettext: Gettext) -> dict[str, bytes]:
    """Sets each ``src`` to *folder* and a file name. Returns the bytes of the pictures by file name.

    A picture that is not available is replaced by its alternative text.
    """
    found: dict[str, bytes] = {}
    for picture in body.pictures():
        address = OUR_PICTURE.fullmatch(picture.get("src", ""))
        content = rendered(address[0], options) if address else b""
        if not address or not content:
            replace_by_alternative_text(picture)
            continue
        name = f"{address[1]}.jpg"
        found[name] = content
        picture.set("src", folder + name)
        picture.set("alt", picture.get("alt") or caption_of(picture) or gettext("Picture"))
        paragraph = begun_paragraph(picture)
        if paragraph is not None and "class" not in paragraph.attrib:
            paragraph.set("class", "pictured")
    return found


def export_jpeg(name: str, options: Options) -> bytes:
    """The JPEG for a file name of ``place_pictures``; empty if it is not available."""
    return rendered(f"/media/{name.removesuffix('.jpg')}-export.jpg", options)


def rendered(address: str, options: Options, size: str = "export") -> bytes:
    """The JPEG of the picture at *address*; empty if the original is missing, has changed or is not a picture.

    *size* is as in ``exported_picture``. Raises OSError as that does.
    """
    try:
        return exported_picture(Path(options.instance), address, options.picture_cache_bytes, size)
    except (NotFound, UnusablePicture):
        return b""


def begun_paragraph(element: HtmlElement) -> HtmlElement | None:
    """The paragraph that begins with *element*, also inside of links and emphasis; None if there is none.

    There, the indent of a paragraph would push a picture over the right margin.
    """
    parent = element.getparent()
    if parent is None or element.getprevious() is not None or (parent.text or "").strip():
        return None
    return parent if parent.tag == "p" else begun_paragraph(parent)


def replace_by_alternative_text(picture: HtmlElement) -> None:
    """Replaces the picture by ``[alt]``, or by an empty element if it has no alternative text."""
    words = picture.get("alt", "").strip()
    picture.tag = "span"
    for name in list(picture.attrib):
        del picture.attrib[name]
    picture.text = f"[{words}]" if words else ""


def caption_of(picture: HtmlElement) -> str:
    for figure in picture.iterancestors("figure"):
        for caption in figure.iter("figcaption"):
            return element_text(caption)
    return ""
