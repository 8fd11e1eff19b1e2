"""Who uses the editor's desk: tokens, the signed session cookie, and the CSRF token of its forms.

Login sets a signed cookie (SameSite=Strict, path of the desk) with a random id, which is new at each login. Every form
holds a CSRF token bound to that id, and is refused if the browser says that another site's page sent it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from flask import Blueprint, Flask, Response, abort, after_this_request, g, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import TooManyRequests

from ... import urls
from ...editing.accounts import token_version
from ...i18n import translated
from ...storage.atomic_files import create_file
from ...storage.private_files import FOLDER_MODE
from .. import services
from ..pages.localized_templates import render_template
from ..requests.request_context import gettext, request_context
from ..requests.request_origin import is_from_this_site, is_https, is_surely_from_this_site
from . import editor_tokens
from .editor_tokens import editor_of_token, site_token

COOKIE = "editor"
SESSION_SECONDS = 12 * 3600
LARGEST_FORM_BYTES = 6_000_000
LARGEST_UPLOAD_BYTES = 8 << 20
"""Of a form with a picture; the server passes on no more (``server/request_body.py``)."""

TOKEN_FORM_BYTES = 10_000
LONGEST_KEPT = 500_000
"""Characters of a form that is given back as a form; in HTML they are up to five times as many bytes."""

MOST_PARTS = 500
"""Of a form: fields and ticks. A page of comments has some three for each."""


@dataclass(frozen=True)
class EditorSession:
    """``name`` is the editor's; empty for a login with the site's own token. ``since`` is in UTC seconds."""

    id: str
    name: str
    since: float
    stamp: str = ""
    """Of the editor's token, so that the session ends with it; empty for the site's own, whose sessions it signs."""


def init_app(app: Flask) -> None:
    editor_tokens.init_app(app)


def editor_blueprint(name: str) -> Blueprint:
    """A blueprint for pages of the desk: never cached, never indexed, with the desk's limits of forms."""
    blueprint = Blueprint(name, name)
    blueprint.before_request(_limit)
    blueprint.after_request(_guard)
    return blueprint


def register(app: Flask, blueprint: Blueprint) -> None:
    """Registers *blueprint* if this site has a desk."""
    with app.app_context():
        has_desk = bool(site_token())
    if has_desk:
        app.register_blueprint(blueprint)


def _limit() -> None:
    """Whoever has not logged in sends a token at most, or a form of few parts, perhaps of a session that has ended.

    werkzeug takes 4 s for 6 MB of small fields.
    """
    is_in_parts = request.mimetype == "multipart/form-data"
    request.max_form_parts = MOST_PARTS
    request.max_form_memory_size = LARGEST_FORM_BYTES if current_session() or is_in_parts else TOKEN_FORM_BYTES
    request.max_content_length = LARGEST_UPLOAD_BYTES if is_in_parts else request.max_form_memory_size


