"""Finds the beginning and end of front matter: two lines of ``---``, also slightly damaged ones.

Accepts blank lines or a byte order mark above it; a fence that is indented, has more dashes, a no-break space after
them, or a dash that a word processor substituted for two; tabs, full-width colons and missing spaces in its lines. Text
that may be front matter but can't be parsed is an error, never text of the article: it may contain ``draft: true``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from ...errors import UnreadableArticle
from ...i18n import Message
from ...patterns import lazy_pattern

_BLANK = " \t\u00a0\u3000\u200b\ufeff"
_FENCE = lazy_pattern(rf"[{_BLANK}]*(?:-{{3,}}|[-\u2010-\u2015\u2212\uff0d]{{2,}})[{_BLANK}]*")
_END = lazy_pattern(rf"{_FENCE.pattern}|\.\.\.[{_BLANK}]*")
_FIELD = lazy_pattern(rf"[{_BLANK}]*([\w-]+)[{_BLANK}]*[:：]")
_OTHER_YAML = lazy_pattern(
    rf"[{_BLANK}]*(?:\{{[{_BLANK}]*(?:$|[\"']?[\w-]+[\"']?[{_BLANK}]*:)|[\"'][\w-]+[\"'][{_BLANK}]*:|\? |!!map\b)"
)
"""A field in quotation marks, in braces, after a question mark, or after a tag."""

_TRUE, _FALSE = "(?:true|yes|on|1|是|真)", "(?:false|no|off|0|否)"
_DRAFT_FIELDS = "(?:draft|草稿|private|unlisted|wip|is_?draft)"
_PRIVATE = "(?:draft|private|hidden|pending|unpublished|草稿)"
_ASSIGNMENT = rf"[\"']?[{_BLANK}]*[:：=]{{1,2}}[{_BLANK}]*[\"']?"
_DRAFT = lazy_pattern(
    rf"(?:[{_BLANK}#>*/<!?|-]*|.*[{{,][{_BLANK}]*)[\"']?"
    rf"(?:{_DRAFT_FIELDS}{_ASSIGNMENT}{_TRUE}|(?:status|状态){_ASSIGNMENT}{_PRIVATE}|(?:published?|发布){_ASSIGNMENT}{_FALSE})"
    rf"(?=[{_BLANK}\"']*(?:$|[,}}#-]))",
    re.IGNORECASE,
)
"""A line that marks the file as a draft, in any notation of a field."""

_COLON = lazy_pattern(r"^( *)([\w-]+)(?:：[ \t]*|:[ \t]*\t[ \t]*)")
_NO_SPACE = lazy_pattern(r"^([\w-]+):(?=[^\s:/])(?!.*:$)")
_HTML_BELOW = lazy_pattern(r"^([\w-]+:)(?=\n[ ]+<[A-Za-z!])", re.MULTILINE)
_INDENT = lazy_pattern(rf"^[{_BLANK}]+")
_INCOMPLETE_YAML = r"-{1,2}|-{3,}[ \t]*(?:\n[\w-]*)?"
_INCOMPLETE_TOML = r"\+{1,2}|\+{3}[ \t]*(?:\n\s*[\w.-]*[ \t]*)?"
_INCOMPLETE_JSON = r"\{\s*(?:\"[^\"\n]*\"?\s*)?"
_INCOMPLETE = lazy_pattern(rf"[{_BLANK}\n]*(?:{_INCOMPLETE_YAML}|{_INCOMPLETE_TOML}|{_INCOMPLETE_JSON}|<!?-?)")
_LONGEST_BEGINNING = 100
_LONGEST_LINES = 1000
_MOST_FIELDS = 20


@dataclass(frozen=True)
class Block:
    """The lines between the fences. ``first_line`` is the number of the first, counted from 1.

    ``rest`` is the text below the front matter, ``lines`` the number of lines above ``rest``.
    """

    text: str
    first_line: int
    rest: str
    lines: int


def refuse_beginning(text: str) -> None:
    """Raises UnreadableArticle if *text* ends within the first name of front matter: the file is incomplete."""
    if len(text) <= _LONGEST_BEGINNING and _INCOMPLETE.fullmatch(text) and text.strip(_BLANK + "\n"):
        raise UnreadableArticle(Message("only the beginning of front matter"), Message("write the rest of the file"), 1)


def find_block(text: str, is_field: Callable[[str], bool]) -> Block | None:
    """The front matter at the beginning of *text*, corrected to valid YAML; None without front matter.

    *is_field* returns whether a name is a field: a line of dashes above other words is a rule. Raises UnreadableArticle
    for front matter without an end, and for ``draft: true`` above the text of an article without front matter.
    """
    above = len(text) - len(text.lstrip(_BLANK + "\n"))
    start = text.count("\n", 0, above)
    lines = text.split("\n", start + _LONGEST_LINES)
    if not _FENCE.fullmatch(lines[start]):
        _refuse_draft(lines[start:], start + 1, is_field)
        _refuse_below_title(lines, start, is_field)
        return None
    lines_below = lines[start + 1 : start + _LONGEST_LINES]
    size = next((at for at, line in enumerate(lines_below) if _END.fullmatch(line)), None)
    inside = _paragraph(lines_below) if size is None else lines_below[:size]
    if not _is_front_matter(lines[start], inside, size is not None, is_field):
        _refuse_draft(lines_below, start + 2, is_field)
        return None
    if size is None:
        raise UnreadableArticle(Message("front matter is not closed"), Message("end it with a line of ---"), start + 1)
    end = start + 1 + size
    _refuse_second(lines[end + 1 :], end + 2)
    block = _quote_html_blocks(
        "\n".join(map(_to_yaml, _dedent([_normalize_indent(line) for line in lines_below[:size]])))
    )
    return Block(block + "\n" if size else "", start + 2, "\n".join(lines[end + 1 :]), end + 1)


def _paragraph(lines: list[str]) -> list[str]:
    return lines[: next((at for at, line in enumerate(lines) if not line.strip(_BLANK)), len(lines))]


def _is_front_matter(fence: str, inside: list[str], closed: bool, is_field: Callable[[str], bool]) -> bool:
    """Whether *inside* are fields: any names below an exact fence, known names below a damaged one."""
    lines_of_fields = [line for line in inside if line.strip(_BLANK) and not line.lstrip(_BLANK).startswith("#")]
    matches = [_FIELD.match(line) for line in lines_of_fields]
    exact = fence.rstrip() == "---"
    if not matches:
        return exact and closed
    if matches[0] is None:
        return exact and closed and _OTHER_YAML.match(lines_of_fields[0]) is not None
    return exact or any(found and is_field(found[1]) for found in matches)


def _refuse_draft(lines: list[str], first_line: int, is_field: Callable[[str], bool]) -> None:
    """Raises UnreadableArticle for ``draft: true`` among lines of fields: the file may be private."""
    field_count = 0
    for number, line in enumerate(_paragraph(lines), first_line):
        if _DRAFT.match(line):
            cause = Message("'%(line)s' is outside the front matter", line=line.strip(_BLANK)[:60])
            raise UnreadableArticle(cause, Message("write a line of --- above and below the fields"), number)
        found = _FIELD.match(line.lstrip("#>*/ "))
        field_count += found is not None and is_field(found[1])
        if number - first_line > field_count + 2:
            return


def _refuse_below_title(lines: list[str], start: int, is_field: Callable[[str], bool]) -> None:
    """Like ``_refuse_draft``, for front matter below a title of one line and blank lines."""
    below = next((at for at in range(start + 1, len(lines)) if lines[at].strip(_BLANK)), start)
    if below > start + 1 and _FENCE.fullmatch(lines[below]):
        _refuse_draft(lines[below:], below + 1, is_field)


def _refuse_second(lines: list[str], first_line: int) -> None:
    """Raises UnreadableArticle if fields below the front matter, such as a second one, mark the file as a draft."""
    first = next((at for at, line in enumerate(lines) if line.strip(_BLANK)), len(lines))
    fields = list(takewhile(_FIELD.match, lines[first : first + _MOST_FIELDS]))
    _refuse_draft(fields, first_line + first, lambda _: True)


def _normalize_indent(line: str) -> str:
    """*line* with an indent of spaces only: YAML forbids tabs, and word processors insert no-break spaces."""
    if line[:1] not in _BLANK:
        return line
    return _INDENT.sub(lambda found: found[0].replace("\t", "  ").replace("\u3000", "  ").replace("\u00a0", " "), line)


def _dedent(lines: list[str]) -> list[str]:
    """*lines* without their common indent."""
    if any(line[:1] not in ("", " ", "\t") for line in lines):
        return lines
    return textwrap.dedent("\n".join(lines)).split("\n")


def _quote_html_blocks(block: str) -> str:
    """*block* with indented HTML below a name as a literal text, as in Pelican: ``head:`` above ``  <style>``."""
    return _HTML_BELOW.sub(r"\1 |", block) if "\n" in block and "<" in block else block


def _to_yaml(line: str) -> str:
    line = line.rstrip(_BLANK)
    if "：" in line or "\t" in line:
        line = _COLON.sub(r"\1\2: ", line)
    return _NO_SPACE.sub(r"\1: ", line)
