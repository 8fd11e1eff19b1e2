"""Plain text, including the text of a whole news page that was copied and pasted.

A copied page has three parts: a head (section path, headline, date and source, buttons), the story, and a tail
(editor, buttons, other headlines). The tables of ``text_lines`` classify lines; the *position* of a line decides
whether it is removed: a line inside the story is never removed. The story begins after the last line of the head and
ends with the last line that is a sentence and not page chrome.

Reporters in brackets at the very end of the story, ``(记者高原雪``, are moved to the byline, which the page shows
above the text. ``本报讯（记者 …）`` at the beginning stays, because it is part of the sentence.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from ..errors import UnreadableArticle
from ..i18n import Message
from ..models import Draft
from ..patterns import lazy_pattern
from . import from_rst, front_matter
from .boilerplate_lines import (
    BARE_NAMES,
    BYLINE_AT_END,
    BYLINE_AT_START,
    BYLINE_LINE,
    CAPTION,
    EDITOR,
    HEAD_FIELD,
    HEAD_FURNITURE,
    LIST_BEGINS,
    LONGEST_BYLINE,
    LONGEST_LINE,
    NUMBERED,
    SECTION_PATH,
    TAIL_FURNITURE,
    names_in,
    section_in,
    whole_line,
)
from .dates import find_dates
from .decoding import decode_text
from .front_matter_variants import is_nikola_head
from .person_names import closed_up

SUFFIXES = (".txt", ".text")
SAMPLE = "大雨\n2026-05-01 06:00\n\n今天下雨。\n".encode()

_SENTENCE = lazy_pattern(r"[。！？…]|[.!?][\"”’)]*(?:\s|$)|[。！？!?.…][”’）)】」]*$|[,，;；].{30}")
_ENDS_SENTENCE = lazy_pattern(r"[。！？!?.…；;：:,，、][”’）)】」\"']*$")
_SENTENCE_ENDS = lazy_pattern(r"[。！？!?.…；;：:][”’）)】」\"']*$")
_LONGEST_HEADING = 36
_LONGEST_TITLE = 60
_LONGEST_HEAD = 15
_BARE_ADDRESS = lazy_pattern(r"https?://[!-~]+")
_RULE = lazy_pattern(r"(?:[*＊·•※☆★◇◆—_=~-] ?){3,}")
_BULLET = lazy_pattern(r"[-•·*]\s+")
_ITEM = lazy_pattern(rf"\(?\d{{1,3}}[.)、．]\s*|{_BULLET.pattern}")
_INDENT = lazy_pattern(r"^(?:[\u3000\t]|\u00a0| {2,})")


@dataclass
class TextLine:
    """A line that is not blank. ``opens`` is true if it begins a paragraph: after a blank line or with an indent."""

    text: str
    number: int
    opens: bool = False


@dataclass
class Head:
    """The fields found above the story, filled line by line."""

    title: str = ""
    subtitle: str = ""
    section: tuple[str, ...] = ()
    published: datetime | None = None
    source: str = ""
    byline: tuple[str, ...] = ()
    editor: str = ""
    end: int = 0


def read(data: bytes) -> Draft:
    """Front matter is allowed and overrides the text. Raises UnreadableArticle."""
    whole = decode_text(data)
    if is_nikola_head(whole):  # its .txt is reStructuredText
        return from_rst.read(data)
    values, text, skipped = front_matter.split(whole)
    lines = _lines(text, skipped)
    if not lines:
        raise UnreadableArticle(Message("the file is empty"), Message("write a headline and text into it"), 1)
    head = _head(lines, bool(values.get("title")))
    end, editor, signed = _tail(lines, head.end)
    story = _paragraphs(lines[head.end : end])
    byline = _lift_byline(story) or _fuller(head.byline, signed) or _byline_at_start(story)
    found = {
        "title": head.title,
        "subtitle": head.subtitle,
        "section": head.section,
        "published": head.published,
        "source": head.source,
        "byline": byline,
        "editor": editor or head.editor,
    }
    return Draft(**{**found, **values}, body_html=_html(story))


def _lines(text: str, skipped: int) -> list[TextLine]:
    lines: list[TextLine] = []
    blank = True
    for number, raw in enumerate(text.split("\n"), skipped + 1):
        words = raw.strip(" \t\u3000\u00a0\u200b\ufeff")
        if words:
            lines.append(TextLine(words, number, blank or _INDENT.match(raw) is not None))
        blank = not words
    return lines


# -- head ---------------------------------------------------------------------------------------------------------


def _head(lines: list[TextLine], has_title: bool) -> Head:
    """Parses the head, up to the last line near the top that can only belong to it."""
    head = Head(title=" " if has_title else "")
    sure = _last_sure_line(lines)
    for index, line in enumerate(lines):
        if not _take_head_line(head, line.text) and (index > sure or not _take_other(head, line.text)):
            break
        head.end = index + 1
    head.title = head.title.strip()
    return head


def _last_sure_line(lines: list[TextLine]) -> int:
    """The index of the last dateline, byline or button before the first sentence; -1 if there is none."""
    sure, probe = -1, Head(title=" ")
    for index, line in enumerate(lines[:_LONGEST_HEAD]):
        if whole_line(HEAD_FURNITURE, line.text) or _take_dateline(probe, line.text) or _take_byline(probe, line.text):
            sure = index
        elif "。" in line.text or len(line.text) > _LONGEST_TITLE:
            break
    return sure


def _take_head_line(head: Head, text: str) -> bool:
    """Parses a line above the story into *head*. Returns False if it is not a line of the head."""
    if not head.title and whole_line(SECTION_PATH, text) and section_in(text):
        head.section = head.section or section_in(text)
        return True
    if whole_line(HEAD_FURNITURE, text) or _take_dateline(head, text) or _take_byline(head, text):
        return True
    if not head.title:
        head.title = text
        return True
    if text.startswith(("——", "--")) and not head.subtitle and len(text) <= _LONGEST_TITLE:
        head.subtitle = text.lstrip("—- ")
        return True
    return False


def _take_other(head: Head, text: str) -> bool:
    """A line without a label between headline and date: a person's name, else the subtitle."""
    if not head.byline and whole_line(BARE_NAMES, text):
        head.byline = names_in(text)
        return True
    if head.subtitle:
        return False
    head.subtitle = text
    return True


