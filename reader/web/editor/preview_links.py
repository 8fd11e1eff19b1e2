"""Signed, expiring links to unpublished drafts and future issues.

A link to a draft names its path and what it says (``editing/draft_identity.py``): another one put there is not shown.
They are signed with the site's token, so a new token ends all of them. A picture in a preview has a signed address,
too, as a preview is shown where no cookie is sent: in a sandboxed frame, or to somebody without an account.
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
    """The address of the preview of the *article* in the file *path*."""
    return _link("article", path, sketch_of(article))


def link_to_issue(day: date) -> str:
    return _link("issue", day.isoformat())


def _link(kind: str, name: str, mark: Sketch | None = None) -> str:
    root = services().settings.base_url or request.host_url.rstrip("/") + path_prefix()
    return f"{root}{urls.PREVIEW}/{signer(_SALT).dumps([kind, name, mark or []])}"


def target_of(token: str) -> tuple[str, str, Sketch] | None:
    """``("article", path, mark)`` or ``("issue", day, [])``; None for a token that is forged, too old or of the form
    before there were marks."""
    try:
        kind, name, mark = signer(_SALT).loads(token, max_age=_SECONDS)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(kind), str(name), list(mark)


def with_signed_pictures(page: str) -> str:
    """*page* with addresses of its pictures that work although the article is not published."""

    def signed(found: re.Match[str]) -> str:
        if found[1] not in tokens:
            tokens[found[1]] = str(signer(_PICTURE_SALT).dumps(found[1]))
        return f"{urls.PREVIEW}/media/{tokens[found[1]]}/{found[1]}-"

    tokens = dict[str, str]()
    return _PICTURE.sub(signed, page)


def is_signed_picture(token: str, digest: str) -> bool:
    try:
        return bool(signer(_PICTURE_SALT).loads(token, max_age=_SECONDS) == digest)
    except BadSignature:
        return False
