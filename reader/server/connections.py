"""Counts the open connections of this process, and shuts down stalled ones.

granian has a timeout for request headers, but not for request bodies or for clients that stop reading a response. A
connection without progress in either direction for 30 s is shut down here, which frees the waiting thread.
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

STALLED_SECONDS = 30.0
"""Longer than any view takes to respond (a request waits up to 25 s for an export)."""

LOOK_SECONDS = 1.0

SILENT_SECONDS = 2.0
"""If half of the connections are in use, a client that has sent nothing for this time is disconnected."""

_MOVED = struct.Struct("=QQ")
_MOVED_AT = 120  # linux/tcp.h, struct tcp_info: tcpi_bytes_acked, tcpi_bytes_received


@dataclass
class Seen:
    """A connection at the last check: ``moved`` is (bytes acknowledged, received), ``since`` the last change."""

    moved: tuple[int, int]
    since: float


class ConnectionWatch:
    """Watches the connections accepted on *port*; at most *places* are allowed."""

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
                self.shut_down_stalled(time.monotonic())

    def shut_down_stalled(self, now: float) -> None:
        """Shuts down connections stalled for STALLED_SECONDS; silent ones sooner if half the places are used."""
        seen: dict[int, Seen] = {}
        silent = []
        for connection in self._open():
            with closing(connection), suppress(OSError):
                inode, moved = os.fstat(connection.fileno()).st_ino, _moved(connection)
                known = self._seen.get(inode)
                seen[inode] = known if known and known.moved == moved else Seen(moved, now)
                if now - seen[inode].since > STALLED_SECONDS:
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
        """A duplicate of each socket; the caller closes it."""
        for entry in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                connection = _connection(entry)
                if connection is not None and connection.getsockname()[1] == self._port:
                    yield connection
                elif connection is not None:
                    connection.close()


def _connection(descriptor: Path) -> socket.socket | None:
    """A duplicate of this TCP connection; None if the descriptor is something else."""
    if not os.fspath(descriptor.readlink()).startswith("socket:"):
        return None
    connection = socket.socket(fileno=os.dup(int(descriptor.name)))
    if connection.family in (socket.AF_INET, socket.AF_INET6) and connection.type == socket.SOCK_STREAM:
        with suppress(OSError):
            connection.getpeername()  # raises for a listening socket
            return connection
    connection.close()
    return None


def _moved(connection: socket.socket) -> tuple[int, int]:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _MOVED_AT + _MOVED.size)
    acked, received = _MOVED.unpack_from(info, _MOVED_AT)
    return acked, received
