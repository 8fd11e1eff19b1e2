"""Commento: its export in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import NotImported
from ...i18n import Message
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

NAME = "Commento"
_STATUS = {"approved": APPROVED, "unapproved": PENDING}


def is_export(shape: Shape) -> bool:
    return ".comments[].commentHex" in shape


def read(path: Path) -> Iterator[ImportedComment]:
    document = read_json(path)
    if not isinstance(document, dict):
        raise NotImported(str(path), Message("not an export of %(name)s", name=NAME))
    names = {as_text(person.get("commenterHex")): person.get("name") for person in mappings(document.get("commenters"))}
    for found in mappings(document.get("comments")):
        parent, is_deleted = as_text(found.get("parentHex")), found.get("deleted") is True
        yield imported(
            found.get("commentHex"),
            found.get("path") or found.get("url"),
            names.get(as_text(found.get("commenterHex"))),
            text_of_markdown(as_text(found.get("markdown"))),
            parse_time(found.get("creationDate")),
            GONE if is_deleted else _STATUS.get(as_text(found.get("state")), GONE),
            "" if parent == "root" else parent,
        )
