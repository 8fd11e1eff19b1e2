"""Reads Org (``.org``) of Emacs, ox-hugo and Nikola. It is converted to Markdown, block by block.

Content that Org itself does not export is left out: comments, ``COMMENT`` and ``:noexport:`` headings with their
content, code with ``:exports none``, headings that ``#+SELECT_TAGS:`` doesn't select. Drawers, which Org exports, and
headings with a tag such as ``:private:`` are left out too, with a warning.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from itertools import dropwhile, takewhile

from ..errors import UnreadableArticle
from ..i18n import Message
from ..models import Draft
from ..patterns import lazy_pattern
from .decoding import decode_text
from .dialects import MOST_WARNINGS, withheld_warning
from .dialects.html_builders import KINDS, aside, is_chinese, title_of
from .fields import front_matter
from .fields.field_values import Field
from .fields.unclosed_front_matter import require_text, without_incomplete_name
from .fields.unpublished_values import withheld_part
from .from_markdown import body_and_warnings, with_title
from .markup.inline_to_markdown import convert_inline, fence, is_picture, picture
from .markup.line_reader import LineReader
from .markup.org_marks import INLINE_RULES, STAMP
from .markup.org_selection import HEADING, expand_macros, select_exported, tags_of, tasks_left_out, without_dead_notes
from .unpublished_markers import refuse_in_text

SUFFIXES = (".org",)
SAMPLE = "#+TITLE: 大雨\n#+DATE: 2026-05-01 06:00\n\n今天下雨。\n".encode()

_DEEPEST = 20
_KEYWORD = lazy_pattern(r"[ \t]*#\+([\w-]+)(?:\[[^\[\]]*\])?:[ \t]*(.*)")
_POST = lazy_pattern(r"\s*:EXPORT_FILE_NAME:", re.IGNORECASE)
_DRAFT_HEADING = lazy_pattern(
    r"\A(?:(?!\*+ ).*\n)*\*+ +(?:(?:TODO|DRAFT)\b|.*[ \t]:(?:[\w@#%]+:)*draft:(?:[\w@#%]+:)*[ \t]*$)", re.MULTILINE
)
"""A first heading of a draft, in a file that is one subtree of ox-hugo: ``TODO`` or ``DRAFT``, or the tag ``draft``."""
_BEGIN = lazy_pattern(r"[ \t]*#\+begin_(\w+)[ \t]*(.*)", re.IGNORECASE)
_DRAWER = lazy_pattern(r"[ \t]*:([\w-]+):[ \t]*")
_PLANNING = r"[ \t]*(?:SCHEDULED|DEADLINE|CLOSED|CLOCK):[ \t]*(?:[<\[]|$)"
_INVISIBLE_LINE = lazy_pattern(rf"[ \t]*#(?:\s|$|\+)|{_PLANNING}")
_PROPERTY = lazy_pattern(
    r"[ \t]*(?:#\+(?:PROPERTY|HUGO_CUSTOM_FRONT_MATTER):[ \t]+:?|#\+(?:HUGO_)?|:(?:EXPORT_)?(?:HUGO_)?)"
    r"([\w-]+)(?::(?=\s|$)|(?=\s))[ \t]*(.*?)[ \t]*",
    re.IGNORECASE,
)
_LISP_BOOLEANS = {"t": "true", "nil": "false"}
"""The booleans of Emacs Lisp."""
_TEXT_FIELDS = frozenset(
    {"title", "subtitle", "author", "description", "tags", "keywords", "categories", "section", "series"}
)
"""Fields whose value is text: ``t`` and ``nil`` are not booleans there."""
_CUSTOM_ID = lazy_pattern(r"[ \t]*:CUSTOM_ID:[ \t]*(\S+)", re.IGNORECASE)
_HEADER_ARGUMENTS = lazy_pattern(r"[ \t]*:header-args(?::[\w-]+)?\+?:[ \t]*(.*)", re.IGNORECASE)
_TASKS = lazy_pattern(r"(?:^|[ \t])tasks:(\S+)")
_EXPORTS = lazy_pattern(r":exports[ \t]+(\w+)")
_DRAWER_END = lazy_pattern(r"[ \t]*:END:[ \t]*", re.IGNORECASE)
_DATA_DRAWERS = frozenset({"properties", "logbook", "clock"})
"""The drawers without text. They are left out without a warning."""
_ITEM = lazy_pattern(
    r"([ \t]*)([-+]|\d+[.)]|(?<=[ \t])\*)[ \t]+(?:\[@\d+\][ \t]+)?(\[[ xX-]\][ \t]+)?(?:(.+?)[ \t]+::(?:[ \t]+|$))?(.*)"
)
_TEXT_LINE = lazy_pattern(
    r"(?=[ \t]*\S)(?!\*+ |[ \t]*(?:[#|:]|-{5}|\[fn:|\$\$|\\\[|\\begin|[-+] |\d+[.)] )|[ \t]+\* )"
    rf"(?![ \t]*\[\[(?:file:)?[^\[\]]+\]\][ \t]*$|{_PLANNING})"
)
"""A line that continues a paragraph."""
_TABLE_RULE = lazy_pattern(r"[ \t]*\|[-+]+\|?[ \t]*")
_WIDTHS = lazy_pattern(r"[ \t|]*(?:<[lcr]?\d*>[ \t|]*)+")
_NOTE = lazy_pattern(r"\[fn:([\w-]+)\][ \t]*(.*)")


def read(data: bytes) -> Draft:
    """Reads fields from front matter, or from keywords above the first heading: ``#+TITLE:``, ``#+HUGO_SLUG:`` …"""
    values, source, lines_above = front_matter.split_above(without_incomplete_name(decode_text(data), is_marked=True))
    lines = source.split("\n")
    posts = [number for number, line in enumerate(lines, lines_above + 1) if _POST.match(line)]
    if len(posts) > 1:
        raise UnreadableArticle(
            Message("several posts of ox-hugo, each with a status of its own"),
            Message("export them with ox-hugo, and put the Markdown files here"),
            posts[1],
        )
    footnotes = {found[1] for line in lines if (found := _NOTE.match(line))}
    values = {**front_matter.values_of(front_matter.with_draft_fields(_fields(lines), _properties(lines))), **values}
    if "title" not in values and _DRAFT_HEADING.search(source):
        values["draft"] = True
    if not values.get("draft"):
        refuse_in_text(source, lines_above + 1)
    lines = [without_dead_notes(line, footnotes) for line in lines]
    left_out: dict[str, None] = {}
    lines = select_exported(expand_macros(lines), left_out)
    body, warnings = body_and_warnings("\n".join(_OrgReader(lines, left_out, chinese=is_chinese(source)).read()))
    all_warnings = (*values.get("warnings", ()), *map(withheld_warning, list(left_out)[:MOST_WARNINGS]), *warnings)
    draft = with_title({**values, "warnings": all_warnings}, body)
    return draft if lines_above else require_text(draft)


