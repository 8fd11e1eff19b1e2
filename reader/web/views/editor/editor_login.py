"""Editor pages: login and logout (sessions: ``editor_session.py``).

Editor pages work without JavaScript, and their CSP forbids scripts.
"""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, abort, redirect, request

from .... import urls
from ...editor.editor_session import (
    COOKIE,
    checked_form,
    current_session,
    editor_blueprint,
    editor_page,
    end_all_sessions,
    end_session,
    log_in,
    register,
    required_session,
)
from ...editor.editor_tokens import editor_of_token
from ...requests.request_context import gettext
from ...requests.request_origin import is_from_this_site

optional_bp = editor_blueprint("editor")


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.post(f"{urls.EDITOR}/login")
def login() -> Response:
    if not is_from_this_site():  # login CSRF: another site could log a visitor in as someone else
        abort(403)
    name = editor_of_token(request.form.get("token", ""))
    if name is None:
        return editor_page("editor/login.html", 403, token="", problem=gettext("Wrong token"))
    try:
        log_in(name)
    except OSError as error:  # the disk is full, and there is no key of the sessions
        return editor_page("editor/login.html", 503, token="", problem=error.strerror or str(error))
    return _to_desk()


@optional_bp.post(f"{urls.EDITOR}/logout")
def logout() -> Response:
    """Ends this session; with ``everywhere``, all sessions of this editor. Does nothing without a session."""
    if current_session() is None:
        return _to_desk()
    form, session = checked_form(), required_session()
    end_session(session)
    if form.get("everywhere"):
        end_all_sessions(session.name)
    response = _to_desk()
    response.delete_cookie(COOKIE, path=urls.EDITOR)
    return response


def _to_desk() -> Response:
    return cast("Response", redirect(urls.EDITOR, 303))
