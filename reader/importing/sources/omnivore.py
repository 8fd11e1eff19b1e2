"""The saved articles of an Omnivore export: ``metadata_*.json``, and each text in ``content/<slug>.html``."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ...errors import NotImported
from ...formats.dates import date_in_text
from ...i18n import Message
from ...models import Draft
from .items import Found, LeftOut, SourceItem, json_in, text_of
from .multi_file_exports import MultiFileExport
from .wallabag import SAVED_ON, texts

_PART = re.compile(r"(?:.*/)?(?:metadata_\w+\.json|content/[^/]+\.html|highlights/[^/]+\.md)")
_TEXT = re.compile(r"(?:.*/)?content/[^/]+\.html")
_METADATA = re.compile(r"(?:.*/)?metadata_\w+\.json")


def is_omnivore(path: str) -> bool:
    return _PART.fullmatch(path) is not None


def omnivore_items(export: MultiFileExport) -> Iterator[Found]:
    """The articles in the order of the export. Highlights are skipped, because they quote the texts."""
    left_out = Counter({"highlights": sum("highlights" in path.split("/") for path in export.paths)})
    texts_left = dict.fromkeys(filter(_TEXT.fullmatch, export.paths))
    for table in filter(_METADATA.fullmatch, export.paths):
        try:
            entries = json_in(export.name_of(table), export.read(table))
        except NotImported as error:
            yield error
            continue
        for entry in entries if isinstance(entries, list) else ():
            path = posixpath.join(posixpath.dirname(table), "content", f"{text_of(entry, 'slug')}.html")
            if path in texts_left:
                del texts_left[path]
                yield _item(export, path, entry)
            else:
                left_out["article without text"] += 1
    if left_out := +left_out:
        yield LeftOut.by_kind(export.name, left_out)
    for path in texts_left:
        yield NotImported(export.name_of(path), Message("no metadata_*.json beside the folder content/ names it"))


def _item(export: MultiFileExport, path: str, entry: Mapping[str, Any]) -> SourceItem:
    published = date_in_text(text_of(entry, "publishedAt"))
    draft = Draft(
        title=" ".join(text_of(entry, "title").split()),
        body_html="",
        summary=" ".join(text_of(entry, "description").split()),
        published=published or date_in_text(text_of(entry, "savedAt")),
        byline=texts(entry.get("author")),
        tags=texts(entry.get("labels")),
    )
    notes = () if published else (SAVED_ON,)
    return SourceItem(
        export.name_of(path),
        partial(export.fetched, path),
        "clean",
        text_of(entry, "url"),
        draft,
        export.read_sibling(path),
        notes,
    )
