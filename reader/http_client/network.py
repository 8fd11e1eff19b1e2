"""The network backend of the client: checks each IP address before connecting, and enforces the request's deadline.

A host name is resolved once, every address is checked, and the connection goes to a checked address. This prevents
DNS rebinding, where a name resolves differently between check and connection.
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
    """The host resolves to a private address or not at all. ``reason`` is a Message for users.

    With ``is_temporary``, the resolver failed for now (EAI_AGAIN): a retry may succeed.
    """

    def __init__(self, reason: Message, *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_temporary = reason, is_temporary


class Network(httpcore.NetworkBackend):
    """Connects only to IP addresses for which *is_allowed* is true. ``deadline`` (monotonic seconds) ends each wait."""

    def __init__(self, is_allowed: Callable[[str], bool]) -> None:
        self._is_allowed, self._network = is_allowed, httpcore.SyncBackend()
        self.deadline = math.inf

    def remaining(self, timeout: float | None) -> float | None:
        """The smaller of *timeout* and the seconds until the deadline. Raises ReadTimeout after the deadline."""
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
        addresses = _with_timeout(lambda: resolve(host, port), self.remaining(timeout))
        for address in addresses:
            if not self._is_allowed(address):
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
    """A stream that enforces the deadline, even if the peer sends single bytes with pauses."""

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
    """The IP addresses of *host*, in the resolver's order. Accepts numeric forms such as 0x7f.1 and 2130706433.

    Raises RefusedAddress if the name cannot be resolved.
    """
    try:
        result = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        text = Message("%(host)s cannot be found: %(error)s", host=host, error=error)
        is_temporary = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        raise RefusedAddress(text, is_temporary=is_temporary) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in result))


def _with_timeout(look_up: Callable[[], list[str]], seconds: float | None) -> list[str]:
    """The result of *look_up*, which runs in a daemon thread. Raises ConnectTimeout after *seconds*.

    getaddrinfo(3) has no timeout, and the threads of an executor delay the exit of the process.
    """
    future: Future[list[str]] = Future()

    def run() -> None:
        try:
            future.set_result(look_up())
        except Exception as error:  # noqa: BLE001 future.result raises it again
            future.set_exception(error)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("the name server did not answer in time") from error
