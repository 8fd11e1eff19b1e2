"""The listening socket, opened by the main process and kept open until it ends: TCP, or a UNIX socket (unix(7))."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import select
import socket
import stat
import struct
import time
from contextlib import suppress
from pathlib import Path

from ..errors import CannotListen, CannotListenAt, UnknownHost

BACKLOG = 1024
"""The length of the kernel's queue of connections that are not accepted yet."""

RETRY_SECONDS = 3.0
"""The time for retries of binding: the web processes of a killed server may still hold the port."""

UNIX = "unix:"
"""The prefix of a path in ``--host``."""

SOCKET_MODE = 0o666
"""All users of this machine can connect, as to a TCP port. The mode of the folder can restrict that."""

EVERY_ADDRESS = "::"

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_NO_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),  # load the flags byte of the TCP header
    (0x54, 0, 0, 0x12),  # mask SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone: a client requests a new connection
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # accept all other packets
)
"""A classic BPF program (Documentation/networking/filter.rst): code, jump if true, jump if false, operand."""


def open_listener(host: str, port: int) -> socket.socket:
    """A bound, listening socket without SO_REUSEPORT.

    *host* is a name, an IP address (IPv6 also in brackets, as in URLs), or ``unix:`` and a path.

    Raises CannotListen, CannotListenAt and UnknownHost.
    """
    if host.startswith(UNIX):
        return _unix_listener(Path(host.removeprefix(UNIX)))
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            return _listener(re.sub(r"^\[(.+)\]$", r"\1", host), port)
        except (socket.gaierror, ValueError) as error:  # UnicodeError is a ValueError: IDNA
            raise UnknownHost(host) from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise CannotListen(host, port, error.strerror or str(error)) from error
            time.sleep(0.05)


def _listener(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if host == EVERY_ADDRESS:  # accept IPv4, too, independent of net.ipv6.bindv6only
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _unix_listener(path: Path) -> socket.socket:
    """A listening UNIX socket at *path*. Replaces the socket file of a killed server. Raises CannotListenAt."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove_abandoned(path)
        listener.bind(str(path.absolute()))
        path.chmod(SOCKET_MODE)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListenAt(str(path), error.strerror or str(error)) from error
    return listener


def _remove_abandoned(path: Path) -> None:
    """Deletes the socket file at *path* if no process listens on it. Raises OSError."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path.absolute()))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)


def is_unix(listener: socket.socket) -> bool:
    return listener.family == socket.AF_UNIX


def reopened(listener: socket.socket) -> socket.socket | None:
    """A new listener at the same path if the file of the UNIX socket was deleted; None if it exists, and for TCP.

    Raises CannotListenAt.
    """
    if not is_unix(listener) or os.path.lexists(path := listener.getsockname()):
        return None
    return _unix_listener(Path(path))


def refuse_new_connections(listener: socket.socket) -> None:
    """Drops new SYN packets with a socket filter, or deletes the file of the UNIX socket.

    Queued connections can still be accepted. Closing the socket would reset them, although their clients may already
    have sent requests.
    """
    if is_unix(listener):
        Path(listener.getsockname()).unlink(missing_ok=True)
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in _NO_NEW_CONNECTIONS))
    filter_ = struct.pack("@HP", len(_NO_NEW_CONNECTIONS), ctypes.addressof(program))
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)


def queued_connections(listener: socket.socket) -> int:
    """The number of connections that wait to be accepted: tcpi_unacked of a listening socket (linux/tcp.h,
    tcp_get_info).

    0 if the kernel does not report it. For a UNIX socket: 1 if any connection waits, else 0.
    """
    if is_unix(listener):
        return len(select.select([listener], [], [], 0)[0])
    try:
        (queued,) = struct.unpack_from("=I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 24)
    except (OSError, struct.error):
        return 0
    return int(queued)


def silent_listener() -> socket.socket:
    """A listening socket at a random abstract address, which no client knows."""
    silent = socket.socket(socket.AF_UNIX)
    silent.setblocking(False)
    silent.bind("")
    silent.listen(1)
    return silent
