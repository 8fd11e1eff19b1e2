"""Waline: its export in JSON, or an export of LeanCloud or Valine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..comment import APPROVED, PENDING
from .file_structure import Shape
from .imported_comment import (
    GONE,
    ImportedComment,
    as_text,
    imported,
    mappings,
    parse_time,
    read_json,
    text_of_markdown,
)

NAME = "Waline"
_STATUS = {"approved": APPROVED, "waiting": PENDING, "": APPROVED}
_LIST_PATHS, _ID_FIELDS = ("[]", ".results[]", ".data.Comment[]"), ("objectId", "insertedAt")


def is_export(shape: Shape) -> bool:
    candidates = [(at, mark) for at in _LIST_PATHS for mark in _ID_FIELDS]
    return any({f"{at}.nick", f"{at}.comment", f"{at}.{mark}"} <= shape for at, mark in candidates)


def read(path: Path) -> Iterator[ImportedComment]:
    document = read_json(path)
    if isinstance(document, dict):
        data = document.get("data")
        document = data.get("Comment") if isinstance(data, dict) else document.get("results")
    for comment in mappings(document):
        status = _STATUS.get(as_text(comment.get("status")), GONE)
        yield imported(
            comment.get("objectId") or comment.get("id"),
            comment.get("url"),
            comment.get("nick"),
            text_of_markdown(as_text(comment.get("comment"))),
            parse_time(comment.get("insertedAt")) or parse_time(comment.get("createdAt")),
            PENDING if comment.get("isSpam") is True and status == APPROVED else status,
            comment.get("pid") or comment.get("rid") or "",
        )
