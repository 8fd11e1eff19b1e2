"""The markup of a picture with its caption in each text format."""

from __future__ import annotations

from html import escape
from urllib.parse import quote


def picture_markup(suffix: str, path: str, caption: str) -> str:
    """A paragraph for a file with the *suffix*, between two line ends."""
    from ..formats import from_asciidoc, from_html, from_org, from_rst  # here: web processes start without formats

    caption, address = " ".join(caption.split()), quote(path)
    if suffix in from_html.SUFFIXES:
        below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f'\n<figure><img src="{address}" alt="">{below}</figure>\n'
    if suffix in from_rst.SUFFIXES:
        return f"\n.. figure:: {address}\n" + (f"\n   {caption}\n" if caption else "")
    if suffix in from_asciidoc.SUFFIXES:
        return (f"\n.{caption}\n" if caption else "\n") + f"image::{address}[]\n"
    if suffix in from_org.SUFFIXES:
        return (f"\n#+CAPTION: {caption}\n" if caption else "\n") + f"[[file:{address}]]\n"
    plain = caption.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"\n![{plain}]({address})\n"
