"""The Chinese scripts in which articles are available, and the script of a language tag."""

from __future__ import annotations

from ..i18n import TRADITIONAL

SCRIPTS = {"hans": "zh-Hans", "hant": "zh-Hant", "hant-hk": "zh-Hant-HK"}
"""Our name of each script, and the BCP 47 tag of text converted to it.

``hant`` uses the forms of Taiwan (裡, 為, 著), ``hant-hk`` those of Hong Kong (裏, 為, 着)."""


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
    """Whether text in *language* must be converted for *script*. Traditional text is never converted to Traditional."""
    return script in SCRIPTS and script_of(language) not in ("", script_of(SCRIPTS[script]))
