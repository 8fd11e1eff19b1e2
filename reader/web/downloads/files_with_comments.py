"""Files of an article with its approved comments: ``?comments=1`` of HTML, EPUB and PDF."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from ... import urls
from ...exports.publications import of_article
from ...i18n import translations
from ...models import Article, Publication, fingerprint
from .. import services
from ..commenting.comment_access import comment_store, page_of, required_store
from ..commenting.shown_comments import shown_threads

COMMENTED = ("html", "epub", "pdf")


def has_comments(suffix: str) -> bool:
    """Whether this site offers files of this format with comments."""
    return suffix in COMMENTED and comment_store() is not None


def commented(article: Article) -> Publication:
    """The publication of *article* with its newest comment threads appended to the body.

    Every format can contain them, and the file's cache key depends on them. The publication's path is that of the
    comments, not of the article: the file has no versioned URL, which would still show comments that were hidden later.
    Raises StateUnusable.
    """
    found, settings = required_store().page(page_of(article.slug), cookie="", oldest_first=False), services().settings
    if found and found.threads.items:
        threads = shown_threads(found.threads.items, "")
        is_whole = not (found.threads.has_after or any(thread.has_more for thread in threads))
        more = "" if is_whole or not settings.base_url else settings.base_url + urls.comments(article.slug)
        words = translations(article.language or settings.language)
        context = {"_": words.gettext, "threads": threads, "count": found.count, "more": more}
        section = Markup(services().render.render("export/comments.html", **context))  # noqa: S704  it escapes
        article = replace(article, body=article.body + section, version=fingerprint(article.version, section))
    return replace(of_article(article), path=urls.comments(article.slug))
