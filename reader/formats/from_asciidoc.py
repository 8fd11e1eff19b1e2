"""Reads AsciiDoc (``.adoc``) of Asciidoctor, Hugo and Antora. It is converted to Markdown, block by block.

No file is included and no code is run: ``include::`` is removed, with a warning. ``asciidoc_conditions`` evaluates
conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..i18n import Message
from ..models import Draft
from .decoding import decode_text
from .dialects import MOST_WARNINGS, withheld_warning
from .dialects.html_builders import KINDS, aside, is_chinese, title_of
from .dialects.myst_tables import table_lines
from .fields import front_matter
from .fields.field_values import Field
from .fields.unclosed_front_matter import require_text, without_incomplete_name
from .from_markdown import body_and_warnings, with_title
from .markup.asciidoc_conditions import apply_conditions
from .markup.asciidoc_marks import INLINE_RULES, attributes_in
from .markup.asciidoc_tables import rows_of
from .markup.inline_to_markdown import convert_inline, fence, picture
from .markup.line_reader import LineReader
from .unpublished_markers import refuse_in_text

SUFFIXES = (".adoc", ".asciidoc")
SAMPLE = "= 大雨\n:date: 2026-05-01 06:00\n\n今天下雨。\n".encode()

_DEEPEST = 20
_LONGEST_VALUE = 500
"""In characters. A longer attribute is truncated where it is referenced: many references to it would fill memory."""
_ATTRIBUTE = re.compile(r":(!?[\w-]+!?):(?:[ \t]+(.*))?[ \t]*")
_PREFIX = re.compile(r"^(?:page|jbake|hp|blog)-")
_AUTHOR = re.compile(r"[^\W\d_][^:<>=*\[\]]{0,60}?(?:\s*<[^<>]*>)?(?:; .*)?")
_REVISION = re.compile(r"(?:v?\d[\w.]*,?[ \t]*)?(\d{4}-\d\d?-\d\d?)?(?::.*)?")
_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+\1)?[ \t]*")
_STYLE = re.compile(r"\[([^\[\]]*)\][ \t]*")
_ANCHOR = re.compile(r"\[\[([^\[\],]+)(?:,[^\]]*)?\]\][ \t]*")
_BLOCK_TITLE = re.compile(r"\.(?![. \t])(.+)")
_DELIMITER = re.compile(r"(-{4,}|={4,}|\.{4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|```)(\w?[\w+#-]*)[ \t]*")
_BLOCKS_IN_CELL = re.compile(r"\n[ \t]*\n|^[ \t]*(?:[*.-]{1,5} |--$|-{4}|={4}|\[\w)", re.MULTILINE)
_TABLE = re.compile(r"[|,:!]={3,}[ \t]*")
_MACRO = re.compile(r"(image|video|audio|include|toc)::([^\[\]]*)\[(.*)\][ \t]*")
_BREAK = re.compile(r"'{3}[ \t]*|<<<[ \t]*|-{3}[ \t]*|\+[ \t]*")
_ADMONITION = re.compile(r"(NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+(.*)")
_ITEM = re.compile(r"[ \t]*(\*{1,5}|-|\.{1,5}|\d+\.|<\.>|<\d+>)[ \t]+(\[[ xX*]\][ \t]+)?(\S.*)")
_TERM = re.compile(r"[ \t]*(?!https?:|link:)(\S.*?)(?::::?:?|;;)(?:[ \t]+(.*))?")
_CALLOUT = re.compile(r"[ \t]*(?:(?://|#|;;)[ \t]*)?<(?:\.|\d+)>[ \t]*$")
_BULLETS = {"*": "-", "-": "-", "<": "1)"}
_POSITIONS = {"attribution": "1", "citetitle": "2"}
"""The positions of values that can also be written with a name."""
_LITERAL_STYLES = frozenset({"source", "listing", "literal"})
_BLOCK_STYLES = frozenset(
    {*KINDS, *_LITERAL_STYLES, "quote", "verse", "comment", "pass", "stem", "latexmath", "asciimath"}
)


def read(data: bytes) -> Draft:
    """Reads fields from front matter, or from the attributes, the author line and the revision line below the title."""
    values, source, lines_above = front_matter.split_above(without_incomplete_name(decode_text(data), is_marked=True))
    lines, left_out, conditions = apply_conditions(source.split("\n"))
    reader = _AsciiDocReader(lines, {}, chinese=is_chinese(source))
    title, fields = reader.head()
    text = "\n".join([*([f"# {title}", ""] if title else []), *reader.read()])
    attributes = reader.values | dict(_attribute(found) for line in left_out if (found := _ATTRIBUTE.fullmatch(line)))
    values = {**front_matter.values_of(front_matter.with_draft_fields(fields, _attributes_of(attributes))), **values}
    if not values.get("draft"):
        refuse_in_text(source, lines_above + 1)
    body, warnings = body_and_warnings(text)
    all_warnings = (
        *values.get("warnings", ()),
        *map(withheld_warning, conditions[:MOST_WARNINGS]),
        *reader.warnings,
        *warnings,
    )
    draft = with_title({**values, "warnings": all_warnings}, body)
    return draft if lines_above else require_text(draft)


def head_of(source: str) -> str:
    """The lines of the title, and of the author, the revision and the attributes below it. Empty without a title."""
    lines = source.split("\n")
    reader = _AsciiDocReader(lines, {}, chinese=False)
    title, _ = reader.head()
    return "\n".join(lines[: reader.at]) if title else ""


def _attribute(found: re.Match[str]) -> tuple[str, str]:
    return found[1], (found[2] or "").strip()


def _attributes_of(values: dict[str, str]) -> Iterator[Field]:
    """All attributes as fields, also those without a value and those below the header."""
    return (Field(_PREFIX.sub("", name), value, 0, "lines") for name, value in values.items())


class _AsciiDocReader(LineReader):
    """Converts *lines* to Markdown, block by block. ``style`` and ``title`` belong to the next block."""

    def __init__(self, lines: list[str], values: dict[str, str], *, chinese: bool, depth: int = 0) -> None:
        super().__init__(lines)
        self.values, self.chinese, self.depth = values, chinese, depth
        self.style: dict[str, str] = {}
        self.title = self.anchor = ""
        self.markers: list[str] = []
        self.warnings: list[str] = []

    def head(self) -> tuple[str, list[Field]]:
        """The title and the fields below it. Afterwards ``at`` is the position of the body."""
        self.following(r"\s*$|//(?!/)")
        found = re.match(r"[=#] (\S.*)", self.lines[self.at]) if self.at < len(self.lines) else None
        self.at += found is not None
        start, fields = self.at, list[Field]()
        while self._is_in_head():
            line = self._join_attribute_lines(self.lines[self.at])
            if not (field := self._field(line, self.at - start if found else 9)) and not line.startswith(("//", ":")):
                break
            self.at += 1
            if field and front_matter.is_field(field[0]) and field[1]:
                fields.append(Field(*field, self.at, "lines"))
        return (self._inline(found[1]) if found else ""), fields

    def _is_in_head(self) -> bool:
        """Whether a line of the head follows: one that is not blank, or an attribute after blank lines."""
        start = self.at
        is_after_blank = bool(self.following(r"\s*$"))
        if is_after_blank and (self.at == len(self.lines) or not _ATTRIBUTE.fullmatch(self.lines[self.at])):
            self.at = start
            return False
        return self.at < len(self.lines)

    def _join_attribute_lines(self, line: str) -> str:
        """*line* joined with its continuation lines. All but the last line end with a backslash."""
        while line.startswith(":") and line.endswith(" \\") and self.at + 1 < len(self.lines):
            self.at += 1
            line = f"{line[:-2].rstrip()} {self.lines[self.at].strip()}"
        return line

    def _field(self, line: str, number: int) -> tuple[str, str] | None:
        """The name and value in a line of the header; None without one. *number* counts from 0 below the title."""
        if attribute := _ATTRIBUTE.fullmatch(line):
            name, value = _attribute(attribute)
            self.values[name] = self._substitute(value)
            return _PREFIX.sub("", attribute[1]), self.values[attribute[1]]
        if number == 0 and _AUTHOR.fullmatch(line):
            return "author", line.strip()
        if number in (0, 1) and (revision := _REVISION.fullmatch(line)) and revision[1]:
            return "published_date", revision[1]
        return None

    def read(self) -> Iterator[str]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if not line.strip():
                yield from self._text(line)
                continue
            block = next(((write, found) for form, write in self._BLOCKS if (found := form.fullmatch(line))), None)
            yield from block[0](self, block[1]) if block else self._text(line)

    def _attribute_lines(self, found: re.Match[str]) -> Iterator[str]:
        """Stores an anchor, a style or a title for the next block, or an attribute of the file. Yields nothing."""
        if found.re is _ANCHOR:
            self.anchor = found[1]
        elif found.re is _STYLE:
            attributes = {_POSITIONS.get(name, name): value for name, value in attributes_in(found[1]).items()}
            self.title, self.style = attributes.pop("title", self.title), self.style | attributes
        elif found.re is _BLOCK_TITLE:
            self.title = found[1]
        else:
            name, value = _attribute(found)
            self.values[name] = self._substitute(value)
        return iter(())

    def _break(self, found: re.Match[str]) -> Iterator[str]:
        yield from ("", "---" if found[0][0] in "'-" else "", "")

    def _heading(self, found: re.Match[str]) -> Iterator[str]:
        name = self.anchor or self.style.get("0", "").partition("#")[2]
        self.style, self.anchor, self.markers = {}, "", []
        anchor = f" {{#{name}}}" if name else ""
        yield from ("", f"{'#' * len(found[1])} {self._inline(found[2])}{anchor}", "")

    def _admonition(self, found: re.Match[str]) -> Iterator[str]:
        yield from self._aside(found[1], [self._inline(self._with_more_lines(found[2]))])

    def _term(self, found: re.Match[str]) -> Iterator[str]:
        yield from self._title_paragraph()
        yield f"- **{self._inline(found[1].strip())}**" + (
            f" {self._inline(self._with_more_lines(found[2]))}" if found[2] else ""
        )

    def _item(self, found: re.Match[str]) -> Iterator[str]:
        """A new marker (``*``, ``**``, ``.``) begins a deeper level; a marker in use returns to its level."""
        sign = re.sub(r"\d+", "1", found[1])
        outside = [] if sign[0] == "<" or self.markers[:1] == ["<1>"] else self.markers
        above = outside[: outside.index(sign)] if sign in outside else outside
        self.markers = [*above, sign]
        task = "" if not found[2] else "[ ] " if found[2].startswith("[ ]") else "[x] "
        yield from self._title_paragraph()
        yield f"{'   ' * len(above)}{_BULLETS.get(sign[0], '1.')} {task}{self._inline(self._with_more_lines(found[3]))}"

    def _text(self, line: str) -> Iterator[str]:
        if self.style.get("0", "").lower() in _BLOCK_STYLES:
            yield from self._write_block("", "", [line, *self.following(r"\s*\S")])
        elif line.startswith((" ", "\t")) and not self.markers and line.strip():
            yield from fence([line.strip(), *(more.strip() for more in self.following(r"[ \t]+\S"))])
        else:
            self.markers = self.markers if line.strip() or not self.markers else self._markers_after_blank()
            yield from self._title_paragraph() if line.strip() else ()
            indent = "   " * len(self.markers) * (not line.startswith(" "))
            yield indent + self._inline(self._with_more_lines(line)) if line.strip() else ""

    def _with_more_lines(self, line: str) -> str:
        """*line* and the lines of its paragraph below it: links and emphasis continue on the next line."""
        start = self.at
        while self.at < len(self.lines) and (below := self.lines[self.at]).strip():
            if any(form.fullmatch(below) for form, _ in self._BLOCKS):
                break
            self.at += 1
        return "\n".join([line, *(below.strip() for below in self.lines[start : self.at])])

    def _markers_after_blank(self) -> list[str]:
        """The open list markers after a blank line. The list continues only if the next line is an item."""
        next_line = next((line for line in self.lines[self.at : self.at + 20] if line.strip()), "")
        return self.markers if _ITEM.fullmatch(next_line) else []

    def _macro(self, found: re.Match[str]) -> Iterator[str]:
        name, target, attributes = found[1], self._substitute(found[2]), attributes_in(found[3])
        title, self.title, self.style = attributes.get("title") or self.title, "", {}
        if name == "image":
            folder = self.values.get("imagesdir", "")
            path = f"{folder}/{target}" if folder and not re.match(r"https?:|/", target) else target
            yield from (
                "",
                picture(path, attributes.get("alt") or attributes.get("0", ""), self._substitute(title)),
                "",
            )
        elif name in ("video", "audio"):
            address = f"https://www.youtube.com/watch?v={target}" if attributes.get("0") == "youtube" else target
            yield from ("", f"[▶ {title or target}]({address})", "")
        elif name == "include":
            self.warnings.append(Message("the file %(name)s is not included", name=target[:80]))

    def _delimited_block(self, found: re.Match[str]) -> Iterator[str]:
        yield from self._write_block(found[1], found[2], self.until(lambda line: line.strip() == found[1]))

    def _write_block(self, sign: str, language: str, lines: list[str]) -> Iterator[str]:
        style, self.style = self.style, {}
        kind = re.split(r"[%.#]", style.get("0", ""))[0].lower()
        if sign[:1] == "/" or kind == "comment":
            self.warnings += [withheld_warning(sign)] if self.is_endless and sign else []
            return
        if kind in ("stem", "latexmath"):
            yield from fence(lines, "math")
        elif sign[:1] == "+" or kind == "pass":
            yield from ["", *lines, ""]
        elif (sign[:1] in ("-", ".", "`") and sign != "--") or kind in _LITERAL_STYLES:
            yield from self._title_paragraph()
            yield from fence([_CALLOUT.sub("", line) for line in lines], language or style.get("1", ""))
        else:
            yield from self._block_content(kind, sign, style, lines)

    def _block_content(self, kind: str, sign: str, style: dict[str, str], lines: list[str]) -> Iterator[str]:
        """A block that contains blocks: an admonition, a quotation, an example, a sidebar."""
        title, self.title = self.title, ""
        head = ["", f"**{self._inline(title)}**"] if title else []
        inner = _AsciiDocReader(lines, self.values, chinese=self.chinese, depth=self.depth + 1)
        is_verse = kind == "verse" or self.depth > _DEEPEST
        body = [f"{self._inline(line)}<br>" for line in lines] if is_verse else list(inner.read())
        self.warnings += inner.warnings
        if sign[:1] == "_" or kind in ("quote", "verse"):
            by = ", ".join(self._inline(style[key]) for key in ("1", "2") if style.get(key))
            yield from [*head, "", *(f"> {line}" for line in [*body, *(["", f"—— {by}"] if by else [])]), ""]
        elif kind in KINDS or sign[:1] == "*":
            self.title = title
            yield from self._aside(kind if kind in KINDS else "", body)
        else:
            yield from [*head, "", *body, ""]

    def _aside(self, kind: str, body: list[str]) -> Iterator[str]:
        title, self.title = self.title or (title_of(kind.lower(), chinese=self.chinese) if kind else ""), ""
        yield from ["", *aside(kind or "note", title, "\n".join(body)).split("\n"), ""]

    def _title_paragraph(self) -> Iterator[str]:
        """The title of the next block, as a paragraph of its own."""
        title, self.title, self.style = self.title, "", {}
        if title:
            yield from ("", f"**{self._inline(title)}**", "")

    def _table(self, found: re.Match[str]) -> Iterator[str]:
        lines = self.until(lambda line: line.strip() == found[0].strip())
        rows = [[cell.strip().replace("\\|", "|") for cell in row] for row in rows_of(found[0][0], self.style, lines)]
        if any(_BLOCKS_IN_CELL.search(cell) for row in rows for cell in row) and self.depth < _DEEPEST:
            is_headed = not _BLOCKS_IN_CELL.search("".join(rows[0])) and len(rows) > 1
            yield from self._title_paragraph()
            cells = [[self._blocks_of_cell(cell) for cell in row] for row in rows]
            yield from ["", *table_lines(cells, {"header-rows": str(int(is_headed))}), ""]
            return
        rows = [[self._cell(cell) for cell in row] for row in rows]
        rows_of_markdown = ["| " + " | ".join(row) + " |" for row in rows]
        yield from self._title_paragraph()
        yield from ["", *rows_of_markdown[:1], "|" + " --- |" * len(rows[0]), *rows_of_markdown[1:], ""] if rows else []

    def _blocks_of_cell(self, text: str) -> list[str]:
        inner = _AsciiDocReader(text.split("\n"), self.values, chinese=self.chinese, depth=self.depth + 1)
        body = list(inner.read())
        self.warnings += inner.warnings
        return body

    def _cell(self, text: str) -> str:
        text = "\n".join(line.strip() for line in text.split("\n"))
        return self._inline(text).replace("|", "\\|").replace("\n", " ")

    def _inline(self, text: str) -> str:
        return convert_inline(self._substitute(text), INLINE_RULES)

    def _substitute(self, text: str) -> str:
        """*text* with the value of the attribute in place of ``{name}``, if the attribute exists."""
        if "{" not in text:
            return text
        return re.sub(
            r"(?<!\\)\{([\w-]{1,80})\}", lambda found: self.values.get(found[1], found[0])[:_LONGEST_VALUE], text
        )

    _BLOCKS: tuple[tuple[re.Pattern[str], Callable[[_AsciiDocReader, re.Match[str]], Iterator[str]]], ...] = (
        (_ANCHOR, _attribute_lines), (_STYLE, _attribute_lines), (_BLOCK_TITLE, _attribute_lines),
        (_ATTRIBUTE, _attribute_lines), (_MACRO, _macro), (_DELIMITER, _delimited_block), (_TABLE, _table),
        (re.compile("//(?!/).*"), lambda *_: iter(())),
        (_HEADING, _heading), (_BREAK, _break), (_ADMONITION, _admonition), (_ITEM, _item), (_TERM, _term),
    )  # fmt: skip
    """The patterns of lines that begin a block, with their writers. The first match is used."""


def picture_markup(address: str, caption: str) -> str:
    return (f".{caption}\n" if caption else "") + f"image::{address}[]\n"
