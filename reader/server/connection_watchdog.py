"""Counts the open connections of this process, and shuts down stalled ones.

granian has a timeout for request headers, but not for request bodies or for clients that stop reading a response. This
module shuts down a connection if its client acknowledges no byte for 30 s, or reads a waiting response at less than
1 KB/s. That frees the waiting thread. Bytes that the client sends do not count, so a request body has a total of 30 s.
"""

from __future__ import annotations

import array
import fcntl
import os
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from .request_body import MOST_BYTES, ReceivedBody

STALLED_SECONDS = 30.0
"""Longer than any view takes to respond (a request waits up to 25 s for an export)."""

LEAST_BYTES = 30_000
"""The bytes that a client must acknowledge in each STALLED_SECONDS while a response waits in the socket: 1 KB/s. Modems
of 1995 were three times as fast. Without this limit a client could hold a thread indefinitely with a byte every 29 s.
"""

LEAST_BYTES_CROWDED = 8 * LEAST_BYTES
"""The same while more than half of the slots for large responses are used: 8 KB/s, which EDGE of 2003 reached. Slower
downloads are ended then; they can be resumed."""

LOOK_SECONDS = 0.5
LATE_SECONDS = 5.0

MOST_UNANSWERED_BYTES = 2 * MOST_BYTES
"""Longer than any valid request. A chunked body is received completely before its length is known."""

SILENT_SECONDS = 2.0
"""If half of the connections are in use, a client is disconnected that has sent no request for this time. Otherwise two
thousand idle keep-alive connections would block all other clients for 15 s."""

_BYTE_COUNTS = struct.Struct("=QQ")
_BYTE_COUNTS_AT = 120  # linux/tcp.h, struct tcp_info: tcpi_bytes_acked, tcpi_bytes_received
_LAST = struct.Struct("=IxxxxI")
_LAST_AT = 44  # the same: tcpi_last_data_sent, tcpi_last_data_recv, in milliseconds before now


@dataclass(frozen=True)
class ConnectionState:
    """A connection at the last check: bytes acknowledged by the client, and bytes received from it.

    ``since`` is the last check at which it did not exist yet or fewer bytes were acknowledged: a lower bound.
    ``unanswered`` is the number of bytes received since then. ``window`` is the time and the acknowledged bytes at the
    start of the STALLED_SECONDS in which LEAST_BYTES are due; it starts again while nothing waits in the socket.
    ``idle`` is the number of seconds since the last response, if no request followed it.
    """

    acknowledged: int
    since: float
    received: int
    address: str
    unanswered: int
    window: tuple[float, int]
    idle: float


