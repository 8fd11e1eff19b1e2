"""Formulas as drawings, for renderers that don't lay out MathML (WeasyPrint). Drawn by ziamath with STIX Two Math.

Only exports import ziamath: it loads a font. Text in a formula is set in the serif face of the PDF, which has Han.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from ..chinese import has_han
from ..sanitizer import in_one_line
from .body_tree import MATHML, Body

_FONTS = Path(__file__).resolve().parent / "fonts"
_FONT = "STIX Two Math, with the faces of the PDF"
SPOKEN = "\u2061"
"""Before the words and the TeX of a drawing in its alternative text: ``tagged_pdf`` takes them apart."""
_SIZE = 10.0
"""Units of the drawing in one em."""
_VIEW = re.compile(r'viewBox="\S+ (\S+) (\S+) (\S+)"')
_SIGNS = {"\u0332": "\u2015", "\u20d7": "\u2192"}
"""Combining signs over or under a group, and the signs that ziamath stretches."""
_VARIATION = re.compile("[\ufe00-\ufe0f]")
_WIDEST = 2.5
"""Of a line: a drawing that must be reduced further is replaced by its TeX, which is readable."""
_LONGEST = 60_000
"""Characters of MathML: about 5,000 of TeX, two seconds."""


@dataclass(frozen=True)
class Drawing:
    """An SVG. ``width`` and ``depth``, what is below the baseline, are in em."""

    svg: bytes
    width: float
    depth: float

    @property
    def name(self) -> str:
        return f"formula-{hashlib.sha256(self.svg).hexdigest()[:16]}.svg"


def draw_formulas(body: Body, prefix: str, room: float = 40) -> dict[str, bytes]:
    """Replaces each formula with a picture, with its words and its TeX. Returns the pictures by name.

    *prefix* is that of their addresses, *room* the width of a line in em. A formula that can't be drawn, or would be
    too small to read, is replaced by its TeX.
    """
    drawn: dict[str, bytes] = {}
    for formula in list(body.root.iter("math")):
        drawing = drawing_of(etree.tostring(_prepared(formula), encoding="unicode", with_tail=False))
        if drawing and drawing.width <= _WIDEST * room:
            drawn[drawing.name] = drawing.svg
            _replace_by_image(formula, drawing, prefix)
        else:
            _replace(formula, "code", formula.get("alttext", ""))
    return drawn


def _replace_by_image(formula: HtmlElement, drawing: Drawing, prefix: str) -> None:
    display = formula.get("display") == "block"
    tex = formula.get("alttext", "")
    words = in_one_line(etree.tostring(formula, encoding="unicode", method="html", with_tail=False))
    _replace(formula, "img", "")
    style = "display:block;margin:.6em auto" if display else f"vertical-align:{-drawing.depth:.3f}em"
    formula.set("src", prefix + drawing.name)
    formula.set("alt", f"{SPOKEN}{words}{SPOKEN}{tex}")
    formula.set("style", f"width:{drawing.width:.3f}em;height:auto;{style}")


def _replace(formula: HtmlElement, tag: str, text: str) -> None:
    tail = formula.tail
    formula.clear()
    formula.tag, formula.text, formula.tail = tag, text, tail


def _prepared(formula: HtmlElement) -> HtmlElement:
    """A copy as ziamath reads it."""
    copy = deepcopy(formula)
    copy.tail = None
    copy.attrib.pop("alttext", None)
    copy.set("xmlns", MATHML)
    for element in copy.iter():
        text = element.text or ""
        if element.tag in ("mi", "mn", "mo", "ms") and has_han(text):
            element.tag = "mtext"
        elif text in _SIGNS:
            element.text = _SIGNS[text]
        elif _VARIATION.search(text):
            element.text = _VARIATION.sub("", text)
        if side := element.attrib.pop("class", None):
            element.set("columnalign", side)
    return copy


@lru_cache(500)
def drawing_of(mathml: str) -> Drawing | None:
    """The drawing of a formula; None if it can't be drawn."""
    if len(mathml) > _LONGEST:
        return None
    try:
        svg = _ziamath().Math(mathml, size=_SIZE, font=_FONT).svg()
    except Exception:  # noqa: BLE001  ziamath documents no errors; a formula must not cost the document
        return None
    view = _VIEW.search(svg)
    if not view:
        return None
    top, width, height = map(float, view.groups())
    return Drawing(svg.encode(), width / _SIZE, (top + height) / _SIZE)


@cache
def _ziamath() -> Any:
    """ziamath, whose font lends the glyphs that it lacks from the faces of the PDF."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # ziamath 0.13: importlib.resources.path
        import ziamath
        from ziafont.font import Font
        from ziamath import mathfont, zmath
        from ziamath.config import config

    class MathFont(mathfont.MathFont):
        faces = tuple(Font(str(_FONTS / name)) for name in ("serif.ttf", "world.ttf"))

        def findglyph(self, char: str, variant: Any) -> Any:
            """The glyph of *char*, of this font or of the first that has it."""
            if self.glyphindex(char):
                return super().findglyph(char, variant)
            return next((face.glyph(char) for face in self.faces if face.glyphindex(char)), self.glyph(char))

    config.svg2 = False
    zmath.loadedfonts[_FONT] = MathFont(zmath.loadedfonts["default"].fname or "")
    return ziamath
