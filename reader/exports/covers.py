"""The generated cover with source, title and date: the layout, for an SVG of half a kilobyte, and a PNG for the covers
in library views of e-readers."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from itertools import chain

from PIL import Image, ImageDraw

from ..chinese.title_lines import divided, pieces, width
from ..media.text_drawing import draw_text, shortened

WIDTH, HEIGHT = 600, 800
MARGIN = 54
TITLE_TOP, TITLE_HEIGHT = 200, 440
LEADING = 1.35
SIZES = (64, 56, 48, 42, 36, 30)


@dataclass(frozen=True)
class Cover:
    """The text of a cover with its layout.

    ``above`` and ``below`` are the lines above and below the title. ``lines`` are the lines of the title, each with its
    baseline; ``size`` is their font size. Example: ``cover_of("三明党建", "河北新闻网", "2018-11-23")``.
    """

    above: str
    below: str
    size: int
    lines: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    margin: int = MARGIN


def cover_of(title: str, above: str, below: str) -> Cover:
    """The cover with the title in the largest of SIZES at which it fits; at the smallest size it is truncated."""
    for size in SIZES:
        lines = wrap_lines(title, (WIDTH - 2 * MARGIN) / size)
        if len(lines) * size * LEADING <= TITLE_HEIGHT:
            break
    fitting = shortened(lines, int(TITLE_HEIGHT / size / LEADING))
    lines_at = [(TITLE_TOP + size * LEADING * n, line) for n, line in enumerate(fitting, 1)]
    return Cover(above, below, size, lines_at)


def wrap_lines(text: str, ems: float) -> list[str]:
    """*text* in lines of at most *ems*, broken between words or Chinese characters. No punctuation begins or ends a
    line where it must not."""
    lines, line = [], ""
    parts = (divided(piece, lambda part: width(part.rstrip()) <= ems) for piece in pieces(text))
    for piece in chain.from_iterable(parts):
        if line and width(line + piece.rstrip()) > ems:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


PICTURE_WIDTH = 300
"""In pixels, the largest size at which catalogs and library views show covers."""

PALETTE = (253, 252, 248, 140, 140, 138, 28, 28, 28, 138, 28, 28)
"""The colors (RGB) of paper, edges of letters, ink, and red: four colors need two bits per pixel."""
INK, RED = 2, 3


def picture_of(cover: Cover) -> bytes:
    """The cover as a PNG of 4 KB (a JPEG with readable letters has 9 KB). Deterministic."""
    scale = PICTURE_WIDTH / cover.width
    letters = Image.new("L", (PICTURE_WIDTH, round(cover.height * scale)))
    pen, left = ImageDraw.Draw(letters), cover.margin * scale
    draw_text(pen, (left, 100 * scale), cover.above, "sans", round(30 * scale), 255)
    for baseline, line in cover.lines:
        draw_text(pen, (left, baseline * scale), line, "serif", round(cover.size * scale), 255)
    draw_text(pen, (left, 728 * scale), cover.below, "sans", round(26 * scale), 255)
    shades = letters.point([round(INK * darkness / 255) for darkness in range(256)])
    picture = Image.frombytes("P", shades.size, shades.tobytes())
    picture.putpalette(PALETTE)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, PICTURE_WIDTH, 6), RED)
    pen.line((left, 340, PICTURE_WIDTH - left, 340), RED)
    out = BytesIO()
    picture.save(out, "PNG", bits=2, compress_level=9, compress_type=zlib.Z_RLE)  # 0.3 ms; the other types take 8 ms
    return out.getvalue()
