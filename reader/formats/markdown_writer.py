"""Sanitized HTML as Markdown, block by block. What Markdown has no sign for stays HTML, which it allows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree
from lxml.html import HtmlElement
from markupsafe import Markup, escape

HEADINGS = ("h2", "h3", "h4", "h5", "h6")
BLOCKS = {"p", "pre", "table", "blockquote", "figure", "ul", "ol", "dl", *HEADINGS}
ALIGNMENTS = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}
MARKS = {"em": "*", "strong": "**", "del": "~~"}
_ACTIVE = re.compile(r"([\\`*_\[\]<>&|~^$])")
_AUTOLINK = re.compile(r"(?<=http)(?=s?://)|(?<=ftp)(?=://)|(?<=www)(?=\.)|(?=@)")
_LINE_START = re.compile(r"^(\s*)([#+=:-]|\d+(?=[.)]))", re.MULTILINE)


def to_markdown(body: Markup) -> str:
    """One block a paragraph, ended by a line break."""
    root = lxml.html.fragment_fromstring(str(body), create_parent="div")
    return "\n\n".join(_block(element) for element in root) + "\n"


def _block(element: HtmlElement) -> str:
    plain = not element.attrib
    if element.tag == "p" and plain:
        return _LINE_START.sub(_disarmed, inline(element))
    if element.tag in HEADINGS and not set(element.attrib) - {"id"}:  # the id is made of the words again
        return "#" * int(element.tag[1]) + " " + inline(element).replace("\n", " ")
    if element.tag == "hr" and plain:
        return "***"
    if element.tag == "blockquote" and plain:
        return _prefixed("> ", "> ", "\n\n".join(_block(child) for child in element))
    if element.tag in ("ul", "ol") and plain and all(_is_simple(item) for item in element):
        return "\n".join(_items(element))
    if element.tag == "pre" and plain and len(element) == 1 and element[0].tag == "code" and not len(element[0]):
        return f"~~~~\n{(element[0].text or '').rstrip(chr(10))}\n~~~~"
    if element.tag == "table" and plain and (rows := _simple_rows(element)):
        return "\n".join(_pipes(rows))
    return _html(element)


def _simple_rows(table: HtmlElement) -> list[list[HtmlElement]]:
    """The cells, if Markdown can say them: one row of heads, inline content, no spans; else nothing."""
    head = [row for part in table.iterchildren("thead") for row in part]
    rows = head + [row for part in table.iterchildren("tbody") for row in part]
    cells = [cell for row in rows for cell in row]
    plain = all(not set(cell.attrib) - {"class"} and cell.get("class", "") in ALIGNMENTS for cell in cells)
    simple = plain and not any(child.tag in BLOCKS for cell in cells for child in cell)
    whole = len(table) == 2 and len(head) == 1 and all(not row.attrib and len(row) == len(head[0]) for row in rows)
    return [list(row) for row in rows] if whole and simple else []


def _pipes(rows: list[list[HtmlElement]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield "| " + " | ".join(inline(cell).replace("\n", " ") for cell in row) + " |"
        if number == 0:
            yield "| " + " | ".join(ALIGNMENTS[cell.get("class", "")] for cell in row) + " |"


def _disarmed(found: re.Match[str]) -> str:
    """A sign that would begin a heading or a list, made an ordinary one."""
    digits = found[2].isdigit()
    return f"{found[1]}{found[2]}\\" if digits else f"{found[1]}\\{found[2]}"


def _is_simple(item: HtmlElement) -> bool:
    """Text and inline tags only, perhaps followed by one list."""
    inner = [child.tag for child in item]
    return not item.attrib and not BLOCKS & set(inner[:-1]) and (not inner or inner[-1] not in BLOCKS - {"ul", "ol"})


def _items(items: HtmlElement) -> Iterator[str]:
    for number, item in enumerate(items, 1):
        mark = f"{number}. " if items.tag == "ol" else "- "
        below = item[-1] if len(item) and item[-1].tag in ("ul", "ol") else None
        if below is not None:
            item.remove(below)
        yield _prefixed(mark, " " * len(mark), _LINE_START.sub(_disarmed, inline(item).strip()))
        if below is not None:
            yield _prefixed(" " * len(mark), " " * len(mark), _block(below))


def _prefixed(first: str, rest: str, text: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((rest + line).rstrip() for line in lines[1:])])


def inline(element: HtmlElement) -> str:
    return _text(element.text) + "".join(_inline(child) + _text(child.tail) for child in element)


def _inline(element: HtmlElement) -> str:
    if element.tag == "br" and not element.attrib:
        return "\\\n"
    if element.tag in MARKS and not element.attrib:
        mark = MARKS[element.tag]
        return f"{mark}{inline(element)}{mark}"
    if element.tag == "code" and not element.attrib and not len(element) and "`" not in (element.text or ""):
        return f"`{element.text}`"
    if element.tag == "a" and element.get("href") and not set(element.attrib) - {"href", "rel"}:
        return f"[{inline(element)}](<{element.get('href')}>)"
    if element.tag == "img" and not set(element.attrib) - {"src", "alt"}:
        return f"![{_text(element.get('alt'))}](<{element.get('src')}>)"
    if element.tag in ("br", "img", "wbr"):
        return _html(element)
    start = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items())
    return f"<{element.tag}{start}>{inline(element)}</{element.tag}>"


def _html(element: HtmlElement) -> str:
    tail, element.tail = element.tail, None
    text = etree.tostring(element, encoding="unicode", method="html")
    element.tail = tail
    return text


def _text(text: str | None) -> str:
    return _AUTOLINK.sub(r"\\", _ACTIVE.sub(r"\\\1", text or ""))
