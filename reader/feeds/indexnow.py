"""Notifies search engines of new, changed and withdrawn articles (https://www.indexnow.org), in a thread of the
indexing process.

URLs that are not accepted are queued in memory and sent again. After a restart, the articles of the last day are sent.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from .. import urls
from ..catalog import Catalog
from ..errors import Busy, FetchFailed
from ..http_client.public_ip_addresses import is_private_by_name
from .feed_page import FeedPage, look_up
from .selection import EVERYTHING

log = logging.getLogger(__name__)

ENDPOINT = "https://api.indexnow.org/indexnow"
"""It forwards the URLs to all participating search engines."""

MOST_URLS = 10_000
BATCH_SECONDS = 60.0
"""The shortest time between two requests. Changes in between are sent together with the next one."""

LONGEST_PAUSE_SECONDS = 3600.0
"""The longest pause after failures."""
NEW_PERIOD = timedelta(days=1)
"""After a restart, articles published or corrected within this time are sent."""
USER_AGENT = "Reader-indexnow/1.0"
TIMEOUT_SECONDS = 20.0


class IndexNowPublisher:
    """Compares the latest articles with their state at the last notification, and sends the URLs of those that differ.

    *key* is READER_INDEXNOW_KEY, the name of the key file of the site.
    """

    def __init__(
        self, catalog: Catalog, base_url: str, key: str, endpoint: str = ENDPOINT, batch_seconds: float = BATCH_SECONDS
    ) -> None:
        self._catalog, self._base_url, self._key, self._endpoint = catalog, base_url, key, endpoint
        self._batch_seconds = batch_seconds
        self._states: Mapping[str, str] | None = None
        self._queue: dict[str, None] = {}
        self._next_at, self._failures = 0.0, 0

    def run(self, changed: threading.Event, stop: threading.Event) -> None:
        """Publishes each time *changed* is set, until *stop*. Returns immediately without a base URL."""
        if not self._base_url:
            log.warning("READER_INDEXNOW_KEY needs READER_BASE_URL: search engines are not notified of changes")
            return
        while not stop.is_set():
            if is_changed := changed.wait(1.0):
                changed.clear()
            try:
                self.publish(is_changed)
            except (Busy, sqlite3.Error):  # a new catalog is being filled
                stop.wait(1.0)
                changed.set()
            except Exception:  # a bug must not end the notifications
                log.exception("notifying search engines failed")

    def publish(self, is_changed: bool = True) -> list[str]:
        """Sends the queued URLs in one request. Returns the accepted URLs."""
        if is_changed:
            self._queue |= dict.fromkeys(self._base_url + urls.article(slug) for slug in self._changed_slugs())
        if not self._queue or time.monotonic() < self._next_at:
            return []
        batch = list(self._queue)[:MOST_URLS]
        status, reason = self._post(batch)
        self._next_at = time.monotonic() + self._pause(status)
        if 200 <= status < 300 or (400 <= status < 500 and status != 429):
            done = set(batch)
            self._queue = dict.fromkeys(url for url in self._queue if url not in done)
        if not 200 <= status < 300:
            log.warning("%s did not accept %d URLs: %s", self._endpoint, len(batch), reason)
            return []
        return batch

    def _pause(self, status: int) -> float:
        """The pause in seconds. It doubles after each failure. Rejected URLs (403: no key file, 422) are not sent
        again."""
        self._failures = 0 if 200 <= status < 300 else min(self._failures + 1, 20)
        return min(self._batch_seconds * 2.0**self._failures, LONGEST_PAUSE_SECONDS)

    def _changed_slugs(self) -> list[str]:
        """The slugs of the latest articles that are new, changed or withdrawn since the last call."""
        feed_page = look_up(self._catalog, EVERYTHING, 0, lambda _: {})
        states = {teaser.slug: teaser.version for teaser in feed_page.teasers}
        before, self._states = self._states, states
        if before is None:
            return _slugs_of_last_day(feed_page)
        missing = [slug for slug in before if slug not in states]
        still_public = {article.slug for article in self._catalog.articles(missing)}
        changed = [slug for slug, version in states.items() if before.get(slug) != version]
        return [*changed, *(slug for slug in missing if slug not in still_public)]

    def _post(self, batch: list[str]) -> tuple[int, str]:
        """Sends one batch. Returns (status, reason for the log); the status is 0 without a response."""
        from ..http_client.client import HttpClient

        payload = {
            "host": urlsplit(self._base_url).netloc,
            "key": self._key,
            "keyLocation": f"{self._base_url}/{self._key}.txt",
            "urlList": batch,
        }
        try:
            with HttpClient(USER_AGENT, allow_private=is_private_by_name(self._endpoint)) as client:
                answer = client.post_json(self._endpoint, payload, seconds=TIMEOUT_SECONDS)
        except FetchFailed as error:
            return 0, error.reason
        return answer.status, f"status {answer.status} {answer.reason}"


def _slugs_of_last_day(feed_page: FeedPage) -> list[str]:
    since = datetime.now(UTC) - NEW_PERIOD
    return [t.slug for t in feed_page.teasers if max(t.published, feed_page.revised.get(t.slug, t.published)) > since]
