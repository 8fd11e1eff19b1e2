"""Fetches pages and pictures politely: within bounds of time, size and redirects, by robots.txt, one host at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from ...errors import NotImported
from ...i18n import Message
from .public_network import PublicTransport

AGENT = "Reader-import/1.0 (article import at an editor's request)"
ROBOT = "reader-import"
LARGEST_PAGE_BYTES = 10_000_000
LARGEST_ROBOTS_BYTES = 500_000
"""RFC 9309 2.5 asks for at least 500 KiB."""
MOST_REDIRECTS = 5
MOST_SECONDS = 30.0
LONGEST_DELAY_SECONDS = 20.0
_BETWEEN_HOPS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Fetched:
    """``address`` is where the content was found at last, after redirects."""

    address: str
    content: bytes
    content_type: str = ""
    charset: str = ""


@dataclass
class Fetcher:
    """Use it in one thread. ``delay_seconds`` is the least time between two requests to one host."""

    client: httpx.Client
    delay_seconds: float = 1.0
    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    _rules: dict[str, Protego | str] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)

    def fetch(self, address: str, referer: str = "", largest_bytes: int = LARGEST_PAGE_BYTES) -> Fetched:
        """What is at *address*. Raises NotImported, naming the address and the reason."""
        deadline = self.now() + MOST_SECONDS
        here = checked(address)
        for _ in range(MOST_REDIRECTS + 1):
            self._ask_leave(here)
            response, content = self._get(here, referer, largest_bytes, deadline)
            if response.status_code not in _BETWEEN_HOPS or "location" not in response.headers:
                return _fetched(here, response, content)
            here = checked(urljoin(here, response.headers["location"]))
        raise NotImported(address, Message("more than %(most)s redirects", most=MOST_REDIRECTS))

    def _ask_leave(self, address: str) -> None:
        """Waits its turn at the host. Raises NotImported where robots.txt says no."""
        host = _host(address)
        if host not in self._rules:
            self._rules[host] = self._read_rules(host)
        rules = self._rules[host]
        if isinstance(rules, str):
            raise NotImported(address, rules)
        if not rules.can_fetch(address, ROBOT):
            raise NotImported(address, Message("disallowed by robots.txt"))
        self._take_turn(host, rules.crawl_delay(ROBOT) or 0.0)

    def _take_turn(self, host: str, asked_seconds: float) -> None:
        pause = min(LONGEST_DELAY_SECONDS, max(self.delay_seconds, asked_seconds))
        ready = self._last.get(host, -pause) + pause
        if ready > self.now():
            self.wait(ready - self.now())
        self._last[host] = self.now()

    def _read_rules(self, host: str) -> Protego | str:
        """The host's rules, or why nothing may be fetched there. Without a robots.txt all is allowed, when the host
        fails to answer nothing is (RFC 9309 2.3.1).
        """
        here = f"{host}/robots.txt"
        try:
            for _ in range(MOST_REDIRECTS + 1):
                response, content = self._get(here, "", LARGEST_ROBOTS_BYTES, self.now() + MOST_SECONDS)
                if response.status_code not in _BETWEEN_HOPS or "location" not in response.headers:
                    break
                here = checked(urljoin(here, response.headers["location"]))
        except NotImported as error:
            return error.reason
        if response.status_code >= 500:
            return Message("robots.txt answered %(status)s, so fetching is not allowed", status=response.status_code)
        return Protego.parse(content.decode("utf-8", "replace") if response.status_code == 200 else "")

    def _get(self, address: str, referer: str, largest: int, deadline: float) -> tuple[httpx.Response, bytes]:
        headers = {"Referer": referer} if referer else {}
        content = bytearray()
        try:
            with self.client.stream("GET", address, headers=headers) as response:
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > largest:
                        raise NotImported(address, Message("larger than %(most)s kB", most=largest // 1000))
                    if self.now() > deadline:
                        raise NotImported(
                            address, Message("timed out after %(seconds)s s", seconds=f"{MOST_SECONDS:.0f}")
                        )
        except httpx.TimeoutException as error:
            raise NotImported(address, Message("the server did not answer in time")) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NotImported(address, str(error) or type(error).__name__) from error
        return response, bytes(content)


def open_fetcher(*, allow_private: bool = False, delay_seconds: float = 1.0) -> Fetcher:
    """A Fetcher that reaches the public internet only, or with *allow_private* this machine and its network too."""
    transport = httpx.HTTPTransport() if allow_private else PublicTransport()
    headers = {"User-Agent": AGENT, "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    client = httpx.Client(transport=transport, headers=headers, timeout=15.0, trust_env=False)
    return Fetcher(client, delay_seconds)


def checked(address: str) -> str:
    """*address* without fragment. Raises NotImported unless it is http(s), with a host and without a password."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NotImported(address, Message("not an http or https address"))
    if parts.username or parts.password:
        raise NotImported(address, Message("addresses with a password are not fetched"))
    return parts._replace(fragment="").geturl()


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _fetched(address: str, response: httpx.Response, content: bytes) -> Fetched:
    if response.status_code != httpx.codes.OK:
        raise NotImported(
            address,
            Message(
                "the server answered %(status)s %(reason)s", status=response.status_code, reason=response.reason_phrase
            ),
        )
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return Fetched(address, content, kind, response.charset_encoding or "")
