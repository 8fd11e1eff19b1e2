"""Changes fields in front matter of TOML by tomlkit, which keeps comments, order and spaces of all that stays."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from ..formats.field_names import CONTAINERS, plain_name
from .field_forms import canonical, field_of, is_replaced, name_to_keep, plain

_Table = MutableMapping[str, Any]


def changed_toml(block: str, values: Mapping[str, Any]) -> str:
    """*block* with other *values* of Draft fields; an empty one goes. Raises ValueError for what can't be kept."""
    import tomlkit

    document = tomlkit.parse(block)
    if tomlkit.dumps(document) != block:
        raise ValueError("tomlkit would write the rest in another way")
    for field, value in values.items():
        _set(document, field, value)
    return tomlkit.dumps(document)


def _set(document: _Table, field: str, value: Any) -> None:
    """The field keeps its place, at the top or in a table such as ``[params]``; under no other name it stays."""
    inner = (table for name, table in document.items() if plain_name(name) in CONTAINERS and isinstance(table, dict))
    kept = False
    for table in (document, *inner):
        names = [name for name in table if field_of(name) == field]
        keep = "" if kept or not value else name_to_keep(field, names)
        for name in names:
            if name != keep and is_replaced(field, name, table[name], keep):
                del table[name]
        if keep:
            table[keep] = _item(table[keep], field, value)
            kept = True
    if value and not kept:
        document[canonical(field)] = _item(None, field, value)


def _item(before: Any, field: str, value: Any) -> Any:
    import tomlkit

    item = tomlkit.item(plain(field, value, before))
    if isinstance(item, tomlkit.items.Array) and before is not None and "\n" in getattr(before, "as_string", str)():
        item.multiline(True)
    return item
