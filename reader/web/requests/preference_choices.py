"""The table of reader preferences. The form, the cookie, CSS classes and cache keys are derived from it.

To add a preference, add a row to ``PREFERENCES``; views read it as ``request_context().preferences["name"]``. If it
changes the style of pages (``is_style``), a choice can have a style sheet ``static/css/choices/<choice>.css``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ...i18n import N_


@dataclass(frozen=True)
class Preference:
    """A row of the table. ``choices`` maps values to msgids, in the order of the form."""

    name: str
    label: str
    choices: Mapping[str, str]
    default: str
    is_style: bool = False


_SIZES = {"s1": N_("Smallest"), "s2": N_("Small"), "s3": N_("Medium"), "s4": N_("Large"), "s5": N_("Largest")}
_THEMES = {"system": N_("Same as device"), "light": N_("Light"), "dark": N_("Dark"), "sepia": N_("Sepia")}
_FACES = {"sans": N_("Sans serif"), "serif": N_("Serif")}
_PICTURES = {"shown": N_("Show"), "text": N_("Text only; tap to load pictures")}
_LISTS = {"rich": N_("Pictures and summaries"), "titles": N_("Headlines only")}
_SCRIPTS = {
    "written": N_("As published"),
    "hans": N_("Simplified"),
    "hant": N_("Traditional (Taiwan)"),
    "hant-hk": N_("Traditional (Hong Kong)"),
}
_MODES = {"normal": N_("Off"), "large": N_("Large print for older readers")}
_KEYS = {"keys": N_("“/” opens search"), "nokeys": N_("Off")}
_LANGUAGES = {"browser": N_("Same as browser"), "zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}

_TABLE = (
    Preference("size", N_("Text size"), _SIZES, "s3", is_style=True),
    Preference("theme", N_("Colors"), _THEMES, "system", is_style=True),
    Preference("face", N_("Typeface"), _FACES, "sans", is_style=True),
    Preference("pictures", N_("Pictures"), _PICTURES, "shown"),
    Preference("lists", N_("Lists"), _LISTS, "rich"),
    Preference("script", N_("Chinese characters"), _SCRIPTS, "written"),
    Preference("mode", N_("Large print"), _MODES, "normal", is_style=True),
    Preference("shortcut", N_("Keyboard shortcut"), _KEYS, "keys"),
    Preference("language", N_("Interface language"), _LANGUAGES, "browser"),
)
PREFERENCES = {preference.name: preference for preference in _TABLE}
"""By name, in the order of the form. Values are unique across preferences, so the cookie holds only values."""


@dataclass(frozen=True)
class Preferences:
    """The values that differ from the defaults, in table order. ``str()`` is the cookie's value: ``s4.dark``."""

    chosen: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        choices = PREFERENCES[name].choices
        return next((value for value in self.chosen if value in choices), PREFERENCES[name].default)

    def __str__(self) -> str:
        return ".".join(self.chosen)

    @property
    def classes(self) -> str:
        """The CSS classes of choices that change the style of pages."""
        styles = {value for preference in _TABLE if preference.is_style for value in preference.choices}
        return " ".join(value for value in self.chosen if value in styles)

    def changed(self, values: Iterable[str]) -> Preferences:
        """A copy with *values*, each replacing the choice of its preference. Unknown values are ignored."""
        latest = {owner.name: value for value in (*self.chosen, *values) if (owner := _owner_of(value))}
        selected = (latest.get(preference.name, preference.default) for preference in _TABLE)
        pairs = zip(selected, _TABLE, strict=True)
        return Preferences(tuple(value for value, owner in pairs if value != owner.default))


DEFAULTS = Preferences()


@lru_cache(maxsize=1024)
def preferences_of(cookie: str) -> Preferences:
    """Parses the cookie's value. Unknown values are ignored."""
    return DEFAULTS.changed(cookie.split(".")[: len(_TABLE)])


def _owner_of(value: str) -> Preference | None:
    return next((preference for preference in _TABLE if value in preference.choices), None)
