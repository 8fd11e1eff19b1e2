"""Arranges clean tags in any order into a valid tree of blocks, as described in ``sanitizer``.

A start tag is written only when there is content for it: the output has no empty blocks. An inline tag is closed before
each block and reopened in the next one: it never contains a block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .allowlist import FLOW, INLINES, LINES, LISTS, PARENTS, TABLE, VOID
from .attributes import IdAllocator, sanitized_attributes, without_id, without_link
from .mathml import Formula

DEEPEST = 40
DEEPEST_INLINE = 20
"""The number of nested inline tags that are reopened in each block. Deeper ones have no visible effect."""
_BLANK = " \t\n\r\u00a0\u3000\u200b\ufeff"
_VERSES = re.compile(r'class="[^"]*\b(?:poem|verse|stanza)\b')


@dataclass(slots=True)
class Frame:
    """An open block. ``start`` is its start tag, ``opened`` is true once it is written. An ``implied`` block has no tag
    in the source."""

    name: str
    start: str = ""
    opened: bool = False
    implied: bool = False
    verse: bool = False
    """Whether line breaks are significant."""
    raw: bool = False
    """Whether all white space is significant."""


@dataclass(slots=True)
class Inline:
    """An open inline tag. ``opened`` is true while it is written in the current run. Without a name it is skipped."""

    name: str
    start: str
    opened: bool = False

    @property
    def end(self) -> str:
        return f"</{self.name}>"

    def drop_id(self) -> None:
        """Removes the id from the tag that is reopened in the next block, because ids are unique."""
        if ' id="' in self.start:
            self.start = without_id(self.start)
            self.name = "" if self.start in ("<a>", "<span>") else self.name


class Blocks:
    """Takes the tokens of nh3's output, which is well nested, one by one. ``finish`` returns the HTML."""

    def __init__(self, clean: str) -> None:
        self.names = IdAllocator(clean)
        self.out: list[str] = []
        self.frames = [Frame("div", opened=True)]
        self.inlines: list[Inline] = []
        self.tracked: list[bool] = []
        """Whether each open inline tag of the source is in ``inlines``."""
        self.breaks = 0
        self.space = ""
        self.fresh = True
        """Whether the current run of text is still empty."""
        self.broken = False
        """Whether the last token was a line break."""
        self.formula: Formula | None = None
        """The open formula."""

    # -- tokens -------------------------------------------------------------------------------------------------

    def start(self, name: str, raw: str) -> None:
        if self.formula:
            if name not in VOID:
                self.formula.start(name, raw)
        elif name == "math":
            self.formula = Formula(raw)
        elif name in INLINES:
            self._start_inline(name, raw)
        elif name == "hr":
            self._make_room("hr")
            self._open_frames()
            self.out.append("<hr>")
        else:
            self._start_block("h2" if name == "h1" else name, raw)

    def end(self, name: str) -> None:
        if self.formula:
            if self.formula.end():
                self._end_formula(self.formula.html())
        elif name in INLINES:
            self._end_inline()
        elif name != "hr":
            self._end_block()

    def text(self, text: str) -> None:
        if self.formula:
            self.formula.text(text)
            return
        frame = self.frames[-1]
        if frame.raw:
            self._write_raw(text.lstrip("\n") if self.fresh else text)
        elif frame.verse:
            self._write_verse(text)
        else:
            self._write_prose(text)
        self.broken = False

    def paragraph(self, text: str) -> None:
        """Takes the tokens of ``<p>text</p>`` in one call."""
        if self.formula or self.inlines or len(self.frames) > 1:
            self.start("p", "")
            self.text(text)
            self.end("p")
            return
        self._end_run()
        self.broken = False
        if words := text.strip(_BLANK):
            self.out.append(f"<p>{words}</p>")

    def finish(self) -> str:
        while self.frames[-1].implied:
            self._close_frame()
        return "".join(self.out)

    # -- blocks -------------------------------------------------------------------------------------------------

    def _start_block(self, name: str, raw: str) -> None:
        name = self._allowed_name(name)
        attributes = sanitized_attributes(name, raw, self.names) if raw else ""
        if name == "th" and " scope=" not in attributes and any(frame.name == "thead" for frame in self.frames):
            attributes += ' scope="col"'
        if name == "div" and attributes and len(self.frames) < DEEPEST:
            name = "section"
        if self._is_line() and name in FLOW | LINES:  # a div or p within a heading: its text continues the line
            self.frames.append(Frame("", opened=True, verse=self.frames[-1].verse, raw=self.frames[-1].raw))
            self.space = self.space or ("" if self.fresh else " ")
            return
        self._make_room(name)
        frame = Frame(name, f"<{name}{attributes}>", opened=name == "div", raw=name == "pre")
        frame.verse = self.frames[-1].verse or bool(attributes and _VERSES.search(attributes))
        self.frames.append(frame)
        if name in TABLE or name in ("td", "th"):
            self._open_frames()

    def _allowed_name(self, name: str) -> str:
        """*name*, or ``div`` if that block is not allowed here."""
        if len(self.frames) >= DEEPEST and name not in TABLE and name not in ("td", "th", "p"):
            return "div"
        if name not in PARENTS:
            return name
        while self.frames[-1].implied:
            self._close_frame()
        parent = self.frames[-1]
        fits = parent.name in PARENTS[name] and not (name == "summary" and parent.opened)
        return name if fits else "div"

    def _make_room(self, name: str) -> None:
        """Closes a paragraph or heading that cannot contain the block *name*."""
        self._end_run()
        while self.frames[-1].implied and self.frames[-1].name == "p":
            self._close_frame()
        frame = self.frames[-1]
        if frame.name in LISTS and name not in (LISTS[frame.name], "dt"):
            self._imply(LISTS[frame.name])
        elif self._is_line():
            self._turn_into_flow()

    def _imply(self, name: str) -> None:
        self.frames.append(Frame(name, f"<{name}>", implied=True, verse=self.frames[-1].verse))

    def _is_line(self) -> bool:
        frame = self.frames[-1]
        return not frame.implied and (frame.name in LINES or not frame.name)

    def _turn_into_flow(self) -> None:
        """Closes the heading around a table. The content that follows becomes a sibling of the heading."""
        line = max(index for index, frame in enumerate(self.frames) if frame.name)
        if self.frames[line].opened:
            self.out.append(f"</{self.frames[line].name}>")
        if self.frames[line].name == "dt":
            self.frames[line] = Frame("dd", "<dd>", verse=self.frames[line].verse)
        for frame in self.frames[line:]:
            if frame.name != "dd":
                frame.name, frame.opened, frame.raw = "div", True, False

    def _end_block(self) -> None:
        if not self.frames[-1].name:  # the end of a div or p within a heading: the line continues
            self.frames.pop()
            self.space = self.space or ("" if self.fresh else " ")
            return
        self._end_run()
        while self.frames[-1].implied:
            self._close_frame()
        self._close_frame()

    def _close_frame(self) -> None:
        self._end_run()
        frame = self.frames.pop()
        if frame.opened and frame.name not in ("div", ""):
            self.out.append(f"</{frame.name}>")

    def _open_frames(self) -> None:
        for index, frame in enumerate(self.frames):
            if frame.opened:
                continue
            if frame.name == "details" and self.frames[index + 1 : index + 2] != [] and not self._has_summary(index):
                frame.name = "section"
                frame.start = frame.start.replace("details", "section", 1).replace(' open=""', "")
            self.out.append(frame.start)
            frame.opened = True

    def _has_summary(self, index: int) -> bool:
        return self.frames[index + 1].name == "summary"

    # -- runs of text -------------------------------------------------------------------------------------------

    def _write_raw(self, text: str) -> None:
        if text:
            self._write(text)

    def _write_prose(self, text: str) -> None:
        if self.fresh or self.breaks:
            text = text.lstrip(_BLANK)
        if text.strip(_BLANK):
            self._write(text)
        elif not self.fresh:
            self.space = self.space or text

    def _write_verse(self, text: str) -> None:
        lines = text.split("\n")
        if self.broken and not lines[0].strip():  # the end of a line that <br> has already ended
            lines = lines[1:]
        for number, line in enumerate(lines):
            if number and not self.fresh:
                self.breaks += 1
            self._write_prose(line)

    def _write(self, text: str) -> None:
        """Writes inline content, inside the required blocks."""
        self._open_blocks()
        if self.space:
            self.out.append(self.space)
            self.space = ""
        for inline in self.inlines:
            if not inline.opened and inline.name:
                self.out.append(inline.start)
            inline.opened = True
        self.out.append(text)
        self.fresh = False

    def _open_blocks(self) -> None:
        """Opens the blocks that the next text requires, and writes pending line breaks."""
        frame = self.frames[-1]
        if frame.name in LISTS:
            self._imply(LISTS[frame.name])
        elif frame.name in FLOW:
            self._imply("p")
        self._open_frames()
        if self.breaks:
            self._break_line()

    def _break_line(self) -> None:
        breaks, self.breaks, self.space = self.breaks, 0, ""
        frame = next(frame for frame in reversed(self.frames) if frame.name)
        if breaks > 1 and frame.name == "p":
            self._end_run()
            self.out.append("</p>" + without_id(frame.start))
            return
        self._trim()
        self.out.append("\n" if frame.raw else "<br>" * min(breaks, 2))

    def _end_run(self) -> None:
        """Ends a run of text: closes inline tags, drops pending spaces and line breaks."""
        self._trim()
        for inline in reversed(self.inlines):
            if inline.opened and inline.name:
                self.out.append(inline.end)
                inline.drop_id()
            inline.opened = False
        self.breaks, self.space, self.fresh = 0, "", True

    def _trim(self) -> None:
        if not self.fresh and self.out and not self.frames[-1].raw and not self.out[-1].endswith(">"):
            self.out[-1] = self.out[-1].rstrip(_BLANK)

    # -- inline tags --------------------------------------------------------------------------------------------

    def _start_inline(self, name: str, raw: str) -> None:
        if name == "br":
            self._line_break()
            return
        attributes = sanitized_attributes(name, raw, self.names) if raw else ""
        if name == "img":
            if ' src="' in attributes:  # within a value the quotation mark is escaped
                self._write(f"<img{attributes}>")
            return
        if not self._is_allowed_here(name):
            name, attributes = "span", without_link(attributes)
        is_redundant = name in ("a", "span") and not attributes
        self.tracked.append(not is_redundant and len(self.inlines) < DEEPEST_INLINE)
        if self.tracked[-1]:
            self.inlines.append(Inline(name, f"<{name}{attributes}>"))

    def _end_formula(self, html: str) -> None:
        self.formula, self.broken = None, False
        if html:
            self._write(html)

    def _is_allowed_here(self, name: str) -> bool:
        """Whether HTML allows the tag here: no link within a link, no ruby annotation within another."""
        if name == "a":
            return all(inline.name != "a" for inline in self.inlines)
        if name not in PARENTS:
            return True
        around = next((inline.name for inline in reversed(self.inlines) if inline.name in ("ruby", "rt", "rp")), "")
        return around in PARENTS[name]

    def _line_break(self) -> None:
        if self.fresh:
            return
        if self.frames[-1].raw:
            self._write("\n")
        else:
            self.breaks += 1
            self.broken = True

    def _end_inline(self) -> None:
        if not self.tracked.pop():
            return
        inline = self.inlines[-1]
        if not inline.opened and self.names.is_linked(inline.start):
            self._write("")
        self.inlines.pop()
        if inline.opened and inline.name:
            self._put_space_outside()
            self.out.append(inline.end)

    def _put_space_outside(self) -> None:
        """Moves a space before an inline end tag to the position after it, where the end of a block can drop it."""
        words = self.out[-1].rstrip(_BLANK)
        if words != self.out[-1] and words and not self.frames[-1].raw:
            self.space = self.space or self.out[-1][len(words) :]
            self.out[-1] = words
