"""For people who subscribe: the page of all feeds, their OPML, and what a browser shows for one feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request
from flask_babel import gettext

from ... import urls
from ...feeds import FEEDS, opml
from ...feeds.feed_page import Window
from ...feeds.selection import EVERYTHING, Selection
from ...i18n import N_, translations
from ...models import ALL, Article, Shelf, fingerprint
from .. import services
from ..rendering import Link, show, teasers_shown
from ..request_context import VARY, visit
from ..responses import PUBLIC, Representation, answer, version_of
from .share import this_site

bp = Blueprint("subscribing", __name__)

KINDS = {"section": N_("Sections"), "tag": N_("Tags"), "author": N_("Reporters"), "source": N_("Sources")}
"""Shelves that have feeds, in the order they are listed, with the msgid of their heading."""

ON_THE_PAGE = 100
"""Feeds that the page lists of each kind, the fullest first; the OPML file holds all."""

DISCOVERED = ("feed.xml", "atom.xml", "feed.json")


@dataclass(frozen=True)
class Subscription:
    """What can be subscribed to, with a link to each format it comes in."""

    name: str
    page: str
    count: int
    feeds: list[Link]


@dataclass(frozen=True)
class Discovery:
    """What a feed reader finds when it is given the address of a page."""

    title: str
    address: str
    mimetype: str


@bp.get(urls.FEEDS)
def all_feeds() -> Response:
    """Explains what feeds are and lists them."""
    return show("feeds.html", f"{services().catalog.revision}", _list_of_feeds)


def _list_of_feeds() -> dict[str, Any]:
    counted = services().catalog.shelves
    groups = {heading: _subscriptions(counted(kind)) for kind, heading in KINDS.items()}
    return {
        "formats": [(gettext(feed.LABEL), this_site().absolute(EVERYTHING.feed(name))) for name, feed in FEEDS.items()],
        "groups": {gettext(heading): found for heading, found in groups.items() if found},
        "opds": this_site().absolute(urls.OPDS),
    }


def _subscriptions(counted: list[tuple[Shelf, int]]) -> list[Subscription]:
    fullest = sorted(counted, key=lambda pair: -pair[1])[:ON_THE_PAGE]
    return [_subscription(Selection((shelf,)), count) for shelf, count in fullest]


def _subscription(selection: Selection, count: int) -> Subscription:
    feeds = [Link(short_name(name), selection.feed(name)) for name in FEEDS]
    return Subscription(selection.label, selection.page, count, feeds)


def short_name(name: str) -> str:
    """``RSS`` of ``RSS: full text``: what fits on a line beside its siblings."""
    return gettext(FEEDS[name].SHORT)


@bp.get(urls.FEEDS_OPML)
def all_feeds_as_opml() -> Response:
    """Every feed there is, to be imported into a feed reader."""
    catalog, site = services().catalog, this_site()
    words = translations(site.language)

    def build() -> bytes:
        groups = {"": [_outline(EVERYTHING)]}
        for kind, heading in KINDS.items():
            groups[words.gettext(heading)] = [_outline(Selection((shelf,))) for shelf, _ in catalog.shelves(kind)]
        return opml.to_bytes(site.name, catalog.changed_at, {name: found for name, found in groups.items() if found})

    version = version_of(str(catalog.revision), services().render.look, str(site))
    representation = Representation(version, catalog.changed_at, opml.MIMETYPE, PUBLIC)
    response = answer(representation, build)
    response.headers["Content-Disposition"] = 'attachment; filename="feeds.opml"'
    return response


def _outline(selection: Selection) -> opml.Outline:
    site = this_site()
    title = f"{site.name} · {selection.label}" if selection.label else site.name
    return opml.Outline(title, site.absolute(selection.feed("feed.xml")), site.absolute(selection.page))


PERSON = ("Sec-Fetch-Dest", "Upgrade-Insecure-Requests")
"""What only browsers say when someone opens an address; the second also without TLS. ``Accept`` tells nothing."""


def comes_by_browser() -> bool:
    destination = request.headers.get("Sec-Fetch-Dest")
    if destination is not None:
        return destination == "document"
    return request.headers.get("Upgrade-Insecure-Requests") == "1"


def show_to_people(name: str, window: Window) -> Response:
    """The feed as a page; never kept, so that no cache hands it to a feed reader."""
    selection = window.selection

    def build() -> str:
        others = [Link(short_name(other), selection.feed(other)) for other in FEEDS if other != name]
        context = {
            "title": selection.label or services().settings.site_name,
            "kind": gettext(FEEDS[name].LABEL),
            "feed": this_site().absolute(selection.feed(name, window.piece)),
            "page": selection.page,
            "others": others,
            "teasers": teasers_shown(window.teasers),
        }
        return render_template("feed.html", **context)

    version = version_of("page", fingerprint(name), window.version, services().render.look, visit().variant)
    vary = (*PERSON, *VARY)
    return answer(Representation(version, None, "text/html", "no-store", vary), build)


def discoveries(*shelves: Shelf) -> list[Discovery]:
    """The feeds a list leads to: of everything in each format, and of each given shelf."""
    site = services().settings.site_name
    found = [Discovery(f"{site} ({short_name(n)})", EVERYTHING.feed(n), FEEDS[n].MIMETYPE) for n in DISCOVERED]
    return found + [_discovery(Selection((shelf,))) for shelf in shelves if shelf != ALL]


def discoveries_of(article: Article) -> list[Discovery]:
    """The feeds an article leads to, few, since its page is to be light: of everything, and of its section."""
    section = [Selection((Shelf("section", "/".join(article.section)),))] if article.section else []
    return [_discovery(selection) for selection in (EVERYTHING, *section)]


def _discovery(selection: Selection) -> Discovery:
    name, site = DISCOVERED[0], services().settings.site_name
    title = f"{site} · {selection.label}" if selection.label else site
    return Discovery(title, selection.feed(name), FEEDS[name].MIMETYPE)


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {"discoveries": discoveries, "discoveries_of": discoveries_of}
