"""For people who subscribe: the page of all feeds, their OPML, and what a browser shows for one feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request
from flask_babel import gettext

from ... import urls
from ...feeds import FEEDS, opml
from ...feeds.feed_page import FeedPage
from ...feeds.selection import EVERYTHING, Selection
from ...i18n import N_, translations
from ...models import ALL, Article, Collection, fingerprint
from .. import services
from ..rendering import NavigationLink, render_page, teasers_shown
from ..request_context import VARY, request_context
from ..responses import PUBLIC, Representation, conditional_response, version_of
from .share import this_site

bp = Blueprint("feed_pages", __name__)

KINDS = {"section": N_("Sections"), "tag": N_("Tags"), "author": N_("Reporters"), "source": N_("Sources")}
"""Collections that have feeds, in the order they are listed, with the msgid of their heading."""

ON_THE_PAGE = 100
"""Feeds that the page lists of each kind, the fullest first; the OPML file holds all."""

DISCOVERED = ("feed.xml", "atom.xml", "feed.json")


@dataclass(frozen=True)
class Subscription:
    """What can be subscribed to, with a link to each format it comes in."""

    name: str
    page: str
    count: int
    feeds: list[NavigationLink]


@dataclass(frozen=True)
class FeedLink:
    """What a feed reader finds when it is given the address of a page."""

    title: str
    address: str
    mimetype: str


@bp.get(urls.FEEDS)
def all_feeds() -> Response:
    """Explains what feeds are and lists them."""
    return render_page("feeds.html", f"{services().catalog.revision}", _list_of_feeds)


def _list_of_feeds() -> dict[str, Any]:
    counted = services().catalog.collections
    groups = {heading: _subscriptions(counted(kind)) for kind, heading in KINDS.items()}
    return {
        "formats": [(gettext(feed.LABEL), this_site().absolute(EVERYTHING.feed(name))) for name, feed in FEEDS.items()],
        "groups": {gettext(heading): found for heading, found in groups.items() if found},
        "opds": this_site().absolute(urls.OPDS),
    }


def _subscriptions(counted: list[tuple[Collection, int]]) -> list[Subscription]:
    fullest = sorted(counted, key=lambda pair: -pair[1])[:ON_THE_PAGE]
    return [_subscription(Selection((collection,)), count) for collection, count in fullest]


def _subscription(selection: Selection, count: int) -> Subscription:
    feeds = [NavigationLink(short_name(name), selection.feed(name)) for name in FEEDS]
    return Subscription(selection.label, selection.page, count, feeds)


def short_name(name: str) -> str:
    """``RSS`` of ``RSS: full text``: what fits on a line beside its siblings."""
    return str(gettext(FEEDS[name].SHORT))


@bp.get(urls.FEEDS_OPML)
def all_feeds_as_opml() -> Response:
    """Every feed there is, to be imported into a feed reader."""
    catalog, site = services().catalog, this_site()
    words = translations(site.language)

    def build() -> bytes:
        groups = {"": [_outline(EVERYTHING)]}
        for kind, heading in KINDS.items():
            groups[words.gettext(heading)] = [
                _outline(Selection((collection,))) for collection, _ in catalog.collections(kind)
            ]
        return opml.to_bytes(site.name, catalog.changed_at, {name: found for name, found in groups.items() if found})

    version = version_of(str(catalog.revision), services().render.build_id, str(site))
    representation = Representation(version, catalog.changed_at, opml.MIMETYPE, PUBLIC)
    response = conditional_response(representation, build)
    response.headers["Content-Disposition"] = 'attachment; filename="feeds.opml"'
    return response


def _outline(selection: Selection) -> opml.Outline:
    site = this_site()
    title = f"{site.name} · {selection.label}" if selection.label else site.name
    return opml.Outline(title, site.absolute(selection.feed("feed.xml")), site.absolute(selection.page))


PERSON = ("Sec-Fetch-Dest", "Upgrade-Insecure-Requests")
"""What only browsers say when someone opens an address; the second also without TLS. ``Accept`` tells nothing."""


def accepts_html() -> bool:
    destination = request.headers.get("Sec-Fetch-Dest")
    if destination is not None:
        return destination == "document"
    return request.headers.get("Upgrade-Insecure-Requests") == "1"


def show_to_people(name: str, feed_page: FeedPage) -> Response:
    """The feed as a page; never kept, so that no cache hands it to a feed reader."""
    selection = feed_page.selection

    def build() -> str:
        others = [NavigationLink(short_name(other), selection.feed(other)) for other in FEEDS if other != name]
        context = {
            "title": selection.label or services().settings.site_name,
            "kind": gettext(FEEDS[name].LABEL),
            "feed": this_site().absolute(selection.feed(name, feed_page.page_number)),
            "page": selection.page,
            "others": others,
            "teasers": teasers_shown(feed_page.teasers),
        }
        return render_template("feed.html", **context)

    version = version_of(
        "page", fingerprint(name), feed_page.version, services().render.build_id, request_context().variant
    )
    vary = (*PERSON, *VARY)
    return conditional_response(Representation(version, None, "text/html", "no-store", vary), build)


def feed_links(*collections: Collection) -> list[FeedLink]:
    """The feeds a list leads to: of everything in each format, and of each given collection."""
    site = services().settings.site_name
    found = [FeedLink(f"{site} ({short_name(n)})", EVERYTHING.feed(n), FEEDS[n].MIMETYPE) for n in DISCOVERED]
    return found + [_feed_link(Selection((collection,))) for collection in collections if collection != ALL]


def feed_links_of(article: Article) -> list[FeedLink]:
    """The feeds an article leads to, few, since its page is to be light: of everything, and of its section."""
    section = [Selection((Collection("section", "/".join(article.section)),))] if article.section else []
    return [_feed_link(selection) for selection in (EVERYTHING, *section)]


def _feed_link(selection: Selection) -> FeedLink:
    name, site = DISCOVERED[0], services().settings.site_name
    title = f"{site} · {selection.label}" if selection.label else site
    return FeedLink(title, selection.feed(name), FEEDS[name].MIMETYPE)


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {"feed_links": feed_links, "feed_links_of": feed_links_of}
