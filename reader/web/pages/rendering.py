"""Renders pages: template globals and filters, and ``render_page`` for conditional responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response
from jinja2 import StrictUndefined
from markupsafe import Markup

from ... import urls
from ...chinese.script_conversion import terms_of
from ...chinese.scripts import SCRIPTS, script_of
from ...chinese.text_conversion import convert
from ...i18n import direction_of
from ...models import Collection, Teaser, format_minute, is_dated
from .. import services
from ..http_responses.conditional_responses import Representation, conditional_response, version_of
from ..http_responses.url_prefixing import below_prefix
from ..requests.request_context import VARY, request_context
from .accent_colours import accent_style, icon_colour, theme_colours
from .current_site import in_script, shown_site
from .inline_assets import InlineStyles
from .localized_templates import render_template
from .page_weight import WEIGHT_PLACEHOLDER, kilobytes, weighed


@dataclass(frozen=True)
class NavigationLink:
    """A link with its label. ``address`` is a URL path without the site's prefix."""

    label: str
    address: str


@dataclass(frozen=True)
class ExportLink:
    """A link to an export. ``size_bytes`` is None if it is unknown; before the file exists it is an estimate."""

    label: str
    address: str
    size_bytes: int | None = None
    is_estimate: bool = False


def collection_link(kind: str, name: str) -> NavigationLink:
    return NavigationLink(name, urls.collection(Collection(kind, name)))


def section_link(collection: Collection) -> NavigationLink:
    """A link to a section, labelled with the last part of its path."""
    return NavigationLink(collection.name.rpartition("/")[2], urls.collection(collection))


def section_links(path: tuple[str, ...]) -> list[NavigationLink]:
    """Breadcrumbs: a link to each section of the path."""
    return [NavigationLink(name, urls.section(path[: depth + 1])) for depth, name in enumerate(path)]


def teaser_link(teaser: Teaser) -> NavigationLink:
    return NavigationLink(teaser.title, urls.article(teaser.slug))


def translated_labels(
    links: Iterable[NavigationLink], script: str = "", names: Iterable[str] = ()
) -> list[NavigationLink]:
    """*links* with labels in *script* (one of SCRIPTS), else in the preferred script.

    Those of *names* that a conversion could spoil stay unchanged, as in the text of an article.
    """
    script = script or request_context().preferences["script"]
    if script not in SCRIPTS:
        return list(links)
    terms = terms_of(shown_site()).with_names(names)
    return [replace(link, label=convert(link.label, script, terms)) for link in links]


def teasers_shown(teasers: Iterable[Teaser]) -> list[Teaser]:
    """*teasers* in the preferred script."""
    script = request_context().preferences["script"]
    return [in_script(teaser, script) for teaser in teasers]


def render_page(
    template: str, version: str, build: Callable[[], dict[str, Any]], cache_control: str = "", *, is_dated: bool = True
) -> Response:
    """The conditional response with a page. *build* returns the variables of *template*; *version* must change whenever
    they change.

    Set *is_dated* to False for a page that also changes for reasons outside the catalog: it has no Last-Modified.
    """
    representation = Representation(
        version=version_of(
            template, version, services().render.build_id, request_context().variant, shown_site().version
        ),
        changed_at=services().catalog.changed_at if is_dated else None,
        cache_control=cache_control or request_context().cache_control,
        vary=VARY,
    )
    return conditional_response(representation, lambda: weighed(render_template(template, **build())))


def init_app(app: Flask) -> None:
    settings = app.extensions["reader"].settings
    styles = InlineStyles(settings.static / "css")

    def style(*names: str) -> Markup:
        return styles(*names) + styles.of_choices(request_context().classes)

    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {
        "iri": iri,
        "format_iso": format_iso,
        "is_dated": is_dated,
        "format_minute": format_minute,
        "kilobytes": kilobytes,
        "direction": direction_of,
    }
    environment.filters["news_language"] = news_language
    environment.globals |= {
        "urls": urls,
        "below_prefix": below_prefix,
        "style": style,
        "body_style": styles.of_body,
        "theme_colors": theme_colours,
    }
    app.context_processor(lambda: _context())


def _context() -> dict[str, Any]:
    """The variables of every page. Listings have no ``crumbs`` unless they set them."""
    site = shown_site()
    names = {
        "this_site": site,
        "site_name": site.name,
        "accent_style": accent_style(site.accent, request_context().classes),
        "icon_colour": icon_colour(site.accent),
    }
    return {"request_context": request_context(), "weight": WEIGHT_PLACEHOLDER, "crumbs": [], **names}


_ENCODED_CHARACTER = re.compile(r"%(?:[CD]|E\w%[89AB]|F\w%[89AB]\w%[89AB])\w%[89AB][0-9A-F]", re.ASCII)
"""A percent-encoded character that is not ASCII: two to four bytes (RFC 3629)."""


@lru_cache(maxsize=4096)
def iri(path: str) -> str:
    """*path* with readable characters instead of percent-encoded ones (RFC 3987), which makes pages smaller.

    ASCII stays encoded: ``<``, ``{`` and ``\\`` are no part of an IRI, and browsers take ``\\`` for ``/``. So do spaces
    and invisible characters.
    """
    return _ENCODED_CHARACTER.sub(_as_character, path)


def _as_character(found: re.Match[str]) -> str:
    with suppress(UnicodeDecodeError):
        text = unquote(found[0], errors="strict")
        return text if text.isprintable() else found[0]
    return found[0]


def format_iso(at: datetime) -> str:
    """ISO 8601 to the minute with UTC offset, for ``<time datetime>``."""
    return at.isoformat(timespec="minutes")


def news_language(language: str) -> str:
    """The language code of news sitemaps: ISO 639, but zh-cn and zh-tw for Chinese."""
    first, *_ = language.lower().split("-")
    return {"hans": "zh-cn", "hant": "zh-tw"}.get(script_of(language), first)
