"""Preprocesses the lines of an Org file: ``#+SELECT_TAGS:``, macros, and references to missing footnotes."""

from __future__ import annotations

import re

from ...patterns import lazy_pattern

_OPEN = frozenset({"TODO", "NEXT", "WAITING", "WAIT", "HOLD", "STARTED", "SOMEDAY"})
_CLOSED = frozenset({"DONE", "CANCELED", "CANCELLED"})
HEADING = lazy_pattern(
    rf"(\*+) +(?:(?:{'|'.join(sorted(_OPEN | _CLOSED))}) +)?(?:\[#\w\] +)?"
    r"(.*?)(?:[ \t]+(:[\w@#%:]+:))?[ \t]*"
)
_SELECT_TAGS = lazy_pattern(r"[ \t]*#\+SELECT_TAGS:[ \t]*(.*)", re.IGNORECASE)
_GLOBAL_KEYWORD = lazy_pattern(r"[ \t]*#\+(?:PROPERTY|EXCLUDE_TAGS|OPTIONS):.*", re.IGNORECASE)
_MACRO = lazy_pattern(r"[ \t]*#\+MACRO:[ \t]+([\w-]+)[ \t]+(?!\(eval)(.{0,500}).*", re.IGNORECASE)
_MACRO_CALL = lazy_pattern(r"\{\{\{([\w-]{1,80})(?:\((.{0,500}?)\))?\}\}\}")
_NOTE_CALL = lazy_pattern(r"\[fn:([\w-]+)\]")


def tasks_left_out(option: str) -> frozenset[str]:
    """The states of tasks that ``#+OPTIONS: tasks:…`` leaves out: ``nil``, ``todo`` or ``done``."""
    return {"nil": _OPEN | _CLOSED, "todo": _CLOSED, "done": _OPEN}.get(option, frozenset())


def tags_of(found: re.Match[str]) -> set[str]:
    """The tags of a heading, in lower case. *found* is a match of HEADING."""
    return set((found[3] or "").lower().strip(":").split(":"))


def select_exported(lines: list[str], left_out: dict[str, None]) -> list[str]:
    """The lines that Org exports if a heading has a tag of ``#+SELECT_TAGS:`` (default: ``export``).

    These are the tagged headings with their content, and the headings above them with their own text. The names of
    the other headings are added to *left_out*. Without a tagged heading, returns all lines.
    """
    tag_lines = [set(found[1].lower().split()) for line in lines if (found := _SELECT_TAGS.fullmatch(line))]
    tags = set[str]().union(*tag_lines) or {"export"}
    headings = [(at, heading) for at, line in enumerate(lines) if (heading := HEADING.fullmatch(line))]
    tagged = [(len(heading[1]), not tags.isdisjoint(tags_of(heading))) for _, heading in headings]
    if not any(is_marked for _, is_marked in tagged):
        return lines
    included, outer = set[int](), 0
    for number, (level, is_marked) in enumerate(tagged):  # the headings below a tagged one
        outer = 0 if level <= outer else outer
        outer = outer or (level if is_marked else 0)
        included |= {number} if outer else set()
    for number, (level, is_marked) in reversed(list(enumerate(tagged))):  # the headings above a tagged one
        included |= {number} if level < outer else set()
        outer = level if is_marked or level < outer else outer
    begins = [at for at, _ in headings]
    out = [line for line in lines[: begins[0]] if _GLOBAL_KEYWORD.fullmatch(line)]
    for number, (begin, end) in enumerate(zip(begins, [*begins[1:], len(lines)], strict=True)):
        if number in included:
            out += lines[begin:end]
        else:
            left_out[headings[number][1][2]] = None
    return out


def expand_macros(lines: list[str]) -> list[str]:
    """Replaces ``{{{name(a,b)}}}`` by the text of ``#+MACRO: name text $1 $2``."""
    texts = {found[1].lower(): found[2] for line in lines if (found := _MACRO.fullmatch(line))}

    def expanded(call: re.Match[str]) -> str:
        values = re.split(r"(?<!\\),", call[2] or "")
        text = texts.get(call[1].lower())
        if text is None:
            return call[0]
        return re.sub(r"\$([1-9])", lambda n: "".join(values[int(n[1]) - 1 : int(n[1])]).strip(), text)

    return [_MACRO_CALL.sub(expanded, line) if "{{{" in line else line for line in lines] if texts else lines


def without_dead_notes(line: str, footnotes: set[str]) -> str:
    """*line* without references to footnotes other than *footnotes*, the names of those in the file."""
    return _NOTE_CALL.sub(lambda call: call[0] if call[1] in footnotes else "", line) if "[fn:" in line else line
