"""Fits tables to the paper: sets column widths, reduces the font size, and splits wide tables.

Widths are in em and estimated from the text. A column is at least as wide as its longest word; a word that is longer
than ``WIDEST_WORD`` is broken. If the columns do not fit, the font size is reduced, down to a limit. If they still do
not fit, the table is split into groups of columns, one below the other. Each group repeats the first column and the
header rows.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from ..chinese import HAN
from .body_tree import Body
from .to_text import text_lines

SCALES = (0.88, 0.8, 0.72, 0.64)
"""The font sizes in tables, relative to the surrounding text, in order of preference."""
PADDING = 0.9
"""The left and right padding of a cell together, in em of the table."""
WIDEST_WORD = 12.0
WIDEST_LINE = 30.0
SHORTEST_LINE = 3.0
"""The minimum width of a column of text, in Chinese characters, so that words of two or three are not split."""
PICTURE = (6.0, 20.0)
"""The minimum and the preferred width of a picture."""
NARROWEST_TABLE = 5.0
"""The minimum width of a table. A nested table with less space becomes plain blocks."""
TALLEST_ROW = 8
"""In lines. A taller row may be split between pages."""
INDENTS = {"ul": 2.0, "ol": 2.0, "dd": 2.0, "blockquote": 1.3, "aside": 1.3}
"""The indents of elements around a table, in em."""

_WORD = re.compile(rf"[^\s\u2e80-\u30ff{HAN}\uac00-\ud7af\uff00-\uffef-]+|\S")
"""A sequence of letters and digits, or one Chinese character, kana, Hangul syllable or punctuation mark: a line may
break between these."""
_NARROW = frozenset("ijlt.,:;'|!()[]/ ")
_WIDE = frozenset("mwMW@%&")


@dataclass(frozen=True)
class Cell:
    """A cell in the grid. ``x`` is its first column, from 0; ``columns`` and ``rows`` are its span within the table."""

    element: HtmlElement
    x: int
    columns: int
    rows: int


Grid = list[tuple[HtmlElement, list[Cell]]]
"""The rows with their cells."""


@dataclass(frozen=True)
class Need:
    """The minimum and the preferred width of a column or cell, in em."""

    least: float
    best: float


def fit_tables(body: Body, room: float, smallest: float) -> None:
    """Sets the column widths and the font size of each table so that it fits into *room* em.

    *smallest* is the minimum font size, relative to the text.
    """
    outermost = [table for table in body.root.iter("table") if next(table.iterancestors("table"), None) is None]
    for table in outermost:
        _fit(table, max(NARROWEST_TABLE, room - _indent(table)), [s for s in SCALES if s >= smallest] or [1.0])


def _indent(table: HtmlElement) -> float:
    """The total indent of the elements around *table*, in em. Deeply nested elements count less."""
    depths = [INDENTS[parent.tag] for parent in table.iterancestors() if parent.tag in INDENTS]
    return sum(depths[:4]) + 0.7 * len(depths[4:8])


def _fit(table: HtmlElement, room: float, scales: Sequence[float]) -> None:
    grid = grid_of(table)
    needs = _needs(grid)
    if not needs:
        return
    fewest = len(_groups(needs, room / scales[-1]))
    scale = next(s for s in scales if len(_groups(needs, room / s)) == fewest)
    groups = _groups(needs, room / scale)
    parts = [table] if len(groups) == 1 else _split(table, groups)
    for part, group in zip(parts, groups, strict=True):
        _set_widths(part, [needs[x] for x in group], room, scale)


def grid_of(table: HtmlElement) -> Grid:
    """The rows and cells of *table* (HTML, 4.9.12.1). Reduces spans to existing rows, and to columns in which a cell
    starts; also sets them as attributes."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    grid: Grid = []
    free_at: dict[int, int] = {}  # by column: the first row after a cell that spans several rows
    for y, row in enumerate(rows):
        cells, x = [], 0
        for element in row:
            if element.tag not in ("td", "th"):
                continue
            while free_at.get(x, 0) > y:
                x += 1
            columns, height = _span(element, "colspan"), min(_span(element, "rowspan"), len(rows) - y)
            cells.append(Cell(element, x, columns, height))
            if height > 1:
                free_at |= dict.fromkeys(range(x, x + columns), y + height)
            x += columns
        grid.append((row, cells))
    starts = sorted({cell.x for _, cells in grid for cell in cells})
    index = {x: number for number, x in enumerate(starts)}
    return [(row, [_clip(cell, starts, index) for cell in cells]) for row, cells in grid]


def _span(cell: HtmlElement, name: str) -> int:
    value = cell.get(name, "1")
    return max(1, int(value)) if value.isdecimal() else 1


def _clip(cell: Cell, starts: list[int], index: dict[int, int]) -> Cell:
    columns = bisect_left(starts, cell.x + cell.columns) - index[cell.x]
    _set_span(cell.element, "colspan", columns)
    _set_span(cell.element, "rowspan", cell.rows)
    return Cell(cell.element, index[cell.x], columns, cell.rows)


def _set_span(cell: HtmlElement, name: str, count: int) -> None:
    cell.attrib.pop(name, None)
    if count > 1:
        cell.set(name, str(count))


def _needs(grid: Grid) -> list[Need]:
    """The widths of the columns, padding included. The width of a cell is shared equally by the columns it spans."""
    count = max((cell.x + cell.columns for _, cells in grid for cell in cells), default=0)
    least, best = [1.0] * count, [1.0] * count
    for _, cells in grid:
        for cell in cells:
            need = need_of(cell.element)
            for x in range(cell.x, cell.x + cell.columns):
                least[x] = max(least[x], need.least / cell.columns)
                best[x] = max(best[x], need.best / cell.columns)
    return [Need(low + PADDING, high + PADDING) for low, high in zip(least, best, strict=True)]


