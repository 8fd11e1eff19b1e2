"""Reads plain text, including the text of a whole news page that was copied and pasted.

A copied page has three parts: a head (section path, headline, date and source, buttons), the story, and a tail
(editor, buttons, other headlines). ``pasted_pages`` classifies lines. The *position* of a line decides whether it is
removed: a line inside the story is never removed. The story begins after the last line of the head and ends with the
last line that is a sentence and not page chrome.

Names of reporters in brackets at the very end of the story, ``(记者高原雪``, move to the byline, which the page shows
above the text. ``本报讯（记者 …）`` at the beginning is unchanged, because it is part of the sentence.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from ..errors import NothingToPublish, UnreadableArticle
from ..i18n import Message
from ..models import Draft
from ..patterns import lazy_pattern
from . import from_rst
from .dates import find_dates
from .decoding import decode_text
from .fields import front_matter
from .fields.front_matter_variants import is_nikola_head
from .pasted_pages.dateline import date_alone
from .pasted_pages.labels import TAGS, credits_in, people_in, tags_in
from .pasted_pages.line_patterns import (
    BYLINE_AT_END,
    BYLINE_AT_START,
    BYLINE_OF_AGENCY,
    BYLINE_OF_AGENCY_AT,
    BYLINE_WITH_PLACE,
    CAPTION,
    DOCUMENT_NUMBER,
    HEAD_FURNITURE,
    LONGEST_BYLINE,
    NUMBERED,
    OPENS_STORY,
    fold_traditional,
    names_in,
    whole_line,
)
from .pasted_pages.lines_above_story import StoryHead, possible_heads
from .pasted_pages.lines_below_story import SENTENCE, Tail, is_furniture, read_tail

SUFFIXES = (".txt", ".text")
SAMPLE = "大雨\n2026-05-01 06:00\n\n今天下雨。\n".encode()

_ENDS_SENTENCE = lazy_pattern(r"[。！？!?.…；;：:,，、][”’）)】」\"']*$")
_SENTENCE_ENDS = lazy_pattern(r"[。！？!?.…；;：:][”’）)】」\"']*$")
_LONGEST_HEADING = 36
_TWO_LABELS = re.compile(r"(【(?:我要)?纠错】)[ \t]*(【责任编辑)")
"""The two labels that 新华网 writes on one line."""
_ZERO_WIDTH = lazy_pattern("[\u200b\u2060\ufeff\u00ad]|[\u200c\u200d](?=\\s*$)|^[\u200c\u200d]+", re.MULTILINE)
"""Zero-width characters, which web pages contain between other characters; joiners only at the ends of lines."""
_LAST_WORDS = lazy_pattern(r"(?<=[。！？”）])\s*(?:返回搜狐[，,]查看更多|【纠错】|\[纠错\]|查看更多|阅读原文)$")
_EDITOR_AT_END = lazy_pattern(
    r"(?<=[。！？…”）)」』])\s*[(（\[【]\s*(?:责任编辑|责编|编辑)\s*[:：]\s*(?P<names>[^()（）\[\]【】。]{2,24})[)）\]】]\s?\d{0,8}$"
)
_NO_HEADING = lazy_pattern(
    r"[(（].*[)）]$|[▲△▼▽]|(?:此致|敬礼|谨启|祝好?|顺颂.{2}|谨祝|特此.{2,4})$|\S{1,16}[〔\[]\d{4}[〕\]]|第\s?\d{1,4}\s?号$"
)
_NUMBER = lazy_pattern(rf"{DOCUMENT_NUMBER.pattern}|第\s?\d{{1,4}}\s?号")
"""The number of an official document or of a decree."""
_LINE_END = re.compile("[\n\u2028\u2029\x85]")
_RULE = lazy_pattern(r"(?:[*＊·•※☆★◇◆—_=~-] ?){3,}")
_BULLET = lazy_pattern(r"[-•·*]\s+")
_ITEM = lazy_pattern(rf"\(?\d{{1,3}}[.)、．]\s*|{_BULLET.pattern}")
_INDENT = lazy_pattern(r"^(?:[\u3000\t]|\u00a0| {2,})")


@dataclass
class TextLine:
    """A line that is not blank. ``number`` counts from 1. ``opens`` is true if it begins a paragraph: after a blank
    line or with an indent."""

    text: str
    number: int
    opens: bool = False


def read(data: bytes) -> Draft:
    """Front matter is optional and has priority over the text. Raises UnreadableArticle."""
    whole = decode_text(data)
    if is_nikola_head(whole):  # a .txt file of Nikola is reStructuredText
        return from_rst.read(data)
    front_matter.refuse_lines_alone(whole)
    values, text, skipped = front_matter.split(whole)
    lines = _lines(text, skipped)
    if not lines and not values.get("title"):
        raise NothingToPublish
    if not lines:
        raise UnreadableArticle(Message("the file is empty"), Message("write a headline and text into it"), 1)
    head, tail = _head_and_tail(lines, bool(values.get("title")))
    story = _paragraphs(_drop_repeated_title(lines[head.end : tail.end], head.title))
    editor = _take_editor(story)
    lifted, at_start = _take_byline(story), _byline_at_start(story)
    found = {
        "kicker": head.kicker,
        "title": head.title,
        "subtitle": head.subtitle,
        "section": head.section,
        "published": head.published or tail.published or _date_of_story(head, story),
        "source": head.source or tail.source,
        "byline": lifted or _most_complete(head.byline, tail.byline, at_start),
        "tags": _tags_outside_story(lines, head.end, tail.end),
        "editor": tail.chief or head.chief or tail.editor or editor or head.editor,
    }
    return Draft(**{**found, **values}, body_html=_html(story))


def _tags_outside_story(lines: list[TextLine], begin: int, end: int) -> tuple[str, ...]:
    """The tags in the first line with tags above or below the story: ``标签：河北 经济``."""
    outside = (line.text for line in (*lines[:begin], *lines[end:]))
    fields = (field for text in outside for field in credits_in(text) if field.kind == TAGS)
    return next((tags for field in fields if (tags := tags_in(field.value))), ())


def _head_and_tail(lines: list[TextLine], has_title: bool) -> tuple[StoryHead, Tail]:
    """The head and the tail. The head is the longest one with a story before the tail, else the longest of all."""
    texts = [line.text for line in lines]
    whole: list[tuple[StoryHead, Tail]] = []
    for head in possible_heads(texts, has_title):
        tail = read_tail(texts, head.end)
        whole.append((head, tail))
        if tail.end > head.end:
            return head, tail
    return whole[0]


def _drop_repeated_title(story: list[TextLine], title: str) -> list[TextLine]:
    """*story* without a first line that repeats the headline, as in official documents."""
    return story[1:] if len(story) > 1 and title and story[0].text == title else story


def _date_of_story(head: StoryHead, story: list[str]) -> datetime | None:
    """The date in a dateline, ``PORT ELLIS, May 4, 2021 —``, or at the end of an official document with a number,
    ``国办发〔2018〕110号``."""
    if story and (opening := OPENS_STORY.match(story[0][:LONGEST_BYLINE])):
        return next((found.at for found in find_dates(opening[0])), None)
    if not head.number and not any(_NUMBER.fullmatch(line) for line in story[:3]):
        return None
    return next((found for line in story[:-8:-1] if (found := date_alone(line))), None)


def _lines(text: str, skipped: int) -> list[TextLine]:
    lines: list[TextLine] = []
    blank = True
    for number, raw in enumerate(_LINE_END.split(_TWO_LABELS.sub(r"\1\n\2", _ZERO_WIDTH.sub("", text))), skipped + 1):
        words = raw.strip()
        if words:
            lines.append(TextLine(words, number, blank or _INDENT.match(raw) is not None))
        blank = not words
    return lines


# -- story --------------------------------------------------------------------------------------------------------


def _paragraphs(lines: list[TextLine]) -> list[str]:
    """The paragraphs. Each line is one, unless the text is wrapped: then blank lines or indents separate them."""
    blocks: list[list[str]] = []
    for line in lines:
        if line.opens or not blocks:
            blocks.append([])
        blocks[-1].append(line.text)
    return [paragraph for block in blocks for paragraph in (["\n".join(block)] if _is_wrapped(block) else block)]


def _is_wrapped(block: list[str]) -> bool:
    """Whether the lines of a block end at a margin instead of at sentence ends."""
    if len(block) < 2 or any(DOCUMENT_NUMBER.fullmatch(line) for line in block):
        return False
    if sum(_SENTENCE_ENDS.search(line) is not None for line in block[:-1]) * 2 >= len(block) - 1:
        return False
    widths = [_width(line) for line in block]
    *full, last = widths
    return min(full) >= 36 and max(full) - min(full) <= 16 and max(full) <= 130 and last <= max(full) + 4


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _take_editor(story: list[str]) -> str:
    """Removes the editor, ``（责任编辑：李红）``, and phrases such as 查看更多 from the end of the last paragraph.

    Returns the editor's name; empty without one.
    """
    if not story:
        return ""
    story[-1] = _LAST_WORDS.sub("", story[-1])
    end = story[-1][-LONGEST_BYLINE:]
    found = _EDITOR_AT_END.search(fold_traditional(end))
    if not found:
        return ""
    story[-1] = story[-1][: found.start() - len(found.string)].rstrip()
    return people_in(end[slice(*found.span("names"))])


def _take_byline(story: list[str]) -> tuple[str, ...]:
    """Removes the names in brackets from the end of the last paragraph, and returns them."""
    if not story or not (found := BYLINE_AT_END.search(fold_traditional(story[-1][-LONGEST_BYLINE:]))):
        return ()
    names = names_in(story[-1][-LONGEST_BYLINE:][slice(*found.span(1))])
    if names:
        story[-1] = story[-1][: found.start() - len(found.string)].rstrip()
        if not story[-1]:
            story.pop()
    return names


def _most_complete(*bylines: tuple[str, ...]) -> tuple[str, ...]:
    """The first of *bylines*, or a later one that contains all names of the ones before it."""
    best: tuple[str, ...] = ()
    for names in bylines:
        best = names if set(best) <= set(names) else best
    return best


def _byline_at_start(story: list[str]) -> tuple[str, ...]:
    start = story[0][:LONGEST_BYLINE] if story else ""
    plain = fold_traditional(start)
    patterns = (BYLINE_AT_START, BYLINE_OF_AGENCY_AT, BYLINE_OF_AGENCY)
    found = next((found for pattern in patterns if (found := pattern.match(plain))), None)
    found = found or BYLINE_WITH_PLACE.match(plain, 1 if plain.startswith(tuple("〔【（([")) else 0)
    return names_in(start[slice(*found.span(1))]) if found else ()


def _html(story: list[str]) -> str:
    parts = []
    for index, paragraph in enumerate(story):
        following = story[index + 1] if index + 1 < len(story) else ""
        if _RULE.fullmatch(paragraph):
            parts.append("<hr>\n")
            continue
        tag = _tag(paragraph, following)
        parts.append(f"<{tag}>{html.escape(paragraph, quote=False)}</{tag}>\n")
    return "".join(parts)


def _tag(text: str, following: str) -> str:
    """A subheading is a short line without sentence punctuation, followed by a paragraph or a lower heading."""
    if len(text) > _LONGEST_HEADING * (1 if _width(text) > len(text) * 1.5 else 2) or "\n" in text:
        return "p"
    if _ENDS_SENTENCE.search(text) or "。" in text or CAPTION.search(text) or not following or _NO_HEADING.match(text):
        return "p"
    if whole_line(HEAD_FURNITURE, text) or is_furniture(text):
        return "p"  # looks like a button, but is inside the story: a paragraph
    item = _ITEM.match(following)
    if _BULLET.match(text) or (item and _ITEM.match(text)):
        return "p"  # a list
    following = following[item.end() :] if item else following
    level = NUMBERED.match(text)
    if not SENTENCE.search(following) and not NUMBERED.match(following):
        return "p"
    return "h3" if level and level[0][0] in "(（" else "h2"
