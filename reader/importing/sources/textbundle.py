"""TextBundles (textbundle.org) of Bear, Ulysses, iA Writer or Reader.

A TextBundle is a folder ``<title>.textbundle``, or a zip file of it (TextPack), with ``text.md``, ``info.json`` and the
pictures in ``assets/``.
"""

from __future__ import annotations

import posixpath
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from ...errors import NotImported
from ...formats.dates import date_in_text
from ...formats.decoding import decode_page
from ...formats.json_reader import read_json
from ...models import Draft
from .http import Fetched
from .items import Found, LeftOut, SourceItem, not_public
from .multi_file_exports import MultiFileExport

_FILE = re.compile(r"(?:.*/)?(?P<title>[^/]+)\.textbundle/(?:text(?P<suffix>\.(?:md|markdown|txt|html))|info\.json)")
_TITLED = re.compile(rb"#\s|---|\+\+\+|[^\n]+\n=+\s")
_ABOUT = re.compile(rb'\s*\{(?=.{0,2000}"type"\s*:\s*"[a-z.-]+")(?=.{0,2000}"version"\s*:\s*[12]\b)', re.DOTALL)
_UNIFORM_TYPES = (b"net.daringfireball.markdown", b"public.plain-text", b"public.html")


def is_textbundle(path: str) -> bool:
    return _FILE.fullmatch(path) is not None


def textbundle_items(export: MultiFileExport) -> Iterator[Found]:
    """The bundles in the order of their paths. In a backup of Bear, notes in the trash are skipped, and archived ones
    are drafts."""
    trashed = 0
    for path in export.paths:
        found = _FILE.fullmatch(path)
        if found and found["suffix"]:
            fields = _fields_of_bear(export, posixpath.join(posixpath.dirname(path), "info.json"))
            if fields.get("trashed"):
                trashed += 1
                continue
            form = {".md": ".md", ".markdown": ".md", ".txt": "text"}.get(found["suffix"], "page")
            read = partial(_read, export, path, found["title"] if form == ".md" else "")
            hints = Draft(
                "",
                "",
                published=date_in_text(str(fields.get("creationDate") or "")),
                updated=date_in_text(str(fields.get("modificationDate") or "")),
                draft=bool(fields.get("archived")),
            )
            notes = (not_public("archived"),) if hints.draft else ()
            siblings = export.read_sibling(path)
            yield SourceItem(export.name_of(path), read, form, hints=hints, read_sibling=siblings, notes=notes)
    if trashed:
        yield LeftOut.by_kind(export.name, Counter({"trash": trashed}))


def _fields_of_bear(export: MultiFileExport, path: str) -> dict[str, Any]:
    """What Bear says of a note in ``info.json``; empty for other programs."""
    try:
        fields = read_json(decode_page(export.read(path)))["net.shinyfrog.bear"]
    except (NotImported, ValueError, KeyError, TypeError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _read(export: MultiFileExport, path: str, title: str) -> Fetched:
    """The content. A text without a title gets *title*, the name of its folder."""
    content = export.read(path)
    text = content.removeprefix(BOM_UTF8).lstrip()  # a regular expression would take quadratic time for spaces
    head = f"# {title}\n\n".encode() if title and not _TITLED.match(text) else b""
    return Fetched("", head + content)


def is_about_bundle(content: bytes) -> bool:
    """Whether it is the ``info.json`` of a TextPack whose files are not in a folder."""
    head = content[:4_000]
    return _ABOUT.match(head) is not None and any(uniform_type in head for uniform_type in _UNIFORM_TYPES)


def about_bundle_items(name: str) -> Iterator[Found]:
    yield LeftOut.by_kind(name, Counter({posixpath.basename(name): 1}))
