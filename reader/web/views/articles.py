"""The home page and the article page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from ... import urls
from ...chinese import reading_minutes
from ...chinese.scripts import SCRIPTS, other_script, script_of
from ...errors import BadOption
from ...exports.publications import of_article
from ...i18n import direction_of, name_of_language
from ...models import ALL, Article, Collection, Teaser, fingerprint
from .. import services
from ..article_page.article_body import for_screen, kinds_of, text_of
from ..article_page.responsive_images import ImageSet
from ..article_page.shown_corrections import changed_at, corrections_of
from ..article_page.structured_data import json_ld, scripts_of
from ..commenting.comment_access import comments_link
from ..commenting.webmention_endpoint import with_endpoint
from ..downloads.download_links import estimates_of, export_links
from ..limits.long_page_limits import rendering_slot
from ..pages.current_site import in_script, own_site
from ..pages.headlines import ListedHeadline, headlines_of, with_lead_first
from ..pages.pagination import cursor_of, next_link
from ..pages.rendering import (
    NavigationLink,
    collection_link,
    render_page,
    section_link,
    section_links,
    teaser_link,
    teasers_shown,
    translated_labels,
)
from ..pages.site_sections import top_sections
from ..requests.request_context import gettext, request_context

bp = Blueprint("articles", __name__)

LATEST = 20
GROUP = 4
"""The number of articles per section on the home page, below the latest articles."""


@dataclass(frozen=True)
class SectionGroup:
    """A section on the home page with its newest articles, except those among the latest articles."""

    label: str
    address: str
    headlines: list[ListedHeadline]


@bp.get(urls.HOME)
def home() -> Response:
    catalog = services().catalog
    before = cursor_of(request.args.get("before", ""))

    def build() -> dict[str, Any]:
        teasers = catalog.latest(limit=LATEST, before=before)
        listed = teasers if before else with_lead_first(ALL, teasers)
        sections = top_sections()
        return {
            "headlines": headlines_of(teasers_shown(listed), has_lead=not before),
            "sections": translated_labels([section_link(collection) for collection in sections]),
            "groups": [] if before else groups(sections, listed),
            "older": next_link(urls.HOME, teasers, LATEST),
            "newer": NavigationLink(gettext("Latest"), urls.HOME) if before else None,
        }

    return render_page("home.html", f"{catalog.revision} {before}", build)


def groups(sections: list[Collection], listed: Iterable[Teaser]) -> list[SectionGroup]:
    """The newest articles of each section, without those in *listed*. Omits sections that have no others."""
    above = {teaser.slug for teaser in listed}
    found = []
    for collection in sections:
        teasers = [teaser for teaser in services().catalog.latest(collection, limit=GROUP) if teaser.slug not in above]
        if teasers:
            [link] = translated_labels([section_link(collection)])
            found.append(SectionGroup(link.label, link.address, headlines_of(teasers_shown(teasers), has_lead=False)))
    return found


@bp.get("/a/<slug:slug>")
def article(slug: str) -> Response:
    """The article page. ``?script=hans`` or ``hant`` selects Simplified or Traditional characters and overrides the
    preference."""
    script = requested_script() or request_context().preferences["script"]
    found = services().catalog.article(slug)
    with rendering_slot(found):
        return article_page(found, script)


def article_page(found: Article, script: str) -> Response:
    """The article page with the text converted to *script*."""
    image_set = ImageSet(found)
    context = article_context(found, script)

    def build() -> dict[str, Any]:
        shown_article = in_script(found, script)
        body = for_screen(shown_article.body, image_set.show)
        return {
            "article": shown_article,
            "section": found.section,
            "body": body,
            "corrections": corrections_of(shown_article),
            "kinds": kinds_of(body),
            "pictures_bytes": image_set.size_bytes,
            "all_pictures": image_set.tap_for_all,
            **context,
        }

    version = fingerprint(found.version, script, image_set.version, repr(context))
    return with_endpoint(render_page("article.html", version, build), found)


def label_language(language: str) -> str:
    """The ``lang`` of labels around a text in *language*; empty if both are Chinese in the same script."""
    page_language = request_context().language
    return "" if script_of(language) and script_of(language) == script_of(page_language) else page_language


def translation_links(slug: str) -> list[tuple[str, NavigationLink]]:
    """(language, link) for each language of the article, including its own. The label is the language's own name."""
    found = services().catalog.translations([slug]).get(slug, [])
    return [(tag, NavigationLink(name_of_language(tag), urls.article(other))) for tag, other in found]


def requested_script() -> str:
    """The value of ``?script=``; empty if absent. Raises BadOption."""
    script = request.args.get("script", "")
    if script and script not in SCRIPTS:
        raise BadOption("script", script, list(SCRIPTS))
    return script


def article_context(found: Article, script: str) -> dict[str, Any]:
    """The template variables except the text: breadcrumbs, related articles, downloads, structured data."""
    catalog = services().catalog
    older, newer = catalog.neighbours(found.slug)
    changed = changed_at(found)
    base, labelled = services().settings.base_url, in_script(replace(found, body=found.body[:0]), script)
    return {
        "direction": direction_of(found.language),
        "changed_at": changed,
        "label_language": label_language(labelled.language),
        "minutes": reading_minutes(text_of(found.body)),
        "crumbs": translated_labels(section_links(found.section), script),
        "source": translated_labels([collection_link("source", found.source)], script) if found.source else [],
        "reporters": translated_labels(
            [collection_link("author", name) for name in found.byline], script, names=found.byline
        ),
        "tags": translated_labels([collection_link("tag", name) for name in found.tags], script),
        "related": [teaser_link(in_script(teaser, script)) for teaser in catalog.related(found.slug)],
        "older": teaser_link(in_script(older, script)) if older else None,
        "newer": teaser_link(in_script(newer, script)) if newer else None,
        "comments": comments_link(found),
        "downloads": export_links(of_article(found), estimates_of([found]), other_script(labelled.language)),
        "other_script": other_script(labelled.language),
        "site": base,
        "scripts": scripts_of(found, base),
        "translations": translation_links(found.slug),
        "structured": json_ld(labelled, base, own_site().name, changed),
        "next": "" if request_context().saves_data or not older else urls.article(older.slug),
    }