def _take_dateline(head: Head, text: str) -> bool:
    """``2018-11-23 10:40:00 来源:河北新闻网`` in any order; not a sentence that contains a date."""
    if len(text) > LONGEST_LINE:
        return False
    found = next(find_dates(text), None)
    fields = HEAD_FIELD.findall(text)
    around = text[: found.start] + " " + text[found.end :] if found else text
    rest = HEAD_FIELD.sub(" ", _BARE_ADDRESS.sub(" ", around)).split()
    if not (found or fields) or len("".join(rest)) > 16 or re.search("[。，,；！？!?]", "".join(rest)):
        return False
    if found and not head.published:
        head.published = found.moment
    if found and rest and not head.source and not whole_line(HEAD_FURNITURE, rest[0]):
        head.source = rest[0].strip("|｜/-—·")
    for name, value in fields:
        _take_field(head, name, value)
    return True


def _take_field(head: Head, name: str, value: str) -> None:
    if "源" in name or "来自" in name or name.lower() == "source":
        head.source = value
    elif "编" in name or name.lower() == "editor":
        head.editor = closed_up(value)
    elif "者" in name or "员" in name or name.lower() in ("by", "author"):
        head.byline = tuple(dict.fromkeys([*head.byline, *names_in(value)]))


def _take_byline(head: Head, text: str) -> bool:
    """``本报记者 高原雪 通讯员 张三`` on a separate line after the headline."""
    if not head.title or not whole_line(BYLINE_LINE, text) or not names_in(text):
        return False
    head.byline = tuple(dict.fromkeys([*head.byline, *names_in(text)]))
    return True


