"""HTML pages for feeds: the list of all feeds, its OPML file, and a feed as shown to browsers."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from flask import Blueprint, Flask, Response, request

from ... import urls
from ...feeds import FEEDS, opml
from ...feeds.feed_page import FeedPage
from ...feeds.selection import CORRECTED_LABEL, EVERYTHING, Selection
from ...i18n import N_, translations
from ...models import ALL, Collection, fingerprint
from .. import services
from ..http_responses.conditional_responses import PUBLIC, Representation, conditional_response, version_of
from ..pages.current_site import shown_site
from ..pages.localized_templates import render_template
from ..pages.rendering import NavigationLink, render_page, teasers_shown, translated_labels
from ..requests.request_context import VARY, gettext, request_context
from .share import this_site

bp = Blueprint("feed_pages", __name__)

KINDS = {"section": N_("Sections"), "tag": N_("Tags"), "author": N_("Reporters"), "source": N_("Sources")}
"""The kinds of collections with feeds, in the order of the page, with the msgids of their headings."""

ON_THE_PAGE = 100
"""The maximum number of feeds of each kind on the page, those with most articles first."""

IN_THE_FILE = 250
"""The maximum number of feeds of each kind in the OPML file, those with most articles. A feed reader polls each one."""

DISCOVERED = ("feed.xml", "atom.xml", "feed.json")


@dataclass(frozen=True)
class Subscription:
    """A selection that can be subscribed to, with a link to each feed format."""

    name: str
    page: str
    count: int
    feeds: list[NavigationLink]


@dataclass(frozen=True)
class FeedLink:
    """An autodiscovery link: ``<link rel=alternate>`` of a page."""

    title: str
    address: str
    mimetype: str


@bp.get(urls.FEEDS)
def all_feeds() -> Response:
    """The page that explains feeds and lists them."""
    return render_page("feeds.html", f"{services().catalog.revision}", _list_of_feeds)


def _list_of_feeds() -> dict[str, Any]:
    counted = services().catalog.collections
    groups = {heading: _subscriptions(counted(kind, ON_THE_PAGE)) for kind, heading in KINDS.items()}
    return {
        "formats": [(gettext(feed.LABEL), this_site().absolute(EVERYTHING.feed(name))) for name, feed in FEEDS.items()],
        "groups": {gettext(heading): links for heading, links in groups.items() if links},
        "opds": this_site().absolute(urls.OPDS),
        "most_in_file": IN_THE_FILE if any(len(links) == ON_THE_PAGE for links in groups.values()) else 0,
    }


def _subscriptions(counted: list[tuple[Collection, int]]) -> list[Subscription]:
    labels = {name: short_name(name) for name in FEEDS}
    return [_subscription(Selection((collection,)), count, labels) for collection, count in counted]


def _subscription(selection: Selection, count: int, labels: dict[str, str]) -> Subscription:
    feeds = [NavigationLink(label, selection.feed(name)) for name, label in labels.items()]
    [collection] = selection.collections
    names = [collection.name] if collection.kind == "author" else []
    [page] = translated_labels([NavigationLink(selection.label, selection.page)], names=names)
    return Subscription(page.label, page.address, count, feeds)


def short_name(name: str) -> str:
    """The short label of a feed format, such as ``RSS``."""
    return str(gettext(FEEDS[name].SHORT))


@bp.get(urls.FEEDS_OPML)
def all_feeds_as_opml() -> Response:
    """The OPML file of all feeds, grouped by kind and sorted by name."""
    catalog, site = services().catalog, this_site()
    words = translations(site.language)

    def build() -> bytes:
        groups = {"": [_outline(EVERYTHING)]}
        for kind, heading in KINDS.items():
            collections = sorted((found for found, _ in catalog.collections(kind, IN_THE_FILE)), key=attrgetter("name"))
            groups[words.gettext(heading)] = [_outline(Selection((collection,))) for collection in collections]
        return opml.to_bytes(site.name, catalog.changed_at, {name: links for name, links in groups.items() if links})

    version = version_of(str(catalog.revision), services().render.build_id, str(site))
    representation = Representation(version, catalog.changed_at, opml.MIMETYPE, PUBLIC)
    response = conditional_response(representation, build)
    response.headers["Content-Disposition"] = 'attachment; filename="feeds.opml"'
    return response


def _outline(selection: Selection) -> opml.Outline:
    site = this_site()
    title = f"{site.name} · {selection.label}" if selection.label else site.name
    return opml.Outline(title, site.absolute(selection.feed("feed.xml")), site.absolute(selection.page))


BROWSER_FIELDS = ("Sec-Fetch-Dest", "Upgrade-Insecure-Requests")
"""Request fields that only browsers send when they open a URL; the second also without TLS. Accept is unreliable."""


def accepts_html() -> bool:
    """Whether a browser requests the feed to display it."""
    destination = request.headers.get("Sec-Fetch-Dest")
    if destination is not None:
        return destination == "document"
    return request.headers.get("Upgrade-Insecure-Requests") == "1"


def feed_as_html(name: str, feed_page: FeedPage) -> Response:
    """The feed as an HTML page, with ``no-store``, so that no cache sends it to a feed reader."""
    selection = feed_page.selection

    def build() -> str:
        others = [NavigationLink(short_name(other), selection.feed(other)) for other in FEEDS if other != name]
        context = {
            "title": _label(selection) or shown_site().name,
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
    vary = (*BROWSER_FIELDS, *VARY)
    return conditional_response(Representation(version, None, "text/html", "no-store", vary), build)


def _label(selection: Selection) -> str:
    return str(gettext(selection.label)) if selection.label == CORRECTED_LABEL else selection.label


def feed_links(*collections: Collection) -> list[FeedLink]:
    """The autodiscovery links of a listing: all articles in each of DISCOVERED, and each given collection."""
    site = shown_site().name
    links = [FeedLink(f"{site} ({short_name(n)})", EVERYTHING.feed(n), FEEDS[n].MIMETYPE) for n in DISCOVERED]
    return links + [_feed_link(Selection((collection,))) for collection in collections if collection != ALL]


def feed_links_of(section: tuple[str, ...]) -> list[FeedLink]:
    """The autodiscovery links of an article: all articles, and its *section*. No others, to keep the page small."""
    selections = [Selection((Collection("section", "/".join(section)),))] if section else []
    return [_feed_link(selection) for selection in (EVERYTHING, *selections)]


def _feed_link(selection: Selection) -> FeedLink:
    name, site = DISCOVERED[0], shown_site().name
    title = f"{site} · {_label(selection)}" if selection.label else site
    return FeedLink(title, selection.feed(name), FEEDS[name].MIMETYPE)


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {"feed_links": feed_links, "feed_links_of": feed_links_of}
