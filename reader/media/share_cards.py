"""The share card: an Open Graph image of 1200 × 630 pixels with the article's title."""

from __future__ import annotations

import io
from itertools import chain

from PIL import Image, ImageDraw

from ..chinese.title_lines import OPENING, divided, pieces
from .text_drawing import draw_text, shortened, text_length

SIZE = (1200, 630)
MARGIN = 80
LONGEST = 500
"""How many characters of a title are used; four lines hold fewer."""

PAPER, INK, SOFT, RED = "#fdfcfa", "#1c1c1c", "#5f5b54", "#8f1d16"


def draw_share_card(title: str, note: str, site_name: str, colour: str = RED) -> bytes:
    """A PNG of about 15 KB with the title and *note* below it. The same arguments return the same bytes.

    *colour* is the site's colour, for the bar at the top and the site's name.
    """
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=colour)
    size = 76 if len(title) <= 40 else 60
    lines = break_lines(title[:LONGEST], size, SIZE[0] - 2 * MARGIN)
    for number, line in enumerate(shortened(lines, 4)):
        outdent = size / 2 if line[0] in OPENING else 0  # the left half of an opening mark is blank
        draw_text(pen, (MARGIN - outdent, 110 + size * (number * 1.4 + 1.16)), line, "sans", size, INK)
    foot = SIZE[1] - 130 + 34 * 1.16
    draw_text(pen, (MARGIN, foot), note, "serif", 34, SOFT)
    draw_text(pen, (SIZE[0] - MARGIN, foot), site_name, "sans", 34, colour, "rs")
    target = io.BytesIO()
    image.quantize(32).save(target, "PNG", optimize=True)
    return target.getvalue()


def break_lines(text: str, size: int, width: float) -> list[str]:
    """*text* in lines of at most *width* pixels at *size*, broken between words. Punctuation follows the rules for the
    start and end of a line (CLREQ 3.1.3)."""
    lines = [""]
    parts = (divided(piece, lambda part: text_length(part, "sans", size) <= width) for piece in pieces(text))
    for piece in chain.from_iterable(parts):
        if lines[-1] and text_length(lines[-1] + piece.rstrip(), "sans", size) > width:
            lines.append("")
        lines[-1] += piece
    return lines
