"""The articles in a source: a web address, file, folder, zip file or EPUB."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import NotImported, UnreadableArticle
from ...formats import FORMATS
from ...formats.archives import Archive, open_archive
from ...formats.decoding import decode_page
from ...i18n import Message
from ...library.directory_walk import EntryKind, find_root, walk
from ...library.skipped_names import PART_OF_SAVED_PAGE
from ...library.tool_rules import reasons_in_archive
from ...storage.regular_files import open_regular, read_real, read_regular
from . import own_exports
from .epub import book_items
from .file_selection import (
    ARCHIVES,
    KNOWN,
    NAMES,
    Skipped,
    is_wanted,
    parts_of_saved_pages,
    reason_to_skip,
)
from .http import LARGEST_PAGE_BYTES, Fetched, Fetcher
from .items import Found, ReadSibling, SourceItem, limit_cpu_time, needs_too_much_memory
from .multi_file_exports import MultiFileExport
from .recognition import ARTICLES, PAGES, Source, file_hints, form_of, holds_several, items_in, multi_file_kind
from .unsupported_formats import reason_by_content, reason_for

LARGEST_EXPORT_BYTES = 500_000_000
"""The export of a whole site in one file. It is streamed from disk, and only the command line reads it."""
LARGEST_FILE_BYTES = 100_000_000
"""A web page with embedded pictures."""
log = logging.getLogger(__name__)
_ZIP = b"PK\x03\x04"
_PART_OF_NOTION = re.compile(r"(?:Export|ExportBlock)-[0-9a-f-]{36}-Part-\d{1,4}\.zip")


def items_of(source: str, fetcher: Fetcher) -> list[Found]:
    """The articles in *source*, and the reason for each part that cannot be read. Never empty.

    *source* is a URL, a path, or ``-`` for standard input.
    """
    return list(_never_empty(source, lambda: _items(source, fetcher)))


def _never_empty(name: str, items: Callable[[], Iterator[Found]]) -> Iterator[Found]:
    """The items of one file or member. After an error, or without any item, the last item is the reason."""
    number = 0
    try:
        for number, item in enumerate(items(), 1):  # noqa: B007 (counts)
            yield item
    except NotImported as error:
        number += 1
        yield error
    except UnreadableArticle as error:
        number += 1
        yield NotImported(name, error.message)
    except RecursionError:
        number += 1
        yield NotImported(name, Message("elements are nested too deeply"))
    except MemoryError:
        number += 1
        yield NotImported(name, needs_too_much_memory())
        return
    except Exception as error:  # a bug in one importer must not stop the other files
        log.exception("%s: internal error while importing", name)
        yield NotImported(name, Message("internal error: %(error)s", error=repr(error)))
        return
    if not number:
        yield NotImported(name, Message("nothing in it can be imported"))


def _items(source: str, fetcher: Fetcher) -> Iterator[Found]:
    if source == "-":
        yield from _items_in(Source("standard input", sys.stdin.buffer.read(LARGEST_PAGE_BYTES), fetcher))
    elif re.match(r"https?://", source, re.IGNORECASE):
        fetched = fetcher.fetch(source)
        yield from _items_in(Source(source, fetched.content, fetcher, fetched))
    elif os.path.isdir(source):  # noqa: PTH112 (a Path raises ValueError for a NUL character)
        yield from _items_in_folder(Path(source), fetcher)
    elif os.path.lexists(source):
        yield from _items_in_file(Path(source), source, fetcher)
    else:
        raise NotImported(source, Message("no such file or folder, and not a URL (https://…)"))


def _items_in_folder(folder: Path, fetcher: Fetcher) -> Iterator[Found]:
    """The items in the order of their paths. Skipped files are last."""
    try:
        entries = sorted(walk(find_root(folder, NAMES)), key=lambda entry: entry.path)
    except OSError as error:
        raise NotImported(str(folder), error.strerror or str(error)) from error
    skipped = Skipped(str(folder))
    files = [entry.path for entry in entries if entry.kind is EntryKind.FILE]
    export = MultiFileExport(str(folder), files, partial(_read_in, folder), partial(_sibling_reader, folder))
    export_paths = yield from _multi_file_items(export)
    for entry in entries:
        path = Path(entry.real_path)
        if entry.kind is EntryKind.PROBLEM:
            yield NotImported(str(folder / entry.path), entry.problem_without_path)
        elif entry.kind is EntryKind.LEFT_OUT:
            skipped.add(entry.path, entry.cause)
        elif entry.kind is EntryKind.FILE and entry.path not in export_paths:
            name = str(folder / entry.path)
            yield from _never_empty(name, partial(_items_in_file, path, name, fetcher))
    yield from skipped.items()


def _multi_file_items(files: MultiFileExport) -> Generator[Found, None, Collection[str]]:
    """The articles of an export in several files. Returns their paths; the other files are read individually."""
    kind = multi_file_kind(files.paths)
    if kind is None:
        return ()
    matching = replace(files, paths=list(filter(kind.recognises, files.paths)))
    yield from _never_empty(files.name, partial(kind.items, matching))
    return frozenset(matching.paths)


def _read_in(folder: Path, path: str) -> bytes:
    real = _real_path_in(folder, folder / path)
    if real is None:
        raise NotImported(str(folder / path), Message("a link to a file outside of the folder"))
    try:
        return read_real(real, LARGEST_PAGE_BYTES)
    except OSError as error:
        raise NotImported(str(folder / path), error.strerror or str(error)) from error


def _sibling_reader(folder: Path, path: str) -> ReadSibling:
    return partial(_read_sibling_file, (folder / path).parent)


def _items_in_file(path: Path, name: str, fetcher: Fetcher) -> Iterator[Found]:
    suffix, read_sibling = path.suffix.lower(), partial(_read_sibling_file, path.parent)
    _check_regular(path, name)
    head = _head(path) if suffix in ARTICLES or suffix in PAGES else b""
    if suffix in ARTICLES and (reason := reason_by_content(suffix, head)):
        raise NotImported(name, reason)
    if holds_several(suffix, head):
        content = _read_file(path, LARGEST_FILE_BYTES).content
        yield from _items_in(Source(name, content, fetcher))
    elif suffix in ARTICLES:
        read = partial(_read_file, path, LARGEST_FILE_BYTES)
        yield SourceItem(name, read, form_of(suffix), hints=file_hints(name), read_sibling=read_sibling)
    elif suffix in ARCHIVES:
        yield from _items_in_archive(name, open_archive(name, path), fetcher)
    else:
        content = _read_file(path, LARGEST_EXPORT_BYTES).content
        yield from _items_in(Source(name, content, fetcher, read_sibling=read_sibling))


def _check_regular(path: Path, name: str) -> None:
    """Raises NotImported for a FIFO, a device or a file that cannot be opened."""
    try:
        open_regular(path, sys.maxsize).close()
    except OSError as error:
        raise NotImported(name, error.strerror or str(error)) from error


def _head(path: Path) -> bytes:
    with open_regular(path, sys.maxsize) as file:
        return file.read(own_exports.HEAD_BYTES)


def _read_file(path: Path, largest_bytes: int = LARGEST_PAGE_BYTES) -> Fetched:
    try:
        return Fetched("", read_regular(path, largest_bytes))
    except OSError as error:
        raise NotImported(str(path), error.strerror or str(error)) from error


def _read_sibling_file(folder: Path, address: str) -> bytes | None:
    """Reads only files in *folder* and below it, so that a page cannot publish other files."""
    path = folder / unquote(urlsplit(address).path).lstrip("/")
    try:
        real = _real_path_in(folder, path)
        return read_real(real, LARGEST_PAGE_BYTES) if real else None
    except (OSError, ValueError):
        return None


def _real_path_in(folder: Path, path: Path) -> Path | None:
    """The real path of *path*; None if it lies outside of *folder*."""
    real = Path(os.path.realpath(path))
    return real if real.is_relative_to(os.path.realpath(folder)) else None


def _items_in(source: Source) -> Iterator[Found]:
    if source.content.startswith(_ZIP):
        yield from _items_in_archive(source.name, open_archive(source.name, source.content), source.fetcher)
    else:
        yield from items_in(source)


def _items_in_archive(name: str, archive: Archive, fetcher: Fetcher, *, is_nested: bool = False) -> Iterator[Found]:
    if archive.is_book:
        yield from limit_cpu_time(name, book_items(name, archive), archive.size_bytes)
    elif archive.suffix in FORMATS:
        yield SourceItem(name, lambda: Fetched("", archive.content), archive.suffix)
    elif reason := reason_for(archive.suffix):
        raise NotImported(name, reason)
    else:
        yield from _members(name, archive, fetcher, is_nested)


def _members(name: str, archive: Archive, fetcher: Fetcher, is_nested: bool) -> Iterator[Found]:
    """The items of an archive. Skips the same names as ``_items_in_folder``."""
    skipped = Skipped(name)
    for path, refusal in archive.refused:
        if Path(path).suffix.lower() in KNOWN:
            yield NotImported(f"{name}: {path}", refusal)
    reason_by_tools = reasons_in_archive(archive.read)

    def reason_for_path(path: str) -> str:
        return reason_to_skip(path) or (reason_by_tools(path) if is_wanted(Path(path).name) else "")

    paths = [path for path in archive.paths if is_wanted(Path(path).name) and not reason_for_path(path)]
    export = MultiFileExport(name, paths, archive.read, lambda path: partial(archive.read_sibling, path))
    export_paths = yield from _multi_file_items(export)
    parts = parts_of_saved_pages(paths)
    for path in archive.paths:
        member = f"{name}: {path}"
        read_sibling: ReadSibling = partial(archive.read_sibling, path)
        if reason := PART_OF_SAVED_PAGE if path in parts else reason_for_path(path):
            skipped.add(path, reason)
        elif path in export_paths:
            continue
        elif is_wanted(Path(path).name):
            yield from _never_empty(
                member, partial(_items_in_member, member, archive, path, fetcher, read_sibling, is_nested=is_nested)
            )
    yield from skipped.items()


def _items_in_member(
    name: str, outer: Archive, path: str, fetcher: Fetcher, read_sibling: ReadSibling, *, is_nested: bool
) -> Iterator[Found]:
    """EPUB files and documents in a zip file are read. Nested zip files are read only if they are parts of a Notion
    export."""
    suffix = Path(path).suffix.lower()
    if suffix in ARTICLES and not holds_several(suffix, outer.read(path, own_exports.HEAD_BYTES)):
        read = partial(_read_member, outer, path)
        yield SourceItem(name, read, form_of(suffix), hints=file_hints(path), read_sibling=read_sibling)
        return
    content = outer.read(path)
    if not content.startswith(_ZIP):
        yield from items_in(Source(name, content, fetcher, read_sibling=read_sibling))
        return
    archive = open_archive(name, content)
    is_part = not is_nested and _PART_OF_NOTION.fullmatch(path) is not None
    if not (archive.is_book or archive.suffix in FORMATS or is_part):
        raise NotImported(name, Message("an archive within an archive; unpack it first"))
    yield from _items_in_archive(name, archive, fetcher, is_nested=True)


def _read_member(archive: Archive, path: str) -> Fetched:
    return Fetched("", archive.read(path))


def text_in(fetched: Fetched) -> str:
    """The decoded content."""
    return decode_page(fetched.content, fetched.charset)
