"""Converts the Markdown of Logseq: properties of its own (``id:: …``), references to blocks (``((id))``), callouts."""

from __future__ import annotations

import re

from ...patterns import lazy_pattern
from .html_builders import KINDS, title_of

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SIGN = lazy_pattern(
    rf"^[ \t]*(?:- )?(?:id|collapsed|ls-type|hl-page|card-repeats|logseq\.[\w.-]+):: |\(\({_ID}\)\)"
    r"|^[ \t]*(?:- )?#\+BEGIN_(?:NOTE|TIP|IMPORTANT|CAUTION|WARNING|QUOTE)\b",
    re.MULTILINE,
)
_PROPERTY = lazy_pattern(
    r"^([ \t]*(?:- )?)(?:id|collapsed|heading|background-color|icon|filters|public|template(?:-including-parent)?|"
    r"created-at|updated-at|file(?:-path)?|alias|exclude-from-graph-view|(?:ls|hl|card|query|logseq)[.-][\w.-]+)::"
    r"(?:[ \t].*)?$\n?",
    re.MULTILINE,
)
"""The properties that Logseq does not show."""
_BLOCK = lazy_pattern(rf"^[ \t]*- (.*)\n(?:[ \t]+[\w.-]+:: .*\n)*?[ \t]+id:: ({_ID})[ \t]*$", re.MULTILINE)
_REFERENCE = lazy_pattern(rf"\{{\{{embed \(\(({_ID})\)\)\}}\}}|\[([^\[\]\n]*)\]\(\(\({_ID}\)\)\)|\(\(({_ID})\)\)")
_CALLOUT = lazy_pattern(r"^([ \t]*(?:- )?)#\+(BEGIN|END)_(\w+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_DRAWER = lazy_pattern(r"^[ \t]*:LOGBOOK:[ \t]*\n(?:.*\n){0,200}?[ \t]*:END:[ \t]*$\n?", re.MULTILINE)


def is_logseq(text: str) -> bool:
    """Whether *text* has properties or references of Logseq."""
    return any(sign in text for sign in (":: ", "((", "#+BEGIN_")) and bool(_SIGN.search(text))


def convert_logseq(text: str, *, chinese: bool) -> str:
    """*text* (with masked code) without properties and drawers, with the text of each block in place of references."""
    blocks = {found[2]: found[1] for found in _BLOCK.finditer(text)}

    def reference(found: re.Match[str]) -> str:
        return found[2] or _REFERENCE.sub("", blocks.get(found[1] or found[3] or "", ""))

    def callout(found: re.Match[str]) -> str:
        kind = found[3].lower()
        title = title_of(kind, chinese=chinese) if kind in KINDS and found[2].upper() == "BEGIN" else ""
        return f"{found[1]}**{title}**\n" if title else found[1].rstrip()

    text = _CALLOUT.sub(callout, _DRAWER.sub("", text))
    text = _PROPERTY.sub(lambda found: f"{found[1]}\n" if "-" in found[1] else "", text)
    return _REFERENCE.sub(reference, text)
