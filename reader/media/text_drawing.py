"""Draws text into pictures. Each character uses the first of several fonts that has it."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Any

from PIL import ImageDraw, ImageFont

from .font_coverage import FONTS, characters_in

FACES = {"sans": ("sans", "sans-ext", "serif-ext", "world"), "serif": ("serif", "serif-ext", "sans-ext", "world")}
"""The fonts of each face in order of preference. ``-ext`` fonts (Traditional and rare characters) are optional."""


def draw_text(
    pen: ImageDraw.ImageDraw,
    position: tuple[float, float],
    text: str,
    face: str,
    size: int,
    fill: Any,
    anchor: str = "ls",
) -> None:
    """Draws one line. *position* is the start (anchor ``ls``) or the end (``rs``) of its baseline."""
    parts = [(part, load_font(name, size)) for name, part in runs(text, face)]
    x, y = position
    if anchor == "rs":
        x -= sum(font.getlength(part) for part, font in parts)
    for part, font in parts:
        pen.text((x, y), part, fill, font, anchor="ls")
        x += font.getlength(part)


def shortened(lines: list[str], most: int) -> list[str]:
    """The first *most* lines; if there are more, the last one ends with … ."""
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1].rstrip()[:-1]}…"]


def runs(text: str, face: str) -> list[tuple[str, str]]:
    """The parts of *text* as (font, text), in order. A character that no font has is drawn as a box of the first."""
    return [(name, "".join(part)) for name, part in groupby(text, lambda character: _font_of(character, face))]


def _font_of(character: str, face: str) -> str:
    names = FACES[face]
    return next((name for name in names if ord(character) in characters_in(FONTS / f"{name}.ttf")), names[0])


@lru_cache(maxsize=32)
def load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)