# -- tail ---------------------------------------------------------------------------------------------------------


def _tail(lines: list[TextLine], start: int) -> tuple[int, str, tuple[str, ...]]:
    """The end of the story, the editor, and the reporters named below it."""
    end = _last_sentence(lines, start) + 1
    while end < len(lines) and not _is_furniture(lines[end].text):
        end += 1
    editor = ""
    byline: tuple[str, ...] = ()
    for line in lines[end:]:
        if found := whole_line(EDITOR, line.text):
            editor = editor or closed_up(found["name"])
        elif whole_line(BYLINE_LINE, line.text):
            byline = byline or names_in(line.text)
    return end, editor, byline


def _last_sentence(lines: list[TextLine], start: int) -> int:
    """The last line that can only be part of the story; its first line if it has no sentence."""
    for index in range(len(lines) - 1, start - 1, -1):
        if _SENTENCE.search(lines[index].text) and not _is_furniture(lines[index].text):
            return index
    return start - 1


def _is_furniture(text: str) -> bool:
    return bool(
        whole_line(TAIL_FURNITURE, text)
        or whole_line(LIST_BEGINS, text)
        or whole_line(EDITOR, text)
        or whole_line(BYLINE_LINE, text)
    )


# -- story --------------------------------------------------------------------------------------------------------


def _paragraphs(lines: list[TextLine]) -> list[str]:
    """One paragraph per line, unless the text is wrapped; then a blank line or an indent separates paragraphs."""
    blocks: list[list[str]] = []
    for line in lines:
        if line.opens or not blocks:
            blocks.append([])
        blocks[-1].append(line.text)
    return [paragraph for block in blocks for paragraph in (["\n".join(block)] if _is_wrapped(block) else block)]


def _is_wrapped(block: list[str]) -> bool:
    """Whether the lines of a block end at a margin instead of at sentence ends."""
    if len(block) < 2:
        return False
    if sum(_SENTENCE_ENDS.search(line) is not None for line in block[:-1]) * 2 >= len(block) - 1:
        return False
    widths = [_width(line) for line in block]
    *full, last = widths
    return min(full) >= 36 and max(full) - min(full) <= 16 and max(full) <= 130 and last <= max(full) + 4


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _lift_byline(story: list[str]) -> tuple[str, ...]:
    """The names in brackets at the end of the last paragraph, which are removed from it."""
    if not story or not (found := BYLINE_AT_END.search(story[-1][-LONGEST_BYLINE:])):
        return ()
    names = names_in(found[1])
    if names:
        story[-1] = story[-1][: found.start() - len(found.string)].rstrip()
        if not story[-1]:
            story.pop()
    return names


def _fuller(above: tuple[str, ...], below: tuple[str, ...]) -> tuple[str, ...]:
    """The reporters above the story, or those below it if these include all of them and more."""
    return below if set(above) <= set(below) else above


def _byline_at_start(story: list[str]) -> tuple[str, ...]:
    found = BYLINE_AT_START.match(story[0][:LONGEST_BYLINE]) if story else None
    return names_in(found[1]) if found else ()


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
    if _ENDS_SENTENCE.search(text) or "。" in text or CAPTION.search(text) or not following:
        return "p"
    if whole_line(HEAD_FURNITURE, text) or _is_furniture(text):
        return "p"  # looks like a button, but is inside the story: kept as a paragraph
    item = _ITEM.match(following)
    if _BULLET.match(text) or (item and _ITEM.match(text)):
        return "p"  # a list
    following = following[item.end() :] if item else following
    level = NUMBERED.match(text)
    if not _SENTENCE.search(following) and not NUMBERED.match(following):
        return "p"
    return "h3" if level and level[0][0] in "(（" else "h2"
