"""Notifies a WebSub hub of changed feeds (https://www.w3.org/TR/websub/), in a thread of the indexing process."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence

from ..catalog import Catalog
from ..catalog.rows import collections_of
from ..errors import Busy, FetchFailed
from ..http_client.public_ip_addresses import is_private_by_name
from ..models import Article
from .feed_page import look_up
from .selection import EVERYTHING, Selection

log = logging.getLogger(__name__)

ATTEMPTS = 3
HAVE_FEEDS = ("section", "tag", "author", "source")
"""The kinds of collections that have feeds. Days have none."""

USER_AGENT = "Reader-websub/1.0"
TIMEOUT_SECONDS = 10.0
LARGEST_BYTES = 100_000
"""The limit for the hub's response, whose content is ignored."""


class WebSubPublisher:
    """Compares the live feed with its state at the last notification, and notifies the hub of the feeds that differ."""

    def __init__(
        self, catalog: Catalog, base_url: str, hub: str, names: Sequence[str], pause_seconds: float = 5.0
    ) -> None:
        self._catalog, self._base_url, self._hub = catalog, base_url, hub
        self._names, self._pause_seconds = names, pause_seconds
        self._states: dict[str, str] = {}
        self._version = ""
        self._collections: dict[str, frozenset[Selection]] = {}

    def run(self, changed: threading.Event, stop: threading.Event) -> None:
        """Publishes each time *changed* is set, until *stop*. Returns at once without a base URL."""
        if not self._base_url:
            log.warning("READER_WEBSUB_HUB needs READER_BASE_URL: the hub is not told of changes")
            return
        while not stop.is_set():
            if changed.wait(1.0):
                changed.clear()
                try:
                    self.publish(stop)
                except (Busy, sqlite3.Error):  # a new catalog is being filled
                    stop.wait(1.0)
                    changed.set()

    def publish(self, stop: threading.Event) -> list[str]:
        """Notifies the hub of every feed with new, changed or removed articles. Returns the accepted URLs."""
        topics = [self._base_url + path for path in self._changed()]
        return [topic for topic in topics if self._post(topic, stop)]

    def _changed(self) -> list[str]:
        feed_page = look_up(self._catalog, EVERYTHING, 0, lambda _: {})
        states = feed_page.states
        if feed_page.version == self._version:
            return []
        articles = {article.slug: article for article in self._catalog.articles(list(states))}
        collections = {slug: selections_of(article) for slug, article in articles.items()}
        touched = [slug for slug in {*states, *self._states} if states.get(slug) != self._states.get(slug)]
        both = (known.get(slug, frozenset()) for slug in touched for known in (collections, self._collections))
        selections = frozenset({EVERYTHING}).union(*both)
        self._version, self._states, self._collections = feed_page.version, states, collections
        return sorted(selection.feed(name) for selection in selections for name in self._names)

    def _post(self, topic: str, stop: threading.Event) -> bool:
        """Notifies the hub of one feed, with retries. Returns whether it accepted.

        Sends both ``hub.url`` (the recommendation) and ``hub.topic`` (some hubs).
        """
        from ..http_client.client import HttpClient

        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        for attempt in range(ATTEMPTS):
            try:
                with HttpClient(USER_AGENT, allow_private=is_private_by_name(self._hub)) as client:
                    answer = client.post_form(self._hub, form, largest_bytes=LARGEST_BYTES, seconds=TIMEOUT_SECONDS)
                if answer.status < 300:
                    return True
                reason = f"it answered {answer.status} {answer.reason}"
            except FetchFailed as error:
                reason = error.reason
            log.warning("the hub %s did not take %s: %s", self._hub, topic, reason)
            if stop.wait(self._pause_seconds * 2**attempt):
                return False
        return False


def selections_of(article: Article) -> frozenset[Selection]:
    """The selections with feeds that contain the article, except EVERYTHING."""
    return frozenset(
        Selection((collection,)) for collection in collections_of(article, ()) if collection.kind in HAVE_FEEDS
    )
