"""Converts wikilinks of Obsidian, Foam, Logseq: ``[[note]]``, ``[[note#heading|text]]``, ``![[picture.png|300]]``."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from .masking import Masks

_WIKILINK = re.compile(r"(!?)\[\[([^\[\]\n]{1,400})\]\](?!\()")
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|bmp|svg|tiff?)$", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,4})(?:\s*x\s*(\d{1,4}))?")
_NO_LINK = re.compile(r"(?!\d[A-Za-z]{2})[\s\-\d!$&=<>(\"'].{0,3}|[ \-!$&=].*|_?toc_?", re.IGNORECASE | re.DOTALL)


def with_links(text: str, masks: Masks) -> str:
    """*text* with HTML links for its wikilinks. ``[[1]]`` and the ``[[ -f x ]]`` of shells are not wikilinks."""
    if "[[" not in text:
        return text
    return _WIKILINK.sub(lambda found: _link(found, masks), text)


def _link(found: re.Match[str], masks: Masks) -> str:
    inside = masks.restore(found[2]).replace("\\|", "|")
    if _NO_LINK.fullmatch(inside):
        return found[0]
    target, _, text = inside.partition("|")
    target = target.strip()
    if found[1] and _PICTURE.search(target.partition("#")[0]):
        return _picture(target, text.strip())
    page, _, heading = target.partition("#")
    heading = heading.rpartition("#")[2].strip()
    label = text.strip() or (f"{page.strip()} > {heading}" if page.strip() and heading else page.strip() or heading)
    fragment = f"#{quote(heading.lstrip('^'), safe='')}" if heading else ""
    return f'<a href="{quote(page.strip(), safe="/")}{fragment}">{escape(label, quote=False)}</a>'


def _picture(target: str, text: str) -> str:
    *words, last = text.split("|")
    size = _SIZE.fullmatch(last.strip())
    alt = "|".join(words) if size else text
    width = f' width="{size[1]}"' if size else ""
    return f'<img src="{quote(target, safe="/")}" alt="{escape(alt.strip())}"{width}>'
