"""What a feed is a feed of: everything, a shelf, a section and a tag together, or the finds of a search."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .. import urls
from ..models import ALL, Shelf


@dataclass(frozen=True)
class Selection:
    """``shelves`` intersect; the first gives the address, further ones are tags. ``query`` is what is searched for."""

    shelves: tuple[Shelf, ...] = (ALL,)
    query: str = ""

    @property
    def page(self) -> str:
        """The path of the page for people."""
        return f"{urls.SEARCH}?{urlencode({'q': self.query})}" if self.query else urls.shelf(self.shelves[0])

    @property
    def label(self) -> str:
        """What it is called, without the name of the site; empty for everything."""
        names = [self.query] if self.query else [shelf.name.replace("/", " › ") for shelf in self.shelves]
        return " · ".join(name for name in names if name)

    @property
    def path(self) -> str:
        """The path its feeds stand under, as part of their id."""
        return "".join([*(urls.shelf(shelf) for shelf in self.shelves), quote(self.query, safe="")])

    def feed(self, name: str, piece: int = 0) -> str:
        """The path of one of its feeds; *piece* (from 1, oldest) is a closed piece of its history."""
        tags = [("tag", shelf.name) for shelf in self.shelves[1:]]
        asked = [*tags, *([("q", self.query)] if self.query else []), *([("piece", str(piece))] if piece else [])]
        path = f"{urls.SEARCH}/{name}" if self.query else urls.feed(self.shelves[0], name)
        return path + (f"?{urlencode(asked)}" if asked else "")


EVERYTHING = Selection()
