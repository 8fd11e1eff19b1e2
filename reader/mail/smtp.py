"""Connects to the operator's SMTP server (READER_SMTP_URL) and sends one message (RFC 5321)."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from ..i18n import Message
from ..setting_values import ascii_host
from .bounded_smtp import PlainConnection, TlsConnection

TIMEOUT_SECONDS = 60.0
"""For each reply of the server except the last."""

LAST_TIMEOUT_SECONDS = 600.0
"""For the reply to the end of the data. The server may have accepted the message by then (RFC 5321 4.5.3.2.6)."""

QUIT_SECONDS = 5.0
OFF, OFFERED, REQUIRED = "off", "offered", "required"
_OF_SENDER = re.compile(r"\b5\.1\.[78]\b|relay|authenticat|sender|mail from", re.IGNORECASE)
_TOO_LARGE = 552
_ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_LONGEST_REPLY, _LONGEST_REASON = 1_000, 300


class ServerFailed(Exception):
    """The server accepts no mail at present: unreachable, no TLS, login refused, 421. The message is not the cause.

    ``is_unclear``: the whole message was sent, but no reply arrived. The server may have accepted it.
    """

    def __init__(self, reason: str, *, is_unclear: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_unclear = reason, is_unclear


class Refused(Exception):
    """The server refused one message with the reply *code*. ``status`` is the enhanced status code (RFC 3463) or
    empty."""

    def __init__(self, code: int, reply: bytes, *, of_recipient: bool) -> None:
        found = _ENHANCED.match(reply.strip())
        self.code, self.status, self.of_recipient = code, found[1].decode() if found else "", of_recipient
        self.reason = f"{code} {_one_line(reply)}"
        super().__init__(self.reason)

    @property
    def is_lasting(self) -> bool:
        """Whether the refusal is permanent (5xx)."""
        return self.code >= 500

    @property
    def is_bounce(self) -> bool:
        """Whether the address accepts no mail at all, as far as the reply shows.

        False for x.7 (policy, relaying, spam), x.3 (size), x.5 and x.6 (protocol, content), because another message may
        pass. Also false for problems with the sender or its login, which would end all subscriptions.
        """
        if not self.is_lasting:
            return False
        if self.status:
            return is_of_address(self.status, self.reason)
        return self.of_recipient and self.code in (550, 551, 553) and not _OF_SENDER.search(self.reason)


def is_of_address(status: str, reason: str) -> bool:
    """Whether an enhanced status code (RFC 3463) and its text concern the address, not the sender or the message."""
    is_full = status == "5.2.2"  # mailbox full
    return status.split(".")[1] in ("1", "2", "4") and not is_full and not _OF_SENDER.search(reason)


@dataclass(frozen=True)
class SmtpServer:
    """``starttls`` is OFF, OFFERED (used if the server offers it) or REQUIRED. Certificates are always verified."""

    host: str
    port: int
    is_tls: bool
    starttls: str
    user: str = ""
    password: str = field(default="", repr=False)


def server_at(url: str) -> SmtpServer:
    """Parses READER_SMTP_URL. A password is never sent unencrypted over a network unless the URL has
    ``?starttls=off``."""
    parts = urlsplit(url)
    host = ascii_host(parts.hostname or "")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    default = OFF if _is_loopback(host) else REQUIRED if password else OFFERED
    mode = parts.query.removeprefix("starttls=") or default
    is_tls = parts.scheme == "smtps"
    return SmtpServer(host, parts.port or (465 if is_tls else 587 if user else 25), is_tls, mode, user, password)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def open_connection(server: SmtpServer, own_name: str) -> Iterator[smtplib.SMTP]:
    """A connection that is ready for MAIL. *own_name* is the name for EHLO. Raises ServerFailed, and errors of the
    block."""
    connection = _connect(server, own_name)
    try:
        yield connection
    finally:
        with suppress(OSError, smtplib.SMTPException):
            if connection.sock:
                connection.sock.settimeout(QUIT_SECONDS)
            connection.quit()
        connection.close()


def _connect(server: SmtpServer, own_name: str) -> smtplib.SMTP:
    try:
        return _open(server, own_name)
    except smtplib.SMTPResponseException as error:
        reply = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        raise ServerFailed(f"{server.host}: {error.smtp_code} {_one_line(reply)}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerFailed(f"{server.host}: {_one_line(str(error).encode()) or type(error).__name__}") from error


def _open(server: SmtpServer, own_name: str) -> smtplib.SMTP:
    host, port, seconds = server.host, server.port, TIMEOUT_SECONDS
    connection: smtplib.SMTP
    if server.is_tls:
        context = ssl.create_default_context()
        connection = TlsConnection(host, port, local_hostname=own_name, timeout=seconds, context=context)
    else:
        connection = PlainConnection(host, port, local_hostname=own_name, timeout=seconds)
    try:
        connection.ehlo_or_helo_if_needed()
        if not server.is_tls and server.starttls != OFF:
            _start_tls(connection, server)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _start_tls(connection: smtplib.SMTP, server: SmtpServer) -> None:
    if connection.has_extn("starttls"):
        connection.starttls(context=ssl.create_default_context())
        connection.ehlo()
    elif server.starttls == REQUIRED:
        raise smtplib.SMTPException(Message("the server offers no STARTTLS; use smtps://, or ?starttls=off"))


def hand_over(
    connection: smtplib.SMTP, sender: str, to: str, content: bytes, before_end: Callable[[], bool] = lambda: True
) -> bool:
    """Sends one message. Returns whether it was sent completely. Raises Refused, ServerFailed.

    *before_end* is called after all lines except the last are sent. If it returns False, the message is not completed,
    so the server does not accept it. If *before_end* records the message as sent, it is sent at most once even if this
    process is killed.
    """
    size_limit = connection.esmtp_features.get("size", "")  # at most 20 digits (RFC 1870 3)
    if size_limit.isdecimal() and len(size_limit) <= 20 and 0 < int(size_limit) < len(content):
        raise Refused(
            _TOO_LARGE, b"5.3.4 larger than the server takes (%d bytes)" % int(size_limit), of_recipient=False
        )
    try:
        _expect_sender(connection.mail(sender, [f"size={len(content)}"] if size_limit else []))
        _expect(connection.rcpt(to), 250, 251, of_recipient=True)
        _expect(connection.docmd("DATA"), 354, of_recipient=False)
        connection.send(re.sub(rb"(?m)^\.", b"..", content))
    except Refused:
        _reset(connection)
        raise
    except (OSError, smtplib.SMTPException) as error:
        raise ServerFailed(_one_line(str(error).encode()) or type(error).__name__) from error
    if not before_end():
        connection.close()  # without the last line, the server discards the message
        return False
    _end(connection)
    return True


def _end(connection: smtplib.SMTP) -> None:
    is_sent = False
    try:
        connection.send(b".\r\n")  # fails if the connection was lost before: then the server has no complete message
        is_sent = True
        if connection.sock:
            connection.sock.settimeout(LAST_TIMEOUT_SECONDS)
        answer = connection.getreply()
        if connection.sock:
            connection.sock.settimeout(TIMEOUT_SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        raise ServerFailed(_one_line(str(error).encode()) or type(error).__name__, is_unclear=is_sent) from error
    _expect(answer, 250, of_recipient=False)


def _expect(answer: tuple[int, bytes], *codes: int, of_recipient: bool) -> None:
    code, reply = answer
    if code in (421, 530, 535):
        raise ServerFailed(f"{code} {_one_line(reply)}")
    if code not in codes:
        raise Refused(code, reply, of_recipient=of_recipient)


def _expect_sender(answer: tuple[int, bytes]) -> None:
    """The sender is the same for all messages, so a refused sender means that the server accepts no mail. Exception:
    the message is too large."""
    code, reply = answer
    if code not in (250, _TOO_LARGE):
        raise ServerFailed(f"{code} {_one_line(reply)}")
    _expect(answer, 250, of_recipient=False)


def _reset(connection: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.rset()


def _one_line(reply: bytes) -> str:
    return redact_reply(reply.decode("utf-8", "replace"))


def redact_reply(text: str) -> str:
    """*text* on one line for the log and the outbox, without mail addresses.

    Quoted addresses of readers would remain stored after their subscription, and words in them (``relay@…``) are not
    the server's own.
    """
    printable = "".join(c if c.isprintable() else " " for c in text[:_LONGEST_REPLY])
    return _ADDRESS.sub("…", printable).strip()[:_LONGEST_REASON]
