"""CommentStore: comments in the state database, one transaction a method. Imports SQLAlchemy at the first of them."""

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
from .comment import APPROVED, PENDING, START, WITHDRAWN, Comment, Cursor, Listed, Origin, Read, Submission, Thread
from .signatures import Signatures, author_hash, new_author_id, pseudonym
from .word_list import WordList

THREADS_PER_PAGE = 20
QUEUE_PER_PAGE = 20
SAME_TEXT_FOR = timedelta(days=7)
"""So long the same text again waits for an editor."""

PATIENCE_SECONDS = 5.0
"""How long counts are left out after the database could not be asked: pages of articles must not wait for it."""


@dataclass(frozen=True)
class CommentPage:
    """What a page of comments shows. ``count`` is of all approved ones of the article, ``own`` what its author may see:
    what waits for an editor, and what may still be changed."""

    count: int
    threads: Listed[Thread]
    own: tuple[Comment, ...]


@dataclass(frozen=True)
class Rules:
    """The settings that decide about a new comment."""

    mode: str
    words: WordList
    official_names: tuple[str, ...]


@dataclass(frozen=True)
class Sender:
    """Who sends a form: ``client`` is an IP address, empty if unknown; ``cookie`` the author's, empty without one.
    ``network`` is that of the address, empty if unknown."""

    client: str
    cookie: str
    form: str
    network: str = ""


