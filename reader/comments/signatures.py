"""Signed values of comments: the token of a form, the cookie of an author, and the daily pseudonym of a client."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

_FORM, _AUTHOR = "reader comment form", "reader comment author"


@dataclass(frozen=True)
class Signatures:
    """Signs and verifies tokens. *key* is the site's secret, the same in all processes."""

    key: bytes

    def form(self, page: str, seconds: int) -> str:
        """The token of a form on *page* that was built at *seconds* (UTC).

        Equal arguments return equal tokens, so that a page depends only on its version.
        """
        return _text(URLSafeSerializer(self.key, salt=_FORM).dumps([page, seconds]))

    def form_age(self, token: str, page: str, now: float) -> float | None:
        """The age of the form in seconds; None if the token is invalid or for another page."""
        try:
            of_page, seconds = URLSafeSerializer(self.key, salt=_FORM).loads(token)
            return now - float(seconds) if of_page == page else None
        except (BadSignature, ValueError, TypeError):
            return None

    def author_cookie(self, author_id: str) -> str:
        """The signed cookie that identifies an author."""
        return _text(URLSafeSerializer(self.key, salt=_AUTHOR).dumps(author_id))

    def author_of(self, cookie: str) -> str:
        """The hash of the author's id, as comments store it; empty if the signature is invalid."""
        try:
            found = URLSafeSerializer(self.key, salt=_AUTHOR).loads(cookie)
        except BadSignature:
            return ""
        return author_hash(found) if isinstance(found, str) else ""


def _text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode()


def new_author_id() -> str:
    """A random id."""
    return secrets.token_urlsafe(16)


def author_hash(author_id: str) -> str:
    """The stored form of the id. A person who can read the database can't forge the author's cookie with it."""
    return hashlib.sha256(author_id.encode()).hexdigest()[:32]


def pseudonym(client: str, key_of_day: bytes) -> str:
    """The client's pseudonym of a day; empty if unknown.

    *key_of_day* is random and deleted after the day. From then on, the client cannot be identified, even with the
    database and a list of all Internet addresses.
    """
    return hashlib.blake2b(client.encode(), key=key_of_day[:64], digest_size=12).hexdigest() if client else ""
