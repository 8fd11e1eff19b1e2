"""Removes tags that are no elements of HTML, outside of SVG and MathML: ``cp <path>``, ``vector<int>``.

The cleaner (ammonia) removes elements with names of SVG and MathML together with their content, because their
namespace is wrong, and an author's ``<path>`` contains the rest of the paragraph. Browsers show the content.
"""

from __future__ import annotations

import re

from ..patterns import lazy_pattern
from .allowlist import HTML_NAMES, MATHML, OTHER_HTML_NAMES

_KNOWN = (HTML_NAMES | OTHER_HTML_NAMES) - MATHML | {"math"}
_ANY_NAME = re.compile("<([A-Za-z]+)")
_ENDS = {name: lazy_pattern(f"</{name}", re.IGNORECASE) for name in ("svg", "math")}
_TAG = lazy_pattern(r"</?([A-Za-z]+)(?=[\s/>])[^<>]{0,2000}>")


def without_foreign_names(html: str) -> str:
    """*html* without such tags. What is within ``svg`` and ``math`` is unchanged."""
    if _KNOWN.issuperset(map(str.lower, set(_ANY_NAME.findall(html)))):
        return html
    out, done, skipped_to = list[str](), 0, 0
    for tag in _TAG.finditer(html):
        name = tag[1].lower()
        if tag.start() < skipped_to:
            continue
        if name in _ENDS and tag[0][1] != "/":
            end = _ENDS[name].search(html, tag.end())
            if end is None:
                break
            skipped_to = end.start()
        elif name not in _KNOWN:
            out.append(html[done : tag.start()])
            done = tag.end()
    return "".join([*out, html[done:]])
