"""The markup of a picture with its caption, in the format of a file."""

from __future__ import annotations

from urllib.parse import quote


def picture_markup(suffix: str, path: str, caption: str) -> str:
    """A paragraph for a file with the *suffix*, between two line ends."""
    from ..formats import FORMATS, from_markdown  # imported here, so that web processes start without the formats

    write = getattr(FORMATS[suffix], "picture_markup", from_markdown.picture_markup)
    return f"\n{write(quote(path), ' '.join(caption.split()))}"
