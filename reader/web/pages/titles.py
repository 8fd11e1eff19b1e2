"""Titles as HTML: they break between phrases, and a phrase that a narrow phone does not hold between words.

Style sheets give titles ``word-break: keep-all``, so that a browser breaks them at spaces and marks, as
``chinese/title_lines.py`` does, and at ``<wbr>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from flask import Flask
from markupsafe import Markup, escape

from ...catalog.highlighting import Fragment
from ...chinese.title_lines import breaks_within_phrases, phrases, shortened, width
from ..requests.request_context import request_context

_BEFORE_MARKS = re.compile(r"(?<=\w)(?=[@.]\w)")
_BEFORE_PATH = re.compile(r"(?<=\w)(?=/\w)")

RIGHT_TO_LEFT_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
"""Hebrew, Arabic and the scripts between them in Unicode."""

NARROWEST = 320
"""CSS pixels of the narrowest phone (WCAG 2.2, 1.4.10)."""

REM = {"s4": 18.56, "s5": 21.28, "large": 24.0}
"""CSS pixels of a rem with a reader's text size, as ``static/css/choices/`` has them; 16 and fewer with the others."""

HEADING, LEAD, ITEM, LINK, SMALL = 1.5, 1.3, 1.1, 1.125, 1.0
"""Font sizes in rem, at most: of an article's title, a lead, a title in a list, a link in the text, and small print."""

WORD_JOINER = "\u2060"
"""Browsers would begin a line with ｜, in spite of ``keep-all``."""

MOST_OF_NAME = 24
"""Em of the name of a site or a section above a page: two lines of the narrowest phone."""

THUMBNAIL = 84
"""CSS pixels; the margin beside it is 0.7 rem."""


def ems(size: float, beside: int = 0) -> float:
    """The characters in a line of the narrowest phone, at a font size of *size* rem, *beside* a picture so wide."""
    rem = max((REM[choice] for choice in request_context().preferences.chosen if choice in REM), default=16.0)
    room = NARROWEST - 2 * rem - (beside + 0.7 * rem if beside else 0)
    return int(room / rem / size * 10) / 10


def broken(title: str, size: float = LINK, beside: int = 0) -> Markup:
    """A title in a list."""
    return _without_bar_in_front(_broken(title, ems(size, beside)))


def _broken(title: str, most_ems: float) -> Markup:
    return _with_breaks(title, breaks_within_phrases(title, most_ems))


def _without_bar_in_front(title: Markup) -> Markup:
    return title.replace("｜", f"{WORD_JOINER}｜")


def heading(title: str) -> list[tuple[Markup, str]]:
    """The phrases of *title*, each with the space after it."""
    return [(_broken(phrase.rstrip(), ems(HEADING)), phrase[len(phrase.rstrip()) :]) for phrase in phrases(title)]


def broken_fragments(fragments: Sequence[Fragment]) -> Iterator[Fragment]:
    """The fragments of one title, of which some are marked."""
    breaks = breaks_within_phrases("".join(fragment.text for fragment in fragments), ems(ITEM))
    start = 0
    for fragment in fragments:
        text = _with_breaks(fragment.text, (offset - start for offset in breaks), is_first=start == 0)
        yield replace(fragment, text=_without_bar_in_front(text))
        start += len(fragment.text)


def whole(text: str) -> str:
    """*text* with no-break spaces, if a line of small print on the narrowest phone holds it."""
    return text.replace(" ", "\u00a0") if width(text) < ems(SMALL) else text


def mail_address(text: str) -> Markup:
    """*text*, in which an address of e-mail that a narrow phone does not hold may break before ``@`` and full stops."""
    if "@" not in text or width(text) < ems(SMALL) - 1:
        return escape(text)
    return Markup("<wbr>").join(map(escape, _BEFORE_MARKS.split(text)))


def web_address(text: str) -> Markup:
    """The URL *text*, which may break before each part of its path, rather than within one."""
    return Markup("<wbr>").join(map(escape, _BEFORE_PATH.split(text)))


def _with_breaks(text: str, breaks: Iterable[int], is_first: bool = True) -> Markup:
    places = [offset for offset in breaks if (0 if is_first else -1) < offset < len(text)]
    parts = [text[start:end] for start, end in pairwise((0, *places, len(text)))]
    return Markup("<wbr>").join(map(escape, parts))


def in_one_line(facts: Iterable[str], direction: str) -> Markup:
    """Joined by middle dots. Near letters that run from right to left, each is set apart, so that their order stays."""
    apart = bool(direction) or any(map(RIGHT_TO_LEFT_LETTER.search, facts))
    return Markup("\u00a0· ").join(Markup("<bdi>{}</bdi>").format(fact) if apart else fact for fact in facts)


def init_app(app: Flask) -> None:
    app.jinja_env.filters |= {"mail_address": mail_address, "whole": whole, "web_address": web_address}
    app.jinja_env.filters |= {"broken": broken, "broken_fragments": broken_fragments, "heading": heading}
    app.jinja_env.filters |= {"shortened": lambda name: shortened(name, MOST_OF_NAME), "in_one_line": in_one_line}
    app.jinja_env.globals |= {"LEAD": LEAD, "ITEM": ITEM, "SMALL": SMALL, "THUMBNAIL": THUMBNAIL}
