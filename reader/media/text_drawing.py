"""Draws text into pictures. Each character uses the first of several fonts that has it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from .font_coverage import FONTS, characters_in, machine_font_with

FACES = {"sans": ("sans", "sans-ext", "serif-ext", "world"), "serif": ("serif", "serif-ext", "sans-ext", "world")}
"""The fonts of each face in order of preference. ``-ext`` fonts (Traditional and rare characters) are optional.
A character that none of them has is drawn in a font of the machine, as in a PDF."""

EMOJI_PIXELS = 109
"""The only size of Noto Color Emoji, whose glyphs are pictures."""

_JOINED = ("Mn", "Mc", "Me", "Cf", "Sk")
"""Categories that belong to the character before: marks, joiners, tones of skin."""


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
    x, y = position
    if anchor == "rs":
        x -= text_length(text, face, size)
    for name, part in runs(text, face):
        font = load_font(name, size)
        if font.size == size:
            pen.text((x, y), part, fill, font, anchor="ls")
        else:
            _draw_pictures(pen, (x, y), part, font, size, fill)
        x += _length(font, part, size)


def text_length(text: str, face: str, size: int) -> float:
    """The width of one line in pixels."""
    return sum(_length(load_font(name, size), part, size) for name, part in runs(text, face))


def _length(font: ImageFont.FreeTypeFont, text: str, size: int) -> float:
    return font.getlength(text) * size / font.size


def _draw_pictures(
    pen: ImageDraw.ImageDraw,
    position: tuple[float, float],
    text: str,
    font: ImageFont.FreeTypeFont,
    size: int,
    fill: Any,
) -> None:
    """Draws glyphs that are pictures of one size in shades of *fill*: cards and covers have few colors."""
    scale = size / font.size
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return
    picture = Image.new("RGBA", (right - left, bottom - top))
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, anchor="ls", embedded_color=True)
    paper = Image.new("RGBA", picture.size, "white")
    shades = Image.alpha_composite(paper, picture).convert("L").point([255 - level for level in range(256)])
    target = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pen.bitmap((round(position[0] + left * scale), round(position[1] + top * scale)), shades.resize(target), fill)


def shortened(lines: list[str], most: int) -> list[str]:
    """The first *most* lines; if there are more, the last one ends with … ."""
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1].rstrip()[:-1]}…"]


def runs(text: str, face: str) -> list[tuple[str, str]]:
    """The parts of *text* as (font, text), in order. A character that no font has is drawn as a box of the first."""
    names: list[str] = []
    for character in text:
        before = names[-1] if names else ""
        joined = before and unicodedata.category(character) in _JOINED
        has_it = joined and ord(character) in characters_in(_path_of(before))
        names.append(before if has_it else _font_of(character, face))
    pairs = zip(names, text, strict=True)
    return [(name, "".join(character for _, character in part)) for name, part in groupby(pairs, lambda pair: pair[0])]


def _font_of(character: str, face: str) -> str:
    for name in FACES[face]:
        if ord(character) in characters_in(_path_of(name)):
            return name
    return str(machine_font_with(character) or FACES[face][0])


def _path_of(font: str) -> Path:
    """The file of *font*, which is a name in FACES or the path of a font of the machine."""
    return Path(font) if Path(font).is_absolute() else FONTS / f"{font}.ttf"


@lru_cache(maxsize=32)
def load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font at *size* pixels; a font of pictures at EMOJI_PIXELS."""
    try:
        return ImageFont.truetype(str(_path_of(name)), size)
    except OSError:  # "invalid pixel size"
        return ImageFont.truetype(str(_path_of(name)), EMOJI_PIXELS)
