r"""Formulas in web pages: MathJax scripts and delimiters, KaTeX, Wikipedia and plain MathML.

Each becomes a mark in the text (``dialects.masking``), which everything that reads pages lets through;
``Masks.restore_formulas`` puts the formula in its place in the finished HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from .dialects.masking import Masks
from .dialects.tex_delimiters import with_formulas
from .mathematics import to_mathml

_OF_SCRIPTS = re.compile(r"math/(?:tex|latex)\b", re.IGNORECASE)
_DRAWN = frozenset(
    ["MathJax", "MathJax_Preview", "MathJax_Display", "MathJax_CHTML", "MathJax_SVG", "MathJax_SVG_Display"]
    + ["katex-html", "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display", "MJX_Assistive_MathML"]
)
"""Classes of elements that repeat a formula for the eye."""
_DISPLAYSTYLE = re.compile(r"\s*\{\\displaystyle (.*)\}\s*", re.DOTALL)
_NOT_READ = frozenset({"pre", "code", "script", "style", "textarea", "kbd", "samp", "title", "head", "math", "svg"})
_WORDPRESS = re.compile(r"\$latex[ \u00a0]([^$]{1,1000})\$")
_SIGNS = re.compile(r"\$|\\")


def mark_formulas(root: HtmlElement, masks: Masks) -> None:
    """Replaces, in place, each formula below *root* with a mark."""
    found = [*_scripts(root), *root.iter("math")]
    if found:
        for element in [drawn for drawn in root.iter() if _is_drawn(drawn)]:
            if not any(True for _ in element.iter("math")) and element.getparent() is not None:
                element.drop_tree()
    for element in found:
        if element.getparent() is not None and not any(True for _ in element.iterancestors("math")):
            _show(element)
            _put(_container_of(element), _mark(element, masks))
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag not in _NOT_READ:
            _read_signs(element, masks)


def _container_of(element: HtmlElement) -> HtmlElement:
    """The element that MathJax 3 and 4 put around the drawn formula and its MathML; else *element*."""
    container = next(element.iterancestors("mjx-container"), None)
    if container is None or sum(1 for _ in container.iter("math")) > 1:
        return element
    if container.get("display") == "true":
        element.set("display", "block")
    return container


def _scripts(root: HtmlElement) -> Iterator[HtmlElement]:
    return (script for script in root.iter("script") if _OF_SCRIPTS.match(script.get("type", "")))


def _is_drawn(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and not _DRAWN.isdisjoint(element.get("class", "").split())


def _mark(element: HtmlElement, masks: Masks) -> str:
    if element.tag == "script":
        return masks.keep_formula(element.text or "", "mode=display" in element.get("type", ""))
    display = element.get("display") == "block"
    tex = _tex_of(element)
    if tex and to_mathml(tex, display=display):
        return masks.keep_formula(tex, display)
    html = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    return masks.keep_formula(html, False)


def _tex_of(element: HtmlElement) -> str:
    """The TeX that stands beside MathML: its annotation, else its alternative text if that is TeX."""
    for annotation in element.iter("annotation"):
        if "tex" in annotation.get("encoding", "").lower():
            return _bare("".join(annotation.itertext()))
    tex = element.get("alttext", "")
    return _bare(tex) if "\\" in tex else ""


def _bare(tex: str) -> str:
    found = _DISPLAYSTYLE.fullmatch(tex)
    return found[1] if found else tex.strip()


def _show(element: HtmlElement) -> None:
    """Wikipedia hides MathML, and shows a picture of it."""
    parent = element.getparent()
    if parent is not None and "none" in parent.get("style", ""):
        del parent.attrib["style"]


def _put(element: HtmlElement, mark: str) -> None:
    """*mark* in place of *element*; a space stays around it only if it was there."""
    element.tail = mark + (element.tail or "")
    parent = element.getparent()
    if parent is not None:
        for child in list(element):
            element.remove(child)
        element.text = None
        element.drop_tree()


def _read_signs(element: HtmlElement, masks: Masks) -> None:
    if element.text and _SIGNS.search(element.text):
        element.text = _with_marks(element.text, masks)
    for child in element:
        if child.tail and _SIGNS.search(child.tail):
            child.tail = _with_marks(child.tail, masks)


def _with_marks(text: str, masks: Masks) -> str:
    text = _WORDPRESS.sub(lambda found: masks.keep_formula(found[1], False), text)
    return with_formulas(text, masks.keep_formula)
