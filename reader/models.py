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
"""Characters in file names and titles that would act on a terminal or a log: control characters, escape sequences,
line breaks, changes of text direction, and bytes that are not UTF-8."""


def escaped(text: str) -> str:
    r"""*text* on one line, safe for a terminal: control characters become ``\x1b`` or ``\u202e``, bytes ``\xd6``."""
    return _CONTROL.sub(_escape, text) if _CONTROL.search(text) else text


def escaped_in_json(text: str) -> str:
    r"""Equivalent JSON of JSON *text*, with the same characters as ``\u001b``. Line breaks are unchanged."""
    return _CONTROL.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that os.fsdecode could not decode
        return f"\\x{code - 0xDC00:02x}"
    return found[0].encode("unicode_escape").decode() if not 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def word_set(text: str) -> frozenset[str]:
    """The words of *text*, separated by white space."""
    return frozenset(text.split())


SLUG_PATTERN = r"[\w-]{1,120}"
"""Letters of any script, digits, ``_``, ``-``. No dot, because a dot begins the suffix of a file."""
LONGEST_NAME = 255
"""The longest name of a file or folder, in bytes (NAME_MAX of the file systems of Linux, macOS and Windows)."""
LONGEST_PATH = 400
"""The longest ``path_key`` of a former address, in characters."""
_NOT_IN_PATH = lazy_pattern("[\x00-\x1f\x7f\ud800-\udfff]")
LONGEST_SLUG = 240
"""In bytes of UTF-8, so that ``<slug>.<suffix>`` fits into a file name: 80 Han characters."""


UNDATED = datetime(1902, 1, 1, tzinfo=UTC)
"""``published`` of an article whose file contains no date. Lists show it last and without a date. The value is later
than the first year that RSS allows, in every time zone."""


def is_dated(at: datetime) -> bool:
    """False for UNDATED."""
    return at != UNDATED


@dataclass(frozen=True)
class Embargo:
    """An ambiguous date: ``latest`` is the latest time it can mean and may be naive; ``line`` is its line number."""

    latest: datetime
    line: int


@dataclass(frozen=True)
class Draft:
    """The content of one file as a format parsed it, not validated. Only ``title`` and ``body_html`` are required.

    ``published`` and ``updated`` may be naive; they are then local to ``READER_TIMEZONE``.
    ``top`` asks for the first position on the front page, ``comments_closed`` turns comments off for the article.
    ``section`` is a path from the root: ``("河北新闻", "本网原创")``. ``byline`` contains names.
    ``paths`` are its addresses on another site, as ``path_key`` returns them: ``2018/01/02/rain``.
    ``warnings`` are Messages about content of the file that is not shown although the article is published. ``notes``
    are Messages about parts that are unused without a loss of content.
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
    """The pictures inside the file itself, by their addresses in ``body_html``."""
    embargo: Embargo | None = None
    translation: str = ""
    """A key shared by the versions of the article in different languages."""


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
    """The address of its first picture that is wide enough for a list, as in ``images``; empty without one."""


_UNSEEN = ("version", "draft", "top", "comments_closed", "warnings", "notes", "paths", "translation")


@dataclass(frozen=True)
class Article:
    """An article that is ready to show: sanitized, with corrected punctuation, every field derived or empty."""

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
    """As in Draft. Shown to the editor, never to readers."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    translation: str = field(default="", compare=False)
    """A key shared by the versions of the article in different languages."""
    paths: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.version:
            object.__setattr__(self, "version", fingerprint(*self._published_values()))

    def _published_values(self) -> list[str]:
        """All values that a reader can see, in field order. ``version`` is their hash."""
        return [str(getattr(self, name)) for name in _SEEN]

    @property
    def day(self) -> date:
        """The date of the article's issue."""
        return self.published.date()


_SEEN = tuple(field.name for field in fields(Article) if field.name not in _UNSEEN)


@dataclass(frozen=True)
class Collection:
    """Articles with the same section, tag, author, source or day. ``kind`` is the name of this property, or ``all``.

    ``name`` is the path of a section joined by ``/``, the ISO date of a day, and empty for ``all`` and ``top``. ``top``
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
    """A document to export: an article (one chapter), issue, collection or selection. ``chapters`` is not empty.
    ``name`` is its file name without suffix, ``path`` its URL path, ``number`` the number of an issue, else 0.
    """

    name: str
    title: str
    language: str
    path: str
    chapters: tuple[Article, ...]
    number: int = 0

    @property
    def published(self) -> datetime:
        """The earliest time of a chapter; UNDATED only if no chapter has a date."""
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
    """A message about a file. ``line`` counts from 1; it is 0 if the problem has no line.

    ``cause`` says what is wrong, ``hint`` how to fix it; both are Messages if they can be translated.
    ``severity`` is ERROR if the file could not become an article, WARNING if the article is published but lacks
    content of the file, NOTE if the article is published and complete.
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
    """``fingerprint`` of an iterable, which may be longer than memory."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()[:16]


def path_key(address: str) -> str:
    """The lookup key for a page's address on another site: its path without ``/`` at the ends, ``index.html`` and
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
"""Lower-case names, without suffix, of files that are the page of their folder."""


def slug_by_path(path: str) -> str:
    """A longer slug for a file whose own is in use: its folders and its name. Empty for a file that is in no folder."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    return slug_of("-".join([*folders, *([] if stem.lower() in INDEX_NAMES else [stem])])) if folders else ""


def local_time(at: datetime, zone: tzinfo) -> datetime:
    """*at* in *zone*. A naive *at* is local to *zone*. The UTC offset is rounded to minutes.

    RFC 3339 and RFC 5322 cannot express the seconds of local mean time (Shanghai until 1901, Amsterdam until 1937).
    """
    here = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    offset = here.utcoffset() or timedelta()
    if not offset % timedelta(minutes=1):
        return here
    whole = timezone(timedelta(minutes=round(offset / timedelta(minutes=1))))
    return here.astimezone(whole) if at.tzinfo else here.replace(tzinfo=whole)


def has_time(at: datetime) -> bool:
    """Whether the time of day is known. An article with only a date is published at midnight."""
    return at.time() != time()


def format_minute(at: datetime) -> str:
    """``2018-11-23 10:40``; the date only if the time of day is unknown."""
    return f"{at:%Y-%m-%d %H:%M}" if has_time(at) else f"{at:%Y-%m-%d}"
