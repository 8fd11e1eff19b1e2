"""Changes fields in JSON front matter. Only the characters of their values change; order, indentation and numbers
remain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..patterns import lazy_pattern
from .field_forms import best_name, canonical_name, is_replaced, to_plain_value

_SPACE = lazy_pattern(r"[ \t\r\n]*")
_ITEMS = lazy_pattern(r"\[(\s*)(?:.*\S)?(\s*)\]", re.DOTALL)


@dataclass(frozen=True)
class _Member:
    """Character positions in the text: start of the member, end of its name, begin and end of its value."""

    name: str
    start: int
    name_end: int
    begin: int
    end: int


def change_json(block: str, values: Mapping[str, Any]) -> str:
    """*block*, an object with or without braces, with new *values* of Draft fields. An empty value removes the field.

    Raises ValueError for invalid JSON.
    """
    for field, value in values.items():
        block = _set(block, field, value)
    return block


def _members(block: str) -> Iterator[_Member]:
    at = _after_space(block, 0)
    at = _after_space(block, at + 1) if block[at : at + 1] == "{" else at
    while block[at : at + 1] == '"':
        name, name_end = json.JSONDecoder().raw_decode(block, at)
        colon = _after_space(block, name_end)
        begin = _after_space(block, colon + 1)
        _, end = json.JSONDecoder().raw_decode(block, begin)
        yield _Member(name, at, name_end, begin, end)
        comma = _after_space(block, end)
        at = _after_space(block, comma + 1) if block[comma : comma + 1] == "," else len(block)


def _set(block: str, field: str, value: Any) -> str:
    members = list(_members(block))
    kept_name = best_name(field, [member.name for member in members]) if value else ""
    last = max((n for n, member in enumerate(members) if kept_name and member.name == kept_name), default=-1)
    for n, member in reversed(list(enumerate(members))):
        if n == last:
            raw = block[member.begin : member.end]
            block = block[: member.begin] + _text(block, raw, field, value) + block[member.end :]
        elif is_replaced(field, member.name, json.loads(block[member.begin : member.end]), kept_name):
            block = _remove_member(block, members, n)
            members.pop(n)
            members = list(_members(block))
    return block if last >= 0 or not value else _add_member(block, field, value)


def _remove_member(block: str, members: list[_Member], n: int) -> str:
    if n:
        return block[: members[n - 1].end] + block[members[n].end :]
    follows = members[1].start if len(members) > 1 else members[0].end
    return block[: members[0].start] + block[follows:]


def _add_member(block: str, field: str, value: Any) -> str:
    """Adds a member after all others, in the same layout."""
    members = list(_members(block))
    if not members:
        raise ValueError("an object without members")
    first, last = members[0], members[-1]
    lead = block[members[-2].end : last.start].partition(",")[2] if members[1:] else block[: first.start].lstrip("{")
    between = block[last.name_end : last.begin]
    member = f"{json.dumps(canonical_name(field))}{between}{_text(block, '', field, value)}"
    return f"{block[: last.end]},{lead or ' '}{member}{block[last.end :]}"


def _text(block: str, raw: str, field: str, value: Any) -> str:
    """The value as JSON, in the layout of *raw*, the value that it replaces."""
    found = to_plain_value(field, value, json.loads(raw) if raw else None)
    if isinstance(found, datetime):
        found = found.isoformat(sep=" ")
    is_ascii = "\\u" in block and block.isascii()
    layout = _ITEMS.fullmatch(raw)
    if not isinstance(found, list) or layout is None or "\n" not in layout[1]:
        return json.dumps(found, ensure_ascii=is_ascii)
    items = f",{layout[1]}".join(json.dumps(item, ensure_ascii=is_ascii) for item in found)
    return f"[{layout[1]}{items}{layout[2]}]"


def _after_space(block: str, at: int) -> int:
    space = _SPACE.match(block, at)
    return space.end() if space else at
