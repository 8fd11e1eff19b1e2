"""CommentStore: comments in the state database, one transaction per method. Imports SQLAlchemy at the first one."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import StateUnusable
from ..state import State
from . import acceptance
from .comment import (
    APPROVED,
    PENDING,
    START,
    WITHDRAWN,
    Comment,
    Cursor,
    ListPage,
    Origin,
    ReviewSnapshot,
    Submission,
    Thread,
)
from .signatures import Signatures, author_hash, new_author_id, pseudonym
from .word_list import WordList

THREADS_PER_PAGE = 20
QUEUE_PER_PAGE = 20
DUPLICATE_PERIOD = timedelta(days=7)
"""The same text posted again within this time waits for review."""

PATIENCE_SECONDS = 5.0
"""After the database was unusable, counts are omitted for this time: article pages must not wait for it."""


@dataclass(frozen=True)
class CommentPage:
    """The content of a page of comments. ``count`` is the number of approved comments of the article. ``own`` are the
    visitor's own comments that are pending or may still be changed."""

    count: int
    threads: ListPage[Thread]
    own: tuple[Comment, ...]


@dataclass(frozen=True)
class Rules:
    """The settings that decide about a new comment. *mode* is READER_COMMENTS."""

    mode: str
    words: WordList
    official_names: tuple[str, ...]


@dataclass(frozen=True)
class Sender:
    """The sender of a form. ``client`` is an IP address, ``network`` its network, ``cookie`` the author's cookie; each
    is empty if unknown. ``form`` is the token of the form."""

    client: str
    cookie: str
    form: str
    network: str = ""


