"""What an editor may name as a source, and the articles-to-be in it: addresses, files, folders, zips, feeds, EPUB."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import NotImported
from ...formats import FORMATS, from_html, from_text
from ...formats.decoding import decode_page
from ...i18n import Message
from ...storage.regular_files import read_regular
from . import wordpress
from .archives import Archive, open_archive
from .epub import chapters
from .feeds import FeedItem, entries, is_feed
from .http import LARGEST_PAGE_BYTES, Fetched, Fetcher
from .items import Found, ReadSibling, SourceItem
from .mail import is_mail, mail_items

TEXTS = from_text.SUFFIXES
PAGES = (*from_html.SUFFIXES, ".shtml")
ARTICLES = (*FORMATS, ".shtml")
"""Files that are one article each."""
FEEDS = (".xml", ".rss", ".atom", ".json", ".rdf")
ARCHIVES = (".zip", ".epub")
MAIL = (".eml", ".mht", ".mhtml")
KNOWN = (*ARTICLES, *FEEDS, *ARCHIVES, *MAIL)
LARGEST_EXPORT_BYTES = 500_000_000
"""A whole site in one file; it is read from the disk, and by the person who runs the command."""
LARGEST_FILE_BYTES = 100_000_000
"""A page that holds its pictures."""
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|article|div|table|p|h1)\b", re.IGNORECASE)


def items_of(source: str, fetcher: Fetcher) -> list[Found]:
    """The articles-to-be in *source*; in place of what cannot be read, the reason."""
    try:
        return list(_items(source, fetcher))
    except NotImported as error:
        return [error]


def _items(source: str, fetcher: Fetcher) -> Iterator[Found]:
    if source == "-":
        yield from _items_in("standard input", sys.stdin.buffer.read(LARGEST_PAGE_BYTES), fetcher)
    elif re.match(r"https?://", source, re.IGNORECASE):
        got = fetcher.fetch(source)
        yield from _items_in(source, got.content, fetcher, got)
    elif Path(source).is_dir():
        yield from _items_in_folder(Path(source), fetcher)
    elif Path(source).is_file():
        yield from _items_in_file(Path(source), source, fetcher)
    else:
        raise NotImported(source, Message("no such file or folder, and not a URL (https://…)"))


def _items_in_folder(folder: Path, fetcher: Fetcher) -> Iterator[Found]:
    for path in sorted(folder.rglob("*")):
        wanted = path.suffix.lower() in KNOWN and not path.name.startswith(".")
        if wanted and path.is_file() and _lies_in(folder, path):
            try:
                yield from _items_in_file(path, str(path), fetcher)
            except NotImported as error:
                yield error


def _items_in_file(path: Path, name: str, fetcher: Fetcher) -> Iterator[Found]:
    suffix = path.suffix.lower()
    if suffix in ARTICLES:
        yield SourceItem(
            name,
            partial(_read_file, path, LARGEST_FILE_BYTES),
            _form(suffix),
            read_sibling=partial(_read_sibling_file, path.parent),
        )
    elif suffix in FEEDS or suffix not in ARCHIVES:
        content = _read_file(path, LARGEST_EXPORT_BYTES).content
        yield from _items_in(name, content, fetcher, read_sibling=partial(_read_sibling_file, path.parent))
    else:
        yield from _items_in_archive(name, open_archive(name, path))


def _form(suffix: str) -> str:
    """How import reads a file: pages and texts are copies from elsewhere, other formats are articles as they are."""
    return "text" if suffix in TEXTS else "page" if suffix in PAGES else suffix


def _read_file(path: Path, largest_bytes: int = LARGEST_PAGE_BYTES) -> Fetched:
    try:
        return Fetched("", read_regular(path, largest_bytes))
    except OSError as error:
        raise NotImported(str(path), error.strerror or str(error)) from error


def _read_sibling_file(folder: Path, address: str) -> bytes | None:
    """Only files in the folder and below it: a page cannot make others public."""
    path = folder / unquote(urlsplit(address).path).lstrip("/")
    try:
        return read_regular(path, LARGEST_PAGE_BYTES) if _lies_in(folder, path) else None
    except (OSError, ValueError):
        return None


def _lies_in(folder: Path, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _items_in(
    name: str, content: bytes, fetcher: Fetcher, got: Fetched | None = None, read_sibling: ReadSibling = lambda _: None
) -> Iterator[Found]:
    """By what the content is, whatever it is called."""
    if content.startswith(b"PK\x03\x04"):
        yield from _items_in_archive(name, open_archive(name, content))
        return
    address = got.address if got else ""
    if is_mail(content):
        yield from mail_items(name, content)
        return
    if wordpress.is_export(content):
        yield from wordpress.posts(name, content, read_sibling)
        return
    if is_feed(content):
        yield from (_from_entry(entry, fetcher) for entry in entries(content, address))
        return
    if Path(name).suffix.lower() in FEEDS and not _PAGE.search(content[:20_000]):
        raise NotImported(name, Message("not a feed"))
    suffix = Path(urlsplit(name).path).suffix.lower()
    is_page = _PAGE.search(content[:20_000]) or (got and "html" in got.content_type)
    form = "page" if is_page else _form(suffix) if suffix in FORMATS and suffix not in PAGES else "text"
    yield SourceItem(name, lambda: got or Fetched("", content), form, address)


def _from_entry(entry: FeedItem, fetcher: Fetcher) -> SourceItem:
    """The entry's own text if it is whole, else its page; if that cannot be had, again the entry's text."""

    def read() -> Fetched:
        try:
            return fetcher.fetch(entry.address)
        except NotImported:
            if not entry.body_html:
                raise
            return own

    own = Fetched(entry.address, f"<body>{entry.body_html}</body>".encode(), "text/html", "utf-8")
    name = entry.address or entry.draft.title
    if entry.whole or not entry.address:
        return SourceItem(name, lambda: own, "clean", entry.address, entry.draft)
    return SourceItem(name, read, "page", entry.address, entry.draft)


def _items_in_archive(name: str, archive: Archive) -> Iterator[Found]:
    if archive.is_book:
        for chapter in chapters(name, archive):
            content = Fetched("", chapter.body_html.encode(), "text/html", "utf-8")
            yield SourceItem(
                f"{name}: {chapter.path}", partial(_given, content), "clean", "", chapter.draft, chapter.read_sibling
            )
        return
    for path in archive.paths:
        suffix = Path(path).suffix.lower()
        if suffix in ARTICLES:
            read = partial(_read_member, archive, path)
            yield SourceItem(f"{name}: {path}", read, _form(suffix), read_sibling=partial(archive.read_sibling, path))


def _given(content: Fetched) -> Fetched:
    return content


def _read_member(archive: Archive, path: str) -> Fetched:
    return Fetched("", archive.read(path))


def text_in(got: Fetched) -> str:
    return decode_page(got.content, got.charset)
