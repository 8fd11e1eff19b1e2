"""Who we are to whoever asks: names, and the address that absolute links begin with."""

from __future__ import annotations

from ..feeds.composing import Site
from . import services
from .share import site_address


def this_site() -> Site:
    settings = services().settings
    return Site(settings.site_name, settings.language, site_address(), settings.feed_authority)
