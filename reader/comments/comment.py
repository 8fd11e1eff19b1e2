"""The values: a comment, a visitor's submission, a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Item = TypeVar("Item")
PENDING, APPROVED, REJECTED, HIDDEN, WITHDRAWN = "pending", "approved", "rejected", "hidden", "withdrawn"
DISPLACED = "displaced"
STATUSES = (PENDING, APPROVED, REJECTED, HIDDEN, WITHDRAWN, DISPLACED)
"""PENDING waits for review. REJECTED was never public, HIDDEN was; WITHDRAWN by its author. DISPLACED was suspicious
and was removed from the full review queue (``pending_limits.py``)."""

OFF, REVIEWED, OPEN = "off", "reviewed", "open"
"""The values of READER_COMMENTS. OFF: no comments. REVIEWED: an editor reviews each one. OPEN: comments without a
suspicion appear immediately."""

AUTHOR_MAY_CHANGE = timedelta(minutes=15)
"""How long authors may correct or withdraw their comments."""


@dataclass(frozen=True)
class Submission:
    """A visitor's input, cleaned. ``reply_to`` is the id of a comment, or 0."""

    name: str
    text: str
    reply_to: int = 0


@dataclass(frozen=True)
class Comment:
    """A stored comment.

    ``page`` is the original slug of the article. ``thread`` is the id of the first comment of the thread, which may be
    this one. Times are aware, UTC. ``author`` is the hash of the random id in the author's cookie; ``reasons`` are keys
    of ``acceptance.REASONS``.
    """

    id: int
    page: str
    thread: int
    reply_to: int
    name: str
    text: str
    posted_at: datetime
    status: str
    edited_at: datetime | None = None
    is_paper: bool = False
    """Whether the publication itself wrote it."""
    author: str = ""
    reasons: tuple[str, ...] = ()
    answers: int = 0
    """The number of approved answers, for the first comment of a thread."""

    @property
    def version(self) -> int:
        """A number that changes with the text: 0, or the time of the correction in microseconds."""
        return round(self.edited_at.timestamp() * 1_000_000) if self.edited_at else 0

    @property
    def is_public(self) -> bool:
        return self.status == APPROVED

    def may_be_changed_by(self, author: str, now: datetime) -> bool:
        """Whether *author* (the hash of an author's id) may still correct or withdraw it."""
        is_own = author != "" and author == self.author
        return is_own and self.status in (PENDING, APPROVED) and now < self.posted_at + AUTHOR_MAY_CHANGE


@dataclass(frozen=True)
class ReviewSnapshot:
    """The state of the comments that an editor has seen: their status, and the ``version`` of each by its id."""

    status: str
    versions: Mapping[int, int]

    def is_unchanged(self, comment: Comment) -> bool:
        """Whether status and text of *comment* are the same as the editor has seen."""
        return comment.status == self.status and comment.version == self.versions.get(comment.id, 0)


@dataclass(frozen=True)
class Thread:
    """A comment and its answers, oldest first."""

    first: Comment
    answers: tuple[Comment, ...] = ()
    has_more: bool = False
    """Whether more answers follow."""


@dataclass(frozen=True)
class ListPage(Generic[Item]):
    """A page of a list, and whether items precede and follow it."""

    items: tuple[Item, ...]
    has_before: bool = False
    has_after: bool = False


@dataclass(frozen=True)
class Cursor:
    """The start of a page: after the comment with the id ``after``, or before the one with the id ``before``; 0 is
    none."""

    after: int = 0
    before: int = 0


START = Cursor()


@dataclass(frozen=True)
class Origin:
    """The sender of a comment: pseudonyms of a client and its network (IPv4 /24, IPv6 /48), empty if unknown."""

    client: str = ""
    network: str = ""


UNKNOWN_ORIGIN = Origin()
