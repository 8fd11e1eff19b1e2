"""Removes the indentation of what components of MDX contain, which is no code there: MDX has no indented code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...patterns import lazy_pattern

_TAG = lazy_pattern(r"^( *)<(/?[A-Z]\w*[a-z][\w.]*)(?:\s[^<>]*)?(?<!/)>[ \t]*$")
_BEGINNING = lazy_pattern(r"^( *)<([A-Z]\w*[a-z][\w.]*)[ \t]*$")
"""The first line of a tag that ends with ``>`` alone on a line."""
_INDENTED = lazy_pattern(r"^ +</?[A-Z]|^<[A-Z]\w*[a-z][^\n]*\n {4}", re.MULTILINE)
_FENCE = lazy_pattern(r"^ *(`{3,}|~{3,})")
_MOST_DEPTH = 20


def without_component_indentation(text: str) -> str:
    """*text* with the lines between ``<Tab>`` and ``</Tab>``, each alone on its line, indented as these are."""
    if not _INDENTED.search(text):
        return text
    lines = text.split("\n")
    open_tags: list[tuple[str, str, int]] = []  # indentation, name, number of the line after the tag
    for indent, name, at in _tags(lines):
        if not name.startswith("/"):
            open_tags = [*open_tags, (indent, name, at + 1)][-_MOST_DEPTH:]
        elif (indent, name[1:]) in [tag[:2] for tag in open_tags]:
            while open_tags[-1][:2] != (indent, name[1:]):
                open_tags.pop()
            _shift(lines, open_tags.pop()[2], at, len(indent))
    return "\n".join(lines)


def _tags(lines: list[str]) -> Iterator[tuple[str, str, int]]:
    """The indentation, name and number of each line that is, or ends, a tag; outside of fenced code."""
    fence, begun = "", ("", "")
    for at, line in enumerate(lines):
        if found := _FENCE.match(line):
            fence = _fence_after(fence, found[1], line)
        elif fence or not ("<" in line or begun[1]):
            continue
        elif begun[1]:
            if line.rstrip() == f"{begun[0]}>":
                yield *begun, at
            begun = begun if line.strip() and ">" not in line else ("", "")
        elif found := _BEGINNING.match(line):
            begun = (found[1], found[2])
        elif found := _TAG.match(line):
            yield found[1], found[2], at


def _fence_after(fence: str, marks: str, line: str) -> str:
    """The marks of the fenced code after *line*, which begins with *marks*; empty outside of code."""
    if not fence:
        return marks
    return "" if line.strip() == marks and marks.startswith(fence) else fence


def _shift(lines: list[str], start: int, end: int, indent: int) -> None:
    """Moves the lines from *start* to *end* to the left, so that the leftmost one is indented by *indent* spaces."""
    indents = [len(line) - len(line.lstrip(" ")) for line in lines[start:end] if line.strip()]
    surplus = min(indents, default=0) - indent
    for at in range(start, end) if surplus > 0 else ():
        lines[at] = lines[at][surplus:] if lines[at].strip() else ""
