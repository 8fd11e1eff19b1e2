"""Joplin's raw export is refused by name: its notes, notebooks, tags and resources are files of the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import NotImported
from ...i18n import Message
from .items import Found
from .multi_file_exports import MultiFileExport
from .notion import notion_items
from .unsupported_formats import JOPLIN

_FILE = re.compile(r"(?:.*/)?[0-9a-f]{32}\.md")
_TYPE = re.compile(rb"\ntype_: \d+\s*\Z")


def is_joplin(path: str) -> bool:
    """Whether the file is named by an id only. Pages of Notion have their title before it."""
    return _FILE.fullmatch(path) is not None


def joplin_items(export: MultiFileExport) -> Iterator[Found]:
    if not _TYPE.search(export.read(export.paths[0])):
        yield from notion_items(export)
        return
    raise NotImported(export.name, Message("%(kind)s files cannot be read: %(hint)s", kind="Joplin RAW", hint=JOPLIN))
