r"""Finds TeX in a text: ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]``, environments, ``{{< katex >}}``.

``$`` begins and ends a formula by the rules of pandoc and GitHub, and only if the text between looks like a formula:
amounts of money and variables of shells and templates are not formulas. KaTeX and MathJax also accept ``$ x $``, which
is a formula only if it contains a command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ...chinese import HAN
from ...patterns import lazy_pattern

_SIGN = lazy_pattern(
    r"\\begin\{(?P<begin>(?:equation|align|alignat|gather|multline|eqnarray)\*?)\}"
    r"|\\end\{(?P<end>[a-z]+\*?)\}"
    r"|\\{1,2}(?P<bracket>[()\[\]])|\\.|(?P<dollars>\${1,2})|(?P<blank>\n[ \t>]*(?=\n))",
    re.DOTALL,
)
_LONGEST_IN_LINE = 1_000
_MATHEMATICAL = lazy_pattern(r"[\\^_{}=+<>|]")
_WORDS = lazy_pattern(
    r"[A-Za-z]{4,}|[A-Za-z]{2,}\s+[A-Za-z]{2,}|\d\s+[A-Za-z]{2,}|" + f"[{HAN}\u3000-\u303f\uff00-\uffef]"
)
_HAN = lazy_pattern(f"[{HAN}\uff00-\uffef]")
_FORBIDDEN = lazy_pattern(r"\$|<!--|\n\s*\n")
_COMMAND = lazy_pattern(r"\\[A-Za-z]{2,}")
_TEXT_COMMAND = lazy_pattern(r"\\(?:text\w*|mbox|mathrm)\s*\{[^{}]*\}")
_SHORTCODE = lazy_pattern(
    r"\{\{[<%]\s*(?P<name>katex|math|latex|mathjax)\b(?P<hugo>[^<>%]{0,200})[>%]\}\}(?P<inner>.{0,5000}?)"
    r"\{\{[<%]\s*/\s*(?P=name)\s*[>%]\}\}"
    r"|\{%-?\s*(?P<tag>katex|math|latex|mathjax)\b(?P<liquid>[^%]{0,200})-?%\}(?P<inside>.{0,5000}?)\{%-?\s*end(?P=tag)\s*-?%\}",
    re.DOTALL,
)
_DELIMITED = lazy_pattern(r"\$|\\[(\[]|\\begin\{(?:equation|align|gather|multline)")
_QUOTE_PREFIX = lazy_pattern(r"\n[ \t]*>[ \t]?")


def with_formulas(text: str, replace: Callable[[str, bool], str]) -> str:
    """*text* (with masked code) with ``replace(tex, display)`` in place of each formula. Takes linear time."""
    if "$" not in text and "\\" not in text and "{%" not in text and "{{" not in text:
        return text
    text = _SHORTCODE.sub(lambda found: _in_shortcode(found, replace), text)
    out, done = [], 0
    for start, end, inner, display in _formulas_in(text):
        out += [text[done:start], replace(_QUOTE_PREFIX.sub("\n", inner), display)]
        done = end
    return "".join([*out, text[done:]])


def _in_shortcode(found: re.Match[str], replace: Callable[[str, bool], str]) -> str:
    """The replacement of the TeX between two tags. TeX with delimiters of its own is unchanged and found by them."""
    inner = found["inner"] if found["name"] else found["inside"]
    arguments = found["hugo"] if found["name"] else found["liquid"]
    if _DELIMITED.search(inner) or not inner.strip():
        return f"\n\n{inner}\n\n" if "\n" in inner else inner
    return replace(inner, "display" in arguments or inner.startswith("\n"))


def _formulas_in(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """The start, the end, the TeX, and whether it is displayed, of each formula in order."""
    delimiter, start, begin = "", 0, 0
    for sign in _SIGN.finditer(text):
        if sign["blank"] is not None:
            delimiter = "" if not delimiter.startswith("\\begin") else delimiter
        elif delimiter and (closed := _closes(text, delimiter, sign)) is not None:
            inner = text[start : sign.end()] if delimiter.startswith("\\begin") else text[begin : sign.start()]
            is_on_own_lines = _begins_line(text, start) and _ends_line(text, sign.end())
            if closed and _is_formula(inner, delimiter) and (is_on_own_lines or delimiter != "\\["):
                yield (
                    start,
                    sign.end(),
                    inner,
                    is_on_own_lines if delimiter == "$$" else delimiter[:2] in ("\\[", "\\b"),
                )
                delimiter = ""
                continue
            delimiter = ""
        if not delimiter or delimiter == "$":
            new = _opening_delimiter(text, sign)
            if new:
                delimiter, start, begin = new, sign.start(), sign.end()


def _opening_delimiter(text: str, sign: re.Match[str]) -> str:
    """The delimiter that *sign* opens: ``$``, ``$$``, ``\\(``, ``\\[``, ``\\begin{…}``; empty if it opens none."""
    if sign["begin"]:
        return sign[0] if _begins_line(text, sign.start()) else ""
    if sign["bracket"]:
        return f"\\{sign['bracket']}" if sign["bracket"] in "([" else ""
    if sign["dollars"] == "$$":
        return "$$"
    before, after = text[sign.start() - 1 : sign.start()], text[sign.end() : sign.end() + 1]
    opens = sign["dollars"] and after not in ("", "\n") and not _is_word(before)
    return "$" if opens else ""


def _closes(text: str, delimiter: str, sign: re.Match[str]) -> bool | None:
    """True if *sign* closes the opening *delimiter*, False if it closes it wrongly, None if it is inside."""
    if delimiter.startswith("\\begin"):
        return True if sign["end"] and f"\\begin{{{sign['end']}}}" == delimiter else None
    if delimiter in ("\\(", "\\["):
        return True if sign["bracket"] == (")" if delimiter == "\\(" else "]") else None
    if not sign["dollars"]:
        return None
    if delimiter == "$$":
        return True if sign["dollars"] == "$$" else None
    return sign["dollars"] == "$" and not _is_word(text[sign.end() : sign.end() + 1])


def _is_formula(inner: str, delimiter: str) -> bool:
    """Whether the text looks like mathematics, not like ``$5 and 10$`` or ``\\[1\\]``."""
    if not inner.strip() or _FORBIDDEN.search(inner):
        return False
    if delimiter == "$$" or delimiter.startswith("\\begin"):
        return True
    if delimiter != "$" and _HAN.search(_TEXT_COMMAND.sub("", inner)):
        return False
    if delimiter == "\\[":
        return _MATHEMATICAL.search(inner) is not None
    if len(inner) > _LONGEST_IN_LINE:
        return False
    if delimiter == "$" and inner != inner.strip():
        return _COMMAND.search(inner) is not None and not _WORDS.search(
            _COMMAND.sub(r"\\", _TEXT_COMMAND.sub("", inner))
        )
    return _MATHEMATICAL.search(inner) is not None or not _WORDS.search(inner)


def _is_word(sign: str) -> bool:
    return sign in ("$", "_") or (sign.isascii() and sign.isalnum())


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip(" \t>")


def _ends_line(text: str, at: int) -> bool:
    end = text.find("\n", at)
    return not text[at : end if end >= 0 else len(text)].strip(" \t.,;，。；：")
