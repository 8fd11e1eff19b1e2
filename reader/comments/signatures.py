"""Signed values of comments: the token of a form, the cookie of an author, and the pseudonym of a client for a day."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

_FORM, _AUTHOR = "reader comment form", "reader comment author"


@dataclass(frozen=True)
class Signatures:
    """*key* is the site's secret, the same in all its processes."""

    key: bytes

    def form(self, page: str, seconds: int) -> str:
        """The token of a form on *page* that was built at *seconds* (UTC). Equal values give equal tokens, so that a
        page is a function of its version."""
        return _text(URLSafeSerializer(self.key, salt=_FORM).dumps([page, seconds]))

    def form_age(self, token: str, page: str, now: float) -> float | None:
        """How old the form is, in seconds; None if it isn't one of *page*."""
        try:
            of_page, seconds = URLSafeSerializer(self.key, salt=_FORM).loads(token)
            return now - float(seconds) if of_page == page else None
        except (BadSignature, ValueError, TypeError):
            return None

    def author_cookie(self, author_id: str) -> str:
        return _text(URLSafeSerializer(self.key, salt=_AUTHOR).dumps(author_id))

    def author_of(self, cookie: str) -> str:
        """The hash of the author's id, as comments keep it; empty if the cookie isn't ours."""
        try:
            found = URLSafeSerializer(self.key, salt=_AUTHOR).loads(cookie)
        except BadSignature:
            return ""
        return author_hash(found) if isinstance(found, str) else ""


def _text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode()


def new_author_id() -> str:
    return secrets.token_urlsafe(16)


def author_hash(author_id: str) -> str:
    """Whoever reads the database can't write the author's cookie."""
    return hashlib.sha256(author_id.encode()).hexdigest()[:32]


def pseudonym(client: str, key_of_day: bytes) -> str:
    """The client of a day; empty if unknown. *key_of_day* is random and thrown away after the day: then nobody, with
    the database and all addresses of the Internet at hand, can tell who it was."""
    return hashlib.blake2b(client.encode(), key=key_of_day[:64], digest_size=12).hexdigest() if client else ""
