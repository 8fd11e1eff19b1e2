"""Validates the fields of an article when its file is read, so that one article cannot break a list of articles.

Sections, tags, reporters and sources have pages of their own: their names are parts of URLs and, in the static site,
names of folders, which have at most 255 bytes (``models.LONGEST_NAME``) and must not be ``..``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..errors import NothingToPublish, UnreadableArticle
from ..i18n import Message
from ..models import LONGEST_SLUG, Draft

LONGEST_TEXTS = {"title": 500, "kicker": 1000, "subtitle": 1000, "summary": 5000, "editor": 200}
"""The longest values of fields, in characters. A printed headline has about thirty."""
MOST_NAMES = {"section": 10, "byline": 100, "tags": 100, "aliases": 100, "images": 200, "corrections": 100}
LONGEST_SECTION = 800
"""In bytes of the whole section path."""
LONGEST_LANGUAGE = 35
"""In characters of a language tag (RFC 5646, 4.4.1)."""
_LONGEST_QUOTE = 40
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates. If one is not closed in a title, it reorders the rest of the line."""


def validate(draft: Draft) -> Draft:
    """*draft* without invisible characters in its fields.

    Raises NothingToPublish without a title, and UnreadableArticle for a value that is too long or an invalid name.
    """
    if not draft.title:
        raise NothingToPublish
    draft = _strip_invisible(draft)
    if not draft.title:
        hint = Message("add title: … to the front matter, or begin with a heading")
        raise UnreadableArticle(Message("no title"), hint)
    for field, most in LONGEST_TEXTS.items():
        _check_length(field, len(getattr(draft, field)), most)
    for field, most in MOST_NAMES.items():
        _check_count(field, len(getattr(draft, field)), most)
    for correction in draft.corrections:
        _check_length("corrections", len(correction.text), LONGEST_TEXTS["kicker"])
    for field in ("section", "byline", "tags"):
        _check_names(field, getattr(draft, field))
    _check_names("source", [draft.source] if draft.source else [])
    _check_bytes("section", "/".join(draft.section), LONGEST_SECTION)
    _check_length("language", len(draft.language), LONGEST_LANGUAGE)
    return draft


def _strip_invisible(draft: Draft) -> Draft:
    visible: dict[str, Any] = {name: _visible_text(getattr(draft, name)) for name in (*LONGEST_TEXTS, "source")}
    visible |= {
        name: tuple(filter(None, map(_visible_text, getattr(draft, name)))) for name in ("section", "byline", "tags")
    }
    visible["corrections"] = tuple(
        replace(one, text=_visible_text(one.text)) for one in draft.corrections if _visible_text(one.text)
    )
    changed = {name: value for name, value in visible.items() if value != getattr(draft, name)}
    return replace(draft, **changed) if changed else draft


def _visible_text(text: str) -> str:
    """*text* without bidi controls; empty if it has no letter, digit, punctuation mark or symbol."""
    if text[:1].isalnum() and text.isprintable() and not text.endswith(" "):  # most texts
        return text
    text = _BIDI.sub("", text).strip()
    return text if any(unicodedata.category(character)[0] not in "CZM" for character in text) else ""


def _check_length(field: str, length: int, most: int) -> None:
    if length > most:
        values = {"field": field, "count": f"{length:,}", "most": f"{most:,}"}
        cause = Message("%(field)s has %(count)s characters; at most %(most)s", **values)
        raise UnreadableArticle(cause, Message("shorten it"))


def _check_count(field: str, count: int, most: int) -> None:
    if count > most:
        values = {"field": field, "count": f"{count:,}", "most": f"{most:,}"}
        cause = Message("%(field)s lists %(count)s; at most %(most)s", **values)
        raise UnreadableArticle(cause, Message("shorten the list"))


def _check_names(field: str, names: Iterable[str]) -> None:
    for name in names:
        _check_bytes(field, name, LONGEST_SLUG)
        if {"", ".", ".."} & set(name.split("/")):
            cause = Message(
                "%(field)s cannot be part of an address: '%(name)s'", field=field, name=name[:_LONGEST_QUOTE]
            )
            raise UnreadableArticle(cause, Message("use another name"))


def _check_bytes(field: str, name: str, most: int) -> None:
    length = len(name.encode())
    if length > most:
        values = {"field": field, "name": f"{name[:_LONGEST_QUOTE]}…", "count": f"{length:,}", "most": f"{most:,}"}
        cause = Message("%(field)s '%(name)s' has %(count)s bytes; at most %(most)s", **values)
        raise UnreadableArticle(cause, Message("shorten it"))
