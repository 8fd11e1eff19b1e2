"""Converts text, HTML and articles between Simplified and Traditional Chinese (简体, 繁體).

Uses the phrase dictionaries of OpenCC, so that 头发 and 发展 become 頭髮 and 發展. They take some 30 MB of memory and
are loaded at first use; converting an article then takes about a millisecond.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache
from typing import TypeVar

import opencc
from markupsafe import Markup

from ..i18n import TRADITIONAL
from ..models import Article, Teaser
from ..site_identity import Channel, Site, TextLink

SCRIPTS = {"hans": "t2s", "hant": "s2tw"}
"""Our name of each script, and OpenCC's name of the conversion. Traditional is that of Taiwan (裡, 為)."""

_SHOWN = {"title", "kicker", "subtitle", "summary", "source", "editor"}
_SHOWN_LISTS = {"section", "byline", "tags"}
_TAG_OR_TEXT = re.compile(r"(<[^>]*>)")

Shown = TypeVar("Shown", Article, Teaser)


def script_of(language: str) -> str:
    """``hans`` or ``hant`` for Chinese, from its BCP 47 tag; empty for any other language."""
    first, *rest = language.lower().split("-")
    if first not in ("zh", "yue"):
        return ""
    return "hant" if TRADITIONAL & set(rest) else "hans"


def other_script(language: str) -> str:
    """The other Chinese script; empty for other languages."""
    return {"hans": "hant", "hant": "hans"}.get(script_of(language), "")


def needs_change(language: str, script: str) -> bool:
    return script in SCRIPTS and script_of(language) not in ("", script)


def convert(text: str, script: str) -> str:
    return str(_converter(script).convert(text))


def convert_html(body: Markup, script: str) -> Markup:
    """Converts the text between tags. Tags are unchanged, so that links and ids stay valid."""
    parts = _TAG_OR_TEXT.split(body)
    return Markup("".join(part if part.startswith("<") else convert(part, script) for part in parts))  # noqa: S704


def in_script(item: Shown, script: str) -> Shown:
    """*item* in *script*, with its slug and version unchanged; the same object if no conversion is needed."""
    if not needs_change(item.language, script):
        return item
    changed: dict[str, object] = {"language": f"zh-{script.capitalize()}"}
    for f in fields(item):
        value = getattr(item, f.name)
        if f.name in _SHOWN:
            changed[f.name] = convert(value, script)
        elif f.name in _SHOWN_LISTS:
            changed[f.name] = tuple(convert(name, script) for name in value)
        elif f.name == "body":
            changed[f.name] = convert_html(value, script)
    return replace(item, **changed)  # type: ignore[arg-type]  # the names are those of the fields of the class


def site_in_script(site: Site, script: str) -> Site:
    """*site* in *script*, except the names of its sections and the numbers of its records, which are official."""
    if script not in SCRIPTS:
        return site

    def shown(links: tuple[TextLink, ...]) -> tuple[TextLink, ...]:
        return tuple(replace(link, text=convert(link.text, script)) for link in links)

    def followed(channel: Channel) -> Channel:
        return replace(channel, name=convert(channel.name, script))

    return replace(
        site,
        **{name: convert(getattr(site, name), script) for name in ("name", "tagline", "copyright")},  # type: ignore[arg-type]
        **{name: shown(getattr(site, name)) for name in ("licences", "contact", "report", "pages")},  # type: ignore[arg-type]
        follow=tuple(map(followed, site.follow)),
    )


@cache
def _converter(script: str) -> opencc.OpenCC:
    return opencc.OpenCC(SCRIPTS[script])
