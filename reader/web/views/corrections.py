"""All corrections, newest first, with the articles they belong to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from ... import urls
from ...corrections import CORRECTED
from ...models import Teaser
from .. import services
from ..current_site import in_script
from ..pagination import cursor_of, next_link
from ..rendering import NavigationLink, render_page
from ..request_context import gettext, request_context
from ..shown_corrections import corrections_of

bp = Blueprint("corrections", __name__)

ARTICLES = 50
"""A page."""
MOST = 10_000
"""Of those published last. An older correction is on the page of its article."""


@bp.get(urls.CORRECTIONS)
def corrections() -> Response:
    catalog = services().catalog
    before = cursor_of(request.args.get("before", ""))

    def build() -> dict[str, Any]:
        script = request_context().preferences["script"]
        teasers = sorted(catalog.latest(CORRECTED, limit=MOST), key=_place)
        teasers = [teaser for teaser in teasers if not before or _place(teaser) > (-before[0], before[1])][:ARTICLES]
        articles = [in_script(article, script) for article in catalog.articles([teaser.slug for teaser in teasers])]
        return {
            "corrected": [(article, corrections_of(article)) for article in articles],
            "collection": CORRECTED,
            "older": next_link(urls.CORRECTIONS, teasers, ARTICLES, by="updated"),
            "newer": NavigationLink(gettext("Latest"), urls.CORRECTIONS) if before else None,
        }

    return render_page("corrections.html", f"{catalog.revision} {before}", build)


def _place(teaser: Teaser) -> tuple[int, str]:
    """Sorts the latest correction first: an article was updated when it was corrected."""
    return -int(teaser.updated.timestamp()), teaser.slug
