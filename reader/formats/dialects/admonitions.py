"""Callouts: ``> [!note] Title`` of Obsidian and GitHub, ``:::tip`` of VuePress and Docusaurus."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...patterns import lazy_pattern
from .html_builders import KINDS, aside, details, title_of

_ALERT = lazy_pattern(r"(?P<prefix>[ \t]*(?:>[ \t]?)*)>[ \t]?\[!(?P<kind>[\w|-]+)\](?P<fold>[+-]?)(?P<title>.*)")
_CONTAINER = lazy_pattern(
    r"(?P<prefix>[ \t]*(?:>[ \t]?)*)(?P<colons>:{3,})[ \t]*(?:(?P<kind>[\w-]+)(?P<title>.*))?[ \t]*"
)
_BRACKETED = lazy_pattern(r"\s*\[(.*)\]\s*(?:\{.*\})?|\s*(.*?)\s*(?:\{[^}]*\})?\s*")
_DETAILS = frozenset({"details", "collapse", "spoiler"})
_DEEPEST = 10
_ATTRIBUTES = lazy_pattern(r"^([ \t]*:{3,})[ \t]*\{[ \t]*\.([\w-]+)([^{}\n]*)\}[ \t]*$", re.MULTILINE)
_PART = lazy_pattern(
    r"(?P<prefix>[ \t]*)@(?P<kind>tab|file|options|setup|import|slidestart|slideend)(?::active)?"
    r"(?:[ \t]+(?P<title>[^#\[\n]*)[^\n]*)?"
)
_FENCED_LINE = lazy_pattern(r"<<<\s*@?\S+.*")


def with_asides(text: str, *, chinese: bool) -> str:
    """*text* (its code masked) with an aside for each callout."""
    if "[!" in text:
        text = "\n".join(_alerts(text.split("\n"), chinese=chinese))
    if ":::" in text:
        text = _ATTRIBUTES.sub(_as_container, text)
        text = "\n".join(_containers(text.split("\n"), chinese=chinese))
    return text


def _alerts(lines: list[str], *, chinese: bool, depth: int = 0) -> Iterator[str]:
    at = 0
    while at < len(lines):
        found = _ALERT.fullmatch(lines[at]) if "[!" in lines[at] and depth < _DEEPEST else None
        if not found:
            yield lines[at]
            at += 1
            continue
        prefix, end = found["prefix"], at + 1
        mark = re.compile(rf"{re.escape(prefix)}>[ \t]?" if prefix.strip() else r"[ \t]*>[ \t]?")
        body = []
        while end < len(lines) and (inside := mark.match(lines[end])):
            body.append(prefix + lines[end][inside.end() :])
            end += 1
        kind = found["kind"].lower().partition("|")[0]
        title = found["title"].strip() or title_of(kind, chinese=chinese)
        inner = "\n".join(_alerts(body, chinese=chinese, depth=depth + 1))
        made = details(title, inner, prefix) if found["fold"] == "-" else aside(kind, title, inner, prefix)
        yield from [prefix.rstrip(), *(prefix + made).split("\n")]
        at = end


def _as_container(found: re.Match[str]) -> str:
    """``::: {.callout-tip title="…"}`` of Quarto and Pandoc as ``:::tip …``."""
    title = re.search(r"title=(?:\"([^\"]*)\"|'([^']*)')", found[3])
    said = (title[1] or title[2] or "") if title else ""
    return f"{found[1]} {found[2].removeprefix('callout-')} {said}".rstrip()


def _containers(lines: list[str], *, chinese: bool) -> Iterator[str]:
    """Containers may hold others with fewer colons, or with as many: ``:::`` alone ends the innermost."""
    ends: list[str] = []
    for line in lines:
        found = _CONTAINER.fullmatch(line) if ":::" in line else None
        blank = found["prefix"].rstrip() if found else ""  # of a quotation, whose parts stay in it
        if found is None:
            if part := _PART.fullmatch(line) if ends else None:
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


def _label(part: re.Match[str]) -> str:
    """What begins a part of VuePress's containers: ``@tab yarn``, ``@file /src/App.vue``; others say nothing."""
    title = (part["title"] or "").strip()
    if not title or part["kind"] not in ("tab", "file"):
        return ""
    return f"**{title}**" if part["kind"] == "tab" else f"`{title}`"


def _container(kind: str, said: str, *, chinese: bool) -> tuple[list[str], str]:
    """(lines that begin it, line that ends it)"""
    found = _BRACKETED.fullmatch(said)
    title = ((found[1] or found[2]) if found else said) or ""
    kind = kind.lower()
    if kind in _DETAILS:
        return [f"<details><summary>{title or title_of('details', chinese=chinese)}</summary>"], "</details>"
    if kind not in KINDS:  # code-group, tabs, v-pre, center …
        return ([f"**{title}**"] if title else []), ""
    start, _, end = aside(kind, title or title_of(kind, chinese=chinese), "\0").partition("\0")
    return start.strip().split("\n"), end.strip()
