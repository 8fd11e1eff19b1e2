"""The preferences form. It works without JavaScript. The values are stored only in a cookie."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ..http_responses.conditional_responses import PRIVATE
from ..http_responses.url_prefixing import below_prefix
from ..pages.rendering import render_page
from ..requests.preference_choices import DEFAULTS, PREFERENCES, Preferences
from ..requests.request_context import COOKIE, request_context
from ..requests.request_origin import is_from_this_site, is_https

bp = Blueprint("preferences", __name__)

_OURS = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f]*")
"""A path on this site. ``//host`` and ``/\\host`` would lead to other sites (URL standard, 4.4)."""

YEAR_SECONDS = 365 * 24 * 3600


@bp.get(urls.PREFERENCES)
def preferences() -> Response:
    back = back_of(request.args)

    def build() -> dict[str, Any]:
        return {"rows": PREFERENCES.values(), "held": request_context().preferences, "back": back}

    return render_page("preferences.html", back, build, PRIVATE)


@bp.post(urls.PREFERENCES)
def choose() -> WerkzeugResponse:
    """Stores the preferences and redirects to the previous page with 303 (RFC 9110 15.4.4).

    Aborts with 403 for a form of another site, which could change the preferences of its visitors.
    """
    if not is_from_this_site():
        abort(403)
    preferences = preferences_from(request.form, request_context().preferences)
    response = redirect(back_of(request.form), 303)
    response.headers["Cache-Control"] = "no-store"
    if preferences == DEFAULTS:
        response.delete_cookie(COOKIE, samesite="Lax")
    else:
        response.set_cookie(
            COOKIE, str(preferences), max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=is_https()
        )
    return response


def preferences_from(form: MultiDict[str, str], current: Preferences) -> Preferences:
    """The *current* preferences changed by the form. Missing fields and unknown values change nothing."""
    return current.changed(form[name] for name, row in PREFERENCES.items() if form.get(name) in row.choices)


def back_of(values: MultiDict[str, str]) -> str:
    """The path to return to, on this site: ``back``, else the Referer, else the home page."""
    candidates = (values.get("back", ""), _referring_page())
    return next((candidate for candidate in candidates if _OURS.fullmatch(candidate)), urls.HOME)


def _referring_page() -> str:
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    if parts.netloc != request.host or parts.path == below_prefix(urls.PREFERENCES):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
