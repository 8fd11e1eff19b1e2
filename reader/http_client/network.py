"""Connections for the client: each address is judged where it is used, and no wait is longer than the request's time.

A name is resolved once, every answer is judged, and the connection goes to a judged address. So a name that changes
its answer between check and connect (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import httpcore

from ..i18n import Message


class RefusedAddress(httpcore.ConnectError):
    """``reason`` is for people."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


class Network(httpcore.NetworkBackend):
    """Connects to addresses that *judge* allows. ``deadline``, of the monotonic clock, ends every wait."""

    def __init__(self, judge: Callable[[str], bool]) -> None:
        self._judge, self._network = judge, httpcore.SyncBackend()
        self.deadline = math.inf

    def remaining(self, timeout: float | None) -> float | None:
        """*timeout*, or what is left of the time if that is less. Raises ReadTimeout when nothing is left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return timeout if left == math.inf else min(left, timeout or left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _in_time(lambda: resolve(host, port), self.remaining(timeout))
        for address in addresses:
            if not self._judge(address):
                text = Message("%(host)s is %(address)s, an address of a private network", host=host, address=address)
                raise RefusedAddress(text)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                connected = self._network.connect_tcp(
                    address, port, self.remaining(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _TimedStream(connected, self)
        raise failure

    def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError(f"{path}: not over a local socket")


class _TimedStream(httpcore.NetworkStream):
    """A peer that sends a byte now and then keeps every single wait short; only the deadline ends it."""

    def __init__(self, stream: httpcore.NetworkStream, network: Network) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._network.remaining(timeout))
        return _TimedStream(secured, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of *host*, in the system's order; a number in any form (0x7f.1, 2130706433) is one of them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        text = Message("%(host)s cannot be found: %(error)s", host=host, error=error)
        raise RefusedAddress(text) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _in_time(look_up: Callable[[], list[str]], seconds: float | None) -> list[str]:
    """getaddrinfo(3) knows no timeout; a thread of an executor would be waited for when the program ends."""
    found: Future[list[str]] = Future()

    def run() -> None:
        try:
            found.set_result(look_up())
        except Exception as error:  # noqa: BLE001 raised again where the result is awaited
            found.set_exception(error)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    try:
        return found.result(seconds)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("the name server did not answer in time") from error
