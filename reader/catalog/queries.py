"""The read interface of the catalog. Only visible articles are returned."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from pathlib import Path

from ..errors import Busy, Gone, Moved, NotFound
from ..i18n import deserialize
from ..models import ALL, UNDATED, Article, Collection, Issue, Problem, Teaser, path_key
from ..site_identity import Site
from .article_texts import article_texts
from .collection_index import collections_in
from .foreign_permalinks import is_old_address, named_by
from .full_text_search import Results, SearchCursor, find
from .link_resolution import LinkTarget, with_links
from .list_queries import CORRECTED, NEWER, OLDER, START, Cursor
from .picture_rows import is_shown
from .query_parser import Query
from .read_connections import Connections
from .related_articles import related
from .rows import ORIGINAL_SLUG, SEEN_AT, TEASERS, Removal, article_of, day_of, teaser_of
from .site_rows import site_article, site_of
from .translations import translations

_UNDATED = int(UNDATED.timestamp())
_NAMED = "SELECT n.slug, a.path FROM names n JOIN articles a ON a.slug = n.slug WHERE n.name = ? AND a.visible"


@dataclass(frozen=True)
class _State:
    data_version: tuple[int, int]
    revision: int
    changed_at: datetime
    site: Site


class Catalog:
    """Read access; one connection per thread. Lists are paginated by key (``before``), not by OFFSET. Methods raise
    Busy while the catalog cannot be used.

    Example::

        catalog = Catalog(settings.catalog, settings.timezone)
        tag = Collection("tag", "政协")
        teasers = catalog.latest(tag, limit=25)
        older = catalog.latest(tag, limit=25, before=(int(teasers[-1].published.timestamp()), teasers[-1].slug))
        article = catalog.article(teasers[0].slug)
    """

    def __init__(self, path: Path, timezone: tzinfo, must_be_complete: bool = True) -> None:
        """With *must_be_complete* every method raises Busy until the first scan has ended."""
        self._path, self._timezone = path, timezone
        self._connections, self._local = Connections(path, must_be_complete), threading.local()

    @cached_property
    def as_it_is(self) -> Catalog:
        """The same catalog for monitoring, which also reads it while it is being filled."""
        return Catalog(self._path, self._timezone, must_be_complete=False)

    @property
    def revision(self) -> int:
        """An integer that grows whenever visible content changes. Unique among all catalogs at this path."""
        return self._state().revision

    @property
    def changed_at(self) -> datetime:
        """The time when ``revision`` last changed, in whole seconds (UTC); each change has another time."""
        return self._state().changed_at

    @property
    def site(self) -> Site:
        """The site's settings from its own files; all fields are empty without such files."""
        return self._state().site

    def site_page(self, name: str) -> Article:
        """The site's own page at ``/<name>``. Raises NotFound."""
        return self._links_of(site_article(self._all, name, self._timezone))[0]

    def article(self, slug: str) -> Article:
        """The visible article. Raises Moved (an alias or a renamed file), Gone (a deleted file) or NotFound."""
        row = self._one(f"SELECT a.*, {SEEN_AT} FROM articles a WHERE slug = ? AND visible", slug)
        if row is None:
            raise self._absence(slug)
        return self._links_of(article_of(row, self._timezone))[0]

    def articles(self, slugs: Sequence[str]) -> list[Article]:
        """The articles in the order of *slugs*; hidden and unknown articles are omitted."""
        rows = self._all(f"SELECT a.*, {SEEN_AT} FROM articles a WHERE visible AND slug IN ({_marks(slugs)})", *slugs)
        found = {row["slug"]: self._links_of(article_of(row, self._timezone))[0] for row in rows}
        return [found[slug] for slug in slugs if slug in found]

    def with_linked_versions(self, teasers: Iterable[Teaser]) -> list[Teaser]:
        """*teasers* with the versions of the complete articles, which depend on the targets of their links."""
        teasers = list(teasers)
        linking = f"SELECT * FROM articles WHERE slug IN ({_marks(teasers)}) AND instr(body, ' href=\"./')"
        rows = self._all(linking, *(teaser.slug for teaser in teasers))
        versions = {row["slug"]: self._links_of(article_of(row, self._timezone))[0].version for row in rows}
        return [replace(teaser, version=versions.get(teaser.slug, teaser.version)) for teaser in teasers]

    def latest(self, *collections: Collection, limit: int = 25, before: Cursor | None = None) -> list[Teaser]:
        """The articles that are in all *collections* (without any: all articles), newest first, ties by slug."""
        found = self._collection_ids(collections or (ALL,))
        if found is None:
            return []
        joins = "".join(
            f" JOIN collection_items s{n} ON s{n}.collection = {other}"
            f" AND s{n}.published = s.published AND s{n}.slug = s.slug"
            for n, other in enumerate(found[1:])
        )
        published, slug = before or START
        rows = self._all(
            f"SELECT {TEASERS} FROM collection_items s{joins} JOIN articles a ON a.slug = s.slug"
            " WHERE s.collection = ? AND s.published <= ? AND (s.published < ? OR s.slug > ?)"
            " ORDER BY s.published DESC, s.slug LIMIT ?",
            *(found[0], published, published, slug, limit),
        )
        return [teaser_of(row, self._timezone) for row in rows]

    def with_corrections(self, limit: int, before: Cursor | None = None) -> list[Teaser]:
        """The articles with corrections in their files, by ``updated`` of the file, latest first, ties by slug."""
        updated, slug = before or START
        return [teaser_of(row, self._timezone) for row in self._all(CORRECTED, updated, updated, slug, limit)]

    def oldest(self, collection: Collection = ALL, skip: int = 0, limit: int = 25) -> list[Teaser]:
        """The articles with a date, oldest first, without the first *skip*: the fixed archive pages of a feed.

        This is the only list with an OFFSET. It uses an index, and archive pages are requested about once a month.
        """
        rows = self._all(
            f"SELECT {TEASERS} FROM (SELECT slug FROM collection_items"
            " WHERE collection = (SELECT id FROM collections WHERE kind = ? AND name = ?) AND published <> ?"
            " ORDER BY published, slug DESC LIMIT ? OFFSET ?) s JOIN articles a ON a.slug = s.slug"
            " ORDER BY a.published, a.slug DESC",
            *(collection.kind, collection.name, _UNDATED, limit, skip),
        )
        return [teaser_of(row, self._timezone) for row in rows]

    def count(self, collection: Collection = ALL) -> int:
        """The number of articles in the collection."""
        row = self._one("SELECT count FROM collections WHERE kind = ? AND name = ?", collection.kind, collection.name)
        return row["count"] if row else 0

    def count_dated(self, collection: Collection = ALL) -> int:
        """The number of articles with a date. Feeds omit the others."""
        ids = self._collection_ids((collection,)) or [0]
        query = "SELECT count(*) AS count FROM collection_items WHERE collection = ? AND published = ?"
        row = self._one(query, ids[0], _UNDATED)
        return self.count(collection) - (row["count"] if row else 0)

    def collections(self, kind: str, largest: int = -1) -> list[tuple[Collection, int]]:
        """The non-empty collections of *kind* and their numbers of articles, by name; or the *largest* by number."""
        order = "name" if largest < 0 else "count DESC, name"
        query = f"SELECT name, count FROM collections WHERE kind = ? AND count > 0 ORDER BY {order} LIMIT ?"
        return [(Collection(kind, row["name"]), row["count"]) for row in self._all(query, kind, largest)]

    def neighbours(self, slug: str) -> tuple[Teaser | None, Teaser | None]:
        """The next older and the next newer article; None at the ends and for an unknown article."""
        row = self._one("SELECT published FROM articles WHERE slug = ? AND visible", slug)
        if row is None:
            return None, None
        older, newer = (self._one(query, row["published"], row["published"], slug) for query in (OLDER, NEWER))
        return (teaser_of(older, self._timezone) if older else None), (
            teaser_of(newer, self._timezone) if newer else None
        )

    def related(self, slug: str, limit: int = 5) -> list[Teaser]:
        """The articles that share tags, keywords or the section, best first; empty for an unknown article."""
        row = self._one("SELECT collections FROM articles WHERE slug = ? AND visible", slug)
        found = related(self._all, slug, collections_in(row["collections"]), limit) if row else []
        return [teaser_of(other, self._timezone) for other in found]

    def issue(self, day: date) -> Issue:
        """The issue of *day*, at most 500 articles. Raises NotFound if no article was published on that day."""
        teasers = self.latest(Collection("day", day.isoformat()), limit=500)
        if not teasers:
            raise NotFound("issue", day.isoformat())
        days = "SELECT {}(name) AS day FROM collections INDEXED BY days WHERE kind = 'day' AND count > 0 AND name {} ?"
        older, newer = (self._one(days.format(*way), day.isoformat()) for way in (("max", "<"), ("min", ">")))
        number = self._all(days.format("count", "<="), day.isoformat())[0]["day"]
        return Issue(day, tuple(teasers), day_of(older), day_of(newer), number)

    def issues(self, limit: int = 31, before: date | None = None) -> list[tuple[date, int]]:
        """The days with articles, before the day *before*, and their number of articles; newest first."""
        query = "SELECT name, count FROM collections WHERE kind = 'day' AND count > 0 AND name < ?"
        rows = self._all(f"{query} ORDER BY name DESC LIMIT ?", before.isoformat() if before else "9999", limit)
        return [(date.fromisoformat(row["name"]), row["count"]) for row in rows]

    def latest_day(self) -> date:
        """The newest day with articles. Raises NotFound if there are no articles."""
        for day, _ in self.issues(limit=1):
            return day
        raise NotFound("issue", "latest")

    def search(
        self, query: Query, order: str = "newest", limit: int = 20, before: SearchCursor | None = None
    ) -> Results:
        """The articles that match *query*, in one of ORDERS; ``before`` is ``more`` of the previous page."""
        return find(self._all, self._timezone, query, order, limit, before)

    def removals(self, limit: int = 50) -> list[Removal]:
        """The removed articles, latest removal first."""
        rows = self._all(
            "SELECT r.*, coalesce(f.original, r.slug) AS original FROM removed r"
            " LEFT JOIN original_slugs f ON f.slug = r.slug"
            " ORDER BY removed_at DESC, r.slug LIMIT ?",
            limit,
        )
        return [
            Removal(r["slug"], r["title"], datetime.fromtimestamp(r["removed_at"], UTC), r["original"]) for r in rows
        ]

    def revised(self, slugs: Sequence[str]) -> dict[str, datetime]:
        """The time when the catalog detected the last correction of each; articles without one are omitted."""
        rows = self._all(f"SELECT slug, revised_at FROM revised WHERE slug IN ({_marks(slugs)})", *slugs)
        return {row["slug"]: datetime.fromtimestamp(row["revised_at"], self._timezone) for row in rows}

    def corrected(self, collection: Collection = ALL, limit: int = 5) -> list[Teaser]:
        """The most recently corrected articles of the collection, latest correction first."""
        rows = self._all(
            f"SELECT {TEASERS} FROM revised r CROSS JOIN articles a ON a.slug = r.slug"
            " JOIN collection_items s ON s.published = a.published AND s.slug = a.slug"
            " WHERE s.collection = (SELECT id FROM collections WHERE kind = ? AND name = ?)"
            " ORDER BY r.revised_at DESC LIMIT ?",
            *(collection.kind, collection.name, limit),
        )
        return [teaser_of(row, self._timezone) for row in rows]

    def original_slugs(self, slugs: Sequence[str]) -> dict[str, str]:
        """The slug under which each article was first published. It does not change when the file is renamed."""
        rows = self._all(
            f"SELECT a.slug, {ORIGINAL_SLUG} AS original FROM articles a LEFT JOIN original_slugs f ON f.slug = a.slug"
            f" WHERE a.slug IN ({_marks(slugs)})",
            *slugs,
        )
        return {row["slug"]: row["original"] for row in rows}

    def problems(self) -> list[Problem]:
        """The problems of files that cannot be read, also of the site's own files; by path."""
        fields = "SELECT path, line, cause, hint FROM"
        of_files = f"{fields} files WHERE cause <> '' AND remarks = ''"
        rows = self._all(f"{of_files} UNION ALL {fields} site_problems ORDER BY 1, 2")
        return [Problem(row["path"], row["line"], deserialize(row["cause"]), deserialize(row["hint"])) for row in rows]

    def shows_picture(self, digest: str) -> bool:
        """Whether a visible article, a page of the site or its settings use the picture."""
        return is_shown(self._all, digest)

    def translations(self, slugs: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """(language, slug) of each article in all its languages, by language; only for articles with several."""
        return translations(self._all, slugs)

    def dead_links(self) -> list[tuple[str, str]]:
        """(path of the file, path in the link) for each link without a target article; by path. Reads all bodies."""
        query = "SELECT * FROM articles WHERE visible AND instr(body, ' href=\"./') ORDER BY path"
        found = ((row["path"], self._links_of(article_of(row, self._timezone))[1]) for row in self._all(query))
        return [(path, dead) for path, links in found for dead in links]

    def _links_of(self, article: Article) -> tuple[Article, list[str]]:
        def find(name: str) -> list[LinkTarget]:
            return [LinkTarget(row["slug"], row["path"]) for row in self._all(_NAMED, name)]

        def read_body(slug: str) -> str:
            row = self._one("SELECT body FROM articles WHERE slug = ?", slug)
            return row["body"] if row else ""

        return with_links(article, find, read_body)

    def texts(self) -> Iterator[tuple[str, str]]:
        """(path of the file, title and body) of each visible article, by path. Reads all bodies, 500 at a time."""
        return article_texts(self._all)

    def remarks(self) -> list[Problem]:
        """The warnings and notes of all files, by path."""
        rows = self._all("SELECT path, remarks FROM files WHERE remarks <> '' ORDER BY path")
        remarks = ((row["path"], *json.loads(line)) for row in rows for line in row["remarks"].split("\n"))
        return [Problem(path, 0, deserialize(text), "", severity) for path, severity, text in remarks]

    def moved_from(self, address: str) -> str:
        """The slug of the article for a path from another site, such as ``/2018/01/02/rain.html``. Raises NotFound.

        The path is an alias in a file; or its last part is the name of an article, and all other parts match the
        article's day, section or folders.
        """
        key = path_key(address)
        row = self._one("SELECT slug FROM aliases WHERE alias = ?", key) if key else None
        if row and self._one("SELECT 1 FROM articles WHERE slug = ? AND visible", row["slug"]):
            return str(row["slug"])
        for found in named_by(self._all, key) if "/" in key else ():
            if is_old_address(key, found["path"], found["section"], found["published"], self._timezone):
                return str(found["slug"])
        raise NotFound("page", address)

    def fault(self, kind: str = "fault") -> str:
        """Why changes of the articles folder (``state_fault``: of the history) are not applied; empty if they are."""
        row = self._one("SELECT value FROM meta WHERE key = ?", kind)
        return deserialize(row["value"]) if row else ""

    def is_complete(self) -> bool:
        """Whether the whole folder has been read into this catalog file. Does not raise Busy."""
        try:
            return self.revision >= 0
        except Busy:
            return False

    def _absence(self, slug: str) -> NotFound:
        """The error for a slug without a visible article."""
        query = "SELECT slug FROM aliases WHERE alias = ? UNION ALL SELECT target FROM moved WHERE slug = ?"
        row = self._one(query, slug, slug)
        if row and self._one("SELECT 1 FROM articles WHERE slug = ? AND visible", row["slug"]):
            return Moved("article", slug, row["slug"])
        names = (slug, row["slug"]) if row else (slug,)  # an alias of a draft is NotFound, like the draft
        if self._one(f"SELECT 1 FROM removed WHERE slug IN ({_marks(names)})", *names):
            return Gone("article", slug)
        return NotFound("article", slug)

    def _collection_ids(self, collections: Iterable[Collection]) -> list[int] | None:
        """The ids, smallest collection first, so that the join starts with it; None if a collection does not exist."""
        query = "SELECT id, count FROM collections WHERE kind = ? AND name = ?"
        rows = [self._one(query, s.kind, s.name) for s in collections]
        if any(row is None for row in rows):
            return None
        return [row["id"] for row in sorted((row for row in rows if row), key=lambda row: row["count"])]

    def _state(self) -> _State:
        data_version = self._one("PRAGMA data_version")[0]  # type: ignore[index]
        version = self._connections.generation, data_version  # in this order: the query may have opened a connection
        known: _State | None = getattr(self._local, "state", None)
        if known is None or known.data_version != version:
            rows = {row["key"]: row["value"] for row in self._all("SELECT key, value FROM meta")}
            changed_at = datetime.fromtimestamp(rows.get("changed_at", 0), UTC)
            state = rows.get("revision", 0), changed_at, site_of(self._all)
            known = self._local.state = _State(version, *state)
        return known

    def _one(self, query: str, *values: object) -> sqlite3.Row | None:
        return next(iter(self._connections.rows(query, values)), None)

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self._connections.rows(query, values)


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
