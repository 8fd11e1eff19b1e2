"""Converts inline markup of another markup language to Markdown and escapes the rest as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from ..dialects.html_builders import address, figure
from ..dialects.masking import Masks
from ..dialects.tex_delimiters import with_formulas

Keep = Callable[[str], str]
"""Takes Markdown; returns a placeholder for it, which later rules do not change."""
Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Keep], str]]
"""A pattern and the function that returns the replacement. Later rules apply to the replacement, except to
placeholders.
"""

_SPECIAL = re.compile(r"[\\`*_<\[\]~]|^(?=[ \t]*(?:[-+#>]|\d+[.)])\s)", re.MULTILINE)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|bmp|svg|tiff?)$", re.IGNORECASE)


def convert_inline(text: str, rules: tuple[Rule, ...]) -> str:
    """*text* as Markdown, by *rules* in their order. Escapes Markdown markup that no rule produced."""
    masks = Masks()
    text = with_formulas(text, lambda tex, display: masks.keep(f"$$\n{tex.strip()}\n$$" if display else f"${tex}$"))
    for pattern, make in rules:
        text = pattern.sub(lambda found, make=make: make(found, masks.keep), text)  # type: ignore[misc]
    return masks.restore(_SPECIAL.sub(lambda found: f"\\{found[0]}", text))


def surround(sign: str) -> Callable[[re.Match[str], Keep], str]:
    """A replacement for ``Rule``: the first group that isn't empty, between two *signs*, such as ``**`` or ``<u>``.

    Spaces at its ends are moved outside, because Markdown shows the signs of ``**text **``.
    """
    end = sign.replace("<", "</") if sign.startswith("<") else sign

    def replacement(found: re.Match[str], keep: Keep) -> str:
        text = next(filter(None, found.groups()), "")
        bare = text.strip()
        before, _, after = text.partition(bare) if bare else ("", "", text)
        return f"{before}{keep(sign)}{bare}{keep(end)}{after}" if bare else text

    return replacement


def code(found: re.Match[str], keep: Keep) -> str:
    """A replacement for ``Rule``: the first group that isn't empty, as a code span."""
    text = next(filter(None, found.groups()), "")
    ticks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return keep(f"{ticks}{space}{text}{space}{ticks}")


def markdown_link(target: str, text: str, keep: Keep) -> str:
    """A Markdown link. Later rules apply to *text*; if it is empty, the link text is *target*."""
    return keep("[") + (text or target) + keep(f"]({address(target)})")


def picture(src: str, alt: str = "", caption: str = "") -> str:
    """A Markdown picture, or an HTML figure if there is a caption."""
    if not caption:
        return f"![{_SPECIAL.sub('', alt)}]({address(src)})"
    return figure(src, alt or caption, escape(re.sub(r"[*/=~_`]", "", caption), quote=False)).strip()


def is_picture(path: str) -> bool:
    """Whether *path* has the suffix of a picture."""
    return _PICTURE.search(path) is not None


def fence(code_lines: list[str], language: str = "") -> list[str]:
    """The lines of a fenced code block, between blank lines."""
    longest = max((len(run) for line in code_lines for run in re.findall("`{3,}", line)), default=2)
    ticks = "`" * (longest + 1)
    return ["", f"{ticks}{language}", *code_lines, ticks, ""]
