"""Converts articles, teasers and a site's own text between Simplified and Traditional Chinese (简体, 繁體)."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TypeVar

from ..models import Article, Teaser
from ..site_identity import Channel, Site, TextLink
from .html_conversion import convert_html
from .scripts import SCRIPTS, needs_change
from .text_conversion import NO_TERMS, Terms, convert

_TEXT_FIELDS = {"title", "kicker", "subtitle", "summary", "source"}
_LIST_FIELDS = {"section", "tags"}
"""The lists to convert. Names of people (byline, editor) are unchanged: OpenCC converts 余华 to 餘華, 范曾 to 範曾."""

_SEPARATOR = re.compile(r"[\s、，,;；]+")

Shown = TypeVar("Shown", Article, Teaser)


def terms_of(site: Site) -> Terms:
    """The words and names in the site's settings file."""
    return Terms(site.conversion_words, site.conversion_names)


def in_script(item: Shown, script: str, terms: Terms = NO_TERMS) -> Shown:
    """*item* in *script*, a key of ``SCRIPTS``. Its slug and version are unchanged.

    Returns the same object if no conversion is needed. Names of reporters and editors are unchanged in the text, too,
    if a conversion could change them wrongly.
    """
    if not needs_change(item.language, script):
        return item
    if isinstance(item, Article):
        terms = terms.with_names((*item.byline, *_SEPARATOR.split(item.editor)))
    changed: dict[str, object] = {"language": SCRIPTS[script]}
    for f in fields(item):
        value = getattr(item, f.name)
        if f.name in _TEXT_FIELDS:
            changed[f.name] = convert(value, script, terms)
        elif f.name in _LIST_FIELDS:
            changed[f.name] = tuple(convert(name, script, terms) for name in value)
        elif f.name == "corrections":
            changed[f.name] = tuple(replace(one, text=convert(one.text, script, terms)) for one in value)
        elif f.name == "body":
            changed[f.name] = convert_html(value, script, terms)
    return replace(item, **changed)  # type: ignore[arg-type]  # the names are those of the fields of the class


def site_in_script(site: Site, script: str) -> Site:
    """*site* in *script*, except the names of its sections and its registration numbers, which are official."""
    if script not in SCRIPTS:
        return site
    terms = terms_of(site)

    def convert_links(links: tuple[TextLink, ...]) -> tuple[TextLink, ...]:
        return tuple(replace(link, text=convert(link.text, script, terms)) for link in links)

    def convert_channel(channel: Channel) -> Channel:
        return replace(channel, name=convert(channel.name, script, terms))

    return replace(
        site,
        **{name: convert(getattr(site, name), script, terms) for name in ("name", "tagline", "copyright")},  # type: ignore[arg-type]
        **{name: convert_links(getattr(site, name)) for name in ("licences", "contact", "report", "pages")},  # type: ignore[arg-type]
        follow=tuple(map(convert_channel, site.follow)),
    )
