"""Reader's own export in JSON (``python -m reader comments export``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..comment import STATUSES
from ..plain_text import clean_line
from .file_structure import Shape
from .imported_comment import ImportedComment, as_text, bounded, imported, mappings, parse_time, read_json

NAME = "Reader"
FORMAT = "reader-comments"


def is_export(shape: Shape) -> bool:
    return {".format", ".comments[].article", ".comments[].origin"} <= shape


def read(path: Path) -> Iterator[ImportedComment]:
    document = read_json(path)
    for comment in mappings(document.get("comments") if isinstance(document, dict) else None):
        posted_at, status = parse_time(comment.get("posted_at")), as_text(comment.get("status"))
        if status in STATUSES:
            name, text, parent_id = comment.get("name"), as_text(comment.get("text")), as_text(comment.get("reply_to"))
            parent = "" if parent_id == "0" else parent_id
            found = imported(comment.get("id"), comment.get("article"), name, text, posted_at, status, parent)
            yield replace(
                found,
                is_paper=comment.get("is_paper") is True,
                edited_at=bounded(edited_at) if (edited_at := parse_time(comment.get("edited_at"))) else None,
                origin=clean_line(as_text(comment.get("origin")))[:300],
            )
