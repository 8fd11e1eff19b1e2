"""Converts explicit ids of headings, ``## Title {#id}`` and ``{: #id}``, in the HTML that Markdown produces."""

from __future__ import annotations

import re
from html import escape

_HEADING = re.compile(r"<(h[1-6])>(.*?)\s*\{:?\s*([^{}<>\n]*)\}\s*(</h[1-6]>)")
_ID = re.compile(r"#([^\s#.=}]+)")
_FIRST = re.compile(r"[#.]|[\w-]+=|unnumbered\b|-$")


def with_own_ids(html: str) -> str:
    """*html* with the ids of headings as attributes. Classes and keys in the same braces are removed."""
    return _HEADING.sub(_with_id, html) if "}</h" in html or "} </h" in html else html


def _with_id(found: re.Match[str]) -> str:
    inside = found[3].strip()
    if not _FIRST.match(inside):
        return found[0]
    name = _ID.search(inside)
    attribute = f' id="{escape(name[1])}"' if name else ""
    return f"<{found[1]}{attribute}>{found[2]}{found[4]}"
