"""Notifies a WebSub hub of changed feeds (https://www.w3.org/TR/websub/), in a thread of the indexing process.

Feeds that the hub does not accept are queued in memory, each once, and sent when the hub responds again. After a
restart, every feed of the latest articles is sent.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence

from ..catalog import Catalog
from ..catalog.rows import collections_of
from ..errors import Busy, FetchFailed
from ..http_client.public_ip_addresses import is_private_by_name
from ..models import Article, Collection
from .feed_page import look_up
from .selection import EVERYTHING, Selection

log = logging.getLogger(__name__)

MOST_REFUSALS = 3
"""After this many refusals (status 4xx) of a feed, the hub is not notified of it again until the next change."""

LONGEST_PAUSE_SECONDS = 600.0
GIVE_UP_SECONDS = 86_400.0
"""A hub that has accepted nothing for this long is notified again only at the next change."""

HUB_FAULTS = (408, 421, 425, 429)
"""4xx statuses that describe the state of the hub, not the feed."""

KINDS_WITH_FEEDS = ("section", "tag", "author", "source")
"""The kinds of collections that have feeds. Days have none."""

USER_AGENT = "Reader-websub/1.0"
TIMEOUT_SECONDS = 10.0


class WebSubPublisher:
    """Compares the live feed with its state at the last notification, and notifies the hub of the feeds that differ.

    Also compares the number of articles of each collection: an article with an old date is in the feeds of its section
    and tags, but not among the latest. *names* are the feed formats.
    """

    def __init__(
        self, catalog: Catalog, base_url: str, hub: str, names: Sequence[str], pause_seconds: float = 5.0
    ) -> None:
        self._catalog, self._base_url, self._hub = catalog, base_url, hub
        self._names, self._pause_seconds = names, pause_seconds
        self._states: dict[str, str] = {}
        self._version = ""
        self._collections: dict[str, frozenset[Selection]] = {}
        self._counts: dict[Collection, int] = {}
        self._queue: dict[str, int] = {}
        """The URLs to notify the hub of, with the number of refusals of each; the oldest first."""
        self._failures, self._retry_at, self._failing_since, self._last_status = 0, 0.0, 0.0, -1

    def run(self, changed: threading.Event, stop: threading.Event) -> None:
        """Publishes each time *changed* is set, until *stop*. Returns immediately without a base URL."""
        if not self._base_url:
            log.warning("READER_WEBSUB_HUB needs READER_BASE_URL: the hub is not notified of changes")
            return
        while not stop.is_set():
            if is_changed := changed.wait(1.0):
                changed.clear()
            try:
                self.publish(stop, is_changed)
            except (Busy, sqlite3.Error):  # a new catalog is being filled
                stop.wait(1.0)
                changed.set()
            except Exception:  # a bug must not end the notifications
                log.exception("notifying the hub %s failed", self._hub)

    def publish(self, stop: threading.Event, is_changed: bool = True) -> list[str]:
        """Notifies the hub of each feed with new, changed or removed articles, and of the queued feeds. Returns the
        accepted URLs."""
        if is_changed:
            self._queue |= {
                url: 0 for path in self._changed_paths() if (url := self._base_url + path) not in self._queue
            }
        accepted = list[str]()
        for topic in list(self._queue):
            if stop.is_set() or time.monotonic() < self._retry_at:
                return accepted
            if self._notify_hub(topic):
                accepted.append(topic)
        if self._queue:  # refused feeds are sent again after a pause
            self._retry_at = time.monotonic() + self._pause_seconds
        return accepted

    def _changed_paths(self) -> list[str]:
        """The paths of the feeds that changed since the last call."""
        feed_page = look_up(self._catalog, EVERYTHING, 0, lambda _: {})
        counts = {collection: n for kind in KINDS_WITH_FEEDS for collection, n in self._catalog.collections(kind)}
        if (feed_page.version, counts) == (self._version, self._counts):
            return []
        states = feed_page.states
        articles = {article.slug: article for article in self._catalog.articles(list(states))}
        collections = {slug: selections_of(article) for slug, article in articles.items()}
        changed_slugs = [slug for slug in {*states, *self._states} if states.get(slug) != self._states.get(slug)]
        selections_by_slug = (
            mapping.get(slug, frozenset()) for slug in changed_slugs for mapping in (collections, self._collections)
        )
        selections = frozenset({EVERYTHING}).union(*selections_by_slug, _changed_counts(self._counts, counts))
        self._version, self._states, self._collections = feed_page.version, states, collections
        self._counts = counts
        return sorted(selection.feed(name) for selection in selections for name in self._names)

    def _notify_hub(self, topic: str) -> bool:
        """Notifies the hub of one feed. Returns whether it accepted; otherwise the feed remains queued, or is
        dropped."""
        status, reason = self._post(topic)
        if 200 <= status < 300:
            self._failures, self._last_status = 0, -1
            del self._queue[topic]
            return True
        if status != self._last_status:  # the reason is not compared: it may differ for each feed
            self._last_status = status
            log.warning("the hub %s did not accept %s: %s", self._hub, topic, reason)
        if 400 <= status < 500 and status not in HUB_FAULTS:
            self._refuse(topic)
        else:
            self._fail()
        return False

    def _post(self, topic: str) -> tuple[int, str]:
        """Sends one notification. Returns (status, reason for the log); the status is 0 without a response.

        Sends both ``hub.url`` (the recommendation) and ``hub.topic`` (some hubs).
        """
        from ..http_client.client import HttpClient

        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        try:
            with HttpClient(USER_AGENT, allow_private=is_private_by_name(self._hub)) as client:
                answer = client.post_form(self._hub, form, seconds=TIMEOUT_SECONDS)
        except FetchFailed as error:
            return 0, error.reason
        return answer.status, f"status {answer.status} {answer.reason}"

    def _refuse(self, topic: str) -> None:
        """Moves the feed to the end of the queue; drops it after MOST_REFUSALS."""
        refusals = self._queue.pop(topic) + 1
        if refusals < MOST_REFUSALS:
            self._queue[topic] = refusals

    def _fail(self) -> None:
        """Pauses all notifications. The pause doubles each time, because other feeds would fail too."""
        now = time.monotonic()
        self._failing_since = self._failing_since if self._failures else now
        self._retry_at = now + min(self._pause_seconds * 2.0**self._failures, LONGEST_PAUSE_SECONDS)
        self._failures = min(self._failures + 1, 30)
        if now - self._failing_since > GIVE_UP_SECONDS:
            log.warning("the hub %s has accepted nothing for a day: %d feeds are dropped", self._hub, len(self._queue))
            self._queue, self._failures = {}, 0


def _changed_counts(before: dict[Collection, int], now: dict[Collection, int]) -> frozenset[Selection]:
    """The collections whose number of articles changed; none at first, when *before* is empty."""
    changed = (
        [collection for collection in {*before, *now} if before.get(collection) != now.get(collection)]
        if before
        else []
    )
    return frozenset(Selection((collection,)) for collection in changed)


def selections_of(article: Article) -> frozenset[Selection]:
    """The selections with feeds that contain the article, except EVERYTHING."""
    return frozenset(
        Selection((collection,)) for collection in collections_of(article, ()) if collection.kind in KINDS_WITH_FEEDS
    )
