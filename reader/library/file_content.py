"""Reads a file that the walk of the articles folder found. Does not follow a link that was put there afterwards."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from ..errors import UnreadableArticle
from ..formats.dates import date_in_text
from ..formats.decoding import decode_page
from ..i18n import Message
from ..site_identity import FOLDER
from ..storage.regular_files import read_real

_WITH_META = ("md", "markdown", "rst", "txt", "html", "htm")
_HEADS = (b"---", b"+++", b"<!-", b".. ")
_DATE_LINE = 2
_OLD_META = ("title", "slug", "date", "tags", "link", "description")
_UNPUBLISHED = re.compile(rb"^\.\. status:[ \t]*(?!published|featured)\w", re.MULTILINE)
_LARGEST_META = 20_000


def read_content_of(articles: Path, path: str, limit_bytes: int) -> bytes:
    """The content of *path*, which is relative to the folder *articles*.

    Raises OSError as ``read_real``. ELOOP is temporary: the next walk finds the file, or the problem of the link.
    """
    try:
        return read_real(articles / path, limit_bytes)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    return read_real(Path(_real_path(articles, path)), limit_bytes)


def with_meta_file(articles: Path, path: str, content: bytes) -> bytes:
    """*content* below the fields in the ``.meta`` file beside it (Nikola): ``.. title: …`` lines, or in old sites one
    value per line. Unchanged if it has fields of its own, or no such file.

    Raises UnreadableArticle if it has fields of its own, and the file beside it says that it is not published.
    """
    stem, _, suffix = path.rpartition(".")
    if suffix.lower() not in _WITH_META or not os.path.lexists(f"{articles}/{stem}.meta"):
        return content
    try:
        meta = read_real(articles / f"{stem}.meta", _LARGEST_META)
    except OSError:
        return content
    if content.lstrip()[:3] in _HEADS:
        if _UNPUBLISHED.search(meta):
            cause = Message("%(file)s beside it says that it is not published", file=f"{stem.rpartition('/')[2]}.meta")
            raise UnreadableArticle(cause, Message("move its fields into this file, and remove it"))
        return content
    lines = decode_page(meta).strip().splitlines()
    if not lines or not lines[0].startswith(".. "):
        if len(lines) < _DATE_LINE + 1 or date_in_text(lines[_DATE_LINE]) is None:
            return content  # a file of another program
        lines = [f".. {name}: {value}" for name, value in zip(_OLD_META, lines, strict=False)]
    head = "\n".join(lines)
    return (f"<!--\n{head}\n-->\n" if suffix.lower() in ("html", "htm") else f"{head}\n\n").encode() + content


def _real_path(articles: Path, path: str) -> str:
    """*path* with its links resolved by the rules of the walk. Raises OSError if the walk would not read the file."""
    from .directory_walk import ARTICLE_NAMES, EntryKind, NameRules, find_root, walk

    folder, names = articles, ARTICLE_NAMES
    if path.startswith(f"{FOLDER}/"):
        folder, path = articles / FOLDER, path.removeprefix(f"{FOLDER}/")
        names = NameRules(is_wanted=bool, reason_to_skip=lambda _: "")
    root = find_root(folder, names)
    entry = next(walk(root, path), None)
    is_inside = Path(root.path).is_relative_to(os.path.realpath(articles))
    if not is_inside or entry is None or entry.kind is not EntryKind.FILE:
        raise OSError(errno.ELOOP, Message("a link was put in its place"))
    return entry.real_path
