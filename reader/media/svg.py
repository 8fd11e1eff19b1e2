"""SVG pictures: measures them, and renders them to PNG with resvg. Files and URLs in an SVG are not read or fetched."""

from __future__ import annotations

import re

from lxml import etree

from ..errors import UnusablePicture
from ..i18n import Message
from ..settings import PACKAGE

LARGEST_BYTES = 5_000_000
WIDEST = 720
"""The width in pixels of an SVG with a ``viewBox`` but no width or height: the width of a phone's screen."""
_FONTS = PACKAGE / "exports" / "fonts"
_BEGINS = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*>\s*)*<svg[\s>]", re.DOTALL
)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(px|pt|pc|mm|cm|in|em|ex)?\s*")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 1.333, "pc": 16.0, "mm": 3.78, "cm": 37.8, "in": 96.0, "em": 16.0, "ex": 8.0}
_REMOVED = frozenset({"script", "foreignObject", "iframe", "audio", "video", "feImage", "set", "animate"})
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_OWN = re.compile(r"#|data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)
_OUTSIDE = re.compile(r"@import[^;]*;?|url\(\s*[\"']?(?!#)[^)]*\)", re.IGNORECASE)


def is_svg(beginning: bytes) -> bool:
    return _BEGINS.match(beginning) is not None


def svg_size(content: bytes) -> tuple[int, int]:
    """(width, height) in pixels, from the attributes ``width`` and ``height`` or the ``viewBox``. Raises
    UnusablePicture."""
    root = _parsed(content)
    width, height = (_pixels(root.get(name) or "") for name in ("width", "height"))
    box = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox") or "")[:4]]
    wide, high = (box[2], box[3]) if len(box) == 4 and box[2] > 0 and box[3] > 0 else (0.0, 0.0)
    if not width and not height:
        width = WIDEST if wide else 300.0
    ratio = high / wide if wide else 0.5
    width, height = width or height / ratio, height or width * ratio
    return max(1, round(width)), max(1, round(height))


def svg_to_png(content: bytes, width: int) -> bytes:
    """A PNG of *width* pixels, without scripts, animation and external content. Raises UnusablePicture."""
    import resvg_py  # only in processes that render pictures

    root = _parsed(content)
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or etree.QName(element).localname in _REMOVED or _is_external(element):
            if (parent := element.getparent()) is not None:
                parent.remove(element)
            continue
        if element.tag.endswith("style") and element.text:
            element.text = _OUTSIDE.sub("", element.text)
        if "style" in element.attrib:
            element.set("style", _OUTSIDE.sub("", element.get("style") or ""))
    try:
        text = etree.tostring(root, encoding="unicode")
        return bytes(
            resvg_py.svg_to_bytes(svg_string=text, width=width, skip_system_fonts=True, font_dirs=[str(_FONTS)])
        )
    except ValueError as error:
        raise UnusablePicture(Message("image is damaged: %(error)s", error=str(error))) from error


def _is_external(element: etree._Element) -> bool:
    """Whether the element displays external content. A link (``a``) displays nothing."""
    if element.tag.endswith("}a"):
        return False
    return any(name in element.attrib and not _OWN.match(element.get(name) or "") for name in _HREFS)


def _parsed(content: bytes) -> etree._Element:
    if len(content) > LARGEST_BYTES:
        raise UnusablePicture(Message("picture is larger than %(most)s MB", most=LARGEST_BYTES // 1_000_000))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnusablePicture(Message("image is damaged: %(error)s", error=str(error))) from error
    return root


def _pixels(length: str) -> float:
    found = _LENGTH.fullmatch(length)
    return float(found[1]) * _PIXELS[found[2] or ""] if found else 0.0
