"""Artalk: its exchange format Artrans, in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..comment import APPROVED, PENDING
from .file_structure import Shape
from .imported_comment import (
    ImportedComment,
    as_text,
    imported,
    mappings,
    parse_time,
    read_json,
    text_of_markdown,
)

NAME = "Artalk"


def is_export(shape: Shape) -> bool:
    return any(
        {f"{prefix}.page_key", f"{prefix}.nick", f"{prefix}.content"} <= shape for prefix in ("[]", ".comments[]")
    )


def read(path: Path) -> Iterator[ImportedComment]:
    document = read_json(path)
    found = document.get("comments") if isinstance(document, dict) else document
    for comment in mappings(found):
        parent = as_text(comment.get("rid"))
        is_pending = as_text(comment.get("is_pending")) in ("true", "1") or comment.get("is_pending") is True
        yield imported(
            comment.get("id"),
            comment.get("page_key"),
            comment.get("nick"),
            text_of_markdown(as_text(comment.get("content"))),
            parse_time(comment.get("created_at"))
            or parse_time(comment.get("date"))
            or parse_time(comment.get("updated_at")),
            PENDING if is_pending else APPROVED,
            "" if parent == "0" else parent,
        )
