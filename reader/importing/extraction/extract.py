"""Extracts the article of a page: its body as clean HTML, and its metadata."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from ...formats.dialects.masking import Masks
from ...formats.formulas.html_formulas import mark_formulas
from ...formats.formulas.mathematics import Formulas
from ...sanitizer import with_media_links
from .metadata import Metadata, metadata_of
from .page_patterns import TOKEN
from .pruning import one_story, prune
from .scoring import body_of
from .semantic_html import to_clean_html
from .text_blocks import blocks_of, drop_chrome, parse

HIDDEN_TEXT_RATIO = 3
"""If ``articleBody`` is this many times longer than the visible text, the page needs JavaScript to show its text."""


@dataclass(frozen=True)
class ExtractionResult:
    """The article of a page. ``body_html`` is clean HTML with absolute addresses; empty if no article was found."""

    body_html: str
    metadata: Metadata

    @property
    def text(self) -> str:
        """The body without captions, one line per block."""
        return visible_text(self.body_html)


def extract(html: str, address: str = "") -> ExtractionResult:
    """The article in *html*, a whole page fetched from *address*.

    An empty *address* means a local file: links are resolved relative to its canonical URL, but pictures keep their
    addresses, because they may be next to the file. Example: ``extract(html, "https://example.org/a").metadata.title``.
    """
    root = parse(with_media_links(html, known_players_only=True))
    masks = Masks()
    mark_formulas(root, masks)
    seen = _copy_without_chrome(root)
    blocks = blocks_of(seen)
    body = body_of(seen, blocks)
    metadata = metadata_of(root, blocks, body, address)
    body, title = one_story(body, metadata.title)
    prune(body, title)
    body_html = to_clean_html(body, metadata.address, address)
    if len(TOKEN.findall(metadata.body)) > HIDDEN_TEXT_RATIO * len(TOKEN.findall(visible_text(body_html))):
        body_html = to_clean_html(parse(_as_html(metadata.body)), metadata.address, address)
    return ExtractionResult(masks.restore_formulas(body_html, Formulas().html), replace(metadata, title=title))


def _copy_without_chrome(root: HtmlElement) -> HtmlElement:
    copied = deepcopy(root)
    drop_chrome(copied)
    return copied


def _as_html(text: str) -> str:
    return text if "<p" in text else "".join(f"<p>{line}</p>" for line in text.splitlines() if line.strip())


def visible_text(html: str) -> str:
    """The text of clean HTML without captions, one line per block."""
    root = parse(html)
    for caption in list(root.iter("figcaption")):
        caption.drop_tree()
    return "\n".join(block.text.strip() for block in blocks_of(root))
