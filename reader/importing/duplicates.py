"""Finds articles that already exist in the articles folder, by source address and by text."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..child_process.cpu_time import CpuTimeReached, limited_cpu_time
from ..errors import NotImported, ReaderError
from ..formats import read_draft
from ..i18n import Message
from ..library.directory_walk import FolderEntry, article_files, find_root
from ..storage.atomic_files import replace_derived_file
from ..storage.regular_files import read_real
from .writing import ORIGIN

_ORIGIN_LINE = re.compile(rb"^" + re.escape(ORIGIN).encode() + rb"(.*)$", re.MULTILINE)
_HEAD_BYTES = 2000
_LARGEST_BYTES = 20_000_000
"""A larger file is not an article, so nothing can be a duplicate of it."""
MOST_SECONDS = 2.0
"""The processor time for one file. Normal files take milliseconds."""

log = logging.getLogger(__name__)
_TAG = re.compile(r"<[^>]*>|&\w+;")


@dataclass
class ImportedIndex:
    """The paths of articles, by the hash of their text and by source address; ``slugs`` are the existing file names.

    ``scan(articles, cache_file).find(address="https://example.org/a")`` is a path such as ``2018-11-23/rain.md``, or
    empty.
    """

    by_text: dict[str, str] = field(default_factory=dict)
    by_address: dict[str, str] = field(default_factory=dict)
    slugs: set[str] = field(default_factory=set)

    def add(self, path: str, text_hash: str, address: str) -> None:
        """Adds an article. The first path with a text or source address wins; *address* may be empty."""
        self.by_text.setdefault(text_hash, path)
        self.slugs.add(Path(path).stem)
        if address:
            self.by_address.setdefault(normalize_address(address), path)

    def find(self, *, address: str = "", text_hash: str = "") -> str:
        """The path of the article with that source *address* or text; empty if there is none."""
        return self.by_address.get(normalize_address(address), "") or self.by_text.get(text_hash, "")


def normalize_address(address: str) -> str:
    """*address* normalized for comparison: without scheme, ``www.``, default port, trailing slash and fragment."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return address
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}" if host else address.strip()


def hash_of(title: str, body_html: str) -> str:
    """A hash of the letters and digits of the text, independent of markup, punctuation and letter case.

    For a body without text, the hash of the title: pages that contain only pictures are not duplicates of each other.
    """
    words = _words(_TAG.sub(" ", body_html)) or ["title ", *_words(title)]
    return hashlib.sha256("".join(words).encode()).hexdigest()[:32]


def _words(text: str) -> list[str]:
    return re.findall(r"\w", unicodedata.normalize("NFKC", text).casefold())


def scan(articles: Path, cache_file: Path, most_seconds: float = math.inf) -> ImportedIndex:
    """Indexes the articles in the folder. *cache_file* stores the results, so that unchanged files are not read again.

    After *most_seconds*, the remaining files are indexed by name only; the next call reads them.
    """
    cached = _cached(cache_file)
    index = ImportedIndex()
    current: dict[str, list[str]] = {}
    deadline = time.monotonic() + most_seconds
    for entry in sorted(_files(articles, cache_file), key=lambda entry: entry.path):
        cached_entry = cached.get(entry.path)
        if not (cached_entry and cached_entry[0] == entry.stamp):
            cached_entry = _read(entry) if time.monotonic() < deadline else _unreadable("", entry)
        current[entry.path] = cached_entry
        index.add(entry.path, cached_entry[1], cached_entry[2])
    if current != cached:
        cache_file.parent.mkdir(parents=True, exist_ok=True)
        replace_derived_file(cache_file, json.dumps(current, ensure_ascii=False).encode())
    return index


def _files(articles: Path, cache_file: Path) -> list[FolderEntry]:
    """The files that are read as articles.

    Raises NotImported if the folder contained articles before and cannot be read: nothing may be written to the mount
    point of an unmounted disk.
    """
    try:
        return list(article_files(find_root(articles)))
    except OSError as error:
        if cache_file.exists():
            cause = Message("the folder cannot be read: %(cause)s", cause=error.strerror or str(error))
            raise NotImported(str(articles), cause) from error
        return []


def _cached(cache_file: Path) -> dict[str, list[str]]:
    try:
        records = json.loads(cache_file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return records if isinstance(records, dict) else {}


def _read(entry: FolderEntry) -> list[str]:
    """[stamp, hash of the text, source address]. A file that cannot be opened is read again by the next scan.

    A file with an unreadable text is not a duplicate of anything until it changes.
    """
    path = Path(entry.real_path)
    try:
        content = read_real(path, _LARGEST_BYTES)
    except OSError:
        return _unreadable("", entry)
    origin = _ORIGIN_LINE.search(content[:_HEAD_BYTES])
    try:
        with limited_cpu_time(MOST_SECONDS):
            draft = read_draft(path.suffix, content)
            text_hash = hash_of(draft.title, draft.body_html)
    except (ReaderError, CpuTimeReached, MemoryError):
        text_hash = _unreadable("", entry)[1]
    except Exception as error:  # noqa: BLE001 a bug with one file must not stop the import
        log.info("%s: no text to compare: %r", entry.path, error)
        text_hash = _unreadable("", entry)[1]
    return [entry.stamp, text_hash, origin[1].decode("utf-8", "replace").strip() if origin else ""]


def _unreadable(stamp: str, entry: FolderEntry) -> list[str]:
    return [stamp, f"unreadable {entry.path}", ""]
