"""Sanitizes MathML to a valid formula of presentation elements: MathML Core, without links, scripts and HTML.

Attacks on sanitizers use HTML inside of MathML, which a second parser moves elsewhere (mglyph, malignmark,
annotation-xml, mtext). Therefore a formula contains only elements of ``allowlist.MATHML``, and only its leaves
(``MATHML_LEAVES``) contain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

from markupsafe import Markup

from .allowlist import MATHML, MATHML_ARITY, MATHML_ATTRIBUTES, MATHML_LEAVES, MATHML_VALUES
from .attributes import attributes_of, escaped, to_text

DEEPEST_FORMULA = 60
"""The nesting of elements in one formula. The tags of deeper elements are dropped; their text is not."""
LONGEST_TEX = 10_000
"""In characters of ``alttext``."""

_PARENTS = {"mtr": "mtable", "mtd": "mtr", "mprescripts": "mmultiscripts"}
"""The required parents of elements. An element with another parent becomes an ``mrow``."""
_EMPTY = frozenset({"mspace", "mprescripts"})
_SPACE = re.compile(r"[ \t\r\n]+")
_VARIABLE = re.compile("[A-Za-z\u03b1-\u03f5\u0131\u0237]")
"""Variables, which style sheets may set in italics. Other identifiers (``sin``, ``∞``, ``ℝ``) are upright."""
_FORMULA = re.compile(r"<math((?: [a-z]+=\"[^\"]*\")*)>.*?</math>", re.DOTALL)


@dataclass
class _MathElement:
    name: str
    attributes: str = ""
    children: list[_MathElement] = field(default_factory=list)
    text: str = ""


class Formula:
    """Takes the tokens between ``<math>`` and ``</math>`` of nh3's output, one by one. ``html`` returns the formula."""

    def __init__(self, raw: str) -> None:
        self.root = _MathElement("mrow")
        self.open: list[_MathElement | None] = [self.root]
        """The element of each open tag of the source; None for a dropped tag."""
        self.deep = 1
        attributes = attributes_of(raw)
        self.display = attributes.get("display") == "block"
        self.alternative = " ".join(unescape(attributes.get("alttext", "")).split())[:LONGEST_TEX]

    def start(self, name: str, raw: str) -> None:
        """Takes a start tag; *raw* are its attributes."""
        parent = self._parent()
        fits = name in MATHML and name != "math" and parent.name not in MATHML_LEAVES and self.deep < DEEPEST_FORMULA
        element = _MathElement(*self._name_and_attributes(name, raw, parent)) if fits else None
        if element:
            parent.children.append(element)
            self.deep += 1
        self.open.append(element)

    def _name_and_attributes(self, name: str, raw: str, parent: _MathElement) -> tuple[str, str]:
        if _PARENTS.get(name, parent.name) != parent.name:
            return "mrow", ""
        return name, _attributes(name, raw)

    def end(self) -> bool:
        """Takes an end tag. Returns whether it is the end of the formula."""
        if self.open.pop():
            self.deep -= 1
        return not self.open

    def text(self, text: str) -> None:
        """Takes a run of text, which is escaped."""
        parent = self._parent()
        if parent.name in MATHML_LEAVES:
            parent.text += text
        elif text.strip():
            parent.children.append(_MathElement("mtext", text=text))

    def html(self) -> str:
        """The formula as MathML; empty for a formula without text."""
        inside = "".join(map(_to_html, self.root.children))
        text = linear(self.root.children)
        if not text:
            return ""
        attributes = ' display="block"' if self.display else ""
        return f'<math{attributes} alttext="{escaped(self.alternative) or escaped(text[:LONGEST_TEX])}">{inside}</math>'

    def _parent(self) -> _MathElement:
        return next(element for element in reversed(self.open) if element and element.name not in _EMPTY)


def _attributes(name: str, raw: str) -> str:
    allowed = MATHML_ATTRIBUTES.get(name, MATHML_ATTRIBUTES["*"])
    attributes = attributes_of(raw) if raw else {}
    valid = {key: value for key, value in attributes.items() if key in allowed and MATHML_VALUES[key].fullmatch(value)}
    return to_text(valid)


