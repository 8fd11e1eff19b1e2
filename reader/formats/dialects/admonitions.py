"""Converts callouts: ``> [!note] Title`` of Obsidian and GitHub, ``:::tip`` of VuePress and Docusaurus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ...patterns import lazy_pattern
from ..fields.unpublished_values import withheld_part
from .html_builders import KINDS, aside, details, title_of
from .masking import Masks

_ALERT = lazy_pattern(r"(?P<prefix>[ \t]*(?:>[ \t]?)*)>[ \t]?\[!(?P<kind>[\w|-]+)\](?P<fold>[+-]?)(?P<title>.*)")
_CONTAINER = lazy_pattern(
    r"(?P<prefix>[ \t]*(?:>[ \t]?)*)(?P<colons>:{3,})[ \t]*(?:(?P<kind>[\w-]+)(?P<title>.*?))?[ \t]*(?::{3,})?[ \t]*"
)
_CONTAINER_TITLE = lazy_pattern(r"\s*\[(.*)\]\s*(?:\{.*\})?|\s*(.*?)\s*(?:\{[^}]*\})?\s*")
_DETAILS = frozenset({"details", "collapse", "spoiler"})
_DEEPEST = 10
_ATTRIBUTES = lazy_pattern(
    r"^([ \t>]*:{3,})[ \t]*\{[ \t]*(?:#[\w-]+[ \t]*)?(?:\.([\w-]+)|(?=[\w}-]))([^{}\n]*)\}[ \t:]*$",
    re.MULTILINE,
)
_CONTAINER_PART = lazy_pattern(
    r"(?P<prefix>[ \t]*)@(?P<kind>tab|file|options|setup|import|slidestart|slideend)(?::active)?"
    r"(?:[ \t]+(?P<title>[^#\[\n]*)[^\n]*)?"
)
_FENCED_LINE = lazy_pattern(r"<<<\s*@?\S+.*")


def with_asides(text: str, masks: Masks, *, chinese: bool) -> tuple[str, list[str]]:
    """*text* (its code in *masks*) with an aside for each callout, and the names of containers that are left out."""
    left_out = list[str]()
    if "[!" in text:
        text = "\n".join(_alerts(text.split("\n"), masks, chinese=chinese))
    if ":::" in text:
        text = _ATTRIBUTES.sub(_to_container, text)
        text = "\n".join(_containers(text.split("\n"), left_out, chinese=chinese))
    return text, left_out


def _alerts(lines: list[str], masks: Masks, *, chinese: bool, depth: int = 0) -> Iterator[str]:
    at = 0
    while at < len(lines):
        found = _ALERT.fullmatch(lines[at]) if "[!" in lines[at] and depth < _DEEPEST else None
        if not found:
            yield lines[at]
            at += 1
            continue
        prefix, end = found["prefix"], at + 1
        mark = re.compile(rf"\A{re.escape(prefix)}>[ \t]?" if prefix.strip() else r"\A[ \t]*>[ \t]?")
        body = []
        while end < len(lines) and mark.match(lines[end]):
            body.append(masks.in_each_line(lines[end], partial(mark.sub, prefix, count=1)))
            end += 1
        kind = found["kind"].lower().partition("|")[0]
        title = found["title"].strip() or title_of(kind, chinese=chinese)
        inner = "\n".join(_alerts(body, masks, chinese=chinese, depth=depth + 1))
        converted = details(title, inner, prefix) if found["fold"] == "-" else aside(kind, title, inner, prefix)
        yield from [prefix.rstrip(), *(prefix + converted).split("\n")]
        at = end


def _to_container(found: re.Match[str]) -> str:
    """Converts ``::: {.callout-tip title="…"}`` of Quarto and Pandoc to ``:::tip …``."""
    title = re.search(r"title=(?:\"([^\"]*)\"|'([^']*)')", found[3])
    text = (title[1] or title[2] or "") if title else ""
    return f"{found[1]} {_quarto_kind(found[2] or 'group', found[3])} {text}".rstrip()


def _quarto_kind(name: str, options: str) -> str:
    """The kind of container of Quarto's class. Content for other formats, ``content-visible when-format="pdf"``, is
    ``content-hidden``, and so is content with a condition that is not supported."""
    if name not in ("content-hidden", "content-visible"):
        return name.removeprefix("callout-")
    condition = re.search(r"(when|unless)-format=\"?'?(html)?", options)
    if not condition:
        return "content-hidden" if options.strip() else name
    is_met = (condition[1] == "when") == (condition[2] is not None)
    return "content-visible" if is_met == (name == "content-visible") else "content-hidden"


def _containers(lines: list[str], left_out: list[str], *, chinese: bool) -> Iterator[str]:
    """Converts containers. They may contain others with any number of colons: a bare ``:::`` ends the innermost."""
    ends: list[str] = []
    withheld = 0  # the number of open containers, from the first one that is not for readers
    for line in lines:
        found = _CONTAINER.fullmatch(line) if ":::" in line else None
        before, withheld = withheld, _withheld_depth(withheld, found)
        if before or withheld:
            left_out += [] if before or found is None else [found["kind"]]
            continue
        blank = found["prefix"].rstrip() if found else ""  # a blank line that does not end the quotation around it
        if found is None:
            if part := _CONTAINER_PART.fullmatch(line) if ends else None:
                yield from ["", part["prefix"] + _label(part), ""]
            elif not _FENCED_LINE.fullmatch(line):
                yield line
        elif not found["kind"]:
            yield from [blank, found["prefix"] + ends.pop(), blank] if ends else []
        else:
            start, end = _container(found["kind"], found["title"] or "", chinese=chinese)
            ends.append(end)
            yield from [blank, *(f"{found['prefix']}{part}" if part else blank for part in start), blank]
    yield from (part for end in reversed(ends) for part in ("", end, ""))


def _withheld_depth(depth: int, found: re.Match[str] | None) -> int:
    """The depth after a line that begins or ends a container. *found* is None for any other line."""
    if found is None or not (depth or withheld_part(found["kind"] or "")):
        return depth
    return depth + (1 if found["kind"] else -1)


def _label(part: re.Match[str]) -> str:
    """The label of a part of a VuePress container: ``@tab yarn``, ``@file /src/App.vue``; empty for other parts."""
    title = (part["title"] or "").strip()
    if not title or part["kind"] not in ("tab", "file"):
        return ""
    return f"**{title}**" if part["kind"] == "tab" else f"`{title}`"


def _container(kind: str, text: str, *, chinese: bool) -> tuple[list[str], str]:
    """The lines that begin a container of *kind*, and the line that ends it."""
    found = _CONTAINER_TITLE.fullmatch(text)
    title = ((found[1] or found[2]) if found else text) or ""
    kind = kind.lower()
    if kind in _DETAILS:
        html = details(title or title_of("details", chinese=chinese), "\0")
    elif kind in KINDS:
        html = aside(kind, title or title_of(kind, chinese=chinese), "\0")
    else:  # code-group, tabs, v-pre, center …
        return ([f"**{title}**"] if title else []), ""
    start, _, end = html.partition("\0")
    return start.strip().split("\n"), end.strip()
