"""Converts MyST, the Markdown of Sphinx and Jupyter Book: directives in fences, roles before code spans, targets.

A directive is a fence, ``` or :::, with its name in braces. It has options (``:alt: text``) and a body of Markdown.
Directives of code (``{code-block}``, ``{code-cell}``) stay as they are: ``code_chunks`` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ...i18n import Message
from ...patterns import lazy_pattern
from ..fields.unpublished_values import withheld_part
from .html_builders import KINDS, figure, title_of
from .masking import closes_fence
from .myst_tables import csv_rows, list_rows, table_lines

_SIGNS = lazy_pattern(
    r"^[ \t>]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(?:`{3,}|~{3,})[ \t]*\{(?:admonition|bibliography|card|code-block|"
    r"code-cell|contents|csv-table|dropdown|epigraph|exercise|exercise-start|figure|figure-md|glossary|grid|image|"
    r"include|index|list-table|literalinclude|margin|math|proof:\w+|prf:\w+|sidebar|solution|solution-start|tab-set|"
    r"table|tableofcontents|toctree|topic|seealso|"
    r"note|tip|hint|important|warning|caution|attention|danger|error)\}"
    r"|^[ \t>]*:{3,}[ \t]*\{[a-z][\w:+-]*\}"
    r"|\{(?:abbr|bdg(?:-\w+)*|cite(?::\w+)?|code|command|doc|download|eq|fa[bsr]?|file|func|guilabel|index|kbd|math|"
    r"menuselection|numref|octicon|py:\w+|prf:ref|ref|sub|sup|term)\}`"
    r"|^\([\w:.-]{1,80}\)=[ \t]*$",
    re.MULTILINE,
)
_FENCE = lazy_pattern(
    r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t>]*)(?P<fence>`{3,}|~{3,}|:{3,})[ \t]*"
    r"(?:\{(?P<name>[A-Za-z][\w:.+-]*)(?P<attributes>[ \t][^{}]*)?\}[ \t]*(?P<argument>.*)|(?P<info>[^`]*))"
)
_OPTION = lazy_pattern(r"\s{0,3}:([\w-]{1,40}):(?:\s+(.*?))?\s*")
_YAML_OPTION = lazy_pattern(r"([\w-]{1,40}):\s*(.*?)\s*")
_ITEM_MARK = lazy_pattern(r"[^\s>]")
_LINE = lazy_pattern(r"^ {0,3}(?:%(?![%{]).*|\+\+\+(?:[ \t].*)?|\^{3,}[ \t]*|\{[.#][^{}\n]*\}[ \t]*)$", re.MULTILINE)
"""Comments, breaks between blocks with their metadata, the end of a card's head, and attributes of the next block."""
_TARGET = lazy_pattern(r"^ {0,3}\(([\w:.-]{1,80})\)=[ \t]*(?:\n[ \t]*){1,3}(?=(#{1,6}[ \t]+(.*)$)?)", re.MULTILINE)
_HEADING_ID = lazy_pattern(r"\{#[\w-]+\}|\s+#+\s*$")
_EMPTY_LINK = lazy_pattern(r"(?<![!\\\]])\[\]\(<?([^()\s<>]{1,300})>?\)")
_DEEPEST = 20
_CODE = frozenset({"code", "code-block", "code-cell", "sourcecode", "literalinclude", "eval-rst", "mermaid", "myst"})
_LEFT_OUT = frozenset(
    ("toctree", "tableofcontents", "contents", "toc", "bibliography", "footbibliography", "index", "show-index", "tags")
    + ("class", "exercise-end", "solution-end", "nb-exec-table", "anywidget", "raw", "only", "meta", "currentmodule")
)
_WITHOUT_VALUE = frozenset({"include", "embed", "glue", "glue:figure", "glue:math"})
"""Directives that show another file, or the output of a program. It is not available."""
_LABELS = frozenset(
    ("tab", "tab-item", "dropdown", "card", "grid-item-card", "rubric", "sidebar", "topic", "table", "admonition")
    + ("exercise", "exercise-start", "aside", "centered", "toggle", "list-table", "csv-table")
)
"""Directives whose argument is a label, even if it is one word."""
_NAMES = frozenset({"grid", "div", "container", "solution", "solution-start", "embed", "margin", "iframe", "glue"})
"""Directives whose argument is a name, a class or a number."""
_PLAIN = _LABELS | _NAMES | {
    "tab-set", "grid-item", "figure-md", "glossary", "hlist", "card-carousel", "full-width", "epigraph", "pull-quote",
    "highlights", "compound", "example", "button-ref", "button-link",
}  # fmt: skip
_ASIDES = {
    "admonition": "note", "seealso": "note", "versionadded": "note", "versionchanged": "note", "deprecated": "warning",
    "todo": "todo",
}  # fmt: skip
_TITLES = {
    "seealso": ("See also", "另见"), "versionadded": ("New in version", "新增于版本"),
    "versionchanged": ("Changed in version", "更改于版本"), "deprecated": ("Deprecated since version", "弃用于版本"),
}  # fmt: skip


