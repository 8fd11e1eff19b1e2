"""Request bodies: one that is malformed, cut off or of unclear length is refused, never taken for an empty form."""

from __future__ import annotations

import socket
import time

import pytest
from long_forms import few
from serving import serving
from waiting import LIMIT_SECONDS

FORM = b"POST /preferences HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
FORM += b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = FORM + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b"4\r\nsize\r\n2\r\n=l\r\n0\r\n\r\n"

TAKEN = {
    "chunks": CHUNKED + BODY,
    "chunks with extensions and trailers": CHUNKED + b"6;a=b\r\nsize=l\r\n0\r\nX: y\r\n\r\n",
    "a length": FORM + b"Content-Length: 6\r\n\r\nsize=l",
    "the same length twice": FORM + b"Content-Length: 6\r\nContent-Length: 6\r\n\r\nsize=l",
}
REFUSED = {
    "no size": CHUNKED + b"zz\r\nsize=l\r\n0\r\n\r\n",
    "a negative size": CHUNKED + b"-6\r\nsize=l\r\n0\r\n\r\n",
    "a signed size": CHUNKED + b"+6\r\nsize=l\r\n0\r\n\r\n",
    "a prefixed size": CHUNKED + b"0x6\r\nsize=l\r\n0\r\n\r\n",
    "a huge size": CHUNKED + b"ffffffffffffffffff\r\nsize=l\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"6\r\nsize=large\r\n0\r\n\r\n",
    "line feeds alone": CHUNKED + b"6\nsize=l\n0\n\n",
    "a broken second chunk": CHUNKED + b"6\r\nsize=l\r\nzz\r\n",
    "a broken trailer": CHUNKED + b"6\r\nsize=l\r\n0\r\nno field\r\n\r\n",
    "a chunk that is cut off": CHUNKED + b"6\r\nsize",
    "no last chunk": CHUNKED + b"6\r\nsize=l\r\n",
    "chunked twice": FORM + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "another transfer coding": FORM + b"Transfer-Encoding: identity\r\n\r\n" + BODY,
    "chunks in HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + BODY,
    "a length that is cut off": FORM + b"Content-Length: 9\r\n\r\nsize=l",
    **{
        f"Content-Length: {length}": FORM + f"Content-Length: {length}\r\n\r\nsize=l".encode()
        for length in ("+6", "-6", "6, 6", "0x6", "6 6", "", "９", "99999999999999999999999")
    },
    "two lengths": FORM + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\nsize=l",
}
OTHER = {
    "501": FORM + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + BODY,
    "413": FORM + b"Content-Length: 99999999999\r\n\r\nsize=l",
}
CASES = [
    *((name, request, 303) for name, request in TAKEN.items()),
    *((name, request, 400) for name, request in REFUSED.items()),
    *((status, request, int(status)) for status, request in few(OTHER.items())),  # for the other one it waits long
]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    from reader.settings import Settings

    folder = tmp_path_factory.mktemp("site")
    with serving(Settings(articles=folder / "articles", instance=folder / "instance")) as url:
        yield int(url.rpartition(":")[2])


CUT_OFF = ("a chunk that is cut off", "no last chunk", "a length that is cut off")


def answer_to(port: int, request: bytes, *, is_cut_off: bool = False) -> bytes:
    """All that comes after *request*. A client whose request is cut off has closed its side."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS) as connection:
        connection.sendall(request)
        if is_cut_off:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(("name", "request_bytes", "status"), CASES, ids=[case[0] for case in CASES])
def test_a_form_is_taken_whole_or_refused(port, name, request_bytes, status):
    assert answer_to(port, request_bytes, is_cut_off=name in CUT_OFF).split(b" ", 2)[1] == b"%d" % status


def test_nothing_that_follows_chunks_is_taken_for_a_request(port):
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both = (
        FORM.replace(b"Connection: close\r\n", b"")
        + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        + BODY
        + smuggled
    )
    answer = answer_to(port, both)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()


def test_chunks_without_end_are_cut_off(port):
    sent, chunk = 0, b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS) as connection:
        connection.sendall(CHUNKED)
        try:
            while sent < 400 << 20:
                connection.sendall(chunk)
                sent += len(chunk)
                time.sleep(0.05)
        except OSError:
            pass
    assert sent < 400 << 20
    assert b" 200 " in answer_to(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
