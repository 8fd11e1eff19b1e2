"""The compressed size of a page, which the page itself says."""

from __future__ import annotations

from ..http_responses.responses import EncodedBody, chosen_encoding, compressed, compressed_roughly

WEIGHT_PLACEHOLDER = "\ue000"
"""The placeholder for the page's size: a private-use character that articles do not contain."""

_MOST_GUESSES = 3
"""At the border of two figures each may give the size of the other: then the page says one that is some bytes off."""

_RATIOS = {"br": 0.765, "gzip": 0.93, "zstd": 0.9}
"""By content coding: the size of a page, divided by its size compressed roughly; medians of 600 articles. Fixed, so
that every process makes the same bytes of a page: its ETag is a strong one."""


def weighed(page: str) -> str | EncodedBody:
    """*page* with its compressed size in place of the placeholder; compressed already, if there is one.

    The size is guessed first. Where the guess is right the page was compressed once, not twice: of five folders of
    articles for 23 to 98 of a hundred pages, as those of one site are more or less alike.
    """
    if WEIGHT_PLACEHOLDER not in page:
        return page
    encoding = chosen_encoding()
    rough_bytes = len(compressed_roughly(page.encode(), encoding))
    size_bytes = int(rough_bytes * _RATIOS.get(encoding, 1))
    for _ in range(_MOST_GUESSES):
        text = kilobytes(size_bytes)
        body = compressed(page.replace(WEIGHT_PLACEHOLDER, text).encode(), encoding)
        size_bytes = len(body)
        if kilobytes(size_bytes) == text:
            break
    return EncodedBody(body)


def kilobytes(size_bytes: int) -> str:
    """``4.4 KB`` below 10 KB, ``130 KB`` above, ``1.2 MB`` from 1,000 KB on, with a no-break space.

    1 KB is 1024 bytes.
    """
    size = size_bytes / 1024
    if size >= 999.5:
        return f"{size / 1024:.1f}\xa0MB"
    return f"{size:.1f}\xa0KB" if size < 9.95 else f"{size:.0f}\xa0KB"
