"""Draws formulas as SVG with ziamath and STIX Two Math, for renderers without MathML support (WeasyPrint).

Only exports import ziamath, because it loads a font. Text in a formula uses the serif font of the PDF, which has
Chinese characters.
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
"""Precedes the text and the TeX of a formula in its alternative text, so that ``tagged_pdf`` can separate them."""
_SIZE = 10.0
"""Units of the drawing in one em."""
_VIEW = re.compile(r'viewBox="\S+ (\S+) (\S+) (\S+)"')
_SIGNS = {"\u0332": "\u2015", "\u20d7": "\u2192"}
"""Combining signs over or under a group, and the corresponding signs that ziamath can stretch."""
_VARIATION = re.compile("[\ufe00-\ufe0f]")
_WIDEST = 2.5
"""The largest width of a drawing relative to the line. A wider one would be too small to read; TeX replaces it."""
_LONGEST = 60_000
"""The limit of characters of MathML: about 5,000 characters of TeX, which take two seconds."""


@dataclass(frozen=True)
class Drawing:
    """A formula as SVG. ``width``, and ``depth`` below the baseline, are in em."""

    svg: bytes
    width: float
    depth: float

    @property
    def name(self) -> str:
        return f"formula-{hashlib.sha256(self.svg).hexdigest()[:16]}.svg"


def draw_formulas(body: Body, prefix: str, room: float = 40) -> dict[str, bytes]:
    """Replaces each formula by a picture, whose alternative text has the text and the TeX of the formula. Returns the
    pictures by name.

    *prefix* is the prefix of the pictures' addresses, *room* the width of a line in em. A formula that cannot be drawn,
    or would be too small to read, is replaced by its TeX.
    """
    drawn: dict[str, bytes] = {}
    for formula in list(body.root.iter("math")):
        drawing = drawing_of(etree.tostring(_ziamath_input(formula), encoding="unicode", with_tail=False))
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


def _ziamath_input(formula: HtmlElement) -> HtmlElement:
    """A copy of *formula* in the MathML that ziamath supports."""
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
    """The drawing of a formula in MathML; None if it cannot be drawn. Cached."""
    if len(mathml) > _LONGEST:
        return None
    try:
        svg = _ziamath().Math(mathml, size=_SIZE, font=_FONT).svg()
    except Exception:  # noqa: BLE001  ziamath documents no errors; a formula must not prevent the export
        return None
    view = _VIEW.search(svg)
    if not view:
        return None
    top, width, height = map(float, view.groups())
    return Drawing(svg.encode(), width / _SIZE, (top + height) / _SIZE)


@cache
def _ziamath() -> Any:
    """The module ziamath, with a math font that takes missing glyphs from the fonts of the PDF."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # ziamath 0.13: importlib.resources.path
        import ziamath
        from ziafont.font import Font
        from ziamath import mathfont, zmath
        from ziamath.config import config

    class MathFont(mathfont.MathFont):
        faces = tuple(Font(str(_FONTS / name)) for name in ("serif.ttf", "world.ttf"))

        def findglyph(self, char: str, variant: Any) -> Any:
            """The glyph of *char* from this font, or from the first of ``faces`` that has it."""
            if self.glyphindex(char):
                return super().findglyph(char, variant)
            return next((face.glyph(char) for face in self.faces if face.glyphindex(char)), self.glyph(char))

    config.svg2 = False
    zmath.loadedfonts[_FONT] = MathFont(zmath.loadedfonts["default"].fname or "")
    return ziamath
