"""YAML front matter, read and written: the fields of a Draft between two lines of ``---``.

Values are taken as the editor typed them: ``title: 2018`` is the text 2018, ``source: no`` is the text no. So the file
is read as YAML events, not as values; that also bounds what hostile YAML can do (no aliases, no nesting, no tags).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import yaml

from ..errors import UnreadableArticle
from ..i18n import Message, is_language_tag
from ..models import Draft, is_slug, slug_of
from .dates import UnreadableDate, parse_date
from .fences import find_block
from .names import ROLE, split_names

NAMES = [field.name for field in fields(Draft) if field.name not in ("body_html", "warnings")]
ALIASES = {
    "标题": "title", "主题": "title", "引题": "kicker", "肩题": "kicker", "副题": "subtitle", "副标题": "subtitle",
    "摘要": "summary", "导语": "summary", "提要": "summary", "description": "summary",
    "发布": "published", "日期": "published", "时间": "published", "发布时间": "published", "date": "published",
    "修改": "updated", "更新": "updated", "更新时间": "updated", "lastmod": "updated",
    "来源": "source", "栏目": "section", "频道": "section", "category": "section",
    "记者": "byline", "作者": "byline", "署名": "byline", "author": "byline", "authors": "byline",
    "编辑": "editor", "责任编辑": "editor", "责编": "editor",
    "标签": "tags", "关键词": "tags", "keywords": "tags", "语言": "language", "lang": "language",
    "草稿": "draft", "短名": "slug", "别名": "aliases", "旧短名": "aliases", "图片": "images", "image": "images",
}  # fmt: skip
"""Other names a field answers to."""
_SHOWN = 80
"""So much of a wrong value is told."""
_YES = {"true", "yes", "on", "1", "是", "真"}
_NO = {"false", "no", "off", "0", "否", "假", ""}


@dataclass(frozen=True)
class Field:
    """One field as written: its values (one unless it is a list) and its line, counted from 1."""

    name: str
    values: tuple[str, ...]
    line: int
    is_list: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.values[0].split()) if self.values else ""

    def fail(self, cause: str, hint: str) -> UnreadableArticle:
        return UnreadableArticle(cause, hint, self.line)


def split(text: str) -> tuple[dict[str, Any], str, int]:
    """The fields of *text*, what follows them, and the lines they took; no fields if it begins otherwise."""
    block = find_block(text, is_field)
    if block is None:
        return {}, text, 0
    return read(block.text, block.first_line), block.rest, block.lines


def is_field(name: str) -> bool:
    name = name.lower()
    return name in NAMES or name in ALIASES


def read(text: str, first_line: int = 1) -> dict[str, Any]:
    """The fields in a block of YAML, as keyword arguments of Draft. Raises UnreadableArticle with the line."""
    chosen: dict[str, Any] = {}
    for field in _fields(text, first_line):
        name = _known(field)
        if name in chosen:
            raise field.fail(_duplicate(field.name, name), Message("keep one of them"))
        chosen[name] = _READERS[name](field)
    return chosen


def write(draft: Draft) -> str:
    """*draft*'s fields as front matter that ``split`` reads back to the same values, fences included."""
    lines = [_written(name, getattr(draft, name)) for name in NAMES]
    return "---\n" + "".join(line for line in lines if line) + "---\n"


# -- reading ----------------------------------------------------------------------------------------------------


def _fields(text: str, first_line: int) -> Iterator[Field]:
    events = _events(text, first_line)
    first, line = next(events, (None, first_line))
    if first is None:
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise UnreadableArticle(Message("front matter is not a list of fields"), _WRITE_FIELDS, line)
    for event, line in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        if not isinstance(event, yaml.ScalarEvent):
            raise UnreadableArticle(Message("a field name is not text"), _WRITE_FIELDS, line)
        yield _field(str(event.value), line, events)


def _field(name: str, line: int, events: Iterator[tuple[yaml.Event, int]]) -> Field:
    event, _ = next(events)
    if isinstance(event, yaml.ScalarEvent):
        return Field(name, (_plain(event),), line)
    if not isinstance(event, yaml.SequenceStartEvent):
        hint = Message("write %(field)s: text, or %(field)s: [one, two]", field=name)
        raise UnreadableArticle(Message("%(field)s is neither text nor a list", field=name), hint, line)
    values = []
    for event, at in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            hint = Message("write %(field)s: [one, two]", field=name)
            raise UnreadableArticle(
                Message("the list %(field)s contains something other than text", field=name), hint, at
            )
        values.append(_plain(event))
    return Field(name, tuple(value for value in values if value), line, is_list=True)


def _plain(event: yaml.ScalarEvent) -> str:
    value = str(event.value)
    return "" if event.implicit[0] and value in ("~", "null", "Null", "NULL") else value.strip()


