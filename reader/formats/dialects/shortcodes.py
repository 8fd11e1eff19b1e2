"""Parses template tags in text: Liquid ``{% name %}``, Hugo ``{{< name >}}``, Zola ``{{ name() }}``, Nunjucks (Hexo).

A tag has a name, arguments and, if there is an end tag, content. ``shortcode_table`` converts known names. An unknown
tag is removed, its content is shown, and a warning names it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ...patterns import lazy_pattern
from ..fields.unpublished_values import withheld_part
from .masking import MARK, Masks

_INSIDE = r"(?:(?!\{\{|\{%)[\s\S]){0,3000}?"
_TAG = lazy_pattern(
    rf"\{{\{{<(?P<angle>{_INSIDE})>\}}\}}|\{{\{{%(?P<percent>{_INSIDE})%\}}\}}"
    rf"|\{{%[-+]?(?P<block>{_INSIDE})[-+]?%\}}|(?<!\$)\{{\{{-?(?P<value>(?:[^{{}}]|\{{[^{{}}]{{0,300}}\}}){{0,3000}}?)-?\}}\}}"
)
_RAW = lazy_pattern(r"\{%-?\s*(end)?(?:raw|verbatim)\s*-?%\}")
_ESCAPED_HUGO = lazy_pattern(r"\{\{([<%])/\*(.{0,2000}?)\*/([>%])\}\}", re.DOTALL)
_NAME = lazy_pattern(r"(/?)\s*([\w$][\w./:-]*)\s*", re.DOTALL)
_CALL = lazy_pattern(r"([\w:]+)\s*\((.*)\)\s*(?:\|.*)?", re.DOTALL)
_NEVER = lazy_pattern(r"#?if\s+false")
_VALUE = lazy_pattern(r"[A-Za-z_$\"'@][^\n]*")
_LITERAL = lazy_pattern(r"""\s*(?:"([^"]*)"|'([^']*)')""")
_ARGUMENT = lazy_pattern(
    r"""(?:([\w-]+)\s*=\s*)?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,"'][^\s,]*(?:,(?=[^\s,])[^\s,]*)*))"""
)
_LINKED_PICTURE = lazy_pattern(
    r"\[([\s>]{1,80})<(p|figure)>(<img [^<>]{1,4000}>)(.{0,2000}?)</\2>[\s>]{1,80}\]"
    r"\(\s*<?([^\s()<>\"]{1,2000})>?[^()\n]{0,200}\)"
)
_LONGEST_PREFIX = 200
_INCLUDE_SUFFIX = lazy_pattern(r"\.(?:html|md|liquid)$")


@dataclass(frozen=True)
class Tag:
    """One tag as written: ``raw`` are its arguments as text, ``values`` those without a name, ``named`` the others.

    ``prefix`` is the beginning of its line (indent, ``>`` of quotations).
    """

    name: str
    raw: str
    values: tuple[str, ...] = ()
    named: dict[str, str] = field(default_factory=dict)
    prefix: str = ""

    def get(self, *names: str) -> str:
        """The first argument that is not empty, else an empty text. A number is a position: ``get("src", "0")``."""
        for name in names:
            if name.isdigit():
                value = self.values[int(name)] if int(name) < len(self.values) else ""
            else:
                value = self.named.get(name, "")
            if value:
                return value
        return ""


Known = Callable[[Tag, str | None], str | None]
"""Converts a tag and its content (None without an end tag) to Markdown. Returns None for an unknown tag."""


@dataclass
class _Frame:
    tag: Tag | None
    pieces: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.tag.name if self.tag else ""


class _ShortcodeReader:
    def __init__(self, masks: Masks, known: Known) -> None:
        self.masks, self.known = masks, known
        self.frames = [_Frame(None)]
        self.open: Counter[str] = Counter()
        self.unknown: dict[str, None] = {}
        self.line = ""

    def text(self, text: str) -> None:
        self.frames[-1].pieces.append(text)
        self.line = (text.rpartition("\n")[2] if "\n" in text else self.line + text)[:_LONGEST_PREFIX]

    def begin(self, tag: Tag) -> None:
        self.frames.append(_Frame(tag))
        self.open[tag.name] += 1

    def end(self, name: str) -> None:
        if name == "end":  # Zola's
            name = self.frames[-1].name
        if not self.open[name]:
            return
        at = next(n for n in range(len(self.frames) - 1, 0, -1) if self.frames[n].name == name)
        inside = self.frames[at].pieces + self._close_frames(at + 1)
        tag = self.frames.pop().tag
        self.open[name] -= 1
        if tag:
            self.frames[-1].pieces.append(self._replacement(tag, "".join(inside)))

    def finish(self) -> str:
        return "".join(self.frames[0].pieces + self._close_frames(1))

    def _close_frames(self, at: int) -> list[str]:
        """Closes the frames from *at* on, whose tags have no end tag. Returns their replacements and contents."""
        pieces: list[str] = []
        for frame in self.frames[at:]:
            if frame.tag:
                self.open[frame.name] -= 1
                pieces += [self._replacement(frame.tag, None), *frame.pieces]
        del self.frames[at:]
        return pieces

    def _replacement(self, tag: Tag, body: str | None) -> str:
        replacement = self.known(tag, body)
        if replacement is None:
            self.unknown[tag.name] = None
            return "" if withheld_part(tag.name) else body or ""
        return replacement


