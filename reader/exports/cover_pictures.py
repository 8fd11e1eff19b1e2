"""The drawn cover as a small PNG, for e-readers' catalogues: they show no SVG."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .covers import Cover

MIMETYPE = "image/png"
WIDTH = 300
"""Pixels; a catalogue shows covers no larger than this."""

PAPER, INK, SOFT = 255, 30, 110
_FONTS = Path(__file__).with_name("fonts")


def picture_of(cover: Cover) -> bytes:
    """Grey, since e-paper is; the same bytes every time."""
    scale = WIDTH / cover.width
    picture = Image.new("L", (WIDTH, round(cover.height * scale)), PAPER)
    draw = ImageDraw.Draw(picture)
    margin, bottom = cover.margin * scale, (cover.height - cover.margin) * scale
    draw.text((margin, margin), cover.above, INK, _font("sans", round(28 * scale)), anchor="lt")
    draw.line((margin, margin * 2, WIDTH - margin, margin * 2), INK, 2)
    for baseline, line in cover.lines:
        draw.text((margin, baseline * scale), line, INK, _font("serif", round(cover.size * scale)), anchor="ls")
    draw.text((margin, bottom), cover.below, SOFT, _font("sans", round(26 * scale)), anchor="ls")
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=16)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / f"{face}.ttf", size)
