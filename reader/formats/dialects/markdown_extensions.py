"""Converts short extensions: ``==mark==``, tasks, ``[TOC]``, ``{: .class}``, ``^id``, links with spaces."""

from __future__ import annotations

import re
from urllib.parse import quote

from ...chinese.character_classes import has_han
from ...patterns import lazy_pattern
from .masking import Masks
from .mkdocs_syntax import convert_mkdocs

_HIGHLIGHT = lazy_pattern(r"(?<![=A-Za-z0-9<>!])==(?=[^\s=])([^=\n]{1,1000}?)(?<=[^\s=])==(?![=A-Za-z0-9])")
_SUBSCRIPT = lazy_pattern(r"(?<=[A-Za-z0-9)])~([A-Za-z0-9+-]{1,8})~(?!~)")
_SUPERSCRIPT = lazy_pattern(r"(?<=[A-Za-z0-9)])\^([A-Za-z0-9+-]{1,8})\^")
_TASK = lazy_pattern(r"^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[([ xX/\-<>!?*])\](?=[ \t]+\S)", re.MULTILINE)
_BOXES = ("[ ]", "[x]", "[X]", "[/]", "[-]", "[<]", "[>]", "[!]", "[?]", "[*]")
"""Task boxes, also of Obsidian's themes: moved, planned, important, a question, a star."""
_CONTENTS = lazy_pattern(
    r"^[ \t]*(?:\[TOC\]|\[\[_?toc_?\]\]|\$\{toc\}|@\[toc\](?:\([^)\n]*\))?)[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_BEFORE_END_OF_CONTENTS = lazy_pattern(r"[Tt][Oo][Cc](?=_?[\]}])")
_KRAMDOWN_CONTENTS = lazy_pattern(r"^[ \t]*(?:[-*+]|\d+\.)[ \t]+[^\n]*\n[ \t]*\{:\s*toc[^}\n]*\}[ \t]*$", re.MULTILINE)
_ATTRIBUTES = lazy_pattern(r"^[ \t>]*\{:[^{}\n]*\}[ \t]*$\n?|\{:(?=[ .#\w])[^{}\n]*\}", re.MULTILINE)
_PANDOC = lazy_pattern(r"(?<=[)\]])\{(?=[^{}\n]*[.#=])[.#\w][^{}\n]*\}")
_HIDDEN_TEXT = lazy_pattern(r"\[[^\[\]]{0,800}\]\{\.content-hidden\}")
"""Hidden text of Quarto."""
_BLOCK_ID = lazy_pattern(r"(?:^|(?<=[ \t]))\^(?=[0-9-]*[A-Za-z])[A-Za-z0-9-]{2,60}[ \t]*$", re.MULTILINE)
_PELICAN = lazy_pattern(r"(?<=[(<\"'])(?:\{(?:filename|static|attach|photo|image)\}|\|(?:filename|static|attach)\|)")
_PELICAN_SIGNS = (
    *("{filename}", "{static}", "{attach}", "{photo}", "{image}"),
    *("|filename|", "|static|", "|attach|"),
)
_SPACE_IN_LINK = lazy_pattern(r"\]\([^()<>\n\"']{1,200} ")
_LINK_WITH_SPACES = lazy_pattern(
    r"(!?\[[^\]\n]{0,500}\]\()(?!<)"
    r"([^()<>\n\"']{1,200} [^()<>\n\"']{0,200}\.[A-Za-z0-9]{2,5}(?:#[^()<>\n\"'\s]{0,200})?)(\))"
)
_STARS = lazy_pattern(r"(?<![*\\])\*\*(?!\*)")
_BLANKS = " \t\u3000\u00a0"
_END_ON_NEXT_LINE = lazy_pattern(r"^([^*\n]*(?<!\*)\*\*[^\s*][^*\n]*)\n[ \t>]*\*\*[ \t]*$", re.MULTILINE)
_PICTURE_SIZE = lazy_pattern(r"(!\[[^\]\n]{0,500}?)[ \t]+=\d{0,5}x\d{0,5}(?=\]\()")
_JSX_SPACE = lazy_pattern(r"""\{["']([^"'{}\n]*)["']\}""")


_TIGHT_DESCRIPTION = lazy_pattern(r"(?<=[^\n])\n(?=(?::[ \t]+\S[^\n]*\n){1,20}[ \t]*\n(?: {2}|\t|\ufdd0))")
"""The line break before a description of several paragraphs, which comrak joins without a blank line there. An indented
paragraph is a placeholder here."""


