"""The editor: imports pasted text or a URL, shows a phone preview, lets the editor correct the fields, and saves.

It exists only if READER_EDITOR_TOKEN is set. It needs no JavaScript, and its CSP forbids scripts. Login sets a signed
session cookie (SameSite=Strict, path of the editor); every form also contains a CSRF token bound to the session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, request
from flask_babel import gettext
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...chinese import reading_minutes
from ...errors import Busy, NotImported
from ...i18n import N_, Message, translated
from ...importing.editor import child_requests
from ...importing.editor.child_requests import Preview
from ...importing.editor.form import FIELDS, EditorForm, form_from
from ...importing.import_result import SKIPPED
from ...models import Article
from .. import services
from ..article_body import for_screen, kinds_of
from ..localized_templates import render_template
from ..rate_limits import EVERYBODY, client, client_limits
from ..request_context import request_context
from ..request_origin import is_from_this_site, is_https
from ..responsive_images import ImageSet

optional_bp = Blueprint("editor", __name__)

COOKIE = "editor"
SESSION_SECONDS = 12 * 3600
WRONG_TOKENS_PER_MINUTE, WRONG_TOKENS_OF_ALL = 5, 30
LARGEST_FORM_BYTES = 6_000_000
TOKEN_FORM_BYTES = 10_000
AT_WORK = threading.BoundedSemaphore(2)
"""How many texts a process has read at a time, each by a child process."""

PATIENCE_SECONDS = 10.0
"""How long the next one waits for its turn. Only who has logged in can wait."""

LABELS = {
    "title": N_("Title"),
    "kicker": N_("Kicker (line above the title)"),
    "subtitle": N_("Subtitle (line below the title)"),
    "published": N_("Published"),
    "source": N_("Source"),
    "section": N_("Section path"),
    "byline": N_("Reporters"),
    "editor": N_("Editor"),
    "tags": N_("Tags"),
    "summary": N_("Summary"),
}
"""The label (msgid) of each field, in the order of the form."""


def init_app(app: Flask) -> None:
    if app.extensions["reader"].settings.editor_token:
        app.register_blueprint(optional_bp)


@optional_bp.before_request
def _limit() -> None:
    """Whoever has not logged in sends a token at most: werkzeug takes 4 s for 6 MB of small fields."""
    request.max_content_length = request.max_form_memory_size = LARGEST_FORM_BYTES if _session() else TOKEN_FORM_BYTES


@optional_bp.after_request
def _guard(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# -- login and session --------------------------------------------------------------------------------------------


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().settings.editor_token, salt=f"reader-editor {_session_key()}")


def _session_key() -> str:
    """Random. It goes with the marker files: once the instance folder is deleted, all sessions have ended."""
    path = services().settings.instance / "session.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"session.{secrets.token_hex(8)}")
        fresh.write_text(secrets.token_urlsafe(32), "ascii")
        with suppress(FileExistsError):  # another process was faster
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text("ascii")


def _session() -> str:
    """The random id of the session; empty if not logged in."""
    try:
        session = str(_signer().loads(request.cookies.get(COOKIE, ""), max_age=SESSION_SECONDS))
    except BadSignature:
        return ""
    return "" if _ended(session).exists() else session


def _ended(session: str) -> Path:
    """The marker file of a session that was logged out, needed until the session would have expired."""
    return services().settings.instance / "sessions" / hashlib.sha256(session.encode()).hexdigest()[:32]


def _end(session: str) -> None:
    mark = _ended(session)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    for other in mark.parent.iterdir():
        if other.stat().st_mtime < time.time() - SESSION_SECONDS:
            other.unlink(missing_ok=True)


def _csrf_token(session: str) -> str:
    """The CSRF token of the session's forms."""
    key = services().settings.editor_token.encode()
    return hmac.new(key, f"form {session}".encode(), hashlib.sha256).hexdigest()


def _checked_form() -> dict[str, str]:
    """The submitted form. Aborts with 403 without a valid session and CSRF token."""
    session = _session()
    if (
        not session
        or not is_from_this_site()
        or not hmac.compare_digest(request.form.get("word", "").encode(), _csrf_token(session).encode())
    ):
        abort(403)
    return request.form.to_dict()


@optional_bp.get(urls.EDITOR)
def index() -> Response:
    return _page("editor/index.html" if _session() else "editor/login.html")


