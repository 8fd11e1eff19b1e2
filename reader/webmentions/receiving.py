"""Stores a verified mention as a comment pending review. Later mentions from the same page update the comment.

Imports SQLAlchemy.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection

from ..comments import acceptance, comment_queries, comment_writes, pending_limits
from ..comments.comment import APPROVED, PENDING, WITHDRAWN, Comment, Origin, Submission
from ..comments.plain_text import clean_line, clean_text
from .mention_queue import QueuedMention
from .pages import Mention

GONE = (404, 410)
"""HTTP statuses of a deleted page (Webmention 3.2.4)."""

MOST_RETURNS = 3
"""How often a page may remove its link and link again. Each removal leaves a withdrawn comment."""


def record(connection: Connection, queued: QueuedMention, found: Mention | None, now: datetime) -> Comment | None:
    """Creates, updates or withdraws the comment of a verified mention, in the caller's transaction. Raises Busy.

    *found* is None if the page no longer has the link. Returns the comment; None if it is withdrawn or there is none.
    If the text of an approved comment changes, the comment is pending again: no text is published without review.
    A rejected or hidden comment does not change.
    """
    origin = _origin(queued)
    existing = comment_queries.comment_of_origin(connection, origin)
    for _ in range(MOST_RETURNS):
        if not existing or existing.status != WITHDRAWN:
            break
        origin = f"{origin}:{existing.id}"
        existing = comment_queries.comment_of_origin(connection, origin)
    if existing and existing.status == WITHDRAWN:
        return None
    if found is None:
        if existing and existing.status in (PENDING, APPROVED):
            comment_writes.withdraw(connection, existing, now)
        return None
    submission = submission_of(queued.source, found)
    if existing is None:
        sender_origin = Origin(f"host:{urlsplit(queued.source).hostname}", "")
        pending_limits.make_room(connection, queued.page, sender_origin, now)
        reasons = (acceptance.WEBMENTION,)
        new = comment_writes.NewComment(
            queued.page, submission, now, PENDING, origin, sender_origin=sender_origin, reasons=reasons
        )
        return comment_writes.post(connection, new)
    if existing.text != submission.text and existing.status in (PENDING, APPROVED):
        comment_writes.correct(connection, existing, submission.text, PENDING, "", now)
    return existing


def submission_of(source: str, found: Mention) -> Submission:
    """The content of the comment. Name: the other site's host. Text: the page's title, its excerpt and its URL."""
    title, excerpt = clean_line(found.title), clean_line(found.excerpt)
    text = clean_text("\n\n".join(part for part in (title, excerpt if excerpt != title else "", source) if part))
    host = (urlsplit(source).hostname or "").removeprefix("www.")
    return Submission(clean_line(host)[: acceptance.LONGEST_NAME], text[: acceptance.LONGEST_TEXT])


def _origin(queued: QueuedMention) -> str:
    """The origin of the comment: a hash of the source page and the article, independent of the article URL it links."""
    text = f"{queued.source}\0{queued.page}"
    return f"webmention:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