class CommentStore:
    """Comments of all articles. ``page`` is the original slug of an article. Times are aware. Methods raise
    StateUnusable.

    ::

        store = CommentStore(services.state)
        store.counts(["rain"])  # {"rain": 12}
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._lock = threading.Lock()
        self._signatures: Signatures | None = None
        self._read_after = float("-inf")

    @property
    def signatures(self) -> Signatures:
        """Signs and verifies forms and cookies."""
        with self._lock:
            if self._signatures is None:
                self._signatures = Signatures(self._site_key())
            return self._signatures

    def _site_key(self) -> bytes:
        from ..state.secret_keys import site_key
        from .comment_tables import comment_keys

        return site_key(self.state, comment_keys)

    def may_be_author(self, cookie: str) -> bool:
        """Whether the cookie may belong to an author. Never blocks: true for any cookie until the site's key has been
        read."""
        known = self._signatures
        return cookie != "" and (known is None or known.author_of(cookie) != "")

    def counts(self, pages: Sequence[str]) -> dict[str, int] | None:
        """The approved comments of each article that has any. None while the database is unusable; it is then not
        queried again for PATIENCE_SECONDS."""
        if time.monotonic() < self._read_after:
            return None
        if self.state.path and not self.state.path.exists():
            return {}  # no comment was ever posted on this site; avoids importing SQLAlchemy
        from .comment_queries import counts

        try:
            with self.state.reading() as connection:
                return counts(connection, pages)
        except StateUnusable:
            self._read_after = time.monotonic() + PATIENCE_SECONDS
            return None

    def page(self, page: str, *, cookie: str, oldest_first: bool, cursor: Cursor = START) -> CommentPage | None:
        """A page of threads, with the visitor's own comments. None if the *cursor* is not a thread of the article."""
        from . import comment_queries

        author = self.signatures.author_of(cookie) if cookie else ""
        with self.state.reading() as connection:
            found = comment_queries.threads(connection, page, cursor, THREADS_PER_PAGE, oldest_first=oldest_first)
            if found is None:
                return None
            own = tuple(comment_queries.comments_of_author(connection, page, author))
            return CommentPage(comment_queries.counts(connection, [page]).get(page, 0), found, own)

    def thread(self, page: str, first: int, cursor: Cursor = START) -> ListPage[Thread] | None:
        """One thread with a page of its answers. None if it does not exist or the *cursor* is not one of its
        answers."""
        from . import comment_queries

        with self.state.reading() as connection:
            return comment_queries.thread(connection, page, first, cursor)

    def comment(self, number: int) -> Comment | None:
        """The comment with the id *number*, with any status; None if it does not exist."""
        from . import comment_queries

        with self.state.reading() as connection:
            return comment_queries.comment(connection, number)

    def newest(self, page: str = "", limit: int = 25, excluded: Collection[str] = ()) -> list[Comment]:
        """Approved comments of *page*, or of all pages except *excluded*, newest first."""
        from . import comment_queries

        with self.state.reading() as connection:
            return comment_queries.newest(connection, page, limit, excluded)

    # -- visitors ----------------------------------------------------------------------------------------------------

    def post(
        self, page: str, submission: Submission, sender: Sender, rules: Rules, now: datetime
    ) -> tuple[Comment, str]:
        """Stores a comment. Returns it, and the author's id for the cookie. The same form with the same text is stored
        once.

        If the comment is already public, a second submission gets no cookie: the form is the same for all visitors, and
        so may be the address of a school. Raises Busy if too many comments wait for review (``pending_limits.py``).
        """
        from . import comment_queries, comment_writes, pending_limits

        author = self.signatures.author_of(sender.cookie) if sender.cookie else ""
        author_id = "" if author else self._author_id(page, submission, sender)
        author = author or author_hash(author_id)
        reasons = list(acceptance.reasons_to_wait(submission, rules.words, rules.official_names))
        digest = acceptance.digest_of(submission.text)
        with self.state.writing() as connection:
            key = comment_writes.key_of_day(connection, now)
            sender_origin = Origin(pseudonym(sender.client, key), pseudonym(sender.network, key))
            if comment_queries.has_same_text(connection, digest, now - DUPLICATE_PERIOD):
                reasons.append(acceptance.DUPLICATE)
            if acceptance.is_flood(*comment_queries.count_of(connection, sender_origin, now - timedelta(hours=1))):
                reasons.append(acceptance.FLOOD)
            origin = f"form:{_hash(author, page, sender.form, submission.name, submission.text)}"
            while (known := comment_queries.comment_of_origin(connection, origin)) and known.status == WITHDRAWN:
                origin = f"{origin}:{known.id}"
            if known:
                is_only_sender = known.status == PENDING and known.edited_at is None
                return known, author_id if is_only_sender else ""
            needs_review = acceptance.needs_review(rules.mode, tuple(reasons))
            if needs_review:
                pending_limits.make_room(connection, page, sender_origin, now)
            status = PENDING if needs_review else APPROVED
            new = comment_writes.NewComment(
                page, submission, now, status, origin, author, sender_origin, digest, tuple(reasons)
            )
            return comment_writes.post(connection, new), author_id

    def _author_id(self, page: str, submission: Submission, sender: Sender) -> str:
        """An unpredictable id. A second submission of the same form gets the same id."""
        if not sender.form:
            return new_author_id()
        key = self.signatures.key
        return hmac.new(
            key,
            _hash(page, sender.client, sender.cookie, sender.form, submission.name, submission.text).encode(),
            hashlib.sha256,
        ).hexdigest()

    def correct(self, number: int, cookie: str, submission: Submission, rules: Rules, now: datetime) -> Comment | None:
        """Replaces the text. Returns the comment before the change; None if it can't be changed. May require another
        review."""
        from . import comment_queries, comment_writes

        author = self.signatures.author_of(cookie)
        reasons = list(acceptance.reasons_to_wait(submission, rules.words, rules.official_names))
        digest = acceptance.digest_of(submission.text)
        with self.state.writing() as connection:
            comment = comment_queries.comment(connection, number)
            if comment is None or not comment.may_be_changed_by(author, now):
                return None
            if comment.text == submission.text:
                return comment
            if comment_queries.has_same_text(connection, digest, now - DUPLICATE_PERIOD, comment.id):
                reasons.append(acceptance.DUPLICATE)
            needs_review = comment.status == PENDING or acceptance.needs_review(rules.mode, tuple(reasons))
            comment_writes.correct(
                connection, comment, submission.text, PENDING if needs_review else comment.status, digest, now
            )
            return comment

    def withdraw(self, number: int, cookie: str, now: datetime) -> Comment | None:
        """Withdraws a comment. Returns the comment before; None if it can't be withdrawn."""
        from . import comment_queries, comment_writes

        author = self.signatures.author_of(cookie)
        with self.state.writing() as connection:
            comment = comment_queries.comment(connection, number)
            if comment is None or not comment.may_be_changed_by(author, now):
                return None
            comment_writes.withdraw(connection, comment, now)
            return comment

    # -- editors -----------------------------------------------------------------------------------------------------

    def queue(self, status: str, words: str, number: int) -> tuple[list[Comment], dict[int, list[Any]], int]:
        """A page of the comments with a status, the acts on them by comment id, and the total number. *number* counts
        from 1."""
        from . import comment_queries

        with self.state.reading() as connection:
            skip = (number - 1) * QUEUE_PER_PAGE
            found = comment_queries.queue(connection, status, words, skip, QUEUE_PER_PAGE)
            acts = comment_queries.acts_of(connection, [comment.id for comment in found])
            return found, acts, comment_queries.queue_length(connection, status, words)

    def review(
        self, numbers: Iterable[int], act: str, editor: str, now: datetime, read: ReviewSnapshot | None = None
    ) -> int:
        """Applies *act*, a key of ``REVIEW``. Returns the number of changed comments. With *read*, only unchanged
        ones."""
        from . import comment_writes

        with self.state.writing() as connection:
            return len(comment_writes.review(connection, numbers, act, editor, now, read))

    def is_unread(self, numbers: Iterable[int], read: ReviewSnapshot, *, alone: bool) -> bool:
        """Whether the text of one of the comments changed since the editor read it.

        A comment that another editor has reviewed meanwhile is ignored, unless it is *alone* and not public.
        """
        from . import comment_queries

        with self.state.reading() as connection:
            found = comment_queries.comments_with_ids(connection, numbers)
        return any(
            not read.is_unchanged(comment) if comment.status == read.status else alone and not comment.is_public
            for comment in found
        )

    def answer(self, number: int, submission: Submission, editor: str, now: datetime) -> Comment | None:
        """Posts the publication's answer and approves the comment. Returns the answer; None if the comment does not
        exist."""
        from . import comment_queries, comment_writes

        with self.state.writing() as connection:
            comment = comment_queries.comment(connection, number)
            return comment_writes.answer(connection, comment, submission, editor, now) if comment else None


def _hash(*parts: str) -> str:
    return hashlib.sha256(b"\0".join(part.encode() for part in parts)).hexdigest()[:32]