class CommentStore:
    """Methods raise StateUnusable. Times are aware. ``page`` is the slug under which an article was first published.

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
        with self._lock:
            if self._signatures is None:
                self._signatures = Signatures(self._site_key())
            return self._signatures

    def _site_key(self) -> bytes:
        """Comments can be read while nobody can write: on a read-only disk, or while another process writes."""
        from .comment_writes import known_site_key, site_key

        with self.state.reading() as connection:
            if key := known_site_key(connection):
                return key
        with self.state.writing() as connection:
            return site_key(connection)

    def may_be_author(self, cookie: str) -> bool:
        """Whether the cookie is one of an author. Never waits: until the site's key was read, any may be."""
        known = self._signatures
        return cookie != "" and (known is None or known.author_of(cookie) != "")

    def counts(self, pages: Sequence[str]) -> dict[str, int] | None:
        """The approved comments of each article that has some. None while nobody can tell; then it isn't asked again
        for a while."""
        if time.monotonic() < self._read_after:
            return None
        if self.state.path and not self.state.path.exists():
            return {}  # nobody has commented on this site: SQLAlchemy need not be imported
        from .comment_queries import counts

        try:
            with self.state.reading() as connection:
                return counts(connection, pages)
        except StateUnusable:
            self._read_after = time.monotonic() + PATIENCE_SECONDS
            return None

    def page(self, page: str, *, cookie: str, oldest_first: bool, cursor: Cursor = START) -> CommentPage | None:
        """None if the *cursor* is no thread of the article."""
        from . import comment_queries

        author = self.signatures.author_of(cookie) if cookie else ""
        with self.state.reading() as connection:
            found = comment_queries.threads(connection, page, cursor, THREADS_PER_PAGE, oldest_first=oldest_first)
            if found is None:
                return None
            own = tuple(comment_queries.of_author(connection, page, author))
            return CommentPage(comment_queries.counts(connection, [page]).get(page, 0), found, own)

    def thread(self, page: str, first: int, cursor: Cursor = START) -> Listed[Thread] | None:
        """One thread with a page of its answers. None if there is no such thread, or the *cursor* is none of it."""
        from . import comment_queries

        with self.state.reading() as connection:
            return comment_queries.thread(connection, page, first, cursor)

    def comment(self, number: int) -> Comment | None:
        from . import comment_queries

        with self.state.reading() as connection:
            return comment_queries.comment(connection, number)

    def newest(self, page: str = "", limit: int = 25, but: Collection[str] = ()) -> list[Comment]:
        """Approved comments of an article, or of all *but* some, newest first."""
        from . import comment_queries

        with self.state.reading() as connection:
            return comment_queries.newest(connection, page, limit, but)

    # -- visitors ----------------------------------------------------------------------------------------------------

    def post(self, page: str, sent: Submission, sender: Sender, rules: Rules, now: datetime) -> tuple[Comment, str]:
        """The stored comment, and the author's id for the cookie. The same form with the same text is one comment.

        Once others can read it, who sends it again gets no cookie: the form is the same for all, and so may be the
        address of a school.
        Raises Busy if too many wait already (``pending_limits.py``).
        """
        from . import comment_queries, comment_writes, pending_limits

        author = self.signatures.author_of(sender.cookie) if sender.cookie else ""
        author_id = "" if author else self._author_id(page, sent, sender)
        author = author or author_hash(author_id)
        reasons = list(acceptance.reasons_to_wait(sent, rules.words, rules.official_names))
        digest = acceptance.digest_of(sent.text)
        with self.state.writing() as connection:
            key = comment_writes.key_of_day(connection, now)
            sent_from = Origin(pseudonym(sender.client, key), pseudonym(sender.network, key))
            if comment_queries.is_said_before(connection, digest, now - SAME_TEXT_FOR):
                reasons.append(acceptance.DUPLICATE)
            if acceptance.is_flood(*comment_queries.count_of(connection, sent_from, now - timedelta(hours=1))):
                reasons.append(acceptance.FLOOD)
            origin = f"form:{_hash(author, page, sender.form, sent.name, sent.text)}"
            while (known := comment_queries.of_origin(connection, origin)) and known.status == WITHDRAWN:
                origin = f"{origin}:{known.id}"
            if known:
                is_secret = known.status == PENDING and known.edited_at is None
                return known, author_id if is_secret else ""
            waits = acceptance.waits(rules.mode, tuple(reasons))
            if waits:
                pending_limits.make_room(connection, page, sent_from, now)
            status = PENDING if waits else APPROVED
            new = comment_writes.NewComment(page, sent, now, status, origin, author, sent_from, digest, tuple(reasons))
            return comment_writes.post(connection, new), author_id

    def _author_id(self, page: str, sent: Submission, sender: Sender) -> str:
        """An id that nobody can guess, and that a second press of the same button gets again."""
        if not sender.form:
            return new_author_id()
        key = self.signatures.key
        return hmac.new(
            key, _hash(page, sender.client, sender.cookie, sender.form, sent.name, sent.text).encode(), hashlib.sha256
        ).hexdigest()

    def correct(self, number: int, cookie: str, sent: Submission, rules: Rules, now: datetime) -> Comment | None:
        """The comment before; None if it can't be changed (any more). The corrected text may have to wait again."""
        from . import comment_queries, comment_writes

        author = self.signatures.author_of(cookie)
        reasons = list(acceptance.reasons_to_wait(sent, rules.words, rules.official_names))
        digest = acceptance.digest_of(sent.text)
        with self.state.writing() as connection:
            comment = comment_queries.comment(connection, number)
            if comment is None or not comment.may_be_changed_by(author, now):
                return None
            if comment.text == sent.text:
                return comment
            if comment_queries.is_said_before(connection, digest, now - SAME_TEXT_FOR, comment.id):
                reasons.append(acceptance.DUPLICATE)
            waits = comment.status == PENDING or acceptance.waits(rules.mode, tuple(reasons))
            comment_writes.correct(connection, comment, sent.text, PENDING if waits else comment.status, digest, now)
            return comment

    def withdraw(self, number: int, cookie: str, now: datetime) -> Comment | None:
        """The comment before; None if it can't be withdrawn (any more)."""
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
        """A page of the comments of a status, the acts on them, and how many there are."""
        from . import comment_queries

        with self.state.reading() as connection:
            skip = (number - 1) * QUEUE_PER_PAGE
            found = comment_queries.queue(connection, status, words, skip, QUEUE_PER_PAGE)
            acts = comment_queries.acts_of(connection, [comment.id for comment in found])
            return found, acts, comment_queries.queue_length(connection, status, words)

    def review(self, numbers: Iterable[int], act: str, editor: str, now: datetime, read: Read | None = None) -> int:
        """How many comments *act*, one of ``REVIEW``, changed; with *read* only those that are as they were read."""
        from . import comment_writes

        with self.state.writing() as connection:
            return len(comment_writes.review(connection, numbers, act, editor, now, read))

    def is_unread(self, numbers: Iterable[int], read: Read, *, alone: bool) -> bool:
        """Whether one of the comments has another text than was read. One that another editor has dealt with is passed
        over among others; *alone* it counts, too, unless it is public."""
        from . import comment_queries

        with self.state.reading() as connection:
            found = comment_queries.several(connection, numbers)
        return any(
            not read.is_still(comment) if comment.status == read.status else alone and not comment.is_public
            for comment in found
        )

    def answer(self, number: int, sent: Submission, editor: str, now: datetime) -> Comment | None:
        """The paper's public answer to a comment, which becomes public too; None if there is no such comment."""
        from . import comment_queries, comment_writes

        with self.state.writing() as connection:
            comment = comment_queries.comment(connection, number)
            return comment_writes.answer(connection, comment, sent, editor, now) if comment else None


def _hash(*parts: str) -> str:
    return hashlib.sha256(b"\0".join(part.encode() for part in parts)).hexdigest()[:32]
