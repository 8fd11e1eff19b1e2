"""Parses fences of R Markdown, Quarto, Jupyter Book and Pandoc: ``{r echo=FALSE}``, ``{.js}``, ``{note}``."""

from __future__ import annotations

from ...patterns import lazy_pattern
from ..unpublished_values import withheld_part
from .html_builders import KINDS

_INFO = lazy_pattern(r"\{+\s*([.#=]?[\w:-]*)\s*([^{}]*)\}+\s*(.*)")
_HIDDEN = lazy_pattern(r"\b(?:include|echo)\s*[=:]\s*(?:F|FALSE|false)\b|\btags\s*[=:].*\b(?:remove|hide)[-_]cell")
_OPTION = lazy_pattern(r"\s*(?:#|//|%%|--)\|")
_DIRECTIVES = frozenset({"code-block", "code", "code-cell", "sourcecode", "literalinclude", "eval-rst"})


def read_chunk(info: str, inside: list[str]) -> tuple[str, list[str]] | None:
    """The language and the lines of code of a fence. No lines if its options hide the code; None without braces."""
    found = _INFO.fullmatch(info.strip())
    if not found:
        return None
    kind, options, rest = found[1], found[2], found[3].strip()
    option_lines = [line for line in inside if _OPTION.match(line)]
    is_withheld = withheld_part(kind.strip(".:"))  # such as {comment} of MyST
    if is_withheld or _HIDDEN.search(options) or any(_HIDDEN.search(line) for line in option_lines):
        return "", []
    language = rest if kind in _DIRECTIVES else kind.lstrip(".=#")
    return language.split(" ")[0], [line for line in inside if line not in option_lines]


def myst_callout(info: str) -> str:
    """The kind and title of a MyST callout: ``note Title`` for ``{note} Title``; empty for any other fence."""
    found = _INFO.fullmatch(info.strip())
    kind = found[1].lower().strip(".:") if found else ""
    if kind == "admonition":
        kind = "note"
    return f"{kind} {found[3]}".strip() if found and kind in KINDS and found[1][:1] != "." else ""
