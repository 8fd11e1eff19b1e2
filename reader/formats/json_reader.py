"""Reads JSON that others wrote: whatever cannot be used is a ValueError, also what is nested beyond any use."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 100
"""Nested lists and objects; the code that walks through them calls itself."""


def read_json(text: str, *, strict: bool = True) -> Any:
    """The value in *text*. *strict* refuses control characters in strings. Raises ValueError."""
    try:
        value = json.loads(text, strict=strict)
    except RecursionError as error:
        raise _too_deep() from error
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
        if not level:
            return
    raise _too_deep()


def _within(value: Any) -> list[Any]:
    """What is in *value* and may hold more itself."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in inside if isinstance(inner, dict | list)]


def _too_deep() -> ValueError:
    return ValueError(f"nested more than {DEEPEST} deep")
