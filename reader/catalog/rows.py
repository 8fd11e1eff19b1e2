"""Converts articles to rows of the catalog and back."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from markupsafe import Markup

from ..article_corrections import CORRECTED, changed_at, from_fields, to_fields
from ..i18n import serialize
from ..models import ALL, NOTE, TOP, WARNING, Article, Collection, Problem, Teaser, is_dated, local_time

TEASER_COLUMNS = "slug, title, summary, published, updated, section, source, language, version, picture, is_corrected"
SEEN_AT = "(SELECT revised_at FROM revised WHERE slug = a.slug) AS seen_at"
"""An SQL column: the time when the history detected the last change of an article of ``articles a``."""
TEASERS = ", ".join([*(f"a.{name}" for name in TEASER_COLUMNS.split(", ")), SEEN_AT])
"""TEASER_COLUMNS of the table ``articles a`` in a join, and SEEN_AT."""

_DETAILS = ("kicker", "subtitle", "byline", "editor", "tags", "aliases", "images", "top", "comments_closed")
_PICTURE = re.compile(r"/media/[0-9a-f]{16}-(\d+)\.")

LEAST_WIDTH = 320
"""The minimum width in pixels of a picture in lists. A smaller picture is an icon or a logo."""


@dataclass(frozen=True)
class Removal:
    """A published article whose file was deleted; ``original_slug`` as in ``Catalog.original_slugs``."""

    slug: str
    title: str
    removed_at: datetime
    original_slug: str


def row_of(article: Article) -> dict[str, object]:
    """The columns of ``articles`` that come from the article. Times are whole UTC seconds."""
    return {
        "slug": article.slug,
        "draft": article.draft,
        "published": int(article.published.timestamp()),
        "updated": int(article.updated.timestamp()),
        "title": article.title,
        "summary": article.summary,
        "section": "/".join(article.section),
        "source": article.source,
        "language": article.language,
        "version": article.version,
        "picture": picture_of(article.images),
        "is_corrected": bool(article.corrections),
        "details": json.dumps(_details(article), ensure_ascii=False),
        "body": str(article.body),
    }


def picture_of(images: Iterable[str]) -> str:
    """The address of the first picture that is wide enough for a list; empty if none is."""
    return next((a for a in images if (found := _PICTURE.match(a)) and int(found[1]) >= LEAST_WIDTH), "")


def _details(article: Article) -> dict[str, Any]:
    details = {name: getattr(article, name) for name in _DETAILS}
    return details | ({"corrections": to_fields(article.corrections)} if article.corrections else {})


def article_of(row: sqlite3.Row | Mapping[str, Any], timezone: tzinfo) -> Article:
    """The article of a row of ``articles``, with times in *timezone*."""
    details: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(row["details"]).items()}
    details["corrections"] = from_fields(details.get("corrections", ()), timezone)
    return Article(**_teaser_values(row, timezone), **details, body=Markup(row["body"]), draft=bool(row["draft"]))  # noqa: S704 (sanitized before it was stored)


def teaser_of(row: sqlite3.Row, timezone: tzinfo) -> Teaser:
    return Teaser(**_teaser_values(row, timezone), picture=row["picture"], is_corrected=bool(row["is_corrected"]))


def _teaser_values(row: sqlite3.Row | Mapping[str, Any], timezone: tzinfo) -> dict[str, Any]:
    """The fields of a Teaser. If the query has SEEN_AT, ``updated`` considers a change that the history detected."""
    published, updated = _datetime_of(row["published"], timezone), _datetime_of(row["updated"], timezone)
    seen_at = row["seen_at"] if "seen_at" in row.keys() else None  # noqa: SIM118 (in looks at the values of a Row)
    return {
        "slug": row["slug"],
        "title": row["title"],
        "summary": row["summary"],
        "published": published,
        "updated": changed_at(published, updated, _datetime_of(seen_at, timezone) if seen_at else None),
        "section": tuple(row["section"].split("/")) if row["section"] else (),
        "source": row["source"],
        "language": row["language"],
        "version": row["version"],
    }


_WHOLE_MINUTES = int(datetime(1973, 1, 1, tzinfo=UTC).timestamp())
"""From this time on, no time zone has an offset with seconds; Liberia was the last, until 1972 (tz database)."""


def _datetime_of(seconds: int, timezone: tzinfo) -> datetime:
    if seconds >= _WHOLE_MINUTES:
        return datetime.fromtimestamp(seconds, timezone)
    return local_time(datetime.fromtimestamp(seconds, UTC), timezone)


def collections_of(article: Article, keywords: Iterable[str]) -> set[Collection]:
    """All collections of the article: an article in a section is also in each of its parent sections."""
    collections = {ALL} | ({Collection("day", article.day.isoformat())} if is_dated(article.published) else set())
    collections |= {Collection("section", "/".join(article.section[: n + 1])) for n in range(len(article.section))}
    collections |= {Collection("tag", tag) for tag in article.tags}
    collections |= {Collection("author", name) for name in article.byline}
    collections |= {Collection("word", word) for word in keywords} | ({TOP} if article.top else set())
    collections |= {CORRECTED} if article.corrections else set()
    return collections | ({Collection("source", article.source)} if article.source else set())


ORIGINAL_SLUG = "coalesce(f.original, json_extract(a.details, '$.aliases[0]'), a.slug)"
"""An SQL expression for the original slug over ``articles a LEFT JOIN original_slugs f``."""


def original_slug(connection: sqlite3.Connection, slug: str) -> str:
    """The slug at the first publication of the article *slug*; *slug* itself if there is no such article."""
    joined = "articles a LEFT JOIN original_slugs f ON f.slug = a.slug"
    query = f"SELECT {ORIGINAL_SLUG} AS original FROM {joined} WHERE a.slug = ?"
    row = connection.execute(query, (slug,)).fetchone()
    return str(row["original"]) if row else slug


def remember_original_slug(connection: sqlite3.Connection, slug: str, first: str) -> None:
    """Stores the original slug unless it can be derived from the stored article."""
    if original_slug(connection, slug) != first or not _is_stored(connection, slug):
        connection.execute("INSERT OR REPLACE INTO original_slugs VALUES (?, ?)", (slug, first))


def _is_stored(connection: sqlite3.Connection, slug: str) -> bool:
    return connection.execute("SELECT 1 FROM articles WHERE slug = ?", (slug,)).fetchone() is not None


def remarks_of(article: Article) -> str:
    """The warnings and notes of *article* for the column ``remarks``: one JSON list per line, (severity, message)."""
    return "\n".join(
        json.dumps([severity, serialize(text)], ensure_ascii=False)
        for severity, texts in ((WARNING, article.warnings), (NOTE, article.notes))
        for text in texts
    )


def remark_of(problem: Problem) -> str:
    """The note of a file that is not published, in the format of ``remarks_of``."""
    return json.dumps([problem.severity, serialize(problem.cause)], ensure_ascii=False)


def is_unchanged(path: str, digest: str, article: Article, before: sqlite3.Row, known: sqlite3.Row) -> bool:
    """Whether only the file's times or permissions changed. False for a file without a stamp: other code has read
    it."""
    is_same_file = before["path"] == path and known["digest"] == digest and known["stamp"] != ""
    return is_same_file and before["version"] == article.version and bool(before["draft"]) == article.draft


def day_of(row: sqlite3.Row | None) -> date | None:
    return date.fromisoformat(row["day"]) if row and row["day"] else None
