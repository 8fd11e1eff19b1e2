"""Comments as feeds: per article, of all articles, and the review queue. Answers refer to their parents (RFC 4685)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from .. import urls
from ..feeds import Discussion, Entry, Feed
from ..feeds.entries import SiteIdentity
from ..feeds.ids import entry_id, feed_id
from ..i18n import N_, translations
from ..models import Article
from .comment import Comment
from .comment_html import to_html

TITLE = N_("Comments")
SUMMARY = 100
Comments = Iterable[Comment]
Articles = Mapping[str, Article]


def comment_entry(comment: Comment, article: Article, site: SiteIdentity) -> Entry:
    """A feed entry for *comment* on *article*."""
    gettext = translations(site.language).gettext
    address = site.absolute(f"{urls.comments(article.slug)}#c{comment.id}")
    parent = _id_of(comment.reply_to, site) if comment.reply_to else entry_id(site.authority, comment.page)
    body = str(to_html(comment.text)).replace(" dir=auto", "")
    return Entry(
        id=_id_of(comment.id, site),
        address=address,
        title=gettext("%(name)s on “%(title)s”") % {"name": comment.name, "title": article.title},
        summary=" ".join(comment.text.split())[:SUMMARY],
        content=body,
        published=comment.posted_at.replace(microsecond=0),
        updated=(comment.edited_at or comment.posted_at).replace(microsecond=0),
        language=article.language or site.language,
        authors=(comment.name,),
        in_reply_to=(parent, site.absolute(urls.article(article.slug))),
    )


def with_discussions(
    feed: Feed, articles: Iterable[Article], counts: Mapping[str, int] | None, site: SiteIdentity
) -> Feed:
    """*feed* with links to the comments of each entry. Entry n must belong to the n-th of *articles*. *counts* are by
    slug."""
    found = [
        replace(
            entry,
            discussion=Discussion(
                site.absolute(urls.comments(article.slug)),
                site.absolute(urls.comments_feed(article.slug, "feed.xml")),
                None if counts is None else counts.get(article.slug, 0),
            ),
        )
        for entry, article in zip(feed.entries, articles, strict=True)
    ]
    return replace(feed, entries=tuple(found))


def _id_of(number: int, site: SiteIdentity) -> str:
    return entry_id(site.authority, f"comment/{number}")


def comment_feed(
    comments: Comments, articles: Articles, site: SiteIdentity, name: str, of: Article | None, empty_at: datetime
) -> Feed:
    """A feed of *comments*, newest first: those of the article *of*, or of all articles.

    *articles* are by the comments' pages. *empty_at* is the update time of a feed without entries.
    """
    label = translations(site.language).gettext(TITLE)
    about = f"{label}: {of.title}" if of else label
    path = urls.comments_feed(of.slug if of else "", name)
    page = urls.comments(of.slug) if of else urls.HOME
    return _feed(comments, articles, site, path, page, f"{site.name} · {about}", name, empty_at)


def waiting_feed(comments: Comments, articles: Articles, site: SiteIdentity, page: str, empty_at: datetime) -> Feed:
    """A feed of comments that wait for review. *page* is the path of the editor's list."""
    title = f"{site.name} · {translations(site.language).gettext(N_('Comments that wait'))}"
    return _feed(comments, articles, site, page, page, title, "atom.xml", empty_at)


def _feed(
    found: Comments, articles: Articles, site: SiteIdentity, path: str, page: str, title: str, name: str, at: datetime
) -> Feed:
    entries = tuple(comment_entry(c, articles[c.page], site) for c in found if c.page in articles)
    return Feed(
        id=feed_id(site.authority, path, name),
        title=title,
        subtitle=title,
        language=site.language,
        address=site.absolute(path),
        page=site.absolute(page),
        updated=max((entry.updated for entry in entries), default=at.replace(microsecond=0)),
        entries=entries,
        publisher=site.name,
    )
