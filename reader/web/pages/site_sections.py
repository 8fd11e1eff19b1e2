"""The sections in the editor's order, and as a tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from ...catalog import Catalog
from ...models import Collection
from .. import services

MOST_SECTIONS = 60
"""The maximum number of sections on the front page, where each needs a query and shows some headlines.

A site with one folder per article has thousands of sections. The page of all sections lists the others.
"""

Counted = tuple[Collection, int]
"""A section and the number of articles in it and its sub-sections."""


def top_sections() -> list[Collection]:
    """The first MOST_SECTIONS top-level sections: in the order of the site's settings, then by number of articles."""
    order = {name: number for number, name in enumerate(services().catalog.site.sections)}
    top = [section for section, _ in all_sections() if "/" not in section.name]
    return sorted(top, key=lambda section: order.get(section.name, len(order)))[:MOST_SECTIONS]


def sections_below(section: Collection) -> list[Collection]:
    """The direct sub-sections, sorted by name. At most the MOST_SECTIONS with the most articles."""
    depth = section.name.count("/") + 1
    under = (other for other, _ in all_sections() if other.name.startswith(f"{section.name}/"))
    largest = islice((other for other in under if other.name.count("/") == depth), MOST_SECTIONS)
    return sorted(largest, key=lambda other: other.name)


def all_sections() -> tuple[Counted, ...]:
    """All sections of the site with their numbers of articles, in the order of ``in_tree_order``."""
    return _all_sections(services().catalog, services().catalog.revision)


@lru_cache(maxsize=4)
def _all_sections(catalog: Catalog, _revision: int) -> tuple[Counted, ...]:
    return in_tree_order(catalog.collections("section"))


def in_tree_order(counted: list[Counted]) -> tuple[Counted, ...]:
    """*counted*, each section before its sub-sections; siblings by number of articles, then by name."""
    below: dict[str, list[Counted]] = defaultdict(list)
    for section, count in sorted(counted, key=lambda pair: (-pair[1], pair[0].name)):
        below[section.name.rpartition("/")[0]].append((section, count))
    found: list[Counted] = []
    waiting = below.pop("", [])[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(below.pop(found[-1][0].name, []))
    return tuple(found)


def with_parents(counted: Sequence[Counted], start: int, stop: int) -> list[Counted]:
    """``counted[start:stop]`` of sections in tree order, preceded by the parent sections of the first one."""
    on_page = list(counted[start:stop])
    first = on_page[0][0].name if on_page else ""
    return [pair for pair in counted[:start] if first.startswith(f"{pair[0].name}/")] + on_page
