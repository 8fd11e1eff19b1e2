"""Tall pictures (infographics, screenshots of long pages) in strips, so that they are readable on paper.

A strip ends where a row of pixels is most even, near the even division: rather between two lines of text than in one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from copy import deepcopy

from lxml.html import HtmlElement
from PIL import Image, ImageFile

from .body_tree import Body

TALLEST = 3.0
"""Height by width; a taller picture is divided. At the greatest height on paper it would be a third as wide."""
STRIP = 0.8
"""The most of a strip."""
SEARCHED = 0.2
"""Of a strip: how far from the even division its end may be."""
SAMPLES = 64
"""Columns of pixels that are compared."""
EVEN = 6
"""Of 255: rows that differ less are equally good."""
QUALITY = 82


def divide_tall_pictures(body: Body, prefix: str, content: Callable[[str], bytes]) -> dict[str, bytes]:
    """Puts the strips in place of each tall picture. Returns them by name; *prefix* is that of their addresses.

    *content* gives the JPEG of a name.
    """
    found: dict[str, bytes] = {}
    for picture in body.pictures():
        name = picture.get("src", "").removeprefix(prefix)
        if name.endswith(".jpg"):
            strips = strips_of(content(name))
            names = [f"{name.removesuffix('.jpg')}-{number}.jpg" for number in range(1, len(strips) + 1)]
            found |= dict(zip(names, strips, strict=True))
            _replace(picture, [prefix + strip for strip in names])
    return found


def strips_of(content: bytes) -> list[bytes]:
    """The strips of a JPEG from top to bottom; none if it is not tall or cannot be read."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.height <= TALLEST * picture.width:
                return []
            return [_jpeg(picture.crop((0, top, picture.width, end))) for top, end in _ranges(picture)]
    except (OSError, ValueError, Image.DecompressionBombError):
        return []


def _ranges(picture: ImageFile.ImageFile) -> Iterator[tuple[int, int]]:
    count = -int(-picture.height // (STRIP * picture.width))
    rows = picture.convert("L").resize((SAMPLES, picture.height), Image.Resampling.NEAREST).tobytes()
    top = 0
    for number in range(1, count):
        middle, reach = picture.height * number // count, int(SEARCHED * picture.height / count)
        end = min(range(middle - reach, middle + reach), key=lambda y: (_unevenness(rows, y), abs(y - middle)))
        yield top, end
        top = end
    yield top, picture.height


def _unevenness(rows: bytes, y: int) -> int:
    """Of the rows above and below the line *y*."""
    above, below = rows[(y - 1) * SAMPLES : y * SAMPLES], rows[y * SAMPLES : (y + 1) * SAMPLES]
    return max(max(above) - min(above), max(below) - min(below)) // EVEN


def _jpeg(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()


def _replace(picture: HtmlElement, addresses: list[str]) -> None:
    """Each strip is a picture with the alternative text, and its number of how many."""
    if not addresses:
        return
    words, count = picture.get("alt", ""), len(addresses)
    for figure in picture.iterancestors("figure", "tr"):
        figure.set("style", "break-inside:auto")
    for number, address in enumerate(addresses, 1):
        strip = deepcopy(picture)
        strip.tail = None
        strip.set("src", address)
        strip.set("alt", f"{words} ({number}/{count})".strip())
        strip.set("class", "strip")
        picture.addprevious(strip)
    picture.drop_tree()