@optional_bp.post(f"{urls.EDITOR}/login")
def login() -> WerkzeugResponse | tuple[Response, int]:
    limits, token = client_limits(), services().settings.editor_token
    if not hmac.compare_digest(request.form.get("token", "").encode(), token.encode()):
        _slow_down_guessing(limits.spend)
        return _page("editor/login.html", problem=gettext("Wrong token")), 403
    if not limits.is_untouched("wrong tokens", WRONG_TOKENS_PER_MINUTE, client()):
        _slow_down_guessing(limits.check)
    response = redirect(urls.EDITOR, 303)
    response.set_cookie(
        COOKIE,
        _signer().dumps(secrets.token_urlsafe(16)),
        max_age=SESSION_SECONDS,
        path=urls.EDITOR,
        secure=is_https(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _slow_down_guessing(count: Callable[[str, int, str], None]) -> None:
    """Raises TooManyRequests after a few wrong tokens from one client or many from all clients.

    The right token of a client that has sent no wrong one is always taken: strangers cannot lock the editor out.
    """
    count("wrong tokens", WRONG_TOKENS_PER_MINUTE, client())
    count("wrong tokens", WRONG_TOKENS_OF_ALL, EVERYBODY)


@optional_bp.post(f"{urls.EDITOR}/logout")
def logout() -> WerkzeugResponse:
    _checked_form()
    _end(_session())
    response = redirect(urls.EDITOR, 303)
    response.delete_cookie(COOKIE, path=urls.EDITOR)
    return response


# -- import, preview, save ----------------------------------------------------------------------------------------


@optional_bp.post(f"{urls.EDITOR}/preview")
def preview() -> Response | tuple[Response, int]:
    """Shows the preview of pasted text or a URL at first, then of the corrected fields."""
    form = _checked_form()
    if "body" in form:
        return _editor_page(form_from(form))
    text, address = form.get("text", "").strip(), form.get("address", "").strip()
    try:
        with _place():
            shown = child_requests.import_text(services().settings, text, address, gettext("pasted text"))
    except (NotImported, Busy, OSError) as error:
        typed = {"pasted": form.get("text", ""), "asked": form.get("address", "")}
        return _page("editor/index.html", problem=_said(error), **typed), _status_of(error)
    return _sheet(shown)


@optional_bp.post(f"{urls.EDITOR}/save")
def save() -> Response | tuple[Response, int]:
    form = form_from(_checked_form())
    try:
        with _place():
            outcome = child_requests.save(services().settings, form, gettext("pasted text"))
    except (NotImported, Busy, OSError) as error:
        return _editor_page(form, _said(error), _status_of(error))
    if outcome.kind == SKIPPED:
        return _editor_page(form, gettext("already imported as %(path)s", path=outcome.detail))
    slug = PurePosixPath(outcome.detail).stem
    notes = [translated(note, request_context().language) for note in outcome.notes]
    return _page("editor/saved.html", detail=outcome.detail, notes=notes, target=urls.article(slug)), 201


@contextmanager
def _place() -> Iterator[None]:
    """Raises Busy after PATIENCE_SECONDS."""
    if not AT_WORK.acquire(timeout=PATIENCE_SECONDS):
        raise Busy(Message("the editor is busy"), retry_seconds=10)
    try:
        yield
    finally:
        AT_WORK.release()


def _said(error: Exception) -> str:
    message = error.reason if isinstance(error, NotImported) and not error.source else getattr(error, "message", "")
    return translated(message, request_context().language) if message else str(error)


def _status_of(error: Exception) -> int:
    return 422 if isinstance(error, NotImported) else 503


# -- pages --------------------------------------------------------------------------------------------------------


def _editor_page(form: EditorForm, problem: str = "", status: int = 422) -> Response | tuple[Response, int]:
    """The editor page with what was typed. A *problem* is shown above."""
    try:
        with _place():
            shown = child_requests.preview(services().settings, form)
    except (NotImported, Busy, OSError) as error:
        return _sheet(Preview(form, None), problem or _said(error), _status_of(error))
    return _sheet(shown, problem, status)


def _sheet(shown: Preview, problem: str = "", status: int = 422) -> Response | tuple[Response, int]:
    """The editor page with fields, source and phone preview."""
    problem = problem or translated(shown.problem, request_context().language)
    phone = _phone_preview(shown.article) if shown.article else ""
    form = shown.form
    rows = [(name, gettext(LABELS[name]), getattr(form, name)) for name in FIELDS]
    page = _page("editor/sheet.html", problem=problem, rows=rows, body=form.body, origin=form.origin, phone=phone)
    return (page, status) if problem else page


def _phone_preview(article: Article) -> str:
    """The article page for the phone preview, a complete HTML page."""
    body = for_screen(article.body, ImageSet(article).show)
    return render_template(
        "editor/phone.html",
        article=article,
        body=body,
        kinds=kinds_of(body),
        minutes=reading_minutes(article.body.striptags()),
    )


def _page(template: str, **context: Any) -> Response:
    known = {"problem": "", "pasted": "", "asked": "", "crumbs": [], "word": _csrf_token(_session())}
    return Response(render_template(template, **known | context))
