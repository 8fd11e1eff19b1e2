"""Converts the Markdown of DocFX and Microsoft Learn: ``:::image …:::``, ``:::zone``, ``[!INCLUDE]``, ``<xref:…>``."""

from __future__ import annotations

import re

from ...i18n import Message
from ...patterns import lazy_pattern
from .html_builders import figure

_BLOCK = lazy_pattern(
    r"^(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}\.)[ \t]+)?)(?P<more>.*?):::[ \t]*"
    r"(?P<name>image|code|video|row|column|zone|moniker|form|no-loc)(?P<is_end>-end)?\b"
    r"(?P<attributes>[^\n]*?)[ \t]*(?P<closed>:::|$)",
    re.MULTILINE,
)
_ATTRIBUTE = lazy_pattern(r'([\w-]{1,40})="([^"\n]{0,800})"')
_EXTENSION = lazy_pattern(
    r"\[!(?P<name>INCLUDE|VIDEO|code-\w+)\s*(?:\[[^\[\]\n]{0,400}\])?\s*\(?(?P<target>[^()\[\]\n]{0,400})\)?\]",
    re.IGNORECASE,
)
_MOST_ON_LINE = 4
"""The number of pictures in a line, as in a table, that are read."""
_DIV = lazy_pattern(r"^([ \t]*>[ \t]*)\[!div\b[^\]\n]*\][ \t]*$", re.MULTILINE | re.IGNORECASE)
_REFERENCE = lazy_pattern(r"<xref:([^\s<>?]{1,400})(?:\?[^\s<>]{0,200})?>|(?<![\w@])@\"([^\"\n]{1,400})\"")
_GENERIC = lazy_pattern(r"(?:%60|`)+\d+|(?:%2A|\*)$")


def is_docfx(text: str) -> bool:
    """Whether *text* has signs of it that no other tool has."""
    return any(
        sign in text
        for sign in (":::image ", ":::row", ":::zone", ":::moniker", "[!INCLUDE", "[!div", "<xref:", ":::code ")
    ) or ("[!code-" in text)


def convert_docfx(text: str, warnings: list[Message]) -> str:
    """*text* (with masked code) with its pictures and names as HTML. Adds a warning for each file that is not shown."""

    def block(found: re.Match[str]) -> str:
        attributes = dict(_ATTRIBUTE.findall(found["attributes"]))
        if found["name"] == "image" and attributes.get("source") and not found["is_end"]:
            html = figure(attributes["source"], attributes.get("alt-text", ""), "", "", "")
            image = re.sub(r"\s*</?p>\s*", "", html)
            return f"{found['prefix']}{found['more']}{image}"
        if found["name"] == "code" and attributes.get("source"):
            warnings.append(Message("the file %(name)s is not included", name=attributes["source"][:80]))
        return (found["prefix"] + found["more"]).rstrip()

    def extension(found: re.Match[str]) -> str:
        if found["name"].upper() == "VIDEO":
            return f"<{found['target'].strip()}>" if "://" in found["target"] else ""
        warnings.append(Message("the file %(name)s is not included", name=found["target"].strip()[:80]))
        return ""

    for _ in range(_MOST_ON_LINE if ":::" in text else 0):
        text = _BLOCK.sub(block, text)
    text = _DIV.sub(r"\1", _EXTENSION.sub(extension, text))
    return _REFERENCE.sub(lambda found: f"`{_GENERIC.sub('', found[1] or found[2])}`", text)
