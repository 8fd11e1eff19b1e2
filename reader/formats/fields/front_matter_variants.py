"""Finds front matter in the syntaxes of other programs: TOML, JSON, a comment, Hexo's single fence, ``Title: …``.

``front_matter_delimiters`` and ``yaml_fields`` read the syntax between two lines of ``---``. Lines that are certainly
not front matter are text of the article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ...errors import UnreadableArticle
from ...i18n import Message
from ...patterns import lazy_pattern
from ..json_reader import read_json
from .field_values import Field, Value

_TOML = lazy_pattern(r"[\s\ufeff]*+\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML_BEGINS = lazy_pattern(r"[\s\ufeff]*+\+\+\+[ \t]*\n\s*(?:[\w.-]+\s*=|\[)")
_JSON_BEGINS = lazy_pattern(r"([\s\ufeff]*+)\{\s*+\"")
_SEMICOLONS = lazy_pattern(r"[\s\ufeff]*+(?:;{3,}[ \t]*\n)?(\s*+\".*?)\n;{3,}[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = lazy_pattern(r"[\s\ufeff]*+<!--[ \t]*\n(.*?)\n?[ \t]*-->[ \t]*(?:\n|\Z)", re.DOTALL)
_LINE = lazy_pattern(r"[ ]{0,3}([\w-]+(?: [\w-]+)?)[ \t]*(?:::(?=\s|$)|[:：])[ \t]*(.*)")
_LOGSEQ_LINE = lazy_pattern(r"[\w-]+::(?:\s|$)")
"""A property of a page of Logseq, ``tags:: [[rain]], river``. Its first block ends the properties."""
_NIKOLA_LINE = lazy_pattern(r"\.\. ([\w-]+):(?!:)[ \t]*(.*)")
_NIKOLA = lazy_pattern(r"\ufeff?\s*(?=\.\. (?:title|slug|date|tags|link):)((?:\.\. [\w-]+:(?!:)[^\n]*(?:\n|\Z))+)")
_CONTINUATION = lazy_pattern(r"[ \t]{2,}(\S.*)")
_ONE_FENCE = lazy_pattern(r"-{3,}[ \t]*")
_YAML_LINE = lazy_pattern(r"[\w.\"'-]+(?: [\w-]+)?[ \t]*:(?:\s|$)|[ \t]*-(?:\s|$)|[ \t]+\S|[ \t]*#|[ \t]*$|[ \t]*[\]}]")
_JSON_FIELD = lazy_pattern(r'^\s*[{,]?\s*"(?:title|date|draft|tags|categories)"\s*:', re.MULTILINE)
_MOST_SEARCHED = 2000
_MOST_LINES = 400
_MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class FrontMatter:
    """The fields, the ``rest`` of the text, and the number of ``lines`` above it. ``block`` is YAML not yet parsed.

    ``is_closed`` is false if only a blank line or the end of the file ends the fields. ``form`` is their syntax (toml,
    json, lines, yaml); they are in the text from the index ``begin`` to ``end``.
    """

    fields: tuple[Field, ...]
    rest: str
    lines: int
    block: str = ""
    first_line: int = 1
    is_closed: bool = True
    form: str = ""
    begin: int = 0
    end: int = 0


def marked_head(text: str) -> FrontMatter | None:
    """The front matter in TOML, JSON or Nikola's lines ``.. title: …``; None without one.

    Raises UnreadableArticle for invalid TOML, and for invalid JSON with a field such as ``"title":``.
    """
    start = text[:_MOST_CHARACTERS]
    if found := _TOML.match(start):
        head = _head(text, found.end(), _toml_fields(found[1], _line_number(text, found.start(1))))
        return _front_matter_between(head, "toml", *found.span(1))
    if _TOML_BEGINS.match(start):
        raise UnreadableArticle(Message("front matter is not closed"), Message("end it with a line of +++"), 1)
    if found := _SEMICOLONS.match(start):
        return _json_head(text, "{" + found[1] + "}", found.end(), found.span(1))
    if found := _NIKOLA.match(start):
        lines, first_line = found[1].rstrip("\n").split("\n"), _line_number(text, found.start(1))
        fields = [_NIKOLA_LINE.match(line) for line in lines]
        nikola_fields = (
            Field(matched[1], matched[2].strip(), n, "lines") for n, matched in enumerate(fields, first_line) if matched
        )
        return _front_matter_between(
            _head(text, found.end(), tuple(nikola_fields)), "lines", *found.span(1), is_closed=False
        )
    if found := _JSON_BEGINS.match(start):
        begin = found.end(1)
        try:
            _, end = json.JSONDecoder().raw_decode(start[begin:])
        except (ValueError, RecursionError) as error:
            return _reject_invalid_json(start[begin:], error)
        after = re.compile(r"[ \t]*(?:;{3,}|-{3,})?[ \t]*(?:\n|\Z)").match(text, begin + end)
        return _json_head(text, start[begin : begin + end], after.end(), (begin, begin + end)) if after else None
    return None


def is_nikola_head(text: str) -> bool:
    """Whether *text* begins with lines such as ``.. title: …``."""
    return _NIKOLA.match(text[:_MOST_SEARCHED]) is not None


def plain_head(text: str, is_field: Callable[[str], bool]) -> FrontMatter | None:
    """The front matter of Markdown: a comment with fields, YAML above one fence (Hexo), or lines up to a blank one
    (MultiMarkdown). None without one."""
    if found := _COMMENT.match(text[:_MOST_CHARACTERS]):
        fields = _fields_of(found[1].split("\n"), _line_number(text, found.start(1)), is_field)
        return _front_matter_between(_head(text, found.end(), fields), "lines", *found.span(1)) if fields else None
    above = len(text) - len(text.lstrip(" \t\n\ufeff\u3000"))
    begin = text.rfind("\n", 0, above) + 1
    lines = text[begin : begin + _MOST_CHARACTERS].split("\n", _MOST_LINES)[:_MOST_LINES]
    first = _LINE.match(lines[0].lstrip("\ufeff"))
    if not first or not is_field(first[1]):
        return None
    return _above_one_fence(text, begin, lines) or _lines_head(text, begin, lines, is_field)


def _above_one_fence(text: str, begin: int, lines: list[str]) -> FrontMatter | None:
    size = next((at for at, line in enumerate(lines) if _ONE_FENCE.fullmatch(line)), 0)
    if not size or not all(_YAML_LINE.match(line) for line in lines[:size]):
        return None
    block = "\n".join(lines[:size]).lstrip("\ufeff") + "\n"
    first_line = _line_number(text, begin)
    end = begin + sum(len(line) + 1 for line in lines[: size + 1])
    return FrontMatter((), text[end:], first_line + size, block, first_line, True, "yaml", begin, begin + len(block))


def _lines_head(text: str, begin: int, lines: list[str], is_field: Callable[[str], bool]) -> FrontMatter | None:
    is_logseq = _LOGSEQ_LINE.match(lines[0].lstrip("\ufeff")) is not None
    ends = (at for at, line in enumerate(lines) if not line.strip() or (is_logseq and line.startswith("-")))
    size = next(ends, len(lines))
    fields = _fields_of(lines[:size], _line_number(text, begin), is_field)
    known = sum(is_field(field.name) for field in fields)
    if not fields or (known < 2 and (known < len(fields) or fields[0].name.lower() not in ("title", "标题"))):
        return None
    end = begin + sum(len(line) + 1 for line in lines[:size])
    return _front_matter_between(_head(text, end, fields), "lines", begin, min(end - 1, len(text)), is_closed=False)


def _fields_of(lines: list[str], first_line: int, is_field: Callable[[str], bool]) -> tuple[Field, ...]:
    """The fields in lines ``Name: value``; indented lines continue a value. Empty if there is any other line."""
    found: list[Field] = []
    for number, line in enumerate(lines, first_line):
        if not line.strip() or line.strip() == "---":
            continue
        if match := _NIKOLA_LINE.match(line) or _LINE.match(line.lstrip("\ufeff")):
            value = match[2].replace("[[", "").replace("]]", "") if _LOGSEQ_LINE.match(line) else match[2]
            found.append(Field(match[1], value.strip(), number, "lines"))
        elif found and (more := _CONTINUATION.match(line)):
            last = found.pop()
            found.append(Field(last.name, f"{last.value}\n{more[1]}".strip(), last.line, "lines"))
        else:
            return ()
    return tuple(found) if any(is_field(field.name) for field in found) else ()


def _front_matter_between(head: FrontMatter, form: str, begin: int, end: int, *, is_closed: bool = True) -> FrontMatter:
    return replace(head, form=form, begin=begin, end=end, is_closed=is_closed)


def _head(text: str, end: int, fields: tuple[Field, ...]) -> FrontMatter:
    return FrontMatter(fields, text[end:], text.count("\n", 0, end))


def _line_number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _toml_fields(block: str, first_line: int) -> tuple[Field, ...]:
    import tomllib

    try:
        table = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = first_line + int(found[1]) - 1 if found else first_line
        hint = Message('write lines such as title = "…"')
        raise UnreadableArticle(Message("invalid TOML: %(problem)s", problem=error), hint, line) from error
    lines = {match[1]: number for number, row in enumerate(block.split("\n"), first_line)
             if (match := re.match(r"\s*\[?\"?([\w-]+)", row))}  # fmt: skip
    return tuple(Field(name, plain_value(value), lines.get(name, first_line), "toml") for name, value in table.items())


def _json_head(text: str, block: str, end: int, span: tuple[int, int]) -> FrontMatter | None:
    try:
        values = read_json(block)
    except ValueError as error:
        return _reject_invalid_json(block, error)
    if not isinstance(values, dict) or not values:
        return None
    fields = tuple(Field(name, plain_value(value), 1, "json") for name, value in values.items())
    return _front_matter_between(_head(text, end, fields), "json", *span)


def _reject_invalid_json(block: str, error: Exception) -> FrontMatter | None:
    """Returns None, or raises UnreadableArticle if *block* contains a field such as ``"title":``.

    Such a block is invalid front matter, which may mark the file as a draft.
    """
    if _JSON_FIELD.search(block[:_MOST_SEARCHED]):
        problem = Message("invalid JSON: %(problem)s", problem=error)
        raise UnreadableArticle(problem, Message('write lines such as "title": "…",'), 1)
    return None


def plain_value(value: Any, depth: int = 0) -> Value:
    """A value of TOML or JSON as text, like the values of YAML. Lists and mappings keep their form, at most 8 deep."""
    if isinstance(value, dict) and depth < 8:
        return {str(key): plain_value(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list) and depth < 8:
        return [plain_value(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
