"""Parses untrusted JSON: raises only ValueError, also for excessive nesting."""

from __future__ import annotations

import json
import re
from typing import Any

from ..patterns import lazy_pattern

_HALF = lazy_pattern("[\ud800-\udfff]")
_ESCAPED_HALF = lazy_pattern(r"\\ud[89a-f]", re.IGNORECASE)

DEEPEST = 100
"""Nested lists and objects; the code that walks through them calls itself."""


def read_json(text: str, *, strict: bool = True) -> Any:
    """The value in *text*. *strict* refuses control characters in strings. Raises ValueError.

    Half a character (``\\ud800``), which no file can hold, becomes U+FFFD.
    """
    try:
        value = json.loads(text, strict=strict)
    except RecursionError as error:
        raise _too_deep() from error
    _check_depth(value)
    return _whole(value) if _ESCAPED_HALF.search(text) or _HALF.search(text) else value


def _whole(value: Any) -> Any:
    """*value* without lone surrogates; ``json.loads`` has joined those that are a pair."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(_HALF.sub("\ufffd", text), strict=False) if _HALF.search(text) else value


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
