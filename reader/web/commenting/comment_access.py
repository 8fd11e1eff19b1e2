"""Whether an article accepts comments: READER_COMMENTS, closed articles, and the link below an article."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, current_app

from ... import urls
from ...comments import default_mode
from ...comments.acceptance import is_closed_by_age
from ...comments.comment import OFF
from ...comments.comment_store import CommentStore, Rules
from ...comments.word_list import WordList, read_words
from ...errors import Moved, NotFound, ReaderError, StateUnusable
from ...models import Article, is_dated
from ...settings import Settings
from .. import services
from ..pages.current_site import own_site
from .comment_invalidation import CommentWatch

_STORE, _WATCH, _MODE = "reader-comments", "reader-comment-watch", "reader-comment-mode"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CommentsLink:
    """The link to an article's comments. ``count`` is None while the state database cannot be read."""

    address: str
    count: int | None


def mode_of(app: Flask) -> str:
    """How the site moderates comments: OFF, REVIEWED or OPEN."""
    return str(app.extensions[_MODE])


def init_app(app: Flask) -> None:
    found = app.extensions["reader"]
    app.extensions[_MODE] = default_mode.mode_of(found.settings)
    app.jinja_env.globals["has_comments"] = mode_of(app) != OFF
    if mode_of(app) == OFF:
        return
    app.extensions[_STORE] = CommentStore(found.state)
    watch = app.extensions[_WATCH] = CommentWatch(found.state, found.catalog, lambda: app.extensions["response_cache"])
    app.before_request(watch.start)


def comment_store() -> CommentStore | None:
    """None if comments are off."""
    found: CommentStore | None = current_app.extensions.get(_STORE)
    return found


def required_store() -> CommentStore:
    """The comment store, for pages that exist only if comments are on. Raises KeyError if they are off."""
    found: CommentStore = current_app.extensions[_STORE]
    return found


def author_check(app: Flask) -> Callable[[str], bool]:
    """A function that returns whether this site signed an author's cookie. Always False if comments are off."""
    store: CommentStore | None = app.extensions.get(_STORE)
    return store.may_be_author if store else lambda _cookie: False


def drop_changed_pages() -> None:
    """Drops cached pages after this process changed comments, so that its next response shows the change."""
    found: CommentWatch = current_app.extensions[_WATCH]
    with suppress(StateUnusable):  # the change is already stored; the watching thread tries again
        found.look()


def page_of(slug: str) -> str:
    """The key of an article's comments in the store: the slug of its first publication."""
    return services().catalog.original_slugs([slug]).get(slug, slug)


def article_of(page: str) -> Article | None:
    """The article that was first published as *page*, under its present slug; None if it is no longer public."""
    catalog = services().catalog
    try:
        return catalog.article(page)
    except Moved as moved:
        return catalog.article(moved.slug)
    except NotFound:
        return None


def is_closed(article: Article, now: datetime) -> bool:
    """Whether *article* accepts no new comments: closed in its front matter, or too old."""
    days = services().settings.comments_close_days
    is_old = is_dated(article.published) and is_closed_by_age(article.published, now, days)
    return article.comments_closed or is_old


def comments_link(article: Article) -> CommentsLink | None:
    """The link below the article; None if comments are off, or *article* is closed and has no comments."""
    store = comment_store()
    if store is None:
        return None
    page = page_of(article.slug)
    counts = store.counts([page])
    count = None if counts is None else counts.get(page, 0)
    if not count and article.comments_closed:
        return None
    return CommentsLink(urls.comments(article.slug), count)


def comment_counts(pages: Mapping[str, str]) -> dict[str, int] | None:
    """The numbers of approved comments by slug. *pages* maps slugs to keys of the store (``page_of``).

    Returns None if the state database cannot be read or comments are off.
    """
    store = comment_store()
    counts = store.counts(list(pages.values())) if store and pages else None
    return None if counts is None else {slug: counts.get(page, 0) for slug, page in pages.items()}


def rules() -> Rules:
    """The moderation rules for a new comment."""
    settings = services().settings
    return Rules(mode_of(current_app), _words(settings), (own_site().name,))


def _words(settings: Settings) -> WordList:
    try:
        return read_words(Path(settings.comment_words)) if settings.comment_words else WordList()
    except (OSError, ReaderError) as error:  # it was readable at the start; no comment is published unchecked
        log.error("READER_COMMENT_WORDS cannot be read, so every comment waits for an editor: %s", error)
        return WordList(review_words=("",))


def now() -> datetime:
    return datetime.now(UTC)