def _properties(lines: list[str]) -> Iterator[Field]:
    """All keywords, also without a value, all properties, and the properties in drawers, as fields.

    They apply in any position, because the file is one article. Examples: ``#+DRAFT:``, ``#+PROPERTY: DRAFT t``,
    ``:EXPORT_HUGO_DRAFT: true``, ``#+HUGO_CUSTOM_FRONT_MATTER: :draft t``.
    """
    found = ((number, matched) for number, line in enumerate(lines, 1) if (matched := _PROPERTY.fullmatch(line)))
    for number, matched in found:
        is_word = matched[1].lower() in _TEXT_FIELDS
        yield Field(
            matched[1], matched[2] if is_word else _LISP_BOOLEANS.get(matched[2].lower(), matched[2]), number, "lines"
        )


def _fields(lines: list[str]) -> Iterator[Field]:
    for number, line in enumerate(lines, 1):
        if line.startswith("* "):
            return
        found = _KEYWORD.fullmatch(line)
        name = re.sub(r"^hugo_(?:custom_front_matter_)?", "", found[1].lower()) if found else ""
        name = "tags" if name in ("filetags", "roam_tags") else name
        if found and front_matter.is_field(name) and found[2].strip():
            value = found[2].strip()
            value = value if name in _TEXT_FIELDS else _LISP_BOOLEANS.get(value.lower(), value)
            if name == "tags":
                value = ", ".join(value.strip(":").split(":") if value.startswith(":") else [value])
            yield Field(name, STAMP.sub(lambda date: date[1] + (date[2] or ""), value), number, "lines")


