"""Converts formulas from TeX to MathML by math-core (see ``docs/decisions.md``).

A formula that math-core rejects is shown as its source in ``<code>``, with a warning.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

import math_core

from ...i18n import Message
from .chemistry import with_chemistry

LONGEST = 5_000
"""In characters of one formula. A longer one is shown as its source."""
LONGEST_TOGETHER = 200_000
"""In characters of all formulas of one article. Formulas beyond it are shown as their source."""
DEEPEST = 40
"""The deepest nesting of braces and environments."""
_MOST_WARNINGS = 5

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
    """Converts the formulas of one article to MathML, and collects warnings about those that fail."""

    def __init__(self) -> None:
        self.left = LONGEST_TOGETHER
        self.unread: dict[str, None] = {}

    def html(self, tex: str, display: bool) -> str:
        """The formula as ``<math>``; its source in ``<code>`` if the conversion fails. Not sanitized."""
        tex = _COMMENT.sub("", tex).strip()
        self.left -= len(tex)
        mathml = to_mathml(tex, display=display) if self.left >= 0 else ""
        if not mathml:
            self.unread[tex] = None
        return mathml or f"<code>{escape(tex, quote=False)}</code>"

    def warnings(self) -> tuple[Message, ...]:
        """A warning for each formula that failed, at most _MOST_WARNINGS."""
        return tuple(map(_failure_warning, list(self.unread)[:_MOST_WARNINGS]))


def _failure_warning(tex: str) -> Message:
    text = " ".join(tex.split())
    text = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
    return Message("a formula can't be read; its source is shown: %(tex)s", tex=text)


_LONGEST_QUOTE = 60


def to_mathml(tex: str, *, display: bool) -> str:
    """*tex* as ``<math>`` with the source as ``alttext``; empty if math-core rejects it or it exceeds a limit."""
    if not tex or len(tex) > LONGEST or _depth(tex) > DEEPEST:
        return ""
    try:
        mathml = _converter().convert_with_local_state(_strip_numbering(with_chemistry(tex)), displaystyle=display)
    except (math_core.LatexError, ValueError):  # ValueError: lone surrogates
        return ""
    inside = _ALIGNED.sub(r'<mtd class="\1">', mathml[mathml.index(">") + 1 :])
    start = f'<math{" display=" + chr(34) + "block" + chr(34) if display else ""} alttext="{escape(tex)}">'
    return start + inside


@cache
def _converter() -> math_core.LatexToMathML:
    return math_core.LatexToMathML(macros=_MACROS, allow_unreliable_rendering=True, fancy_error=False)


def _strip_numbering(tex: str) -> str:
    """*tex* without numbering: outer environments, labels and ``\\nonumber``; ``\\tag`` as text."""
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
    """*html* of ``Formulas`` with the TeX source in place of each formula, for titles, which are plain text."""
    return _FORMULA.sub(r"\1", html) if "<math" in html else html
