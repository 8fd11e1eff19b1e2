"""Articles, teasers and a site's own text in Simplified or Traditional Chinese (简体, 繁體)."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TypeVar

from ..models import Article, Teaser
from ..site_identity import Channel, Site, TextLink
from .html_conversion import convert_html
from .scripts import SCRIPTS, needs_change
from .text_conversion import NO_TERMS, Terms, convert

_SHOWN = {"title", "kicker", "subtitle", "summary", "source"}
_SHOWN_LISTS = {"section", "tags"}
"""The names of people (byline, editor) stay as they are written: OpenCC makes 餘華 of 余华, and 範曾 of 范曾."""

_SEPARATOR = re.compile(r"[\s、，,;；]+")

Shown = TypeVar("Shown", Article, Teaser)


def terms_of(site: Site) -> Terms:
    """The words and names of the site's settings file."""
    return Terms(site.conversion_words, site.conversion_names)


def in_script(item: Shown, script: str, terms: Terms = NO_TERMS) -> Shown:
    """*item* in *script*, with its slug and version unchanged; the same object if no conversion is needed.

    Names of its reporters and editor that a conversion could spoil stay in its text, too.
    """
    if not needs_change(item.language, script):
        return item
    if isinstance(item, Article):
        terms = terms.with_names((*item.byline, *_SEPARATOR.split(item.editor)))
    changed: dict[str, object] = {"language": SCRIPTS[script]}
    for f in fields(item):
        value = getattr(item, f.name)
        if f.name in _SHOWN:
            changed[f.name] = convert(value, script, terms)
        elif f.name in _SHOWN_LISTS:
            changed[f.name] = tuple(convert(name, script, terms) for name in value)
        elif f.name == "corrections":
            changed[f.name] = tuple(replace(one, text=convert(one.text, script, terms)) for one in value)
        elif f.name == "body":
            changed[f.name] = convert_html(value, script, terms)
    return replace(item, **changed)  # type: ignore[arg-type]  # the names are those of the fields of the class


def site_in_script(site: Site, script: str) -> Site:
    """*site* in *script*, except the names of its sections and the numbers of its records, which are official."""
    if script not in SCRIPTS:
        return site
    terms = terms_of(site)

    def shown(links: tuple[TextLink, ...]) -> tuple[TextLink, ...]:
        return tuple(replace(link, text=convert(link.text, script, terms)) for link in links)

    def followed(channel: Channel) -> Channel:
        return replace(channel, name=convert(channel.name, script, terms))

    return replace(
        site,
        **{name: convert(getattr(site, name), script, terms) for name in ("name", "tagline", "copyright")},  # type: ignore[arg-type]
        **{name: shown(getattr(site, name)) for name in ("licences", "contact", "report", "pages")},  # type: ignore[arg-type]
        follow=tuple(map(followed, site.follow)),
    )
