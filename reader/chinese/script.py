"""Simplified and Traditional Chinese (简体, 繁體): text, HTML and whole articles in the script a reader asks for.

By OpenCC's phrase dictionaries, so that 头发 and 发展 become 頭髮 and 發展. Loading them takes some 30 MB, so they
are loaded when first needed; an article then takes about a millisecond.
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

SCRIPTS = {"hans": "t2s", "hant": "s2tw"}
"""What can be asked for, and OpenCC's name for the way there; Traditional is written as in Taiwan (裡, 為)."""

_SHOWN = {"title", "kicker", "subtitle", "summary", "source", "editor"}
_SHOWN_LISTS = {"section", "byline", "tags"}
_TAG_OR_TEXT = re.compile(r"(<[^>]*>)")

Shown = TypeVar("Shown", Article, Teaser)


def script_of(language: str) -> str:
    """``hans`` or ``hant`` for Chinese, by its BCP 47 tag; empty for any other language."""
    first, *rest = language.lower().split("-")
    if first not in ("zh", "yue"):
        return ""
    return "hant" if TRADITIONAL & set(rest) else "hans"


def other_script(language: str) -> str:
    """The script a reader may want instead; empty where there is none."""
    return {"hans": "hant", "hant": "hans"}.get(script_of(language), "")


def needs_change(language: str, script: str) -> bool:
    return script in SCRIPTS and script_of(language) not in ("", script)


def convert(text: str, script: str) -> str:
    return str(_converter(script).convert(text))


def convert_html(body: Markup, script: str) -> Markup:
    """The text between the tags; addresses and names within tags stay, so every link still leads where it did."""
    parts = _TAG_OR_TEXT.split(body)
    return Markup("".join(part if part.startswith("<") else convert(part, script) for part in parts))  # noqa: S704


def in_script(item: Shown, script: str) -> Shown:
    """*item* as it reads in *script*, under its own slug and version; itself if it is so already, or not Chinese."""
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
    return replace(item, **changed)  # type: ignore[arg-type]  # the names come from the class's own fields


@cache
def _converter(script: str) -> opencc.OpenCC:
    return opencc.OpenCC(SCRIPTS[script])
