"""Previews in the editor: limits the child processes, reports their errors, and renders an article as on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from markupsafe import Markup

from ...article_corrections import line_of
from ...chinese import reading_minutes
from ...errors import Busy, NotImported, ReaderError
from ...i18n import Message, translated
from ...models import Article
from ..article_page.article_body import for_screen, kinds_of
from ..article_page.responsive_images import ImageSet
from ..pages.localized_templates import render_template
from ..requests.request_context import gettext, request_context
from .preview_links import with_signed_pictures

CHILD_SLOTS = threading.BoundedSemaphore(2)
"""The number of child processes that read texts for one web process at the same time."""

PATIENCE_SECONDS = 10.0
"""The maximum wait for a slot. Only editors who are logged in can wait."""

FAILURES = (ReaderError, OSError)
"""The errors that an editor page catches. It shows the error and keeps the submitted text."""


@contextmanager
def child_process_slot() -> Iterator[None]:
    """Waits for one of CHILD_SLOTS and holds it during the block. Raises Busy after PATIENCE_SECONDS."""
    if not CHILD_SLOTS.acquire(timeout=PATIENCE_SECONDS):
        raise Busy(Message("the editor is busy"), retry_seconds=10)
    try:
        yield
    finally:
        CHILD_SLOTS.release()


def error_text(error: Exception) -> str:
    """The text of *error* for the page, in the visitor's language."""
    message = error.reason if isinstance(error, NotImported) and not error.source else getattr(error, "message", "")
    if not message and isinstance(error, OSError):
        message = error.strerror or ""
    return in_words(message) if message else str(error)


def in_words(message: str) -> str:
    """*message* in the visitor's language."""
    return translated(message, request_context().language)


def status_of(error: Exception) -> int:
    """The HTTP status for *error*: 503 if a retry may help, else 422."""
    return 503 if isinstance(error, Busy | OSError) else 422


@dataclass(frozen=True)
class ArticleInPreview:
    article: Article
    body: Markup
    kinds: list[str]
    minutes: int
    corrections: list[str]


def article_in_preview(article: Article) -> ArticleInPreview:
    """*article* with the derived values that a preview shows."""
    body = for_screen(article.body, ImageSet(article).show)
    corrections = [line_of(one, article.published, gettext) for one in article.corrections]
    minutes = reading_minutes(article.body.striptags())
    return ArticleInPreview(article, body, kinds_of(body), minutes, corrections)


def phone_preview(article: Article) -> str:
    """The article page for the phone preview, a complete HTML page."""
    return with_signed_pictures(render_template("editor/phone_preview.html", shown=article_in_preview(article)))
