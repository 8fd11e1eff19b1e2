"""The site as its own files describe it, for pages: with the fallback name, in the reader's script."""

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
"""The largest size of the logo on the home page, in CSS pixels."""

DENSITY = 3
"""Pixels of the screen per CSS pixel, at most, of phones."""

WIDE = 2
"""How many times its height the width of a logo is that holds the name."""


def own_site() -> Site:
    """As written. While the catalog cannot be read, only its name is known."""
    site = Site()
    with suppress(sqlite3.Error, Busy):
        site = services().catalog.site
    return with_name(site, services().settings.site_name)


def shown_site() -> Site:
    """In the script of ``?script=``, else of the reader's preference."""
    found: Site | None = g.get("site")
    if found is None:
        script = request.args.get("script", "")
        found = g.site = site_in_script(
            own_site(), script if script in SCRIPTS else request_context().preferences["script"]
        )
    return found


def in_script(item: Shown, script: str) -> Shown:
    """*item* in *script*, with the words and names of the site's settings."""
    is_changed = needs_change(item.language, script)
    return script_conversion.in_script(item, script, terms_of(shown_site())) if is_changed else item


def logo_width(logo: SitePicture) -> int:
    """In CSS pixels, so that it is at most LOGO_WIDTH × LOGO_HEIGHT."""
    return max(1, min(LOGO_WIDTH, LOGO_HEIGHT * logo.width // logo.height))


def logo_pixels(logo: SitePicture, least: int) -> int:
    """The width of its smallest rendition of at least *least* pixels, else of the widest one."""
    widest = logo.rendition_width
    return min((width for width in WIDTHS if least <= width < widest), default=widest)


def logo_address(logo: SitePicture) -> str:
    """Of the picture on the home page, with its transparency."""
    return urls.media(logo.digest, logo_pixels(logo, DENSITY * logo_width(logo)), "webp")


def shows_name() -> bool:
    """Whether the home page shows the name as text: a logo much wider than high is taken to hold it."""
    logo = shown_site().logo
    return not (logo and request_context().shows_pictures and logo.width > WIDE * logo.height)


def police_query(site: Site) -> str:
    """The page of the Ministry of Public Security that shows the record (公安备案) of its number."""
    number = re.search(r"\d{8,20}", site.police)
    return "https://beian.mps.gov.cn/" + (f"#/query/webSearch?code={number[0]}" if number else "")


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {
        "logo_address": logo_address,
        "logo_width": logo_width,
        "police_query": police_query,
        "shows_name": shows_name,
    }
