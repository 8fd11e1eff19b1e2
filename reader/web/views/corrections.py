"""The page of all corrections, newest first, with their articles."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from ... import urls
from ...article_corrections import CORRECTED
from .. import services
from ..article_page.shown_corrections import corrections_of
from ..pages.current_site import in_script
from ..pages.pagination import cursor_of, next_link
from ..pages.rendering import NavigationLink, render_page
from ..requests.request_context import gettext, request_context

bp = Blueprint("corrections", __name__)

ARTICLES = 50
"""The number of articles per page."""


@bp.get(urls.CORRECTIONS)
def corrections() -> Response:
    catalog = services().catalog
    before = cursor_of(request.args.get("before", ""))

    def build() -> dict[str, Any]:
        script = request_context().preferences["script"]
        teasers = catalog.with_corrections(ARTICLES, before)
        articles = [in_script(article, script) for article in catalog.articles([teaser.slug for teaser in teasers])]
        return {
            "corrected": [(article, corrections_of(article)) for article in articles],
            "collection": CORRECTED,
            "older": next_link(urls.CORRECTIONS, teasers, ARTICLES, by="updated"),
            "newer": NavigationLink(gettext("Latest"), urls.CORRECTIONS) if before else None,
        }

    return render_page("corrections.html", f"{catalog.revision} {before}", build)
