"""Full-text search: newest first, or best first among a bounded number of candidates."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from ..models import Collection, Teaser
from .highlighting import Fragment, excerpt, highlight, marks_of
from .query_parser import Query, expression_of, needs_proof, pattern_of, seconds_of
from .rows import TEASER_COLUMNS, teaser_of
from .tokenizer import IN_COLLECTION, IN_TITLE, folded, searchable_text

ORDERS = ("newest", "best")

CANDIDATES = 120
"""Number of newest hits, and of newest hits in the title, that are scored for the order ``best``."""

EXAMINED = 400
"""Maximum number of docids read for one page of results; the next page continues there."""

SearchCursor = tuple[int, int]
"""A position in the results: score (0 for newest first) and docid of the last hit."""

Execute = Callable[..., list[sqlite3.Row]]
"""Runs a query on the catalog: ``execute(sql, *values)``."""

_INDEXED = ("title", "summary", "section", "source", "details")
_EARLIEST, _LATEST = -(2**62), 2**62


@dataclass(frozen=True)
class Hit:
    """One search result: its teaser, and its title and an excerpt with the matches marked."""

    teaser: Teaser
    title: tuple[Fragment, ...]
    excerpt: tuple[Fragment, ...]


@dataclass(frozen=True)
class Results:
    """One page of hits. ``more`` is the cursor of the next page; None on the last one."""

    hits: tuple[Hit, ...] = ()
    more: SearchCursor | None = None


@dataclass(frozen=True)
class _Found:
    score: int
    row: sqlite3.Row

    @property
    def cursor(self) -> SearchCursor:
        return self.score, self.row["docid"]


def find(
    execute: Execute, timezone: tzinfo, query: Query, order: str, limit: int, before: SearchCursor | None
) -> Results:
    """The articles that match all terms, collections and dates; no results for an empty query."""
    found = _Finder(execute, timezone, query)
    if not query or not found.is_possible:
        return Results()
    return found.best(limit, before) if order == "best" else found.newest(limit, before)


class _Finder:
    """Runs one query."""

    def __init__(self, execute: Execute, timezone: tzinfo, query: Query) -> None:
        self._execute, self._timezone, self._terms = execute, timezone, query.terms
        self._marks = marks_of(query.terms)
        self._proofs = [pattern_of(term) for term in query.terms if needs_proof(term)]
        self._first = seconds_of(query.after, timezone, _EARLIEST)
        self._end = seconds_of(query.before, timezone, _LATEST)
        collections = [self._collection_words(collection) for collection in query.collections]
        self.is_possible = all(collections)
        self._expression = " AND ".join(
            (*(f"({expression_of(t)})" for t in query.terms), *(f"({s})" for s in collections))
        )

    def newest(self, limit: int, before: SearchCursor | None) -> Results:
        found: list[_Found] = []
        examined, end = 0, min(before[1] if before else self._end, self._end)
        while len(found) <= limit and examined < EXAMINED:
            rows = self._rows(self._expression, end, limit + 1)
            found += [_Found(0, row) for row in rows if self._proves(row)]
            if len(rows) <= limit:
                return self._results(found, limit, None)
            examined, end = examined + len(rows), rows[-1]["docid"]
        return self._results(found, limit, (0, end))

    def best(self, limit: int, before: SearchCursor | None) -> Results:
        """The hits by score: the number of matches, with the highest weight for the title; ties newest first."""
        in_title = " OR ".join(f"({expression_of(term, IN_TITLE)})" for term in self._terms)
        rows = self._rows(self._expression, self._end, CANDIDATES)
        if in_title:
            rows += self._rows(f"{self._expression} AND ({in_title})", self._end, CANDIDATES)
        different = {row["docid"]: row for row in rows}.values()
        scored = [_Found(self._score(row), row) for row in different if self._proves(row)]
        found = sorted(scored, key=lambda one: one.cursor, reverse=True)
        return self._results([one for one in found if before is None or one.cursor < before], limit, None)

    def _rows(self, expression: str, end: int, limit: int) -> list[sqlite3.Row]:
        """The newest articles before *end* (a docid) that match the FTS5 expression."""
        columns = f"{TEASER_COLUMNS}, docid, details, body"
        if not expression:
            query = f"SELECT {columns} FROM articles WHERE docid >= ? AND docid < ? ORDER BY docid DESC LIMIT ?"
            return self._execute(query, self._first, end, limit)
        docids = "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        query = f"SELECT {columns} FROM articles WHERE docid IN ({docids}) ORDER BY docid DESC"
        return self._execute(query, expression, self._first, end, limit)

    def _proves(self, row: sqlite3.Row) -> bool:
        """Whether the text contains the terms that the index cannot confirm, such as phrases."""
        if not self._proofs:
            return True
        text = "\n".join((*(row[name] for name in _INDEXED), searchable_text(row["body"])))
        return all(proof.search(text) or proof.search(folded(text)) for proof in self._proofs)

    def _score(self, row: sqlite3.Row) -> int:
        body = row["body"].casefold()
        title, summary = row["title"].casefold(), row["summary"].casefold()
        return sum(
            40 * (term.text in title) + 10 * (term.text in summary) + min(body.count(term.text), 15)
            for term in self._terms
        )

    def _results(self, found: Sequence[_Found], limit: int, more: SearchCursor | None) -> Results:
        if len(found) > limit:
            more = found[limit - 1].cursor
        return Results(tuple(self._hit(one.row) for one in found[:limit]), more)

    def _hit(self, row: sqlite3.Row) -> Hit:
        return Hit(
            teaser_of(row, self._timezone),
            highlight(row["title"], self._marks),
            excerpt(searchable_text(row["body"]), self._marks),
        )

    def _collection_words(self, collection: Collection) -> str:
        """The FTS5 expression of the collection; empty if it does not exist. The last name of a section is enough."""
        query = "SELECT id FROM collections WHERE kind = ? AND count > 0 AND (name = ? COLLATE NOCASE"
        query += " OR name LIKE ? ESCAPE '!')" if collection.kind == "section" else ")"
        values = [
            collection.kind,
            collection.name,
            *([f"%/{_plain(collection.name)}"] if collection.kind == "section" else []),
        ]
        return " OR ".join(f'"{IN_COLLECTION}{row["id"]}"' for row in self._execute(query, *values))


def _plain(text: str) -> str:
    """*text* with the wildcards of LIKE escaped by ``!``."""
    return "".join("!" + character if character in "!%_" else character for character in text)
