"""The articles of a feed: all, a collection, a collection filtered by tags, or the results of a search."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .. import urls
from ..article_corrections import CORRECTED
from ..i18n import N_
from ..models import ALL, Collection

CORRECTED_LABEL = N_("Corrections")


@dataclass(frozen=True)
class Selection:
    """The intersection of ``collections``. The first one determines the path; the others are tags. ``query`` is a
    search.

    ``Selection().feed("feed.xml")`` is ``/feed.xml``.
    """

    collections: tuple[Collection, ...] = (ALL,)
    query: str = ""

    @property
    def page(self) -> str:
        """The path of the HTML page."""
        return f"{urls.SEARCH}?{urlencode({'q': self.query})}" if self.query else urls.collection(self.collections[0])

    @property
    def label(self) -> str:
        """Its name without the site's name; empty for all articles."""
        if self.collections[0] == CORRECTED:
            return CORRECTED_LABEL
        names = [self.query] if self.query else [collection.name.replace("/", " › ") for collection in self.collections]
        return " · ".join(name for name in names if name)

    @property
    def path(self) -> str:
        """The path that is part of the ids of its feeds."""
        return "".join([*(urls.collection(collection) for collection in self.collections), quote(self.query, safe="")])

    def feed(self, name: str, page_number: int = 0) -> str:
        """The path of one of its feeds. *page_number* is an archive page, counted from 1, the oldest; 0 is the live
        feed."""
        tags = [("tag", collection.name) for collection in self.collections[1:]]
        query = [
            *tags,
            *([("q", self.query)] if self.query else []),
            *([("piece", str(page_number))] if page_number else []),
        ]
        path = f"{urls.SEARCH}/{name}" if self.query else urls.feed(self.collections[0], name)
        return path + (f"?{urlencode(query)}" if query else "")


EVERYTHING = Selection()
