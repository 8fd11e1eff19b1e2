"""Removes HTML elements that no browser shows (``hidden``, ``display: none`` …): not meant for readers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..i18n import Message
from ..sanitizer import check_source, strip_control_characters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_STYLE = r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
_HIDING_STYLE = re.compile(_STYLE, re.IGNORECASE)
_MAY_HIDE = re.compile(rf"<(?:dialog|datalist|template|[^<>]*(?:\s(?:hidden|popover)\b|{_STYLE}))", re.IGNORECASE)
_HIDDEN = ".//*[@hidden or @popover or self::datalist or self::template or self::dialog[not(@open)]]"
LEFT_OUT = Message("what the page hides (hidden, display: none) is left out")


def drop_hidden(root: HtmlElement) -> bool:
    """Removes hidden elements below *root*, in place. Returns whether any of them had text.

    An element with most of the text of the page is not removed: a script would show it.
    """
    whole, dropped = len(root.text_content()), False
    styled = (element for element in root.xpath(".//*[@style]") if _HIDING_STYLE.search(element.get("style")))
    for element in dict.fromkeys([*root.xpath(_HIDDEN), *styled]):
        if element.tag not in ("html", "body") and len(element.text_content()) < max(1, whole / 2):
            dropped = dropped or bool(element.text_content().strip())
            element.drop_tree()
    return dropped


def without_hidden(body_html: str) -> tuple[str, bool]:
    """Like ``drop_hidden``, for HTML source. Returns the new HTML, and whether hidden text was removed.

    Raises UnreadableArticle as the sanitizer does.
    """
    if not _MAY_HIDE.search(body_html):
        return body_html, False
    from lxml import html

    body_html = strip_control_characters(body_html)
    check_source(body_html)
    root = html.fragment_fromstring(body_html, create_parent="div")
    dropped = drop_hidden(root)
    return (html.tostring(root, encoding="unicode")[5:-6], True) if dropped else (body_html, False)
