"""MailStore: orders and subscriptions, one transaction a method. Imports SQLAlchemy at the first of them."""

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
from .mail_models import CONFIRMATION, DOCUMENT, REQUEST_LIVES, Choice, Request, Subscriber, key_of, mailbox_of

COOKIE_SECONDS = 180 * 86_400
_COOKIE = "reader mail address"
OFTEN = Message("too much mail was ordered")


class MailStore:
    """Methods raise StateUnusable. Times are aware; addresses come from ``setting_values.mail_address``.

    ::

        store = MailStore(services.state)
        store.request("reader@example.org", Choice(DAILY), client="192.0.2.1", now=now)  # queues a confirmation
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._lock = threading.Lock()
        self._known_key = b""

    @property
    def _key(self) -> bytes:
        """Pages can be read while nobody can write."""
        from .mail_writes import known_site_key, site_key

        with self._lock:
            if not self._known_key:
                with self.state.reading() as connection:
                    self._known_key = known_site_key(connection)
            if not self._known_key:
                with self.state.writing() as connection:
                    self._known_key = site_key(connection)
            return self._known_key

    @property
    def signatures(self) -> Signatures:
        """Of forms."""
        return Signatures(self._key)

    # -- an address and its owner ------------------------------------------------------------------------------------

    def request(self, address: str, choice: Choice, client: str, now: datetime, network: str = "") -> None:
        """Queues a confirmation for *address*; the same for one that is known and one that isn't.

        An address that has had its share today, or that wants no mail, gets none, and nobody is told. Raises Busy if
        the client, its network or the whole site has ordered too many.
        """
        from sqlalchemy import insert

        from . import mail_writes
        from .mail_tables import mail_requests

        token = secrets.token_urlsafe(24)
        with self.state.writing() as connection:
            # Before anything of the address is looked at: whether the site is busy tells nothing of it.
            for limit, subject in (
                (mail_models.CONFIRMATIONS_OF_CLIENT, client),
                (mail_models.CONFIRMATIONS_OF_NETWORK, network),
                (mail_models.CONFIRMATIONS_OF_SITE, "everybody"),
            ):
                if subject and not mail_writes.spend(connection, limit, subject, now):
                    raise Busy(OFTEN, retry_seconds=3600)
            has_share = mail_writes.spend(connection, mail_models.CONFIRMATIONS_OF_ADDRESS, mailbox_of(address), now)
            if not has_share or mail_writes.is_blocked(connection, address):
                return
            values = {**vars(choice), "token_hash": _hash(token), "address": address, "made_at": now}
            connection.execute(insert(mail_requests).values(**values))
            content = {"token": token, "locale": choice.locale, "frequency": choice.frequency}
            mail_writes.queue(connection, CONFIRMATION, address, f"confirmation:{_hash(token)}", content, now)

    def request_with(self, token: str, now: datetime) -> Request | None:
        """What a confirmation's link stands for; None if it is none, or too old."""
        from sqlalchemy import select

        from .mail_tables import mail_requests

        with self.state.reading() as connection:
            query = select(mail_requests).where(mail_requests.c.token_hash == _hash(token))
            row = connection.execute(query).first()
        if row is None or row.made_at < now - REQUEST_LIVES:
            return None
        return Request(row.address, Choice(row.frequency, row.script, row.locale, row.back))

    def confirm(self, token: str, now: datetime) -> Request | None:
        """Subscribes the address of a confirmation if it ordered the issue. Pressing the button twice does no harm."""
        from . import mail_writes

        request = self.request_with(token, now)
        if request and request.choice.frequency:
            with self.state.writing() as connection:
                if mail_writes.is_blocked(connection, request.address):
                    return None
                mail_writes.subscribe(connection, request.address, request.choice, now)
        return request

    def block(self, token: str, now: datetime) -> bool:
        """No mail to the address of a confirmation, ever. Returns whether there is one."""
        from . import mail_writes

        if (request := self.request_with(token, now)) is None:
            return False
        with self.state.writing() as connection:
            mail_writes.block(connection, request.address, now)
        return True

    def cookie_of(self, address: str, device: str = "") -> str:
        """Signed: who holds it has confirmed *address*. *device* is the e-reader's address typed last."""
        return str(URLSafeTimedSerializer(self._key, salt=_COOKIE).dumps([address, device]))

    def addresses_in(self, cookie: str) -> tuple[str, str]:
        """(confirmed address, e-reader's address) in a cookie; empty if it isn't ours."""
        try:
            address, device = URLSafeTimedSerializer(self._key, salt=_COOKIE).loads(cookie, max_age=COOKIE_SECONDS)
        except (BadSignature, TypeError, ValueError):
            return "", ""
        return str(address), str(device)

    # -- files -------------------------------------------------------------------------------------------------------

    def send_document(self, owner: str, to: str, content: dict[str, str], form: str, now: datetime) -> None:
        """Queues a file that *owner*, who confirmed that address, orders. The same form sent twice is one order.

        Raises Busy if the owner, the receiver or the whole site has had its share of the day.
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
                if not mail_writes.spend(connection, limit, subject, now):
                    raise Busy(OFTEN, retry_seconds=3600)  # and so nothing of this is kept

    # -- subscribers -------------------------------------------------------------------------------------------------

    def subscriber_with(self, token: str) -> Subscriber | None:
        """Whose unsubscribe link has *token*."""
        from . import mail_writes

        number, _, rest = token.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        with self.state.reading() as connection:
            found = mail_writes.subscriber(connection, int(number))
        return found if found and hmac.compare_digest(found.secret.encode(), rest.encode()) else None

    def unsubscribe(self, token: str) -> bool:
        """Whether there was such a subscriber."""
        from . import mail_writes

        if (found := self.subscriber_with(token)) is None:
            return False
        with self.state.writing() as connection:
            mail_writes.unsubscribe(connection, found.id)
        return True

    def change(self, token: str, frequency: str, script: str, now: datetime) -> Subscriber | None:
        from . import mail_writes

        if (found := self.subscriber_with(token)) is None:
            return None
        choice = replace(found.choice, frequency=frequency, script=script)
        with self.state.writing() as connection:
            mail_writes.subscribe(connection, found.address, choice, now)
        return replace(found, choice=choice)


def token_of(subscriber: Subscriber) -> str:
    """Of the unsubscribe link."""
    return f"{subscriber.id}-{subscriber.secret}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
