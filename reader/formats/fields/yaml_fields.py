"""Parses the fields of a block of YAML from its events. Values are texts as typed.

``title: 2018`` is the text 2018, ``source: no`` is the text no. Hostile YAML is limited: an alias is empty, a tag is
ignored, values nested more than _DEEPEST levels are left out, and those nested more than _DEEPEST_READ are an error.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from ...errors import UnreadableArticle
from ...i18n import Message
from .field_names import row_of
from .field_values import Field, Value

_DEEPEST = 8
_DEEPEST_READ = 100
"""libyaml needs time for each level at every bracket: 100,000 levels would take 25 s."""

_MERGE = "<<"
_WRITE_FIELDS = Message("write lines such as title: …")
_FRAME_EVENTS = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
_START_EVENTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_END_EVENTS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)

_Events = Iterator[tuple[yaml.Event, int]]


def yaml_fields(text: str, first_line: int) -> Iterator[Field]:
    """The fields in their order. *first_line* is the line number of *text*. Raises UnreadableArticle with the line."""
    events = _events(text, first_line)
    first, line = next(events, (None, first_line))
    if first is None:
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise UnreadableArticle(Message("front matter is not a list of fields"), _WRITE_FIELDS, line)
    for event, line in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        name = str(event.value) if isinstance(event, yaml.ScalarEvent) else _MERGE
        if name == _MERGE:  # the merged fields, which are not read, may mark the file as a draft
            raise UnreadableArticle(Message("a field name is not text"), _WRITE_FIELDS, line)
        value = next(events)[0]
        if isinstance(value, yaml.AliasEvent) and _may_withhold(name):
            yield Field(name, f"*{value.anchor}", line)  # neither true nor false
        else:
            yield Field(name, _value(value, events, 1), line)


def _may_withhold(name: str) -> bool:
    known = row_of(name)
    return known is not None and (known[1].field == "draft" or known[1].how == "date")


def _value(event: yaml.Event, events: _Events, depth: int) -> Value:
    """The value that begins with *event*. Consumes all its events from *events*."""
    if isinstance(event, yaml.ScalarEvent):
        return _scalar_text(event)
    if not isinstance(event, _START_EVENTS):
        return ""
    if depth >= _DEEPEST:
        _skip(events)
        return ""
    if isinstance(event, yaml.SequenceStartEvent):
        return list(_items(events, depth))
    values = iter(list(_items(events, depth)))
    return {key if isinstance(key, str) else "": value for key, value in zip(values, values, strict=False)}


def _items(events: _Events, depth: int) -> Iterator[Value]:
    for event, _ in events:
        if isinstance(event, _END_EVENTS):
            return
        yield _value(event, events, depth + 1)


def _skip(events: _Events) -> None:
    depth = 1
    for event, _ in events:
        depth += isinstance(event, _START_EVENTS) - isinstance(event, _END_EVENTS)
        if not depth:
            return


def _scalar_text(event: yaml.ScalarEvent) -> str:
    value = str(event.value)
    return "" if event.implicit[0] and value in ("~", "null", "Null", "NULL") else value.strip()


def _events(text: str, first_line: int) -> _Events:
    """The events between the beginning and the end of the first document, each with its line number."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, _START_EVENTS) - isinstance(event, _END_EVENTS)
            if depth > _DEEPEST_READ:
                line = (event.start_mark.line if event.start_mark else 0) + first_line
                raise UnreadableArticle(
                    Message("invalid YAML: %(problem)s", problem="nested too deep"), _WRITE_FIELDS, line
                )
            if not isinstance(event, _FRAME_EVENTS):
                yield event, (event.start_mark.line if event.start_mark else 0) + first_line
            if isinstance(event, yaml.DocumentEndEvent):
                return
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + first_line if error.problem_mark else first_line
        hint = Message('put "…" around a value that contains : or # or quotes')
        raise UnreadableArticle(Message("invalid YAML: %(problem)s", problem=error.problem), hint, line) from error
    except yaml.YAMLError as error:
        raise UnreadableArticle(Message("invalid YAML"), _WRITE_FIELDS, first_line) from error
