"""Draws static/icons/: a page with a red masthead, in every size that browsers and home screens need."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "static" / "icons"
RED, PAPER = "#8f1d16", "#fdfcfa"
SIZES = {"favicon.ico": 32, "touch.png": 180, "192.png": 192, "512.png": 512}
SCALE = 4
"""Supersampling factor, because Pillow draws without anti-aliasing."""


def icon(size: int) -> Image.Image:
    """Red to the edges; the sign is in the inner 80 %, so that any launcher mask keeps it whole."""
    full = size * SCALE
    image = Image.new("RGB", (full, full), RED)
    pen = ImageDraw.Draw(image)
    left, right = round(full * 0.24), round(full * 0.76)
    bars = ((0.25, 0.10, 1.0), (0.43, 0.055, 1.0), (0.55, 0.055, 1.0), (0.67, 0.055, 0.6))
    for top, height, length in bars:
        box = (left, round(full * top), left + round((right - left) * length), round(full * (top + height)))
        pen.rectangle(box, fill=PAPER)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, size in SIZES.items():
        picture = icon(size).quantize(32)
        if name.endswith("ico"):
            picture.save(FOLDER / name, sizes=[(size, size)])
        else:
            picture.save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()
