"""Stores imported comments, each once, and says which articles were not found. Also writes the export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ...i18n import N_
from ...state import State
from ...state.cache_invalidation import note_change
from .. import queries
from ..acceptance import digest_of
from ..comment import WITHDRAWN, Submission
from ..database_writes import TOPIC, NewComment, post
from .imported_comment import GONE, ImportedComment
from .own_export import FORMAT

NOBODY = N_("Anonymous")
BATCH = 500
"""Comments in a transaction."""


@dataclass
class ImportOutcome:
    """``unknown`` counts the comments by the addresses that lead to no article."""

    stored: int = 0
    known: int = 0
    unknown: Counter[str] = field(default_factory=Counter)


def store_comments(
    state: State, program: str, comments: Iterable[ImportedComment], page_of: Callable[[str], str], nobody: str
) -> ImportOutcome:
    """*page_of* finds what an article's comments are kept under, by its address there; empty if there is none.

    An answer is stored after what it answers. What was imported before is left as it is.
    """
    outcome, pages, numbers = ImportOutcome(), dict[str, str](), dict[tuple[str, str], int]()
    usable = sorted(_usable(comments), key=lambda c: c.posted_at)
    ordered = list(_parents_first(usable))
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        with state.writing() as connection:
            for comment in batch:
                if comment.address not in pages:
                    pages[comment.address] = page_of(comment.address)
                if page := pages[comment.address]:
                    _store(connection, program, comment, page, numbers, nobody, outcome)
                else:
                    outcome.unknown[comment.address] += 1
            for page in sorted({pages[comment.address] for comment in batch} - {""}):
                note_change(connection, TOPIC, page)
    return outcome


def _store(
    connection: Connection,
    program: str,
    comment: ImportedComment,
    page: str,
    numbers: dict[tuple[str, str], int],
    nobody: str,
    outcome: ImportOutcome,
) -> None:
    origin = comment.origin or f"{program.lower()}:{page}:{comment.number}"
    known = queries.of_origin(connection, origin)
    if known is None:
        parent = numbers.get((page, comment.parent), 0)
        sent = Submission(comment.name or ("" if comment.status == WITHDRAWN else nobody), comment.text, parent)
        new = NewComment(page, sent, comment.posted_at, comment.status, origin, digest=digest_of(comment.text))
        more = replace(new, is_paper=comment.is_paper, edited_at=comment.edited_at, is_imported=True)
        known = post(connection, more)
        outcome.stored += 1
    else:
        outcome.known += 1
    numbers[page, comment.number] = known.id


def _usable(comments: Iterable[ImportedComment]) -> list[ImportedComment]:
    """Those with a text, each number once, and of those that are gone there what others answered, without text."""
    kept, gone = dict[tuple[str, str], ImportedComment](), dict[tuple[str, str], ImportedComment]()
    for comment in comments:
        place = (comment.address, comment.number)
        if comment.is_usable:
            same = kept.get(place)
            number = f"{comment.number} {digest_of(comment.text)[:16]}" if same and same.text != comment.text else ""
            kept[comment.address, number or comment.number] = replace(comment, number=number) if number else comment
        elif comment.number and comment.status == GONE:
            gone[place] = replace(comment, status=WITHDRAWN)
    parents = [(comment.address, comment.parent) for comment in kept.values()]
    while parents:
        place = parents.pop()
        if place in gone and place not in kept:
            kept[place] = gone[place]
            parents.append((place[0], gone[place].parent))
    return list(kept.values())


def _parents_first(comments: list[ImportedComment]) -> Iterator[ImportedComment]:
    """In the order given, but no comment before the one it answers; clocks of servers differ."""
    there = {(c.address, c.number) for c in comments}
    waiting: dict[tuple[str, str], list[ImportedComment]] = {}
    done: set[tuple[str, str]] = set()
    for comment in comments:
        parent = (comment.address, comment.parent)
        if parent in there and parent not in done and parent != (comment.address, comment.number):
            waiting.setdefault(parent, []).append(comment)
            continue
        stack = [comment]
        while stack:
            ready = stack.pop()
            done.add((ready.address, ready.number))
            yield ready
            stack += reversed(waiting.pop((ready.address, ready.number), []))
    for left in waiting.values():  # they answer each other in a circle
        yield from left


def export_json(state: State) -> Iterator[str]:
    """All comments with what editors know of them, as the lines of a JSON document; without authors' hashes."""
    yield f'{{"format": "{FORMAT}", "version": 1, "comments": ['
    with state.reading() as connection:
        separator = ""
        for comment, origin in queries.every(connection):
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
