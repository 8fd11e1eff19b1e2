"""Tells a WebSub hub which feeds have changed (https://www.w3.org/TR/websub/), from the one process that keeps the
catalog and never while a visitor waits.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from ..catalog import Catalog
from ..catalog.rows import collections_of
from ..errors import FetchFailed
from ..http_client.client import HttpClient
from ..http_client.public_addresses import is_private_by_name
from ..models import Article
from .feed_page import look_up
from .selection import EVERYTHING, Selection

log = logging.getLogger(__name__)

ATTEMPTS = 3
HAVE_FEEDS = ("section", "tag", "author", "source")
"""Kinds of collection, besides the whole; a day and a word (see catalog.relating) have none."""

AGENT = "Reader-websub/1.0"
PATIENCE_SECONDS = 10.0
LARGEST_BYTES = 100_000
"""Of the hub's answer, which nobody reads."""


class WebSubPublisher:
    """Compares the live feed with what it said when it last told the hub, and names the feeds that differ."""

    def __init__(
        self, catalog: Catalog, base_url: str, hub: str, names: Sequence[str], pause_seconds: float = 5.0
    ) -> None:
        self._catalog, self._base_url, self._hub = catalog, base_url, hub
        self._names, self._pause_seconds = names, pause_seconds
        self._told: dict[str, str] = {}
        self._version = ""
        self._collections: dict[str, frozenset[Selection]] = {}

    def run(self, changed: threading.Event, stop: threading.Event) -> None:
        """Tell the hub each time *changed* is set, until *stop*; it cannot be told without an address of our own."""
        if not self._base_url:
            log.warning("READER_WEBSUB_HUB needs READER_BASE_URL: the hub is not told of changes")
            return
        while not stop.is_set():
            if changed.wait(1.0):
                changed.clear()
                self.publish(stop)

    def publish(self, stop: threading.Event) -> list[str]:
        """The addresses that the hub was told of: all feeds of everything that is new, changed or gone."""
        topics = [self._base_url + path for path in self._changed()]
        return [topic for topic in topics if self._post(topic, stop)]

    def _changed(self) -> list[str]:
        feed_page = look_up(self._catalog, EVERYTHING, 0, lambda _: {})
        states = feed_page.states
        if feed_page.version == self._version:
            return []
        articles = {article.slug: article for article in self._catalog.articles(list(states))}
        collections = {slug: selections_of(article) for slug, article in articles.items()}
        touched = [slug for slug in {*states, *self._told} if states.get(slug) != self._told.get(slug)]
        both = (known.get(slug, frozenset()) for slug in touched for known in (collections, self._collections))
        selections = frozenset({EVERYTHING}).union(*both)
        self._version, self._told, self._collections = feed_page.version, states, collections
        return sorted(selection.feed(name) for selection in selections for name in self._names)

    def _post(self, topic: str, stop: threading.Event) -> bool:
        """Both names of the parameter: the recommendation says ``hub.url``, some hubs want ``hub.topic``."""
        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        for attempt in range(ATTEMPTS):
            try:
                with HttpClient(AGENT, allow_private=is_private_by_name(self._hub)) as client:
                    answer = client.post_form(self._hub, form, largest_bytes=LARGEST_BYTES, seconds=PATIENCE_SECONDS)
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
    """Everything but the whole that the article's feeds are a selection of."""
    return frozenset(
        Selection((collection,)) for collection in collections_of(article) if collection.kind in HAVE_FEEDS
    )
