"""Our errors as answers: the one place where they become HTTP statuses."""

from __future__ import annotations

from flask import Flask, Response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from .. import addresses
from ..errors import BadOption, Busy, Gone, Moved, NotFound, ReaderError, TooLarge, UnknownFormat

_STATUS = ((Gone, 410), (NotFound, 404), (UnknownFormat, 404), (BadOption, 400), (TooLarge, 413), (Busy, 503))


def init_app(app: Flask) -> None:
    app.register_error_handler(ReaderError, show_error)
    app.register_error_handler(HTTPException, show_http_error)


def show_error(error: ReaderError) -> tuple[str, int, dict[str, str]] | Response:
    if isinstance(error, Moved):
        return _moved(error)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    headers = {"Retry-After": str(error.retry_seconds)} if isinstance(error, Busy) else {}
    return _page(status), status, {"Cache-Control": "no-store" if status >= 500 else "public, max-age=60", **headers}


def show_http_error(error: HTTPException) -> Response | tuple[str, int, dict[str, str]]:
    """Werkzeug's own errors (404, 405, 400 …) on our page; redirects pass."""
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return _page(error.code), error.code, {"Cache-Control": "public, max-age=60", **headers}


def _moved(error: Moved) -> Response:
    """The same address under the new name: the suffix (``.pdf``) and the query stay."""
    _, _, suffix = request.path.rpartition("/")[2].partition(".")
    path = addresses.article_file(error.slug, suffix) if suffix else addresses.article(error.slug)
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    return redirect(path + query, 301)


def _page(status: int) -> str:
    return render_template("error.html", status=status)
