"""The request properties that change a page: preferences (a cookie), interface language, Save-Data."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, request
from flask_babel import Babel, get_translations
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header, parse_cookie

from ... import i18n
from ...chinese.scripts import SCRIPTS
from ..http_responses.responses import PRIVATE, PUBLIC
from .preference_choices import DEFAULTS, Preferences, preferences_of

COOKIE = "reader"
AUTHOR_COOKIE = "comment"
"""Of who has commented, sent to the pages of that article's comments only."""

VARY = ("Cookie", "Accept-Language", "Save-Data")
"""The request fields that pages depend on besides Accept-Encoding; ``request_context_of`` reads these only."""


@dataclass(frozen=True)
class RequestContext:
    """Preferences and client hints of a request. ``locale`` (interface): ``zh_Hans``, ``zh_Hant`` or ``en``."""

    preferences: Preferences
    locale: str
    saves_data: bool = False

    @property
    def language(self) -> str:
        """The BCP 47 tag of the interface."""
        return self.locale.replace("_", "-")

    @property
    def classes(self) -> str:
        """The CSS classes of the page for style preferences."""
        return self.preferences.classes

    @property
    def shows_pictures(self) -> bool:
        return self.preferences["pictures"] == "shown" and not self.saves_data

    @property
    def shows_only_titles(self) -> bool:
        """In lists: no summaries, pictures, times and sections."""
        return self.preferences["lists"] == "titles"

    @property
    def shows_pictures_in_lists(self) -> bool:
        return self.shows_pictures and not self.shows_only_titles

    @property
    def variant(self) -> str:
        """Part of every page's ETag: requests with the same variant get the same bytes."""
        return f"{self.preferences} {self.locale} {'save' if self.saves_data else ''}"

    @property
    def is_public(self) -> bool:
        return self.preferences == DEFAULTS

    @property
    def cache_control(self) -> str:
        """Private if the preferences cookie changes the page, else public."""
        return PUBLIC if self.is_public else PRIVATE


def request_context_of(
    cookie: str, accept_language: str, save_data: str, site_language: str, script: str = ""
) -> RequestContext:
    """The context of these request fields, and of *script* (``?script=``). Nothing else may change a public page."""
    preferences = preferences_of(cookie)
    language = preferences["language"]
    if language == "browser":
        locale = _in_script(_locale(accept_language, site_language), script or preferences["script"])
    else:
        locale = i18n.catalogue_of(language)
    return RequestContext(preferences, locale, save_data.strip().lower() == "on")


def _in_script(locale: str, script: str) -> str:
    """A Chinese interface is in the characters that were chosen for the articles."""
    return i18n.catalogue_of(SCRIPTS[script]) if script in SCRIPTS and locale != "en" else locale


@lru_cache(maxsize=1024)
def _locale(accept_language: str, site_language: str) -> str:
    """The locale of the first Chinese or English language in Accept-Language; else that of the site."""
    for tag, quality in parse_accept_header(accept_language, LanguageAccept):
        if quality > 0 and tag.lower().partition("-")[0] in ("zh", "yue", "en"):
            return i18n.catalogue_of(tag)
    return i18n.catalogue_of(site_language)


def cache_key_normalizers(site_language: str, is_author: Callable[[str], bool]) -> dict[str, Callable[[str], Hashable]]:
    """Functions that normalize the fields that responses vary by for the cache key, by WSGI name.

    Values that give the same response give the same key, so that a visitor cannot have one page built again and again.
    Cookies of other applications are ignored; ours makes a page private unless it chooses nothing. *is_author* tells
    whether the value of AUTHOR_COOKIE is one that this site has signed; it must not wait.
    """
    return {
        "HTTP_COOKIE": lambda value: _chosen_in(value, is_author),
        "HTTP_SEC_FETCH_DEST": lambda value: value if value in ("", "document") else "other",
        "HTTP_UPGRADE_INSECURE_REQUESTS": lambda value: value == "1",
        "HTTP_ACCEPT_LANGUAGE": lambda value: _locale(value, site_language),
        "HTTP_SAVE_DATA": lambda value: value.strip().lower() == "on",
    }


def _chosen_in(cookies: str, is_author: Callable[[str], bool]) -> str:
    """The preferences in the Cookie field; empty for the defaults. Authors of comments get pages of their own, but a
    cookie that was made up is none: else anybody could have a page built at each request."""
    if f"{COOKIE}=" not in cookies and f"{AUTHOR_COOKIE}=" not in cookies:
        return ""
    found = parse_cookie(cookies)
    preferences = str(preferences_of(found.get(COOKIE, ""))) if f"{COOKIE}=" in cookies else ""
    return f"{preferences} author" if is_author(found.get(AUTHOR_COOKIE, "")) else preferences


def request_context() -> RequestContext:
    """The context of the current request."""
    found: RequestContext | None = g.get("request_context")  # each access of g repeats its lookup
    if found is None:
        site_language = current_app.extensions["reader"].settings.language
        found = g.request_context = request_context_of(
            request.cookies.get(COOKIE, ""),
            request.headers.get("Accept-Language", ""),
            request.headers.get("Save-Data", ""),
            site_language,
            request.args.get("script", ""),
        )
    return found


def init_app(app: Flask) -> None:
    folder = app.extensions["reader"].settings.instance / "translations"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    Babel(app, locale_selector=lambda: request_context().locale)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of the i18n extension
        lambda text: message_catalogue().ugettext(text),
        lambda one, many, count: message_catalogue().ungettext(one, many, count),
        newstyle=True,
    )


def gettext(text: str, **values: object) -> str:
    """*text* in the language of the request, with *values* in it."""
    translated: str = message_catalogue().ugettext(text)
    return translated % values if values else translated


def message_catalogue() -> Any:
    """The catalogue of the current request. flask-babel's own callables choose the locale again for each text."""
    found = g.get("translations")  # each access of g repeats its lookup
    if found is None:
        found = g.translations = get_translations()
    return found
