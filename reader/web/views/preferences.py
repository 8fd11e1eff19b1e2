"""The reader's preferences: a form that works without script, kept in one cookie and nowhere else."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...i18n import N_
from ..rendering import render_page
from ..request_context import CHOICES, COOKIE, DEFAULTS, Preferences, request_context
from ..responses import PRIVATE

bp = Blueprint("preferences", __name__)

_OURS = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f]*")
"""A path on this site. ``//host``, ``/\\host`` and what browsers make of these lead elsewhere (URL standard, 4.4)."""

YEAR_SECONDS = 365 * 24 * 3600

ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "size": (
        N_("Text size"),
        {"s1": N_("Smallest"), "s2": N_("Small"), "s3": N_("Medium"), "s4": N_("Large"), "s5": N_("Largest")},
    ),
    "theme": (
        N_("Colors"),
        {"system": N_("Same as device"), "light": N_("Light"), "dark": N_("Dark"), "sepia": N_("Sepia")},
    ),
    "face": (N_("Typeface"), {"sans": N_("Sans serif"), "serif": N_("Serif")}),
    "pictures": (N_("Pictures"), {"shown": N_("Show"), "text": N_("Text only; tap to load pictures")}),
    "script": (
        N_("Chinese characters"),
        {"written": N_("As published"), "hans": N_("Simplified"), "hant": N_("Traditional")},
    ),
    "mode": (N_("Large print"), {"normal": N_("Off"), "large": N_("Large print for older readers")}),
    "language": (
        N_("Interface language"),
        {"browser": N_("Same as browser"), "zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"},
    ),
}
"""Each row of the form, and its choices in the order shown."""


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Row:
    name: str
    label: str
    choices: tuple[Choice, ...]


@bp.get(urls.PREFERENCES)
def preferences() -> Response:
    back = back_of(request.args)

    def build() -> dict[str, Any]:
        return {"rows": rows_of(request_context().preferences), "back": back}

    return render_page("preferences.html", back, build, PRIVATE)


@bp.post(urls.PREFERENCES)
def choose() -> WerkzeugResponse:
    """Keeps what was chosen, and leads back to where the reader was (RFC 9110 15.4.4)."""
    chosen = preferences_from(request.form, request_context().preferences)
    response = redirect(back_of(request.form), 303)
    response.headers["Cache-Control"] = "no-store"
    if chosen == DEFAULTS:
        response.delete_cookie(COOKIE, samesite="Lax")
    else:
        response.set_cookie(COOKIE, str(chosen), max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    return response


def preferences_from(form: MultiDict[str, str], held: Preferences) -> Preferences:
    """What the form says over what was *held*; a row it leaves out, or an unknown value, stays as it is."""
    known = {row: form[row] for row in asdict(held) if form.get(row) in CHOICES[row]}
    return replace(held, **known)


def back_of(values: MultiDict[str, str]) -> str:
    """An address of ours to return to: as asked for, else where the link was, else home. Never another site."""
    candidates = (values.get("back", ""), _referring_page())
    return next((candidate for candidate in candidates if _OURS.fullmatch(candidate)), urls.HOME)


def _referring_page() -> str:
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.host or parts.path == urls.PREFERENCES:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def rows_of(held: Preferences) -> list[Row]:
    return [
        Row(name, gettext(label), tuple(_choice(value, text, asdict(held)[name]) for value, text in choices.items()))
        for name, (label, choices) in ROWS.items()
    ]


def _choice(value: str, label: str, held: str) -> Choice:
    return Choice(value, gettext(label), value == held)
