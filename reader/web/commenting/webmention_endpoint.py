"""Whether Webmentions are received, and the Link header that announces the endpoint."""

from __future__ import annotations

from flask import Flask, Response, current_app

from ... import urls
from ...comments.comment import OFF
from ...models import Article
from ...webmentions import BOTH, RECEIVE
from .comment_access import is_closed, mode_of, now


def receives_mentions(app: Flask) -> bool:
    """Whether READER_WEBMENTION enables it, comments are on (mentions become comments), and the base URL is set."""
    settings = app.extensions["reader"].settings
    return settings.webmention in (RECEIVE, BOTH) and bool(settings.base_url) and mode_of(app) != OFF


def with_endpoint(response: Response, article: Article) -> Response:
    """*response* with the endpoint in its Link header (Webmention 3.1.2), unless the article is closed."""
    if receives_mentions(current_app) and not is_closed(article, now()):
        response.headers["Link"] = f'<{urls.WEBMENTION}>; rel="webmention"'
    return response
