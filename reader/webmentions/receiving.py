"""Stores a verified mention as a comment that waits for review. Later mentions of the same page update it.

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
"""Statuses of a page that was deleted (Webmention 3.2.4)."""

MOST_RETURNS = 3
"""How often a page that took its link away may link again: each time leaves a withdrawn comment."""


def record(connection: Connection, queued: QueuedMention, found: Mention | None, now: datetime) -> Comment | None:
    """The comment that *found* makes; None if there is none any more. Part of the caller's transaction. Raises Busy.

    A text that was approved and is another one now waits again: nothing is published unread. What an editor has
    rejected or hidden stays so.
    """
    origin = _origin(queued)
    known = comment_queries.comment_of_origin(connection, origin)
    for _ in range(MOST_RETURNS):
        if not known or known.status != WITHDRAWN:
            break
        origin = f"{origin}:{known.id}"
        known = comment_queries.comment_of_origin(connection, origin)
    if known and known.status == WITHDRAWN:
        return None
    if found is None:
        if known and known.status in (PENDING, APPROVED):
            comment_writes.withdraw(connection, known, now)
        return None
    sent = submission_of(queued.source, found)
    if known is None:
        sender_origin = Origin(f"host:{urlsplit(queued.source).hostname}", "")
        pending_limits.make_room(connection, queued.page, sender_origin, now)
        reasons = (acceptance.WEBMENTION,)
        new = comment_writes.NewComment(
            queued.page, sent, now, PENDING, origin, sender_origin=sender_origin, reasons=reasons
        )
        return comment_writes.post(connection, new)
    if known.text != sent.text and known.status in (PENDING, APPROVED):
        comment_writes.correct(connection, known, sent.text, PENDING, "", now)
    return known


def submission_of(source: str, found: Mention) -> Submission:
    """The other site's host as the name; its title, the words around the link, and its address as the text."""
    title, excerpt = clean_line(found.title), clean_line(found.excerpt)
    text = clean_text("\n\n".join(part for part in (title, excerpt if excerpt != title else "", source) if part))
    host = (urlsplit(source).hostname or "").removeprefix("www.")
    return Submission(clean_line(host)[: acceptance.LONGEST_NAME], text[: acceptance.LONGEST_TEXT])


def _origin(queued: QueuedMention) -> str:
    """The same for each mention of an article by a page, whatever address of the article the page has."""
    text = f"{queued.source}\0{queued.page}"
    return f"webmention:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
