"""Twikoo: its export in JSON, a list or one object per line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..comment import APPROVED, PENDING
from .file_structure import Shape
from .imported_comment import ImportedComment, as_text, imported, mappings, parse_time, read_json, text_of_html

NAME = "Twikoo"


def is_export(shape: Shape) -> bool:
    names = ("_id", "nick", "comment", "created")
    return any({f"{at}.{name}" for name in names} <= shape for at in ("", "[]"))


def read(path: Path) -> Iterator[ImportedComment]:
    document = read_json(path)
    for comment in mappings(document if isinstance(document, list) else [document]):
        yield imported(
            _id_of(comment.get("_id")),
            comment.get("url") or comment.get("href"),
            comment.get("nick"),
            text_of_html(as_text(comment.get("comment"))),
            parse_time(comment.get("created")) or parse_time(comment.get("updated")),
            PENDING if as_text(comment.get("isSpam")) in ("true", "1") or comment.get("isSpam") is True else APPROVED,
            _id_of(comment.get("pid")) or _id_of(comment.get("rid")),
        )


def _id_of(value: Any) -> str:
    """The id as text. MongoDB's exports write ``{"$oid": "…"}``."""
    return as_text(value.get("$oid")) if isinstance(value, Mapping) else as_text(value)