def convert_extensions(text: str) -> str:
    """*text* (with masked code) with these extensions converted to CommonMark and HTML."""
    text = convert_mkdocs(text)
    if "**" in text and has_han(text):
        text = _fix_bold(text)
    if "\n:" in text:
        text = _TIGHT_DESCRIPTION.sub("\n\n", text)
    if "==" in text:
        text = _HIGHLIGHT.sub(r"<mark>\1</mark>", text)
    if "~" in text:
        text = _SUBSCRIPT.sub(r"<sub>\1</sub>", text)
    if "^" in text:
        text = _SUPERSCRIPT.sub(r"<sup>\1</sup>", text)
    if "[" in text and any(box in text for box in _BOXES):
        text = _TASK.sub(lambda found: found[1] + ("☑" if found[2] in "xX/-" else "☐"), text)
    if "![" in text and " =" in text:
        text = _PICTURE_SIZE.sub(r"\1", text)
    if _SPACE_IN_LINK.search(text):
        text = _LINK_WITH_SPACES.sub(_with_encoded_spaces, text)
    text = _without_attributes(_without_contents(text))
    if '{"' in text or "{'" in text:
        text = _JSX_SPACE.sub(r"\1", text)
    return _BLOCK_ID.sub("", text) if "^" in text else text


def _fix_bold(text: str) -> str:
    """Converts ``** 重点 **`` to ``**重点**``, and moves ``**`` alone on a line to the end of the line before it.

    CommonMark shows these asterisks. Chinese editor programs show such text in bold, and authors don't notice.
    """
    lines = _END_ON_NEXT_LINE.sub(r"\1**", text).split("\n")
    return "\n".join(_fix_bold_line(line) if "**" in line and has_han(line) else line for line in lines)


def _fix_bold_line(line: str) -> str:
    """Moves spaces inside pairs of ``**`` outside. ``2 ** 3`` does not begin a pair."""
    parts = _STARS.split(line)
    if len(parts) % 2 == 0:
        return line
    for at in range(1, len(parts), 2):
        before, inside, after = parts[at - 1], parts[at], parts[at + 1]
        bare = inside.strip(_BLANKS)
        if bare == inside or not bare or _is_term(before.rstrip(_BLANKS)[-1:]) or _is_term(after.lstrip(_BLANKS)[:1]):
            continue
        start = inside.index(bare)
        parts[at - 1], parts[at], parts[at + 1] = before + inside[:start], bare, inside[start + len(bare) :] + after
    return "**".join(parts)


def with_all_cells(text: str, masks: Masks) -> str:
    """Extends the head of each table to the length of its longest row: GFM drops cells that the head lacks."""
    lines, at = text.split("\n"), 1
    while at < len(lines):
        end = at + 1
        if "|" in lines[at] and "-" in lines[at] and "|" in lines[at - 1] and not lines[at].strip(" \t>|:-"):
            while end < len(lines) and lines[end].strip(" \t>"):
                end += 1
            wanting = max(_cells(masks.restore(row)) for row in lines[at:end]) - _cells(lines[at])
            for index, cell in ((at - 1, " |"), (at, "---|")) if wanting > 0 else ():
                lines[index] = lines[index].rstrip().removesuffix("|") + "|" + cell * wanting
        at = end
    return "\n".join(lines)


def _cells(row: str) -> int:
    return row.replace("\\|", "").strip(" \t>").removeprefix("|").removesuffix("|").count("|")


def _is_term(char: str) -> bool:
    """Whether *char* may end or begin an operand of ``**``."""
    return char.isascii() and (char.isalnum() or char in tuple("()[]"))


def _without_contents(text: str) -> str:
    """*text* without markers of a table of contents."""
    if "{:" in text and "toc" in text:
        text = _KRAMDOWN_CONTENTS.sub("", text)
    if _BEFORE_END_OF_CONTENTS.search(text):
        text = _CONTENTS.sub("", text)
    return text


def _without_attributes(text: str) -> str:
    """*text* without classes, keys and Pelican's link prefixes such as ``{static}``."""
    if "{:" in text:
        text = _ATTRIBUTES.sub("", text)
    if "){" in text or "]{" in text:
        text = _PANDOC.sub("", _HIDDEN_TEXT.sub("", text))
    if ("{" in text or "|" in text) and any(sign in text for sign in _PELICAN_SIGNS):
        text = _PELICAN.sub("", text)
    return text


def _with_encoded_spaces(found: re.Match[str]) -> str:
    return found[1] + quote(found[2].strip(), safe="/:?#@!$&+,;=%~*-._") + found[3]
