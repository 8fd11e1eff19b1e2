"""Changes single fields of front matter in the text of a file. Every other line stays as it is, comments too.

This module edits YAML and files without front matter; ``front_matter_formats`` edits the other forms. The caller reads
the result again and compares it, because a value may also stand where this module does not look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import UnreadableArticle
from ..formats import from_html, from_markdown
from ..formats.field_names import plain_name
from ..formats.front_matter import field_line, is_field
from ..formats.front_matter_delimiters import find_block
from ..formats.front_matter_variants import FrontMatter, marked_head, plain_head
from ..formats.yaml_fields import yaml_fields
from .field_forms import field_of, is_replaced, name_to_keep
from .front_matter_formats import OtherHead, of_format, of_front_matter

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
    """The front matter of a file: its fields, the line of the fence below them (-1 without one), and where the body
    begins. ``in_comment``: an HTML comment is around it."""

    fields: tuple[FieldLines, ...]
    fence: int
    body: int
    in_comment: bool = False


def head_of(text: str, suffix: str) -> Head | OtherHead | None:
    """The head of the file's *text*; None if it has front matter of an unknown form. Raises UnreadableArticle."""
    lines = text.split("\n")
    above = _lines_of_comment(lines) if suffix in HTML else 0
    rest = "\n".join(lines[above:])
    found = marked_head(rest) or (plain_head(rest, is_field) if suffix in MARKDOWN else None)
    if found:
        return _above_one_fence(lines, found) if found.block else None if above else of_front_matter(text, found)
    block = find_block(rest, is_field)
    if block is None:
        return None if above else of_format(text, suffix) or Head((), -1, 0)
    first, fence = above + block.first_line - 1, above + block.lines - 1
    fields = _fields(block.text, lines, first, fence)
    if fields is None:
        return None
    body = fence + 1
    if above:
        body = next((n + 1 for n in range(fence + 1, len(lines)) if lines[n].strip() == "-->"), -1)
        if body < 0:
            return None
    return Head(fields, fence, body, bool(above))


def _above_one_fence(lines: list[str], found: FrontMatter) -> Head | None:
    """Hexo's, in YAML."""
    fields = _fields(found.block, lines, found.first_line - 1, found.lines - 1)
    return None if fields is None else Head(fields, found.lines - 1, found.lines)


def with_changes(text: str, suffix: str, values: Mapping[str, Any], body: str | None) -> str | None:
    """*text* with other fields and another *body* (None: the same). None if its form can't be changed field by field.

    *values* has new values of Draft fields; an empty one removes the field. A new title takes the place of the heading
    if that is the title of a Markdown file.
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
        except (ValueError, RecursionError):  # what the form has no way to write
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
    """What stands below the head."""
    head = head_of(text, suffix)
    return None if head is None else _rest(text, head)


def _rest(text: str, head: Head | OtherHead) -> str:
    return text[head.body :] if isinstance(head, OtherHead) else "\n".join(text.split("\n")[head.body :])


def _lines_of_comment(lines: list[str]) -> int:
    """1 if the first line begins an HTML comment around front matter."""
    return int(len(lines) > 1 and _COMMENT_BEGINS.fullmatch(lines[0]) is not None)


def _fields(block: str, lines: list[str], first: int, fence: int) -> tuple[FieldLines, ...] | None:
    """The fields of the *block*, whose lines are those of the file from *first* on; None if two share a line."""
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
    """The name and the line of each field at the top."""
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
    """The lines of the head; a field keeps its place and its name, a new one stands below all others."""
    new, at = list[str](), 0
    names = [field.name for field in head.fields]
    best = {name: name_to_keep(name, names) for name, line in values.items() if line}
    for field in head.fields:
        name = field_of(field.name)
        if name not in values:
            continue
        keep = best.get(name, "")
        if not is_replaced(name, field.name, _value(lines[field.start : field.end]), keep):
            continue
        new += lines[at : field.start]
        is_kept = field.name == keep if keep else bool(name_to_keep(name, [field.name]))
        if is_kept and (line := values.pop(name)):
            new += _named(line, field.name)
            values[name] = ""  # the same field under another name would be read instead
        at = field.end
    end = len(lines) if head.fence < 0 else head.fence
    new += lines[at:end]
    added = [part for line in values.values() if line for part in line.rstrip("\n").split("\n")]
    return [*new, *added, *lines[end:]]


def _value(lines: list[str]) -> Any:
    """Of the field that these lines are, its texts as they are written."""
    try:
        return next((field.value for field in yaml_fields("\n".join(lines), 1)), "")
    except UnreadableArticle:
        return ""


def _named(line: str, name: str) -> list[str]:
    """*line* under the name that the file has for the field."""
    canonical, _, value = line.rstrip("\n").partition(":")
    kept = name if plain_name(name) != plain_name(canonical) and re.fullmatch(r"[\w-]+", name) else canonical
    return f"{kept}:{value}".split("\n")


def _heading_that_is_title(body: str, head: Head | OtherHead) -> int | None:
    """The line in *body* of the heading that Markdown without a title in its front matter begins with."""
    if isinstance(head, OtherHead):
        has_title = head.has_title
    else:
        has_title = any(field_of(field.name) == "title" for field in head.fields)
    lines = body.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    return None if has_title or first is None or not _HEADING.fullmatch(lines[first]) else first
