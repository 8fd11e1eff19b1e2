"""Signed, expiring links to unpublished drafts and future issues.

A link to a draft contains its path and a sketch of its content (``editing/draft_identity.py``): the link does not show
another draft that is stored at the path later. Links are signed with the site's token; a new token makes all of them
invalid. The URLs of pictures in a preview are signed, too, because previews are shown where no cookie is sent: in a
sandboxed frame, or to people without an account.
"""

from __future__ import annotations

import re
from datetime import date

from flask import request
from itsdangerous import BadSignature

from ... import urls
from ...editing.draft_identity import Sketch, sketch_of
from ...models import Article
from .. import services
from ..http_responses.url_prefixing import path_prefix
from .editor_session import signer

VALID_DAYS = 7
_SECONDS = VALID_DAYS * 86_400
_SALT, _PICTURE_SALT = "reader-preview", "reader-preview-picture"
_PICTURE = re.compile(r"/media/([0-9a-f]{16})-")


def link_to_article(path: str, article: Article) -> str:
    """The URL of the preview of *article* in the file *path*; absolute."""
    return _link("article", path, sketch_of(article))


def link_to_issue(day: date) -> str:
    return _link("issue", day.isoformat())


def _link(kind: str, name: str, sketch: Sketch | None = None) -> str:
    root = services().settings.base_url or request.host_url.rstrip("/") + path_prefix()
    return f"{root}{urls.PREVIEW}/{signer(_SALT).dumps([kind, name, sketch or []])}"


def target_of(token: str) -> tuple[str, str, Sketch] | None:
    """``("article", path, sketch)`` or ``("issue", day, [])``.

    None for a token that is forged, expired, or in the older form without a sketch.
    """
    try:
        kind, name, sketch = signer(_SALT).loads(token, max_age=_SECONDS)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(kind), str(name), list(sketch)


def with_signed_pictures(page: str) -> str:
    """The HTML *page* with signed URLs of its pictures, which work although the article is not published."""

    def signed(found: re.Match[str]) -> str:
        if found[1] not in tokens:
            tokens[found[1]] = str(signer(_PICTURE_SALT).dumps(found[1]))
        return f"{urls.PREVIEW}/media/{tokens[found[1]]}/{found[1]}-"

    tokens = dict[str, str]()
    return _PICTURE.sub(signed, page)


def is_signed_picture(token: str, digest: str) -> bool:
    """Whether *token* is valid and signs the picture *digest*."""
    try:
        return bool(signer(_PICTURE_SALT).loads(token, max_age=_SECONDS) == digest)
    except BadSignature:
        return False
