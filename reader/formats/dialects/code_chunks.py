"""Parses fences of R Markdown, Quarto, Jupyter Book and Pandoc: ``{r echo=FALSE}``, ``{.js}``, ``{note}``."""

from __future__ import annotations

from itertools import takewhile

from ...patterns import lazy_pattern
from ..fields.unpublished_values import withheld_part

_INFO = lazy_pattern(r"\{+\s*([.#=]?[\w:-]*)\s*([^{}]*)\}+\s*(.*)")
_HIDDEN = lazy_pattern(r"\b(?:include|echo)\s*[=:]\s*(?:F|FALSE|false)\b|\btags\s*[=:].*\b(?:remove|hide)[-_]cell")
_OPTION = lazy_pattern(r"\s*(?:#|//|%%|--)\|")
_TITLE = lazy_pattern(
    r"""(?:^|[\s{,])(?:title|caption|filename|lst-cap)=(?:"([^"]{1,300})"|'([^']{1,300})'|([^\s"'{},]{1,300}))"""
)
_SHORT_TITLE = lazy_pattern(r"\s*([A-Za-z][\w+#-]{0,20}):(?![:/])(\S{1,300})\s*")
_MYST_OPTION = lazy_pattern(r"\s{0,3}:([\w-]{1,40}):(?:\s+(.*?))?\s*")
_SPECIAL = lazy_pattern(r"[\\`*_\[\]<>{}$~^=:|%#&!@-]")
_DIRECTIVES = frozenset({"code-block", "code", "code-cell", "sourcecode", "literalinclude", "eval-rst"})


def read_chunk(info: str, inside: list[str]) -> tuple[str, list[str]] | None:
    """The language and the lines of code of a fence. No lines if its options hide the code; None without braces."""
    found = _INFO.fullmatch(info.strip())
    if not found:
        return None
    kind, options, rest = found[1], found[2], found[3].strip()
    option_lines = [line for line in inside if _OPTION.match(line)]
    is_withheld = kind == "toctree" or withheld_part(kind.strip(".:"))  # such as {comment} of MyST
    if is_withheld or _HIDDEN.search(options) or any(_HIDDEN.search(line) for line in option_lines):
        return "", []
    language = rest if kind in _DIRECTIVES else kind.lstrip(".=#")
    option_lines += _myst_options(kind, inside)
    return language.split(" ")[0], [line for line in inside if line not in option_lines]


def _myst_options(kind: str, inside: list[str]) -> list[str]:
    """The option lines at the beginning of a directive of MyST: ``:caption: text``."""
    return list(takewhile(_MYST_OPTION.fullmatch, inside)) if kind in _DIRECTIVES else []


def split_title(info: str, inside: list[str]) -> tuple[str, str]:
    """The title of a code block as Markdown, and its info string without a title that follows the language.

    It is that of ``python title="a.py"``, ``python:a.py``, or ``:caption:`` of MyST.
    """
    short = _SHORT_TITLE.fullmatch(info)
    found = None if short else _TITLE.search(info)
    words = short[2] if short else next(filter(None, found.groups()), "") if found else ""
    if not words and (chunk := _INFO.fullmatch(info.strip())):
        options = map(_MYST_OPTION.fullmatch, _myst_options(chunk[1], inside))
        argument = chunk[3] if chunk[1][:1].isalpha() and chunk[1] not in _DIRECTIVES else ""
        words = next((option[2] or "" for option in options if option and option[1] == "caption"), argument)
    return _SPECIAL.sub(r"\\\g<0>", words.strip()), short[1] if short else info
