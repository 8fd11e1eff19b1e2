r"""Finds formulas in web pages: MathJax scripts and delimiters, KaTeX, Wikipedia and plain MathML.

Each formula is replaced by a placeholder in the text (``dialects.masking``), which the code that reads pages does not
change. ``Masks.restore_formulas`` replaces the placeholder by the formula in the resulting HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from ..dialects.masking import Masks
from ..dialects.tex_delimiters import with_formulas
from .mathematics import to_mathml

_SCRIPT_TYPE = re.compile(r"math/(?:tex|latex)\b", re.IGNORECASE)
_RENDERED_CLASSES = frozenset(
    ["MathJax", "MathJax_Preview", "MathJax_Display", "MathJax_CHTML", "MathJax_SVG", "MathJax_SVG_Display"]
    + ["katex-html", "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display", "MJX_Assistive_MathML"]
)
"""Classes of elements that contain only the visual rendering of a formula."""
_DISPLAYSTYLE = re.compile(r"\s*\{\\displaystyle (.*)\}\s*", re.DOTALL)
_SKIPPED_TAGS = frozenset({"pre", "code", "script", "style", "textarea", "kbd", "samp", "title", "head", "math", "svg"})
_WORDPRESS = re.compile(r"\$latex[ \u00a0]([^$]{1,1000})\$")
_DELIMITER = re.compile(r"\$|\\")


def mark_formulas(root: HtmlElement, masks: Masks) -> None:
    """Replaces each formula below *root* by a placeholder, in place."""
    found = [*_scripts(root), *root.iter("math")]
    if found:
        for element in [drawn for drawn in root.iter() if _is_rendered(drawn)]:
            if not any(True for _ in element.iter("math")) and element.getparent() is not None:
                element.drop_tree()
    for element in found:
        if element.getparent() is not None and not any(True for _ in element.iterancestors("math")):
            _unhide_parent(element)
            _replace_by_text(_container_of(element), _placeholder(element, masks))
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag not in _SKIPPED_TAGS:
            _mask_delimited(element, masks)


def _container_of(element: HtmlElement) -> HtmlElement:
    """The element of MathJax 3 and 4 that contains the rendered formula and its MathML; else *element*."""
    container = next(element.iterancestors("mjx-container"), None)
    if container is None or sum(1 for _ in container.iter("math")) > 1:
        return element
    if container.get("display") == "true":
        element.set("display", "block")
    return container


def _scripts(root: HtmlElement) -> Iterator[HtmlElement]:
    return (script for script in root.iter("script") if _SCRIPT_TYPE.match(script.get("type", "")))


def _is_rendered(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and not _RENDERED_CLASSES.isdisjoint(element.get("class", "").split())


def _placeholder(element: HtmlElement, masks: Masks) -> str:
    if element.tag == "script":
        return masks.keep_formula(element.text or "", "mode=display" in element.get("type", ""))
    display = element.get("display") == "block"
    tex = _tex_of(element)
    if tex and to_mathml(tex, display=display):
        return masks.keep_formula(tex, display)
    html = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    return masks.keep_formula(html, False)


def _tex_of(element: HtmlElement) -> str:
    """The TeX source of MathML: its annotation, else its alternative text if that is TeX; empty without one."""
    for annotation in element.iter("annotation"):
        if "tex" in annotation.get("encoding", "").lower():
            return _strip_displaystyle("".join(annotation.itertext()))
    tex = element.get("alttext", "")
    return _strip_displaystyle(tex) if "\\" in tex else ""


def _strip_displaystyle(tex: str) -> str:
    found = _DISPLAYSTYLE.fullmatch(tex)
    return found[1] if found else tex.strip()


def _unhide_parent(element: HtmlElement) -> None:
    """Removes ``display: none`` from the parent: Wikipedia hides MathML and shows a picture of it."""
    parent = element.getparent()
    if parent is not None and "none" in parent.get("style", ""):
        del parent.attrib["style"]


def _replace_by_text(element: HtmlElement, mark: str) -> None:
    """Replaces *element* by the text *mark*, without adding spaces."""
    element.tail = mark + (element.tail or "")
    parent = element.getparent()
    if parent is not None:
        for child in list(element):
            element.remove(child)
        element.text = None
        element.drop_tree()


def _mask_delimited(element: HtmlElement, masks: Masks) -> None:
    if element.text and _DELIMITER.search(element.text):
        element.text = _mask_text(element.text, masks)
    for child in element:
        if child.tail and _DELIMITER.search(child.tail):
            child.tail = _mask_text(child.tail, masks)


def _mask_text(text: str, masks: Masks) -> str:
    text = _WORDPRESS.sub(lambda found: masks.keep_formula(found[1], False), text)
    return with_formulas(text, masks.keep_formula)
