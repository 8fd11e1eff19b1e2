"""The domain model: drafts, articles, issues, publications. Frozen dataclasses without I/O."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from .i18n import Message
from .patterns import lazy_pattern

if TYPE_CHECKING:
    from .article_corrections import Correction

_CONTROL = lazy_pattern("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]")
"""What a file's name or a title may hold, and a terminal, a log or its reader would obey: control characters, escape
sequences, ends of lines, changes of direction, and bytes that are not UTF-8."""


def escaped(text: str) -> str:
    r"""*text* in one line that a terminal shows as it is: ``\x1b``, ``\n``, ``\u202e``, ``\xd6`` for a byte."""
    return _CONTROL.sub(_escape, text) if _CONTROL.search(text) else text


def escaped_in_json(text: str) -> str:
    r"""JSON *text* with the same characters as ``\u001b``, which says the same. Ends of lines stay."""
    return _CONTROL.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that os.fsdecode could not decode
        return f"\\x{code - 0xDC00:02x}"
    return found[0].encode("unicode_escape").decode() if not 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def word_set(text: str) -> frozenset[str]:
    """The words of a table written as a text."""
    return frozenset(text.split())


SLUG_PATTERN = r"[\w-]{1,120}"
"""Letters of any script, digits, ``_``, ``-``. No dot, because a dot begins the suffix of a file."""
LONGEST_NAME = 255
"""Bytes of a file's or a folder's name (NAME_MAX of Linux, macOS and Windows' file systems)."""
LONGEST_PATH = 400
"""Characters of an old address."""
_NOT_IN_PATH = lazy_pattern("[\x00-\x1f\x7f\ud800-\udfff]")
LONGEST_SLUG = 240
"""Bytes in UTF-8, so that ``<slug>.<suffix>`` fits into a file name: 80 Han characters."""


UNDATED = datetime(1902, 1, 1, tzinfo=UTC)
"""``published`` of an article whose file gives no date anywhere: it stands last in every list, and is shown without a
date. Later than the first year that RSS knows in every time zone.
"""


def is_dated(at: datetime) -> bool:
    return at != UNDATED


@dataclass(frozen=True)
class Embargo:
    """A date that can mean two moments: the ``latest`` of them, which may be naive, and its line in the file."""

    latest: datetime
    line: int


@dataclass(frozen=True)
class Draft:
    """The content of one file as a format parsed it, not validated. Only ``title`` and ``body_html`` are required.

    ``published`` and ``updated`` may be naive; they are then local to ``READER_TIMEZONE``.
    ``top`` is an editor's wish that it leads the front page, ``comments_closed`` that nobody comments on it.
    ``section`` is a path from the root: ``("河北新闻", "本网原创")``. ``byline`` holds names.
    ``paths`` are addresses it had on another site, as ``path_key`` writes them: ``2018/01/02/rain``.
    ``warnings`` are Messages: what of the file is not shown although the article is published. ``notes`` are Messages
    too: what is not used, and nothing is lost.
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
    top: bool = False
    comments_closed: bool = False
    slug: str = ""
    aliases: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Those that the file itself holds, by their addresses in ``body_html``."""
    embargo: Embargo | None = None
    translation: str = ""
    """A key that the same article in other languages has too."""


@dataclass(frozen=True)
class Teaser:
    """The short form of an article in lists. All times are aware, in the site's time zone."""

    slug: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    section: tuple[str, ...]
    source: str
    language: str
    version: str
    is_corrected: bool = False
    picture: str = ""
    """The address of its first picture that is wide enough for a list, as ``images`` has it; else empty."""


_UNSEEN = ("version", "draft", "top", "comments_closed", "warnings", "notes", "paths", "translation")


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
    corrections: tuple[Correction, ...] = ()
    top: bool = False
    comments_closed: bool = False
    version: str = field(default="", compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """As in Draft; for the editor, never for readers."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    translation: str = field(default="", compare=False)
    """What the articles have in common that are one in several languages."""
    paths: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.version:
            object.__setattr__(self, "version", fingerprint(*self._published_values()))

    def _published_values(self) -> list[str]:
        """Everything a reader can see, in field order: what ``version`` is the hash of."""
        return [str(getattr(self, name)) for name in _SEEN]

    @property
    def day(self) -> date:
        """The date of its issue."""
        return self.published.date()


_SEEN = tuple(field.name for field in fields(Article) if field.name not in _UNSEEN)


@dataclass(frozen=True)
class Collection:
    """Articles that share a section, tag, author, source or day; ``kind`` names which, or is ``all``.

    ``name`` of a section is its path joined by ``/``; of a day, its ISO date; of ``all`` and ``top``, empty. In ``top``
    are the articles that the editor marked as leads.
    """

    kind: str = "all"
    name: str = ""


ALL = Collection()
TOP = Collection("top")


@dataclass(frozen=True)
class Issue:
    """The articles of one day, newest first (the e-paper, 电子报). ``number`` counts the days with articles from 1."""

    day: date
    teasers: tuple[Teaser, ...]
    older: date | None = None
    newer: date | None = None
    number: int = 0

    @property
    def version(self) -> str:
        return fingerprint(self.day.isoformat(), *(t.version for t in self.teasers))


@dataclass(frozen=True)
class Publication:
    """A document to export: an article (one chapter), issue, collection or selection. ``name`` is its file name without
    suffix, ``path`` its address on the site, ``number`` that of an issue, else 0.
    """

    name: str
    title: str
    language: str
    path: str
    chapters: tuple[Article, ...]
    number: int = 0

    @property
    def published(self) -> datetime:
        """UNDATED only if no chapter has a date."""
        return min((c.published for c in self.chapters if is_dated(c.published)), default=self.chapters[0].published)

    @property
    def updated(self) -> datetime:
        return max(chapter.updated for chapter in self.chapters)

    @property
    def version(self) -> str:
        return fingerprint(self.name, self.title, self.language, f"{self.number}", *(c.version for c in self.chapters))


ERROR, WARNING, NOTE = "error", "warning", "note"


@dataclass(frozen=True)
class Problem:
    """What is to be said of a file. ``line`` counts from 1; 0 if no line is to blame.

    ``cause`` says what is wrong, ``hint`` how to fix it; both are Messages where they were written for people.
    ``severity`` is ERROR: it could not become an article; WARNING: it is one, and something of it is lost; NOTE: it is
    one, and nothing is lost.
    """

    path: str
    line: int
    cause: str
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        return str(self.message)

    @property
    def message(self) -> Message:
        """``file:line: cause (hint)``, translatable."""
        path = escaped(self.path)
        where = f"{path}:{self.line}" if self.line else path
        if self.hint:
            return Message("%(where)s: %(cause)s (%(hint)s)", where=where, cause=self.cause, hint=self.hint)
        return Message("%(where)s: %(cause)s", where=where, cause=self.cause)


def fingerprint(*parts: str | bytes) -> str:
    """The first 16 hex digits of the SHA-256 of *parts*. Their order and boundaries matter."""
    return fingerprint_of(parts)


def fingerprint_of(parts: Iterable[str | bytes]) -> str:
    """``fingerprint`` of parts that need not be in memory together."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()[:16]


def path_key(address: str) -> str:
    """The address of a page on another site as it is looked up: its path without ``/`` at the ends, ``index.html`` and
    ``.html``. Empty for a pattern such as ``/:year/:title/``.
    """
    try:
        path = unquote(urlsplit(address.strip()).path).strip("/")
    except ValueError:
        return ""
    path = re.sub(r"(?:^|/)index\.(?:html?|php)$|\.(?:html?|php|md)$", "", path, flags=re.IGNORECASE)
    return "" if ":" in path or "{" in path or _NOT_IN_PATH.search(path) else path[:LONGEST_PATH]


def is_slug(text: str) -> bool:
    return re.fullmatch(SLUG_PATTERN, text) is not None and len(text.encode()) <= LONGEST_SLUG


_NOT_IN_SLUG = re.compile(r"\W+")


def slug_of(name: str) -> str:
    """*name* as a slug: NFC, with each run of other characters replaced by ``-``. Can be empty."""
    whole = _NOT_IN_SLUG.sub("-", unicodedata.normalize("NFC", name)).strip("-")[:120]
    return whole if len(whole) <= LONGEST_SLUG // 4 else whole.encode()[:LONGEST_SLUG].decode("utf-8", "ignore")


INDEX_NAMES = frozenset({"index", "readme", "_index"})
"""A file of such a name is the page of its folder."""


def slug_by_path(path: str) -> str:
    """A longer name for a file whose own is taken: its folders' before it. Empty for a file that lies in none."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    return slug_of("-".join([*folders, *([] if stem.lower() in INDEX_NAMES else [stem])])) if folders else ""


def local_time(at: datetime, zone: tzinfo) -> datetime:
    """*at* in *zone*; a naive one is taken as local to *zone*. The UTC offset is rounded to minutes.

    RFC 3339 and RFC 5322 cannot express the seconds of local mean time (Shanghai until 1901, Amsterdam until 1937).
    """
    here = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    offset = here.utcoffset() or timedelta()
    if not offset % timedelta(minutes=1):
        return here
    whole = timezone(timedelta(minutes=round(offset / timedelta(minutes=1))))
    return here.astimezone(whole) if at.tzinfo else here.replace(tzinfo=whole)


def has_time(at: datetime) -> bool:
    """Whether a time of day is known: an article with a date only is published at midnight."""
    return at.time() != time()


def format_minute(at: datetime) -> str:
    """``2018-11-23 10:40``; the date only if the time of day is unknown."""
    return f"{at:%Y-%m-%d %H:%M}" if has_time(at) else f"{at:%Y-%m-%d}"