class _OrgReader(LineReader):
    """Converts *lines* to Markdown, block by block.

    ``left_out`` contains the names of parts that are left out although Org exports them. ``header`` are the header
    arguments of the next code block, ``arguments`` of all later ones.
    """

    def __init__(self, lines: list[str], left_out: dict[str, None], *, chinese: bool, depth: int = 0) -> None:
        super().__init__(lines)
        self.chinese, self.depth, self.caption = chinese, depth, ""
        self.left_out, self.header, self.arguments = left_out, "", ""
        self.excluded, self.arguments_below = {"noexport"}, list[tuple[int, str]]()
        self.left_out_tasks = frozenset[str]()

    def read(self) -> Iterator[str]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            yield from self._block(line) if line.strip() else ("",)

    def _block(self, line: str) -> Iterator[str]:
        if found := HEADING.fullmatch(line):
            is_left_out = line.split()[1] in self.left_out_tasks
            yield from self._heading(len(found[1]), found[2], tags_of(found) | ({"noexport"} if is_left_out else set()))
        elif begins := _BEGIN.fullmatch(line):
            yield from self._environment(begins[1].lower(), begins[2])
        elif self._is_drawer(line):
            self.until(_DRAWER_END.fullmatch)
        elif keyword := _KEYWORD.fullmatch(line):
            yield from self._keyword(keyword[1].lower(), keyword[2])
        elif formula := self.formula(line):
            yield from ("", *formula, "")
        elif line.lstrip().startswith("|"):
            yield from self._table([line, *self.following(r"[ \t]*\|")])
        elif re.match(r"[ \t]*:(?: |$)", line):
            yield from fence([line.strip()[2:], *(more.strip()[2:] for more in self.following(r"[ \t]*:(?: |$)"))])
        elif not _INVISIBLE_LINE.match(line):
            yield from self._line(line)

    def _is_drawer(self, line: str) -> bool:
        """Whether *line* begins a drawer that ends above the next heading. A single ``:smile:`` is text."""
        drawer = _DRAWER.fullmatch(line)
        if not drawer or drawer[1].upper() == "END":
            return False
        if self.at >= len(self.lines) or not self._drawer_end_follows[self.at]:
            return False
        if drawer[1].lower() not in _DATA_DRAWERS:
            self.left_out[f":{drawer[1]}:"] = None
        return True

    @cached_property
    def _drawer_end_follows(self) -> list[bool]:
        """For each line: whether this line or one below it, above the next heading, ends a drawer."""
        found, ends = list[bool](), False
        for line in reversed(self.lines):
            ends = _DRAWER_END.fullmatch(line) is not None or (ends and not HEADING.fullmatch(line))
            found.append(ends)
        return found[::-1]

    def _keyword(self, name: str, value: str) -> Iterator[str]:
        if name == "caption":
            self.caption = value
        elif name in ("header", "headers"):
            self.header += f" {value}"
        elif name == "property" and value.lower().startswith("header-args"):
            self.arguments += f" {value}"
        elif name == "exclude_tags":
            self.excluded |= set(value.lower().split())
        elif name == "options" and (tasks := _TASKS.search(value)):
            self.left_out_tasks = tasks_left_out(tasks[1])
        elif name == "html":
            yield from ("", value, "")

    def _inline(self, text: str) -> str:
        return convert_inline(text, INLINE_RULES)

    def _line(self, line: str) -> Iterator[str]:
        """Converts one line. A picture that is alone on its line gets the caption above it."""
        alone = re.fullmatch(r"[ \t]*\[\[(?:file:)?([^\[\]]+)\]\][ \t]*", line)
        if alone and self.caption and is_picture(alone[1]):
            yield from ("", picture(alone[1], "", self.caption), "")
            self.caption = ""
        elif re.fullmatch(r"-{5,}[ \t]*", line):
            yield from ("", "---", "")
        elif note := _NOTE.match(line):
            yield from ("", f"[^{note[1]}]: {self._inline(note[2])}")
        elif item := _ITEM.fullmatch(line):
            term = f"**{self._inline(item[4])}** " if item[4] else ""
            sign = "-" if item[2] in "*+" else item[2]
            yield f"{item[1]}{sign} {item[3] or ''}{term}{self._inline(self._with_more_lines(item[5]))}"
        else:
            text = line.lstrip()
            yield line[: len(line) - len(text)] + self._inline(self._with_more_lines(text))

    def _with_more_lines(self, line: str) -> str:
        """*line* and the lines of its paragraph below it: links and emphasis continue on the next line."""
        start = self.at
        while self.at < len(self.lines) and _TEXT_LINE.match(self.lines[self.at]):
            self.at += 1
        return "\n".join([line, *self.lines[start : self.at]])

    def _heading(self, level: int, title: str, names: set[str]) -> Iterator[str]:
        private = next(filter(withheld_part, sorted(names)), "")
        is_excluded = title.split(" ")[0] == "COMMENT" or not self.excluded.isdisjoint(names)
        self.arguments_below = [(above, arguments) for above, arguments in self.arguments_below if above < level]
        if private and not is_excluded:
            self.left_out[f"{title} :{private}:"] = None
        if private or is_excluded:
            self._skip_below(level)
            return
        if "archive" in names:  # Org exports only the heading
            self.left_out[f"{title} :ARCHIVE:"] = None
            self._skip_below(level)
        ahead = self.lines[self.at : self.at + 12]
        ahead = list(dropwhile(lazy_pattern(_PLANNING).match, ahead))
        name = next((found[1] for line in ahead if (found := _CUSTOM_ID.fullmatch(line))), "")
        has_properties = bool(ahead) and ahead[0].strip().upper() == ":PROPERTIES:"
        anchor = f" {{#{name}}}" if name and has_properties else ""
        if has_properties:
            drawer = takewhile(lambda line: not _DRAWER_END.fullmatch(line), ahead)
            arguments = [found[1] for line in drawer if (found := _HEADER_ARGUMENTS.fullmatch(line))]
            self.arguments_below.append((level, " ".join(arguments)))
        yield from ("", f"{'#' * min(6, level + 1)} {self._inline(title)}{anchor}", "")

    def _skip_below(self, level: int) -> None:
        while self.at < len(self.lines):
            found = re.match(r"(\*+) ", self.lines[self.at])
            if found and len(found[1]) <= level:
                return
            self.at += 1

    def _environment(self, kind: str, arguments: str) -> Iterator[str]:
        inside = self.until(lazy_pattern(rf"[ \t]*#\+end_{re.escape(kind)}[ \t]*", re.IGNORECASE).fullmatch)
        below = " ".join(below_arguments for _, below_arguments in self.arguments_below)
        header, self.header = f"{self.arguments} {below} {self.header} {arguments}", ""
        caption, self.caption = self.caption, ""
        if kind == "src" and _EXPORTS.findall(header)[-1:] in (["none"], ["results"]):
            return
        if caption:
            yield from ["", self._inline(caption), ""]
        if kind in ("src", "example"):
            language = arguments.split(" ")[0] if kind == "src" else ""
            code_lines = textwrap.dedent("\n".join(re.sub(r"^(\s*),(?=[*#,])", r"\1", line) for line in inside))
            yield from fence(code_lines.split("\n"), language)
        elif kind in ("html", "export"):
            yield from ["", *inside, ""] if kind == "html" or arguments.strip().lower() == "html" else []
        elif kind == "verse":
            yield from ["", *(f"{self._inline(line.strip())}<br>" if line.strip() else "" for line in inside), ""]
        elif kind == "comment":
            self.left_out |= dict.fromkeys(["#+begin_comment"] if self.is_endless else [])
        else:
            inner = _OrgReader(inside, self.left_out, chinese=self.chinese, depth=self.depth + 1)
            body = list(inner.read()) if self.depth < _DEEPEST else inside
            if kind == "quote":
                yield from ["", *(f"> {line}" for line in body), ""]
            elif kind in KINDS:
                yield from ["", aside(kind, title_of(kind, chinese=self.chinese), "\n".join(body)), ""]
            else:
                yield from ["", *body, ""]

    def _table(self, lines: list[str]) -> Iterator[str]:
        cells = [line.strip().strip("|") for line in lines if not _TABLE_RULE.fullmatch(line) and "|" in line]
        rows = [
            [self._inline(cell.strip()) for cell in line.split("|")] for line in cells if not _WIDTHS.fullmatch(line)
        ]
        caption, self.caption = self.caption, ""
        if rows:
            width = max(map(len, rows))
            first, *rest = ("| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows)
            yield from ["", *([self._inline(caption), ""] if caption else []), first, "|" + " --- |" * width, *rest, ""]


def picture_markup(address: str, caption: str) -> str:
    return (f"#+CAPTION: {caption}\n" if caption else "") + f"[[file:{address}]]\n"
