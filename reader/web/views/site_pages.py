"""The site's own pages (``/about``, ``/privacy`` …) from the Markdown files in the folder of the site's settings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ...chinese.scripts import SCRIPTS
from ...i18n import direction_of
from ...models import fingerprint
from .. import services
from ..article_page.article_body import for_screen, kinds_of
from ..article_page.responsive_images import ImageSet
from ..pages.current_site import in_script
from ..pages.rendering import render_page
from ..requests.request_context import request_context
from .articles import requested_script

bp = Blueprint("site_pages", __name__)


@bp.get("/<slug:name>")
def page(name: str) -> Response:
    """A page of the site. It has no date and is not in lists, feeds or issues."""
    found = services().catalog.site_page(name)
    script = requested_script() or request_context().preferences["script"]
    image_set = ImageSet(found)

    def build() -> dict[str, Any]:
        site_page = in_script(found, script if script in SCRIPTS else "")
        body = for_screen(site_page.body, image_set.show)
        return {"article": site_page, "body": body, "kinds": kinds_of(body), "direction": direction_of(found.language)}

    return render_page("site_page.html", fingerprint(found.version, script, image_set.version), build)
