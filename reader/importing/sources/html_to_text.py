"""Titles and summaries that other programs keep as HTML, as plain text."""

from __future__ import annotations

import re
from html import unescape

_INLINE = "a|abbr|b|bdi|bdo|big|br|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u|wbr"
_BLOCK = "p|div|section|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|img|hr|table|tr|td|th"
_TAG = re.compile(rf"</?(?:{_INLINE}|{_BLOCK})(?:\s[^<>]*)?/?>")
_BREAK = re.compile(rf"<(?:br|/?(?:{_BLOCK}))\b[^<>]*>")


def plain_title(html: str) -> str:
    """*html* without HTML's tags, entities resolved. What only looks like a tag stays: ``Vec<T>``.

    Entities are resolved twice: some programs escape them once more than they should, ``AT&amp;amp;T``.
    """
    return " ".join(unescape(unescape(_TAG.sub("", html))).split())


def plain_summary(html: str) -> str:
    """As ``plain_title``, with a space where a block or a line ends."""
    return plain_title(_BREAK.sub(" ", re.sub(r"<!--.*?(?:-->|\Z)", "", html, flags=re.DOTALL)))
