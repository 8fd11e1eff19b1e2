"""The share card: an Open Graph image of 1200 × 630 pixels with the article's title."""

from __future__ import annotations

import io
import re

from PIL import Image, ImageDraw, ImageFont

from .text_drawing import draw_text, load_font, shortened

SIZE = (1200, 630)
MARGIN = 80
LONGEST = 500
"""Characters of a title, more than four lines hold."""

PAPER, INK, SOFT, RED = "#fdfcfa", "#1c1c1c", "#5f5b54", "#8f1d16"
_NEVER_FIRST = "，。、；：？！”’）》」』】…—%,.;:?!)]"
_NEVER_LAST = "“‘（《「『【(["
_UNIT = re.compile(r"[A-Za-z0-9.%'’-]+\s?|.", re.DOTALL)


def draw_share_card(title: str, note: str, site_name: str) -> bytes:
    """A PNG of about 15 KB, with *note* below the title. The same texts give the same bytes."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=RED)
    size = 76 if len(title) <= 40 else 60
    lines = break_lines(title[:LONGEST], load_font("sans", size), SIZE[0] - 2 * MARGIN)
    for number, line in enumerate(shortened(lines, 4)):
        outdent = size / 2 if line[0] in _NEVER_LAST else 0  # the left half of an opening mark is blank
        draw_text(pen, (MARGIN - outdent, 110 + size * (number * 1.4 + 1.16)), line, "sans", size, INK)
    foot = SIZE[1] - 130 + 34 * 1.16
    draw_text(pen, (MARGIN, foot), note, "serif", 34, SOFT)
    draw_text(pen, (SIZE[0] - MARGIN, foot), site_name, "sans", 34, RED, "rs")
    target = io.BytesIO()
    image.quantize(32).save(target, "PNG", optimize=True)
    return target.getvalue()


def break_lines(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """*text* broken into lines of at most *width* pixels, by the rules for punctuation at line ends (CLREQ 3.1.3)."""
    lines = [""]
    units = _UNIT.findall(text)
    for number, unit in enumerate(units):
        follower = units[number + 1] if number + 1 < len(units) and units[number + 1] in _NEVER_FIRST else ""
        if lines[-1] and font.getlength(lines[-1] + unit.rstrip() + follower) > width and unit not in _NEVER_FIRST:
            carried = lines[-1][-1] if lines[-1][-1] in _NEVER_LAST else ""
            lines[-1] = lines[-1].removesuffix(carried)
            lines.append(carried)
        lines[-1] += unit
    return lines
