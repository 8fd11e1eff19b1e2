"""One message handed over to a real SMTP server: TLS, login, refusals, limits, and servers that fail."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

import pytest
from smtp_server import CERTIFICATE, SmtpStub, smtp_server

from reader.errors import BadSetting
from reader.mail import smtp
from reader.mail.smtp import Refused, ServerFailed, hand_over, open_connection, server_at
from reader.settings import Settings

MESSAGE = b"Subject: rain\r\n\r\n.a line with a dot\r\n..\r\nend\r\n"
FROM, TO = "news@news.example", "reader@example.org"


@pytest.fixture
def trusted(monkeypatch):
    """The certificate of the test server is that of an authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def send(url: str, content: bytes = MESSAGE, to: str = TO, before_end=lambda: True) -> bool:
    with open_connection(server_at(url), "news.example") as connection:
        return hand_over(connection, FROM, to, content, before_end)


def test_a_message_arrives_as_it_is():
    with smtp_server() as server:
        assert send(f"smtp://127.0.0.1:{server.port}")
    assert server.taken == [(TO, MESSAGE)]


@pytest.mark.parametrize("query", ["", "?starttls=required"])
def test_starttls_is_used_where_it_is_offered_and_the_password_goes_only_over_it(trusted, monkeypatch, query):
    monkeypatch.setattr(smtp, "_is_loopback", lambda _host: False)
    with smtp_server(starttls=True, login=True) as server:
        assert send(f"smtp://news:right%3A%20%40%2F@localhost:{server.port}{query}")
    assert (server.is_encrypted, server.logins) == ([True], ["news"])


def test_tls_from_the_start(trusted):
    with smtp_server(is_tls=True) as server:
        assert send(f"smtps://localhost:{server.port}")
    assert server.receivers == [TO]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_signed_is_refused(scheme, monkeypatch):
    monkeypatch.setattr(smtp, "_is_loopback", lambda _host: False)
    with (
        smtp_server(is_tls=scheme == "smtps", starttls=scheme == "smtp") as server,
        pytest.raises(ServerFailed, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        send(f"{scheme}://localhost:{server.port}")
    assert server.taken == []


def test_a_password_is_not_sent_in_clear_to_a_server_without_starttls(monkeypatch):
    monkeypatch.setattr(smtp, "_is_loopback", lambda _host: False)
    with smtp_server(login=True) as server:
        with pytest.raises(ServerFailed, match="STARTTLS"):
            send(f"smtp://news:secret@localhost:{server.port}")
        assert server.logins == []


def test_a_wrong_password_is_the_servers_failure_and_no_bounce():
    with smtp_server(login=True) as server, pytest.raises(ServerFailed, match="535") as failed:
        send(f"smtp://news:wrong@127.0.0.1:{server.port}")
    assert "wrong" not in str(failed.value)


@pytest.mark.parametrize(
    ("answer", "is_lasting", "is_bounce"),
    [
        ("450 4.2.0 greylisted", False, False),
        ("451 try again", False, False),
        ("550 5.1.1 no such user", True, True),
        ("550 no such user", True, True),
        ("552 5.2.2 mailbox full", True, False),
        ("550 5.7.1 relaying denied", True, False),
        ("554 refused", True, False),
    ],
)
def test_a_refused_receiver_is_told_from_a_refused_sender(answer, is_lasting, is_bounce):
    with smtp_server(SmtpStub(rcpt=lambda _to: answer)) as server, pytest.raises(Refused) as refused:
        send(f"smtp://127.0.0.1:{server.port}")
    assert (refused.value.is_lasting, refused.value.is_bounce) == (is_lasting, is_bounce)


@pytest.mark.parametrize(
    "answer",
    [
        "550 relay not permitted",
        "550 5.1.8 sender domain not found",
        "553 Sender address rejected",
        "550 Not authenticated",
    ],
)
def test_what_is_wrong_with_the_sender_is_no_bounce_of_the_receiver(answer):
    with smtp_server(SmtpStub(rcpt=lambda _to: answer)) as server, pytest.raises(Refused) as refused:
        send(f"smtp://127.0.0.1:{server.port}")
    assert not refused.value.is_bounce


@pytest.mark.parametrize("code", ["421 4.7.1", "550"])
def test_what_the_server_said_is_kept_and_logged_without_the_addresses_it_quotes(code):
    with smtp_server(SmtpStub(rcpt=lambda _to: f"{code} <relay@example.org>: no such user")) as server:
        with pytest.raises((Refused, ServerFailed)) as failed:
            send(f"smtp://127.0.0.1:{server.port}")
        assert failed.value.reason == f"{code} <…>: no such user"
        assert not isinstance(failed.value, Refused) or failed.value.is_bounce  # "relay" is no word of the server


@pytest.mark.parametrize("answer", ["550 5.1.8 domain not found", "553 5.1.7 bad sender", "451 4.3.0 later"])
def test_a_server_that_refuses_the_sender_takes_no_mail(answer):
    with smtp_server(SmtpStub(mail=lambda _from: answer)) as server, pytest.raises(ServerFailed) as failed:
        send(f"smtp://127.0.0.1:{server.port}")
    assert not failed.value.is_unclear


def test_after_a_refusal_the_same_connection_takes_the_next_message():
    with (
        smtp_server(SmtpStub(rcpt=lambda to: "550 5.1.1 no" if to == TO else "")) as server,
        open_connection(server_at(f"smtp://127.0.0.1:{server.port}"), "news.example") as connection,
    ):
        with pytest.raises(Refused):
            hand_over(connection, FROM, TO, MESSAGE)
        assert hand_over(connection, FROM, "other@example.org", MESSAGE)
    assert server.receivers == ["other@example.org"]


def test_an_error_that_has_nothing_to_do_with_the_server_is_not_told_as_its_failure():
    full = OSError(28, "No space left on device", "/srv/reader/mail.sending")
    with smtp_server() as server, pytest.raises(OSError, match="No space left") as raised:
        send(f"smtp://127.0.0.1:{server.port}", before_end=lambda: (_ for _ in ()).throw(full))
    assert raised.value is full
    assert server.taken == []


def test_a_message_larger_than_the_server_takes_is_not_even_sent():
    with smtp_server(data_size_limit=1000) as server, pytest.raises(Refused, match=r"5\.3\.4") as refused:
        send(f"smtp://127.0.0.1:{server.port}", b"Subject: x\r\n\r\n" + b"x" * 2000 + b"\r\n")
    assert not refused.value.is_bounce


def test_a_message_whose_end_is_withheld_is_no_message():
    with smtp_server() as server:
        assert not send(f"smtp://127.0.0.1:{server.port}", before_end=lambda: False)
    assert server.taken == []


def test_a_server_that_is_down_or_silent_fails_and_is_named(monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerFailed, match="refused"):
            send(address)
        silent.listen()
        with pytest.raises(ServerFailed, match="timed out"):
            send(address)


@pytest.mark.parametrize(("piece", "pause"), [(b"220-more\r\n" * 50, 0.0), (b"2", 0.01)], ids=["lines", "bytes"])
def test_a_reply_without_an_end_is_not_read_for_ever(monkeypatch, piece, pause):
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 1.0)

    def talk() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            while True:
                connection.sendall(piece)
                threading.Event().wait(pause)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=talk)
        thread.start()
        with pytest.raises(ServerFailed, match="does not end"):
            send(f"smtp://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()


@pytest.mark.parametrize(("last_line", "is_unclear"), [(b".\r\n", True), (b"end\r\n", False)])
def test_a_connection_lost_after_the_end_leaves_it_unclear_whether_the_message_was_taken(last_line, is_unclear):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=_hang_up_after, args=(listener, last_line))
        thread.start()

        def wait_unless_the_end_is_awaited() -> bool:
            if not is_unclear:
                thread.join()
            return True

        with pytest.raises(ServerFailed) as failed:
            send(f"smtp://127.0.0.1:{listener.getsockname()[1]}", before_end=wait_unless_the_end_is_awaited)
        thread.join()
    assert failed.value.is_unclear is is_unclear


