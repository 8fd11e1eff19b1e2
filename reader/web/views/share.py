"""The share page of an article, its QR code and its Open Graph image."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from markupsafe import Markup

from ... import urls
from ...feeds.entries import SiteIdentity
from ...models import Article, is_dated
from .. import services
from ..http_responses.conditional_responses import PRIVATE, PUBLIC, Representation, conditional_response, version_of
from ..http_responses.share_card_responses import drawn_picture
from ..http_responses.url_prefixing import path_prefix
from ..pages.accent_colours import CONTRAST, LIGHT_PAPERS, readable
from ..pages.current_site import in_script, own_site
from ..pages.rendering import NavigationLink, render_page, section_links, translated_labels
from ..requests.request_context import gettext, request_context

bp = Blueprint("share", __name__)


@bp.get("/a/<slug:slug>/share")
def share(slug: str) -> Response:
    """The share page. It is separate from the article page to keep that small."""
    article = services().catalog.article(slug)
    address = site_address() + urls.article(slug)

    def build() -> dict[str, Any]:
        return {
            "article": in_script(article, request_context().preferences["script"]),
            "crumbs": translated_labels(section_links(article.section)),
            "absolute": address,
            "ways": share_links(article, address),
            "code": qr_of(address),
        }

    return render_page("share.html", version_of(article.version, address), build, PRIVATE)


@bp.get("/a/<slug:slug>/qr.svg")
def qr_code(slug: str) -> Response:
    """The QR code of the article's URL as SVG. The PDF contains the same code."""
    article = services().catalog.article(slug)
    address = site_address() + urls.article(article.slug)
    representation = Representation(
        version=version_of("qr", address),
        changed_at=services().catalog.changed_at,
        mimetype="image/svg+xml",
        cache_control=PUBLIC if services().settings.base_url else PRIVATE,
    )
    return conditional_response(representation, lambda: qr_of(address))


@bp.get("/a/<slug:slug>/card.png")
def og_image(slug: str) -> Response:
    article = services().catalog.article(slug)
    day = f"{article.published:%Y-%m-%d}" if is_dated(article.published) else ""
    note = " · ".join(part for part in (article.source, day) if part)
    site = own_site()
    colour = [readable(site.accent, LIGHT_PAPERS, CONTRAST)] if site.accent else []
    return drawn_picture(services().catalog.changed_at, "card", article.title, note, site.name, *colour)


def site_address() -> str:
    """The base URL of the site without a final slash: READER_BASE_URL, else the host and prefix of the request."""
    return services().settings.base_url or request.host_url.rstrip("/") + path_prefix()


def share_links(article: Article, address: str) -> list[NavigationLink]:
    """Links that share the article by other services. The page loads nothing from these services."""
    text, target = quote(article.title, safe=""), quote(address, safe="")
    return [
        NavigationLink(gettext("E-mail"), f"mailto:?subject={text}&body={text}%0A{target}"),
        NavigationLink(gettext("Text message"), f"sms:?&body={text}%20{target}"),
        NavigationLink(gettext("Weibo"), f"https://service.weibo.com/share/share.php?url={target}&title={text}"),
        NavigationLink("WhatsApp", f"https://wa.me/?text={text}%20{target}"),
        NavigationLink("Telegram", f"https://t.me/share/url?url={target}&text={text}"),
    ]


@lru_cache(maxsize=256)
def qr_of(address: str) -> Markup:
    """The QR code of *address* as SVG, with error correction level M (it tolerates 15 % damage)."""
    import segno

    target = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        target, kind="svg", xmldecl=False, svgns=True, border=4, scale=4, light="#fff", dark="#000", omitsize=False
    )
    return Markup(target.getvalue().decode())  # noqa: S704  generated here


def this_site() -> SiteIdentity:
    """The site's identity for feeds and catalogues."""
    settings, site = services().settings, own_site()
    logo = site.logo.address if site.logo else ""
    return SiteIdentity(site.name, settings.language, site_address(), settings.feed_authority, site.copyright, logo)
