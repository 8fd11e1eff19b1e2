"""Changes single fields of front matter in the text of a file. Every other line stays as it is, comments too.

Only front matter in YAML between two lines of dashes, and a file without any; of the other forms the whole text can be
edited. Whoever changes a field reads the result again and compares: a value may also stand where this does not look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from ..formats import from_html, from_markdown
from ..formats.field_names import plain_name, row_of
from ..formats.front_matter import is_field
from ..formats.front_matter_delimiters import find_block
from ..formats.front_matter_variants import marked_head, plain_head

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


def head_of(text: str, suffix: str) -> Head | None:
    """The head of the file's *text*; None if it has front matter of another form. Raises UnreadableArticle."""
    lines = text.split("\n")
    above = _lines_of_comment(lines) if suffix in HTML else 0
    rest = "\n".join(lines[above:])
    if marked_head(rest) or (suffix in MARKDOWN and plain_head(rest, is_field)):
        return None
    block = find_block(rest, is_field)
    if block is None:
        return None if above else Head((), -1, 0)
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


def with_changes(text: str, suffix: str, written: Mapping[str, str], body: str | None, title: str = "") -> str | None:
    """*text* with other fields and another *body* (None: the same). None if its form can't be changed field by field.

    *written* has for each Draft field that changes its line, such as ``title: 大雨\\n``, or nothing to remove it.
    A new *title* takes the place of the heading if that is the title of a Markdown file.
    """
    head = head_of(text, suffix)
    if head is None:
        return None
    lines, written = text.split("\n"), dict(written)
    rest = lines[head.body :] if body is None else body.split("\n")
    if title and suffix in MARKDOWN and (at := _heading_that_is_title(rest, head)) is not None:
        rest[at] = f"# {title}"
        written.pop("title", None)
    top = _changed(lines[: head.body], head, written)
    if head.fence < 0 and top:
        around = ("<!--", "-->") if suffix in HTML else ()
        top = [*around[:1], "---", *top, "---", *around[1:], *([""] if rest[:1] != [""] else [])]
    return "\n".join([*top, *rest])


def body_of(text: str, suffix: str) -> str | None:
    """What stands below the head."""
    head = head_of(text, suffix)
    return None if head is None else "\n".join(text.split("\n")[head.body :])


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


def _changed(lines: list[str], head: Head, written: dict[str, str]) -> list[str]:
    """The lines of the head; a field keeps its place and its name, a new one stands below all others."""
    new, at = list[str](), 0
    for field in head.fields:
        known = row_of(field.name)
        name = known[1].field if known else ""
        if name not in written:
            continue
        new += lines[at : field.start]
        if line := written.pop(name):
            new += _named(line, field.name)
            written[name] = ""  # the same field under another name would be read instead
        else:
            written[name] = ""
        at = field.end
    end = len(lines) if head.fence < 0 else head.fence
    new += lines[at:end]
    added = [part for line in written.values() if line for part in line.rstrip("\n").split("\n")]
    return [*new, *added, *lines[end:]]


def _named(line: str, name: str) -> list[str]:
    """*line* under the name that the file has for the field."""
    canonical, _, value = line.rstrip("\n").partition(":")
    kept = name if plain_name(name) != plain_name(canonical) and re.fullmatch(r"[\w-]+", name) else canonical
    return f"{kept}:{value}".split("\n")


def _heading_that_is_title(rest: list[str], head: Head) -> int | None:
    """The line in *rest* of the heading that Markdown without a title in its front matter begins with."""
    fields = (row_of(field.name) for field in head.fields)
    first = next((n for n, line in enumerate(rest) if line.strip()), None)
    has_title = any(known and known[1].field == "title" for known in fields)
    return None if has_title or first is None or not _HEADING.fullmatch(rest[first]) else first
