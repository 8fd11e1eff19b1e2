"""Shared by the front matter editors: the name of a changed field, and its value as data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..formats.fields import front_matter
from ..formats.fields.field_names import row_of
from ..formats.fields.field_values import READERS, Field, Remarks
from ..formats.fields.front_matter_variants import plain_value

PlainValue = str | bool | datetime | list[str]
"""The values of a field that TOML and JSON can contain."""

_DRAFT_SWITCHES = ("switch", "withheld", "hidden")
"""The kinds of names for ``draft`` under which ``true`` means a draft. ``publish: true`` means the opposite."""

_CONDITIONAL = ("expired", "output", "access", "password")
"""The kinds of names with a meaning of their own, which withhold the article only with some values."""


def field_of(name: str) -> str:
    """The Draft field that *name* in a file means; empty for none."""
    row = row_of(name)
    return row[1].field if row else ""


def is_replaced(field: str, name: str, value: Any, kept_name: str = "") -> bool:
    """Whether the entry *name* must be removed when *field* gets another value.

    No if *kept_name*, under which the field remains, takes precedence over it: ``description`` next to ``summary``
    stays. An expiry date, a password or an output setting is removed only if it withholds the article now.
    """
    row = row_of(name)
    if row is None or row[1].field != field:
        return False
    better = row_of(kept_name) if field not in ("draft", "published") else None
    if better and better[0] < row[0]:
        return False
    kind = row[1].how
    return kind not in _CONDITIONAL or bool(READERS[kind](Field(name, plain_value(value), 1), Remarks()))


def canonical_name(field: str) -> str:
    """The name under which a new entry for *field* is written."""
    return "comments" if field == "comments_closed" else field


def best_name(field: str, names: Iterable[str]) -> str:
    """The name among *names* with the highest precedence under which *field* can be written; empty for none."""
    rows = [(row, name) for name in names if (row := row_of(name)) and row[1].field == field]
    usable = [(rank, name) for (rank, row), name in rows if field != "draft" or row.how in _DRAFT_SWITCHES]
    return min(usable, key=lambda ranked: ranked[0])[1] if usable else ""


def to_plain_value(field: str, value: Any, before: Any = None) -> PlainValue:
    """The *value* of a Draft field, in the type of the value *before* in the file."""
    if field == "comments_closed":
        return False if isinstance(before, bool) else "closed"
    if field == "corrections":
        return [front_matter.correction_text(ranked) for ranked in value]
    if field == "section":
        path = " > ".join(value)
        return path if isinstance(before, str) else [path]
    if isinstance(value, tuple):
        return str(value[0]) if isinstance(before, str) and len(value) == 1 else list(value)
    if isinstance(value, datetime) and isinstance(before, str):
        return value.isoformat(sep="T" if "T" in before else " ")
    return value if isinstance(value, bool | datetime) else str(value)


def to_line(field: str, value: Any) -> str:
    """The *value* of a Draft field as one line of text; for corrections, one line each."""
    found = to_plain_value(field, value)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, datetime):
        return found.isoformat(sep=" ")
    return ("\n" if field == "corrections" else ", ").join(found) if isinstance(found, list) else found
