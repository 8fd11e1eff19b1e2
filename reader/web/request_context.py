"""Who is reading, as far as it changes what we answer: preferences (one cookie), interface language, Save-Data."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from flask import Flask, current_app, g, request
from flask_babel import Babel
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from .. import i18n
from .responses import PRIVATE, PUBLIC

COOKIE = "reader"

CHOICES: dict[str, tuple[str, ...]] = {
    "size": ("s3", "s1", "s2", "s4", "s5"),
    "theme": ("system", "light", "dark", "sepia"),
    "face": ("sans", "serif"),
    "pictures": ("shown", "text"),
    "script": ("written", "hans", "hant"),
    "mode": ("normal", "large"),
    "language": ("browser", "zh-Hans", "zh-Hant", "en"),
}
"""What can be chosen, the default first. A value stands in one row only, so the cookie need not name the row."""

VARY = ("Cookie", "Accept-Language", "Save-Data")
"""The request fields a page depends on, beside Accept-Encoding: all that ``request_context_of`` looks at."""

_ROW_OF = {value: row for row, values in CHOICES.items() for value in values}


@dataclass(frozen=True)
class Preferences:
    """What a reader chose; the cookie holds only what differs from these defaults: ``s4.dark``."""

    size: str = "s3"
    theme: str = "system"
    face: str = "sans"
    pictures: str = "shown"
    script: str = "written"
    mode: str = "normal"
    language: str = "browser"

    def chosen(self) -> Iterator[str]:
        """The values that differ from the default, in row order."""
        return (value for row, value in asdict(self).items() if value != CHOICES[row][0])

    def __str__(self) -> str:
        return ".".join(self.chosen())


DEFAULTS = Preferences()


@lru_cache(maxsize=1024)
def preferences_of(cookie: str) -> Preferences:
    """What a cookie says; values that are not known (an older or a forged cookie) count as the default."""
    values = [value for value in cookie.split(".")[: len(CHOICES)] if value in _ROW_OF]
    return replace(DEFAULTS, **{_ROW_OF[value]: value for value in values})


@dataclass(frozen=True)
class RequestContext:
    """``locale`` is the catalogue of the interface: ``zh_Hans``, ``zh_Hant`` or ``en``."""

    preferences: Preferences
    locale: str
    saves_data: bool = False

    @property
    def language(self) -> str:
        """The interface's BCP 47 tag."""
        return self.locale.replace("_", "-")

    @property
    def classes(self) -> str:
        """The looks chosen, as class names; each has its file in ``static/css/choices/``."""
        p = self.preferences
        looks = {p.size, p.theme, p.face, p.mode}
        return " ".join(value for value in p.chosen() if value in looks)

    @property
    def shows_pictures(self) -> bool:
        return self.preferences.pictures == "shown" and not self.saves_data

    @property
    def variant(self) -> str:
        """Part of every page's ETag: two visits with the same variant get the same bytes."""
        return f"{self.preferences} {self.locale} {'save' if self.saves_data else ''}"

    @property
    def is_public(self) -> bool:
        return self.preferences == DEFAULTS

    @property
    def cache_control(self) -> str:
        """A page shaped by the cookie is its reader's own; all others are everybody's."""
        return PUBLIC if self.is_public else PRIVATE


def request_context_of(cookie: str, accept_language: str, save_data: str, site_language: str) -> RequestContext:
    """The visit behind these request fields; nothing else of a request may shape a public page."""
    preferences = preferences_of(cookie)
    chosen = preferences.language if preferences.language != "browser" else ""
    locale = i18n.catalogue_of(chosen) if chosen else _locale(accept_language, site_language)
    return RequestContext(preferences, locale, save_data.strip().lower() == "on")


@lru_cache(maxsize=1024)
def _locale(accept_language: str, site_language: str) -> str:
    """The visitor's first language that is Chinese or English; else the site's."""
    for tag, quality in parse_accept_header(accept_language, LanguageAccept):
        if quality > 0 and tag.lower().partition("-")[0] in ("zh", "yue", "en"):
            return i18n.catalogue_of(tag)
    return i18n.catalogue_of(site_language)


def cache_key_normalizers(site_language: str) -> dict[str, Callable[[str], Hashable]]:
    """What the fields of VARY come down to, by their WSGI names: all that two public pages can differ in.

    Cookies of others (a whole domain may share its statistics) are none; ours makes a page private.
    """
    return {
        "HTTP_COOKIE": lambda value: value if f"{COOKIE}=" in value else "",
        "HTTP_ACCEPT_LANGUAGE": lambda value: _locale(value, site_language),
        "HTTP_SAVE_DATA": lambda value: value.strip().lower() == "on",
    }


def request_context() -> RequestContext:
    """The visit that is being answered."""
    if "request_context" not in g:
        site_language = current_app.extensions["reader"].settings.language
        g.request_context = request_context_of(
            request.cookies.get(COOKIE, ""),
            request.headers.get("Accept-Language", ""),
            request.headers.get("Save-Data", ""),
            site_language,
        )
    found: RequestContext = g.request_context
    return found


def init_app(app: Flask) -> None:
    folder = app.extensions["reader"].settings.instance / "translations"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    Babel(app, locale_selector=lambda: request_context().locale)
