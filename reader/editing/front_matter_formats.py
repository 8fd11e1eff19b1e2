"""Finds and changes front matter other than YAML between two lines of dashes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..formats import from_asciidoc, from_org, from_rst
from ..formats.fields.front_matter_variants import FrontMatter
from ..patterns import lazy_pattern
from .field_forms import field_of
from .json_fields import change_json
from .line_fields import ORG, PLAIN, change_asciidoc, change_lines, rst_changer
from .toml_fields import change_toml

_CHANGES: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "toml": change_toml, "json": change_json, "lines": partial(change_lines, form=PLAIN),
}  # fmt: skip
_ORG = lazy_pattern(r"\ufeff?\s*((?:#\+[\w-]+:[^\n]*(?:\n|\Z)|#[ \t][^\n]*\n)+)")
_ORG_BLOCK = lazy_pattern(r"^#\+(?:begin_\w+|caption|name|attr_\w+|results|header)", re.IGNORECASE | re.MULTILINE)
_ASCIIDOC = lazy_pattern(r"\ufeff?\s*(?=[=#] \S)")
_RST = lazy_pattern(
    r"\ufeff?\s*((?:(?P<over>([^\w\s])\3+)[ \t]*\n)?(?P<title>\S[^\n]*|(?<=\n)[ \t]+\S[^\n]*)\n"
    r"(?P<under>([^\w\s])\6+)[ \t]*"
    r"(?:\n[ \t]*(?=\n)|\n:[^:\n]+:[^\n]*|\n[ \t]+\S[^\n]*)*)"
)


@dataclass(frozen=True)
class OtherHead:
    """A head at the characters ``begin`` to ``end`` of a text. The body starts at ``body``.

    ``change`` returns the text of the head with new values of fields.
    """

    begin: int
    end: int
    body: int
    has_title: bool
    change: Callable[[str, Mapping[str, Any]], str]


def head_of_front_matter(text: str, head: FrontMatter) -> OtherHead | None:
    """The head of TOML, JSON or ``Name: value`` front matter; None for another form."""
    if head.form not in _CHANGES:
        return None
    has_title = any(field_of(field.name) == "title" for field in head.fields)
    return OtherHead(head.begin, head.end, len(text) - len(head.rest), has_title, _CHANGES[head.form])


def head_of_format(text: str, suffix: str) -> OtherHead | None:
    """The head of a format with its own fields (Org, AsciiDoc, reStructuredText); None without one."""
    if suffix in from_org.SUFFIXES and (found := _ORG.match(text)):
        end = begins.start() if (begins := _ORG_BLOCK.search(found[1])) else len(found[1])
        block = found[1][:end].rstrip("\n")
        return _head(text, found.start(1), block, partial(change_lines, form=ORG)) if block else None
    if suffix in from_asciidoc.SUFFIXES and (found := _ASCIIDOC.match(text)):
        block = from_asciidoc.head_of(text[found.end() :])
        return _head(text, found.end(), block, change_asciidoc) if block else None
    if suffix in from_rst.SUFFIXES and (found := _RST.match(text)):
        title = [line for line in (found["over"], found["title"], found["under"]) if line is not None]
        return _head(text, found.start(1), found[1].rstrip("\n"), rst_changer(title))
    return None


def _head(text: str, begin: int, block: str, change: Callable[[str, Mapping[str, Any]], str]) -> OtherHead:
    end = begin + len(block)
    return OtherHead(begin, end, end + (text[end : end + 1] == "\n"), True, change)
