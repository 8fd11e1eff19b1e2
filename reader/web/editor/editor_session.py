"""Sessions of the editor: tokens, the signed session cookie, and the CSRF token of its forms.

Login sets a signed cookie (SameSite=Strict, path of the editor) with a new random id. Every form contains a CSRF token
that is bound to this id. A form is rejected if the browser reports that a page of another site sent it.
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
"""The limit for a form with a picture. The server passes on no larger body (``server/request_body.py``)."""

TOKEN_FORM_BYTES = 10_000
MAX_RETURNED_CHARACTERS = 500_000
"""The maximum size of a form that is returned as a form. In HTML it has up to five times as many bytes."""

MAX_FORM_PARTS = 500
"""The maximum number of fields and ticked boxes in a form. A page of comments has about three for each comment."""


@dataclass(frozen=True)
class EditorSession:
    """A login. ``name`` is the editor's; empty for a login with the site's own token. ``since`` is Unix time."""

    id: str
    name: str
    since: float
    stamp: str = ""
    """The version of the editor's token: a new token ends the session. Empty for the site's own token, which signs the
    sessions."""


def init_app(app: Flask) -> None:
    editor_tokens.init_app(app)


def editor_blueprint(name: str) -> Blueprint:
    """A blueprint for editor pages: never cached, never indexed, with the editor's form limits."""
    blueprint = Blueprint(name, name)
    blueprint.before_request(_limit)
    blueprint.after_request(_guard)
    return blueprint


def register(app: Flask, blueprint: Blueprint) -> None:
    """Registers *blueprint* if this site has an editor."""
    with app.app_context():
        has_editor = bool(site_token())
    if has_editor:
        app.register_blueprint(blueprint)


def _limit() -> None:
    """Limits forms. A client that is not logged in may send a token, or a multipart form, perhaps of an ended session.

    The number of parts is limited because werkzeug needs 4 s for 6 MB of small fields.
    """
    is_in_parts = request.mimetype == "multipart/form-data"
    request.max_form_parts = MAX_FORM_PARTS
    request.max_form_memory_size = LARGEST_FORM_BYTES if current_session() or is_in_parts else TOKEN_FORM_BYTES
    request.max_content_length = LARGEST_UPLOAD_BYTES if is_in_parts else request.max_form_memory_size


def _guard(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# -- sessions -----------------------------------------------------------------------------------------------------


def signer(salt: str) -> URLSafeTimedSerializer:
    """A signer with the site's token as key. A new token makes all older signatures invalid."""
    return URLSafeTimedSerializer(site_token(), salt=salt)


def _session_signer() -> URLSafeTimedSerializer:
    return signer(f"reader-editor {_session_key()}")


def _session_key() -> str:
    """A random key in the folder of the marker files of ended sessions: deleting the folder ends all sessions.

    Raises OSError, for example on a full disk.
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
    """Starts a session of the editor *name*, also for the current request. The response sets its cookie.

    Raises OSError if the key of the sessions does not exist and cannot be created.
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
    """Makes *session* invalid in all processes."""
    _create_marker(_marker(session.id))


def end_all_sessions(name: str) -> None:
    """Ends all sessions of the editor *name* that have started until now."""
    _create_marker(_marker(f"all of {name}"))


def _all_ended_at(name: str) -> float:
    try:
        return _marker(f"all of {name}").stat().st_mtime
    except OSError:
        return 0.0


def _marker(session: str) -> Path:
    """The path of the marker file of an ended session. The file is needed until the session would have expired."""
    return services().settings.instance / "sessions" / hashlib.sha256(session.encode()).hexdigest()[:32]


def _create_marker(marker: Path) -> None:
    """Creates the file *marker* and deletes those of expired sessions."""
    marker.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    marker.touch()
    for other in marker.parent.iterdir():
        with suppress(FileNotFoundError):
            if other.stat().st_mtime < time.time() - SESSION_SECONDS:
                other.unlink()


# -- pages and forms ----------------------------------------------------------------------------------------------


def csrf_token() -> str:
    """The CSRF token of the forms of this session. Without a session it is the one of the login form."""
    session = current_session()
    message = f"form {session.id if session else ''}".encode()
    return hmac.new(site_token().encode(), message, hashlib.sha256).hexdigest()


def required_session() -> EditorSession:
    """The session of this request. Without one, aborts with a redirect to the login page."""
    session = current_session()
    if session is None:
        abort(redirect(urls.EDITOR, 303))
    return session


def checked_form() -> dict[str, str]:
    """The submitted form, without the login token.

    Aborts with 403 without a valid session and CSRF token. If a page of this site sent the form, the response returns
    the typed fields, so that they can be sent again with a login token or the CSRF token of the present session.
    """
    if not is_from_this_site():
        abort(403)
    if not current_session():
        _log_in_with_form()
    elif not hmac.compare_digest(request.form.get("csrf_token", "").encode(), csrf_token().encode()):
        _return_form(gettext("This form was opened in an earlier session. Nothing was done yet: please send it again."))
    return {name: value for name, value in request.form.items() if name != "token"}


def _log_in_with_form() -> None:
    """Starts a session with the login token in the form. Aborts without a valid token."""
    if "token" not in request.form:
        _return_form(gettext("Your session has ended. What you typed is kept on this page: log in to send it again."))
    try:
        name = editor_of_token(request.form["token"])
    except TooManyRequests:
        _return_form(gettext("Too many wrong tokens. Please wait a minute and send it again."), 429)
    if name is None:
        _return_form(gettext("Wrong token"))
    try:
        log_in(name)
    except OSError as error:
        _return_form(error.strerror or str(error), 503)


def _return_form(problem: str, status: int = 403) -> NoReturn:
    """Aborts with a page that contains all submitted fields, with a field for the login token.

    Very long forms, and forms that another site may have sent, are returned as plain text to copy. A login on a page
    with such a form would submit it.
    """
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "token")]
    characters = sum(len(name) + len(value) for name, value in fields)
    if characters > MAX_RETURNED_CHARACTERS or not is_surely_from_this_site():
        abort(_plain_text(fields, status))
    target = request.full_path.rstrip("?")
    abort(editor_page("editor/returned_form.html", status, problem=problem, fields=fields, target=target))


def _plain_text(fields: list[tuple[str, str]], status: int) -> Response:
    message = gettext(
        "Nothing was saved. What you typed is below: copy it or save this page, open the editor again and paste it."
    )
    text = "".join(f"\n\n{name}:\n{value}" for name, value in fields if value)
    return Response(f"{message}{text}\n", status, mimetype="text/plain")


def editor_page(template: str, status: int = 200, **context: Any) -> Response:
    """A page of the editor. Every template has ``csrf_token`` and ``editor_name``."""
    session = current_session()
    defaults = {
        "problem": "",
        "crumbs": [],
        "csrf_token": csrf_token(),
        "is_logged_in": session is not None,
        "editor_name": session.name if session else "",
        "translated": lambda message: translated(message, request_context().language),
    }
    return Response(render_template(template, **defaults | context), status)
