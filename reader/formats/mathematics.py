"""Mathematics: TeX to MathML, and the formulas in pages of the web (MathJax, KaTeX).

TeX is read by math-core (see ``docs/decisions.md``). What it can't read stays as its source in ``<code>``, with a
warning.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

import math_core

from ..i18n import Message
from .chemistry import with_chemistry

LONGEST = 5_000
"""Characters of one formula. A longer one is shown as its source."""
LONGEST_TOGETHER = 200_000
"""Characters of all formulas of one article; those behind are shown as their source."""
DEEPEST = 40
"""Braces within braces."""
_MOST_NAMED = 5

_DISPLAYED = ("equation", "align", "gather", "multline", "eqnarray", "alignat", "displaymath", "math")
_INNER = {
    **dict.fromkeys(("split", "align", "alignat", "eqnarray"), "aligned"),
    **dict.fromkeys(("multline", "gather"), "gathered"),
}
_ENVIRONMENT = re.compile(rf"\\(begin|end)\{{({'|'.join((*_INNER, *_DISPLAYED))})\*?\}}(?:(?<=at\}}|t\*\}})\{{\d+\}})?")
_NUMBERING = re.compile(r"\\(?:label\{[^{}]*\}|nonumber\b|notag\b)")
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n?")
_MACROS = {
    "substack": r"\begin{matrix}#1\end{matrix}",
    "TeX": r"\mathrm{TeX}",
    "LaTeX": r"\mathrm{LaTeX}",
    "KaTeX": r"\mathrm{KaTeX}",
    "R": r"\mathbb{R}",
    "N": r"\mathbb{N}",
    "Z": r"\mathbb{Z}",
    "Q": r"\mathbb{Q}",
    "C": r"\mathbb{C}",
}
_ALIGNED = re.compile(r'<mtd style="[^"]*?text-align: ?(left|right|center)[^"]*">')


class Formulas:
    """Formulas of one article as MathML, and the warnings about those that can't be read."""

    def __init__(self) -> None:
        self.left = LONGEST_TOGETHER
        self.unread: dict[str, None] = {}

    def html(self, tex: str, display: bool) -> str:
        """The formula as ``<math>``, else its source as ``<code>``; not sanitized."""
        tex = _COMMENT.sub("", tex).strip()
        self.left -= len(tex)
        mathml = to_mathml(tex, display=display) if self.left >= 0 else ""
        if not mathml:
            self.unread[tex] = None
        return mathml or f"<code>{escape(tex, quote=False)}</code>"

    def warnings(self) -> tuple[Message, ...]:
        return tuple(map(_unread, list(self.unread)[:_MOST_NAMED]))


def _unread(tex: str) -> Message:
    text = " ".join(tex.split())
    text = text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]}…"
    return Message("a formula can't be read; its source is shown: %(tex)s", tex=text)


_MOST_SAID = 60


def to_mathml(tex: str, *, display: bool) -> str:
    """*tex* as ``<math>`` with the source as ``alttext``; empty if it can't be read."""
    if not tex or len(tex) > LONGEST or _depth(tex) > DEEPEST:
        return ""
    try:
        mathml = _converter().convert_with_local_state(_plain(with_chemistry(tex)), displaystyle=display)
    except (math_core.LatexError, ValueError):  # ValueError: lone surrogates
        return ""
    inside = _ALIGNED.sub(r'<mtd class="\1">', mathml[mathml.index(">") + 1 :])
    start = f'<math{" display=" + chr(34) + "block" + chr(34) if display else ""} alttext="{escape(tex)}">'
    return start + inside


@cache
def _converter() -> math_core.LatexToMathML:
    return math_core.LatexToMathML(macros=_MACROS, allow_unreliable_rendering=True, fancy_error=False)


def _plain(tex: str) -> str:
    """*tex* without what only a numbered equation has."""
    if "\\begin" in tex:
        tex = _ENVIRONMENT.sub(lambda found: f"\\{found[1]}{{{_INNER[found[2]]}}}" if found[2] in _INNER else "", tex)
    return _TAG.sub(r"\\qquad\\text{(\1)}", _NUMBERING.sub("", tex))


def _depth(tex: str) -> int:
    deepest = depth = 0
    for sign in _NESTING.findall(tex):
        depth += 1 if sign in ("{", "\\left", "\\begin") else -1
        deepest = max(deepest, depth)
    return deepest


_NESTING = re.compile(r"[{}]|\\(?:left|right|begin|end)(?![A-Za-z])")


_FORMULA = re.compile(r'<math\b[^<>]* alttext="([^"]*)"[^<>]*>.*?</math>', re.DOTALL)


def with_tex(html: str) -> str:
    """*html* of ``Formulas`` with the TeX in place of each formula: titles are text."""
    return _FORMULA.sub(r"\1", html) if "<math" in html else html
