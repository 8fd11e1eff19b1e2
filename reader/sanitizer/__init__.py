"""Any HTML → Markup that a page, a feed and a book can take as it is. The only maker of Markup for article HTML.

What ``sanitize`` promises, whatever came in:

* nh3 has let through only the tags, attributes, classes and URL schemes named here; no script, style or event.
* At the top stand only blocks: p, h2–h6, ul, ol, dl, table, blockquote, pre, figure, section, aside, details, hr.
  Loose text has become paragraphs; div is gone; two line breaks in a paragraph have become two paragraphs.
* p, h2–h6, dt, summary and pre hold only inline tags; inline tags hold no blocks; lists hold only their items;
  figcaption, summary, dt, dd, rt and rp stand only where HTML allows them. Nothing nests deeper than ``DEEPEST``.
* Tags, cells of tables and characters are no more than ``limits`` allows.
* No block is empty, none but pre begins or ends with white space or a line break; indents of spaces are gone.
* Attributes are double-quoted and valid: ids are unique XML names, a link to ``#x`` has its target, img has src and
  alt, th in a thead has scope.
* Links that leave the site carry ``rel="noopener noreferrer"``; none has a target. h1 has become h2.
* No control characters; the only entities are those of XML. ``<``, ``>`` and ``&`` are escaped, so ``<[^>]*>`` finds
  each tag and nothing else.
* ``sanitize(sanitize(html)) == sanitize(html)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape, unescape

import nh3
from markupsafe import Markup

from .attributes import attributes_of, escaped, to_text, without_lost_links
from .blocks import Blocks
from .limits import check_cleaned, check_markdown, check_source, check_tables
from .tags import ATTRIBUTES, BLOCKS, CLASSES, INLINES, SCHEMES

__all__ = [
    "INLINES",
    "Token",
    "attributes_of",
    "check_markdown",
    "check_source",
    "escaped",
    "joined",
    "sanitize",
    "strip_control_characters",
    "to_text",
    "tokens",
]

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|([^<]+)")
"""One tag or one run of text of sanitized HTML. Groups: slash, name, attributes of a tag; text."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_CLEANER = nh3.Cleaner(
    tags=BLOCKS | INLINES,
    clean_content_tags={"script", "style", "title", "textarea", "template", "noscript", "iframe", "svg", "math"},
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    allowed_classes=dict.fromkeys(BLOCKS | INLINES, CLASSES),
    url_schemes=SCHEMES,
    link_rel=None,
)


@dataclass
class Token:
    """One tag, or one run of text (then ``name`` is empty) whose ``text`` is plain, not escaped.

    ``attributes`` are as written, with a space before each; ``end`` tells ``</p>`` from ``<p>``.
    """

    text: str = ""
    name: str = ""
    attributes: str = ""
    end: bool = False


def sanitize(dirty: str) -> Markup:
    """The promise above. Raises UnreadableArticle only for what is over a limit (``limits``)."""
    dirty = strip_control_characters(dirty)
    check_source(dirty)
    clean = strip_control_characters(
        _CLEANER.clean(dirty).replace("&nbsp;", "\u00a0")
    )  # again: &#1; was no character before
    check_cleaned(clean)
    html = _settled(_in_blocks(clean))
    check_cleaned(html)
    check_tables(html)
    return Markup(html)  # noqa: S704


def _settled(html: str) -> str:
    """*html* once no link has lost its target in an empty block, and no empty target the link to it."""
    if ' id="' not in html and ' href="#' not in html:
        return html
    for _ in range(_MOST_PASSES):
        again = _in_blocks(without_lost_links(html))
        if again == html:
            break
        html = again
    return html


_MOST_PASSES = 6
"""Two settle what people write."""


def _in_blocks(clean: str) -> str:
    blocks = Blocks(clean)
    for slash, name, attributes, text in _TOKEN.findall(clean):
        if text:
            blocks.text(text)
        elif slash:
            blocks.end(name)
        else:
            blocks.start(name, attributes)
    return blocks.finish()


def tokens(clean: Markup) -> list[Token]:
    """Sanitized HTML taken apart, for changes to its text; ``joined`` puts it together again."""
    return [
        Token(unescape(text) if "&" in text else text, name, attributes, bool(slash))
        for slash, name, attributes, text in _TOKEN.findall(clean)
    ]


def joined(parts: Iterable[Token]) -> Markup:
    """The opposite of ``tokens``: text is escaped again, so a change to it can add no tag."""
    return Markup("".join(_text(part) if part.text else _tag(part) for part in parts))  # noqa: S704


def _text(part: Token) -> str:
    return escape(part.text, quote=False)


def _tag(part: Token) -> str:
    if not part.name:
        return ""
    return f"</{part.name}>" if part.end else f"<{part.name}{part.attributes}>"


def strip_control_characters(text: str) -> str:
    """*text* without control characters, surrogates and non-characters, which no XML may hold (XML 1.0, 2.2)."""
    return _UNPRINTABLE.sub("", text) if _UNPRINTABLE.search(text) else text
