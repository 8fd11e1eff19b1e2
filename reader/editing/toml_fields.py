"""Changes fields in TOML front matter with tomlkit, which preserves comments, order and spaces."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from ..formats.fields.field_names import CONTAINERS, plain_name
from .field_forms import best_name, canonical_name, field_of, is_replaced, to_plain_value

_Table = MutableMapping[str, Any]


def change_toml(block: str, values: Mapping[str, Any]) -> str:
    """*block* with new *values* of Draft fields. An empty value removes the field.

    Raises ValueError if tomlkit would change other parts of the text.
    """
    import tomlkit

    document = tomlkit.parse(block)
    if tomlkit.dumps(document) != block:
        raise ValueError("tomlkit would write the rest in another way")
    for field, value in values.items():
        _set(document, field, value)
    return tomlkit.dumps(document)


def _set(document: _Table, field: str, value: Any) -> None:
    """The field keeps its position, at the top level or in a table such as ``[params]``. Other names of it are
    removed."""
    inner = (table for name, table in document.items() if plain_name(name) in CONTAINERS and isinstance(table, dict))
    is_set = False
    for table in (document, *inner):
        names = [name for name in table if field_of(name) == field]
        kept_name = "" if is_set or not value else best_name(field, names)
        for name in names:
            if name != kept_name and is_replaced(field, name, table[name], kept_name):
                del table[name]
        if kept_name:
            table[kept_name] = _item(table[kept_name], field, value)
            is_set = True
    if value and not is_set:
        document[canonical_name(field)] = _item(None, field, value)


def _item(before: Any, field: str, value: Any) -> Any:
    import tomlkit

    item = tomlkit.item(to_plain_value(field, value, before))
    if isinstance(item, tomlkit.items.Array) and before is not None and "\n" in getattr(before, "as_string", str)():
        item.multiline(True)
    return item
