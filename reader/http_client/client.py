"""HttpClient: sends one request and returns one response, with limits of bytes and time.

It does not follow redirects: the caller checks each target.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpcore
import httpx

from ..errors import FetchFailed
from ..i18n import Message
from .content_encoding import ACCEPTED, decode
from .network import Network, RefusedAddress
from .public_ip_addresses import is_not_metadata, is_public

MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_WAIT_SECONDS = 15.0
"""The timeout for connecting and for each read. The caller sets the total time."""

LONGEST_REASON = 200
"""The maximum length of an error text from a server, in characters. It is logged, and a server may send 100 kB."""

_WEB_PORTS = (80, 443)
_OTHER_PROTOCOLS = {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6679, 6697, 10080, 11211}
_OTHER_PROTOCOLS |= set(range(6665, 6670))
"""Blocked ports of other protocols, 1024 and above: the bad ports of the Fetch standard, Redis and memcached."""

_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class HttpResponse:
    """A response.

    ``address`` is the requested URL. ``content`` is decoded (without content coding). ``content_type`` is in lower case
    and has no parameters. ``redirect`` is the absolute target of a redirect, else empty.
    """

    address: str
    status: int
    reason: str
    content: bytes
    content_type: str = ""
    charset: str = ""
    redirect: str = ""
    links: str = ""
    """The Link header fields (RFC 8288), joined."""


class HttpClient:
    """A client with keep-alive connections. Not thread-safe. Close it after use.

    It connects only to public IP addresses. With *allow_private* it also connects to private ones, except those of
    cloud metadata services.

    ::

        with HttpClient("Reader/1.0") as client:
            response = client.get("https://news.example/", largest_bytes=2_000_000, seconds=30)
    """

    def __init__(self, user_agent: str, *, allow_private: bool = False) -> None:
        self._network = Network(is_not_metadata if allow_private else is_public)
        self._pool = httpcore.ConnectionPool(max_connections=10, network_backend=self._network)
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Encoding": ACCEPTED,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def get(self, address: str, *, largest_bytes: int, seconds: float, referer: str = "") -> HttpResponse:
        """The response to a GET request, of any status.

        Raises FetchFailed: address refused, no connection, content above *largest_bytes*, or more than *seconds* in
        total.
        """
        return self._exchange("GET", address, largest_bytes, seconds, {"Referer": referer} if referer else {})

    def post_form(self, address: str, form: dict[str, str], *, seconds: float) -> HttpResponse:
        """Posts *form* URL-encoded. Does not read the content of the response. Raises the same errors as ``get``."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._exchange("POST", address, None, seconds, headers, urlencode(form).encode())

    def post_json(self, address: str, value: object, *, seconds: float) -> HttpResponse:
        """Posts *value* as JSON. Does not read the content of the response. Raises the same errors as ``get``."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._exchange("POST", address, None, seconds, headers, json.dumps(value, ensure_ascii=False).encode())

    def _exchange(
        self,
        method: str,
        address: str,
        largest_bytes: int | None,
        seconds: float,
        headers: dict[str, str],
        body: bytes = b"",
    ) -> HttpResponse:
        """Sends the request. Reads the content of the response unless *largest_bytes* is None."""
        address = checked_url(address)
        self._network.deadline = time.monotonic() + seconds
        url = httpx.URL(address)  # encodes international host names and paths
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        fields = [*{"Host": url.netloc.decode(), **self._headers, **headers}.items()]
        extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), _WAIT_SECONDS)}
        try:
            with self._pool.stream(method, target, headers=fields, content=body, extensions=extensions) as response:
                return self._response(address, response, largest_bytes)
        except RefusedAddress as error:
            raise FetchFailed(address, error.reason) from error
        except httpcore.TimeoutException as error:
            raise FetchFailed(address, Message("timed out after %(seconds)s s", seconds=f"{seconds:.0f}")) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, ValueError) as error:
            raise FetchFailed(address, str(error)[:LONGEST_REASON] or type(error).__name__) from error

    def _response(self, address: str, response: httpcore.Response, largest_bytes: int | None) -> HttpResponse:
        fields = {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in response.headers}
        coding, content = fields.get("content-encoding", ""), b""
        if largest_bytes is not None:
            content = self._content(address, response, coding, largest_bytes)
        kind = fields.get("content-type", "")
        charset = _CHARSET.search(kind)
        return HttpResponse(
            address,
            response.status,
            response.extensions.get("reason_phrase", b"").decode("latin-1")[:LONGEST_REASON],
            content,
            kind.partition(";")[0].strip().lower(),
            charset[1] if charset else "",
            _redirect(address, response.status, fields.get("location", "").strip()),
            ", ".join(v.decode("utf-8", "replace") for name, v in response.headers if name.lower() == b"link"),
        )

    def _content(self, address: str, response: httpcore.Response, coding: str, largest_bytes: int) -> bytes:
        content = bytearray()
        for chunk in decode(response.iter_stream(), coding, partial(self._network.remaining, None)):
            content += chunk
            if len(content) > largest_bytes:
                raise FetchFailed(address, Message("larger than %(most)s kB", most=largest_bytes // 1000))
        return bytes(content)


def _redirect(address: str, status: int, location: str) -> str:
    """The absolute target of a redirect, unchecked; empty if the response is not a redirect or has no Location."""
    return urljoin(address, location) if location and status in _REDIRECTS else ""


def checked_url(address: str) -> str:
    """*address* without its fragment.

    Raises FetchFailed unless it is an http or https URL with a host, without a password, and with an allowed port.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        usable = parts.scheme in ("http", "https") and parts.hostname and port != 0 and parts.netloc.isprintable()
        usable = usable and " " not in parts.netloc
        without_fragment = parts._replace(fragment="").geturl()
        httpx.URL(without_fragment)
    except (ValueError, httpx.InvalidURL):
        usable = False
    if not usable:
        raise FetchFailed(address, Message("not an http or https address"))
    if "@" in parts.netloc:
        raise FetchFailed(address, Message("addresses with a password are not fetched"))
    if port and ((port < 1024 and port not in _WEB_PORTS) or port in _OTHER_PROTOCOLS):
        raise FetchFailed(address, Message("port %(port)s is not one of the web", port=port))
    return without_fragment
