"""Converts an article's body for the article page: paragraph anchors, scrolling tables, responsive pictures.

Regular expressions are sufficient because the HTML is sanitized: ``<[^>]*>`` matches each tag, and paragraphs contain
no blocks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from itertools import count

from markupsafe import Markup, escape

from ...sanitizer.allowlist import CLASSES_OF_CODE
from ..requests.request_context import gettext
from .media_players import with_players

_PARAGRAPH = re.compile(r"<p((?: [^>]*)?)>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r' id="([^"]*)"')
_IMAGE = re.compile(r"(<a [^>]*>)?<img ([^>]*)>(</a>)?(<figcaption>)?")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_TAG_NAME = re.compile("<([a-z][a-z0-9]*)")
_SHORT_CELL = re.compile(r"<(t[dh])((?: [^>]*)?)>(?=[^<]{1,8}</)")
_CLASS = re.compile('class="([^"]*)"')

Picture = Callable[[dict[str, Markup], bool], Markup]
"""Returns the HTML of a picture. Arguments: the attributes of its ``img``, and whether it has a caption."""


def for_screen(body: Markup, picture: Picture) -> Markup:
    """*body* with anchors ``#p1``, ``#p2`` …, scrolling tables and code, and each ``img`` replaced by *picture*."""
    screen_html = _IMAGE.sub(lambda found: _with_picture(found, picture), with_players(str(body)))
    screen_html = _PARAGRAPH.sub(_anchored(screen_html), screen_html)
    screen_html = screen_html.replace("<pre", "<pre tabindex=0")
    return Markup(_with_scrolling_tables(screen_html) if "<table" in screen_html else screen_html)  # noqa: S704  sanitized


def _with_scrolling_tables(screen_html: str) -> str:
    label = escape(gettext("Table"))
    screen_html = screen_html.replace("<table", f'<div class=wide tabindex=0 role=region aria-label="{label}"><table')
    return _SHORT_CELL.sub(_in_one_line, screen_html.replace("</table>", "</table></div>"))


def _with_picture(found: re.Match[str], picture: Picture) -> str:
    """The HTML of a picture. A picture that is now a link loses its outer link: HTML forbids nested links (4.5.1)."""
    link, attributes, end, caption = found.groups(default="")
    picture_html = picture(_attributes(attributes), bool(caption))
    if link and end and picture_html.startswith("<a "):
        return f"{picture_html}{caption}"
    return f"{link}{picture_html}{end}{caption}"


def _in_one_line(cell: re.Match[str]) -> str:
    """The start tag of a short cell with the class ``word``, which prevents line breaks. Other classes stay."""
    tag, attributes = cell[1], cell[2]
    if ' class="' not in attributes:
        return f'<{tag} class="word"{attributes}>'
    joined = attributes.replace(' class="', ' class="word ', 1)
    return f"<{tag}{joined}>"


def kinds_of(body: Markup) -> list[str]:
    """The tags and classes in *body*, sorted, to select the style sheets of ``static/css/body/``."""
    found = {name for names in _CLASS.findall(body) for name in names.split()} if "class=" in body else set()
    found.update(_TAG_NAME.findall(body))
    if found & {"ol", "ul"}:
        found.add("lists")
    if found & {"em", "i", "cite"}:
        found.add("emphasis")
    if found & CLASSES_OF_CODE:
        found.add("highlight")
    return sorted(found)


def text_of(body: Markup) -> str:
    """The text between the tags, with entities decoded. White space stays unchanged."""
    return html.unescape(_TAG.sub("", body))


def _attributes(raw: str) -> dict[str, Markup]:
    """The attributes of a tag. Values stay escaped, as in the HTML."""
    return {name: Markup(value) for name, value in _ATTRIBUTE.findall(raw)}  # noqa: S704  from a sanitized tag


def _anchored(body: str) -> Callable[[re.Match[str]], str]:
    """A function that adds an id and a ¶ link to each paragraph, unless the article uses the id itself.

    The ¶ is invisible unless the pointer is on its paragraph. It is also hidden from screen readers and the Tab key,
    which would otherwise stop at every paragraph.
    """
    numbers = count(1)
    used_ids = set(_ID.findall(body))

    def anchored(paragraph: re.Match[str]) -> str:
        name = f"p{next(numbers)}"
        attributes, text = paragraph[1], paragraph[2]
        if ' id="' in attributes or name in used_ids or not (text[:1].isalnum() or _TAG.sub("", text).strip()):
            return paragraph[0]
        return f"<p id={name}{attributes}>{text}<a class=p href=#{name}>¶</a></p>"

    return anchored
