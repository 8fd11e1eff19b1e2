"""The share card: 1200 × 630 pixels with the title, for sites that show a picture beside a link."""

from __future__ import annotations

import io
import re
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from ..models import Article
from ..settings import PACKAGE

SIZE = (1200, 630)
MARGIN = 80
PAPER, INK, SOFT, RED = "#fdfcfa", "#1c1c1c", "#5f5b54", "#8f1d16"
FONTS = PACKAGE / "exports" / "fonts"
_NEVER_FIRST = "，。、；：？！”’）》」』】…—%,.;:?!)]"
_NEVER_LAST = "“‘（《「『【(["
_UNIT = re.compile(r"[A-Za-z0-9.%'’-]+\s?|.", re.DOTALL)


def draw_share_card(article: Article, site_name: str) -> bytes:
    """A PNG of some 15 KB, the same for the same article."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=RED)
    size = 76 if len(article.title) <= 40 else 60
    lines = broken(article.title, face("sans", size), SIZE[0] - 2 * MARGIN)[:4]
    for number, line in enumerate(lines):
        outdent = size / 2 if line[0] in _NEVER_LAST else 0  # an opening mark is blank in its left half
        pen.text((MARGIN - outdent, 110 + number * size * 1.4), line, font=face("sans", size), fill=INK)
    note = " · ".join(part for part in (article.source, f"{article.published:%Y-%m-%d}") if part)
    pen.text((MARGIN, SIZE[1] - 130), note, font=face("serif", 34), fill=SOFT)
    pen.text((SIZE[0] - MARGIN, SIZE[1] - 130), site_name, font=face("sans", 34), fill=RED, anchor="ra")
    target = io.BytesIO()
    image.quantize(32).save(target, "PNG", optimize=True)
    return target.getvalue()


def broken(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """*text* in lines no wider than *width*; a line neither begins nor ends with the wrong mark (CLREQ 3.1.3)."""
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


@cache
def face(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)
