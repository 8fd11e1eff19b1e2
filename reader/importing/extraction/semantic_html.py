"""The article's element as clean HTML: paragraphs, headings, lists, tables, figures, links; without the page's layout.

Old pages separate paragraphs by line breaks and use tables for layout; both become semantic HTML. Link and image
addresses become absolute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from ...chinese import HAN, compose
from .code_blocks import drop_line_numbers, language_of, lines_of
from .picture_sources import image_source, is_tracker
from .text_blocks import INLINE

KEPT_INLINE = {
    "a": "a", "b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "cite", "sub": "sub", "sup": "sup",
    "code": "code", "kbd": "kbd", "samp": "samp", "del": "del", "s": "del", "strike": "del", "ins": "ins",
    "mark": "mark", "q": "q", "ruby": "ruby", "rb": "rb", "rt": "rt", "rp": "rp", "rtc": "rtc", "abbr": "abbr",
}  # fmt: skip
HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6"}
"""``h1`` is the title of the page; headings in the body start at ``h2``."""
CONTAINERS = frozenset(("ul", "ol", "blockquote", "dl"))
ITEMS = frozenset(("li", "dt", "dd"))
CELLS = frozenset(("td", "th"))

_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff\ufffe\uffff\u2028\u2029]")
_WIDE = f"{HAN}\u3000-\u33ff\uff00-\uffef"
_HAN_BREAK = re.compile(rf"(?<=[{_WIDE}])\n\s*(?=[{_WIDE}])")
_STOP_AT_END = re.compile(r"[。！？：…；.!?:]\W*$")
_NO_BREAK_INDENT = re.compile(r"\u00a0[\u00a0 ]+")


@dataclass
class _HtmlWriter:
    """The output. ``open_runs`` is the content of the current paragraph, ``tag`` its tag."""

    base: str
    picture_base: str
    out: list[str] = field(default_factory=list)
    open_runs: list[str] = field(default_factory=list)
    tag: str = "p"


def to_clean_html(body: HtmlElement, base: str = "", picture_base: str = "") -> str:
    """*body* as block elements, one per line. Links are resolved relative to *base*, pictures relative to
    *picture_base*."""
    writer = _HtmlWriter(base, picture_base)
    drop_line_numbers(body)
    if body.tag == "pre":
        _write(body, writer)
    else:
        _write_children(body, writer)
    _close(writer)
    return "\n".join(writer.out)


def normalize(text: str) -> str:
    """NFC, without control and zero-width characters; no-break spaces become spaces. Words are unchanged."""
    return _CONTROLS.sub("", compose(text)).replace("\u00a0", " ")


def _write_children(element: HtmlElement, writer: _HtmlWriter) -> None:
    _add_text(element.text, writer)
    for child in element:
        _write(child, writer)
        _add_text(child.tail, writer)


def _write(element: HtmlElement, writer: _HtmlWriter) -> None:
    tag = element.tag
    if tag == "br":
        writer.open_runs.append("\n")
    elif tag == "img":
        _write_image(element, writer)
    elif tag in INLINE:
        _write_inline(element, writer)
    elif tag == "hr":
        _close(writer)
        writer.out.append("<hr>")
    elif tag == "pre":
        _close(writer)
        writer.out.append(_preformatted(escape(normalize(lines_of(element))), language_of(element)))
    elif tag == "figure":
        _write_figure(element, writer)
    elif tag == "figcaption":
        _write_captioned("", [element], writer)
    elif tag == "table":
        _write_table(element, writer)
    elif tag in CONTAINERS:
        _write_container(element, writer)
    else:
        _write_block(element, writer)


def _preformatted(text: str, language: str) -> str:
    return f'<pre><code class="language-{language}">{text}</code></pre>' if language else f"<pre>{text}</pre>"


def _write_inline(element: HtmlElement, writer: _HtmlWriter) -> None:
    if any(child.tag not in INLINE or child.tag == "img" for child in element.iterdescendants()):
        _write_children(element, writer)
        return
    tag = KEPT_INLINE.get(element.tag)
    opening = _opening(element, tag, writer.base)
    if opening:
        writer.open_runs.append(opening)
    _write_children(element, writer)
    if opening:
        writer.open_runs.append(f"</{tag}>")


def _opening(element: HtmlElement, tag: str | None, base: str) -> str:
    """The start tag; empty for a presentational element, and for a link without a valid target."""
    if tag is None or not element.text_content().strip():
        return ""
    if tag != "a":
        return f"<{tag}>"
    address = absolute(base, element.get("href", ""))
    return f'<a href="{escape(address)}">' if urlsplit(address).scheme else ""


def absolute(base: str, address: str) -> str:
    """*address* resolved relative to *base*; empty unless it is http(s) or mailto.

    As in browsers (URL standard, 4.4), line breaks are removed, and spaces within are encoded.
    """
    address = re.sub(r"\s*[\t\r\n]\s*", "", address.strip()).replace(" ", "%20")
    if not address or address.startswith("#"):
        return ""
    try:
        whole = urljoin(base or "https:", address) if address.startswith("//") else urljoin(base, address)
        scheme = urlsplit(whole).scheme
    except ValueError:
        return ""
    if scheme in ("http", "https", "mailto"):
        return whole
    return whole if not scheme and not base else ""


def _add_text(text: str | None, writer: _HtmlWriter) -> None:
    """Adds text. An indent of no-break spaces becomes ideographic spaces, which mark a paragraph."""
    if text:
        indented = _NO_BREAK_INDENT.sub("\u3000", text)
        writer.open_runs.append(escape(_SPACES.sub(" ", normalize(indented)), quote=False))


def _write_block(element: HtmlElement, writer: _HtmlWriter) -> None:
    _close(writer)
    outer, writer.tag = writer.tag, HEADINGS.get(element.tag, writer.tag)
    _write_children(element, writer)
    _close(writer)
    writer.tag = outer


def _write_container(element: HtmlElement, writer: _HtmlWriter) -> None:
    """Writes lists and quotations; the text of a list item is not wrapped in a paragraph."""
    _close(writer)
    inner = _HtmlWriter(writer.base, writer.picture_base)
    if element.tag == "blockquote":
        _write_children(element, inner)
    else:
        _write_items(element, inner)
    _close(inner)
    if inner.out:
        writer.out += [f"<{element.tag}>", *inner.out, f"</{element.tag}>"]


def _write_items(element: HtmlElement, writer: _HtmlWriter) -> None:
    """Writes list items. Text between items, which HTML does not allow, becomes a paragraph."""
    _add_text(element.text, writer)
    for child in element:
        if child.tag in ITEMS:
            _write_item(child, writer)
        else:
            _write(child, writer)
        _add_text(child.tail, writer)


def _write_item(element: HtmlElement, writer: _HtmlWriter) -> None:
    _close(writer)
    inner = _HtmlWriter(writer.base, writer.picture_base)
    _write_children(element, inner)
    _close(inner)
    parts = [_without_paragraph(inner.out[0]), *inner.out[1:]] if inner.out else []
    if parts:
        writer.out.append(f"<{element.tag}>" + "\n".join(parts) + f"</{element.tag}>")


def _without_paragraph(html: str) -> str:
    return html[3:-4] if html.startswith("<p>") else html


def _write_figure(element: HtmlElement, writer: _HtmlWriter) -> None:
    """Writes the pictures with their captions. An element without a picture, or a group of figures, is written as
    blocks.

    The caption of a picture that cannot be displayed is dropped.
    """
    pictures = list(element.iter("img"))
    images = [html for image in pictures if (html := image_html(image, writer.picture_base))]
    if not pictures or element.find(".//figure") is not None:
        _write_block(element, writer)
        return
    captions = element.xpath(".//figcaption | .//p[not(ancestor::figcaption)]")
    if images:
        _write_captioned("".join(dict.fromkeys(images)), captions, writer)
        return
    for caption in list(element.iter("figcaption")):
        caption.drop_tree()
    _write_block(element, writer)


def _write_captioned(content: str, captions: list[HtmlElement], writer: _HtmlWriter) -> None:
    _close(writer)
    texts = (_SPACES.sub(" ", normalize(caption.text_content())).strip() for caption in captions)
    caption = " ".join(dict.fromkeys(filter(None, texts)))
    figcaption = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
    if content or figcaption:
        writer.out.append(f"<figure>{content}{figcaption}</figure>")


def _write_image(element: HtmlElement, writer: _HtmlWriter) -> None:
    html = image_html(element, writer.picture_base)
    if html:
        _close(writer)
        writer.out.append(f"<figure>{html}</figure>")


def image_html(element: HtmlElement, base: str) -> str:
    """The image with its real address and alternative text; empty for trackers, spacers and images without an
    address."""
    address = absolute(base, image_source(element))
    if not address or is_tracker(element):
        return ""
    alternative = _SPACES.sub(" ", normalize(element.get("alt") or "")).strip()
    return f'<img src="{escape(address)}" alt="{escape(alternative)}">'


def _write_table(element: HtmlElement, writer: _HtmlWriter) -> None:
    """Writes a data table as a table, and a layout table as its content."""
    _close(writer)
    rows = [row for row in element.iter("tr") if any(cell.tag in CELLS for cell in row)]
    if not _is_data_table(element, rows):
        _write_block(element, writer)
        return
    cells = ("".join(_cell_html(cell, writer) for cell in row if cell.tag in CELLS) for row in rows)
    captions = (_cell_html(caption, writer) for caption in element.iter("caption") if caption.text_content().strip())
    writer.out += ["<table>", *captions, *(f"<tr>{row}</tr>" for row in cells), "</table>"]


def _is_data_table(table: HtmlElement, rows: list[HtmlElement]) -> bool:
    if table.find(".//table") is not None or len(rows) < 2:
        return False
    cells = [cell for row in rows for cell in row if cell.tag in CELLS]
    filled = [cell for cell in cells if cell.text_content().strip()]
    if max(len(row) for row in rows) < 2 or len(filled) <= len(rows):
        return False
    return len(table.text_content()) < 300 * len(filled)


def _cell_html(cell: HtmlElement, writer: _HtmlWriter) -> str:
    inner = _HtmlWriter(writer.base, writer.picture_base)
    _write_children(cell, inner)
    _close(inner)
    text = "<br>".join(_without_paragraph(part) for part in inner.out)
    spans = "".join(
        f' {name}="{escape(cell.get(name))}"' for name in ("colspan", "rowspan") if cell.get(name, "1") != "1"
    )
    return f"<{cell.tag}{spans}>{text}</{cell.tag}>"


def _close(writer: _HtmlWriter) -> None:
    """Ends the paragraph: splits it at its line breaks, or joins its lines if they were only wrapped."""
    runs, writer.open_runs = writer.open_runs, []
    for paragraph in _paragraphs(runs):
        writer.out.append(f"<{writer.tag}>{paragraph}</{writer.tag}>")


def _paragraphs(runs: list[str]) -> list[str]:
    pieces: list[list[str]] = []
    lines = "".join(runs).split("\n")
    full = max(len(_words(line)) for line in lines) * 0.8 if len(lines) > 3 else 1e9
    for line in lines:
        if pieces and _is_wrapped(pieces[-1][-1], line, full):
            pieces[-1].append(line)
        else:
            pieces.append([line])
    joined = (_join(piece) for piece in _balanced(["\n".join(piece) for piece in pieces]))
    return [text for text in joined if _words(text)]


def _is_wrapped(before: str, after: str, full: float) -> bool:
    """Whether a line break only wraps a line: the line is full, no sentence ends, and no indent follows."""
    words = _words(before)
    return len(words) >= full and not _STOP_AT_END.search(words) and _words(after)[:1] not in ("", "\u3000")


def _words(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html).strip(" ").rstrip()


def _balanced(pieces: list[str]) -> list[str]:
    """Makes each piece well-formed: closes tags that are open at its end and reopens them in the next piece."""
    balanced, opened = [], list[str]()
    for piece in pieces:
        text = "".join(f"<{tag}>" for tag in opened) + piece
        opened = []
        for closing, tag in re.findall(r"<(/?)([^>]+)>", text):
            opened = opened[:-1] if closing else [*opened, tag]
        balanced.append(text + "".join(f"</{tag.split()[0]}>" for tag in reversed(opened)))
    return balanced


def _join(piece: str) -> str:
    """Joins wrapped lines, without a space between Han characters. Trims white space, also inside tags."""
    first, *rest = piece.split("\n")
    trimmed = [line.strip(" \u3000") for line in rest[:-1]] + [line.lstrip(" \u3000") for line in rest[-1:]]
    lines = _HAN_BREAK.sub("", "\n".join([first.rstrip(" \u3000") if rest else first, *trimmed])).replace("\n", " ")
    text = re.sub(r"<(\w+)[^>]*>\s*</\1>", "", _SPACES.sub(" ", lines))
    return re.sub(r"^((?:<[^>]+>|\s)*)", _without_space, re.sub(r"((?:</[^>]+>|\s)*)$", _without_space, text))


def _without_space(match: re.Match[str]) -> str:
    return re.sub(r"\s+(?![^<>]*>)", "", match[1])
