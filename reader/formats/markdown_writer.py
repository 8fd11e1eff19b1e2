"""Converts sanitized HTML to Markdown: ``to_markdown`` for import, the editor and the ``.md`` export.

Uses Markdown where it is sufficient: paragraphs, headings, lists of any depth, code with its language, tables,
quotations, pictures and links with their titles. Each block is parsed again as in an article file. If the result
differs, the block is written with its inline tags as HTML, and if it still differs, as a block of HTML in the Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

import lxml.html
from lxml import etree
from lxml.html import HtmlElement
from markupsafe import Markup

from ..sanitizer import sanitize
from .from_markdown import body_of
from .markdown_footnotes import calls_footnote, is_footnotes, notes, referenced_footnote

HEADINGS = ("h2", "h3", "h4", "h5", "h6")
BLOCKS = {
    *("p", "pre", "table", "blockquote", "figure", "ul", "ol", "dl", "section", "aside", "details", "hr", "div"),
    *HEADINGS,
}
ALIGNMENTS = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}
_VOID = {"br", "img", "hr", "wbr"}
MARKS = {"em": "*", "strong": "**", "del": "~~"}
_MARKUP = re.compile(r"([\\`*_\[\]<>|~^${])|&(?=#|\w+;)|=(?==)|%(?=%)|:(?=[\w+-]+:)")
_FOREIGN_MARKUP = re.compile(r"\{|\[(?=\[)|=(?==)|%(?=%)|[$\\]")
"""The beginning of markup of another tool (``dialects``)."""
_AUTOLINK = re.compile(r"(?<=http)(?=s?://)|(?<=ftp)(?=://)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_LINE_START = re.compile(r"^([ \t]*)([#+=:-]|\d+(?=[.)]))", re.MULTILINE)
_EDGE_SPACES = re.compile(r"^[ \t]+|[ \t]+$|(?<=\n)[ \t]+|[ \t]+(?=\n)")
_PLAIN_ADDRESS = re.compile(r"[!#-;=?-\[\]^-~]*")
_LANGUAGE = re.compile(r"language-([\w+#.-]+)")
_BLANK_LINE = re.compile(r"\n(?=[ \t]*\n)")
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_PERCENT_ESCAPES = re.compile(r"(?:%[89A-F][0-9A-F])+", re.IGNORECASE)
_WITHOUT_SYNTAX = re.compile(r"[^\W_]+(?:[ ,;?，。、；：？！“”《》（）—…][^\W_]+)*[,;?，。；？！”》）…]{0,2}")
"""Text that is the same in Markdown. A line of it begins with a letter or digit and has no sign with a meaning."""
_LINE_END = re.compile(r"[ \t]*\n[ \t\n]*")
_BEFORE_RETURN = re.compile(r"\s+(?=<a [^<>]*\bfootnote-backref\b)")
_FULL_STOP_LIST = re.compile(r"\d+\. ")
_ITEM_NUMBER = re.compile(r"^(\d+)\.(?= |$)", re.MULTILINE)


def to_markdown(body: Markup) -> str:
    """*body* as Markdown: blocks separated by blank lines, with a line break at the end.

    ``body_of`` returns a body that is equal by ``comparable``. Raises UnreadableArticle for too deep nesting.
    """
    root = lxml.html.fragment_fromstring(str(body), create_parent="div")
    if len(root) and is_footnotes(root[-1]):
        text = _join_blocks(root, _with_footnotes)
        if comparable(sanitize(body_of(text))) == comparable(sanitize("".join(map(_html, root)))):
            return text
    return _join_blocks(root, _verified_block)


def _join_blocks(root: HtmlElement, write: Callable[[HtmlElement, str], str]) -> str:
    parts: list[str] = []
    for element in root:
        text = write(element, "-")
        if parts and text[:1] in "-*" and parts[-1][:1] == text[:1] and element.tag == "ul":
            text = write(element, "*" if text[0] == "-" else "-")
        elif parts and element.tag == "ol" and _FULL_STOP_LIST.match(parts[-1]):
            text = _ITEM_NUMBER.sub(r"\1)", text)  # another delimiter begins another list (CommonMark 5.3)
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def to_html_blocks(body: Markup) -> str:
    """*body* as HTML blocks in Markdown. They contain no blank lines, which would end them."""
    root = lxml.html.fragment_fromstring(str(body), create_parent="div")
    return "\n\n".join(map(_html_block, root)) + "\n"


def _with_footnotes(element: HtmlElement, bullet: str) -> str:
    """A block with references to footnotes, or all notes, with Markdown footnotes; other blocks as ``_verified_block``.

    These blocks are not parsed again separately, because notes are numbered in the whole text.
    """
    writer = _MarkdownWriter(bullet, footnotes=True)
    if is_footnotes(element):
        return "\n".join(
            _prefix_lines(f"[^{name}]: ", "    ", writer.blocks(note, "\n\n")) for name, note in notes(element)
        )
    return writer.block(element) if calls_footnote(element) else _verified_block(element, bullet)


def _verified_block(element: HtmlElement, bullet: str) -> str:
    """The Markdown of *element* that parses to an equal element: with inline Markdown, with inline HTML, or as HTML."""
    if element.tag == "p" and not element.attrib and not len(element) and _WITHOUT_SYNTAX.fullmatch(element.text or ""):
        return _MarkdownWriter(bullet).block(element)
    expected = comparable(sanitize(_html(element)))
    for writer in (_MarkdownWriter(bullet), _MarkdownWriter(bullet, inline_html=True)):
        text = writer.block(element)
        if not text.startswith("<") and comparable(sanitize(body_of(text + "\n"))) == expected:
            return text
    return _html_block(element)


def _html_block(element: HtmlElement) -> str:
    """The HTML of *element* without blank lines, which would end an HTML block in Markdown."""
    return _BLANK_LINE.sub("&#10;", collapsed(_html(element)))


def collapsed(html: str) -> str:
    """Replaces white space that contains a line break by one line break, except in ``<pre>``. The meaning is equal."""
    parts = _PRE.split(html)
    return "".join(part if number % 2 else _LINE_END.sub("\n", part) for number, part in enumerate(parts))


def comparable(html: str) -> str:
    """A normal form, equal for bodies that differ only in white space or in the percent-encoding of URLs."""
    return _PERCENT_ESCAPES.sub(lambda found: unquote(found[0]), _BEFORE_RETURN.sub("", collapsed(html)))


@dataclass(frozen=True)
class _MarkdownWriter:
    """Writes elements as Markdown. ``bullet`` is the marker of list items.

    With ``inline_html``, all inline tags are HTML. With ``footnotes``, references to footnotes are ``[^1]``.
    """

    bullet: str = "-"
    inline_html: bool = False
    footnotes: bool = False

    # -- blocks ---------------------------------------------------------------------------------------------------

    def block(self, element: HtmlElement) -> str:
        tag, plain = element.tag, not element.attrib
        if tag == "p" and plain:
            return self.paragraph(element)
        if tag in HEADINGS and plain:
            return "#" * int(tag[1]) + " " + self.inline(element).replace("\n", " ")
        if tag == "hr" and plain:
            return "***"
        if tag == "blockquote" and plain:
            return _prefix_lines("> ", "> ", self.blocks(element, "\n\n"))
        if tag in ("ul", "ol") and not set(element.attrib) - {"start"}:
            return self.items(element)
        if tag == "pre" and plain:
            return _fenced_code(element) or _html_block(element)
        if tag == "table" and plain and (rows := _simple_rows(element)):
            return "\n".join(self.pipes(rows))
        return _html_block(element)

    def paragraph(self, element: HtmlElement) -> str:
        return _LINE_START.sub(_escape_line_start, _EDGE_SPACES.sub("", self.inline(element)))

    def blocks(self, parent: HtmlElement, between: str) -> str:
        """The blocks in *parent*, joined by *between*. Inline content between blocks becomes paragraphs."""
        parts, run = [], etree.Element("p")
        run.text = parent.text
        for child in parent:
            if child.tag in BLOCKS:
                parts += [self.paragraph(run), self.block(child)]
                run = etree.Element("p")
                run.text = child.tail
            else:
                run.append(_copy(child))
        return between.join(part for part in [*parts, self.paragraph(run)] if part)

    def items(self, items: HtmlElement) -> str:
        """A list: loose if an item contains a paragraph, else tight (CommonMark 5.3)."""
        start = items.get("start", "1")
        loose = any(child.tag == "p" for item in items for child in item)
        between = "\n\n" if loose else "\n"
        first = int(start) if start.isdigit() else 1
        lines = []
        for number, item in enumerate(items, first):
            mark = f"{number}. " if items.tag == "ol" else f"{self.bullet} "
            lines.append(_prefix_lines(mark, " " * len(mark), self.blocks(item, between)))
        return between.join(lines)

    def pipes(self, rows: list[list[HtmlElement]]) -> Iterator[str]:
        for number, row in enumerate(rows):
            yield "| " + " | ".join(self.inline(cell).replace("\n", " ") for cell in row) + " |"
            if number == 0:
                yield "| " + " | ".join(ALIGNMENTS[cell.get("class", "")] for cell in row) + " |"

    # -- inline ---------------------------------------------------------------------------------------------------

    def inline(self, element: HtmlElement) -> str:
        return _markdown_text(element.text) + "".join(
            self.element(child) + _markdown_text(child.tail) for child in element
        )

    def element(self, element: HtmlElement) -> str:
        tag, attributes = element.tag, set(element.attrib)
        if tag == "br" and not attributes:
            return "\\\n" if not self.inline_html else "<br>"
        if self.footnotes and (name := referenced_footnote(element)):
            return f"[^{name}]"
        if not self.inline_html:
            if tag in MARKS and not attributes:
                return f"{MARKS[tag]}{self.inline(element)}{MARKS[tag]}"
            if tag == "math" and (tex := element.get("alttext", "")):
                return f"$${tex}$$" if element.get("display") else f"${tex}$"
            if tag == "code" and not attributes and not len(element):
                return _code(element.text or "")
            if tag == "a" and element.get("href") and not attributes - {"href", "rel", "title"}:
                return f"[{self.inline(element)}]({_target(element, 'href')})"
            if tag == "img" and not attributes - {"src", "alt", "title"}:
                return f"![{_markdown_text(element.get('alt'))}]({_target(element, 'src')})"
        if tag in _VOID or tag == "math":
            return _html(element)
        return f"{_start_tag(element)}{self.inline(element)}</{tag}>"


def _copy(element: HtmlElement) -> HtmlElement:
    copy: HtmlElement = lxml.html.fragment_fromstring(_html(element))
    copy.tail = element.tail
    return copy


def _target(element: HtmlElement, name: str) -> str:
    """``(address "title")`` without the parentheses."""
    address, title = element.get(name, ""), element.get("title")
    if not _PLAIN_ADDRESS.fullmatch(address) or "(" in address or ")" in address:
        address = "<" + re.sub(r"([<>\\])", r"\\\1", address) + ">"
    address = re.sub(r"&(?=#|\w+;)", "&amp;", address)
    return address + (f' "{_markdown_text(title).replace(chr(34), chr(92) + chr(34))}"' if title else "")


def _code(text: str) -> str:
    """A code span, with more backticks than its text contains."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _fenced_code(pre: HtmlElement) -> str:
    """A fenced code block with its language; empty if it contains other tags."""
    code = pre[0] if len(pre) == 1 and pre[0].tag == "code" and not (pre.text or "").strip() else pre
    language = _LANGUAGE.fullmatch(code.get("class", ""))
    if code is pre or len(code) or (code.tail or "").strip() or (code.attrib and not language):
        return ""
    text = (code.text or "").removesuffix("\n")
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language[1] if language else ''}\n{text}\n{fence}"


