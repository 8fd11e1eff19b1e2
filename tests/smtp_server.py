"""A real SMTP server on loopback (aiosmtpd): ``with smtp_server() as server`` keeps what it is sent."""

from __future__ import annotations

import email
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from serving import free_port

CERTIFICATE = Path(__file__).parent / "samples" / "localhost.pem"
"""Of ``localhost``, with its key, signed by itself: for tests only."""

Answer = Callable[[str], str]


def accept(_address: str) -> str:
    return ""


@dataclass
class SmtpStub:
    """``rcpt`` and ``data`` return the answer for a receiver, ``mail`` for a sender, or nothing to accept it."""

    port: int = 0
    rcpt: Answer = accept
    data: Answer = accept
    mail: Answer = accept
    slow_seconds: float = 0.0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    """(receiver, content) of the messages that were accepted."""

    senders: dict[str, str] = field(default_factory=dict)
    """By receiver, of its last message."""

    logins: list[str] = field(default_factory=list)
    is_encrypted: list[bool] = field(default_factory=list)
    """Of each message."""

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(content, policy=default) for _, content in self.taken]  # type: ignore[misc]

    @property
    def receivers(self) -> list[str]:
        return [receiver for receiver, _ in self.taken]

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        if mechanism not in ("LOGIN", "PLAIN") or not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right: @/", handled=False)

    async def handle_MAIL(self, _server, _session, envelope, address, options):
        if answer := self.mail(address):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if answer := self.rcpt(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        time.sleep(self.slow_seconds)
        [receiver] = envelope.rcpt_tos
        if answer := self.data(receiver):
            return answer
        self.is_encrypted.append(session.ssl is not None)
        self.taken.append((receiver, envelope.content))
        self.senders[receiver] = envelope.mail_from
        return "250 OK"


@contextmanager
def smtp_server(
    stub: SmtpStub | None = None, *, starttls: bool = False, is_tls: bool = False, login: bool = False, **more: object
) -> Iterator[SmtpStub]:
    stub = stub or SmtpStub()
    stub.port = stub.port or free_port()
    context = None
    if starttls or is_tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
    options: dict[str, object] = {"hostname": "127.0.0.1", "port": stub.port, **more}
    if is_tls:
        options["ssl_context"] = context
    if starttls:
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"authenticator": stub.authenticate, "auth_required": starttls, "auth_require_tls": starttls}
    controller = Controller(stub, **options)  # type: ignore[arg-type]
    controller.start()
    try:
        yield stub
    finally:
        controller.stop()
