"""Who a client is behind a trusted proxy, whatever it puts into the fields that the proxy passes on."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from faults.running import Server, running
from waiting import LIMIT_SECONDS

SEARCHES = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = {"READER_TRUSTED_PROXIES": "127.0.0.0/8", "READER_SEARCHES_PER_MINUTE": str(SEARCHES)}
    found = Server(tmp_path_factory.mktemp("forwarded"), workers=1, environment=settings)
    found.publish("rain")
    with running(found):
        yield found


def status(server, path, *fields: bytes) -> int:
    request = b"\r\n".join(
        [f"GET {path} HTTP/1.1".encode(), b"Host: 127.0.0.1", b"Connection: close", *fields, b"", b""]
    )
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS)) as client:
        client.sendall(request)
        return int(client.recv(12)[9:])


@pytest.mark.parametrize(
    "fields",
    [
        (b"X-Forwarded-For: 203.0.113.7",),
        (b"X-Forwarded-For: \xff, 203.0.113.7",),  # as nginx's $proxy_add_x_forwarded_for passes it on
        (b"X-Forwarded-For:",),
        (b"X-Forwarded-For: ,",),
        (b"X-Forwarded-For: unknown",),
        (b"X-Forwarded-For: 127.0.0.1",),
        (b"X-Forwarded-For: 203.0.113.7", b"X_Forwarded_For: 127.0.0.1"),
        (b"X-Forwarded-For: 203.0.113.7", b"X_Forwarded_For: ::ffff:127.0.0.1"),
        (b"X-Forwarded-For: 203.0.113.7", b"X-Forwarded-For: 127.0.0.1"),
        (b"X-Forwarded-Proto: https",),  # a proxy that names no client
        (b"X-Forwarded-Host: news.example",),
        (b"Forwarded: for=127.0.0.1",),
        (b"X-Real-IP: 127.0.0.1",),
    ],
)
def test_nobody_who_comes_through_the_proxy_is_taken_for_this_machine(server, fields):
    assert status(server, "/metrics", *fields) == 403


def test_who_comes_from_this_machine_without_a_proxy_reads_metrics(server):
    assert status(server, "/metrics") == 200


@pytest.mark.parametrize("field", [b"X-Forwarded-For: \xff, 203.0.113.8", b"X-Forwarded-For: unknown"])
def test_a_spoilt_field_does_not_free_from_the_limit_of_each_client(server, field):
    answers = [status(server, f"/search?q={field[-1]}x{n}", field) for n in range(2 * SEARCHES + 2)]
    assert answers[-1] == 429
    assert status(server, "/search?q=y", b"X-Forwarded-For: 203.0.113.9") == 200
