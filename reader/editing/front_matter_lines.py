"""Changes single fields of front matter in the text of a file. All other lines remain unchanged, including comments.

This module edits YAML and files without front matter; ``front_matter_formats`` edits the other forms. The caller parses
the result again and compares it, because a value may also occur where this module does not look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import UnreadableArticle
from ..formats import from_html, from_markdown
from ..formats.fields.field_names import plain_name
from ..formats.fields.front_matter import field_line, is_field
from ..formats.fields.front_matter_delimiters import find_block
from ..formats.fields.front_matter_variants import FrontMatter, marked_head, plain_head
from ..formats.fields.yaml_fields import yaml_fields
from .field_forms import best_name, field_of, is_replaced
from .front_matter_formats import OtherHead, head_of_format, head_of_front_matter

_COMMENT_BEGINS = re.compile(r"\ufeff?[ \t]*<!--[ \t]*")
_HEADING = re.compile(r"#\s+(.*?)\s*#*")
MARKDOWN, HTML = frozenset(from_markdown.SUFFIXES), frozenset(from_html.SUFFIXES)


@dataclass(frozen=True)
class FieldLines:
    """A field called ``name`` in the lines from ``start`` to ``end`` (exclusive), counted from 0."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Head:
    """The YAML front matter of a file. ``fence`` is the line of the fence below the fields (-1 without one), ``body``
    the first line of the body. ``in_comment``: the front matter is inside an HTML comment."""

    fields: tuple[FieldLines, ...]
    fence: int
    body: int
    in_comment: bool = False


def head_of(text: str, suffix: str) -> Head | OtherHead | None:
    """The head of the file's *text*; None if its front matter has an unknown form. Raises UnreadableArticle."""
    lines = text.split("\n")
    comment_lines = _lines_of_comment(lines) if suffix in HTML else 0
    rest = "\n".join(lines[comment_lines:])
    found = marked_head(rest) or (plain_head(rest, is_field) if suffix in MARKDOWN else None)
    if found:
        return (
            _head_with_one_fence(lines, found)
            if found.block
            else None
            if comment_lines
            else head_of_front_matter(text, found)
        )
    block = find_block(rest, is_field)
    if block is None:
        return None if comment_lines else head_of_format(text, suffix) or Head((), -1, 0)
    first, fence = comment_lines + block.first_line - 1, comment_lines + block.lines - 1
    fields = _fields(block.text, lines, first, fence)
    if fields is None:
        return None
    body = fence + 1
    if comment_lines:
        body = next((n + 1 for n in range(fence + 1, len(lines)) if lines[n].strip() == "-->"), -1)
        if body < 0:
            return None
    return Head(fields, fence, body, bool(comment_lines))


def _head_with_one_fence(lines: list[str], found: FrontMatter) -> Head | None:
    """The head of Hexo's YAML front matter, which has a fence only below the fields."""
    fields = _fields(found.block, lines, found.first_line - 1, found.lines - 1)
    return None if fields is None else Head(fields, found.lines - 1, found.lines)


def with_changes(text: str, suffix: str, values: Mapping[str, Any], body: str | None) -> str | None:
    """*text* with changed fields and another *body* (None: unchanged). None if its form can't be changed field by
    field.

    *values* has new values of Draft fields; an empty value removes the field. A new title replaces the first heading if
    that is the title of a Markdown file.
    """
    head = head_of(text, suffix)
    if head is None:
        return None
    rest, values = _rest(text, head) if body is None else body, dict(values)
    if values.get("title") and suffix in MARKDOWN and (at := _heading_that_is_title(rest, head)) is not None:
        lines = rest.split("\n")
        rest = "\n".join([*lines[:at], f"# {values.pop('title')}", *lines[at + 1 :]])
    if isinstance(head, OtherHead):
        try:
            block = head.change(text[head.begin : head.end], values) if values else text[head.begin : head.end]
        except (ValueError, RecursionError):  # the form can't represent a value
            return None
        return f"{text[: head.begin]}{block}{text[head.end : head.body]}{rest}"
    top = _changed(
        text.split("\n")[: head.body], head, {name: field_line(name, value) for name, value in values.items()}
    )
    if head.fence < 0 and top:
        around, below = ("<!--", "-->") if suffix in HTML else (), [""] if rest.split("\n")[:1] != [""] else []
        top = [*around[:1], "---", *top, "---", *around[1:], *below]
    return "\n".join([*top, rest])


