"""Finds the article in a page: its body as clean HTML, and what is known of it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from .blocks import blocks_of, drop_chrome, parse
from .cleaning import to_clean_html
from .features import TOKEN
from .metadata import Metadata, metadata_of
from .pruning import one_story, prune
from .scoring import body_of

UNSEEN = 3
"""A page whose ``articleBody`` is so many times longer than what it shows, shows it by script only."""


@dataclass(frozen=True)
class ExtractionResult:
    """The article of a page. ``body_html`` is blocks of clean HTML with absolute addresses; empty if there is none."""

    body_html: str
    metadata: Metadata

    @property
    def text(self) -> str:
        """The body without captions, a line for each block."""
        return visible_text(self.body_html)


def extract(html: str, address: str = "") -> ExtractionResult:
    """The article in *html*, a whole page that was fetched from *address*.

    Without an address it is a file: links are then as seen from the address the page says is its own, but pictures
    keep their addresses, since they may lie beside the file.
    """
    root = parse(html)
    seen = _copy_without_chrome(root)
    blocks = blocks_of(seen)
    body = body_of(seen, blocks)
    metadata = metadata_of(root, blocks, body, address)
    body, title = one_story(body, metadata.title)
    prune(body, title)
    body_html = to_clean_html(body, metadata.address, address)
    if len(TOKEN.findall(metadata.body)) > UNSEEN * len(TOKEN.findall(visible_text(body_html))):
        body_html = to_clean_html(parse(_as_html(metadata.body)), metadata.address, address)
    return ExtractionResult(body_html, replace(metadata, title=title))


def _copy_without_chrome(root: HtmlElement) -> HtmlElement:
    copied = deepcopy(root)
    drop_chrome(copied)
    return copied


def _as_html(text: str) -> str:
    return text if "<p" in text else "".join(f"<p>{line}</p>" for line in text.splitlines() if line.strip())


def visible_text(html: str) -> str:
    """The words of clean HTML without captions, a line for each block."""
    root = parse(html)
    for caption in list(root.iter("figcaption")):
        caption.drop_tree()
    return "\n".join(block.text.strip() for block in blocks_of(root))
