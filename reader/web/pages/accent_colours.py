"""Adjusts the site's accent colour until it is readable: darker on light backgrounds, lighter on the dark one (WCAG 2.2
1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

LIGHT_PAPERS, DARK_PAPERS = ("#ffffff", "#fdfcfa", "#f4ecd8"), ("#151618",)
"""The ``--paper`` of static/css/reader.css and its choices; a test compares them."""

CONTRAST, LARGE_PRINT_CONTRAST = 4.5, 7.0
DEFAULT = "#8f1d16"
"""The ``--link`` of static/css/reader.css, for a site without an accent."""


@dataclass(frozen=True)
class ThemeColour:
    """A ``<meta name=theme-color>``: the background colour and a media query; the empty query is for all devices."""

    color: str
    media: str = ""


def theme_colours(classes: str) -> tuple[ThemeColour, ...]:
    """The theme colours for the preference *classes*. A browser uses the first whose media query matches."""
    names = set(classes.split())
    large, normal, sepia = LIGHT_PAPERS
    [dark] = DARK_PAPERS
    papers = {"dark": dark, "large": large, "sepia": sepia, "light": normal}
    for name, paper in papers.items():
        if name in names:
            return (ThemeColour(paper),)
    return ThemeColour(dark, "(prefers-color-scheme:dark)"), ThemeColour(normal)


@lru_cache(64)
def accent_style(accent: str, classes: str) -> Markup:
    """The style sheet that sets ``--link`` for the preference *classes*; empty without a colour (``#rrggbb``)."""
    if not accent:
        return Markup("")
    ratio = LARGE_PRINT_CONTRAST if "large" in classes.split() else CONTRAST
    light, dark = readable(accent, LIGHT_PAPERS, ratio), readable(accent, DARK_PAPERS, ratio)
    names = set(classes.split())
    if "dark" in names:
        return Markup(":root{--link:%s}") % dark
    if "large" in names:
        return Markup(":root:not(.dark){--link:%s}") % light
    if names & {"light", "sepia"}:
        return Markup(":root{--link:%s}") % light
    return Markup(":root{--link:%s}@media(prefers-color-scheme:dark){:root{--link:%s}}") % (light, dark)


@lru_cache(64)
def icon_colour(accent: str) -> str:
    """The colour of the icon in a browser tab: *accent*, darkened until it is visible on a light tab."""
    return readable(accent or DEFAULT, LIGHT_PAPERS, CONTRAST)


def readable(colour: str, papers: tuple[str, ...], ratio: float) -> str:
    """*colour*, mixed with the least black or white that reaches the contrast *ratio* on each of *papers*.

    Colours are ``#rrggbb``. Returns black or white if the ratio cannot be reached.
    """
    towards = 0 if luminance(papers[0]) > 0.2 else 255
    parts = _parts(colour)
    for step in range(101):
        mixed = "#" + "".join(f"{round(part + (towards - part) * step / 100):02x}" for part in parts)
        if all(contrast(mixed, paper) >= ratio for paper in papers):
            return mixed
    return mixed


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance, 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
