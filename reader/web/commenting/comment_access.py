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
    """``count`` is None while nobody can tell it."""

    address: str
    count: int | None


def mode_of(app: Flask) -> str:
    """OFF, REVIEWED or OPEN."""
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
    """For pages that exist only if comments are on."""
    found: CommentStore = current_app.extensions[_STORE]
    return found


def author_check(app: Flask) -> Callable[[str], bool]:
    """Tells whether this site has signed an author's cookie."""
    store: CommentStore | None = app.extensions.get(_STORE)
    return store.may_be_author if store else lambda _cookie: False


def drop_changed_pages() -> None:
    """After this process changed comments: the next request to it sees the change."""
    found: CommentWatch = current_app.extensions[_WATCH]
    with suppress(StateUnusable):  # what was accepted is accepted; the thread looks again
        found.look()


def page_of(slug: str) -> str:
    """What comments of an article are kept under: the slug of its first publication."""
    return services().catalog.original_slugs([slug]).get(slug, slug)


def article_of(page: str) -> Article | None:
    """The article that was first published as *page*, whatever it is called now; None if it isn't public any more."""
    catalog = services().catalog
    try:
        return catalog.article(page)
    except Moved as moved:
        return catalog.article(moved.slug)
    except NotFound:
        return None


def is_closed(article: Article, now: datetime) -> bool:
    """Whether *article* takes no (more) comments."""
    days = services().settings.comments_close_days
    is_old = is_dated(article.published) and is_closed_by_age(article.published, now, days)
    return article.comments_closed or is_old


def comments_link(article: Article) -> CommentsLink | None:
    """The link below the article; None if there is nothing to read or write. A closed article keeps its comments."""
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
    """The approved comments of articles by slug; *pages* are what theirs are kept under. None if nobody can tell, or
    comments are off."""
    store = comment_store()
    counts = store.counts(list(pages.values())) if store and pages else None
    return None if counts is None else {slug: counts.get(page, 0) for slug, page in pages.items()}


def rules() -> Rules:
    settings = services().settings
    return Rules(mode_of(current_app), _words(settings), (own_site().name,))


def _words(settings: Settings) -> WordList:
    try:
        return read_words(Path(settings.comment_words)) if settings.comment_words else WordList()
    except (OSError, ReaderError) as error:  # it could be read at the start; what is read now would be published
        log.error("READER_COMMENT_WORDS cannot be read, so every comment waits for an editor: %s", error)
        return WordList(review_words=("",))


def now() -> datetime:
    return datetime.now(UTC)
