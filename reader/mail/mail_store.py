"""MailStore: file requests and subscriptions. Each method is one transaction. Imports SQLAlchemy at the first one."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import replace
from datetime import datetime

from itsdangerous import BadSignature, URLSafeTimedSerializer

from ..comments.signatures import Signatures
from ..errors import Busy
from ..i18n import Message
from ..state import State
from . import mail_models
from .mail_models import CONFIRMATION, DOCUMENT, REQUEST_LIFETIME, Choice, Request, Subscriber, key_of, mailbox_of

COOKIE_SECONDS = 180 * 86_400
_COOKIE = "reader mail address"
TOO_MANY_REQUESTS = Message("too much mail was ordered")


class MailStore:
    """Requests and subscriptions in the state database.

    Methods raise StateUnusable. Times are aware; addresses must be validated by ``setting_values.mail_address``.

    ::

        store = MailStore(services.state)
        store.request("reader@example.org", Choice(DAILY), client="192.0.2.1", now=now)  # queues a confirmation
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._lock = threading.Lock()
        self._cached_key = b""

    @property
    def _key(self) -> bytes:
        """The site's secret."""
        from ..state.secret_keys import site_key
        from .mail_tables import mail_keys

        with self._lock:
            self._cached_key = self._cached_key or site_key(self.state, mail_keys)
            return self._cached_key

    @property
    def signatures(self) -> Signatures:
        """Signs and verifies the tokens of forms."""
        return Signatures(self._key)

    # -- an address and its owner ------------------------------------------------------------------------------------

    def request(self, address: str, choice: Choice, client: str, now: datetime, network: str = "") -> None:
        """Queues a confirmation for *address*. The result is the same for a known and an unknown address.

        Nothing is queued, silently, if the address has reached its daily limit or is blocked. Raises Busy if the
        client, its network or the whole site has reached its limit.
        """
        from sqlalchemy import insert

        from . import mail_writes
        from .mail_tables import mail_requests

        token = secrets.token_urlsafe(24)
        with self.state.writing() as connection:
            # These checks come before any lookup of the address, so that Busy reveals nothing about the address.
            for limit, subject in (
                (mail_models.CONFIRMATIONS_OF_CLIENT, client),
                (mail_models.CONFIRMATIONS_OF_NETWORK, network),
                (mail_models.CONFIRMATIONS_OF_SITE, "everybody"),
            ):
                if subject and not mail_writes.count_request(connection, limit, subject, now):
                    raise Busy(TOO_MANY_REQUESTS, retry_seconds=3600)
            is_within_limit = mail_writes.count_request(
                connection, mail_models.CONFIRMATIONS_OF_ADDRESS, mailbox_of(address), now
            )
            if not is_within_limit or mail_writes.is_blocked(connection, address):
                return
            values = {**vars(choice), "token_hash": _hash(token), "address": address, "made_at": now}
            connection.execute(insert(mail_requests).values(**values))
            content = {"token": token, "locale": choice.locale, "frequency": choice.frequency}
            mail_writes.queue(connection, CONFIRMATION, address, f"confirmation:{_hash(token)}", content, now)

    def request_with(self, token: str, now: datetime) -> Request | None:
        """The request of a confirmation link with *token*; None if it is unknown or expired."""
        from sqlalchemy import select

        from .mail_tables import mail_requests

        with self.state.reading() as connection:
            query = select(mail_requests).where(mail_requests.c.token_hash == _hash(token))
            row = connection.execute(query).first()
        if row is None or row.made_at < now - REQUEST_LIFETIME:
            return None
        return Request(row.address, Choice(row.frequency, row.script, row.locale, row.back))

    def confirm(self, token: str, now: datetime) -> Request | None:
        """Subscribes the address of a confirmation if a frequency was chosen. Returns None for an unknown or expired
        *token* or a blocked address. Calling it twice is safe."""
        from . import mail_writes

        request = self.request_with(token, now)
        if request and request.choice.frequency:
            with self.state.writing() as connection:
                if mail_writes.is_blocked(connection, request.address):
                    return None
                mail_writes.subscribe(connection, request.address, request.choice, now)
        return request

    def block(self, token: str, now: datetime) -> bool:
        """Blocks all mail to the address of a confirmation permanently. Returns whether *token* is valid."""
        from . import mail_writes

        if (request := self.request_with(token, now)) is None:
            return False
        with self.state.writing() as connection:
            mail_writes.block(connection, request.address, now)
        return True

    def cookie_of(self, address: str, device: str = "") -> str:
        """A signed cookie. It proves that its owner has confirmed *address*. *device* is the e-reader's address entered
        last."""
        return str(URLSafeTimedSerializer(self._key, salt=_COOKIE).dumps([address, device]))

    def addresses_in(self, cookie: str) -> tuple[str, str]:
        """(confirmed address, e-reader's address) of a cookie; two empty strings if the signature is invalid or
        expired."""
        try:
            address, device = URLSafeTimedSerializer(self._key, salt=_COOKIE).loads(cookie, max_age=COOKIE_SECONDS)
        except (BadSignature, TypeError, ValueError):
            return "", ""
        return str(address), str(device)

    # -- files -------------------------------------------------------------------------------------------------------

    def send_document(self, owner: str, to: str, content: dict[str, str], form: str, now: datetime) -> None:
        """Queues a file for *to*, requested by *owner*, a confirmed address. The same *form* sent twice is one request.

        Does nothing if *owner* or *to* is blocked. Raises Busy if the owner, the recipient or the whole site has
        reached its daily limit.
        """
        from . import mail_writes

        origin = f"document:{_hash(repr((form, owner, to, sorted(content.items()))))}"
        with self.state.writing() as connection:
            if mail_writes.is_blocked(connection, owner) or mail_writes.is_blocked(connection, to):
                return
            if not mail_writes.queue(connection, DOCUMENT, to, origin, {**content, "owner": owner}, now):
                return
            subjects = (key_of(owner), key_of(to), "")
            for limit, subject in zip(mail_models.LIMITS_OF_DOCUMENTS, subjects, strict=True):
                if not mail_writes.count_request(connection, limit, subject, now):
                    raise Busy(TOO_MANY_REQUESTS, retry_seconds=3600)  # rolls the transaction back

    # -- subscribers -------------------------------------------------------------------------------------------------

    def subscriber_with(self, token: str) -> Subscriber | None:
        """The subscriber whose unsubscribe link has *token*; None if it is invalid."""
        from . import mail_writes

        number, _, rest = token.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        with self.state.reading() as connection:
            found = mail_writes.subscriber(connection, int(number))
        return found if found and hmac.compare_digest(found.secret.encode(), rest.encode()) else None

    def unsubscribe(self, token: str) -> bool:
        """Deletes the subscriber. Returns whether *token* is valid."""
        from . import mail_writes

        if (found := self.subscriber_with(token)) is None:
            return False
        with self.state.writing() as connection:
            mail_writes.unsubscribe(connection, found.id)
        return True

    def change(self, token: str, frequency: str, script: str, now: datetime) -> Subscriber | None:
        """Changes the choice of a subscriber. Returns the changed subscriber; None if *token* is invalid."""
        from . import mail_writes

        if (found := self.subscriber_with(token)) is None:
            return None
        choice = replace(found.choice, frequency=frequency, script=script)
        with self.state.writing() as connection:
            mail_writes.subscribe(connection, found.address, choice, now)
        return replace(found, choice=choice)


def token_of(subscriber: Subscriber) -> str:
    """The token of the unsubscribe link."""
    return f"{subscriber.id}-{subscriber.secret}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
