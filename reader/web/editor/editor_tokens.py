"""Checks the login tokens of editors, and limits how often clients can guess."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from flask import Flask, current_app

from ...editing.access_token import token_of
from ...editing.accounts import editor_with
from .. import services
from ..limits.rate_limits import EVERYBODY, client, client_limits

WRONG_TOKENS_PER_MINUTE, WRONG_TOKENS_OF_ALL = 5, 30
_TOKEN = "reader-editor-token"  # noqa: S105  the name of an extension


def init_app(app: Flask) -> None:
    app.extensions[_TOKEN] = token_of(app.extensions["reader"].settings)


def site_token() -> str:
    """The site's own token; empty if the site has no editor."""
    return str(current_app.extensions[_TOKEN])


def editor_of_token(token: str) -> str | None:
    """The name of the editor with this *token*; empty for the site's own token; None for a wrong one, which is counted.

    Raises TooManyRequests after a few wrong tokens from one client or many from all clients. A valid token from a
    client without wrong tokens is always accepted, so that other clients cannot lock the editor out.
    """
    limits, name = client_limits(), _name_of(token)
    if name is None:
        _apply_limits(limits.spend)
    elif not limits.is_untouched("wrong tokens", WRONG_TOKENS_PER_MINUTE, client()):
        _apply_limits(limits.check)
    return name


def _name_of(token: str) -> str | None:
    if hmac.compare_digest(token.encode(), site_token().encode()):
        return ""
    return editor_with(services().state, token)


def _apply_limits(count: Callable[[str, int, str], None]) -> None:
    count("wrong tokens", WRONG_TOKENS_PER_MINUTE, client())
    count("wrong tokens", WRONG_TOKENS_OF_ALL, EVERYBODY)
