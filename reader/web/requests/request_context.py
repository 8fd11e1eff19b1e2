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
from ..http_responses.conditional_responses import PRIVATE, PUBLIC
from .preference_choices import DEFAULTS, Preferences, preferences_of

COOKIE = "reader"
AUTHOR_COOKIE = "comment"
"""The cookie of a comment's author. Browsers send it only to the comment pages of that article."""

VARY = ("Cookie", "Accept-Language", "Save-Data")
"""The request fields that pages depend on besides Accept-Encoding. ``request_context_of`` reads only these."""


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
        """Whether lists omit summaries, pictures, times and sections."""
        return self.preferences["lists"] == "titles"

    @property
    def shows_pictures_in_lists(self) -> bool:
        return self.shows_pictures and not self.shows_only_titles

    @property
    def variant(self) -> str:
        """A part of every page's ETag. Requests with the same variant receive the same bytes."""
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
    """The context for these request fields and *script* (``?script=``). Public pages depend on no other input."""
    preferences = preferences_of(cookie)
    language = preferences["language"]
    if language == "browser":
        locale = _in_script(_locale(accept_language, site_language), script or preferences["script"])
    else:
        locale = i18n.catalogue_of(language)
    return RequestContext(preferences, locale, save_data.strip().lower() == "on")


def _in_script(locale: str, script: str) -> str:
    """*locale*; a Chinese locale is replaced by the one for *script*, the script chosen for articles."""
    return i18n.catalogue_of(SCRIPTS[script]) if script in SCRIPTS and locale != "en" else locale


@lru_cache(maxsize=1024)
def _locale(accept_language: str, site_language: str) -> str:
    """The locale of the first Chinese or English language in Accept-Language, else the site's locale."""
    for tag, quality in parse_accept_header(accept_language, LanguageAccept):
        if quality > 0 and tag.lower().partition("-")[0] in ("zh", "yue", "en"):
            return i18n.catalogue_of(tag)
    return i18n.catalogue_of(site_language)


def cache_key_normalizers(site_language: str, is_author: Callable[[str], bool]) -> dict[str, Callable[[str], Hashable]]:
    """Functions, by WSGI name, that normalize the request fields in Vary for the cache key.

    Values that lead to the same response have the same key, so that a visitor cannot force one page to be rebuilt.
    Cookies of other applications are ignored. Our cookie makes a page private unless it contains only defaults.
    *is_author* returns whether this site signed the given value of AUTHOR_COOKIE. It must not block.
    """
    return {
        "HTTP_COOKIE": lambda value: _cookie_key(value, is_author),
        "HTTP_SEC_FETCH_DEST": lambda value: value if value in ("", "document") else "other",
        "HTTP_UPGRADE_INSECURE_REQUESTS": lambda value: value == "1",
        "HTTP_ACCEPT_LANGUAGE": lambda value: _locale(value, site_language),
        "HTTP_SAVE_DATA": lambda value: value.strip().lower() == "on",
    }


def _cookie_key(cookies: str, is_author: Callable[[str], bool]) -> str:
    """The preferences in the Cookie field, and whether it identifies an author of comments. Empty for the defaults.

    Pages for authors have their own key. A forged author cookie is ignored. Otherwise any client could force a page to
    be built for each request."""
    if COOKIE not in cookies and AUTHOR_COOKIE not in cookies:
        return ""
    found = parse_cookie(cookies)  # as Flask: it also reads ``reader =dark``
    preferences = str(preferences_of(found[COOKIE])) if COOKIE in found else ""
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
    """*text* translated to the language of the request, with its placeholders replaced by *values*."""
    translated: str = message_catalogue().ugettext(text)
    return translated % values if values else translated


def message_catalogue() -> Any:
    """The catalogue of the current request. flask-babel's own callables select the locale again for each text."""
    found = g.get("translations")  # each access of g repeats its lookup
    if found is None:
        found = g.translations = get_translations()
    return found
