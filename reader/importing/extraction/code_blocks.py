"""Code in pages: its lines and indents stay, the numbers beside it go."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from .blocks import drop

_GUTTER = re.compile(r"gutter|line-?no|line-?num|^\s*(?:ln|num)\s*$", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*\d+(?:\s+\d+)*\s*")


def lines_of(pre: HtmlElement) -> str:
    """The text of code as it stands, each ``<br>`` a line end."""
    parts = [pre.text or ""]
    for child in pre:
        parts += ["\n" if child.tag == "br" else lines_of(child), child.tail or ""]
    return "".join(parts)


def drop_line_numbers(body: HtmlElement) -> None:
    """Takes out numbers in an element named so, and preformatted text that is nothing but numbers."""
    for element in list(body.iter("td", "pre", "div", "span", "a")):
        named = element.tag == "pre" or _GUTTER.search(element.get("class", ""))
        if element is not body and named and _NUMBERS.fullmatch(element.text_content()):
            drop(element)
