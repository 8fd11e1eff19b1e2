"""All corrections, newest first, with the articles they belong to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ... import urls
from ...corrections import CORRECTED
from .. import services
from ..current_site import in_script
from ..rendering import render_page
from ..request_context import request_context
from ..shown_corrections import corrections_of

bp = Blueprint("corrections", __name__)

MOST_ARTICLES = 100
"""Those published last. An older correction is on the page of its article."""


@bp.get(urls.CORRECTIONS)
def corrections() -> Response:
    def build() -> dict[str, Any]:
        script = request_context().preferences["script"]
        slugs = [teaser.slug for teaser in services().catalog.latest(CORRECTED, limit=MOST_ARTICLES)]
        articles = [in_script(article, script) for article in services().catalog.articles(slugs)]
        newest = sorted(articles, key=lambda article: article.corrections[0].at, reverse=True)
        return {"corrected": [(article, corrections_of(article)) for article in newest], "collection": CORRECTED}

    return render_page("corrections.html", f"{services().catalog.revision}", build)
