"""The body of an article as an lxml tree, prepared for a file: unique ids, valid links, lists, ruby, tables.

The input must be sanitized HTML. No elements or attributes are added that the sanitizer would reject.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml import etree
from lxml.html import HtmlElement
from markupsafe import Markup, escape

from .. import urls
from ..sanitizer.allowlist import CODE

HEADINGS = ("h2", "h3", "h4", "h5", "h6")
XHTML = "http://www.w3.org/1999/xhtml"
MATHML = "http://www.w3.org/1998/Math/MathML"


@dataclass(frozen=True)
class Heading:
    """A heading of a body. ``level`` is that of the HTML element, 2 to 6."""

    level: int
    id: str
    text: str


LONG_NUMBER = 1000
"""A list number of as many digits has no room in the margin of a list, so it is at the beginning of the item's text."""
_WORDS = ".//text()[not(ancestor::math or ancestor::sup[@class='footnote-ref'])] | .//math/@alttext"
_WORDS_OF_PICTURES = ".//img/@alt"


class Body:
    """The body of one chapter. *prefix* makes its ids unique among the chapters of one file. *address* is the base URL
    of the site for links; without it, links within the site become plain text. *direction* is ``rtl`` or empty.

    ``root`` is the body as an lxml tree: a ``div`` with the blocks as children, for formats that are not HTML.

    Example: ``Body(Markup('<h2 id="a">甲</h2>'), prefix="c1-").html()`` is ``<h2 id="c1-a">甲</h2>``.
    """

    def __init__(self, body: Markup, prefix: str, address: str = "", direction: str = "") -> None:
        self.root: HtmlElement = lxml.html.fragment_fromstring(str(body), create_parent="div")
        self.root.set("dir", direction)
        self._prefix = prefix
        self._prefix_ids()
        self._resolve_links(address)

    def headings(self) -> list[Heading]:
        """The headings in reading order, but none without words. A heading without an id gets one."""
        found = []
        for number, element in enumerate(self.root.iter(*HEADINGS), 1):
            if "id" not in element.attrib:
                element.set("id", f"{self._prefix}s{number}")
            if text := element_text(element) or " ".join(element.xpath(_WORDS_OF_PICTURES)).strip():
                found.append(Heading(int(element.tag[1]), element.get("id"), text))
        return found

    def pictures(self) -> list[HtmlElement]:
        return list(self.root.iter("img"))

    def html(self) -> Markup:
        return self._markup("html")

    def xhtml(self) -> Markup:
        """Well-formed XML, as EPUB requires."""
        return self._markup("xml")

    def _markup(self, method: str) -> Markup:
        """The rearranged body as Markup: its input was sanitized, and lxml escapes its output."""
        children = [etree.tostring(child, encoding="unicode", method=method) for child in self.root]
        return Markup("".join([escape(self.root.text or ""), *children]))  # noqa: S704

    def _prefix_ids(self) -> None:
        """Prefixes all ids and the links to them, and removes links to missing ids."""
        for element in self.root.iter():
            if not isinstance(element.tag, str):
                continue
            if "id" in element.attrib:
                element.set("id", self._prefix + element.get("id"))
            if element.get("href", "").startswith("#"):
                element.set("href", f"#{self._prefix}{element.get('href')[1:]}")
        self._unlink_missing_ids()

    def _unlink_missing_ids(self) -> None:
        """Removes ``href`` from links to missing ids, which EPUBCheck and PDF readers report as errors."""
        ids = {element.get("id") for element in self.root.iter() if isinstance(element.tag, str)}
        for link in self.root.iter("a"):
            if link.get("href", "").startswith("#") and link.get("href")[1:] not in ids:
                del link.attrib["href"]

    def _resolve_links(self, address: str) -> None:
        """Makes links within this site absolute. If *address* is empty they become plain text."""
        for link in list(self.root.iter("a")):
            target = link.get("href")
            if target is None or target.startswith("#") or urlsplit(target).scheme:
                continue
            if address:
                link.set("href", urljoin(f"{address}/", urls.with_prefix(urls.prefix_of(address), target)))
            else:
                del link.attrib["href"]


def element_text(element: HtmlElement) -> str:
    """The text of *element* in one line, without footnote references. A formula is its TeX source."""
    return " ".join("".join(element.xpath(_WORDS)).split())


