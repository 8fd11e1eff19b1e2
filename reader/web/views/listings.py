"""Listings: the articles of a section, tag, author or source, newest first; and the tree of sections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from ... import urls
from ...errors import NotFound
from ...models import Collection
from .. import services
from ..pages.headlines import headlines_of, with_lead_first
from ..pages.pagination import cursor_of, next_link
from ..pages.rendering import NavigationLink, render_page, section_link, section_links, teasers_shown, translated_labels
from ..pages.site_sections import MOST_SECTIONS, Counted, all_sections, sections_below, with_parents
from ..requests.request_context import gettext

bp = Blueprint("listings", __name__)

LIMIT = 25

SECTIONS_LIMIT = 200
"""The number of sections on a page of the tree: some 10 KB compressed."""


@bp.get("/s/<path:name>/")
def section(name: str) -> Response:
    return collection_page(Collection("section", name))


@bp.get("/t/<path:name>/")
def tag(name: str) -> Response:
    return collection_page(Collection("tag", name))


@bp.get("/by/<path:name>/")
def author(name: str) -> Response:
    return collection_page(Collection("author", name))


@bp.get("/from/<path:name>/")
def source(name: str) -> Response:
    return collection_page(Collection("source", name))


def collection_page(collection: Collection) -> Response:
    """The page of a collection. Raises NotFound if it has no articles."""
    catalog = services().catalog
    count = catalog.count(collection)
    if not count:
        raise NotFound(collection.kind, collection.name)
    before = cursor_of(request.args.get("before", ""))

    def build() -> dict[str, Any]:
        below = sections_below(collection) if collection.kind == "section" else []
        teasers = catalog.latest(collection, limit=LIMIT, before=before)
        listed = teasers if before else with_lead_first(collection, teasers)
        return {
            "title": title_of(collection),
            "collection": collection,
            "count": count,
            "crumbs": translated_labels(crumbs_of(collection)),
            "sections": translated_labels([section_link(section) for section in below]),
            "more_sections": rest_of_sections(collection) if len(below) == MOST_SECTIONS else "",
            "headlines": headlines_of(teasers_shown(listed), has_lead=not before),
            "older": next_link(urls.collection(collection), teasers, LIMIT),
            "newer": NavigationLink(gettext("Latest"), urls.collection(collection)) if before else None,
        }

    return render_page("collection.html", f"{catalog.revision} {collection} {before}", build)


def title_of(collection: Collection) -> str:
    """The title of the page, in the preferred script."""
    is_author = collection.kind == "author"
    section = section_link(collection) if collection.kind == "section" else NavigationLink(collection.name, "")
    [link] = translated_labels([section], names=[collection.name] if is_author else [])
    if is_author:
        return str(gettext("Articles by %(name)s", name=link.label))
    if collection.kind == "source":
        return str(gettext("Source: %(name)s", name=link.label))
    return "#" + link.label if collection.kind == "tag" else link.label


def crumbs_of(collection: Collection) -> list[NavigationLink]:
    """Breadcrumbs: the parent sections of a section; none for other collections."""
    return section_links(tuple(collection.name.split("/")))[:-1] if collection.kind == "section" else []


@dataclass(frozen=True)
class Branch:
    """A section in the tree. ``count`` includes the articles of its sub-sections."""

    link: NavigationLink
    count: int
    below: tuple[Branch, ...]


@bp.get(urls.SECTIONS)
def sections() -> Response:
    """The tree of sections, SECTIONS_LIMIT per page. ``?after=`` is the last section of the previous page."""
    catalog, after = services().catalog, request.args.get("after", "")
    if after and not catalog.count(Collection("section", after)):
        raise NotFound("section", after)

    def build() -> dict[str, Any]:
        counted = all_sections()
        start = 1 + next((n for n, (section, _) in enumerate(counted) if section.name == after), -1)
        stop = start + SECTIONS_LIMIT
        return {
            "tree": tree_of(with_parents(counted, start, stop)),
            "older": NavigationLink(gettext("More"), rest_of_sections(counted[stop - 1][0]))
            if stop < len(counted)
            else None,
            "newer": NavigationLink(gettext("All sections"), urls.SECTIONS) if after else None,
        }

    return render_page("sections.html", f"{catalog.revision} {after}", build)


def rest_of_sections(section: Collection) -> str:
    """The URL path of the page of sections that begins after *section*."""
    return f"{urls.SECTIONS}?after={quote(section.name)}"


def tree_of(counted: Iterable[Counted]) -> tuple[Branch, ...]:
    """The tree of *counted*, sections in tree order."""
    below: dict[str, list[Counted]] = defaultdict(list)
    for section, count in counted:
        below[section.name.rpartition("/")[0]].append((section, count))
    return _branches("", below)


def _branches(name: str, below: dict[str, list[Counted]]) -> tuple[Branch, ...]:
    found = below.get(name, [])
    links = translated_labels([section_link(collection) for collection, _ in found])
    return tuple(Branch(link, count, _branches(s.name, below)) for link, (s, count) in zip(links, found, strict=True))
