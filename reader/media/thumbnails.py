"""Thumbnails for the headlines of lists: cropped to one size, with a limit of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PIL import Image, ImageOps

from .images import resized, saved

SIZE = (84, 56)
"""Width and height in CSS pixels, as in static/css/list.css. The files have twice as many pixels on each side, for
phones with a pixel density of 2."""

MOST_BYTES: Mapping[str, int] = {"avif": 2_500, "jpg": 5_000}
"""The largest size of a file in bytes by suffix. JPEG is for browsers without AVIF."""

_DECODED_WIDTH = 672
_QUALITIES = (52, 40, 30, 20, 10, 1)
_UPPER_THIRD = (0.5, 1 / 3)
"""The center of the crop: in an upright photo faces are above the middle."""


def thumbnails(content: bytes) -> Iterator[tuple[str, bytes]]:
    """(suffix, bytes) of the thumbnail in each format. Raises UnusablePicture."""
    picture = resized(content, _DECODED_WIDTH)
    for suffix, most in MOST_BYTES.items():
        yield suffix, next(file for file, is_last in _attempts(picture, suffix) if len(file) <= most or is_last)


def _attempts(picture: Image.Image, suffix: str) -> Iterator[tuple[bytes, bool]]:
    """(bytes, whether it is the last attempt), with decreasing quality, then with half the width and height."""
    tries = [(scale, quality) for scale in (2, 1) for quality in _QUALITIES]
    for scale, quality in tries:
        size = (SIZE[0] * scale, SIZE[1] * scale)
        small = ImageOps.fit(picture, size, Image.Resampling.LANCZOS, centering=_UPPER_THIRD)
        yield saved(small, suffix, quality=quality), (scale, quality) == tries[-1]
