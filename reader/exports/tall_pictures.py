"""Divides tall pictures (infographics, screenshots of long pages) into strips, so that they are readable on paper.

Strips have about the same height. A strip ends at the most uniform row of pixels near the even division, so that a line
of text is seldom cut.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from copy import deepcopy

from lxml.html import HtmlElement
from PIL import Image, ImageFile

from .body_tree import Body

TALLEST = 3.0
"""The largest ratio of height to width of an undivided picture. At the maximum height on paper, its width would be a
third of that."""
NARROWEST = 120
"""The least width of a divided picture in pixels. A narrower one holds no text: as strips of the width of the paper, a
line of 10 x 4000 pixels filled 500 pages."""
STRIP = 0.8
"""The largest ratio of height to width of a strip, before its ends are moved."""
SEARCH_RANGE = 0.2
"""The largest distance between the end of a strip and the even division, relative to the height of a strip."""
SAMPLES = 64
"""The number of columns of pixels that are compared."""
TOLERANCE = 6
"""The step, of 255 levels, in which the unevenness of rows is measured."""
QUALITY = 82
"""The JPEG quality of strips."""


def divide_tall_pictures(body: Body, prefix: str, content: Callable[[str], bytes]) -> dict[str, bytes]:
    """Replaces each tall picture by its strips. Returns the strips by file name.

    *prefix* is the prefix of picture addresses. *content* returns the JPEG for a file name.
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
    """The strips of a JPEG from top to bottom; empty if it is not tall or cannot be read."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width < NARROWEST or picture.height <= TALLEST * picture.width:
                return []
            return [_jpeg(picture.crop((0, top, picture.width, end))) for top, end in _ranges(picture)]
    except (OSError, ValueError, Image.DecompressionBombError):
        return []


def _ranges(picture: ImageFile.ImageFile) -> Iterator[tuple[int, int]]:
    """(top, end) of each strip in pixels."""
    count = -int(-picture.height // (STRIP * picture.width))
    rows = picture.convert("L").resize((SAMPLES, picture.height), Image.Resampling.NEAREST).tobytes()
    top = 0
    for number in range(1, count):
        middle, reach = picture.height * number // count, int(SEARCH_RANGE * picture.height / count)
        end = min(range(middle - reach, middle + reach), key=lambda y: (_unevenness(rows, y), abs(y - middle)))
        yield top, end
        top = end
    yield top, picture.height


def _unevenness(rows: bytes, y: int) -> int:
    """The larger range of brightness of the rows above and below the line *y*, in steps of TOLERANCE."""
    above, below = rows[(y - 1) * SAMPLES : y * SAMPLES], rows[y * SAMPLES : (y + 1) * SAMPLES]
    return max(max(above) - min(above), max(below) - min(below)) // TOLERANCE


def _jpeg(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()


def _replace(picture: HtmlElement, addresses: list[str]) -> None:
    """Replaces *picture* by its strips. Each has the alternative text with its number, such as ``(1/3)``."""
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
