"""Sanitizes any HTML to Markup that is safe and valid in a web page, a feed and an e-book.

Only this package creates Markup from the HTML of an article. The output of ``sanitize``, for any input:

* Contains only the tags, attributes, classes and URL schemes of ``allowlist``, enforced by nh3; no scripts, styles or
  event handlers.
* Has only blocks at the top level: p, h2–h6, ul, ol, dl, table, blockquote, pre, figure, section, aside, details, hr.
  Loose text is wrapped in paragraphs; div is removed; two line breaks in a paragraph split it in two.
* Is nested correctly: p, h2–h6, dt, summary and pre contain only inline tags; inline tags contain no blocks; lists
  contain only their items; figcaption, summary, dt, dd, rt and rp are only where HTML allows them. The maximum depth
  is ``DEEPEST``.
* Has no more tags, table cells and characters than ``limits`` allows.
* Has formulas as valid MathML (``mathml``), each with its TeX or the formula in one line as ``alttext``.
* Has no empty blocks. Only pre begins or ends with white space or a line break; indents of spaces are removed.
* Has valid attributes in double quotes: ids are unique XML names, a link to ``#x`` has a target, img has src and alt,
  th in a thead has scope.
* Has ``rel="noopener noreferrer"`` on external links, and no target. h1 is replaced with h2.
* Has no control characters and only the entities of XML. ``<``, ``>`` and ``&`` are escaped, so that ``<[^>]*>``
  matches each tag and nothing else.
* Is a fixed point: ``sanitize(sanitize(html)) == sanitize(html)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape, unescape

import nh3
from markupsafe import Markup

from .allowlist import ATTRIBUTES, BLOCKS, CLASSES, CLASSES_OF_CODE, INLINES, MATHML, MATHML_ATTRIBUTES, SCHEMES
from .attributes import attributes_of, escaped, to_text, without_lost_links
from .blocks import Blocks
from .definition_groups import without_definition_groups
from .embeds_to_links import with_media_links
from .foreign_names import without_foreign_names
from .github_heading_slugs import with_linked_headings
from .limits import check_attributes, check_cleaned, check_markdown, check_source, check_tables
from .mathml import formulas_as_text, in_one_line

__all__ = [
    "INLINES", "Token", "attributes_of", "check_attributes", "check_markdown", "check_source", "escaped",
    "formulas_as_text", "in_one_line", "joined", "sanitize", "strip_control_characters", "to_text", "tokens",
    "with_media_links",
]  # fmt: skip

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|([^<]+)")
"""One tag or one run of text of sanitized HTML. Groups: slash, name and attributes of a tag; text."""

_TOKEN_OR_PARAGRAPH = re.compile(rf"<p>([^<]+)</p>|{_TOKEN.pattern}")
"""Also matches a whole paragraph of text, the most frequent case, as the first group."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_CLEANER = nh3.Cleaner(
    tags=BLOCKS | INLINES | {"center"},
    clean_content_tags={"script", "style", "title", "textarea", "template", "noscript", "iframe", "svg"}
    | {"annotation", "annotation-xml"},
    attributes={
        tag: set(names)
        for tag, names in {**ATTRIBUTES, **MATHML_ATTRIBUTES, "*": ATTRIBUTES["*"], "code": {"class"}}.items()
    },
    allowed_classes={
        **dict.fromkeys((BLOCKS | INLINES) - MATHML - {"code"}, CLASSES),
        "span": CLASSES | CLASSES_OF_CODE,
    },
    filter_style_properties={"text-align", "TEXT-ALIGN"},  # converted to a class, like ``align``; no style is output
    url_schemes=SCHEMES,
    link_rel=None,
)


@dataclass(slots=True)
class Token:
    """One tag, or one run of text, for which ``name`` is empty. ``text`` is not escaped.

    ``attributes`` is their source, with a space before each; ``end`` is true for an end tag.
    """

    text: str = ""
    name: str = ""
    attributes: str = ""
    end: bool = False


def sanitize(dirty: str) -> Markup:
    """The sanitized HTML, as described in the docstring of the package. Raises UnreadableArticle beyond a limit.

    Example: ``sanitize('<h1>雨</h1>今天<script>x()</script>')`` is ``<h2>雨</h2><p>今天</p>``.
    """
    dirty = strip_control_characters(dirty)
    check_source(dirty)
    clean = strip_control_characters(
        _CLEANER.clean(with_media_links(without_foreign_names(dirty))).replace("&nbsp;", "\u00a0")
    )  # a second time: before, &#1; was not a character
    check_cleaned(clean)
    html = _repeat_removals(_in_blocks(with_linked_headings(without_definition_groups(clean))))
    check_cleaned(html)
    check_tables(html)
    return Markup(html)  # noqa: S704


def _repeat_removals(html: str) -> str:
    """Repeats the removal of empty blocks and of links without a target until nothing changes."""
    if ' id="' not in html and ' href="#' not in html:
        return html
    for _ in range(_MOST_PASSES):
        with_valid_links = without_lost_links(html)
        if with_valid_links == html and not _EMPTY_TARGET.search(html):
            break
        rebuilt = _in_blocks(with_valid_links)
        if rebuilt == html:
            break
        html = rebuilt
    return html


_MOST_PASSES = 6
"""Two passes are enough for real documents."""
_EMPTY_TARGET = re.compile(r'<([a-z0-9]+)(?= [^>]*id=")[^>]*>(?:<br>|\s)*</\1>')
"""An empty tag that was not removed because of a link to its id. The link may be removed by now."""


def _in_blocks(clean: str) -> str:
    blocks = Blocks(clean)
    for paragraph, slash, name, attributes, text in _TOKEN_OR_PARAGRAPH.findall(clean):
        if paragraph:
            blocks.paragraph(paragraph)
        elif text:
            blocks.text(text)
        elif slash:
            blocks.end("div" if name == "center" else name)
        elif name == "center":
            blocks.start("div", ' class="center"')
        else:
            blocks.start(name, attributes)
    return blocks.finish()


def tokens(clean: Markup) -> list[Token]:
    """Splits sanitized HTML into tokens, so that its text can be changed. ``joined`` is the inverse."""
    return [
        Token(unescape(text) if "&" in text else text, name, attributes, bool(slash))
        for slash, name, attributes, text in _TOKEN.findall(clean)
    ]


def joined(parts: Iterable[Token]) -> Markup:
    """The inverse of ``tokens``. Text is escaped: a change to it cannot add a tag."""
    return Markup("".join([_text(part.text) if part.text else _tag(part) for part in parts]))  # noqa: S704


def _text(text: str) -> str:
    return escape(text, quote=False) if "&" in text or "<" in text or ">" in text else text


def _tag(part: Token) -> str:
    if not part.name:
        return ""
    return f"</{part.name}>" if part.end else f"<{part.name}{part.attributes}>"


def strip_control_characters(text: str) -> str:
    """*text* without control characters, surrogates and non-characters, which XML forbids (XML 1.0, 2.2)."""
    return _UNPRINTABLE.sub("", text) if _UNPRINTABLE.search(text) else text
