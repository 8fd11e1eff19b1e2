"""Changes fields in formats whose fields are lines: ``Title: …``, Nikola's, Org's, AsciiDoc's, reStructuredText's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..patterns import lazy_pattern
from .field_forms import canonical, field_of, is_replaced, name_to_keep, text_of


@dataclass(frozen=True)
class LineForm:
    """``field`` has four groups: before the name, the name, between it and the value, the value.

    ``new`` is a new field in a head without any. A value goes on in lines that ``goes_on`` finds.
    """

    field: re.Pattern[str]
    new: str
    goes_on: re.Pattern[str] | None = None


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


def changed_lines(block: str, values: Mapping[str, Any], form: LineForm) -> str:
    """*block* with other *values* of Draft fields; an empty one goes. Raises ValueError for what no line can hold."""
    lines = block.split("\n")
    for field, value in values.items():
        lines = _set(lines, field, value, form)
    return "\n".join(lines)


def _plain_name(name: str) -> str:
    name = _OTHER_PREFIXES.sub("", name, count=1)
    return "tags" if name.lower() in _TAGS else name


def _found(lines: list[str], form: LineForm) -> Iterator[_Line]:
    number = 0
    while number < len(lines):
        found, end = form.field.fullmatch(lines[number]), number + 1
        while found and end < len(lines) and _goes_on(lines[end - 1], lines[end], form):
            end += 1
        if found:
            yield _Line(number, end, _plain_name(found[2]), (found[1], found[2], found[3], found[4]))
        number = end


def _goes_on(line: str, following: str, form: LineForm) -> bool:
    if form is ASCIIDOC:
        return line.endswith(" \\")
    return form.goes_on is not None and form.goes_on.fullmatch(following) is not None


def _set(lines: list[str], field: str, value: Any, form: LineForm) -> list[str]:
    fields = list(_found(lines, form))
    keep = name_to_keep(field, [line.name for line in fields]) if value else ""
    kept = max((n for n, line in enumerate(fields) if keep and line.name == keep), default=-1)
    new = list(lines)
    for n, line in reversed(list(enumerate(fields))):
        if n == kept:
            new[line.number : line.end] = _lines(line.parts, text_of(field, value), form)
        elif is_replaced(field, line.name, line.parts[3], keep):
            del new[line.number : line.end]
    if value and kept < 0:
        _add(new, canonical(field), text_of(field, value), form)
    return new


def _lines(parts: tuple[str, str, str, str], text: str, form: LineForm) -> list[str]:
    before, name, between, old = parts
    if name.lower() in _TAGS and old.startswith(":"):
        text = f":{':'.join(text.split(', '))}:"
    first, *more = text.split("\n")
    if more and (form.goes_on is None or before == ".. "):
        raise ValueError("several lines")
    space = " " if between.endswith(":") else ""
    return [f"{before}{name}{between}{space}{first}", *(f"    {line}" for line in more)]


def _add(lines: list[str], name: str, text: str, form: LineForm) -> None:
    """Below the last field, and laid out as that is."""
    fields = list(_found(lines, form))
    if not fields:
        while lines and not lines[-1]:
            lines.pop()
        lines += [form.new.format(name=name, value=text)]
        return
    last = fields[-1]
    before, shape, between, _ = last.parts
    written_name = name.upper() if shape.isupper() else name.capitalize() if shape[:1].isupper() else name
    lines[last.end : last.end] = _lines((before, written_name, between, ""), text, form)


def with_asciidoc_title(block: str, values: Mapping[str, Any]) -> str:
    """As ``changed_lines``, of a head that begins with ``= Title``."""
    title, _, rest = block.partition("\n")
    own, others = _title_apart(rest, values, ASCIIDOC)
    sign = title[:1]
    return "\n".join([f"{sign} {own}" if own else title, *_below(rest, others, ASCIIDOC)])


def with_rst_title(title: list[str]) -> Callable[[str, Mapping[str, Any]], str]:
    """As ``changed_lines``, of a head that begins with the lines of a *title* and its rules."""

    def change(block: str, values: Mapping[str, Any]) -> str:
        rest = block.split("\n", len(title))[len(title) :]
        own, others = _title_apart("\n".join(rest), values, RST)
        lines = _ruled(title, own) if own else title
        below = _below("\n".join(rest), others, RST)
        return "\n".join([*lines, *([""] if others and below[:1] != [""] else []), *below])

    return change


def _title_apart(rest: str, values: Mapping[str, Any], form: LineForm) -> tuple[str, dict[str, Any]]:
    """The new title if no field below has one, and the other values."""
    has_field = any(field_of(line.name) == "title" for line in _found(rest.split("\n"), form))
    others = {field: value for field, value in values.items() if field != "title" or has_field}
    return ("" if "title" in others else str(values.get("title") or "")), others


def _below(rest: str, values: Mapping[str, Any], form: LineForm) -> list[str]:
    return changed_lines(rest, values, form).split("\n") if rest or values else []


def _ruled(title: list[str], text: str) -> list[str]:
    """The rules of a title are as long as it is; a Han character takes two places."""
    width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return [text if n == len(title) - 2 else line[:1] * max(width, 3) for n, line in enumerate(title)]
