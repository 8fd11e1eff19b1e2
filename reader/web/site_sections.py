"""The top-level sections in the editor's order."""

from __future__ import annotations

from ..models import Collection
from . import services

MOST_SECTIONS = 60
"""How many sections the front page shows, each with a query and some headlines; a folder for each article gives
thousands. The page of all sections has the others."""


def top_sections() -> list[Collection]:
    """The first top-level sections: those that the site's settings name in their order, then those with most articles.
    At most MOST_SECTIONS."""
    order = {name: number for number, name in enumerate(services().catalog.site.sections)}
    counted = [
        (count, collection)
        for collection, count in services().catalog.collections("section")
        if "/" not in collection.name
    ]
    return [
        collection
        for _, collection in sorted(
            counted, key=lambda pair: (order.get(pair[1].name, len(order)), -pair[0], pair[1].name)
        )
    ][:MOST_SECTIONS]
