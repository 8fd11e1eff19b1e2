"""What of an Org file its author selects for export (``#+SELECT_TAGS:``), its macros, and the notes it lacks."""

from __future__ import annotations

import re

from ..patterns import lazy_pattern

HEADING = lazy_pattern(
    r"(\*+) +(?:(?:TODO|DONE|NEXT|WAITING|WAIT|HOLD|STARTED|SOMEDAY|CANCELL?ED) +)?(?:\[#\w\] +)?"
    r"(.*?)(?:[ \t]+(:[\w@#%:]+:))?[ \t]*"
)
_TAGS = lazy_pattern(r"[ \t]*#\+SELECT_TAGS:[ \t]*(.*)", re.IGNORECASE)
_OF_ALL = lazy_pattern(r"[ \t]*#\+(?:PROPERTY|EXCLUDE_TAGS):.*", re.IGNORECASE)
_MACRO = lazy_pattern(r"[ \t]*#\+MACRO:[ \t]+([\w-]+)[ \t]+(?!\(eval)(.{0,500}).*", re.IGNORECASE)
_MACRO_CALL = lazy_pattern(r"\{\{\{([\w-]{1,80})(?:\((.{0,500}?)\))?\}\}\}")
_NOTE_CALL = lazy_pattern(r"\[fn:([\w-]+)\]")


def tags_of(found: re.Match[str]) -> set[str]:
    """Those of a heading, in lower case."""
    return set((found[3] or "").lower().strip(":").split(":"))


def selected(lines: list[str], left_out: dict[str, None]) -> list[str]:
    """If a heading has a tag of ``#+SELECT_TAGS:`` (else ``export``): such headings, what is below them, and the
    headings above them with their own text. *left_out* gets the names of the others.
    """
    tag_lines = [set(found[1].lower().split()) for line in lines if (found := _TAGS.fullmatch(line))]
    tags = set[str]().union(*tag_lines) or {"export"}
    headings = [(at, heading) for at, line in enumerate(lines) if (heading := HEADING.fullmatch(line))]
    tagged = [(len(heading[1]), not tags.isdisjoint(tags_of(heading))) for _, heading in headings]
    if not any(is_marked for _, is_marked in tagged):
        return lines
    kept, outer = set[int](), 0
    for number, (level, is_marked) in enumerate(tagged):  # those below
        outer = 0 if level <= outer else outer
        outer = outer or (level if is_marked else 0)
        kept |= {number} if outer else set()
    for number, (level, is_marked) in reversed(list(enumerate(tagged))):  # those above
        kept |= {number} if level < outer else set()
        outer = level if is_marked or level < outer else outer
    begins = [at for at, _ in headings]
    out = [line for line in lines[: begins[0]] if _OF_ALL.fullmatch(line)]
    for number, (begin, end) in enumerate(zip(begins, [*begins[1:], len(lines)], strict=True)):
        if number in kept:
            out += lines[begin:end]
        else:
            left_out[headings[number][1][2]] = None
    return out


def with_macros(lines: list[str]) -> list[str]:
    """``{{{name(a,b)}}}`` as the text that ``#+MACRO: name text $1 $2`` gives it."""
    texts = {found[1].lower(): found[2] for line in lines if (found := _MACRO.fullmatch(line))}

    def expanded(call: re.Match[str]) -> str:
        values = re.split(r"(?<!\\),", call[2] or "")
        text = texts.get(call[1].lower())
        if text is None:
            return call[0]
        return re.sub(r"\$([1-9])", lambda n: "".join(values[int(n[1]) - 1 : int(n[1])]).strip(), text)

    return [_MACRO_CALL.sub(expanded, line) if "{{{" in line else line for line in lines] if texts else lines


def without_lost_notes(line: str, footnotes: set[str]) -> str:
    """*line* without the calls of notes that the file does not hold."""
    return _NOTE_CALL.sub(lambda call: call[0] if call[1] in footnotes else "", line) if "[fn:" in line else line