def body_of(text: str, suffix: str) -> str | None:
    """The text below the head; None if the front matter has an unknown form."""
    head = head_of(text, suffix)
    return None if head is None else _rest(text, head)


def _rest(text: str, head: Head | OtherHead) -> str:
    return text[head.body :] if isinstance(head, OtherHead) else "\n".join(text.split("\n")[head.body :])


def _lines_of_comment(lines: list[str]) -> int:
    """1 if the first line starts an HTML comment around front matter, else 0."""
    return int(len(lines) > 1 and _COMMENT_BEGINS.fullmatch(lines[0]) is not None)


def _fields(block: str, lines: list[str], first: int, fence: int) -> tuple[FieldLines, ...] | None:
    """The fields of the *block*, which starts at line *first* of the file; None if two fields share a line."""
    try:
        begins = list(_keys(block))
    except yaml.YAMLError:
        return None
    starts = [first + line for _, line in begins]
    if len(set(starts)) < len(starts):
        return None
    found = []
    for (name, _), start, after in zip(begins, starts, [*starts, fence][1:], strict=True):
        end = after
        while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
            end -= 1
        found.append(FieldLines(name, start, end))
    return tuple(found)


def _keys(block: str) -> Iterator[tuple[str, int]]:
    """(name, line) of each top-level field."""
    depth, is_key = 0, True
    for event in yaml.parse(block, Loader=yaml.CSafeLoader):
        if depth == 1 and is_key and isinstance(event, yaml.ScalarEvent):
            yield str(event.value), event.start_mark.line if event.start_mark else 0
            is_key = False
            continue
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            is_key = is_key or depth == 1
        elif depth == 1:
            is_key = True


def _changed(lines: list[str], head: Head, values: dict[str, str]) -> list[str]:
    """The changed lines of the head. A field keeps its position and name; a new one is added below all others."""
    new, at = list[str](), 0
    names = [field.name for field in head.fields]
    best = {name: best_name(name, names) for name, line in values.items() if line}
    for field in head.fields:
        name = field_of(field.name)
        if name not in values:
            continue
        kept_name = best.get(name, "")
        if not is_replaced(name, field.name, _value(lines[field.start : field.end]), kept_name):
            continue
        new += lines[at : field.start]
        keeps_name = field.name == kept_name if kept_name else bool(best_name(name, [field.name]))
        if keeps_name and (line := values.pop(name)):
            new += _with_name(line, field.name)
            values[name] = ""  # removes other names of the field, which would be read instead
        at = field.end
    end = len(lines) if head.fence < 0 else head.fence
    new += lines[at:end]
    added = [part for line in values.values() if line for part in line.rstrip("\n").split("\n")]
    return [*new, *added, *lines[end:]]


def _value(lines: list[str]) -> Any:
    """The value of the field in these lines, with texts as written."""
    try:
        return next((field.value for field in yaml_fields("\n".join(lines), 1)), "")
    except UnreadableArticle:
        return ""


def _with_name(line: str, name: str) -> list[str]:
    """*line* with the name that the file uses for the field."""
    canonical, _, value = line.rstrip("\n").partition(":")
    field_name = name if plain_name(name) != plain_name(canonical) and re.fullmatch(r"[\w-]+", name) else canonical
    return f"{field_name}:{value}".split("\n")


def _heading_that_is_title(body: str, head: Head | OtherHead) -> int | None:
    """The line in *body* of the first heading, if that is the title of a Markdown file; else None."""
    if isinstance(head, OtherHead):
        has_title = head.has_title
    else:
        has_title = any(field_of(field.name) == "title" for field in head.fields)
    lines = body.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    return None if has_title or first is None or not _HEADING.fullmatch(lines[first]) else first