def _to_html(element: _MathElement) -> str:
    """The element as HTML. An element with a wrong number of children becomes an ``mrow`` of them."""
    name, children = element.name, element.children
    if name in MATHML_LEAVES:
        text = _SPACE.sub(" ", element.text).strip(" ")
        upright = ' mathvariant="normal"' if name == "mi" and not _VARIABLE.fullmatch(text) else ""
        return f"<{name}{element.attributes or upright}>{text}</{name}>"
    if name == "mmultiscripts":
        return _scripts(element)
    if name in _CHILDREN:
        children = [_wrapped_child(child, _CHILDREN[name]) for child in children]
    inside = "".join(map(_to_html, children))
    if (name in MATHML_ARITY and len(children) != MATHML_ARITY[name]) or (name == "mtable" and not children):
        return f"<mrow>{inside}</mrow>"
    return f"<{name}{element.attributes}>{inside}</{name}>"


_CHILDREN = {"mtable": "mtr", "mtr": "mtd"}


def _wrapped_child(child: _MathElement, name: str) -> _MathElement:
    return child if child.name == name else _MathElement(name, children=[child])


def _scripts(element: _MathElement) -> str:
    """An ``mmultiscripts`` element: a base, pairs of scripts after it and, below ``mprescripts``, pairs before it."""
    names = [child.name for child in element.children]
    at = names.index("mprescripts") if "mprescripts" in names else len(names)
    after, before = element.children[:at], element.children[at + 1 :]
    inside = "".join(map(_to_html, after))
    behind = "".join(_to_html(child) for child in before if child.name != "mprescripts")
    if len(after) % 2 == 0 or len(before) % 2 or "mprescripts" in names[at + 1 :]:
        return f"<mrow>{inside}{behind}</mrow>"
    behind = f"<mprescripts></mprescripts>{behind}" if before else ""
    return f"<mmultiscripts{element.attributes}>{inside}{behind}</mmultiscripts>"


# -- as text ------------------------------------------------------------------------------------------------------


def linear(elements: list[_MathElement]) -> str:
    """A formula in one line, escaped for HTML: ``x^2``, ``(a+b)/2``, ``√(x)``. Replaces a missing TeX source."""
    return _SPACE.sub(" ", "".join(_text_of(element) for element in elements)).strip()


def _text_of(element: _MathElement) -> str:
    parts = [_text_of(child) for child in element.children]
    match element.name, parts:
        case "mfrac", [above, below]:
            return f"{_in_parentheses(above)}/{_in_parentheses(below)}"
        case (("msup" | "mover"), [base, above]):
            return f"{base}^{_in_parentheses(above)}"
        case (("msub" | "munder"), [base, below]):
            return f"{base}_{_in_parentheses(below)}"
        case (("msubsup" | "munderover"), [base, below, above]):
            return f"{base}_{_in_parentheses(below)}^{_in_parentheses(above)}"
        case "msqrt", _:
            return f"√({''.join(parts)})"
        case "mroot", [inside, degree]:
            return f"{_in_parentheses(degree)}√({inside})"
        case ("mtr", _) | ("mtable", _):
            return ("; " if element.name == "mtable" else ", ").join(parts)
        case _:
            return element.text if element.name in MATHML_LEAVES else "".join(parts)


def _in_parentheses(text: str) -> str:
    return text if len(unescape(text)) < 2 or text.isdecimal() else f"({text})"


def in_one_line(formula: str) -> str:
    """A sanitized formula as text: ``x^2``, ``(a+b)/2``, ``√(x)``."""
    parsed = Formula("")
    for slash, name, raw, text in _PART.findall(formula):
        if text:
            parsed.text(text)
        elif name != "math":
            parsed.end() if slash else parsed.start(name, raw)
    return unescape(linear(parsed.root.children))


_PART = re.compile(r"<(/?)([a-z]+)([^>]*)>|([^<]+)")


def formulas_as_text(clean: str) -> Markup:
    """Sanitized HTML with each formula replaced by its TeX, or by the formula in one line."""
    if "<math" not in clean:
        return Markup(clean)  # noqa: S704  sanitized already
    return Markup(_FORMULA.sub(lambda found: _alternative(found[1]), str(clean)))  # noqa: S704  escaped by the sanitizer


def _alternative(raw: str) -> str:
    return attributes_of(raw).get("alttext", "").replace("&quot;", '"')