def _hang_up_after(listener: socket.socket, last_line: bytes) -> None:
    """Resets the connection after *last_line*, so that the client's next line can't be sent. Its limit of sizes has more
    digits than Python converts."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"220 stub\r\n")
        for line in lines:
            if line == last_line:
                return
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go on\r\n")
            elif line.upper().startswith(b"EHLO"):
                connection.sendall(b"250-stub\r\n250 SIZE " + b"9" * 5000 + b"\r\n")
            elif line[:4].upper() in (b"MAIL", b"RCPT"):
                connection.sendall(b"250 OK\r\n")


# -- settings -----------------------------------------------------------------------------------------------------

GOOD = {"READER_BASE_URL": "https://news.example", "READER_MAIL_FROM": "news@news.example"}


@pytest.mark.parametrize(
    "url",
    [
        "smtp://127.0.0.1",
        "smtp://mail:2525",
        "smtps://user%40news.example:p%3Aw@mail.example",
        "smtp://[::1]:25?starttls=off",
    ],
)
def test_urls_of_servers_that_can_be_used(url):
    assert Settings.from_environ({**GOOD, "READER_SMTP_URL": url}).smtp_url == url


@pytest.mark.parametrize(
    "url",
    [
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://user@mail.example",
        "smtp://mail.example:99999",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=maybe",
        "smtp://u:secret%0d%0aword@mail.example",
    ],
)
def test_an_url_that_cannot_be_used_is_refused_without_showing_it(url):
    with pytest.raises(BadSetting, match="READER_SMTP_URL") as refused:
        Settings.from_environ({**GOOD, "READER_SMTP_URL": url})
    assert "READER_SMTP_URL='…'" in str(refused.value)


@pytest.mark.parametrize("missing", ["READER_BASE_URL", "READER_MAIL_FROM"])
def test_mail_needs_a_sender_and_addresses_that_lead_somewhere(missing):
    with pytest.raises(BadSetting, match=missing):
        Settings.from_environ(
            {name: value for name, value in GOOD.items() if name != missing} | {"READER_SMTP_URL": "smtp://mail"}
        )


def test_the_password_is_in_no_text_of_the_settings():
    settings = Settings.from_environ({**GOOD, "READER_SMTP_URL": "smtp://u:topsecret@mail"})
    assert "topsecret" not in repr(settings) + repr(server_at(settings.smtp_url))
