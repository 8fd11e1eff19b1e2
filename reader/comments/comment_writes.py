"""Writes to the comment tables: post, correct, review. Each is part of the caller's transaction.

*connection* is one of ``State.writing``; what is returned counts when it has committed. A change that readers can see
is noted (``state/cache_invalidation.py``), so that all web processes drop the pages of that article.
Imports SQLAlchemy.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from ..state.cache_invalidation import note_change
from ..state.insert_once import insert_once
from . import comment_queries
from .comment import (
    APPROVED,
    DISPLACED,
    HIDDEN,
    NOWHERE,
    PENDING,
    REJECTED,
    WITHDRAWN,
    Comment,
    Origin,
    Read,
    Submission,
)
from .comment_counts import count_status
from .comment_tables import comment_acts, comment_keys, comments

TOPIC = "comments"
"""Of the noted changes; their keys are the articles' first slugs."""

APPROVE, REJECT, HIDE, ANSWER, CORRECT, WITHDRAW = "approve", "reject", "hide", "answer", "correct", "withdraw"
DISPLACE = "displace"
REVIEW = {APPROVE: APPROVED, REJECT: REJECTED, HIDE: HIDDEN}
"""What an editor can do to a comment, and the status it has then."""


@dataclass(frozen=True)
class NewComment:
    """A comment to be stored. ``origin`` names what it is made from: two with the same are one."""

    page: str
    sent: Submission
    posted_at: datetime
    status: str
    origin: str
    author: str = ""
    sent_from: Origin = NOWHERE
    digest: str = ""
    reasons: tuple[str, ...] = ()
    is_paper: bool = False
    edited_at: datetime | None = None


def values_of(new: NewComment) -> dict[str, object]:
    """Its columns, but for its place."""
    same = ("page", "posted_at", "edited_at", "status", "is_paper", "author", "digest", "origin")
    return {name: getattr(new, name) for name in same} | {
        "name": new.sent.name,
        "text": new.sent.text,
        "client": new.sent_from.client,
        "network": new.sent_from.network,
        "reasons": " ".join(new.reasons),
    }


def post(connection: Connection, new: NewComment) -> Comment:
    """The stored comment; the one that is there if it was posted before. An answer to a comment of another article, or
    to one that nobody has seen, stands at the top."""
    target = comment_queries.comment(connection, new.sent.reply_to) if new.sent.reply_to else None
    is_seen = target and target.status not in (PENDING, REJECTED, DISPLACED)
    is_there = target and target.page == new.page and is_seen
    below = target if is_there else None
    values = values_of(new) | {"thread": below.thread if below else 0, "reply_to": below.id if below else 0}
    is_new = insert_once(connection, comments, values, "origin")
    row = connection.execute(select(comments).where(comments.c.origin == new.origin)).one()
    if is_new and new.status == APPROVED:
        count_status(connection, comment_queries.comment_of(row), "", APPROVED)
        note_change(connection, TOPIC, new.page)
    return comment_queries.comment_of(row)


def review(
    connection: Connection, numbers: Iterable[int], act: str, editor: str, now: datetime, read: Read | None = None
) -> list[Comment]:
    """Gives the comments the status of *act* (REVIEW) and records it. Returns those that had another one.

    With *read* those are left that were changed since, by their author or another editor: nothing is approved unread.
    """
    status = REVIEW[act]
    rows = select(comments).where(comments.c.id.in_(list(numbers)), comments.c.status.not_in((status, WITHDRAWN)))
    found = [comment_queries.comment_of(row) for row in connection.execute(rows.order_by(comments.c.id))]
    changed = [comment for comment in found if read is None or read.is_still(comment)]
    for comment in changed:
        _set(connection, comment, act, editor, now, status=HIDDEN if _was_public(comment, act) else status)
    return changed


def _was_public(comment: Comment, act: str) -> bool:
    """To reject what readers have seen is to hide it."""
    return act == REJECT and comment.status == APPROVED


def correct(connection: Connection, comment: Comment, text: str, status: str, digest: str, now: datetime) -> None:
    """The author's correction; the text before is kept with the act."""
    values = {"text": text, "status": status, "edited_at": now, "digest": digest}
    _set(connection, comment, CORRECT, "", now, comment.text, **values)


def withdraw(connection: Connection, comment: Comment, now: datetime) -> None:
    """The author's withdrawal. The text goes too, and those before it: only that there was one stays."""
    _set(connection, comment, WITHDRAW, "", now, status=WITHDRAWN, text="", name="", digest="")
    connection.execute(update(comment_acts).where(comment_acts.c.comment == comment.id).values(note=""))


def displace(connection: Connection, comment: Comment, now: datetime) -> None:
    """A suspicious comment that waits makes room for others."""
    _set(connection, comment, DISPLACE, "", now, status=DISPLACED)


def answer(connection: Connection, to: Comment, sent: Submission, editor: str, now: datetime) -> Comment:
    """The paper's answer below *to*, which becomes public with it."""
    review(connection, [to.id], APPROVE, editor, now)
    origin = f"paper:{to.id}:{hashlib.sha256(sent.text.encode()).hexdigest()[:24]}"
    if known := comment_queries.of_origin(connection, origin):
        if known.status == APPROVED:  # the button was pressed twice
            return known
        origin = f"{origin}:{secrets.token_hex(12)}"
    posted = post(connection, NewComment(to.page, replace(sent, reply_to=to.id), now, APPROVED, origin, is_paper=True))
    _record(connection, posted, ANSWER, editor, now)
    return posted


def _set(
    connection: Connection, comment: Comment, act: str, by: str, now: datetime, note: str = "", **values: object
) -> None:
    connection.execute(update(comments).where(comments.c.id == comment.id).values(**values))
    count_status(connection, comment, comment.status, str(values.get("status", comment.status)))
    _record(connection, comment, act, by, now, note)
    if APPROVED in (comment.status, values.get("status", comment.status)):
        note_change(connection, TOPIC, comment.page)


def _record(connection: Connection, comment: Comment, act: str, by: str, now: datetime, note: str = "") -> None:
    connection.execute(insert(comment_acts).values(comment=comment.id, act=act, by=by, at=now, note=note))


def site_key(connection: Connection) -> bytes:
    """The secret that signs forms and cookies, the same in all processes."""
    return _key(connection, "site")


def known_site_key(connection: Connection) -> bytes:
    """The same without writing; empty before the first ``site_key``."""
    return bytes(connection.execute(select(comment_keys.c.key).where(comment_keys.c.name == "site")).scalar() or b"")


def key_of_day(connection: Connection, now: datetime) -> bytes:
    """The secret of the pseudonyms of a day (UTC). Those of earlier days are deleted."""
    today = f"{now:%Y-%m-%d}"
    key = _key(connection, today)
    connection.execute(delete(comment_keys).where(comment_keys.c.name != "site", comment_keys.c.name < today))
    return key


def _key(connection: Connection, name: str) -> bytes:
    query = select(comment_keys.c.key).where(comment_keys.c.name == name)
    if found := connection.execute(query).scalar():
        return bytes(found)
    insert_once(connection, comment_keys, {"name": name, "key": secrets.token_bytes(32)}, "name")
    return bytes(connection.execute(query).scalar_one())
