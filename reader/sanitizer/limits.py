"""Limits on the size and structure of one article, checked before a library spends time on the input.

The limits are far above the size of any printed article and far below a harmful size. Counts before parsing may be too
high, never too low. Each error names the exceeded limit.
"""

from __future__ import annotations

import re
from collections import Counter

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern

DEEPEST_SOURCE = 400
MOST_TAGS = 100_000
MOST_CELLS = 20_000
MOST_CHARACTERS = 5_000_000
MOST_ATTRIBUTES = 2_000
MOST_REFERENCES = 100_000

_TAG = lazy_pattern(r"<(/?)([a-zA-Z][^\s/>]*)")
_ONE_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+|(?=>)))?+"""
"""An attribute as browsers parse it (HTML, 13.2.5.32 to 13.2.5.40): ``<p a="<" b c …`` is one tag."""
_VAST_TAG = lazy_pattern(rf"(?P<name></?[a-zA-Z][^\s/>]*+)(?:{_ONE_ATTRIBUTE}){{0,1999}}+(?P<last>{_ONE_ATTRIBUTE})?+")
_HUGE_TAG = lazy_pattern(rf"(?P<name></?[a-zA-Z][^\s/>]*+)(?:{_ONE_ATTRIBUTE}){{0,9999}}+(?P<last>{_ONE_ATTRIBUTE})?+")
"""``last`` is the 2,000th or 10,000th attribute. In a script ``i<n`` looks like a tag, too, but has fewer of them."""
_SCRIPT = lazy_pattern(r"<(script|style)\b[^<>]*>", re.IGNORECASE)
_LARGE_CHARACTERS = 50_000
"""In a shorter text, the attributes of a tag cannot cost a second."""
_MOST_SEARCHED_CHARACTERS = 200_000_000
"""The limit of overlapping searches, which take two seconds for so many characters."""
_CLOSED_BY_OTHERS = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
    + ["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup"]
)
"""Void tags, and tags whose end tag is optional."""
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
"""Tags that a parser reopens in each block until they are closed (HTML 13.2.4.3, active formatting elements)."""
_SCOPES = frozenset(
    ["table", "caption", "td", "th", "object", "applet", "marquee", "template", "svg", "math", "select"]
)
"""Tags with a scope: an end tag within one of them does not close a tag that was opened outside of it."""
_CELL_COUNT = lazy_pattern(r'<(/?table|tr|t[dh])\b(?:[^>]* colspan="(\d+)")?')
_DELIMITER_ROW_CHARACTERS = " \t|:->*+.)0123456789"
"""The characters of the delimiter row of a Markdown table, and of the quotation and list marks before it."""


def check_source(dirty: str) -> None:
    """Rejects HTML that takes a parser more than linear time or space. Raises UnreadableArticle with the line."""
    if dirty.count("<") > DEEPEST_SOURCE:
        _check_tags(dirty)
    check_attributes(dirty)
    if dirty.count("&") > MOST_REFERENCES:
        _check_references(dirty)


def check_attributes(dirty: str) -> None:
    """Raises UnreadableArticle, with the line number, if a tag has more than MOST_ATTRIBUTES attributes.

    A parser compares each attribute of a tag with all others: 20,000 take half a second, 200,000 a minute. Words within
    the value of an attribute do not count: a drawing in one (``data-svg="<path d=…"``) has hundreds of them.
    """
    if len(dirty) > _LARGE_CHARACTERS:
        _check_tags_by(_VAST_TAG, _without_scripts(dirty))
        _check_tags_by(_HUGE_TAG, dirty)


def _without_scripts(dirty: str) -> str:
    """*dirty* without scripts and style sheets. The line numbers do not change."""
    out, done = list[str](), 0
    while start := _SCRIPT.search(dirty, done):
        end = re.compile(f"</{start[1]}", re.IGNORECASE).search(dirty, start.end())
        after = end.start() if end else len(dirty)
        out += [dirty[done : start.start()], "\n" * dirty.count("\n", start.start(), after)]
        done = after
    return "".join([*out, dirty[done:]]) if out else dirty


def _check_tags_by(pattern: re.Pattern[str], dirty: str) -> None:
    """Raises UnreadableArticle if *pattern* finds a tag with too many attributes.

    The search continues after the name of each tag: a tag within the value of another may be a real one. Text with very
    many overlapping tags is rejected, because it cannot be a page.
    """
    position = searched = 0
    while tag := pattern.search(dirty, position):
        searched += tag.end() - tag.start()
        if tag["last"] or searched > _MOST_SEARCHED_CHARACTERS:
            raise _too_many_attributes(_line(dirty, tag.start()))
        position = tag.end("name")


def _too_many_attributes(line: int) -> UnreadableArticle:
    cause = Message("a tag has more than %(most)s attributes", most=f"{MOST_ATTRIBUTES:,}")
    return UnreadableArticle(cause, Message("remove the tag"), line)


def _check_references(dirty: str) -> None:
    """Raises UnreadableArticle if one text has more than MOST_REFERENCES ``&``.

    html5ever takes quadratic time in their number: 1.2 to 4.7 s for 400,000, half a minute for a million.
    """
    if max(run.count("&") for run in dirty.split("<")) > MOST_REFERENCES:
        cause = Message("more than %(most)s & without a tag between them", most=f"{MOST_REFERENCES:,}")
        raise UnreadableArticle(cause, Message("split the file"))


def _check_tags(dirty: str) -> None:
    """Raises UnreadableArticle if depth, tags, or tags that a parser has to reopen exceed a limit.

    html5ever takes quadratic time in the depth: 14 s for 100,000 nested div. Recursive code exceeds its stack.
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
    """The open formatting tags, by name."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.total = 0
        self.outside: list[Counter[str]] = []

    def reopened(self, name: str, end: bool) -> int:
        """The number of tags that a parser may reopen at this tag."""
        if name in _FORMATTING:
            self._count(name, end)
            return 0
        if name in _SCOPES:
            self._enter_or_leave_scope(end)
        return self.total

    def _count(self, name: str, end: bool) -> None:
        outside = self.outside[-1][name] if self.outside else 0
        if not end:
            self.open[name] += 1
            self.total += 1
        elif self.open[name] > outside:
            self.open[name] -= 1
            self.total -= 1

    def _enter_or_leave_scope(self, end: bool) -> None:
        if not end:
            self.outside.append(self.open.copy())
        elif self.outside:
            self.outside.pop()


def too_many_tags(line: int = 0) -> UnreadableArticle:
    """The error for more than MOST_TAGS tags, to be raised."""
    cause = Message("more than %(most)s tags, written or opened again in each block", most=f"{MOST_TAGS:,}")
    return UnreadableArticle(cause, Message("split the file, or close <b>, <i>, <a> … where they end"), line)


def check_cleaned(clean: str) -> None:
    """Rejects HTML that exceeds the limits after parsing. Raises UnreadableArticle."""
    if len(clean) > MOST_CHARACTERS:
        cause = Message(
            "%(count)s characters of HTML; at most %(most)s", count=f"{len(clean):,}", most=f"{MOST_CHARACTERS:,}"
        )
        raise UnreadableArticle(cause, Message("split the file"))
    if clean.count("<") > 2 * MOST_TAGS:
        raise too_many_tags()


def check_tables(html: str) -> None:
    """Rejects sanitized *html* with tables that are too large to lay out. Raises UnreadableArticle."""
    if "<table" in html:
        check_cells(sum(_cells(html)))


def check_cells(count: int, line: int = 0) -> None:
    """Raises UnreadableArticle for more than MOST_CELLS table cells."""
    if count > MOST_CELLS:
        cause = Message("tables of %(count)s cells; at most %(most)s", count=f"{count:,}", most=f"{MOST_CELLS:,}")
        raise UnreadableArticle(cause, Message("split the file, or make the tables smaller"), line)


def _cells(clean: str) -> list[int]:
    """The size of each table's layout grid: rows × columns."""
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
    """Rejects Markdown tables that would be padded to n × n cells: n columns over n rows. Raises UnreadableArticle."""
    if "|" not in text:
        return
    cells = columns = rows = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if not line.strip(" \t>"):
            cells, columns, rows = cells + columns * rows, 0, 0
            check_cells(cells, number - 1)
            continue
        rows += 1
        if "-" in line and "|" in line and not line.strip(_DELIMITER_ROW_CHARACTERS):
            columns = max(columns, line.strip(" \t>|").count("|") + 1)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
