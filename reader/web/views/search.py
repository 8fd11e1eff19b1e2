"""The search page: results with highlighted words, keyset pagination, and a suggestion if there are no results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request

from ... import urls
from ...catalog.full_text_search import ORDERS, Hit, Results, SearchCursor
from ...catalog.query_parser import MAX_LENGTH, Query, parse
from ...chinese.scripts import SCRIPTS, script_of
from ...chinese.text_conversion import convert
from ...i18n import N_
from .. import services
from ..http_responses.conditional_responses import not_listed
from ..limits.rate_limits import client, client_limits
from ..pages.rendering import NavigationLink, render_page, section_link, teasers_shown, translated_labels
from ..pages.site_sections import top_sections
from ..requests.request_context import gettext, request_context

bp = Blueprint("search", __name__)

LIMIT = 20

IS_STATIC = "READER_IS_STATIC"
"""The key of the app's configuration that is true while the pages are written for a static site."""

LABELS = {"newest": N_("Newest first"), "best": N_("Most relevant first")}


@dataclass(frozen=True)
class SearchParameters:
    """The parsed query string of a search. ``before`` is None for the first page."""

    query: Query
    order: str
    before: SearchCursor | None

    def address(self, **changes: str) -> str:
        """The URL path and query of this search with *changes*. Default values are omitted."""
        values = {"q": self.query.text, "order": self.order if self.order != ORDERS[0] else ""} | changes
        return f"{urls.SEARCH}?{urlencode({name: value for name, value in values.items() if value})}"


@bp.get(urls.SEARCH)
def search() -> Response:
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    parameters = parameters_of_request()
    version = f"{services().catalog.revision} {parameters.query.text} {parameters.order} {parameters.before}"
    return not_listed(render_page("search.html", version, lambda: context_of(parameters)))


def parameters_of_request() -> SearchParameters:
    """Parses the query string of the request. Replaces invalid values by defaults, so that a search never fails."""
    order = request.args.get("order", "")
    query = parse(request.args.get("q", ""))
    return SearchParameters(query, order if order in ORDERS else ORDERS[0], cursor_of(request.args.get("before", "")))


def cursor_of(text: str) -> SearchCursor | None:
    """Parses a cursor such as ``0,1542941000``. None for invalid text, which selects the first page."""
    score, _, second = text.partition(",")
    try:
        return int(score[:18]), int(second[:18])
    except ValueError:
        return None


def context_of(parameters: SearchParameters) -> dict[str, Any]:
    results = services().catalog.search(parameters.query, parameters.order, LIMIT, parameters.before)
    return {
        "is_static": current_app.config.get(IS_STATIC, False),
        "query": parameters.query.text,
        "longest": MAX_LENGTH,
        "order": parameters.order,
        "orders": [NavigationLink(gettext(LABELS[order]), parameters.address(order=order)) for order in ORDERS],
        "chosen": gettext(LABELS[parameters.order]),
        "hits": [shown(hit) for hit in results.hits],
        **({} if results.hits else suggestions()),
        "hints": [] if results.hits or parameters.before else hints(parameters),
        "older": older(parameters, results),
        "newer": NavigationLink(gettext("Back to the first results"), parameters.address())
        if parameters.before
        else None,
    }


def older(parameters: SearchParameters, results: Results) -> NavigationLink | None:
    if results.more is None:
        return None
    return NavigationLink(gettext("More"), parameters.address(before=f"{results.more[0]},{results.more[1]}"))


def suggestions() -> dict[str, Any]:
    """The template variables of a page without results: sections, and an example search for each filter."""
    sections = translated_labels([section_link(collection) for collection in top_sections()])
    return {"sections": sections, "examples": [NavigationLink(text, urls.search(text)) for text in examples()]}


def examples() -> Iterator[str]:
    """Queries with results: for the largest section, tag, author and source, and the newest month.

    For example ``tag:雨`` or ``author:"Li Bai"``.
    """
    for kind in ("section", "tag", "author", "source"):
        for collection, _ in services().catalog.collections(kind, largest=1):
            name = collection.name.rpartition("/")[2] if kind == "section" else collection.name
            yield f'{kind}:"{name}"' if " " in name else f"{kind}:{name}"
    for day, _ in services().catalog.issues(limit=1):
        yield f"after:{day:%Y-%m}"


def hints(parameters: SearchParameters) -> list[NavigationLink]:
    """A link to the query in the site's own script (Simplified or Traditional); empty without results there.

    The other script is not tried, because OpenCC needs 40 MB to convert to Traditional and 2 MB to Simplified.
    """
    script = script_of(services().settings.language) or "hans"
    converted = replace(parameters, query=parse(convert(parameters.query.text, script)))
    if converted == parameters or not services().catalog.search(converted.query, limit=1).hits:
        return []
    return [NavigationLink(converted.query.text, converted.address())]


def shown(hit: Hit) -> Hit:
    """The hit in the preferred script."""
    script = request_context().preferences["script"]
    if script not in SCRIPTS:
        return hit
    converted_lines = ((replace(s, text=convert(s.text, script)) for s in line) for line in (hit.title, hit.excerpt))
    title, excerpt = (tuple(line) for line in converted_lines)
    return Hit(teasers_shown([hit.teaser])[0], title, excerpt)
