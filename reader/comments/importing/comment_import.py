"""Stores imported comments once and reports unknown articles. Also writes the export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ...i18n import N_
from ...state import State
from ...state.cache_invalidation import note_changes
from .. import comment_queries
from ..acceptance import digest_of
from ..bulk_insert import StoredComment, post_imported, stored_by_origin
from ..comment import WITHDRAWN, Submission
from ..comment_writes import TOPIC, NewComment
from .imported_comment import GONE, ImportedComment
from .own_export import FORMAT

ANONYMOUS = N_("Anonymous")
BATCH = 1_000
"""The number of comments per transaction."""


@dataclass
class ImportOutcome:
    """Counts of an import. ``unknown`` counts comments by addresses that match no article."""

    stored: int = 0
    known: int = 0
    unknown: Counter[str] = field(default_factory=Counter)


def store_comments(
    state: State, program: str, comments: Iterable[ImportedComment], page_of: Callable[[str], str], anonymous_name: str
) -> ImportOutcome:
    """Stores *comments* of *program*. *page_of* maps an article's address there to its page here; empty if there is
    none.

    An answer is stored after its parent. Comments that were imported before are not changed.
    """
    outcome, pages = ImportOutcome(), dict[str, str]()
    writer = _BatchWriter(program, anonymous_name, outcome)
    usable = sorted(_usable(comments), key=lambda c: c.posted_at)
    ordered = list(_parents_first(usable))
    for start in range(0, len(ordered), BATCH):
        batch = []
        for comment in ordered[start : start + BATCH]:
            if comment.address not in pages:
                pages[comment.address] = page_of(comment.address)
            if page := pages[comment.address]:
                batch.append((page, comment))
            else:
                outcome.unknown[comment.address] += 1
        with state.writing() as connection:
            writer.store(connection, batch)
            if batch:
                note_changes(connection, TOPIC, sorted({page for page, _ in batch}))
    return outcome


class _BatchWriter:
    """Stores batches of comments. New comments of a batch are inserted together, except that answers follow their
    parents."""

    def __init__(self, program: str, anonymous_name: str, outcome: ImportOutcome) -> None:
        self._program, self._nobody, self._outcome = program, anonymous_name, outcome
        self._stored: dict[tuple[str, str], StoredComment] = {}
        """By (page, number in the export)."""
        self._new: dict[str, tuple[str, NewComment, StoredComment | None]] = {}
        """By origin: the number in the export, and the arguments of ``post_imported``."""

    def store(self, connection: Connection, batch: list[tuple[str, ImportedComment]]) -> None:
        rest = [
            (page, comment, comment.origin or f"{self._program.lower()}:{page}:{comment.number}")
            for page, comment in batch
        ]
        known = stored_by_origin(connection, (origin for _, _, origin in rest))
        while rest:
            later, pending = [], set[tuple[str, str]]()
            for page, comment, origin in rest:
                if origin in self._new or (page, comment.parent) in pending:
                    later.append((page, comment, origin))
                elif origin in known:
                    self._outcome.known += 1
                    self._stored[page, comment.number] = known[origin]
                    continue
                else:
                    self._add(page, comment, origin)
                pending.add((page, comment.number))
            known |= self._store_new(connection)
            rest = later

    def _add(self, page: str, comment: ImportedComment, origin: str) -> None:
        parent = self._stored.get((page, comment.parent))
        new = self._new_comment(page, comment, origin)
        self._new[origin] = comment.number, new, parent if parent and parent.page == page else None

    def _new_comment(self, page: str, comment: ImportedComment, origin: str) -> NewComment:
        sent = Submission(comment.name or ("" if comment.status == WITHDRAWN else self._nobody), comment.text)
        new = NewComment(page, sent, comment.posted_at, comment.status, origin, digest=digest_of(comment.text))
        return replace(new, is_paper=comment.is_paper, edited_at=comment.edited_at)

    def _store_new(self, connection: Connection) -> dict[str, StoredComment]:
        """Inserts the collected comments. Returns their positions by origin."""
        new, self._new = self._new, {}
        stored = post_imported(connection, [(comment, parent) for _, comment, parent in new.values()])
        for origin, (number, comment, _) in new.items():
            self._stored[comment.page, number] = stored[origin]
        self._outcome.stored += len(stored)
        return stored


def _usable(comments: Iterable[ImportedComment]) -> list[ImportedComment]:
    """The comments with a text, each number once, and the deleted ones that have answers, without text."""
    usable, gone = dict[tuple[str, str], ImportedComment](), dict[tuple[str, str], ImportedComment]()
    for comment in comments:
        key = (comment.address, comment.number)
        if comment.is_usable:
            same = usable.get(key)
            number = f"{comment.number} {digest_of(comment.text)[:16]}" if same and same.text != comment.text else ""
            usable[comment.address, number or comment.number] = replace(comment, number=number) if number else comment
        elif comment.number and comment.status == GONE:
            gone[key] = replace(comment, status=WITHDRAWN)
    parents = [(comment.address, comment.parent) for comment in usable.values()]
    while parents:
        key = parents.pop()
        if key in gone and key not in usable:
            usable[key] = gone[key]
            parents.append((key[0], gone[key].parent))
    return list(usable.values())


def _parents_first(comments: list[ImportedComment]) -> Iterator[ImportedComment]:
    """The comments in the given order, but each after its parent, because server clocks differ."""
    existing = {(c.address, c.number) for c in comments}
    waiting: dict[tuple[str, str], list[ImportedComment]] = {}
    done: set[tuple[str, str]] = set()
    for comment in comments:
        parent = (comment.address, comment.parent)
        if parent in existing and parent not in done and parent != (comment.address, comment.number):
            waiting.setdefault(parent, []).append(comment)
            continue
        stack = [comment]
        while stack:
            ready = stack.pop()
            done.add((ready.address, ready.number))
            yield ready
            stack += reversed(waiting.pop((ready.address, ready.number), []))
    for left in waiting.values():  # cyclic answers
        yield from left


def export_json(state: State) -> Iterator[str]:
    """All comments with the editors' data, as lines of a JSON document. Hashes of authors are omitted."""
    yield f'{{"format": "{FORMAT}", "version": 1, "comments": ['
    with state.reading() as connection:
        separator = ""
        for comment, origin in comment_queries.all_comments(connection):
            same = ("id", "reply_to", "name", "text", "status", "is_paper")
            fields = {name: getattr(comment, name) for name in same} | {
                "article": comment.page,
                "posted_at": comment.posted_at.isoformat(),
                "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
                "origin": origin,
            }
            yield separator + json.dumps(fields, ensure_ascii=False)
            separator = ","
    yield "]}"
