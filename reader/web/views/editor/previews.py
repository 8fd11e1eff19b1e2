"""Previews of drafts and future issues at secret URLs. They are never cached and not indexed by search engines."""

from __future__ import annotations

from datetime import date

from flask import Flask, Response, redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from .... import urls
from ....catalog.editor_file_list import PUBLISHED
from ....editing.draft_identity import is_same_draft
from ....errors import NotFound
from ....media.images import MIMETYPES
from ....models import Article
from ... import services
from ...editor.editor_files import file_listing
from ...editor.editor_previews import article_in_preview
from ...editor.editor_session import editor_blueprint, editor_page, register
from ...editor.preview_links import VALID_DAYS, is_signed_picture, target_of, with_signed_pictures
from ...http_responses.file_responses import file_response, open_found

optional_bp = editor_blueprint("previews")


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.get(f"{urls.PREVIEW}/<token>")
def preview(token: str) -> Response | WerkzeugResponse:
    """The preview of a draft or an issue; a redirect if the article has been published.

    Raises NotFound for an invalid token, or if another draft is now stored at the path.
    """
    target = target_of(token)
    if target is None:
        raise NotFound("page", token[:100])
    kind, name, sketch = target
    if kind == "issue":
        return _page(name, file_listing().articles_of_day(date.fromisoformat(name)))
    file, article = file_listing().file(name), file_listing().article(name)
    if file and file.state == PUBLISHED:
        return redirect(urls.article(file.slug), 302)
    if article is None or not is_same_draft(sketch, article):
        raise NotFound("page", token[:100])
    return _page(article.title, [article])


def _page(title: str, articles: list[Article]) -> Response:
    articles_shown = [article_in_preview(article) for article in articles]
    kinds = sorted({kind for each in articles_shown for kind in each.kinds})
    response = editor_page("editor/preview.html", heading=title, articles=articles_shown, kinds=kinds, days=VALID_DAYS)
    response.set_data(with_signed_pictures(response.get_data(as_text=True)))
    return response


@optional_bp.get(f"{urls.PREVIEW}/media/<token>/<digest>-<int:width>.<suffix>")
def picture(token: str, digest: str, width: int, suffix: str) -> Response:
    if suffix not in MIMETYPES or not is_signed_picture(token, digest):
        raise NotFound("picture", digest)
    file = open_found(lambda: services().image_renderer.file(digest, width, suffix))
    return file_response(file, MIMETYPES[suffix])
