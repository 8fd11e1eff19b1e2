"""Tables of AsciiDoc: cells behind ``|``, ``!`` or ``:``, or lines of CSV, as rows of cells in its signs."""

from __future__ import annotations

import csv
import re
from itertools import zip_longest

_CELL = r"(?:(?:\d+(?:\.\d+)?[*+]|\.\d+\+)?[<^>]?(?:\.[<^>])?[aehlmsv]?)(?<!\\)"
_SEVERAL = re.compile(r"(\d{1,2})\*[^,]*")
_MOST_COLUMNS = 200
_SEPARATORS = {"csv": ",", "tsv": "\t", "dsv": ":"}
_FORMATS = {",": "csv", ":": "dsv"}


def rows_of(sign: str, style: dict[str, str], lines: list[str]) -> list[list[str]]:
    """*sign* begins the line above the table, *style* is what stands in brackets above that."""
    form = style.get("format", _FORMATS.get(sign, "psv"))
    separator = style.get("separator", "").replace("\\t", "\t")[:1] or _SEPARATORS.get(form, sign)
    if form in ("csv", "tsv"):
        return _padded(_of_csv(lines, separator))
    if form == "dsv":
        return _padded([re.split(rf"(?<!\\){re.escape(separator)}", line) for line in lines if line.strip()])
    return _of_cells([line for line in lines if not re.match(r"//(?!/)", line)], style, separator)


def _of_cells(lines: list[str], style: dict[str, str], separator: str) -> list[list[str]]:
    """A row is a line, or as many cells as the first line or ``cols`` has."""
    cell = re.compile(_CELL + re.escape(separator))
    columns = _SEVERAL.sub(lambda several: ",".join("x" * int(several[1])), style.get("cols", ""))
    first = next((line for line in lines if line.strip()), "")
    width = len(columns.split(",")) if columns else max(1, len(cell.findall(first)))
    before, *cells = cell.split("\n".join(lines))
    cells = [before, *cells] if before.strip() else cells
    return [cells[start : start + width] for start in range(0, len(cells), width)]


def _of_csv(lines: list[str], separator: str) -> list[list[str]]:
    """A field in quotation marks may hold line breaks. What csv refuses are lines."""
    kept = [line for line in lines if line.strip()]
    try:
        return list(csv.reader((f"{line}\n" for line in kept), delimiter=separator))
    except csv.Error:
        return [[line] for line in kept]


def _padded(rows: list[list[str]]) -> list[list[str]]:
    """All as wide as the widest, up to a limit: a table of Markdown loses the cells beyond its first row."""
    if not rows:
        return []
    whole = [
        row if len(row) <= _MOST_COLUMNS else [*row[: _MOST_COLUMNS - 1], " ".join(row[_MOST_COLUMNS - 1 :])]
        for row in rows
    ]
    return [list(row) for row in zip(*zip_longest(*whole, fillvalue=""), strict=True)]
