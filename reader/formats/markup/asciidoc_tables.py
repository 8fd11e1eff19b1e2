"""Parses tables of AsciiDoc: cells after ``|``, ``!`` or ``:``, or lines of CSV. Cells stay AsciiDoc text."""

from __future__ import annotations

import csv
import re
from itertools import zip_longest

_CELL = r"(?:(?:\d+(?:\.\d+)?[*+]|\.\d+\+)?[<^>]?(?:\.[<^>])?[aehlmsv]?)(?<!\\)"
_REPEATED_COLUMN = re.compile(r"(\d{1,2})\*[^,]*")
_MOST_COLUMNS = 200
_SEPARATORS = {"csv": ",", "tsv": "\t", "dsv": ":"}
_FORMATS = {",": "csv", ":": "dsv"}


def rows_of(sign: str, style: dict[str, str], lines: list[str]) -> list[list[str]]:
    """The rows of a table as lists of cells. *sign* is the first character of the line above the table, *style* are the
    attributes in brackets above that line."""
    form = style.get("format", _FORMATS.get(sign, "psv"))
    separator = style.get("separator", "").replace("\\t", "\t")[:1] or _SEPARATORS.get(form, sign)
    if form in ("csv", "tsv"):
        return _pad(_csv_rows(lines, separator))
    if form == "dsv":
        return _pad([re.split(rf"(?<!\\){re.escape(separator)}", line) for line in lines if line.strip()])
    return _cell_rows([line for line in lines if not re.match(r"//(?!/)", line)], style, separator)


def _cell_rows(lines: list[str], style: dict[str, str], separator: str) -> list[list[str]]:
    """The rows of a table with a cell separator. Each has as many cells as ``cols``, else as the first line."""
    cell = re.compile(_CELL + re.escape(separator))
    columns = _REPEATED_COLUMN.sub(lambda several: ",".join("x" * int(several[1])), style.get("cols", ""))
    first = next((line for line in lines if line.strip()), "")
    width = len(columns.split(",")) if columns else max(1, len(cell.findall(first)))
    before, *cells = cell.split("\n".join(lines))
    cells = [before, *cells] if before.strip() else cells
    return [cells[start : start + width] for start in range(0, len(cells), width)]


def _csv_rows(lines: list[str], separator: str) -> list[list[str]]:
    """The rows of CSV. A quoted field may contain line breaks. If the csv module raises, each line is one cell."""
    nonblank = [line for line in lines if line.strip()]
    try:
        return list(csv.reader((f"{line}\n" for line in nonblank), delimiter=separator))
    except csv.Error:
        return [[line] for line in nonblank]


def _pad(rows: list[list[str]]) -> list[list[str]]:
    """Pads all rows to the length of the longest, at most _MOST_COLUMNS: Markdown drops cells that the first row
    lacks."""
    if not rows:
        return []
    whole = [
        row if len(row) <= _MOST_COLUMNS else [*row[: _MOST_COLUMNS - 1], " ".join(row[_MOST_COLUMNS - 1 :])]
        for row in rows
    ]
    return [list(row) for row in zip(*zip_longest(*whole, fillvalue=""), strict=True)]
