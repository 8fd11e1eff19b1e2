r"""Converts chemical formulas of the mhchem package, ``\ce{2H2 + O2 -> 2H2O}``, to plain TeX.

Supports elements and groups with their numbers, charges, states, coefficients, arrows with text above and below,
bonds, dots, precipitates and gases. Everything else in a formula is taken as TeX.
"""

from __future__ import annotations

import re

from ...patterns import lazy_pattern

_FORMULA_START = lazy_pattern(r"\\ce\s*\{")
_ARROWS = {
    "<=>": r"\rightleftharpoons",
    "<-->": r"\rightleftarrows",
    "<->": r"\leftrightarrow",
    "->": r"\rightarrow",
    "<-": r"\leftarrow",
}
_TOKEN = re.compile(
    r"(?P<arrow><=>|<-->|<->|->|<-)(?:\[(?P<above>[^\[\]]*)\])?(?:\[(?P<below>[^\[\]]*)\])?"
    r"|(?P<state>\((?:aq|s|l|g|cr)\))"
    r"|(?P<tex>\$[^$]*\$|\\[A-Za-z]+|\\.)"
    r"|(?P<moved>(?<![^\s])[v^](?=\s|$))"
    r"|\^(?:\{(?P<braced>[^{}]*)\}|(?P<charge>\d*[+-]?|\w))"
    r"|_(?:\{(?P<lower>[^{}]*)\}|(?P<low>\w))"
    r"|(?P<element>[A-Z][a-z]?)"
    r"|(?P<letters>[a-z]+)"
    r"|(?P<number>\d+(?:/\d+|\.\d+)?)"
    r"|(?P<dot>[*.])"
    r"|(?P<sign>[+-])"
    r"|(?P<bond>[=#])"
    r"|(?P<space>\s+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_BONDS = {"=": "=", "#": r"\equiv "}
_SUBSCRIPTED = lazy_pattern(r"[\w)\]}]")


def with_chemistry(tex: str) -> str:
    r"""*tex* with plain TeX in place of each ``\ce{…}``. A formula without its closing brace is unchanged."""
    if r"\ce" not in tex:
        return tex
    out, done = [], 0
    for found in _FORMULA_START.finditer(tex):
        if found.start() < done:
            continue
        end = _closing_brace(tex, found.end())
        if not end:
            break
        out += [tex[done : found.start()], "{", _formula(tex[found.end() : end]), "}"]
        done = end + 1
    return "".join([*out, tex[done:]])


def _closing_brace(tex: str, at: int) -> int:
    """The position of the brace that closes the one before *at*; 0 if it is missing."""
    depth = 1
    for position in range(at, len(tex)):
        depth += {"{": 1, "}": -1}.get(tex[position], 0)
        if not depth:
            return position
    return 0


def _formula(text: str) -> str:
    return "".join(_tex(found, text) for found in _TOKEN.finditer(text))


def _tex(found: re.Match[str], text: str) -> str:
    kind, matched = found.lastgroup or "", found[0]
    before, after = text[: found.start()][-1:], text[found.end() : found.end() + 1]
    if found["arrow"]:
        return _arrow(found)
    if kind in ("element", "letters", "state"):
        return rf"\mathrm{{{matched}}}"
    if kind == "number":
        return f"_{{{matched}}}" if _SUBSCRIPTED.match(before) else rf"{matched}\,"
    if kind == "moved":
        return r"\downarrow " if matched == "v" else r"\uparrow "
    if kind == "sign":
        is_charge = _SUBSCRIPTED.match(before) and not re.match(r"[\w(\[]", after)
        return f"^{{{matched}}}" if is_charge else matched
    return _minor_token(found, kind, matched)


def _minor_token(found: re.Match[str], kind: str, text: str) -> str:
    if kind in ("braced", "charge"):
        return f"^{{{found[kind]}}}"
    if kind in ("lower", "low"):
        return f"_{{{found[kind]}}}"
    if kind == "dot":
        return r"\cdot "
    if kind == "bond":
        return _BONDS[text]
    return text.strip("$") if kind == "tex" else text


def _arrow(found: re.Match[str]) -> str:
    sign = _ARROWS[found["arrow"]]
    above, below = (_formula(found[side] or "") for side in ("above", "below"))
    sign = rf"\overset{{{above}}}{{{sign}}}" if above else sign
    return (rf"\underset{{{below}}}{{{sign}}}" if below else sign) + " "