def _simple_rows(table: HtmlElement) -> list[list[HtmlElement]]:
    """The rows of cells of a table that Markdown can express: one header row, inline content, no spans. Else empty."""
    head = [row for part in table.iterchildren("thead") for row in part]
    rows = head + [row for part in table.iterchildren("tbody") for row in part]
    cells = [cell for row in rows for cell in row]
    plain = all(not set(cell.attrib) - {"class", "scope"} and cell.get("class", "") in ALIGNMENTS for cell in cells)
    simple = plain and not any(child.tag in BLOCKS for cell in cells for child in cell)
    whole = len(head) == 1 and all(not row.attrib and len(row) == len(head[0]) for row in rows)
    return [list(row) for row in rows] if whole and simple else []


def _escape_line_start(found: re.Match[str]) -> str:
    """Escapes a character that would begin a heading or a list."""
    digits = found[2].isdigit()
    return f"{found[1]}{found[2]}\\" if digits else f"{found[1]}\\{found[2]}"


def _prefix_lines(first: str, rest: str, text: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *(rest.rstrip() if not line else rest + line for line in lines[1:])])


def _html(element: HtmlElement) -> str:
    """The HTML as the sanitizer writes it. The serializer of libxml2 would escape URLs again."""
    start = _start_tag(element)
    if element.tag in _VOID:
        return start
    inside = "".join(_html(child) + _html_text(child.tail) for child in element)
    return f"{start}{_html_text(element.text)}{inside}</{element.tag}>"


def _html_text(text: str | None) -> str:
    """*text* for HTML, with the markup characters of other Markdown tools as character references."""
    return _escape_foreign(escape(text or "", quote=False))


def _escape_foreign(escaped: str) -> str:
    """*escaped* with the markup characters of other tools, such as ``$``, as character references."""
    return _FOREIGN_MARKUP.sub(lambda found: f"&#{ord(found[0])};", escaped)


def _start_tag(element: HtmlElement) -> str:
    """The start tag without ``rel``, which the sanitizer adds."""
    attributes = (
        f' {name}="{_escape_foreign(escape(value))}"' for name, value in element.attrib.items() if name != "rel"
    )
    return f"<{element.tag}{''.join(attributes)}>"


def _markdown_text(text: str | None) -> str:
    return _AUTOLINK.sub(r"\\", _MARKUP.sub(r"\\\g<0>", text or ""))
