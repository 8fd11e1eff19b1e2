"""The editor's desk: login and logout. ``editor_session.py`` knows who is logged in.

The desk needs no JavaScript, and its CSP forbids scripts.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import cast

from flask import Flask, Response, abort, redirect, request
from flask_babel import gettext

from ... import urls
from ...editing.accounts import editor_with
from .. import services
from ..editor_session import (
    COOKIE,
    checked_form,
    editor_blueprint,
    editor_page,
    end_all_sessions,
    end_session,
    log_in,
    register,
    required_session,
    site_token,
)
from ..rate_limits import EVERYBODY, client, client_limits
from ..request_origin import is_from_this_site

optional_bp = editor_blueprint("editor")

WRONG_TOKENS_PER_MINUTE, WRONG_TOKENS_OF_ALL = 5, 30


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.post(f"{urls.EDITOR}/login")
def login() -> Response:
    if not is_from_this_site():  # another site could make somebody work under its own name
        abort(403)
    limits = client_limits()
    name = _name_of(request.form.get("token", ""))
    if name is None:
        _slow_down_guessing(limits.spend)
        return editor_page("editor/login.html", 403, token="", problem=gettext("Wrong token"))
    if not limits.is_untouched("wrong tokens", WRONG_TOKENS_PER_MINUTE, client()):
        _slow_down_guessing(limits.check)
    response = _to_desk()
    log_in(response, name)
    return response


def _name_of(token: str) -> str | None:
    """The name of the editor with this token; None for a wrong one."""
    if hmac.compare_digest(token.encode(), site_token().encode()):
        return ""
    return editor_with(services().state, token)


def _slow_down_guessing(count: Callable[[str, int, str], None]) -> None:
    """Raises TooManyRequests after a few wrong tokens from one client or many from all clients.

    The right token of a client that has sent no wrong one is always taken: strangers cannot lock the editor out.
    """
    count("wrong tokens", WRONG_TOKENS_PER_MINUTE, client())
    count("wrong tokens", WRONG_TOKENS_OF_ALL, EVERYBODY)


@optional_bp.post(f"{urls.EDITOR}/logout")
def logout() -> Response:
    """Ends this session; with ``everywhere``, all of this editor."""
    form, session = checked_form(), required_session()
    end_session(session)
    if form.get("everywhere"):
        end_all_sessions(session.name)
    response = _to_desk()
    response.delete_cookie(COOKIE, path=urls.EDITOR)
    return response


def _to_desk() -> Response:
    return cast("Response", redirect(urls.EDITOR, 303))