def _guard(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# -- sessions -----------------------------------------------------------------------------------------------------


def signer(salt: str) -> URLSafeTimedSerializer:
    """Signs with the site's token: another token makes all that was signed invalid."""
    return URLSafeTimedSerializer(site_token(), salt=salt)


def _session_signer() -> URLSafeTimedSerializer:
    return signer(f"reader-editor {_session_key()}")


def _session_key() -> str:
    """Random. It goes with the marker files: once the instance folder is deleted, all sessions have ended.

    Raises OSError, as on a full disk.
    """
    path = services().settings.instance / "session.key"
    if not path.exists():
        path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process was faster
            create_file(path, secrets.token_urlsafe(32).encode("ascii"))
    return path.read_text("ascii")


def current_session() -> EditorSession | None:
    """The session of this request; None if nobody is logged in."""
    if "editor_session" not in g:
        g.editor_session = _session()
    found: EditorSession | None = g.editor_session
    return found


def _session() -> EditorSession | None:
    if COOKIE not in request.cookies:  # most visitors of the desk's addresses: they cause no file
        return None
    try:
        signed = _session_signer().loads(request.cookies[COOKIE], max_age=SESSION_SECONDS)
        session = EditorSession(*signed)
    except (BadSignature, TypeError, OSError):
        return None
    if _marker(session.id).exists() or _all_ended_at(session.name) >= session.since:
        return None
    if session.name and token_version(services().state, session.name) != session.stamp:
        return None
    return session


def log_in(name: str) -> EditorSession:
    """A new session of the editor *name*, which is that of this request too. The answer brings its cookie.

    Raises OSError if the key of the sessions is not there and cannot be created.
    """
    stamp = token_version(services().state, name) if name else ""
    session = EditorSession(secrets.token_urlsafe(16), name, time.time(), stamp)
    signed = _session_signer().dumps([session.id, session.name, session.since, session.stamp])
    g.editor_session = session

    @after_this_request
    def with_cookie(response: Response) -> Response:
        _set_cookie(response, signed)
        return response

    return session


def _set_cookie(response: Response, signed: str | bytes) -> None:
    response.set_cookie(
        COOKIE,
        signed.decode("ascii") if isinstance(signed, bytes) else signed,
        max_age=SESSION_SECONDS,
        path=urls.EDITOR,
        secure=is_https(),
        httponly=True,
        samesite="Strict",
    )


def end_session(session: EditorSession) -> None:
    _mark(_marker(session.id))


def end_all_sessions(name: str) -> None:
    """Ends all sessions of the editor *name* that have begun."""
    _mark(_marker(f"all of {name}"))


def _all_ended_at(name: str) -> float:
    try:
        return _marker(f"all of {name}").stat().st_mtime
    except OSError:
        return 0.0


def _marker(session: str) -> Path:
    """The marker file of a session that was ended, needed until the session would have expired."""
    return services().settings.instance / "sessions" / hashlib.sha256(session.encode()).hexdigest()[:32]


def _mark(marker: Path) -> None:
    marker.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    marker.touch()
    for other in marker.parent.iterdir():
        with suppress(FileNotFoundError):
            if other.stat().st_mtime < time.time() - SESSION_SECONDS:
                other.unlink()


# -- pages and forms ----------------------------------------------------------------------------------------------


def csrf_token() -> str:
    """The CSRF token of the forms of this session; of nobody's, if nobody is logged in."""
    session = current_session()
    message = f"form {session.id if session else ''}".encode()
    return hmac.new(site_token().encode(), message, hashlib.sha256).hexdigest()


def required_session() -> EditorSession:
    """The session. Without one the visitor is sent to the login page."""
    session = current_session()
    if session is None:
        abort(redirect(urls.EDITOR, 303))
    return session


def checked_form() -> dict[str, str]:
    """The submitted form, without the token that begins a session.

    Aborts with 403 without a valid session and CSRF token. A page of our own site gets what was typed back, to be sent
    again with a token, or with the CSRF token of the present session.
    """
    if not is_from_this_site():
        abort(403)
    if not current_session():
        _log_in_again()
    elif not hmac.compare_digest(request.form.get("word", "").encode(), csrf_token().encode()):
        _give_back(gettext("This form was opened in an earlier session. Nothing was done yet: please send it again."))
    return {name: value for name, value in request.form.items() if name != "token"}


def _log_in_again() -> None:
    """Begins a session with the token that is sent along with the form."""
    if "token" not in request.form:
        _give_back(gettext("Your session has ended. What you typed is kept on this page: log in to send it again."))
    try:
        name = editor_of_token(request.form["token"])
    except TooManyRequests:
        _give_back(gettext("Too many wrong tokens. Please wait a minute and send it again."), 429)
    if name is None:
        _give_back(gettext("Wrong token"))
    try:
        log_in(name)
    except OSError as error:
        _give_back(error.strerror or str(error), 503)


def _give_back(problem: str, status: int = 403) -> NoReturn:
    """Aborts with the page that holds all fields of the form, as they were typed.

    What is very long, or may be of another site, is text to copy: a token that is typed there would send it.
    """
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in ("word", "token")]
    if sum(len(name) + len(value) for name, value in fields) > LONGEST_KEPT or not is_surely_from_this_site():
        abort(_plain_text(fields, status))
    target = request.full_path.rstrip("?")
    abort(editor_page("editor/kept.html", status, problem=problem, fields=fields, target=target))


def _plain_text(fields: list[tuple[str, str]], status: int) -> Response:
    message = gettext(
        "Nothing was saved. What you typed is below: copy it or save this page, open the editor again and paste it."
    )
    text = "".join(f"\n\n{name}:\n{value}" for name, value in fields if value)
    return Response(f"{message}{text}\n", status, mimetype="text/plain")


def editor_page(template: str, status: int = 200, **context: Any) -> Response:
    """A page of the desk. Every template has ``word``, the CSRF token, and ``editor_name``."""
    session = current_session()
    known = {
        "problem": "",
        "crumbs": [],
        "word": csrf_token(),
        "is_logged_in": session is not None,
        "editor_name": session.name if session else "",
        "translated": lambda message: translated(message, request_context().language),
    }
    return Response(render_template(template, **known | context), status)
