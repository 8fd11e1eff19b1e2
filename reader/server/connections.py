"""The connections of this process, seen from outside the event loop: how many there are, and which stand still.

granian bounds how long a request's head may take, but neither a body nor an answer that the client does not take.
A connection on which the kernel has moved no byte for half a minute is shut down here; whoever waits on it is freed.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

STILL_SECONDS = 30.0
"""Longer than any request is worked on without an answer (an export is waited for 20 s)."""

LOOK_SECONDS = 1.0

SILENT_SECONDS = 2.0
"""When places are short, a client that has not sent a byte for so long makes room."""

_MOVED = struct.Struct("=QQ")
_MOVED_AT = 120  # linux/tcp.h, struct tcp_info: tcpi_bytes_acked, tcpi_bytes_received


@dataclass
class Seen:
    """A connection as it was last looked at: bytes taken by the client and sent by it, and since when that is so."""

    moved: tuple[int, int]
    since: float


class ConnectionWatch:
    """Of the connections that were accepted on *port*; *places* is how many there may be."""

    def __init__(self, port: int, places: int) -> None:
        self._port, self._places = port, places
        self._seen: dict[int, Seen] = {}

    def count(self) -> int:
        count = 0
        for connection in self._open():
            connection.close()
            count += 1
        return count

    def run(self, stopped: threading.Event) -> None:
        while not stopped.wait(LOOK_SECONDS):
            with suppress(OSError):
                self.end_the_still(time.monotonic())

    def end_the_still(self, now: float) -> None:
        """Shuts down what has stood still for STILL_SECONDS; sooner what never spoke, if half the places are taken."""
        seen: dict[int, Seen] = {}
        silent = []
        for connection in self._open():
            with closing(connection), suppress(OSError):
                inode, moved = os.fstat(connection.fileno()).st_ino, _moved(connection)
                known = self._seen.get(inode)
                seen[inode] = known if known and known.moved == moved else Seen(moved, now)
                if now - seen[inode].since > STILL_SECONDS:
                    connection.shutdown(socket.SHUT_RDWR)
                elif moved[1] == 0 and now - seen[inode].since > SILENT_SECONDS:
                    silent.append(connection.dup())
        excess = len(seen) - self._places // 2
        for number, connection in enumerate(silent):
            with closing(connection), suppress(OSError):
                if number < excess:
                    connection.shutdown(socket.SHUT_RDWR)
        self._seen = seen

    def _open(self) -> Iterator[socket.socket]:
        """A copy of each; the caller closes it."""
        for entry in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                connection = _connection(entry)
                if connection is not None and connection.getsockname()[1] == self._port:
                    yield connection
                elif connection is not None:
                    connection.close()


def _connection(descriptor: Path) -> socket.socket | None:
    """A copy of this TCP connection; None if the descriptor is something else."""
    if not os.fspath(descriptor.readlink()).startswith("socket:"):
        return None
    connection = socket.socket(fileno=os.dup(int(descriptor.name)))
    if connection.family in (socket.AF_INET, socket.AF_INET6) and connection.type == socket.SOCK_STREAM:
        with suppress(OSError):
            connection.getpeername()  # a listening socket has none
            return connection
    connection.close()
    return None


def _moved(connection: socket.socket) -> tuple[int, int]:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _MOVED_AT + _MOVED.size)
    acked, received = _MOVED.unpack_from(info, _MOVED_AT)
    return acked, received
