"""The articles in a source: a web address, file, folder, zip file or EPUB."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import NotImported
from ...formats.decoding import decode_page
from ...i18n import Message
from ...storage.regular_files import read_regular
from .archives import Archive, open_archive
from .documents import document_items, is_document
from .epub import book_items
from .http import LARGEST_PAGE_BYTES, Fetched, Fetcher
from .items import Found, LeftOut, ReadSibling, SourceItem
from .recognition import ARTICLES, Source, form_of, items_in
from .unreadable import HINTS, reason_for

WRAPPED = (".xml", ".rss", ".atom", ".json", ".rdf", ".opml", ".enex", ".eml", ".mht", ".mhtml", ".docx", ".odt")
"""Suffixes of files whose type is detected by content; files with other suffixes in a folder are skipped."""
ARCHIVES = (".zip", ".epub")
KNOWN = (*ARTICLES, *WRAPPED, *ARCHIVES)
LARGEST_EXPORT_BYTES = 500_000_000
"""The export of a whole site in one file. It is streamed from disk, and only the command line reads it."""
LARGEST_FILE_BYTES = 100_000_000
"""A web page with embedded pictures."""
_ZIP = b"PK\x03\x04"


def items_of(source: str, fetcher: Fetcher) -> list[Found]:
    """The articles in *source*, and the reason for each part that cannot be read. Never empty."""
    try:
        found = list(_items(source, fetcher))
    except NotImported as error:
        return [error]
    return found or [NotImported(source, Message("nothing in it can be imported"))]


def _items(source: str, fetcher: Fetcher) -> Iterator[Found]:
    if source == "-":
        yield from _items_in(Source("standard input", sys.stdin.buffer.read(LARGEST_PAGE_BYTES), fetcher))
    elif re.match(r"https?://", source, re.IGNORECASE):
        got = fetcher.fetch(source)
        yield from _items_in(Source(source, got.content, fetcher, got))
    elif Path(source).is_dir():
        yield from _items_in_folder(Path(source), fetcher)
    elif Path(source).is_file():
        yield from _items_in_file(Path(source), source, fetcher)
    else:
        raise NotImported(source, Message("no such file or folder, and not a URL (https://…)"))


def _items_in_folder(folder: Path, fetcher: Fetcher) -> Iterator[Found]:
    unreadable: Counter[str] = Counter()
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if path.name.startswith(".") or suffix not in (*KNOWN, *HINTS) or not path.is_file():
            continue
        if suffix not in KNOWN:
            unreadable[suffix] += 1
        elif _lies_in(folder, path):
            try:
                yield from _items_in_file(path, str(path), fetcher)
            except NotImported as error:
                yield error
    yield from _left_out(str(folder), unreadable)


def _left_out(name: str, unreadable: Counter[str]) -> Iterator[LeftOut]:
    for suffix, count in unreadable.items():
        yield LeftOut(name, Message("%(count)s × %(reason)s", count=count, reason=reason_for(suffix)), count)


def _items_in_file(path: Path, name: str, fetcher: Fetcher) -> Iterator[Found]:
    suffix, read_sibling = path.suffix.lower(), partial(_read_sibling_file, path.parent)
    if suffix in ARTICLES:
        read = partial(_read_file, path, LARGEST_FILE_BYTES)
        yield SourceItem(name, read, form_of(suffix), read_sibling=read_sibling)
    elif suffix in ARCHIVES:
        yield from _items_in_archive(name, open_archive(name, path), fetcher)
    else:
        content = _read_file(path, LARGEST_EXPORT_BYTES).content
        yield from _items_in(Source(name, content, fetcher, read_sibling=read_sibling))


def _read_file(path: Path, largest_bytes: int = LARGEST_PAGE_BYTES) -> Fetched:
    try:
        return Fetched("", read_regular(path, largest_bytes))
    except OSError as error:
        raise NotImported(str(path), error.strerror or str(error)) from error


def _read_sibling_file(folder: Path, address: str) -> bytes | None:
    """Only files in the folder and below it, so that a page cannot publish other files."""
    path = folder / unquote(urlsplit(address).path).lstrip("/")
    try:
        return read_regular(path, LARGEST_PAGE_BYTES) if _lies_in(folder, path) else None
    except (OSError, ValueError):
        return None


def _lies_in(folder: Path, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _items_in(source: Source) -> Iterator[Found]:
    if source.content.startswith(_ZIP):
        yield from _items_in_archive(source.name, open_archive(source.name, source.content), source.fetcher)
    else:
        yield from items_in(source)


def _items_in_archive(name: str, archive: Archive, fetcher: Fetcher) -> Iterator[Found]:
    if archive.is_book:
        yield from book_items(name, archive)
    elif is_document(archive):
        yield from document_items(name, archive)
    elif reason := archive.reason_unreadable:
        raise NotImported(name, reason)
    else:
        yield from _members(name, archive, fetcher)


def _members(name: str, archive: Archive, fetcher: Fetcher) -> Iterator[Found]:
    unreadable: Counter[str] = Counter()
    for path in archive.paths:
        suffix, member = Path(path).suffix.lower(), f"{name}: {path}"
        read_sibling: ReadSibling = partial(archive.read_sibling, path)
        if suffix in ARTICLES:
            yield SourceItem(member, partial(_read_member, archive, path), form_of(suffix), read_sibling=read_sibling)
        elif suffix in KNOWN:
            try:
                yield from _items_in_member(member, archive.read(path), fetcher, read_sibling)
            except NotImported as error:
                yield error
        elif suffix in HINTS:
            unreadable[suffix] += 1
    yield from _left_out(name, unreadable)


def _items_in_member(name: str, content: bytes, fetcher: Fetcher, read_sibling: ReadSibling) -> Iterator[Found]:
    """EPUB files and documents in a zip file are read; nested zip files are not."""
    if not content.startswith(_ZIP):
        yield from items_in(Source(name, content, fetcher, read_sibling=read_sibling))
        return
    archive = open_archive(name, content)
    if not (archive.is_book or is_document(archive)):
        raise NotImported(name, Message("an archive within an archive; unpack it first"))
    yield from _items_in_archive(name, archive, fetcher)


def _read_member(archive: Archive, path: str) -> Fetched:
    return Fetched("", archive.read(path))


def text_in(got: Fetched) -> str:
    return decode_page(got.content, got.charset)
