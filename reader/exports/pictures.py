"""The pictures of a body, resized for a page and embedded, because the file is read offline."""

from __future__ import annotations

import re
from pathlib import Path

from lxml.html import HtmlElement

from ..errors import NotFound, UnusablePicture
from ..media.renditions import exported_picture
from .body_tree import Body, element_text
from .localization import Gettext
from .options import Options

_OURS = re.compile(r"/media/([0-9a-f]{16})-\d+\.\w+")


def place_pictures(body: Body, options: Options, folder: str, gettext: Gettext) -> dict[str, bytes]:
    """Replaces each ``src`` with *folder* and a name. Returns the picture files by name.

    A picture that is not available is replaced by its alternative text.
    """
    found: dict[str, bytes] = {}
    for picture in body.pictures():
        address = _OURS.fullmatch(picture.get("src", ""))
        content = rendered(address[0], options) if address else b""
        if not address or not content:
            give_way(picture)
            continue
        name = f"{address[1]}.jpg"
        found[name] = content
        picture.set("src", folder + name)
        picture.set("alt", picture.get("alt") or caption_of(picture) or gettext("Picture"))
        if starts_paragraph(picture):
            picture.getparent().set("class", "pictured")
    return found


def export_jpeg(name: str, options: Options) -> bytes:
    """The JPEG that ``place_pictures`` gave this name."""
    return rendered(f"/media/{name.removesuffix('.jpg')}-export.jpg", options)


def rendered(address: str, options: Options, size: str = "export") -> bytes:
    """A JPEG; empty if the original is missing, was changed or is not a picture. *size* as in ``exported_picture``."""
    try:
        return exported_picture(Path(options.instance), address, options.picture_cache_bytes, size)
    except (NotFound, UnusablePicture):
        return b""


def starts_paragraph(picture: HtmlElement) -> bool:
    """Whether it is the first thing in a paragraph: an indent would push a wide picture over the edge."""
    parent, before = picture.getparent(), picture.getprevious()
    return parent.tag == "p" and before is None and not (parent.text or "").strip() and "class" not in parent.attrib


def give_way(picture: HtmlElement) -> None:
    """Replaces the picture with ``[alt]``, or removes it without alternative text."""
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
