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
from ..http_responses.responses import encoded
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

_OF_THE_ADDRESS = frozenset((404, 410, 414))
"""The errors that everybody gets at this address, whatever else is in the request."""

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
"""For a request body above the limit, which is not read."""


FOR_OPERATORS = ("monitoring", "health")
"""The blueprints that answer while a new catalog is filled, too."""

LOG_SECONDS = 60.0
_log_again: dict[str, float] = {}
"""When an error of the database is logged again (monotonic seconds). SQLite has a few dozen messages."""


def init_app(app: Flask) -> None:
    app.register_error_handler(ReaderError, show_error)
    app.register_error_handler(HTTPException, show_http_error)
    app.after_request(relative_redirect)
    app.after_request(keep_from_caches)
    app.register_error_handler(sqlite3.Error, show_database_error)
    app.before_request(refuse_while_filling)


def show_error(error: ReaderError) -> tuple[Response, int, dict[str, str]] | WerkzeugResponse:
    if isinstance(error, Moved):
        return _moved(error)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if status == 404 and (moved := _from_another_site()):
        return moved
    headers = {"Retry-After": str(error.retry_seconds)} if isinstance(error, Busy | StateUnusable) else {}
    return _page(status), status, _freshness(status) | headers


def show_database_error(error: sqlite3.Error) -> tuple[Response, int, dict[str, str]] | WerkzeugResponse:
    """503 for a full or unreadable disk or a locked database. Each error is logged once a minute, for one page."""
    now = time.monotonic()
    if now >= _log_again.get(str(error), 0.0):
        _log_again[str(error)] = now + LOG_SECONDS
        LOG.error("%s: %s", request.path, error)
    return show_error(Busy(Message(N_("the database cannot be used")), retry_seconds=30))


def refuse_while_filling() -> None:
    """Raises Busy while a new catalog is filled, so that no article gets a 404 and no list is empty."""
    if (request.endpoint or "").partition(".")[0] not in FOR_OPERATORS and not services().catalog.is_complete():
        raise rebuilding()


def show_http_error(error: HTTPException) -> Response | WerkzeugResponse | tuple[Response, int, dict[str, str]]:
    """Werkzeug's own errors (404, 405, 400 …) on our page; redirects pass."""
    if error.code is None or error.code < 400:
        return error.get_response()
    if error.code == 404 and (moved := _from_another_site()):
        return moved
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    words = _LARGE_FORM if isinstance(error, RequestEntityTooLarge) else None
    return _page(error.code, words), error.code, _freshness(error.code) | headers


def _from_another_site() -> WerkzeugResponse | None:
    """An address that no page of ours has may be one that the article had before (RFC 9110 15.4.2), on this host or
    below the path of this site."""
    if request.path.strip("/") in urls.FIRST_PARTS:  # ``/editor/`` is not a name for an article if ``/editor`` is ours
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


def keep_from_caches(response: Response) -> Response:
    """``no-store`` for errors that depend on fields that no cache looks at: Range, If-Match, Upgrade.

    A cache may keep whatever is public and fresh (RFC 9111 3). One visitor's 412 would be everybody's page. werkzeug's
    has the whole file as its body.
    """
    if response.status_code == PreconditionFailed.code:
        response.close()
        response = Response("412 Precondition Failed\n", PreconditionFailed.code, mimetype="text/plain")
    if response.status_code >= 400 and response.status_code not in _OF_THE_ADDRESS:
        response.headers["Cache-Control"] = "no-store"
    return response


def _freshness(status: int) -> dict[str, str]:
    """Cache headers: those of _OF_THE_ADDRESS are cached for a minute; by shared caches only without our cookie."""
    whose = "public" if request_context().is_public else "private"
    is_kept = status in _OF_THE_ADDRESS
    return {
        "Cache-Control": f"{whose}, max-age=60" if is_kept else "no-store",
        "Vary": ", ".join(("Accept-Encoding", *VARY)),
    }


def _moved(error: Moved) -> WerkzeugResponse:
    """A redirect to the new slug that keeps the rest of the path (``.pdf``, ``/share``, ``/card.png``) and query."""
    found = re.fullmatch(r"/a/[^/.]+(.*)", request.path)
    path = urls.article(error.slug) + quote(found[1] if found else "")
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    return redirect(path + query, 301 if request.method in ("GET", "HEAD") else 308)  # a form is sent once more


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
