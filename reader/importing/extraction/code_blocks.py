"""Code blocks of web pages: keeps their lines and indents, removes line numbers."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from .blocks import drop

_GUTTER = re.compile(r"gutter|line-?no|line-?num|^\s*(?:ln|num)\s*$", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*\d+(?:\s+\d+)*\s*")


def lines_of(pre: HtmlElement) -> str:
    """The text of a code block; each ``<br>`` becomes a line break."""
    parts = [pre.text or ""]
    for child in pre:
        parts += ["\n" if child.tag == "br" else lines_of(child), child.tail or ""]
    return "".join(parts)


def drop_line_numbers(body: HtmlElement) -> None:
    """Removes elements with a class for line numbers, and preformatted text that contains only numbers."""
    for element in list(body.iter("td", "pre", "div", "span", "a")):
        named = element.tag == "pre" or _GUTTER.search(element.get("class", ""))
        if element is not body and named and _NUMBERS.fullmatch(element.text_content()):
            drop(element)