def is_myst(text: str) -> bool:
    """Whether *text*, with its code, holds directives, roles or targets of MyST (Sphinx, Jupyter Book)."""
    return ("{" in text or ")=" in text) and bool(_SIGNS.search(text))


def with_directives(text: str, warnings: list[Message], *, chinese: bool) -> str:
    """*text* (with unmasked code) with its directives as Markdown, HTML, and ``:::note`` for notes.

    Adds a warning for each part that is not shown.
    """
    return "\n".join(_Directives(warnings, chinese=chinese).convert(text.split("\n")))


def headings_of(text: str) -> dict[str, str]:
    """The headings below targets such as ``(name)=``, by name."""
    return {found[1]: _HEADING_ID.sub("", found[3]).strip() for found in _TARGET.finditer(text) if found[3]}


def without_marks(text: str) -> str:
    """*text* (with masked code) without comments, block breaks and targets; headings have the ids of their targets."""
    headings = headings_of(text) if ")=" in text else {}

    def title(found: re.Match[str]) -> str:
        name = found[1].removeprefix("#")
        return f"[{headings.get(name) or words_of(name)}]({found[1]})"

    return _LINE.sub("", _EMPTY_LINK.sub(title, "".join(_without_targets(text))))


def _without_targets(text: str) -> Iterator[str]:
    at = 0
    for found in _TARGET.finditer(text) if ")=" in text else ():
        heading = found[2] or ""
        with_id = f"{heading} {{#{found[1]}}}" if heading and "{#" not in heading else heading
        yield f"{text[at : found.start()]}\n{with_id}"
        at = found.end() + len(heading)
    yield text[at:]


def words_of(name: str) -> str:
    """The name of a target or a file as words, for a link without a text: ``install-guide`` becomes install guide."""
    stem = re.sub(r"\.(?:md|rst|ipynb)$", "", name.rstrip("/").rpartition("/")[2])
    return re.sub(r"[-_]+", " ", stem).strip() or name


@dataclass(frozen=True)
class _Directive:
    name: str
    argument: str
    options: Mapping[str, str]
    body: list[str]