class ConnectionWatch:
    """Watches the connections that were accepted on *port*; at most *most* are allowed.

    If *port* is the path of a UNIX socket, connections are only counted: the proxy ends those of slow clients.

    *slowest* returns a body that is too slow while other requests wait for its slot. All connections of its client that
    have been unanswered for as long are shut down, because WSGI does not show which of them carries the body.
    *is_crowded* returns whether clients must acknowledge LEAST_BYTES_CROWDED.
    """

    def __init__(
        self,
        port: int | str,
        most: int,
        slowest: Callable[[], ReceivedBody | None] = lambda: None,
        is_crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        self._port, self._most, self._slowest, self._is_crowded = port, most, slowest, is_crowded
        self._seen: dict[int, ConnectionState] = {}
        self._last_check = time.monotonic()

    def count(self) -> int:
        """The number of open connections."""
        count = 0
        for connection in self._open():
            connection.close()
            count += 1
        return count

    def run(self, stopped: threading.Event) -> None:
        """Checks the connections every LOOK_SECONDS until *stopped*. Returns immediately for a UNIX socket."""
        if isinstance(self._port, str):
            return
        while not stopped.wait(LOOK_SECONDS):
            with suppress(OSError):
                self.shut_down_stalled(time.monotonic())

    def shut_down_stalled(self, now: float) -> None:
        """Shuts down connections stalled for STALLED_SECONDS, those of a body that is too slow, and idle ones if half
        of the permitted connections are open.

        After a break (the process was stopped, the machine slept) every connection counts as new.
        """
        if now - self._last_check > LATE_SECONDS:
            self._seen, self._last_check = {}, now
        seen, body = {}, self._slowest()
        least = LEAST_BYTES_CROWDED if self._is_crowded() else LEAST_BYTES
        for inode, acknowledged, received, address, waiting, idle in self._checked():
            last = self._seen.get(inode)
            is_same = last is not None and last.acknowledged == acknowledged
            since = last.since if last and is_same else self._last_check
            more = received - (last.received if last else 0)
            unanswered = more + (last.unanswered if last and is_same else 0)
            is_over = not (last and waiting) or _is_over(last.window, acknowledged, now, least)
            window = last.window if last and not is_over else (now, acknowledged)
            seen[inode] = ConnectionState(acknowledged, since, received, address, unanswered, window, idle)
        stalled = {inode for inode, one in seen.items() if now - one.since > STALLED_SECONDS}
        stalled |= {inode for inode, one in seen.items() if now - one.window[0] > STALLED_SECONDS}
        stalled |= {inode for inode, one in seen.items() if one.unanswered > MOST_UNANSWERED_BYTES}
        if body:
            stalled |= {inode for inode, one in seen.items() if _may_carry(body, one)}
        silent = [i for i, one in seen.items() if one.received == 0 and now - one.since > SILENT_SECONDS]
        unused = [i for i, one in seen.items() if one.received and one.idle > SILENT_SECONDS]
        unused.sort(key=lambda inode: -seen[inode].idle)
        stalled.update([*silent, *unused][: max(0, len(seen) - self._most // 2)])
        self._shut_down(stalled)
        self._seen, self._last_check = seen, now

    def _checked(self) -> Iterator[tuple[int, int, int, str, int, float]]:
        """(inode, bytes acknowledged, bytes received, client's address, bytes waiting in the socket, idle seconds) of
        each connection."""
        for connection in self._open():
            with closing(connection), suppress(OSError):
                address, waiting = connection.getpeername()[0], _waiting(connection)
                idle = 0.0 if waiting else _idle_seconds(connection)
                yield os.fstat(connection.fileno()).st_ino, *_byte_counts(connection), address, waiting, idle

    def _shut_down(self, inodes: set[int]) -> None:
        for connection in self._open() if inodes else ():
            with closing(connection), suppress(OSError):
                if os.fstat(connection.fileno()).st_ino in inodes:
                    connection.shutdown(socket.SHUT_RDWR)

    def _open(self) -> Iterator[socket.socket]:
        """A duplicate of the socket of each connection. The caller must close it."""
        for entry in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                connection = _connection(entry, self._port)
                if connection is not None:
                    yield connection


def _may_carry(body: ReceivedBody, connection: ConnectionState) -> bool:
    """Whether the connection is the client's and was unanswered when the request with *body* arrived.

    False for later connections, such as those of the requests that wait for the slot of *body*.
    """
    is_of_client = connection.address.partition("%")[0] == body.address.partition("%")[0]
    return is_of_client and connection.received > 0 and connection.since <= body.requested_at


def _is_over(window: tuple[float, int], acknowledged: int, now: float, least: int) -> bool:
    """Whether the client has acknowledged *least* bytes in this window, so that the next one starts."""
    begun, before = window
    return now - begun > STALLED_SECONDS / 2 and acknowledged - before >= least


def _connection(descriptor: Path, port: int | str) -> socket.socket | None:
    """A duplicate of *descriptor*; None if it is not a connection that was accepted on *port*.

    Raises OSError if it is closed or reused meanwhile; the duplicate is closed then.
    """
    if not os.fspath(descriptor.readlink()).startswith("socket:"):
        return None
    duplicate = os.dup(int(descriptor.name))
    try:
        connection = socket.socket(fileno=duplicate)
    except BaseException:
        os.close(duplicate)
        raise
    with ExitStack() as otherwise:
        otherwise.callback(connection.close)
        if connection.type == socket.SOCK_STREAM and _local_end(connection) == port:
            connection.getpeername()  # raises for a listening socket
            otherwise.pop_all()
            return connection
    return None


def _local_end(connection: socket.socket) -> int | str | None:
    """The port of a TCP connection, or the path of a UNIX socket; None for other sockets."""
    if connection.family == socket.AF_UNIX:
        path: str = connection.getsockname()
        return path
    return connection.getsockname()[1] if connection.family in (socket.AF_INET, socket.AF_INET6) else None


def _byte_counts(connection: socket.socket) -> tuple[int, int]:
    """The bytes that the client has acknowledged, and those received from it."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTE_COUNTS_AT + _BYTE_COUNTS.size)
    acked, received = _BYTE_COUNTS.unpack_from(info, _BYTE_COUNTS_AT)
    return acked, received


def _idle_seconds(connection: socket.socket) -> float:
    """The seconds since the last response was sent; 0 while a request waits for a response."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_AT + _LAST.size)
    sent, received = _LAST.unpack_from(info, _LAST_AT)
    return sent / 1000 if sent <= received else 0.0


def _waiting(connection: socket.socket) -> int:
    """The bytes in the send queue that the client has not acknowledged (SIOCOUTQ, tcp(7))."""
    found = array.array("i", [0])
    fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, found)
    return found[0]
