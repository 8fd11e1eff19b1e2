"""Titles as HTML with line breaks between phrases. A phrase that is too long for a narrow phone breaks between words.

Style sheets set ``word-break: keep-all`` for titles. A browser then breaks them only at ``<wbr>``, spaces and
punctuation, as ``chinese/title_lines.py`` does.
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
"""A letter of Hebrew, Arabic or the scripts between them in Unicode."""

NARROWEST = 320
"""The width of the narrowest phone in CSS pixels (WCAG 2.2, 1.4.10)."""

REM = {"s4": 18.56, "s5": 21.28, "large": 24.0}
"""CSS pixels per rem for the text sizes in ``static/css/choices/``; 16 or fewer for all others."""

HEADING, LEAD, ITEM, LINK, SMALL = 1.5, 1.3, 1.1, 1.125, 1.0
"""The largest font sizes in rem of: an article's title, a lead, a title in a list, a link in the text, small print."""

WORD_JOINER = "\u2060"
"""Prevents a break before ｜. Browsers allow one there in spite of ``keep-all``."""

MAX_NAME_EMS = 24
"""The maximum width in em of the site's or section's name above a page: two lines on the narrowest phone."""

THUMBNAIL = 84
"""The width of a thumbnail in CSS pixels. The margin beside it is 0.7 rem."""


def ems(size: float, picture_width: int = 0) -> float:
    """The width of a line in em on the narrowest phone, rounded down to tenths.

    *size* is the font size in rem, *picture_width* the CSS pixels of a picture beside the line.
    """
    rem = max((REM[choice] for choice in request_context().preferences.chosen if choice in REM), default=16.0)
    line_width = NARROWEST - 2 * rem - (picture_width + 0.7 * rem if picture_width else 0)
    return int(line_width / rem / size * 10) / 10


def broken(title: str, size: float = LINK, picture_width: int = 0) -> Markup:
    """*title* in a list, with possible line breaks. The arguments are those of ``ems``."""
    return _without_leading_bar(_broken(title, ems(size, picture_width)))


def _broken(title: str, most_ems: float) -> Markup:
    return _with_breaks(title, breaks_within_phrases(title, most_ems))


def _without_leading_bar(title: Markup) -> Markup:
    return title.replace("｜", f"{WORD_JOINER}｜")


def heading(title: str) -> list[tuple[Markup, str]]:
    """(phrase with possible line breaks, white space after it) for each phrase of *title*."""
    return [(_broken(phrase.rstrip(), ems(HEADING)), phrase[len(phrase.rstrip()) :]) for phrase in phrases(title)]


def broken_fragments(fragments: Sequence[Fragment]) -> Iterator[Fragment]:
    """The fragments of one title (some of them are highlighted), with possible line breaks."""
    breaks = breaks_within_phrases("".join(fragment.text for fragment in fragments), ems(ITEM))
    start = 0
    for fragment in fragments:
        text = _with_breaks(fragment.text, (offset - start for offset in breaks), is_first=start == 0)
        yield replace(fragment, text=_without_leading_bar(text))
        start += len(fragment.text)


def whole(text: str) -> str:
    """*text* without line breaks at spaces and dashes if it fits into a line of small print on the narrowest phone."""
    joined = text.replace(" ", "\u00a0").replace("—", f"{WORD_JOINER}—{WORD_JOINER}")
    return joined if width(text) < ems(SMALL) else text


def mail_address(text: str) -> Markup:
    """*text*, whole if short; a mail address too long for a narrow phone may break before ``@`` and full stops."""
    if "@" not in text or width(text) < ems(SMALL) - 1:
        return escape(whole(text))
    return Markup("<wbr>").join(map(escape, _BEFORE_MARKS.split(text)))


def web_address(text: str) -> Markup:
    """The URL *text* with possible line breaks before each part of its path."""
    return Markup("<wbr>").join(map(escape, _BEFORE_PATH.split(text)))


def _with_breaks(text: str, breaks: Iterable[int], is_first: bool = True) -> Markup:
    offsets = [offset for offset in breaks if (0 if is_first else -1) < offset < len(text)]
    parts = [text[start:end] for start, end in pairwise((0, *offsets, len(text)))]
    return Markup("<wbr>").join(map(escape, parts))


def in_one_line(facts: Iterable[str], direction: str) -> Markup:
    """*facts* joined by middle dots. With right-to-left letters each is isolated (``<bdi>``), so the order stays."""
    is_isolated = bool(direction) or any(map(RIGHT_TO_LEFT_LETTER.search, facts))
    return Markup("\u00a0· ").join(Markup("<bdi>{}</bdi>").format(fact) if is_isolated else fact for fact in facts)


def init_app(app: Flask) -> None:
    app.jinja_env.filters |= {"mail_address": mail_address, "whole": whole, "web_address": web_address}
    app.jinja_env.filters |= {"broken": broken, "broken_fragments": broken_fragments, "heading": heading}
    app.jinja_env.filters |= {"shortened": lambda name: shortened(name, MAX_NAME_EMS), "in_one_line": in_one_line}
    app.jinja_env.globals |= {"LEAD": LEAD, "ITEM": ITEM, "SMALL": SMALL, "THUMBNAIL": THUMBNAIL}
