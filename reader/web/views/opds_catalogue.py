"""The OPDS catalogue for e-readers: articles and issues, newest first, and search."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request
from werkzeug.urls import iri_to_uri

from ... import urls
from ...catalog.full_text_search import SearchCursor
from ...catalog.query_parser import parse
from ...exports import EXPORTS
from ...feeds import opds
from ...feeds.entries import FinishedExport, SiteIdentity, to_entry
from ...feeds.feed_page import DESCRIPTION
from ...feeds.opds import Book, Catalogue, CatalogueLink
from ...i18n import N_, translations
from ...jobs.share_cards_and_covers import MIMETYPE as PICTURE
from ...models import Article, Issue, Teaser, is_dated
from .. import services
from ..downloads.download_links import ENCLOSED, finished_exports
from ..http_responses.conditional_responses import PUBLIC, Representation, conditional_response, not_listed, version_of
from ..http_responses.share_card_responses import drawn_picture
from ..limits.rate_limits import client, client_limits
from ..pages.current_site import own_site
from ..pages.pagination import cursor_of
from .share import this_site

bp = Blueprint("opds", __name__, url_prefix=urls.OPDS)

PAGE = 25
LATEST, EPAPER = DESCRIPTION, N_("E-paper")

ARTICLES, ISSUES = f"{urls.OPDS}/articles", f"{urls.OPDS}/issues"
SEARCH, OPENSEARCH = f"{urls.OPDS}/search", f"{urls.OPDS}/search.xml"


@bp.get("")
def root() -> Response:
    """The root feed with two collections: articles and issues."""

    def build(site: SiteIdentity) -> Catalogue:
        collections = (("articles", _in_site_language(LATEST), ARTICLES), ("issues", _in_site_language(EPAPER), ISSUES))
        books = tuple(
            Book(
                id=_id(site, name),
                title=title,
                updated=services().catalog.changed_at,
                links=(CatalogueLink("subsection", site.absolute(path), opds.ACQUISITION),),
                summary=title,
            )
            for name, title, path in collections
        )
        return _catalogue(site, "", site.name, books, opds.NAVIGATION, urls.OPDS)

    return _catalogue_response(build, opds.NAVIGATION)


@bp.get("/articles")
def articles() -> Response:
    before = cursor_of(request.args.get("before", ""))
    teasers = services().catalog.latest(limit=PAGE, before=before)

    def build(site: SiteIdentity) -> Catalogue:
        last = teasers[-1] if len(teasers) == PAGE else None
        after = f"{ARTICLES}?before={int(last.published.timestamp())},{last.slug}" if last else ""
        books = _books(site, teasers)
        return _catalogue(site, "articles", _in_site_language(LATEST), books, opds.ACQUISITION, ARTICLES, after)

    return _catalogue_response(build, opds.ACQUISITION)


@bp.get("/issues")
def issues() -> Response:
    before = urls.parse_day(request.args.get("before", ""))
    if before:  # any day is a valid page
        client_limits().spend("searches", services().settings.searches_per_minute, client())
    days = [day for day, _ in services().catalog.issues(limit=PAGE, before=before)]

    def build(site: SiteIdentity) -> Catalogue:
        after = f"{ISSUES}?before={days[-1]}" if len(days) == PAGE else ""
        books = tuple(_issue_book(site, services().catalog.issue(day)) for day in days)
        return _catalogue(site, "issues", _in_site_language(EPAPER), books, opds.ACQUISITION, ISSUES, after)

    return _catalogue_response(build, opds.ACQUISITION)


@bp.get("/search")
def search() -> Response:
    """The newest results of ``?q=``; ``?more=`` is the cursor of the next page."""
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    query = " ".join(request.args.get("q", "").split())
    results = services().catalog.search(parse(query), limit=PAGE, before=_cursor_of(request.args.get("more", "")))

    def build(site: SiteIdentity) -> Catalogue:
        address = f"{SEARCH}?{urlencode({'q': query})}"
        after = f"{address}&more={results.more[1]}" if results.more else ""
        books = _books(site, [hit.teaser for hit in results.hits])
        return _catalogue(site, f"search/{quote(query, safe='')}", query, books, opds.ACQUISITION, address, after)

    return not_listed(_catalogue_response(build, opds.ACQUISITION))


@bp.get("/search.xml")
def description() -> Response:
    site = this_site()
    template = site.absolute(SEARCH) + "?q={searchTerms}"
    version = version_of(site.name, template, services().render.build_id)
    representation = Representation(version, mimetype=opds.OPENSEARCH)
    return conditional_response(representation, lambda: opds.description(site.name, template, site.language))


@bp.get("/cover/<slug:slug>.png")
def article_cover(slug: str) -> Response:
    article = services().catalog.article(slug)
    day = f"{article.published:%Y-%m-%d}" if is_dated(article.published) else ""
    return _cover(article.title, day)


@bp.get("/cover/<int:year>-<int:month>-<int:day>.png")
def issue_cover(year: int, month: int, day: int) -> Response:
    issue = services().catalog.issue(urls.issue_day(f"{year:04}-{month:02}-{day:02}"))
    return _cover(_in_site_language(EPAPER), issue.day.isoformat())


def _cover(title: str, below: str) -> Response:
    return drawn_picture(None, "cover", title, own_site().name, below)


def _catalogue_response(build: Callable[[SiteIdentity], Catalogue], mimetype: str) -> Response:
    site, catalog = this_site(), services().catalog
    version = version_of(str(catalog.revision), services().render.build_id, request.full_path, str(site))
    return conditional_response(
        Representation(version, catalog.changed_at, mimetype, PUBLIC), lambda: opds.to_bytes(build(site))
    )


def _catalogue(
    site: SiteIdentity, name: str, title: str, books: Sequence[Book], mimetype: str, path: str, after: str = ""
) -> Catalogue:
    self_path = iri_to_uri(request.full_path).rstrip("?")
    links = [
        CatalogueLink("self", site.absolute(self_path), mimetype),
        CatalogueLink("start", site.absolute(urls.OPDS), opds.NAVIGATION),
        CatalogueLink("search", site.absolute(OPENSEARCH), opds.OPENSEARCH),
    ]
    if self_path != path:
        links.append(CatalogueLink("first", site.absolute(path), mimetype))
    if after:
        links.append(CatalogueLink("next", site.absolute(after), mimetype))
    updated = max((book.updated for book in books), default=services().catalog.changed_at)
    return Catalogue(_id(site, name), title, updated, site.name, site.language, tuple(links), tuple(books))


def _books(site: SiteIdentity, teasers: Sequence[Teaser]) -> tuple[Book, ...]:
    catalog, slugs = services().catalog, [teaser.slug for teaser in teasers]
    names, revised = catalog.original_slugs(slugs), catalog.revised(slugs)
    finished = finished_exports(catalog.with_linked_versions(teasers))
    return tuple(
        _article_book(site, article, names[article.slug], revised, finished) for article in catalog.articles(slugs)
    )


def _article_book(
    site: SiteIdentity,
    article: Article,
    name: str,
    revised: Mapping[str, datetime],
    finished: Mapping[str, tuple[FinishedExport, ...]],
) -> Book:
    entry = to_entry(article, site, original_slug=name, revised=revised.get(article.slug))
    sizes = {download.suffix: download.size_bytes for download in finished.get(article.slug, ())}
    files = [
        opds.download(site.absolute(urls.article_file(article.slug, s)), EXPORTS[s].MIMETYPE, sizes.get(s))
        for s in ENCLOSED
    ]
    picture = site.absolute(f"{urls.OPDS}/cover/{urls.article(article.slug).rpartition('/')[2]}.png")
    return Book(
        id=entry.id,
        title=entry.title,
        updated=entry.updated,
        links=(*files, *opds.cover(picture, PICTURE), CatalogueLink("alternate", entry.address, "text/html")),
        summary=entry.summary,
        language=entry.language,
        published=entry.published,
        authors=entry.authors or ((entry.source,) if entry.source else ()),
        categories=entry.categories,
        publisher=entry.source,
    )


def _issue_book(site: SiteIdentity, issue: Issue) -> Book:
    files = (opds.download(site.absolute(urls.issue_file(issue.day, s)), EXPORTS[s].MIMETYPE, None) for s in ENCLOSED)
    picture = site.absolute(f"{urls.OPDS}/cover/{issue.day}.png")
    page = site.absolute(urls.issue(issue.day))
    return Book(
        id=_id(site, f"issue/{issue.day}"),
        title=f"{site.name} {issue.day}",
        updated=max(max(teaser.published, teaser.updated) for teaser in issue.teasers),
        links=(*files, *opds.cover(picture, PICTURE), CatalogueLink("alternate", page, "text/html")),
        summary=" · ".join(teaser.title for teaser in issue.teasers[:12]),
        language=site.language,
        published=min(teaser.published for teaser in issue.teasers),
        publisher=site.name,
        authors=(site.name,),
    )


def _in_site_language(msgid: str) -> str:
    """*msgid* in the site's language. The visitor's is not used, because e-readers cache titles."""
    return translations(services().settings.language).gettext(msgid)


def _id(site: SiteIdentity, name: str) -> str:
    return f"tag:{site.authority}:opds/{name}"


def _cursor_of(text: str) -> SearchCursor | None:
    return (0, int(text)) if re.fullmatch("[0-9]{1,15}", text) else None
