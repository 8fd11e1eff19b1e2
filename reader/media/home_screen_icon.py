"""The icon of the site on the home screen of iOS: the logo on white, because iOS turns transparent pixels black."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

from .images import resized

SIZE = 180
"""Width and height in pixels, for a phone with a pixel density of 3."""

MARGIN = 12
"""The margin in pixels around a logo that is not square. A square logo has none; iOS rounds its corners."""


def draw_home_screen_icon(path: str) -> bytes:
    """A PNG of the logo. *path* is the file of a rendition of the logo. A small logo is not enlarged."""
    logo = resized(Path(path).read_bytes(), SIZE * 2).convert("RGBA")
    side = SIZE if logo.width == logo.height else SIZE - 2 * MARGIN
    if max(logo.size) > side:
        logo = ImageOps.contain(logo, (side, side), Image.Resampling.LANCZOS)
    icon = Image.new("RGB", (SIZE, SIZE), "white")
    icon.paste(logo, ((SIZE - logo.width) // 2, (SIZE - logo.height) // 2), logo)
    target = io.BytesIO()
    icon.save(target, "PNG", optimize=True)
    return target.getvalue()
