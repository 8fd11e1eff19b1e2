"""Shared by the front matter editors: the name under which a field is changed, and its value as data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..formats import front_matter
from ..formats.field_names import row_of
from ..formats.field_values import READERS, Field, Remarks
from ..formats.front_matter_variants import plain_value

Plain = str | bool | datetime | list[str]
"""What TOML and JSON can hold of a field."""

_KEPT = ("switch", "withheld", "hidden")
"""How a name of ``draft`` is read under which ``true`` makes a draft: ``publish: true`` would not."""

_FOR_ANOTHER_REASON = ("expired", "output", "access", "password")
"""How names are read that say something of their own, which only sometimes withholds the article."""


def field_of(name: str) -> str:
    """The Draft's field that a *name* in a file means; empty for none."""
    known = row_of(name)
    return known[1].field if known else ""


def is_replaced(field: str, name: str, value: Any, kept: str = "") -> bool:
    """Whether what stands under *name* goes when *field* gets another value.

    Not if only a better name is read, under which it is *kept*: ``description`` beside ``summary`` stays.
    An end, a password, what is built: only if it withholds the article now. An end to come stays beside ``draft``.
    """
    known = row_of(name)
    if known is None or known[1].field != field:
        return False
    better = row_of(kept) if field not in ("draft", "published") else None
    if better and better[0] < known[0]:
        return False
    how = known[1].how
    return how not in _FOR_ANOTHER_REASON or bool(READERS[how](Field(name, plain_value(value), 1), Remarks()))


def canonical(field: str) -> str:
    return "comments" if field == "comments_closed" else field


def name_to_keep(field: str, names: Iterable[str]) -> str:
    """Of the *names* that a file has for *field* the best under which it can be written; empty for none."""
    rows = [(known, name) for name in names if (known := row_of(name)) and known[1].field == field]
    fit = [(rank, name) for (rank, row), name in rows if field != "draft" or row.how in _KEPT]
    return min(fit, key=lambda one: one[0])[1] if fit else ""


def plain(field: str, value: Any, before: Any = None) -> Plain:
    """The *value* of a Draft's field in the type that it had *before*."""
    if field == "comments_closed":
        return False if isinstance(before, bool) else "closed"
    if field == "corrections":
        return [front_matter.correction_text(one) for one in value]
    if field == "section":
        path = " > ".join(value)
        return path if isinstance(before, str) else [path]
    if isinstance(value, tuple):
        return str(value[0]) if isinstance(before, str) and len(value) == 1 else list(value)
    if isinstance(value, datetime) and isinstance(before, str):
        return value.isoformat(sep="T" if "T" in before else " ")
    return value if isinstance(value, bool | datetime) else str(value)


def text_of(field: str, value: Any) -> str:
    """The *value* of a Draft's field in a format whose fields are lines; one with several lines for corrections."""
    found = plain(field, value)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, datetime):
        return found.isoformat(sep=" ")
    return ("\n" if field == "corrections" else ", ").join(found) if isinstance(found, list) else found
