"""Clients that say nothing, too little or take nothing: everybody else is answered."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import pytest
from faults.running import Server, running, wait_for

CLIENTS = 200
BEGINNINGS = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
    "half a body": b"POST /settings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nsize=",
    "half a chunked body": b"POST /settings HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsize=\r\n",
    "takes no answer": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("slow"))
    found.publish("rain")
    with running(found):
        yield found


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_two_hundred_slow_clients_stop_nobody_else(server, beginning):
    with ExitStack() as clients:
        for _ in range(CLIENTS):
            client = clients.enter_context(closing(socket.create_connection(("127.0.0.1", server.port), timeout=30)))
            client.sendall(beginning)
        for _ in range(20):
            assert server.status("/a/rain") == 200
    wait_for(server.answers, server)


def test_a_body_that_never_ends_is_given_up(server):
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=120)) as client:
        client.sendall(BEGINNINGS["half a body"])
        while client.recv(4096):
            pass


def test_a_head_that_never_ends_is_given_up(server):
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=60)) as client:
        client.sendall(BEGINNINGS["half a head"])
        while client.recv(4096):
            pass
