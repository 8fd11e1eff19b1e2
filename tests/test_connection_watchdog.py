"""Connections that stall are shut down; those that waited for a process which was stopped are not."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from reader.server.connection_watchdog import LOOK_SECONDS, STALLED_SECONDS, ConnectionWatch


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """A client whose connection this process accepted, and which sends nothing."""
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.create_connection(listener.getsockname())) as connected,
        closing(listener.accept()[0]),
    ):
        connected.setblocking(False)
        yield connected


def is_open(client: socket.socket) -> bool:
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True


def looked(watch: ConnectionWatch, since: float, seconds: float) -> float:
    """Lets *watch* look at intervals for so long. Returns the last moment."""
    for step in range(1, int(seconds / LOOK_SECONDS) + 1):
        watch.shut_down_stalled(since + step * LOOK_SECONDS)
    return since + seconds


def test_a_connection_that_stalls_is_shut_down(client):
    watch = ConnectionWatch(client.getpeername()[1], 100)
    begun = looked(watch, time.monotonic(), STALLED_SECONDS - 2)
    assert is_open(client)
    looked(watch, begun, 5)
    assert not is_open(client)


def test_a_connection_that_waited_for_a_stopped_process_is_not(client):
    watch = ConnectionWatch(client.getpeername()[1], 100)
    begun = time.monotonic() + 100
    watch.shut_down_stalled(begun)
    assert is_open(client)
    begun = looked(watch, begun, STALLED_SECONDS - 2)
    watch.shut_down_stalled(begun + 100)
    assert is_open(client)
    looked(watch, begun + 100, STALLED_SECONDS + 2)
    assert not is_open(client)


@pytest.mark.parametrize(("is_crowded", "stays"), [(False, True), (True, False)])
def test_who_takes_three_kilobytes_a_second_keeps_its_connection_unless_many_wait(is_crowded, stays):
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.socket()) as client,
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        with closing(listener.accept()[0]) as server:
            server.setblocking(False)
            watch = ConnectionWatch(server.getsockname()[1], 100, is_crowded=lambda: is_crowded)
            now, sent = time.monotonic(), bytes(1 << 20)
            for _ in range(45):
                with suppress(BlockingIOError, BrokenPipeError):
                    server.send(sent)
                client.recv(3000)
                now = looked(watch, now, 1)
            assert is_open(server) == stays


def test_a_descriptor_that_becomes_another_file_meanwhile_is_not_left_open(client, tmp_path, monkeypatch):
    port, duplicates, dup = client.getpeername()[1], [], os.dup
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(os, "dup", lambda _: duplicates.append(dup(file.fileno())) or duplicates[-1])
        assert ConnectionWatch(port, 100).count() == 0
    assert duplicates
    for number in duplicates:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


def test_looking_at_connections_leaves_no_descriptor_open(client):
    watch, before = ConnectionWatch(client.getpeername()[1], 100), len(os.listdir("/proc/self/fd"))
    assert watch.count() == 1
    looked(watch, time.monotonic(), STALLED_SECONDS + 5)
    assert len(os.listdir("/proc/self/fd")) == before
