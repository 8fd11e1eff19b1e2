"""Code blocks of web pages: preserves lines, indentation and language; removes line numbers."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from .text_blocks import drop

_GUTTER = re.compile(r"gutter|line-?no|line-?num|ln-num|blob-num|numbering|^\s*(?:ln|num)\s*$", re.IGNORECASE)
_LINE_TAGS = ("div", "li", "p", "tr")
_CODE_CELL = re.compile(r"\bcode\b|blob-code|ln-code", re.IGNORECASE)
_LANGUAGE = re.compile(
    r"(?:^|\s)(?:language-|lang-|highlight-source-|highlight-text-|highlight-(?=\w+ notranslate)"
    r"|sourceCode\s+|brush:\s*)([\w+#]+)"
)
_HIGHLIGHTED = re.compile(r"\bhighlight\s+([\w+#]+)\s*")
_NO_LANGUAGES = frozenset({"default", "none", "plain", "plaintext", "text", "txt", "notranslate", "highlight"})
_MOST_ANCESTORS = 6
"""The nesting of a ``pre`` in Hexo's figure: table, tbody, tr, td."""
_NUMBERS = re.compile(r"\s*\d+(?:\s+\d+)*\s*")


def lines_of(pre: HtmlElement) -> str:
    """The text of a code block. Each ``<br>`` becomes a line break, each block element a line."""
    text = pre.text or ""
    for child in pre:
        if child.tag in _LINE_TAGS:
            line = lines_of(child)
            text = _closed(text if text.strip() else "") + _closed(line or "\n") + (child.tail or "").strip()
        else:
            text += ("\n" if child.tag == "br" else lines_of(child)) + (child.tail or "")
    return text


def language_of(pre: HtmlElement) -> str:
    """The language in the class of a code block or of an element around it; empty if there is none.

    ``language-go`` (HTML), ``highlight-source-go`` (GitHub), ``highlight-go notranslate`` (Sphinx), ``brush: go``
    (SyntaxHighlighter), ``<figure class="highlight go">`` (Hexo), ``sourceCode go`` (pandoc).
    """
    inside = [child for child in pre if child.tag == "code"][:1]
    above = [element for element, _ in zip(pre.iterancestors(), range(_MOST_ANCESTORS), strict=False)]
    for element in (*inside, pre, *above):
        classes = element.get("class", "")
        found = _LANGUAGE.search(classes) or (_HIGHLIGHTED.fullmatch(classes) if element.tag == "figure" else None)
        if found:
            return "" if found[1].lower() in _NO_LANGUAGES else found[1].lower()
    return ""


def is_code_wrapper(element: HtmlElement) -> bool:
    """Whether the class of an element around a code block contains its language: ``highlight-source-shell``."""
    return _LANGUAGE.search(element.get("class", "")) is not None and element.find(".//pre") is not None


def _closed(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def drop_line_numbers(body: HtmlElement) -> None:
    """Removes elements with a class for line numbers, and preformatted text that contains only numbers.

    A table with one line of code per row becomes one code block.
    """
    for element in list(body.iter("td", "pre", "div", "span", "a", "ul", "ol")):
        named = element.tag == "pre" or _GUTTER.search(element.get("class", ""))
        if element is not body and named and _NUMBERS.fullmatch(element.text_content()):
            drop(element)
    for cell in list(body.iter("td")):
        if _GUTTER.search(cell.get("class", "")) and not cell.text_content().strip():
            drop(cell)
    for table in list(body.iter("table")):
        if table is not body and _is_code(table):
            _as_one_block(table)


def _is_code(table: HtmlElement) -> bool:
    """Whether each row is a single cell with a class for code, and contains no code block."""
    rows = [list(row) for row in table.iter("tr")]
    return bool(rows) and all(
        len(row) == 1 and _CODE_CELL.search(row[0].get("class", "")) and row[0].find(".//pre") is None for row in rows
    )


def _as_one_block(table: HtmlElement) -> None:
    lines = [lines_of(row[0]).rstrip("\n") for row in table.iter("tr")]
    tail = table.tail
    table.clear()
    table.tag, table.text, table.tail = "pre", "\n".join(lines), tail
