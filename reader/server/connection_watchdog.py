"""Counts the open connections of this process, and shuts down stalled ones.

granian has a timeout for request headers, but not for request bodies or for clients that stop reading a response. A
connection whose client has acknowledged no byte for 30 s is shut down here, which frees the waiting thread, and so is
one that takes less than 1 KB/s of a response that waits for it. What the client sends does not count: so a request body
has 30 s in all, however slowly it trickles in.
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
"""What a client must acknowledge in each STALLED_SECONDS while a response waits in the socket: 1 KB/s. Modems of 1995
had three times as much. Otherwise one byte every 29 s would hold a thread as long as one likes."""

LEAST_BYTES_CROWDED = 8 * LEAST_BYTES
"""The same while more than half of the places for large responses are taken: 8 KB/s, which EDGE of 2003 reaches. Who
takes his file at 1 KB/s makes room then; his download can be resumed."""

LOOK_SECONDS = 0.5
LATE_SECONDS = 5.0

MOST_UNANSWERED_BYTES = 2 * MOST_BYTES
"""No request is longer. A chunked body is received whole before its length is known."""

SILENT_SECONDS = 2.0
"""If half of the connections are in use, a client that has sent nothing for this time, or has been answered and has
asked for nothing since, is disconnected: else two thousand kept-alive connections keep everybody out for 15 s."""

_MOVED = struct.Struct("=QQ")
_MOVED_AT = 120  # linux/tcp.h, struct tcp_info: tcpi_bytes_acked, tcpi_bytes_received
_LAST = struct.Struct("=IxxxxI")
_LAST_AT = 44  # the same: tcpi_last_data_sent, tcpi_last_data_recv, in milliseconds before now


@dataclass(frozen=True)
class Seen:
    """A connection at the last check: bytes acknowledged by the client, and bytes received from it.

    ``since`` is the last check at which it did not exist yet or fewer bytes were acknowledged: a lower bound.
    ``unanswered`` are the bytes received since then. ``window`` is the time and the acknowledged bytes at the beginning
    of the STALLED_SECONDS in which LEAST_BYTES are due; it begins again while nothing waits in the socket.
    ``idle`` is for how many seconds the client has been answered and has sent nothing.
    """

    acknowledged: int
    since: float
    received: int
    address: str
    unanswered: int
    window: tuple[float, int]
    idle: float


class ConnectionWatch:
    """Watches the connections accepted on *port*; at most *places* are allowed. A path in its place is that of a UNIX
    socket: connections of a proxy on this machine are counted, and it is the proxy that ends those of slow clients.

    *slowest* returns the body that is too slow while other requests wait for its place. All connections of its client
    that have been unanswered for as long are shut down: WSGI does not tell which of them carries the body.
    *is_crowded* tells whether clients have to take LEAST_BYTES_CROWDED.
    """

    def __init__(
        self,
        port: int | str,
        places: int,
        slowest: Callable[[], ReceivedBody | None] = lambda: None,
        is_crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        self._port, self._places, self._slowest, self._is_crowded = port, places, slowest, is_crowded
        self._seen: dict[int, Seen] = {}
        self._last_check = time.monotonic()

    def count(self) -> int:
        count = 0
        for connection in self._open():
            connection.close()
            count += 1
        return count

    def run(self, stopped: threading.Event) -> None:
        if isinstance(self._port, str):
            return
        while not stopped.wait(LOOK_SECONDS):
            with suppress(OSError):
                self.shut_down_stalled(time.monotonic())

    def shut_down_stalled(self, now: float) -> None:
        """Shuts down connections stalled for STALLED_SECONDS, those of a body that is too slow, and silent ones if half
        the places are used.

        After a break (the process was stopped, the machine slept) every connection counts as new: its client waited.
        """
        if now - self._last_check > LATE_SECONDS:
            self._seen, self._last_check = {}, now
        seen, body = {}, self._slowest()
        least = LEAST_BYTES_CROWDED if self._is_crowded() else LEAST_BYTES
        for inode, acknowledged, received, address, waiting, idle in self._checked():
            known = self._seen.get(inode)
            is_same = known is not None and known.acknowledged == acknowledged
            since = known.since if known and is_same else self._last_check
            more = received - (known.received if known else 0)
            unanswered = more + (known.unanswered if known and is_same else 0)
            is_over = not (known and waiting) or _is_over(known.window, acknowledged, now, least)
            window = known.window if known and not is_over else (now, acknowledged)
            seen[inode] = Seen(acknowledged, since, received, address, unanswered, window, idle)
        stalled = {inode for inode, one in seen.items() if now - one.since > STALLED_SECONDS}
        stalled |= {inode for inode, one in seen.items() if now - one.window[0] > STALLED_SECONDS}
        stalled |= {inode for inode, one in seen.items() if one.unanswered > MOST_UNANSWERED_BYTES}
        if body:
            stalled |= {inode for inode, one in seen.items() if _may_carry(body, one)}
        silent = [i for i, one in seen.items() if one.received == 0 and now - one.since > SILENT_SECONDS]
        unused = [i for i, one in seen.items() if one.received and one.idle > SILENT_SECONDS]
        unused.sort(key=lambda inode: -seen[inode].idle)
        stalled.update([*silent, *unused][: max(0, len(seen) - self._places // 2)])
        self._shut_down(stalled)
        self._seen, self._last_check = seen, now

    def _checked(self) -> Iterator[tuple[int, int, int, str, int, float]]:
        """Of each: inode, bytes acknowledged, bytes received, client's address, bytes that wait in the socket, idle
        seconds."""
        for connection in self._open():
            with closing(connection), suppress(OSError):
                address, waiting = connection.getpeername()[0], _waiting(connection)
                idle = 0.0 if waiting else _idle_seconds(connection)
                yield os.fstat(connection.fileno()).st_ino, *_moved(connection), address, waiting, idle

    def _shut_down(self, inodes: set[int]) -> None:
        for connection in self._open() if inodes else ():
            with closing(connection), suppress(OSError):
                if os.fstat(connection.fileno()).st_ino in inodes:
                    connection.shutdown(socket.SHUT_RDWR)

    def _open(self) -> Iterator[socket.socket]:
        """A duplicate of each socket; the caller closes it."""
        for entry in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                connection = _connection(entry, self._port)
                if connection is not None:
                    yield connection


def _may_carry(body: ReceivedBody, seen: Seen) -> bool:
    """Whether the connection was unanswered when the body's request came. Later ones are kept, such as those of the
    requests that wait for its place."""
    is_of_client = seen.address.partition("%")[0] == body.address.partition("%")[0]
    return is_of_client and seen.received > 0 and seen.since <= body.came


def _is_over(window: tuple[float, int], acknowledged: int, now: float, least: int) -> bool:
    """Whether the client has acknowledged *least* bytes in this window, so that the next one begins."""
    begun, before = window
    return now - begun > STALLED_SECONDS / 2 and acknowledged - before >= least


def _connection(descriptor: Path, port: int | str) -> socket.socket | None:
    """A duplicate of this connection that was accepted on *port*; None if the descriptor is something else.

    Raises OSError if it is closed, or used for something else, meanwhile; the duplicate is closed then.
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
    """The port of a TCP connection, the path of a UNIX socket."""
    if connection.family == socket.AF_UNIX:
        path: str = connection.getsockname()
        return path
    return connection.getsockname()[1] if connection.family in (socket.AF_INET, socket.AF_INET6) else None


def _moved(connection: socket.socket) -> tuple[int, int]:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _MOVED_AT + _MOVED.size)
    acked, received = _MOVED.unpack_from(info, _MOVED_AT)
    return acked, received


def _idle_seconds(connection: socket.socket) -> float:
    """How long ago the last response was sent; 0 while a request waits for one."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_AT + _LAST.size)
    sent, received = _LAST.unpack_from(info, _LAST_AT)
    return sent / 1000 if sent <= received else 0.0


def _waiting(connection: socket.socket) -> int:
    """The bytes in the send queue that the client has not acknowledged (SIOCOUTQ, tcp(7))."""
    found = array.array("i", [0])
    fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, found)
    return found[0]
