"""The generated cover: source, title and date. As SVG: half a kilobyte, sharp on any screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ..chinese.title_lines import pieces, width

WIDTH, HEIGHT = 600, 800
MARGIN = 54
TITLE_TOP, TITLE_HEIGHT = 200, 440
LEADING = 1.35
SIZES = (64, 56, 48, 42, 36, 30)


@dataclass(frozen=True)
class Cover:
    """The text of a cover with its layout.

    ``lines`` are the lines of the title, each with its baseline; ``size`` is their font size.
    Example: ``cover_of("三明党建", "河北新闻网", "2018-11-23")``.
    """

    above: str
    below: str
    size: int
    lines: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    margin: int = MARGIN


def cover_of(title: str, above: str, below: str) -> Cover:
    """The title in the largest font size at which it fits; at the smallest size it is truncated."""
    for size in SIZES:
        lines = wrapped(title, (WIDTH - 2 * MARGIN) / size)
        if len(lines) * size * LEADING <= TITLE_HEIGHT:
            break
    fitting = lines[: int(TITLE_HEIGHT / size / LEADING)]
    placed = [(TITLE_TOP + size * LEADING * n, line) for n, line in enumerate(fitting, 1)]
    return Cover(above, below, size, placed)


def wrapped(text: str, ems: float) -> list[str]:
    """Lines at most *ems* wide, broken between words or Chinese characters, never on the wrong side of a mark."""
    lines, line = [], ""
    for piece in pieces(text):
        if line and width(line + piece.rstrip()) > ems:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


PICTURE_WIDTH = 300
"""Pixels; the largest size at which catalogues show covers."""

PAPER, INK, SOFT = 255, 30, 110
_FONTS = Path(__file__).with_name("fonts")


def picture_of(cover: Cover) -> bytes:
    """The cover as a PNG, grey for e-paper. Deterministic."""
    scale = PICTURE_WIDTH / cover.width
    picture = Image.new("L", (PICTURE_WIDTH, round(cover.height * scale)), PAPER)
    draw = ImageDraw.Draw(picture)
    margin, bottom = cover.margin * scale, (cover.height - cover.margin) * scale
    draw.text((margin, margin), cover.above, INK, _font("sans", round(28 * scale)), anchor="lt")
    draw.line((margin, margin * 2, PICTURE_WIDTH - margin, margin * 2), INK, 2)
    for baseline, line in cover.lines:
        draw.text((margin, baseline * scale), line, INK, _font("serif", round(cover.size * scale)), anchor="ls")
    draw.text((margin, bottom), cover.below, SOFT, _font("sans", round(26 * scale)), anchor="ls")
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=16)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / f"{face}.ttf", size)
