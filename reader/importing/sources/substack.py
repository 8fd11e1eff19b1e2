"""The posts of a Substack export: ``posts.csv``, and the text of each post in ``posts/<id>.<slug>.html``."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

from ...errors import NotImported
from ...formats.dates import date_in_text
from ...i18n import Message
from ...models import Draft, slug_of
from .csv_tables import csv_rows
from .html_to_text import plain_title
from .items import Found, LeftOut, SourceItem, not_public
from .multi_file_exports import MultiFileExport

_COLUMNS = frozenset(("post_id", "post_date", "is_published", "audience", "title", "subtitle"))
_TEXT = re.compile(r"(?:.*/)?posts/(\d+)\.([^/]+)\.html")


def is_substack(path: str) -> bool:
    return _TEXT.fullmatch(path) is not None


def substack_items(export: MultiFileExport) -> Iterator[Found]:
    """The posts in the order of the table. Posts for paying subscribers and unpublished posts become drafts."""
    texts = {posixpath.basename(path).removesuffix(".html"): path for path in export.paths}
    rows = _rows(export)
    without_text: Counter[str] = Counter()
    for key, row in rows.items():
        if key not in texts:
            without_text["post without text"] += 1
            continue
        path = texts.pop(key)
        yield _item(export, path, row)
    if without_text:
        yield LeftOut.by_kind(export.name, without_text)
    for path in texts.values():
        yield NotImported(export.name_of(path), Message("posts.csv beside the folder posts/ does not name it"))


def _rows(export: MultiFileExport) -> Mapping[str, Mapping[str, str]]:
    tops = sorted({posixpath.dirname(posixpath.dirname(path)) for path in export.paths})
    rows: dict[str, Mapping[str, str]] = {}
    for top in tops:
        table = posixpath.join(top, "posts.csv")
        try:
            content = export.read(table)
        except NotImported:
            continue
        rows |= {row.get("post_id", ""): row for row in csv_rows(export.name_of(table), content, _COLUMNS)}
    return rows


def _item(export: MultiFileExport, path: str, row: Mapping[str, str]) -> SourceItem:
    _, slug = row["post_id"].split(".", 1) if "." in row["post_id"] else ("", row["post_id"])
    status = row.get("audience", "everyone") if row.get("is_published", "").lower() == "true" else "unpublished"
    draft = Draft(
        title=plain_title(row.get("title", "")),
        body_html="",
        subtitle=plain_title(row.get("subtitle", "")),
        published=date_in_text(row.get("post_date", "")),
        slug=slug_of(slug),
        aliases=(f"/p/{slug}",) if slug else (),
        draft=status != "everyone",
    )
    notes = (not_public(status),) if draft.draft else ()
    read = partial(export.fetched, path)
    return SourceItem(export.name_of(path), read, "clean", "", draft, export.read_sibling(path), notes)
