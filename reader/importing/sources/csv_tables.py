"""Rows of a CSV file (RFC 4180), as other programs export them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping

from ...errors import NotImported
from ...formats.decoding import decode_page
from ...i18n import Message

LARGEST_FIELD = 10_000_000


def csv_header(content: bytes) -> frozenset[str]:
    """The names of the columns in lower case; empty if it is not a CSV file with a header."""
    first = next(iter(decode_page(content[:2000]).lstrip("\ufeff").splitlines()), "")
    return frozenset(name.strip().lower() for name in next(csv.reader([first]), ()))


def csv_rows(name: str, content: bytes, wanted: Collection[str]) -> Iterator[Mapping[str, str]]:
    """The rows, with only the *wanted* columns (names in lower case), because a row can have ten million fields.

    Raises NotImported for a table that cannot be read.
    """
    csv.field_size_limit(LARGEST_FIELD)
    rows = csv.reader(io.StringIO(decode_page(content).lstrip("\ufeff").replace("\0", "")))
    try:
        names = [column.strip().lower() for column in next(rows, [])]
        columns = {column: number for number, column in enumerate(names) if column in wanted}
        for row in rows:
            yield {column: row[number].strip() for column, number in columns.items() if number < len(row)}
    except csv.Error as error:
        raise NotImported(name, Message("not a table that can be read: %(error)s", error=error)) from error