class _Directives:
    """Converts line by line; code of ordinary fences is unchanged."""

    def __init__(self, warnings: list[Message], *, chinese: bool) -> None:
        self.warnings, self.chinese = warnings, chinese

    def convert(self, lines: list[str], depth: int = 0) -> Iterator[str]:
        at = 0
        while at < len(lines):
            found = _FENCE.fullmatch(lines[at]) if depth < _DEEPEST else None
            if found is None or (found["fence"][0] == ":" and not found["name"]):
                yield lines[at]
                at += 1
                continue
            end = _end_of_fence(lines, at, found)
            name = (found["name"] or "").lower()
            if not name or (found["fence"][0] != ":" and not _is_directive(name)):
                yield from lines[at : end + 1]
            else:
                below = _ITEM_MARK.sub(" ", found["prefix"])
                inside = [_without_prefix(line, below) for line in lines[at + 1 : end]]
                options, body = _options_and_body(inside)
                if attributes := found["attributes"]:  # {note .dropdown}
                    options.setdefault("class", attributes.replace(".", " "))
                directive = _Directive(name, found["argument"].strip(), options, body)
                shown = (
                    _code_lines(name, found["argument"], inside) if name in _CODE else self._lines_of(directive, depth)
                )
                yield from _with_prefix(shown, found["prefix"], below)
            at = end + 1

    def _lines_of(self, directive: _Directive, depth: int) -> Iterator[str]:
        name, argument, options = directive.name, directive.argument, directive.options
        if name in _LEFT_OUT or withheld_part(name):
            yield from directive.body if _is_for_html(directive) else ()
        elif name in _WITHOUT_VALUE:
            self.warnings.append(Message("the file %(name)s is not included", name=(argument or name)[:80]))
        elif name in ("figure", "image") and argument and "\n" not in argument:
            yield from self._figure(directive, depth)
        elif name == "math":
            lines = [line for line in [argument, *directive.body] if line.strip()]
            is_aligned = any("\\\\" in line or "&" in line for line in lines) and "\\begin" not in lines[0]
            yield from ["$$", *([r"\begin{aligned}", *lines, r"\end{aligned}"] if is_aligned else lines), "$$"]
        elif name in ("list-table", "csv-table"):
            read: Callable[[list[str]], list[list[list[str]]]] = list_rows if name == "list-table" else csv_rows
            rows = [[list(self.convert(cell, depth + 1)) for cell in row] for row in read(directive.body)]
            yield from [f"**{argument}**", ""] if argument else []
            yield from table_lines(rows, options)
        elif kind := self._kind(directive):
            title = self._title(directive)
            yield from [f":::{kind} {title}".rstrip(), *self.convert(directive.body, depth + 1), ":::"]
        else:
            yield from self._plain(directive, depth)

    def _figure(self, directive: _Directive, depth: int) -> Iterator[str]:
        options, body = directive.options, directive.body
        blank = next((at for at, line in enumerate(body) if not line.strip()), len(body))
        caption = " ".join(line.strip() for line in body[:blank])
        html = figure(directive.argument, options.get("alt", ""), caption, options.get("target", ""))
        yield from html.strip("\n").split("\n")
        yield from ["", *self.convert(body[blank:], depth + 1)]

    def _kind(self, directive: _Directive) -> str:
        """The kind of the note that a directive is shown as; empty for other directives."""
        classes = directive.options.get("class", "").replace(",", " ").lower().split()
        if directive.name in ("dropdown", "toggle") or "dropdown" in classes:
            return "details"
        if directive.name == "admonition":
            return next((name for name in classes if name in KINDS), "note")
        return directive.name if directive.name in KINDS else _ASIDES.get(directive.name, "")

    def _title(self, directive: _Directive) -> str:
        titles = _TITLES.get(directive.name)
        title = " ".join(filter(None, [titles[self.chinese] if titles else "", directive.argument]))
        is_folded = "dropdown" in directive.options.get("class", "")
        return title or (title_of(directive.name, chinese=self.chinese) if is_folded else "")

    def _plain(self, directive: _Directive, depth: int) -> Iterator[str]:
        """The body below the argument, if that is text."""
        name, argument = directive.name, directive.argument
        theorem = name.rpartition(":")[2] if name.startswith(("proof:", "prf:")) else ""
        if name.startswith(("exercise", "solution")) and not argument:
            theorem = name.partition("-")[0]
        label = f"{theorem.capitalize()} {argument}".strip() if theorem else argument
        is_text = name in _LABELS or theorem or (name not in _NAMES and re.search(r"[ (]|[^\x00-\x7f]", label))
        if name == "iframe" and argument:
            yield from [f"<{argument}>", ""]
        yield from [f"**{label}**", ""] if label and is_text else []
        yield from self.convert(directive.body, depth + 1)


def _is_directive(name: str) -> bool:
    """Whether a fence of backticks with this name is a directive, not code of R Markdown or Quarto (``{r}``)."""
    known = name in _PLAIN | _LEFT_OUT | _WITHOUT_VALUE or name in _ASIDES or name in KINDS
    return known or name.startswith(("proof:", "prf:", "exercise", "solution")) or name in (
        "figure", "image", "math", "iframe"
    )  # fmt: skip


def _code_lines(name: str, argument: str, lines: list[str]) -> Iterator[str]:
    """A directive of code between colons as the same fence of backticks, which ``code_chunks`` reads."""
    fence = "`" * (max((len(run) for line in lines for run in re.findall("`{3,}", line)), default=2) + 1)
    yield from [f"{fence}{{{name}}} {argument}".rstrip(), *lines, fence]


