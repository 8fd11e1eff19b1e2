"""The tags, attributes, classes and URL schemes allowed in the HTML of an article."""

from __future__ import annotations

import re

FLOW = frozenset({"section", "aside", "blockquote", "details", "div"})
"""Contain blocks; loose text in them is wrapped in a paragraph. div is never in the output."""
ITEMS = frozenset({"li", "dd", "td", "th", "figcaption", "caption", "figure"})
"""Contain text or blocks."""
LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "pre"})
"""Contain text and inline tags only."""
LISTS = {"ul": "li", "ol": "li", "dl": "dd"}
"""Contain items only: any other content is wrapped in an item of this name."""
TABLE = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
BLOCKS = FLOW | ITEMS | LINES | LISTS.keys() | TABLE | {"hr"}
INLINES = frozenset(
    ["a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q"]
    + ["rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var"]
)
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl"},
    "dd": {"dl"},
    "figcaption": {"figure"},
    "summary": {"details"},
    "rt": {"ruby"},
    "rp": {"ruby"},
}
"""A tag with another parent is treated as a div or a span."""

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
CLASSES = {
    *("poem", "verse", "stanza", "footnotes", "footnote-ref", "footnote-backref"),
    *("epigraph", "signature", "note", "warning", "pullquote", "left", "center", "right"),
}
ATTRIBUTES = {
    "*": {"lang", "dir", "id"},
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "p": {"align"},
    "td": {"colspan", "rowspan", "headers", "align"},
    "th": {"colspan", "rowspan", "headers", "scope", "abbr", "align"},
    "details": {"open"},
}
for _tag in ("h1", "h2", "h3", "h4", "h5", "h6", "div"):
    ATTRIBUTES[_tag] = {"align"}

_NUMBER = re.compile(r"-?\d{1,5}")
_COUNT = re.compile(r"[1-9]\d{0,4}")
_SPAN = re.compile(r"[1-9]\d{0,2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
VALUES = {
    "lang": _LANGUAGE,
    "hreflang": _LANGUAGE,
    "dir": re.compile("ltr|rtl|auto"),
    "width": _COUNT,
    "height": _COUNT,
    "colspan": _SPAN,
    "rowspan": _SPAN,
    "start": _NUMBER,
    "value": _NUMBER,
    "type": re.compile("[1aAiI]"),
    "scope": re.compile("row|col|rowgroup|colgroup"),
}
"""Patterns of valid values; other attributes accept any text."""
