"""Sound and video files of articles: finds them in the articles folder, and opens them for sending from there.

The address of a file is ``/media/<digest>-<bytes>.<suffix>``, so every page and feed knows its size, and the version of
an article changes with the file. ``instance/pictures/<digest>.media.json`` stores the path; the file is not copied.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote

from .. import urls
from ..errors import NotFound
from ..i18n import Message
from ..models import Article
from ..sanitizer import attributes_of, joined, to_text, tokens
from ..sanitizer.media_types import MEDIA_TYPES, PLAY, media_suffix
from ..settings import Settings
from ..storage.atomic_files import replace_derived_file
from ..storage.private_files import FOLDER_MODE
from ..storage.regular_files import open_real
from .images import digest_of
from .picture_lookup import PictureFinder

_ADDRESS = re.compile(rf"/media/([0-9a-f]{{16}})-(\d{{1,12}})\.({'|'.join(MEDIA_TYPES)})")
_LINK = re.compile(rf' href="\./[^"]*\.(?:{"|".join(MEDIA_TYPES)})[?#"]', re.IGNORECASE)
"""A link to a sound or video file in the articles folder."""
_MOST_SHOWN = 120
"""How many characters of a wrong address a warning quotes."""


@dataclass(frozen=True)
class MediaFile:
    """A sound or video file, as parsed from its address."""

    address: str
    digest: str
    size_bytes: int
    suffix: str

    @property
    def mimetype(self) -> str:
        return MEDIA_TYPES[self.suffix]


def media_files_in(html: str) -> list[MediaFile]:
    """The sound and video files that *html* links to, in order, without duplicates."""
    found = _ADDRESS.finditer(html) if "/media/" in html else ()
    return list(dict.fromkeys(MediaFile(match[0], match[1], int(match[2]), match[3]) for match in found))


def size_text(size_bytes: int) -> str:
    """The size for readers, such as ``46 KB`` or ``3.2 MB``, with 1 KB = 1,024 bytes."""
    size = size_bytes / 1024
    return f"{size:.0f} KB" if size < 1000 else f"{size / 1024:.1f} MB"


def link_media(article: Article, file: PurePosixPath, settings: Settings) -> Article:
    """*article* with ``/media/`` addresses and sizes of its sound and video files. *file* is its path in the articles
    folder.

    A file that cannot be used gets no address and a warning. The link to a missing file stays; the catalog reports it.
    """
    if not _LINK.search(article.body):
        return article
    parts = tokens(article.body)
    finder = PictureFinder(settings.articles, file)
    warnings: list[Message] = []
    address = size = ""
    for part in parts:
        if part.name == "a" and not part.end:
            attributes = attributes_of(part.attributes)
            path, _, fragment = unescape(attributes.get("href", "")).partition("#")
            address = _address(path, finder, settings, warnings) if path.startswith("./") else ""
            if address:
                size = size_text(int(address.rpartition("-")[2].partition(".")[0]))
                part.attributes = to_text(attributes | {"href": address + (f"#{fragment}" if fragment else "")})
        elif part.name == "a":
            address = ""
        elif address and part.text.startswith(PLAY):
            part.text = f"{part.text.rstrip()} · {size}"
    body = joined(parts)
    if body == article.body and not warnings:
        return article
    return replace(article, body=body, version="", warnings=(*article.warnings, *dict.fromkeys(warnings)))


def _address(path: str, finder: PictureFinder, settings: Settings, warnings: list[Message]) -> str:
    """The ``/media/…`` address of the file at *path* (``./folder/talk.mp3``); empty if it is missing, cannot be used or
    is not sound or video."""
    suffix, name = media_suffix(path), unquote(path[2:]).lstrip("/")
    if not suffix:
        return ""
    try:
        if (found := finder.find(name)) is None:
            return ""
        with open_real(found, settings.media_limit_mb * 1_000_000) as content:
            digest, status = digest_of(content), os.fstat(content.fileno())
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        warnings.append(Message("file left out: %(path)s: %(cause)s", path=name[:_MOST_SHOWN], cause=cause))
        return ""
    _write_record(settings.instance, digest, found, status)
    return urls.media(digest, status.st_size, suffix)


def _record(instance: Path, digest: str) -> Path:
    return instance / "pictures" / f"{digest}.media.json"


def _write_record(instance: Path, digest: str, path: Path, status: os.stat_result) -> None:
    target = _record(instance, digest)
    facts = json.dumps({"path": str(path), "size": status.st_size, "modified_ns": status.st_mtime_ns})
    if not target.is_file() or target.read_text("utf-8") != facts:
        target.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        replace_derived_file(target, facts.encode())


def open_media_file(settings: Settings, digest: str, size_bytes: int) -> tuple[BinaryIO, Path]:
    """The open file and its path. Raises NotFound if it is missing, changed, or outside of the articles folder."""
    try:
        facts = json.loads(_record(settings.instance, digest).read_text("utf-8"))
        path = Path(facts["path"])
        if not path.is_relative_to(os.path.realpath(settings.articles)):
            raise NotFound("file", digest)
        with ExitStack() as on_error:
            content = on_error.enter_context(open_real(path, settings.media_limit_mb * 1_000_000))
            status = os.fstat(content.fileno())
            is_same = (status.st_size, status.st_mtime_ns) == (facts["size"], facts["modified_ns"])
            if status.st_size != size_bytes or not (is_same or digest_of(content) == digest):
                raise NotFound("file", digest)
            on_error.pop_all()
    except (OSError, ValueError):
        raise NotFound("file", digest) from None
    if not is_same:
        _write_record(settings.instance, digest, path, status)
    return content, path