def _is_for_html(directive: _Directive) -> bool:
    """Whether ``{only} html`` or ``{raw} html`` shows its body."""
    return directive.name in ("only", "raw") and "html" in re.findall(r"(?<!not )\b\w+", directive.argument.lower())


def _end_of_fence(lines: list[str], at: int, begins: re.Match[str]) -> int:
    """The number of the line that ends the fence at *at*; that of the last line plus one without an end."""
    fence, depth = begins["fence"], 0
    for number in range(at + 1, len(lines)):
        if fence[0] == ":" and (inner := _FENCE.fullmatch(lines[number])) and inner["fence"] == fence:
            depth += 1 if inner["name"] else -1
            if depth < 0:
                return number
        elif closes_fence(lines[number], begins["prefix"], fence):
            return number
    return len(lines)


def _options_and_body(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    options, at = dict[str, str](), 0
    if lines and lines[0].strip() == "---" and "---" in (rest := [line.strip() for line in lines[1:]]):
        at = rest.index("---") + 2
        found = [_YAML_OPTION.fullmatch(line.strip()) for line in lines[1 : at - 1]]
        options = {one[1]: one[2] for one in found if one}
    while at < len(lines) and (option := _OPTION.fullmatch(lines[at])):
        options[option[1]] = option[2] or ""
        at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    return options, lines[at:]


def _without_prefix(line: str, below: str) -> str:
    start = line[: len(below)]
    return line[len(below) :] if not start.strip(" \t>") else line.lstrip(" \t")


def _with_prefix(lines: Iterator[str], prefix: str, below: str) -> Iterator[str]:
    """*lines* with *prefix* before the first and *below* before the others; a blank line around them."""
    blank, first = below.rstrip(), prefix == below
    if first:
        yield blank
    for line in lines:
        yield (below if first else prefix) + line if line.strip() else blank
        first = True
    yield blank


# -- roles ---------------------------------------------------------------------------------------------------------

_TEXT_AND_TARGET = lazy_pattern(r"(.*?)\s*<([^<>]*)>", re.DOTALL)
_ABBREVIATION = lazy_pattern(r"(.*?)\s*\((.*)\)", re.DOTALL)
_ICONS = ("fa", "fas", "fab", "far", "octicon", "icon")
_TAGS = {"kbd": "kbd", "sub": "sub", "sup": "sup", "subscript": "sub", "superscript": "sup", "del": "del", "u": "u"}
_TEXTS = ("term", "index", "sc", "smallcaps", "underline", "button", "any", "eval", "span")
_REFERENCES = ("ref", "numref", "eq", "prf:ref", "proof:ref", "any", "std:ref")


def role_text(name: str, content: str, headings: Mapping[str, str]) -> str:
    """The role *name* with its *content* as Markdown; code for a role that isn't known."""
    content = " ".join(content.split())
    found = _TEXT_AND_TARGET.fullmatch(content)
    words, target = (found[1] or found[2], found[2]) if found else ("", content)
    if name in _ICONS or name.startswith("material-"):
        return ""
    if name == "math":
        return f"${content}$"
    if name in _TAGS:
        return f"<{_TAGS[name]}>{content}</{_TAGS[name]}>"
    if name in ("guilabel", "menuselection"):
        return f"**{content.replace('-->', '→')}**"
    if name == "abbr" and (abbreviation := _ABBREVIATION.fullmatch(content)):
        return f'<abbr title="{abbreviation[2]}">{abbreviation[1]}</abbr>'
    if name.startswith("cite"):
        keys = re.sub(r"\s*,\s*", ", ", content)
        return keys if name in ("cite:t", "cite:ts", "cite:alp") else f"({keys})"
    if name in ("doc", "download"):
        path = target if "." in target.rpartition("/")[2] or name == "download" else f"{target}.md"
        return f"[{words or words_of(target)}](<{path}>)"
    if name in _REFERENCES:
        label = re.sub(r"\s*%s", "", words) if words else headings.get(target) or words_of(target)
        return f"[{label}](#{target})" if target in headings else label
    if name in _TEXTS or name.startswith(("bdg", "glue")):
        return words or content
    return f"`{(words or content).lstrip('~!')}`"
