"""Fetches a page of another site: follows redirects, checks each address, limits size and time."""

from __future__ import annotations

import time

from ..errors import FetchFailed
from ..http_client.client import MOST_REDIRECTS, HttpClient, HttpResponse
from ..http_client.network import RefusedAddress
from ..i18n import Message

USER_AGENT = "Reader-webmention/1.0 (Webmention)"
LARGEST_BYTES = 1_000_000
LONGEST_SECONDS = 20.0
"""The time limit of a request, and of ``fetch`` with all redirects."""

TEMPORARY = (408, 425, 429)
"""4xx statuses after which a retry may succeed."""


def fetch(client: HttpClient, address: str) -> HttpResponse:
    """The page at *address*, after at most MOST_REDIRECTS redirects. Raises FetchFailed."""
    end = time.monotonic() + LONGEST_SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        left = max(0.1, end - time.monotonic())
        response = client.get(address, largest_bytes=LARGEST_BYTES, seconds=left)
        if not response.redirect:
            return response
        address = response.redirect
    raise FetchFailed(address, Message("more than %(count)s redirects in a row", count=MOST_REDIRECTS))


def is_temporary(status: int) -> bool:
    """Whether a retry may return another status: 5xx and TEMPORARY."""
    return status >= 500 or status in TEMPORARY


def is_permanent(error: FetchFailed) -> bool:
    """Whether a retry is useless: the URL is not allowed, its host is private or does not exist, the page is too large,
    or it has too many redirects."""
    cause = error.__cause__
    return cause is None or (isinstance(cause, RefusedAddress) and not cause.is_temporary)
