"""The search page: what was found with the words marked, in pages that go on by key, and a hint where nothing was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask_babel import gettext

from ... import urls
from ...catalog.query_parser import MAX_LENGTH, Query, parse
from ...catalog.search import ORDERS, Hit, Results, SearchCursor
from ...chinese.script import SCRIPTS, convert, script_of
from ...i18n import N_
from .. import services
from ..client_limits import client, client_limits
from ..rendering import NavigationLink, render_page, teasers_shown
from ..request_context import request_context

bp = Blueprint("search", __name__)

LIMIT = 20

LABELS = {"newest": N_("Newest first"), "best": N_("Most relevant first")}


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    query: Query
    order: str
    before: SearchCursor | None

    def address(self, **changes: str) -> str:
        """The same search with something changed; what is the default is left out."""
        values = {"q": self.query.text, "order": self.order if self.order != ORDERS[0] else ""} | changes
        return f"{urls.SEARCH}?{urlencode({name: value for name, value in values.items() if value})}"


@bp.get(urls.SEARCH)
def search() -> Response:
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    asked = asked_for()
    version = f"{services().catalog.revision} {asked.query.text} {asked.order} {asked.before}"
    response = render_page("search.html", version, lambda: context_of(asked))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def asked_for() -> Asked:
    """What cannot be is taken for the default: a search never answers with an error."""
    order = request.args.get("order", "")
    query = parse(request.args.get("q", ""))
    return Asked(query, order if order in ORDERS else ORDERS[0], cursor_of(request.args.get("before", "")))


def cursor_of(text: str) -> SearchCursor | None:
    """``0,1542941000`` as a place among results; None for the beginning."""
    score, _, second = text.partition(",")
    try:
        found = int(score[:18]), int(second[:18])
    except ValueError:
        return None
    return found


def context_of(asked: Asked) -> dict[str, Any]:
    found = services().catalog.search(asked.query, asked.order, LIMIT, asked.before)
    return {
        "query": asked.query.text,
        "longest": MAX_LENGTH,
        "order": asked.order,
        "orders": [NavigationLink(gettext(LABELS[order]), asked.address(order=order)) for order in ORDERS],
        "chosen": gettext(LABELS[asked.order]),
        "hits": [shown(hit) for hit in found.hits],
        "hints": [] if found.hits or asked.before else hints(asked),
        "older": older(asked, found),
        "newer": NavigationLink(gettext("Back to the first results"), asked.address()) if asked.before else None,
    }


def older(asked: Asked, found: Results) -> NavigationLink | None:
    if found.more is None:
        return None
    return NavigationLink(gettext("More"), asked.address(before=f"{found.more[0]},{found.more[1]}"))


def hints(asked: Asked) -> list[NavigationLink]:
    """The same words in the site's own script (简体, or 繁體), if they are found so.

    Not in any script: OpenCC's way to Traditional takes 40 MB, the way to Simplified two.
    """
    script = script_of(services().settings.language) or "hans"
    meant = replace(asked, query=parse(convert(asked.query.text, script)))
    if meant == asked or not services().catalog.search(meant.query, limit=1).hits:
        return []
    return [NavigationLink(meant.query.text, meant.address())]


def shown(hit: Hit) -> Hit:
    """The hit in the script this reader prefers."""
    script = request_context().preferences["script"]
    if script not in SCRIPTS:
        return hit
    pieces = ((replace(s, text=convert(s.text, script)) for s in line) for line in (hit.title, hit.excerpt))
    title, excerpt = (tuple(line) for line in pieces)
    return Hit(teasers_shown([hit.teaser])[0], title, excerpt)
