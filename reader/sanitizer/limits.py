"""How much one article may hold. What is over a limit is refused by name before a library spends its time on it.

The limits are far above what newspapers print and far below what hurts. The checks before parsing may count too much,
never too little.
"""

from __future__ import annotations

import re
from collections import Counter

from ..errors import UnreadableArticle
from ..i18n import Message

DEEPEST_SOURCE = 400
MOST_TAGS = 100_000
MOST_CELLS = 20_000
MOST_CHARACTERS = 5_000_000
MOST_ATTRIBUTES = 200
MOST_REFERENCES = 100_000

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{400,}")
_ATTRIBUTE = re.compile(r"""[^\s"'/=]+(?:=(?:"[^"]*"|'[^']*'|[^\s"']+))?|"[^"]*"|'[^']*'""")
_CLOSED_BY_OTHERS = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
    + ["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup"]
)
"""Void tags, and those whose end tag may be left out."""
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
"""What a parser opens again in each block until it is closed (HTML, 13.2.4.3, "active formatting elements")."""
_SCOPES = frozenset(
    ["table", "caption", "td", "th", "object", "applet", "marquee", "template", "svg", "math", "select"]
)
"""Within these an end tag does not close what was opened outside of them."""
_CELL_COUNT = re.compile(r'<(/?table|tr|t[dh])\b(?:[^>]* colspan="(\d+)")?')
_RULE_OF_TABLE = " \t|:->*+.)0123456789"
"""What the line below the heads of a Markdown table is made of, with the marks of quotations and lists before it."""


def check_source(dirty: str) -> None:
    """Refuses HTML that parsers need more than linear time or space for. Raises UnreadableArticle with the line."""
    _check_attributes(dirty)
    if dirty.count("&") > MOST_REFERENCES:
        _check_references(dirty)
    if dirty.count("<") > DEEPEST_SOURCE:
        _check_tags(dirty)


def _check_attributes(dirty: str) -> None:
    """A parser compares each attribute of a tag with all others: 20,000 take half a second, 200,000 a minute."""
    for tag in _LONG_TAG.finditer(dirty):
        if len(_ATTRIBUTE.findall(tag[0])) > MOST_ATTRIBUTES:
            cause = Message("a tag has more than %(most)s attributes", most=MOST_ATTRIBUTES)
            raise UnreadableArticle(cause, Message("remove the tag"), _line(dirty, tag.start()))


def _check_references(dirty: str) -> None:
    """html5ever needs time in the square of the & in one text: 400,000 take 1.2 to 4.7 s, a million half a minute."""
    if max(run.count("&") for run in dirty.split("<")) > MOST_REFERENCES:
        cause = Message("more than %(most)s & without a tag between them", most=f"{MOST_REFERENCES:,}")
        raise UnreadableArticle(cause, Message("split the file"))


def _check_tags(dirty: str) -> None:
    """Counts depth and tags, and how many tags a parser will have to open again.

    html5ever needs time in the square of the depth: 100,000 nested div take 14 s; and recursive readers break.
    """
    depth = tags = 0
    formatting = _Formatting()
    for tag in _TAG.finditer(dirty):
        name = tag[2].lower()
        tags += 1 + formatting.reopened(name, bool(tag[1]))
        if name not in _CLOSED_BY_OTHERS:
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > DEEPEST_SOURCE:
            cause = Message("tags are nested more than %(most)s deep", most=DEEPEST_SOURCE)
            raise UnreadableArticle(cause, Message("close the tags"), _line(dirty, tag.start()))
        if tags > 4 * MOST_TAGS:
            raise too_many_tags(_line(dirty, tag.start()))


class _Formatting:
    """Which formatting tags are open, by name."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.total = 0
        self.outside: list[Counter[str]] = []

    def reopened(self, name: str, end: bool) -> int:
        """How many a parser may open again at this tag."""
        if name in _FORMATTING:
            self._count(name, end)
            return 0
        if name in _SCOPES:
            self._cross(end)
        return self.total

    def _count(self, name: str, end: bool) -> None:
        outside = self.outside[-1][name] if self.outside else 0
        if not end:
            self.open[name] += 1
            self.total += 1
        elif self.open[name] > outside:
            self.open[name] -= 1
            self.total -= 1

    def _cross(self, end: bool) -> None:
        if not end:
            self.outside.append(self.open.copy())
        elif self.outside:
            self.outside.pop()


def too_many_tags(line: int = 0) -> UnreadableArticle:
    cause = Message("more than %(most)s tags, written or opened again in each block", most=f"{MOST_TAGS:,}")
    return UnreadableArticle(cause, Message("split the file, or close <b>, <i>, <a> … where they end"), line)


def check_cleaned(clean: str) -> None:
    """Refuses what has grown beyond the limits while it was parsed."""
    if len(clean) > MOST_CHARACTERS:
        cause = Message(
            "%(count)s characters of HTML; at most %(most)s", count=f"{len(clean):,}", most=f"{MOST_CHARACTERS:,}"
        )
        raise UnreadableArticle(cause, Message("split the file"))
    if clean.count("<") > 2 * MOST_TAGS:
        raise too_many_tags()


def check_tables(html: str) -> None:
    """Refuses sanitized *html* whose tables are too large for whoever lays them out."""
    if "<table" in html:
        check_cells(sum(_cells(html)))


def check_cells(count: int, line: int = 0) -> None:
    if count > MOST_CELLS:
        cause = Message("tables of %(count)s cells; at most %(most)s", count=f"{count:,}", most=f"{MOST_CELLS:,}")
        raise UnreadableArticle(cause, Message("split the file, or make the tables smaller"), line)


def _cells(clean: str) -> list[int]:
    """Rows × columns of each table: the grid that whoever lays it out has to fill."""
    grids: list[int] = []
    tables: list[list[int]] = []
    for name, colspan in _CELL_COUNT.findall(clean):
        if name == "table":
            tables.append([0, 0, 0])
        elif name == "/table" and tables:
            rows, columns, width = tables.pop()
            grids.append(rows * max(columns, width))
        elif tables and name == "tr":
            table = tables[-1]
            tables[-1] = [table[0] + 1, max(table[1], table[2]), 0]
        elif tables and name in ("td", "th"):
            tables[-1][2] += int(colspan or 1)
    return grids


def check_markdown(text: str) -> None:
    """Refuses tables before they are filled up: n columns over n rows become n × n cells. Raises UnreadableArticle."""
    if "|" not in text:
        return
    cells = columns = rows = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if not line.strip(" \t>"):
            cells, columns, rows = cells + columns * rows, 0, 0
            check_cells(cells, number - 1)
            continue
        rows += 1
        if line.count("|") > columns and "-" in line and not line.strip(_RULE_OF_TABLE):
            columns = line.count("|") + 1


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
