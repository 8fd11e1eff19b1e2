"""Error handlers: maps errors to HTTP statuses and error pages."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from contextlib import suppress
from urllib.parse import quote, urlsplit, urlunsplit

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException, PreconditionFailed, RequestEntityTooLarge
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...catalog.read_connections import rebuilding
from ...errors import (
    BadOption,
    Busy,
    Gone,
    Moved,
    NotFound,
    ReaderError,
    StateUnusable,
    TooLarge,
    UnknownFormat,
    UnusablePicture,
)
from ...i18n import N_, Message
from ...models import Teaser
from .. import services
from ..http_responses.conditional_responses import encoded
from ..requests.request_context import VARY, gettext, request_context
from .localized_templates import render_template
from .rendering import teasers_shown

LOG = logging.getLogger(__name__)

_STATUS = (
    (Gone, 410),
    (NotFound, 404),
    (UnknownFormat, 404),
    (UnusablePicture, 404),
    (BadOption, 400),
    (TooLarge, 413),
    (Busy, 503),
    (StateUnusable, 503),
)

_URL_ERRORS = frozenset((404, 410, 414))
"""The errors that depend only on the URL, not on other parts of the request."""

_WORDS = {
    400: (N_("Bad request"), N_("Check the address for typos.")),
    404: (N_("Page not found"), N_("Check the address for typos.")),
    405: (N_("Not supported here"), N_("This address is read-only.")),
    403: (N_("Access denied"), N_("This address is not open to you.")),
    414: (N_("The address is too long"), N_("Check the address for typos.")),
    429: (N_("Too many requests"), N_("Please wait a minute and try again.")),
    413: (N_("Too many articles for one file"), N_("Choose fewer articles, or download them day by day.")),
    410: (N_("This article was withdrawn"), N_("It was published here and later removed.")),
    503: (N_("Busy"), N_("Please try again in a minute.")),
    500: (N_("Something went wrong"), N_("The error has been logged. Please try again later.")),
}
"""Title and advice for each status, as msgids."""

_LARGE_FORM = (
    N_("The text is too large"),
    N_("Go back: what you entered is still there. Then send it in smaller parts."),
)
"""The same for a request body above the size limit (413), which is not read."""


FOR_OPERATORS = ("prometheus_metrics", "health")
"""The blueprints that also respond while a new catalog is being filled."""

LOG_SECONDS = 60.0
_next_log_times: dict[str, float] = {}
"""By message: the monotonic time in seconds at which a database error is logged again. SQLite has some dozen messages.
"""


def init_app(app: Flask) -> None:
    app.register_error_handler(ReaderError, show_error)
    app.register_error_handler(HTTPException, show_http_error)
    app.after_request(relative_redirect)
    app.after_request(restrict_error_caching)
    app.register_error_handler(sqlite3.Error, show_database_error)
    app.before_request(check_catalog_complete)


def show_error(error: ReaderError) -> tuple[Response, int, dict[str, str]] | WerkzeugResponse:
    """The error page for *error* with its status; a redirect if the article moved."""
    if isinstance(error, Moved):
        return _moved(error)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if status == 404 and (moved := _from_another_site()):
        return moved
    headers = {"Retry-After": str(error.retry_seconds)} if isinstance(error, Busy | StateUnusable) else {}
    return _page(status), status, _freshness(status) | headers


def show_database_error(error: sqlite3.Error) -> tuple[Response, int, dict[str, str]] | WerkzeugResponse:
    """503 for a full or unreadable disk or a locked database. Logs each message at most once per LOG_SECONDS."""
    now = time.monotonic()
    if now >= _next_log_times.get(str(error), 0.0):
        _next_log_times[str(error)] = now + LOG_SECONDS
        LOG.error("%s: %s", request.path, error)
    return show_error(Busy(Message(N_("the database cannot be used")), retry_seconds=30))


def check_catalog_complete() -> None:
    """Raises Busy while a new catalog is being filled, so that no article gets a 404 and no list is empty."""
    if (request.endpoint or "").partition(".")[0] not in FOR_OPERATORS and not services().catalog.is_complete():
        raise rebuilding()


def show_http_error(error: HTTPException) -> Response | WerkzeugResponse | tuple[Response, int, dict[str, str]]:
    """The error page for Werkzeug's own errors (404, 405, 400 …). Redirects pass unchanged."""
    if error.code is None or error.code < 400:
        return error.get_response()
    if error.code == 404 and (moved := _from_another_site()):
        return moved
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    words = _LARGE_FORM if isinstance(error, RequestEntityTooLarge) else None
    return _page(error.code, words), error.code, _freshness(error.code) | headers


def _from_another_site() -> WerkzeugResponse | None:
    """A redirect if the unknown path is a previous address of an article (RFC 9110 15.4.2), else None.

    Looks for the path on this host and for the path below the prefix of this site.
    """
    if request.path.strip("/") in urls.FIRST_PARTS:  # ``/editor/`` is no previous address if ``/editor`` is ours
        return None
    for path in dict.fromkeys((request.path, request.script_root + request.path)):
        with suppress(NotFound, sqlite3.Error, Busy):
            return redirect(urls.article(services().catalog.moved_from(path)), 301)
    return None


def relative_redirect(response: Response) -> Response:
    """Makes the router's absolute redirects relative: behind a proxy the visitor's scheme can differ from ours."""
    if not 300 <= response.status_code < 400 or "Location" not in response.headers:
        return response
    parts = urlsplit(response.headers["Location"])
    if parts.netloc == request.host:
        response.headers["Location"] = "/" + urlunsplit(("", "", parts.path.lstrip("/"), parts.query, ""))
    return response


def restrict_error_caching(response: Response) -> Response:
    """Sets ``no-store`` on errors that depend on fields outside cache keys: Range, If-Match, Upgrade.

    A cache may store any public, fresh response (RFC 9111 3). It would serve one visitor's 412 to everyone. Also
    replaces the body of werkzeug's 412, which is the whole file.
    """
    if response.status_code == PreconditionFailed.code:
        response.close()
        response = Response("412 Precondition Failed\n", PreconditionFailed.code, mimetype="text/plain")
    if response.status_code >= 400 and response.status_code not in _URL_ERRORS:
        response.headers["Cache-Control"] = "no-store"
    return response


def _freshness(status: int) -> dict[str, str]:
    """Cache headers: _URL_ERRORS are cached for a minute; by shared caches only without our cookie."""
    scope = "public" if request_context().is_public else "private"
    is_cacheable = status in _URL_ERRORS
    return {
        "Cache-Control": f"{scope}, max-age=60" if is_cacheable else "no-store",
        "Vary": ", ".join(("Accept-Encoding", *VARY)),
    }


def _moved(error: Moved) -> WerkzeugResponse:
    """A redirect to the new slug that keeps the rest of the path (``.pdf``, ``/share``, ``/card.png``) and query."""
    found = re.fullmatch(r"/a/[^/.]+(.*)", request.path)
    path = urls.article(error.slug) + quote(found[1] if found else "")
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    return redirect(path + query, 301 if request.method in ("GET", "HEAD") else 308)  # 308 repeats the POST


def _page(status: int, words: tuple[str, str] | None = None) -> Response:
    """The error page: title, advice and the latest articles."""
    title, advice = words or _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
    page = render_template("error.html", title=gettext(title), advice=gettext(advice), teasers=_latest())
    return encoded(page.encode(), "text/html")


def _latest() -> list[Teaser]:
    """The latest articles; empty if the catalog fails."""
    try:
        return teasers_shown(services().catalog.latest(limit=5))
    except (sqlite3.Error, Busy):
        return []
