"""Derives title, date, section, language and slug from the path of a file, if its content has no such fields."""

from __future__ import annotations

import html
import re
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from ..formats.dates import day_of
from ..i18n import is_language_tag
from ..models import INDEX_NAMES, LONGEST_SLUG, fingerprint, local_time, slug_of, word_set

_DATE = re.compile(r"(?<!\d)(\d{4})([-/.]?)(\d{2})\2(\d{2})(?!\d)|(?<!\d)(\d{4})([-/.])(\d{1,2})\6(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"^\d{4}[-.]?\d{1,2}[-.]?\d{1,2}[-_. ]+(?=\S)")
_DATE_FOLDER = re.compile(r"\d{1,2}|\d{4}([-._]?\d{1,2}){0,2}|\d{4}年(\d{1,2}月)?(\d{1,2}日)?|\d{1,2}月")
_GENERIC_FOLDERS = word_set(
    "content contents source src docs doc _posts posts post _docs blog blogs articles article pages page archives"
    " archive website site public static assets data news-archive collections vault notebook"
)
"""Folder names of common site generators. They are not sections."""
_LANGUAGES = word_set(
    "zh en ja ko fr de es pt ru it ar nl pl tr vi th sv cs uk fa he hi el da fi hu ro ms ca bg sr hr sk"
)
_IN_FOLDER = _LANGUAGES - {"it", "ms", "ca", "he", "hi", "da", "fi", "th", "sr"}
"""The languages in names of folders, without tags that are frequent folder names of other meaning."""
_LANGUAGE_ALIASES = {"cn": "zh-CN", "tw": "zh-TW", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}
_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def language(file: PurePosixPath) -> str:
    """The language in a path such as ``post.en.md``, ``index.zh-cn.md``, ``zh/`` or ``en/``; empty without one."""
    _, _, ending = file.stem.rpartition(".")
    if found := _language_of(ending, _LANGUAGES):
        return found
    return next((found for part in file.parent.parts if (found := _language_of(part, _IN_FOLDER))), "")


@lru_cache(1000)
def _language_of(name: str, known: frozenset[str]) -> str:
    small = name.lower().replace("_", "-")
    if small in _LANGUAGE_ALIASES:
        return _LANGUAGE_ALIASES[small]
    return small if small.partition("-")[0] in known and is_language_tag(small) else ""


def _name(file: PurePosixPath) -> tuple[str, str]:
    """The name of the file, or of its folder for ``index``, ``readme`` …; and the language at its end, if any."""
    stem, _, ending = file.stem.rpartition(".")
    if not stem or not _language_of(ending, _LANGUAGES):
        stem, ending = file.stem, ""
    return (file.parent.name if stem.lower() in INDEX_NAMES and file.parent.name else stem), ending


def translation(file: PurePosixPath) -> str:
    """The path without language and suffix: the same key for ``post.en.md`` and ``post.zh.md``."""
    stem, _, ending = file.stem.rpartition(".")
    name = stem if stem and _language_of(ending, _LANGUAGES) else file.stem
    return "/".join([*(part for part in file.parent.parts if not _language_of(part, _IN_FOLDER)), name])


def slug(file: PurePosixPath) -> str:
    """The slug from the name of the file, or of its folder for ``index``. A fingerprint for a name without letters."""
    return slug_of("-".join(filter(None, _name(file)))) or fingerprint(str(file))[:8]


def title(file: PurePosixPath, body: str) -> str:
    """The first h1, else a single heading above the text, else the name of the file. Empty for an empty *body*."""
    headings = [(level, words) for level, inner in _HEADING.findall(body) if (words := _words(inner))]
    if top := next((words for level, words in headings if level == "1"), ""):
        return top
    if not _words(body) and "<img" not in body:
        return ""
    if _is_alone(headings, body):
        return headings[0][1]
    return _title_of_name(_name(file)[0])


def _words(inner: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", inner)).split())


def _is_alone(headings: list[tuple[str, str]], body: str) -> bool:
    """Whether the body begins with the first heading, and no other heading has its level or a higher one."""
    if not headings or not re.match(r"\s*(?:<!--.*?-->\s*|<a [^>]*></a>\s*)*<h[2-6]\b", body, re.DOTALL):
        return False
    return all(level > headings[0][0] for level, _ in headings[1:])


def _title_of_name(name: str) -> str:
    """``2018-01-02-heavy-rain`` → Heavy Rain, as in Jekyll. In other ASCII names, ``_`` and ``-`` become spaces."""
    plain = _DAY_FIRST.sub("", name)
    if plain != name and plain.isascii() and " " not in plain:
        return " ".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]+", plain) if word)
    if " " in plain or not plain.isascii():
        return plain
    return re.sub(r"[-_]+", " ", plain).strip() or plain


def date(file: PurePosixPath, timezone: ZoneInfo) -> datetime | None:
    """Midnight of the date in the path: ``2018-11-23/…``, ``2018/11/23/…``, ``2018-11-23-slug.md``, ``20181123.txt``.

    The date nearest to the end of the path is used. None without a valid date.
    """
    for found in reversed(list(_DATE.finditer(str(file)))):
        year, month, day = found.group(1, 3, 4) if found[1] else found.group(5, 7, 8)
        if (first := day_of(int(year), int(month), int(day))) is not None:
            return local_time(first, timezone)
    return None


def section(file: PurePosixPath) -> tuple[str, ...]:
    """The folders of the path, without generic names, languages, dates and the folder of a single page."""
    folders = list(file.parent.parts)
    if "_posts" in folders:  # in Jekyll, the folders above it are categories
        folders = folders[: folders.index("_posts")]
    elif file.stem.split(".")[0].lower() in INDEX_NAMES:
        folders = folders[:-1]
    return tuple(name for name in folders if _is_subject(name))


@lru_cache(1000)
def _is_subject(name: str) -> bool:
    if (
        name.lower() in _GENERIC_FOLDERS
        or name.startswith((".", "_"))
        or _DATE_FOLDER.fullmatch(name)
        or _DAY_FIRST.match(name)
    ):
        return False
    return not _language_of(name, _IN_FOLDER) and len(name.encode("utf-8", "replace")) <= LONGEST_SLUG
