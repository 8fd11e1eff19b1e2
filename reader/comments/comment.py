"""The values: a comment, what a visitor submits, a thread as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Item = TypeVar("Item")
PENDING, APPROVED, REJECTED, HIDDEN, WITHDRAWN = "pending", "approved", "rejected", "hidden", "withdrawn"
DISPLACED = "displaced"
STATUSES = (PENDING, APPROVED, REJECTED, HIDDEN, WITHDRAWN, DISPLACED)
"""PENDING waits for an editor. REJECTED never was public, HIDDEN was; WITHDRAWN by its author. DISPLACED was suspicious
and made room for others while too many waited (``pending_limits.py``)."""

OFF, REVIEWED, OPEN = "off", "reviewed", "open"
"""The values of READER_COMMENTS: none; each is read by an editor first; those without a suspicion appear at once."""

AUTHOR_MAY_CHANGE = timedelta(minutes=15)
"""How long authors may correct or withdraw what they wrote."""


@dataclass(frozen=True)
class Submission:
    """What a visitor sent, cleaned. ``reply_to`` is the id of a comment, or 0."""

    name: str
    text: str
    reply_to: int = 0


@dataclass(frozen=True)
class Comment:
    """``page`` is the slug under which the article was first published. ``thread`` is the id of the comment at the top
    of the thread, its own if it is that one. Times are aware, UTC.

    ``author`` is the hash of the random id in the author's cookie; ``reasons`` are those of ``acceptance``.
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
    """Whether the paper itself answers."""
    author: str = ""
    reasons: tuple[str, ...] = ()
    answers: int = 0
    """Approved ones below one at the top of a thread."""

    @property
    def version(self) -> int:
        """Another one for each text: 0, and the time of the correction in microseconds."""
        return round(self.edited_at.timestamp() * 1_000_000) if self.edited_at else 0

    @property
    def is_public(self) -> bool:
        return self.status == APPROVED

    def may_be_changed_by(self, author: str, now: datetime) -> bool:
        """Whether *author*, the hash of an author's id, may still correct or withdraw it."""
        is_theirs = author != "" and author == self.author
        return is_theirs and self.status in (PENDING, APPROVED) and now < self.posted_at + AUTHOR_MAY_CHANGE


@dataclass(frozen=True)
class Read:
    """What an editor had before the eyes: the status of the comments, and the ``version`` of each by its id."""

    status: str
    versions: Mapping[int, int]

    def is_still(self, comment: Comment) -> bool:
        return comment.status == self.status and comment.version == self.versions.get(comment.id, 0)


@dataclass(frozen=True)
class Thread:
    """A comment and the answers below it, oldest first."""

    first: Comment
    answers: tuple[Comment, ...] = ()
    has_more: bool = False
    """Whether more answers follow."""


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """A page of a list, and whether others come before and after it."""

    items: tuple[Item, ...]
    has_before: bool = False
    has_after: bool = False


@dataclass(frozen=True)
class Cursor:
    """Where a page of a list begins: after the comment with one id, or before that with another; 0 is none."""

    after: int = 0
    before: int = 0


START = Cursor()


@dataclass(frozen=True)
class Origin:
    """Where a comment comes from: pseudonyms of a client and its network (IPv4 /24, IPv6 /48), empty if unknown."""

    client: str = ""
    network: str = ""


NOWHERE = Origin()
