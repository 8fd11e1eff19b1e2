"""Converts grid tables of Pandoc and Quarto, ``+---+---+``, and captions of tables, ``: Caption {#tbl-x}``.

docutils parses the grid. It is imported only for a text with such a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from ...patterns import lazy_pattern
from .masking import closes_fence
from .mkdocs_syntax import open_fence
from .myst_tables import table_lines

_PREFIX = r"((?: {0,3}>){0,9} {0,3})"
_RULE = lazy_pattern(_PREFIX + r"\+(?:[-=:]{2,}\+)+[ \t]*")
_CAPTION = lazy_pattern(_PREFIX + r"(?:Table)?:[ \t]+(\S.*?)?[ \t]*\{(?:#|\.|tbl-)[^{}]*\}[ \t]*")
_SIGNS = ("+-", "+:", "+=", "{#tbl", "{tbl-", "{.striped")
"""A text without these has neither."""
_PAD = "\ufdd5"
"""A non-character that follows each wide character of a grid."""
_LONGEST = 400
"""The number of lines of a table that is read."""


def with_tables(text: str) -> str:
    """*text* (with unmasked code) with HTML for its grid tables, and a paragraph for the caption of each table."""
    return "\n".join(_convert(text.split("\n"))) if any(sign in text for sign in _SIGNS) else text


def _convert(lines: list[str]) -> Iterator[str]:
    at, fence, tried = 0, None, 0  # a grid that is not regular is tried once
    while at < len(lines):
        line = lines[at]
        is_code = fence is not None
        fence = (None if closes_fence(line, *fence) else fence) if fence else open_fence(line)
        begins = _RULE.fullmatch(line) if "+" in line and at >= tried and not (is_code or fence) else None
        length = _length_of(lines, at, begins[1]) if begins else 0
        html = _html_of([row[len(begins[1]) :].rstrip() for row in lines[at : at + length]]) if begins else []
        if begins and html:
            yield from [begins[1].rstrip(), *((begins[1] + row).rstrip() for row in html), begins[1].rstrip()]
            at += length
            continue
        tried = max(tried, at + length)
        caption = None if is_code else _CAPTION.fullmatch(line)
        yield caption[1] + (caption[2] or "") if caption else line
        at += 1


def _length_of(lines: list[str], at: int, prefix: str) -> int:
    signs = (f"{prefix}+", f"{prefix}|")
    return sum(1 for _ in takewhile(lambda line: line.startswith(signs), lines[at : at + _LONGEST]))


def _html_of(lines: list[str]) -> list[str]:
    """The lines of the table in HTML; empty if the grid is not regular."""
    from docutils.parsers.rst.tableparser import GridTableParser, TableMarkupError
    from docutils.statemachine import StringList

    if len(lines) < 3:
        return []
    rules = [line.replace(":", "-") if _RULE.fullmatch(line) else line for line in lines]
    rules = [line.replace("-", "=") if _RULE.fullmatch(line) and "=" in line else line for line in rules]
    rules[0] = rules[0].replace("=", "-")  # a table without a head may have its alignment there
    for is_wide in (True, False):  # Han characters have the width of two columns, or of one
        grid = StringList(rules, "table")
        if is_wide:
            grid.pad_double_width(_PAD)
        try:
            _, heads, rows = GridTableParser().parse(grid)
        except (TableMarkupError, IndexError, ValueError, AssertionError):
            continue
        cells = [
            [[part.replace(_PAD, "") for part in cell[3]] for cell in row if cell is not None]
            for row in [*heads, *rows]
        ]
        return list(table_lines(cells, {"header-rows": str(len(heads))}))
    return []
