"""What a feed is a feed of: everything, a collection, a section and a tag together, or the finds of a search."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .. import urls
from ..models import ALL, Collection


@dataclass(frozen=True)
class Selection:
    """``collections`` intersect: the first gives the address, further ones are tags. ``query`` is a search."""

    collections: tuple[Collection, ...] = (ALL,)
    query: str = ""

    @property
    def page(self) -> str:
        """The path of the page for people."""
        return f"{urls.SEARCH}?{urlencode({'q': self.query})}" if self.query else urls.collection(self.collections[0])

    @property
    def label(self) -> str:
        """What it is called, without the name of the site; empty for everything."""
        names = [self.query] if self.query else [collection.name.replace("/", " › ") for collection in self.collections]
        return " · ".join(name for name in names if name)

    @property
    def path(self) -> str:
        """The path its feeds stand under, as part of their id."""
        return "".join([*(urls.collection(collection) for collection in self.collections), quote(self.query, safe="")])

    def feed(self, name: str, page_number: int = 0) -> str:
        """The path of one of its feeds; *piece* (from 1, oldest) is a closed piece of its history."""
        tags = [("tag", collection.name) for collection in self.collections[1:]]
        asked = [
            *tags,
            *([("q", self.query)] if self.query else []),
            *([("piece", str(page_number))] if page_number else []),
        ]
        path = f"{urls.SEARCH}/{name}" if self.query else urls.feed(self.collections[0], name)
        return path + (f"?{urlencode(asked)}" if asked else "")


EVERYTHING = Selection()