def _events(text: str, first_line: int) -> Iterator[tuple[yaml.Event, int]]:
    """What stands between the beginning and the end of the one document, each with its line."""
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if not isinstance(event, _FRAME):
                yield event, (event.start_mark.line if event.start_mark else 0) + first_line
            if isinstance(event, yaml.DocumentEndEvent):
                return
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + first_line if error.problem_mark else first_line
        hint = Message('put "…" around a value that contains : or # or quotes')
        raise UnreadableArticle(Message("invalid YAML: %(problem)s", problem=error.problem), hint, line) from error
    except yaml.YAMLError as error:
        raise UnreadableArticle(Message("invalid YAML"), _WRITE_FIELDS, first_line) from error


_WRITE_FIELDS = Message("write lines such as title: …")
_FRAME = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


def _known(field: Field) -> str:
    name = field.name.strip().lower()
    name = ALIASES.get(name, name)
    if name in NAMES:
        return name
    near = difflib.get_close_matches(name, [*NAMES, *ALIASES], n=1, cutoff=0.5)
    hint = (
        Message("did you mean %(field)s?", field=near[0])
        if near
        else Message("the fields are: %(known)s", known=", ".join(NAMES))
    )
    raise field.fail(Message("unknown field: %(field)s", field=field.name), hint)


def _duplicate(written: str, name: str) -> Message:
    if written == name:
        return Message("duplicate field: %(field)s", field=name)
    return Message("duplicate field: %(field)s (written as %(written)s)", field=name, written=written)


def _text(field: Field) -> str:
    if field.is_list:
        hint = Message("write %(field)s: text", field=field.name)
        raise field.fail(Message("%(field)s is a list", field=field.name), hint)
    return field.text


def _moment(field: Field) -> datetime | None:
    text = _text(field)
    if not text:
        return None
    try:
        return parse_date(text)
    except UnreadableDate as error:
        raise field.fail(error.cause, error.hint) from None


def _switch(field: Field) -> bool:
    text = _text(field).lower()
    if text not in _YES | _NO:
        cause = Message("%(field)s is neither true nor false: '%(text)s'", field=field.name, text=text)
        raise field.fail(cause, Message("write %(field)s: true", field=field.name))
    return text in _YES


def _language(field: Field) -> str:
    text = _text(field).replace("_", "-")
    if text and not is_language_tag(text):
        cause = Message("invalid language tag: '%(text)s'", text=text)
        raise field.fail(cause, Message("use zh-CN, zh-Hant, en …"))
    return text


def _slug(field: Field) -> str:
    text = _text(field)
    if text and not is_slug(text):
        fit = slug_of(text)
        hint = Message("use %(slug)s", slug=fit) if fit else Message("use letters, digits and -")
        raise field.fail(Message("slug cannot be part of an address: '%(text)s'", text=text[:_SHOWN]), hint)
    return text


def _slugs(field: Field) -> tuple[str, ...]:
    return tuple(_slug(Field(field.name, (value,), field.line)) for value in _list(field))


SECTION_SEPARATORS = r"\s*(?:>>|»|›|>|/|｜|\|)\s*"
LIST_SEPARATORS = r"\s*[,，、;；]\s*"


def listed(text: str, separators: str) -> tuple[str, ...]:
    """The parts of *text*, each once, none empty."""
    return _tidied(re.split(separators, text))


def _tidied(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in (" ".join(value.split()) for value in values) if value))


def _byline(field: Field) -> tuple[str, ...]:
    """Names only: 记者高原雪 is 高原雪. A comma in an item of a list belongs to the name: ``Smith, John``."""
    if not field.is_list:
        return split_names(field.text) or _tidied(field.values)
    return _tidied(ROLE.sub("", name) or name for name in field.values)


def _section(field: Field) -> tuple[str, ...]:
    """A name in a list may be a path too: no name holds a slash."""
    return listed("/".join(field.values), SECTION_SEPARATORS)


def _list_by(separators: str) -> Callable[[Field], tuple[str, ...]]:
    return lambda field: _tidied(field.values) if field.is_list else listed(field.text, separators)


_list = _list_by(LIST_SEPARATORS)
_pictures = _list_by(r"\n")

_READERS: dict[str, Callable[[Field], Any]] = {
    **dict.fromkeys(("title", "kicker", "subtitle", "summary", "source", "editor"), _text),
    "published": _moment,
    "updated": _moment,
    "section": _section,
    "byline": _byline,
    "tags": _list,
    "language": _language,
    "draft": _switch,
    "slug": _slug,
    "aliases": _slugs,
    "images": _pictures,
}


# -- writing ----------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[^\W\d_][^\n:#\"'\[\]{},&*!|>%@`\\]*(?<! )")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def _written(name: str, value: Any) -> str:
    """One line of front matter, or nothing for an empty value."""
    if not value:
        return ""
    if isinstance(value, datetime):
        return f"{name}: {value.isoformat(sep=' ')}\n"
    if isinstance(value, bool):
        return f"{name}: true\n"
    if isinstance(value, tuple):
        return f"{name}: [{', '.join(_quoted(item) for item in value)}]\n"
    return f"{name}: {_quoted(value)}\n"


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