def without_tags(text: str, masks: Masks, known: Known) -> tuple[str, list[str]]:
    """*text* (with masked code) with each tag replaced by the result of *known*, and the names of unknown tags."""
    if "{%" not in text and "{{" not in text:
        return text, []
    text = _mask_raw(text, masks)
    text = _ESCAPED_HUGO.sub(lambda found: masks.keep(f"{{{{{found[1]}{found[2]}{found[3]}}}}}"), text)
    reader, done = _ShortcodeReader(masks, known), 0
    for found in _TAG.finditer(text):
        reader.text(text[done : found.start()])
        done = found.end()
        _read(reader, found)
    reader.text(text[done:])
    return _with_linked_pictures(reader.finish()), list(reader.unknown)


def _with_linked_pictures(text: str) -> str:
    """Moves the link of ``[{{< img src="x.png" >}}](address)`` into the picture, which has become a block."""
    if "<img " not in text or "](" not in text:
        return text
    return _LINKED_PICTURE.sub(r'\1<\2><a href="\5">\3</a>\4</\2>\1', text)


def _mask_raw(text: str, masks: Masks) -> str:
    """Masks tags between ``{% raw %}`` and ``{% endraw %}``, which are text, and removes these two.

    A ``{% raw %}`` without an end is ignored.
    """
    out, done, begin, start = list[str](), 0, 0, -1
    for found in _RAW.finditer(text):
        if found[1] and start >= 0:
            out += [text[done:begin], _mask_delimiters(text[start : found.start()], masks)]
            done, start = found.end(), -1
        elif not found[1] and start < 0:
            begin, start = found.span()
    return "".join([*out, text[done:]])


def _mask_delimiters(text: str, masks: Masks) -> str:
    return re.sub(r"\{[{%]|[%}]\}", lambda found: masks.keep(found[0]), text)


def _read(reader: _ShortcodeReader, found: re.Match[str]) -> None:
    text = reader.masks.restore(found[found.lastgroup or 0]).strip()
    if found.lastgroup == "value":
        _read_value(reader, found, text)
        return
    call = _CALL.fullmatch(text) if found.lastgroup == "block" else None
    name = _NAME.match(text)
    if call or name is None:
        if call and call[1] != "end":
            reader.begin(_tag(reader, call[1], call[2]))
        return
    if name[1]:
        reader.end(name[2])
    elif found.lastgroup == "block" and name[2].startswith("end"):
        reader.end(name[2] if name[2] == "end" else name[2][3:])
    elif text.endswith("/"):
        reader.text(reader._replacement(_tag(reader, name[2], text[name.end() : -1]), None))
    else:
        reader.begin(_tag(reader, name[2], text[name.end() :]))


def _read_value(reader: _ShortcodeReader, found: re.Match[str], text: str) -> None:
    """``{{ "/x" | relative_url }}`` is replaced by its text, ``{{ youtube(id="x") }}`` is a tag. ``{{ page.title }}``
    is removed."""
    if literal := _LITERAL.match(text):
        reader.text(literal[1] or literal[2] or "")
    elif call := _CALL.fullmatch(text):
        reader.text(reader._replacement(_tag(reader, call[1], call[2]), None))
    elif _NEVER.fullmatch(text):
        reader.begin(_tag(reader, "if", "false"))
    elif text in ("end", "/if") and reader.open["if"]:
        reader.end("if")
    elif _VALUE.fullmatch(text):
        if not text.startswith(("site.", "page.", "baseurl", "$")):
            reader.unknown[text.split("|")[0].strip()[:40]] = None
    else:
        reader.text(found[0])


def _tag(reader: _ShortcodeReader, name: str, arguments: str) -> Tag:
    values: list[str] = []
    named: dict[str, str] = {}
    for key, double, single, bare in _ARGUMENT.findall(arguments):
        value = re.sub(r"\\(.)", r"\1", double or single) or bare
        if key:
            named[key.lower()] = value
        else:
            values.append(value)
    if name in ("include", "include_relative", "include_cached", "partial", "render") and values:
        name = _INCLUDE_SUFFIX.sub("", values.pop(0)).rpartition("/")[2]
    prefix = re.match(r"[ \t>]*", MARK.sub("", reader.line))
    return Tag(name, arguments.strip(), tuple(values), named, prefix[0] if prefix else "")