def number_lists(root: HtmlElement) -> HtmlElement:
    """Sets the number of each item of ordered lists (HTML, 4.4.5) as ``value``, and as a style for WeasyPrint.

    Returns *root*.
    """
    for ordered in root.iter("ol"):
        items, step = ordered.findall("li"), -1 if "reversed" in ordered.attrib else 1
        number = int(ordered.get("start") or (len(items) if step < 0 else 1))
        for item in items:
            number = int(item.get("value") or number)
            item.set("value", str(number))
            inside = ";list-style-position:inside" * (abs(number) >= LONG_NUMBER)
            item.set("style", f"counter-set:list-item {number};counter-increment:none{inside}")
            number += step
    return root


def ruby_to_parentheses(body: Body) -> Body:
    """Replaces ruby by text such as 汉（hàn）, for renderers without ruby support (WeasyPrint). Returns *body*."""
    for ruby in list(body.root.iter("ruby")):
        for parenthesis in list(ruby.iter("rp")):
            parenthesis.drop_tree()
        for reading in list(ruby.iter("rt")):
            reading.text, reading.tag = f"（{element_text(reading)}）", "span"
            for child in list(reading):
                child.drop_tree()
        ruby.drop_tag()
    return body


def resolve_directions(body: Body) -> Body:
    """Replaces ``dir="auto"`` by the direction of the first letter, which WeasyPrint does not find. Returns *body*."""
    for element in body.root.iterfind(".//*[@dir='auto']"):
        classes = map(unicodedata.bidirectional, element.text_content())
        first = next((name for name in classes if name in ("L", "R", "AL")), "L")
        element.set("dir", "ltr" if first == "L" else "rtl")
    return body


def direct_code(body: Body) -> Body:
    """Sets ``dir="ltr"`` of code in text from right to left, for EPUB, whose style sheets cannot set a direction.

    Without it brackets and operators change places. Returns *body*.
    """
    for element in body.root.iter(*CODE):
        [direction] = element.xpath("ancestor-or-self::*[@dir][1]/@dir")
        if direction == "rtl":
            element.set("dir", "ltr")
    return body


def mark_verses(body: Body) -> Body:
    """Sets the class ``lines`` of paragraphs with line breaks outside of lists and tables, for readers of EPUB that do
    not support ``:has``. Returns *body*."""
    for paragraph in body.root.iterfind(".//br/.."):
        around = {parent.tag for parent in paragraph.iterancestors()}
        if paragraph.tag == "p" and "class" not in paragraph.attrib and not around & {"li", "td", "th", "dd", "aside"}:
            paragraph.set("class", "lines")
    return body


def complete_definitions(body: Body) -> Body:
    """Adds the empty ``dt`` and ``dd`` without which a group of a ``dl`` is not valid (HTML 4.4.9). Returns *body*."""
    for listed in body.root.iter("dl"):
        if len(listed) and listed[0].tag == "dd":
            listed.insert(0, etree.Element("dt"))
        if len(listed) and listed[-1].tag == "dt":
            etree.SubElement(listed, "dd")
    return body


def scrolling_tables(body: Body) -> Body:
    """Puts each table into a box that scrolls horizontally if the screen is narrower. Returns *body*."""
    for table in list(body.root.iter("table")):
        box = etree.Element("div")
        box.set("class", "wide")
        box.tail, table.tail = table.tail, None
        table.getparent().replace(table, box)
        box.append(table)
    return body


@dataclass
class TocEntry:
    """One entry of the table of contents. ``href`` is its target, ``below`` are the entries one level lower."""

    text: str
    href: str
    below: list[TocEntry] = field(default_factory=list)


def toc_tree(headings: list[Heading], file: str) -> list[TocEntry]:
    """The headings in *file* as a tree. A skipped level (h2, h4) adds no empty level."""
    top: list[TocEntry] = []
    path: list[tuple[int, list[TocEntry]]] = [(0, top)]
    for heading in headings:
        while path[-1][0] >= heading.level:
            path.pop()
        entry = TocEntry(heading.text, f"{file}#{heading.id}")
        path[-1][1].append(entry)
        path.append((heading.level, entry.below))
    return top
