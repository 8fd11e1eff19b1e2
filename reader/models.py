"""The things we talk about: drafts, articles, issues, publications. Values only; no I/O."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from markupsafe import Markup

from .i18n import Message

SLUG_PATTERN = r"[\w-]{1,120}"
"""Letters of any script, digits, ``_``, ``-``. No dots: a dot starts a suffix."""
LONGEST_NAME = 255
"""Bytes of a file's or a folder's name (NAME_MAX of Linux, macOS and Windows' file systems)."""
LONGEST_SLUG = 240
"""Bytes in UTF-8, so that ``<slug>.<suffix>`` is a file's name: 80 Han characters."""


@dataclass(frozen=True)
class Draft:
    """What a format read from one file, unchecked: only ``title`` and ``body_html`` are always there.

    ``published`` and ``updated`` may be naive; they are then local to ``READER_TIMEZONE``.
    ``section`` is a path from the root: ``("河北新闻", "本网原创")``. ``byline`` holds names.
    ``warnings`` are Messages: what of the file is not shown although the article is published.
    """

    title: str
    body_html: str
    kicker: str = ""
    subtitle: str = ""
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    source: str = ""
    section: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    editor: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    draft: bool = False
    slug: str = ""
    aliases: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Teaser:
    """What a list shows of an article. All times are aware, in the site's time zone."""

    slug: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    section: tuple[str, ...]
    source: str
    language: str
    version: str


@dataclass(frozen=True)
class Article:
    """One story, ready to show: sanitized, punctuated, every field derived or empty."""

    slug: str
    title: str
    body: Markup
    summary: str
    published: datetime
    updated: datetime
    language: str
    kicker: str = ""
    subtitle: str = ""
    source: str = ""
    section: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    editor: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    draft: bool = False
    version: str = field(default="", compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """As in Draft; for the editor, never for readers."""

    def __post_init__(self) -> None:
        if not self.version:
            object.__setattr__(self, "version", fingerprint(*self._published_values()))

    def _published_values(self) -> list[str]:
        """Everything a reader can see, in field order: what ``version`` is the hash of."""
        return [str(getattr(self, f.name)) for f in fields(self) if f.name not in ("version", "draft", "warnings")]

    @property
    def day(self) -> date:
        """The issue it came out in."""
        return self.published.date()


@dataclass(frozen=True)
class Collection:
    """A list of articles by one common trait: ``kind`` is all, section, tag, author, source or day.

    ``name`` of a section is its path joined by ``/``; of a day, its ISO date; of ``all``, empty.
    """

    kind: str = "all"
    name: str = ""


ALL = Collection()


@dataclass(frozen=True)
class Issue:
    """What came out on one day, newest first (the e-paper, 电子报)."""

    day: date
    teasers: tuple[Teaser, ...]
    older: date | None = None
    newer: date | None = None

    @property
    def version(self) -> str:
        return fingerprint(self.day.isoformat(), *(t.version for t in self.teasers))


@dataclass(frozen=True)
class Publication:
    """One document to export, whatever it was made from: an article is a publication of one chapter.

    ``name`` is its file name without suffix; ``path`` its address on the site, beginning with ``/``.
    """

    name: str
    title: str
    language: str
    path: str
    chapters: tuple[Article, ...]

    @property
    def published(self) -> datetime:
        return min(chapter.published for chapter in self.chapters)

    @property
    def updated(self) -> datetime:
        return max(chapter.updated for chapter in self.chapters)

    @property
    def version(self) -> str:
        return fingerprint(self.name, self.title, self.language, *(c.version for c in self.chapters))


@dataclass(frozen=True)
class Problem:
    """A file that could not become an article. ``line`` counts from 1; 0 if no line is to blame.

    ``cause`` says what is wrong, ``hint`` how to fix it; both are Messages where they were written for people.
    """

    path: str
    line: int
    cause: str
    hint: str = ""

    def __str__(self) -> str:
        return str(self.message)

    @property
    def message(self) -> Message:
        """``file:line: cause (hint)``, to be translated."""
        where = f"{self.path}:{self.line}" if self.line else self.path
        if self.hint:
            return Message("%(where)s: %(cause)s (%(hint)s)", where=where, cause=self.cause, hint=self.hint)
        return Message("%(where)s: %(cause)s", where=where, cause=self.cause)


def fingerprint(*parts: str | bytes) -> str:
    """A short stable name for content: 16 hex digits of its SHA-256. Order and boundaries count."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()[:16]


def is_slug(text: str) -> bool:
    return re.fullmatch(SLUG_PATTERN, text) is not None and len(text.encode()) <= LONGEST_SLUG


def slug_of(name: str) -> str:
    """*name* made fit for an address: NFC, runs of anything else become one ``-``. May be empty."""
    whole = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", name)).strip("-")[:120]
    return whole.encode()[:LONGEST_SLUG].decode("utf-8", "ignore")


def local_time(moment: datetime, zone: tzinfo) -> datetime:
    """*moment* in *zone*; a naive one is there already. Its offset is in whole minutes.

    RFC 3339 and RFC 5322 can't write the seconds that local mean time had (Shanghai until 1901, Amsterdam until 1937).
    """
    here = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    offset = here.utcoffset() or timedelta()
    if not offset % timedelta(minutes=1):
        return here
    whole = timezone(timedelta(minutes=round(offset / timedelta(minutes=1))))
    return here.astimezone(whole) if moment.tzinfo else here.replace(tzinfo=whole)


def has_time(moment: datetime) -> bool:
    """Whether a time of day was given: an article dated by its day alone is published at midnight."""
    return moment.time() != time()


def format_minute(moment: datetime) -> str:
    """``2018-11-23 10:40``; the day alone if no time of day was given."""
    return f"{moment:%Y-%m-%d %H:%M}" if has_time(moment) else f"{moment:%Y-%m-%d}"
