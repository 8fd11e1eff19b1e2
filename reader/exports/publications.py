"""The Publications that can be exported: an article, a day's issue, a collection, a selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

from markupsafe import escape

from .. import urls
from ..chinese.script_conversion import in_script
from ..chinese.scripts import SCRIPTS, needs_change
from ..chinese.text_conversion import NO_TERMS, Terms, convert
from ..errors import NotFound, TooLarge
from ..models import Article, Collection, Issue, Publication, Teaser, fingerprint, slug_of
from .localization import gettext_of, long_date

if TYPE_CHECKING:  # workers have no catalog
    from ..catalog import Catalog, Cursor

MOST_ARTICLES = 200
MOST_CHARACTERS = 600_000
"""The largest size of a bundle: it takes a worker about half a minute and half of its memory limit."""
MOST_OF_ONE = 100_000
"""In a bundle that is too large, an article of at least this size is replaced by a link to its page."""
CELL_CHARACTERS = 25
"""A table cell counts as this many additional characters."""


def of_article(article: Article | Teaser) -> Publication:
    """One article. With a Teaser, ``ExportService.key`` returns the key (slug, language, version), but the publication
    cannot be exported."""
    path = urls.article(article.slug)
    return Publication(article.slug, article.title, article.language, path, (cast("Article", article),))


def of_issue(issue: Issue, articles: Sequence[Article]) -> Publication:
    """The issue of a day, section by section. Raises TooLarge."""
    bundle = _bundle(f"{issue.day}", _issue_title(issue.day, articles), urls.issue(issue.day), articles)
    return replace(bundle, number=issue.number)


def of_collection(collection: Collection, articles: Sequence[Article]) -> Publication:
    """The articles of a section, a tag, an author or a source. Raises TooLarge."""
    title = collection.name.rpartition("/")[2]
    return _bundle(slug_of(collection.name) or collection.kind, title, urls.collection(collection), articles)


def of_selection(title: str, path: str, articles: Sequence[Article]) -> Publication:
    """Selected articles or search results; *path* is the page that lists them. Raises TooLarge."""
    name = slug_of(title)[:40] or fingerprint(path)[:8]
    return _bundle(name, title, path, articles)


def outline_of(publication: Publication) -> Publication:
    """*publication* without the texts: small enough to cache, and sufficient for ``ExportService.key``."""
    chapters = tuple(replace(article, body=article.body[:0]) for article in publication.chapters)
    return replace(publication, chapters=chapters)


def every_article(catalog: Catalog) -> Iterator[Article]:
    """All articles, newest first. At most 100 are in memory at a time."""
    before: Cursor | None = None
    while teasers := catalog.latest(limit=100, before=before):
        yield from catalog.articles([teaser.slug for teaser in teasers])
        before = (int(teasers[-1].published.timestamp()), teasers[-1].slug)


def check_count(count: int) -> None:
    """Raises TooLarge if a bundle of *count* articles is too large. Call it before the articles are read."""
    if count > MOST_ARTICLES:
        raise TooLarge("articles", count, MOST_ARTICLES)


def in_chosen_script(publication: Publication, script: str, terms: Terms = NO_TERMS) -> Publication:
    """*publication* converted to *script*, one of SCRIPTS; unchanged if *script* is empty."""
    if not needs_change(publication.language, script):
        return publication
    chapters = tuple(in_script(article, script, terms) for article in publication.chapters)
    return replace(
        publication, title=convert(publication.title, script, terms), language=SCRIPTS[script], chapters=chapters
    )


def _bundle(name: str, title: str, path: str, articles: Sequence[Article]) -> Publication:
    if not articles:
        raise NotFound("article on the collection", title)
    check_count(len(articles))
    return Publication(name, title, main_language(articles), path, tuple(_by_section(_limit_size(articles))))


def _limit_size(articles: Sequence[Article]) -> Sequence[Article]:
    """*articles*; if their total size is too large, the longest are replaced by links. Raises TooLarge."""
    sizes = [_characters(article) for article in articles]
    excess = sum(sizes) - MOST_CHARACTERS
    if excess <= 0:
        return articles
    result, complete = list(articles), len(articles)
    for size, index in sorted(((size, index) for index, size in enumerate(sizes)), reverse=True):
        if excess <= 0 or size < MOST_OF_ONE or complete == 1:
            break
        result[index], excess, complete = _link_to(articles[index]), excess - size, complete - 1
    if excess > 0:
        raise TooLarge("characters", sum(sizes), MOST_CHARACTERS)
    return result


def _characters(article: Article) -> int:
    return len(article.body) + CELL_CHARACTERS * (article.body.count("<td") + article.body.count("<th"))


def _link_to(article: Article) -> Article:
    """*article* with a link to its page instead of its text."""
    from ..sanitizer import sanitize  # here, because processes that serve pages rarely need it

    words = gettext_of(article.language)("This article is too long for this file. Read it on the site.")
    return replace(article, body=sanitize(f'<p><a href="{escape(urls.article(article.slug))}">{escape(words)}</a></p>'))


def _by_section(articles: Iterable[Article]) -> list[Article]:
    """*articles* grouped by section, in order of first appearance."""
    groups: dict[str, list[Article]] = {}
    for article in articles:
        groups.setdefault(section_of(article), []).append(article)
    return [article for group in groups.values() for article in group]


def section_of(article: Article) -> str:
    """The section of an article in an issue: the first name of its section path; may be empty."""
    return article.section[0] if article.section else ""


def main_language(articles: Sequence[Article]) -> str:
    """The most common language of *articles*, which must not be empty; the first of several with the same count."""
    return Counter(article.language for article in articles).most_common(1)[0][0]


def _issue_title(day: date, articles: Sequence[Article]) -> str:
    language = main_language(articles) if articles else ""
    return f"{gettext_of(language)('E-paper')} {long_date(day, language)}"
