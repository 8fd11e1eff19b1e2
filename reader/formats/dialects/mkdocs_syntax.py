"""Converts syntax of Material for MkDocs and CriticMarkup: ``!!! note``, ``++ctrl+c++``, ``{ .a }``, ``{++new++}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...patterns import lazy_pattern
from .html_builders import KINDS
from .masking import closes_fence

_CALLOUT = lazy_pattern(
    r"(?P<prefix>[ \t]*+)(?:(?P<bangs>!!!|\?\?\?)\+?[ \t]++(?P<kind>[\w-]++)(?:[ \t]++[\w-]++)*+[ \t]*+"
    r"(?:\"(?P<title>[^\"]*+)\")?|===[+!]?[ \t]++\"(?P<label>[^\"]*+)\")[ \t]*+"
)
"""``!!! note "Title"``, ``??? note``, ``=== "Label"``. Their content is indented by four spaces."""
_FENCE = lazy_pattern(r"([ \t>]*)(`{3,}|~{3,})(.*)")
_FOLDING_KINDS = frozenset({"details", "collapse", "spoiler"})
_DEEPEST = 20
_CRITIC = {"{++": "++}", "{--": "--}", "{>>": "<<}", "{~~": "~~}", "{==": "==}"}
"""The marks of additions, deletions, comments, substitutions and highlights. Deletions and comments of any length are
not for readers."""
_CRITIC_BEGINS = lazy_pattern(r"\{(?:\+\+|--|>>|~~|==)")
_INSERTED = lazy_pattern(r"(?<![\^\w])\^\^(?=[^\s^])([^\^\n]{1,1000}?)(?<=[^\s^])\^\^(?![\^\w])")
_KEYS = lazy_pattern(r"(?<![+\w])\+\+([a-z0-9-]{1,20}(?:\+[a-z0-9-]{1,20}){0,5})\+\+(?![+\w])")
_ICON = lazy_pattern(r":(?:material|fontawesome|octicons|simple)-[\w-]{1,60}:(?:\{[^{}\n]{0,200}\})?[ ]?")
_CLASSES = lazy_pattern(
    r"(?<![ \t])[ \t]*+\{[ \t](?:[.#][\w-]++[ \t]*+|[\w-]{1,80}+=\"[^\"\n]{0,200}+\"[ \t]*+){1,9}\}"
)
_SNIPPET = lazy_pattern(r"^[ \t]*;?--8<--[^\n]*$", re.MULTILINE)
"""The inclusion of a file."""


def with_containers(text: str) -> str:
    """*text* (with unmasked code) with ``:::note Title`` for each callout, and each tab below its label in bold."""
    if not any(sign in text for sign in ("!!!", "???", "===")):
        return text
    return "\n".join(_convert_containers(text.split("\n")))


def _convert_containers(lines: list[str], depth: int = 0) -> Iterator[str]:
    at, fence = 0, None
    while at < len(lines):
        line = lines[at]
        at += 1
        is_code = fence is not None
        fence = (None if closes_fence(line, *fence) else fence) if fence else open_fence(line)
        callout = None if is_code or fence or depth >= _DEEPEST else _CALLOUT.fullmatch(line)
        if callout is None or (callout["bangs"] and callout["kind"].lower() not in KINDS | _FOLDING_KINDS):
            yield line
            continue
        prefix, body = callout["prefix"], list[str]()
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith((f"{prefix}    ", f"{prefix}\t"))):
            body.append(prefix + re.sub(r"^(?: {4}|\t)", "", lines[at][len(prefix) :]))
            at += 1
        inner = _convert_containers(body, depth + 1)
        if callout["bangs"]:
            yield from [
                "",
                f"{prefix}:::{callout['kind']} {callout['title'] or ''}".rstrip(),
                *inner,
                f"{prefix}:::",
                "",
            ]
        else:
            yield from ["", f"{prefix}**{callout['label']}**", "", *inner]


def open_fence(line: str) -> tuple[str, str] | None:
    """The prefix and the marks of an opening fence; backticks in its info string are inline code."""
    found = _FENCE.fullmatch(line)
    return None if found is None or ("`" in found[3] and found[2][0] == "`") else (found[1], found[2])


def convert_mkdocs(text: str) -> str:
    """*text* (with masked code) with this syntax converted to HTML or removed."""
    if any(sign in text for sign in _CRITIC):
        text = "".join(_accept_changes(text))
    if "^^" in text:
        text = _INSERTED.sub(r"<ins>\1</ins>", text)
    if "++" in text:
        text = _KEYS.sub(lambda found: "+".join(f"<kbd>{key}</kbd>" for key in found[1].split("+")), text)
    if ":" in text and "-" in text:
        text = _ICON.sub("", text)
    if "{ ." in text or "{ #" in text:
        text = _CLASSES.sub("", text)
    return _SNIPPET.sub("", text) if "--8<--" in text else text


def _accept_changes(text: str) -> Iterator[str]:
    """The parts of *text* with each change of CriticMarkup accepted."""
    done, endless = 0, set[str]()
    for begins in _CRITIC_BEGINS.finditer(text):
        sign = begins[0]
        if begins.start() < done or sign in endless:
            continue
        end = text.find(_CRITIC[sign], begins.end())
        if end < 0:
            endless.add(sign)
            continue
        inside = text[begins.end() : end]
        if sign == "{~~" and "~>" not in inside:
            continue
        yield text[done : begins.start()]
        yield {"{++": inside, "{==": inside, "{~~": inside.partition("~>")[2]}.get(sign, "")
        done = end + 3
    yield text[done:]