def need_of(cell: HtmlElement) -> Need:
    """The widths of a cell without padding: the minimum by its longest word, the preferred by its longest line."""
    lines = text_lines(cell).split("\n")
    longest = max(map(width_of, lines))
    word = max((width_of(found) for line in lines for found in _WORD.findall(line)), default=0.0)
    picture = PICTURE if next(cell.iter("img"), None) is not None else (0.0, 0.0)
    least = max(min(word, WIDEST_WORD), min(longest, SHORTEST_LINE), picture[0])
    if (inner := next(cell.iter("table"), None)) is not None:
        return Need(min(WIDEST_LINE, max(least, _total(_needs(grid_of(inner))))), WIDEST_LINE)
    return Need(least, max(least, min(longest, WIDEST_LINE), picture[1]))


def width_of(text: str) -> float:
    """The estimated width of *text* in em; too large rather than too small."""
    return sum(map(_width, text))


def _width(char: str) -> float:
    if char.isascii():
        return 0.34 if char in _NARROW else 0.95 if char in _WIDE else 0.72 if char.isupper() else 0.58
    if unicodedata.combining(char):
        return 0.0
    return 0.62 if unicodedata.east_asian_width(char) in ("N", "Na") and char.isalpha() else 1.0


def _total(needs: Sequence[Need]) -> float:
    return sum(need.least for need in needs)


def _groups(needs: Sequence[Need], room: float) -> list[list[int]]:
    """The columns of each part of a table. The first column is in every part. The parts have similar widths."""
    if _total(needs) <= room or len(needs) < 3:
        return [list(range(len(needs)))]
    left = max(1.0, room - needs[0].least)
    fewest = len(_fill(needs, left))
    even = _total(needs[1:]) / fewest
    widths = [even + (left - even) * step / 8 for step in range(8)]
    return next((groups for width in widths if len(groups := _fill(needs, width)) == fewest), _fill(needs, left))


def _fill(needs: Sequence[Need], room: float) -> list[list[int]]:
    """The columns of parts that have the first column and, besides it, at most *room* em and at least one column."""
    groups, width = [[0]], 0.0
    for x in range(1, len(needs)):
        if len(groups[-1]) > 1 and width + needs[x].least > room:
            groups.append([0])
            width = 0.0
        groups[-1].append(x)
        width += needs[x].least
    return groups


def _split(table: HtmlElement, groups: Sequence[Sequence[int]]) -> list[HtmlElement]:
    """Replaces *table* by one table per group of columns, and returns these. Only the first has the ids and the
    caption."""
    parts = []
    for number, group in enumerate(groups):
        part = deepcopy(table)
        part.tail = None
        if number:
            _remove_ids_and_caption(part)
        _keep_columns(part, group)
        table.addprevious(part)
        parts.append(part)
    parts[-1].tail = table.tail
    table.getparent().remove(table)
    return parts


def _remove_ids_and_caption(part: HtmlElement) -> None:
    for element in part.iter():
        if isinstance(element.tag, str):
            element.attrib.pop("id", None)
    for caption in list(part.iterchildren("caption")):
        part.remove(caption)


def _keep_columns(part: HtmlElement, group: Sequence[int]) -> None:
    columns = set(group)
    for row, cells in grid_of(part):
        for cell in cells:
            count = len(columns.intersection(range(cell.x, cell.x + cell.columns)))
            if count:
                _set_span(cell.element, "colspan", count)
            else:
                row.remove(cell.element)


def _set_widths(table: HtmlElement, needs: Sequence[Need], room: float, scale: float) -> None:
    """Sets the font size and the width of each column, and fits the tables inside of cells."""
    for old in [*table.iterchildren("colgroup"), *table.iterchildren("col")]:
        table.remove(old)
    widths = distribute_width(needs, room / scale)
    columns = etree.Element("colgroup")
    for width in widths:
        etree.SubElement(columns, "col", style=f"width:{width / sum(widths):.3%}")
    after_caption = 1 if len(table) and table[0].tag == "caption" else 0
    table.insert(after_caption, columns)
    table.set("style", f"font-size:{scale:g}em")
    for row, cells in grid_of(table):
        inside = [(cell.element, sum(widths[cell.x : cell.x + cell.columns]) - PADDING) for cell in cells]
        for cell, width in inside:
            _fit_inner(cell, width)
        if any(width_of(text_lines(cell)) > TALLEST_ROW * max(1.0, width) for cell, width in inside):
            row.set("style", "break-inside:auto")


def _fit_inner(cell: HtmlElement, room: float) -> None:
    for table in [inner for inner in cell.iter("table") if next(inner.iterancestors("td", "th")) is cell]:
        columns = len(_needs(grid_of(table)))
        if room < NARROWEST_TABLE or columns > 2 * room:
            _to_blocks(table)
        else:
            _fit(table, room, [1.0])


def _to_blocks(table: HtmlElement) -> None:
    """Converts each cell of *table* to a block of its own."""
    for element in list(table.iter("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col")):
        element.tag = "div"
        for name in list(element.attrib):
            del element.attrib[name]


def distribute_width(needs: Sequence[Need], room: float) -> list[float]:
    """The widths of the columns: the minimum width, plus a part of the remaining space in proportion to the difference
    between preferred and minimum width."""
    differences = [need.best - need.least for need in needs]
    left = room - _total(needs)
    if left <= 0 or not sum(differences):
        return [need.least for need in needs]
    if left >= sum(differences):
        return [need.best for need in needs]
    return [need.least + left * more / sum(differences) for need, more in zip(needs, differences, strict=True)]
