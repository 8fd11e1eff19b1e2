"""Parses untrusted JSON. Raises only ValueError, also for too deep nesting."""

from __future__ import annotations

import json
import re
from typing import Any

from ..patterns import lazy_pattern

_SURROGATE = lazy_pattern("[\ud800-\udfff]")
_ESCAPED_SURROGATE = lazy_pattern(r"\\ud[89a-f]", re.IGNORECASE)

DEEPEST = 100
"""The deepest nesting of lists and objects. The code that walks through them is recursive."""


def read_json(text: str, *, strict: bool = True) -> Any:
    """The value of *text*. With *strict*, control characters in strings are errors. Raises ValueError.

    A lone surrogate (``\\ud800``), which no file can contain, becomes U+FFFD.
    """
    try:
        value = json.loads(text, strict=strict)
    except RecursionError as error:
        raise _too_deep() from error
    _check_depth(value)
    return _replace_surrogates(value) if _ESCAPED_SURROGATE.search(text) or _SURROGATE.search(text) else value


def _replace_surrogates(value: Any) -> Any:
    """*value* without lone surrogates. ``json.loads`` has already joined pairs."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(_SURROGATE.sub("\ufffd", text), strict=False) if _SURROGATE.search(text) else value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _containers_in(outer)]
        if not level:
            return
    raise _too_deep()


def _containers_in(value: Any) -> list[Any]:
    """The lists and objects directly in *value*."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in inside if isinstance(inner, dict | list)]


def _too_deep() -> ValueError:
    return ValueError(f"nested more than {DEEPEST} deep")
