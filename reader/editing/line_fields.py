"""Changes fields in formats with one field per line: ``Title: …``, Nikola, Org, AsciiDoc, reStructuredText."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..patterns import lazy_pattern
from .field_forms import best_name, canonical_name, field_of, is_replaced, to_line


@dataclass(frozen=True)
class LineForm:
    """The syntax of a format.

    ``field`` matches a line, with four groups: before the name, the name, between name and value, the value. ``new`` is
    the template of a field in a head without fields. ``continuation`` matches the continuation lines of a value.
    """

    field: re.Pattern[str]
    new: str
    continuation: re.Pattern[str] | None = None


@dataclass(frozen=True)
class _Line:
    number: int
    end: int
    name: str
    parts: tuple[str, str, str, str]


PLAIN = LineForm(
    lazy_pattern(r"(\ufeff?[ ]{0,3}|\.\. )([\w-]+(?: [\w-]+)?)([ \t]*[:：][ \t]*)(.*)"),
    "{name}: {value}",
    lazy_pattern(r"[ \t]{2,}\S.*"),
)
ORG = LineForm(lazy_pattern(r"(#\+)([\w-]+)(:[ \t]*)(.*)"), "#+{name}: {value}")
ASCIIDOC = LineForm(lazy_pattern(r"(:)([\w-]+)(:[ \t]*)(.*)"), ":{name}: {value}")
RST = LineForm(lazy_pattern(r"(:)([^:\n]+)(:[ \t]*)(.*)"), ":{name}: {value}", lazy_pattern(r"[ \t]+\S.*"))
_OTHER_PREFIXES = lazy_pattern(r"(?:hugo_(?:custom_front_matter_)?|page-|jbake-|hp-|blog-)", re.IGNORECASE)
_TAGS = frozenset({"filetags", "roam_tags"})


def change_lines(block: str, values: Mapping[str, Any], form: LineForm) -> str:
    """*block* with new *values* of Draft fields. An empty value removes the field. Raises ValueError for a value that
    the format can't represent."""
    lines = block.split("\n")
    for field, value in values.items():
        lines = _set(lines, field, value, form)
    return "\n".join(lines)


def _plain_name(name: str) -> str:
    name = _OTHER_PREFIXES.sub("", name, count=1)
    return "tags" if name.lower() in _TAGS else name


def _find_fields(lines: list[str], form: LineForm) -> Iterator[_Line]:
    number = 0
    while number < len(lines):
        found, end = form.field.fullmatch(lines[number]), number + 1
        while found and end < len(lines) and _is_continued(lines[end - 1], lines[end], form):
            end += 1
        if found:
            yield _Line(number, end, _plain_name(found[2]), (found[1], found[2], found[3], found[4]))
        number = end


def _is_continued(line: str, following: str, form: LineForm) -> bool:
    if form is ASCIIDOC:
        return line.endswith(" \\")
    return form.continuation is not None and form.continuation.fullmatch(following) is not None


def _set(lines: list[str], field: str, value: Any, form: LineForm) -> list[str]:
    fields = list(_find_fields(lines, form))
    kept_name = best_name(field, [line.name for line in fields]) if value else ""
    kept_index = max((n for n, line in enumerate(fields) if kept_name and line.name == kept_name), default=-1)
    new = list(lines)
    for n, line in reversed(list(enumerate(fields))):
        if n == kept_index:
            new[line.number : line.end] = _lines(line.parts, to_line(field, value), form)
        elif is_replaced(field, line.name, line.parts[3], kept_name):
            del new[line.number : line.end]
    if value and kept_index < 0:
        _add(new, canonical_name(field), to_line(field, value), form)
    return new


def _lines(parts: tuple[str, str, str, str], text: str, form: LineForm) -> list[str]:
    before, name, between, old = parts
    if name.lower() in _TAGS and old.startswith(":"):
        text = f":{':'.join(text.split(', '))}:"
    first, *more = text.split("\n")
    if more and (form.continuation is None or before == ".. "):
        raise ValueError("several lines")
    space = " " if between.endswith(":") else ""
    return [f"{before}{name}{between}{space}{first}", *(f"    {line}" for line in more)]


def _add(lines: list[str], name: str, text: str, form: LineForm) -> None:
    """Adds a field below the last one, in the same layout."""
    fields = list(_find_fields(lines, form))
    if not fields:
        while lines and not lines[-1]:
            lines.pop()
        lines += [form.new.format(name=name, value=text)]
        return
    last = fields[-1]
    before, last_name, between, _ = last.parts
    new_name = name.upper() if last_name.isupper() else name.capitalize() if last_name[:1].isupper() else name
    lines[last.end : last.end] = _lines((before, new_name, between, ""), text, form)


def change_asciidoc(block: str, values: Mapping[str, Any]) -> str:
    """Like ``change_lines``, for a head that starts with ``= Title``."""
    title, _, rest = block.partition("\n")
    own, others = _split_title(rest, values, ASCIIDOC)
    sign = title[:1]
    return "\n".join([f"{sign} {own}" if own else title, *_change_below(rest, others, ASCIIDOC)])


def rst_changer(title: list[str]) -> Callable[[str, Mapping[str, Any]], str]:
    """Returns a function like ``change_lines`` for a head that starts with *title*, the lines of the title and its
    rules."""

    def change(block: str, values: Mapping[str, Any]) -> str:
        rest = block.split("\n", len(title))[len(title) :]
        own, others = _split_title("\n".join(rest), values, RST)
        lines = _title_lines(title, own) if own else title
        below = _change_below("\n".join(rest), others, RST)
        return "\n".join([*lines, *([""] if others and below[:1] != [""] else []), *below])

    return change


def _split_title(rest: str, values: Mapping[str, Any], form: LineForm) -> tuple[str, dict[str, Any]]:
    """The new title if no field contains it, and the other values."""
    has_field = any(field_of(line.name) == "title" for line in _find_fields(rest.split("\n"), form))
    others = {field: value for field, value in values.items() if field != "title" or has_field}
    return ("" if "title" in others else str(values.get("title") or "")), others


def _change_below(rest: str, values: Mapping[str, Any], form: LineForm) -> list[str]:
    return change_lines(rest, values, form).split("\n") if rest or values else []


def _title_lines(title: list[str], text: str) -> list[str]:
    """The title with rules of the same width. A Han character is two columns wide."""
    width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return [text if n == len(title) - 2 else line[:1] * max(width, 3) for n, line in enumerate(title)]
