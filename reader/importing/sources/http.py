"""Fetches pages and pictures: limited in time, size and redirects, obeying robots.txt, with a delay per host."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from ...errors import NotImported
from ...http_client.client import MOST_REDIRECTS, HttpClient, HttpResponse, checked_url
from ...i18n import Message

AGENT = "Reader-import/1.0 (article import at an editor's request)"
ROBOT = "reader-import"
LARGEST_PAGE_BYTES = 10_000_000
LARGEST_ROBOTS_BYTES = 500_000
"""RFC 9309 2.5 requires at least 500 KiB."""
MOST_SECONDS = 30.0
LONGEST_DELAY_SECONDS = 20.0


@dataclass(frozen=True)
class Fetched:
    """A response. ``address`` is the final one, after redirects."""

    address: str
    content: bytes
    content_type: str = ""
    charset: str = ""


@dataclass
class Fetcher:
    """Fetches URLs. Not thread-safe. ``delay_seconds`` is the minimum time between two requests to one host.

    ``open_fetcher().fetch("https://example.org/a").content`` is the page as bytes.
    """

    client: HttpClient
    delay_seconds: float = 1.0
    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    _rules: dict[str, Protego | str] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)

    def fetch(self, address: str, referer: str = "", largest_bytes: int = LARGEST_PAGE_BYTES) -> Fetched:
        """The content at *address*, after redirects. Raises NotImported with the address and the reason."""
        deadline = self.now() + MOST_SECONDS
        url = checked_url(address)
        for _ in range(MOST_REDIRECTS + 1):
            self._check_robots_txt(url)
            response = self._get(url, referer, largest_bytes, deadline)
            if not response.redirect:
                return _fetched(url, response)
            url = checked_url(response.redirect)
        raise NotImported(address, Message("more than %(most)s redirects", most=MOST_REDIRECTS))

    def _check_robots_txt(self, address: str) -> None:
        """Raises NotImported if robots.txt disallows the address. Otherwise waits for the delay of the host."""
        host = _host(address)
        if host not in self._rules:
            self._rules[host] = self._read_rules(host)
        rules = self._rules[host]
        if isinstance(rules, str):
            raise NotImported(address, rules)
        if not rules.can_fetch(address, ROBOT):
            raise NotImported(address, Message("disallowed by robots.txt"))
        self._take_turn(host, rules.crawl_delay(ROBOT) or 0.0)

    def _take_turn(self, host: str, crawl_delay: float) -> None:
        pause = min(LONGEST_DELAY_SECONDS, max(self.delay_seconds, crawl_delay))
        ready = self._last.get(host, -pause) + pause
        if ready > self.now():
            self.wait(ready - self.now())
        self._last[host] = self.now()

    def _read_rules(self, host: str) -> Protego | str:
        """The robots.txt rules of the host, or the reason why nothing may be fetched.

        Without a robots.txt, everything is allowed. If the host does not respond, nothing is allowed (RFC 9309 2.3.1).
        """
        url, deadline = f"{host}/robots.txt", self.now() + MOST_SECONDS
        try:
            for _ in range(MOST_REDIRECTS + 1):
                response = self._get(url, "", LARGEST_ROBOTS_BYTES, deadline)
                if not response.redirect:
                    break
                url = checked_url(response.redirect)
        except NotImported as error:
            return error.reason
        if response.status >= 500:
            return Message("robots.txt answered %(status)s, so fetching is not allowed", status=response.status)
        return Protego.parse(response.content.decode("utf-8", "replace") if response.status == 200 else "")

    def _get(self, address: str, referer: str, largest_bytes: int, deadline: float) -> HttpResponse:
        seconds = deadline - self.now()
        if seconds <= 0:
            raise NotImported(address, Message("timed out after %(seconds)s s", seconds=f"{MOST_SECONDS:.0f}"))
        return self.client.get(address, largest_bytes=largest_bytes, seconds=seconds, referer=referer)


def open_fetcher(*, allow_private: bool = False, delay_seconds: float = 1.0) -> Fetcher:
    """A Fetcher for the public internet only. With *allow_private*, also for this machine and private networks."""
    return Fetcher(HttpClient(AGENT, allow_private=allow_private), delay_seconds)


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _fetched(address: str, response: HttpResponse) -> Fetched:
    if response.status != 200:
        text = Message("the server answered %(status)s %(reason)s", status=response.status, reason=response.reason)
        raise NotImported(address, text)
    return Fetched(address, response.content, response.content_type, response.charset)
