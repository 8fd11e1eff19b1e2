"""Exports plain text, for pasting into a message and for text-to-speech."""

from __future__ import annotations

from collections.abc import Iterator

import lxml.html
from lxml.html import HtmlElement

from ..i18n import N_
from ..models import Publication
from ..sanitizer import sanitize
from ..sanitizer.allowlist import BLOCKS
from ..sanitizer.media_types import PLAY
from .body_tree import Body, element_text, number_lists, ruby_to_parentheses
from .options import Options, Render
from .template_document import Chapter, to_document

SUFFIX = "txt"
MIMETYPE = "text/plain"
LABEL = N_("Plain text")
PAGES: tuple[str, ...] = ()
SAMPLE = b"\n\n--\n"

_BREAK = "\u2028"
"""Unicode's line separator. It marks line breaks, because text has no other use of it."""


GROUPS = ("ul", "ol", "dl", "blockquote", "section", "aside", "details", "figure", "table", "thead", "tbody", "tfoot")


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    document = to_document(publication, options, lambda body: ruby_to_parentheses(body).html(), "")
    stories = "\n\n\n".join(_story(chapter, options) for chapter in document.chapters)
    colophon = document.colophon
    end = [f"{label}{colophon.colon}{value}" for label, value in colophon.facts] + [colophon.address]
    title = f"{publication.title}\n\n\n" if len(document.chapters) > 1 else ""
    return f"{title}{stories}\n\n--\n{chr(10).join(filter(None, end))}\n".encode()


def _story(chapter: Chapter, options: Options) -> str:
    article = chapter.article
    facts = [chapter.time, *(f"{label}{chapter.colon}{value}" for label, value in chapter.imprint)]
    head = [
        " › ".join(article.section),
        article.kicker,
        article.title,
        article.subtitle,
        "  ".join(facts),
        *chapter.corrections,
    ]
    root = expand_markup(Body(chapter.body, "", options.base_url).root)
    return "\n\n".join(filter(None, [*head, *blocks(root), chapter.editor]))


def expand_markup(root: HtmlElement) -> HtmlElement:
    """Replaces markup that plain text cannot represent: ``text (address)`` for a link, ``[alternative text]`` for a
    picture. Returns *root*."""
    number_lists(root)
    for link in root.iter("a"):
        target = link.get("href", "")
        if target and not target.startswith("#") and target.split(":", 1)[-1] not in element_text(link):
            link.tail = f" ({target}){link.tail or ''}"
    for poster in root.xpath(".//a[img]"):
        if PLAY in element_text(poster):
            poster.find("img").drop_tree()
    for figure in list(root.iter("figure")):
        _figure_to_text(figure)
    for picture in list(root.iter("img")):
        picture.tail = f"[{picture.get('alt', '')}]{picture.tail or ''}"
        picture.drop_tag()
    return root


def _figure_to_text(figure: HtmlElement) -> None:
    """Replaces *figure* by ``[caption]``, after ``[alternative text]`` of each picture whose text is not in the
    caption."""
    captions = list(figure.iter("figcaption"))
    text = " ".join(element_text(caption) for caption in captions)
    pictures = list(figure.iter("img"))
    for picture in pictures:
        words = picture.get("alt", "")
        if words and words not in text:
            picture.tag, picture.text = "p", f"[{words}]"
        else:
            picture.drop_tree()
    for caption in captions if pictures else ():
        caption.text = f"[{caption.text or ''}"
        caption.append(lxml.html.fromstring("<span>]</span>"))


def blocks(parent: HtmlElement, start: str = "") -> Iterator[str]:
    """The paragraphs below *parent*. Each line begins with *start*: ``> `` in quotations, spaces in list items."""
    for element in parent:
        if element.tag == "tr":
            yield start + "\t".join(text_lines(cell).replace("\n", " ") for cell in element)
        elif element.tag in ("li", "dd"):
            yield from _item(element, start)
        elif element.tag in GROUPS:
            yield from blocks(element, f"{start}> " if element.tag == "blockquote" else start)
        elif words := element.text_content().rstrip("\n") if element.tag == "pre" else text_lines(element):
            yield start + words.replace("\n", f"\n{start}")


def text_lines(element: HtmlElement) -> str:
    """The text of *element*. A line ends at ``<br>`` (in verses, addresses, signatures) and at the edges of a block."""
    lines = "".join(_with_breaks(element)).split(_BREAK)
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _with_breaks(element: HtmlElement) -> Iterator[str]:
    if element.tag in ("sup", "sub", "math") or "footnote-backref" in element.get("class", ""):
        yield _inline_text(element)
        return
    yield _BREAK if element.tag == "br" else element.text or ""
    for child in element:
        edge = _BREAK if child.tag in BLOCKS else ""
        yield from (edge, *_with_breaks(child), edge, child.tail or "")


def _inline_text(element: HtmlElement) -> str:
    """The TeX of a formula, ``[1]`` for a footnote reference, 10⁸ and CO₂ for digits in ``sup`` and ``sub``; empty for
    the back link of a note."""
    if element.tag in ("math", "a"):
        return str(element.get("alttext", ""))
    words = " ".join(element.text_content().split())
    if "footnote-ref" in element.get("class", ""):
        return f"[{words}]"
    return words if words.strip(_DIGITS) else words.translate(_RAISED if element.tag == "sup" else _LOWERED)


_DIGITS = "0123456789+-−="
_RAISED = str.maketrans(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼")
_LOWERED = str.maketrans(_DIGITS, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌")


def _item(item: HtmlElement, start: str) -> Iterator[str]:
    """The paragraphs of a list item, the first after its marker. ``sanitize`` puts loose text into paragraphs."""
    marker = f"{item.get('value')}. " if item.get("value") else "- " * (item.tag == "li")
    indent = start + " " * len(marker)
    lines = text_lines(item).replace("\n", f"\n{indent}")
    if any(child.tag in BLOCKS for child in item):
        root = Body(sanitize(lxml.html.tostring(item, encoding="unicode", with_tail=False)), "").root
        lines = "\n\n".join(blocks(root, indent)).removeprefix(indent)
    yield start + marker + lines
