"""Reads the tables of MyST, ``{list-table}`` and ``{csv-table}``: their rows of cells, and HTML with Markdown in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping

from ...patterns import lazy_pattern

_ROW = lazy_pattern(r"(\s*[*+-]\s+)([*+-])(\s+(?=\S)|\s*$)(.*)")


def list_rows(lines: list[str]) -> list[list[list[str]]]:
    """The rows of a list of lists, ``* - cell``; each cell is its lines of Markdown."""
    rows, column = list[list[list[str]]](), 0
    for line in lines:
        if (row := _ROW.fullmatch(line)) and (not rows or len(row[1]) <= column):
            column = len(row[1])
            rows.append([[row[4]]])
        elif rows and re.match(r"[*+-](?:\s|$)", line[column:]) and not line[:column].strip():
            rows[-1].append([line[column + 1 :].strip()])
        elif rows:
            start = len(line) - len(line.lstrip())
            rows[-1][-1].append(line[min(start, column + 2) :])
    return rows


def csv_rows(lines: list[str]) -> list[list[list[str]]]:
    """The rows of comma-separated values."""
    return [
        [[cell.strip()] for cell in row]
        for row in csv.reader((line for line in lines if line.strip()), skipinitialspace=True)
    ]


def table_lines(rows: list[list[list[str]]], options: Mapping[str, str]) -> Iterator[str]:
    """The lines of a table in HTML. Its cells are between blank lines, where Markdown is parsed."""
    head = options.get("header", "")
    if head:
        rows = [*csv_rows([head]), *rows]
    heads = _number(options.get("header-rows", "")) or int(bool(head))
    stubs = _number(options.get("stub-columns", ""))
    yield "<table>" if rows else ""
    for number, row in enumerate(rows):
        yield "<tr>"
        for column, cell in enumerate(row):
            tag = "th" if number < heads or column < stubs else "td"
            yield from [f"<{tag}>", "", *cell, "", f"</{tag}>"]
        yield "</tr>"
    yield "</table>" if rows else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 3 else 0
