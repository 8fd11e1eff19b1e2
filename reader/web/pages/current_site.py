"""The site's identity for pages: the settings in its files, with the fallback name, in the reader's script."""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress

from flask import Flask, g, request

from ... import urls
from ...chinese import script_conversion
from ...chinese.script_conversion import Shown, site_in_script, terms_of
from ...chinese.scripts import SCRIPTS, needs_change
from ...errors import Busy
from ...media.images import WIDTHS
from ...site_identity import Site, SitePicture, with_name
from .. import services
from ..requests.request_context import request_context

LOGO_HEIGHT, LOGO_WIDTH = 40, 240
"""The maximum size of the logo on the home page, in CSS pixels."""

DENSITY = 3
"""The highest number of device pixels per CSS pixel on phones."""

NAME_ASPECT_RATIO = 2
"""A logo whose width is more than this many times its height is assumed to contain the site's name."""


def own_site() -> Site:
    """The site, not converted to another script. If the catalog cannot be read, only the name is set."""
    site = Site()
    with suppress(sqlite3.Error, Busy):
        site = services().catalog.site
    return with_name(site, services().settings.site_name)


def shown_site() -> Site:
    """The site in the script of ``?script=``, else in the reader's preferred script."""
    found: Site | None = g.get("site")
    if found is None:
        script = request.args.get("script", "")
        found = g.site = site_in_script(
            own_site(), script if script in SCRIPTS else request_context().preferences["script"]
        )
    return found


def in_script(item: Shown, script: str) -> Shown:
    """*item* converted to *script*, with the terms and names from the site's settings."""
    is_changed = needs_change(item.language, script)
    return script_conversion.in_script(item, script, terms_of(shown_site())) if is_changed else item


def logo_width(logo: SitePicture) -> int:
    """The width in CSS pixels that fits the logo into LOGO_WIDTH × LOGO_HEIGHT."""
    return max(1, min(LOGO_WIDTH, LOGO_HEIGHT * logo.width // logo.height))


def logo_pixels(logo: SitePicture, min_width: int) -> int:
    """The width of the smallest rendition that has at least *min_width* pixels, else of the widest rendition."""
    widest = logo.rendition_width
    return min((width for width in WIDTHS if min_width <= width < widest), default=widest)


def logo_address(logo: SitePicture) -> str:
    """The URL path of the logo for the home page, as WebP, which keeps transparency."""
    return urls.media(logo.digest, logo_pixels(logo, DENSITY * logo_width(logo)), "webp")


def shows_name() -> bool:
    """Whether the home page shows the name as text. False if it shows a logo wider than NAME_ASPECT_RATIO allows."""
    logo = shown_site().logo
    return not (logo and request_context().shows_pictures and logo.width > NAME_ASPECT_RATIO * logo.height)


def police_query(site: Site) -> str:
    """The URL at the Ministry of Public Security that shows the site's record (公安备案).

    Returns the URL of the home page there if ``site.police`` contains no record number.
    """
    number = re.search(r"\d{8,20}", site.police)
    return "https://beian.mps.gov.cn/" + (f"#/query/webSearch?code={number[0]}" if number else "")


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {
        "logo_address": logo_address,
        "logo_width": logo_width,
        "police_query": police_query,
        "shows_name": shows_name,
    }
