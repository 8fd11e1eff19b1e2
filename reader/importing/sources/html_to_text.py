"""Converts titles and summaries that other programs store as HTML to plain text."""

from __future__ import annotations

import re
from html import unescape

_INLINE = "a|abbr|b|bdi|bdo|big|br|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u|wbr"
_BLOCK = "p|div|section|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|img|hr|table|tr|td|th"
_TAG = re.compile(rf"</?(?:{_INLINE}|{_BLOCK})(?:\s[^<>]*)?/?>")
_BREAK = re.compile(rf"<(?:br|/?(?:{_BLOCK}))\b[^<>]*>")


def plain_title(html: str) -> str:
    """*html* without HTML tags and with entities resolved. Text that only resembles a tag is not removed: ``Vec<T>``.

    Entities are resolved twice, because some programs escape them twice: ``AT&amp;amp;T``.
    """
    return " ".join(unescape(unescape(_TAG.sub("", html))).split())


def plain_summary(html: str) -> str:
    """Like ``plain_title``, with a space where a block or a line ends."""
    return plain_title(_BREAK.sub(" ", re.sub(r"<!--.*?(?:-->|\Z)", "", html, flags=re.DOTALL)))
