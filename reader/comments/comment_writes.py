"""Writes to the comment tables: post, correct, review. Each function is part of the caller's transaction.

*connection* comes from ``State.writing``; return values are valid after the commit. Changes that readers can see are
recorded (``state/cache_invalidation.py``), so that all web processes drop the cached pages of that article. Imports
SQLAlchemy.
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
from ..state.secret_keys import SITE, secret_key
from . import comment_queries
from .comment import (
    APPROVED,
    DISPLACED,
    HIDDEN,
    PENDING,
    REJECTED,
    UNKNOWN_ORIGIN,
    WITHDRAWN,
    Comment,
    Origin,
    ReviewSnapshot,
    Submission,
)
from .comment_count_updates import count_status
from .comment_tables import comment_acts, comment_keys, comments

TOPIC = "comments"
"""The topic of the recorded changes. Their keys are the original slugs of the articles."""

APPROVE, REJECT, HIDE, ANSWER, CORRECT, WITHDRAW = "approve", "reject", "hide", "answer", "correct", "withdraw"
DISPLACE = "displace"
REVIEW = {APPROVE: APPROVED, REJECT: REJECTED, HIDE: HIDDEN}
"""The actions of an editor on a comment, with the resulting status."""


@dataclass(frozen=True)
class NewComment:
    """A comment to be stored. ``origin`` identifies its source: a second one with the same origin is not stored."""

    page: str
    submission: Submission
    posted_at: datetime
    status: str
    origin: str
    author: str = ""
    sender_origin: Origin = UNKNOWN_ORIGIN
    digest: str = ""
    reasons: tuple[str, ...] = ()
    is_paper: bool = False
    edited_at: datetime | None = None


def values_of(new: NewComment) -> dict[str, object]:
    """The columns of the comment, except its position in a thread."""
    same = ("page", "posted_at", "edited_at", "status", "is_paper", "author", "digest", "origin")
    return {name: getattr(new, name) for name in same} | {
        "name": new.submission.name,
        "text": new.submission.text,
        "client": new.sender_origin.client,
        "network": new.sender_origin.network,
        "reasons": " ".join(new.reasons),
    }


def post(connection: Connection, new: NewComment) -> Comment:
    """Stores a comment. Returns it, or the stored one with the same origin.

    An answer to a comment of another article, or to one that was never public, becomes the first of a thread.
    """
    target = comment_queries.comment(connection, new.submission.reply_to) if new.submission.reply_to else None
    is_reviewed = target and target.status not in (PENDING, REJECTED, DISPLACED)
    is_valid_target = target and target.page == new.page and is_reviewed
    parent = target if is_valid_target else None
    values = values_of(new) | {"thread": parent.thread if parent else 0, "reply_to": parent.id if parent else 0}
    is_new = insert_once(connection, comments, values, "origin")
    row = connection.execute(select(comments).where(comments.c.origin == new.origin)).one()
    if is_new and new.status == APPROVED:
        count_status(connection, comment_queries.comment_of(row), "", APPROVED)
        note_change(connection, TOPIC, new.page)
    return comment_queries.comment_of(row)


def review(
    connection: Connection,
    numbers: Iterable[int],
    act: str,
    editor: str,
    now: datetime,
    read: ReviewSnapshot | None = None,
) -> list[Comment]:
    """Sets the status of *act* (a key of REVIEW) and records it. Returns the comments that had another status.

    With *read*, skips comments that their author or another editor changed since: no unread text is approved.
    """
    status = REVIEW[act]
    rows = select(comments).where(comments.c.id.in_(list(numbers)), comments.c.status.not_in((status, WITHDRAWN)))
    found = [comment_queries.comment_of(row) for row in connection.execute(rows.order_by(comments.c.id))]
    changed = [comment for comment in found if read is None or read.is_unchanged(comment)]
    for comment in changed:
        _set(connection, comment, act, editor, now, status=HIDDEN if _was_public(comment, act) else status)
    return changed


def _was_public(comment: Comment, act: str) -> bool:
    """Whether a rejected comment was public. Rejecting it then means hiding it."""
    return act == REJECT and comment.status == APPROVED


def correct(connection: Connection, comment: Comment, text: str, status: str, digest: str, now: datetime) -> None:
    """Stores the author's correction. The previous text is stored with the act."""
    values = {"text": text, "status": status, "edited_at": now, "digest": digest}
    _set(connection, comment, CORRECT, "", now, comment.text, **values)


def withdraw(connection: Connection, comment: Comment, now: datetime) -> None:
    """Withdraws a comment for its author. Deletes its text, name and earlier texts; the row remains."""
    _set(connection, comment, WITHDRAW, "", now, status=WITHDRAWN, text="", name="", digest="")
    connection.execute(update(comment_acts).where(comment_acts.c.comment == comment.id).values(note=""))


def displace(connection: Connection, comment: Comment, now: datetime) -> None:
    """Removes a suspicious comment from the review queue."""
    _set(connection, comment, DISPLACE, "", now, status=DISPLACED)


def answer(connection: Connection, to: Comment, submission: Submission, editor: str, now: datetime) -> Comment:
    """Posts the publication's answer to *to*, and approves *to*."""
    review(connection, [to.id], APPROVE, editor, now)
    origin = f"paper:{to.id}:{hashlib.sha256(submission.text.encode()).hexdigest()[:24]}"
    if known := comment_queries.comment_of_origin(connection, origin):
        if known.status == APPROVED:  # the button was pressed twice
            return known
        origin = f"{origin}:{secrets.token_hex(12)}"
    posted = post(
        connection, NewComment(to.page, replace(submission, reply_to=to.id), now, APPROVED, origin, is_paper=True)
    )
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


def key_of_day(connection: Connection, now: datetime) -> bytes:
    """The secret for the pseudonyms of a day (UTC). Deletes those of earlier days."""
    today = f"{now:%Y-%m-%d}"
    key = secret_key(connection, comment_keys, today)
    connection.execute(delete(comment_keys).where(comment_keys.c.name != SITE, comment_keys.c.name < today))
    return key
