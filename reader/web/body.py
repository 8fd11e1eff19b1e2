"""An article's body as a phone shows it: paragraphs that can be pointed at, tables that scroll, pictures by size.

The sanitizer's promise makes this safe and simple: ``<[^>]*>`` finds each tag, paragraphs hold no blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

from flask_babel import gettext
from markupsafe import Markup, escape

_PARAGRAPH = re.compile(r"<p((?: [^>]*)?)>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r' id="([^"]*)"')
_IMAGE = re.compile(r"<img ([^>]*)>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_TAG_OR_CLASS = re.compile(r'<([a-z][a-z0-9]*)|class="([^"]*)"')

Picture = Callable[[dict[str, Markup]], Markup]
"""Makes the HTML of one picture from the attributes of its ``img``."""


def for_screen(body: Markup, picture: Picture) -> Markup:
    """*body* with ``#p1``, ``#p2`` … to point at, scrolling tables and code, and each ``img`` as *picture* shows it."""
    html = _IMAGE.sub(lambda found: picture(_attributes(found[1])), str(body))
    html = _PARAGRAPH.sub(_anchored(html), html)
    html = html.replace(
        "<table", f'<div class=wide tabindex=0 role=region aria-label="{escape(gettext("Table"))}"><table'
    )
    html = html.replace("</table>", "</table></div>").replace("<pre", "<pre tabindex=0")
    return Markup(html)  # noqa: S704  clean before, and nothing of a visitor's was added


def kinds_of(body: Markup) -> list[str]:
    """The tags and classes in use: those with a style of their own in ``static/css/body/`` bring it along."""
    found = {name for pair in _TAG_OR_CLASS.findall(body) for names in pair for name in names.split()}
    if found & {"ol", "ul"}:
        found.add("lists")
    return sorted(found)


def _attributes(raw: str) -> dict[str, Markup]:
    """Values as they stand in the HTML: escaped already."""
    return {name: Markup(value) for name, value in _ATTRIBUTE.findall(raw)}  # noqa: S704  from a sanitized tag


def _anchored(html: str) -> Callable[[re.Match[str]], str]:
    """Gives each paragraph its number for a name, unless the article uses that name itself.

    The ¶ is for the pointer: a screen reader or the Tab key is not led through one link a paragraph.
    """
    numbers = count(1)
    taken = set(_ID.findall(html))

    def anchored(paragraph: re.Match[str]) -> str:
        name = f"p{next(numbers)}"
        attributes, text = paragraph[1], paragraph[2]
        if ' id="' in attributes or name in taken or not _TAG.sub("", text).strip():
            return paragraph[0]
        return f"<p id={name}{attributes}>{text}<a href=#{name} tabindex=-1 aria-hidden=true>¶</a></p>"

    return anchored
