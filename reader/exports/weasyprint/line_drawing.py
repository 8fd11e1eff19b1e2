"""Patch of WeasyPrint 70: draws a line of text with the gaps of its justification.

WeasyPrint's own function reads each glyph through cffi and writes the space after each glyph, in whole thousandths of
an em. Here the glyphs of a run are read at once, and the gap of the line is its character spacing (``Tc``, ISO 32000-2
9.3.2), which takes half of the bytes and is exact. Lines with an ellipsis, raised glyphs, missing characters or emoji
are drawn by WeasyPrint.

In a line with wide gaps PDF readers would find 人 民 日 报. Such a line contains its text as ActualText (ISO 32000-2
14.9.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from struct import unpack
from typing import Any

import pydyf
from weasyprint.draw import text as drawing
from weasyprint.text.ffi import FROM_UNITS, TO_UNITS, ffi, pango

BREAK = "\u200b"
"""A break opportunity without width that is not in the text layer."""
AUTOSPACE_EM = 0.095

_NOT_DRAWN = re.compile(f"[{BREAK}\u2060]")
_INTS = ffi.sizeof("PangoGlyphInfo") // 4
"""The 32-bit integers of PangoGlyphInfo: glyph, width, x_offset, y_offset, attributes."""
_LAST_SPACE = re.compile("(?<=[0-9a-f])>[^<]*(?:<>[^<]*)*$")
"""Space after the last glyph, which moves nothing."""
_MISSING = pango.PANGO_GLYPH_UNKNOWN_FLAG
_SMALLEST = 1e-6
"""The font size below which WeasyPrint draws nothing."""
_IS_EXACT = pango.pango_version() >= 14802
"""Whether fonts know their size, as since Pango 1.48.2 (gitlab.gnome.org/GNOME/pango/-/issues/530). With an older one
WeasyPrint draws the widened glyphs."""
_stock_draw_first_line = drawing.draw_first_line


@dataclass(frozen=True)
class Spread:
    """The justification of a text box in pixels: a ``gap`` after each of the character ``indexes``, minus ``head`` and
    ``tail`` at the edges."""

    indexes: frozenset[int]
    gap: float
    head: float = 0.0
    tail: float = 0.0

    @property
    def added(self) -> float:
        return len(self.indexes) * self.gap - self.head - self.tail


@dataclass
class Run:
    """Glyphs of one font in visual order, as Pango's ``infos``. Each list has an item for each glyph, in Pango's units.

    ``clusters`` has the first byte of the glyph's cluster, from the beginning of the run. ``widened`` are the glyphs
    that are followed by the gap of the line.
    """

    item: Any
    infos: Any
    font: Any
    font_size: float
    glyphs: tuple[int, ...]
    widths: list[int]
    offsets: list[int]
    rises: tuple[int, ...]
    clusters: list[int]
    widened: set[int] = field(default_factory=set)


def install() -> None:
    drawing.draw_first_line = draw_first_line


def draw_first_line(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: Any, matrix: Any) -> Any:
    """Draws the text. Returns the emoji that are drawn as pictures, for ``drawing.draw_emojis``."""
    layout = textbox.pango_layout
    spread: Spread | None = getattr(layout, "spread", None)
    with _actual_text(stream, textbox, spread):
        if not textbox.text.strip() or textbox.style["font_size"] < _SMALLEST:
            return []
        runs = _runs(stream, layout)
        if spread:
            _widen(runs, spread, layout.text)
        if text_overflow != "ellipsis" and block_ellipsis == "none" and all(map(_is_plain, runs)):
            stream.set_text_matrix(*matrix.values)
            _draw(stream, runs, layout.text, spread.gap if spread else 0.0)
            return []
        gap = round(spread.gap * TO_UNITS) if spread else 0
        for run in runs:
            for n, info in enumerate(run.infos):
                info.geometry.width = run.widths[n] + (gap if n in run.widened else 0)
                info.geometry.x_offset = run.offsets[n]
        return _stock_draw_first_line(stream, textbox, text_overflow, block_ellipsis, matrix)


@contextmanager
def _actual_text(stream: Any, textbox: Any, spread: Spread | None) -> Iterator[None]:
    """Marks what is drawn with its text, if the gaps of *spread* are wide."""
    if spread is None or spread.gap <= AUTOSPACE_EM * textbox.style["font_size"]:
        yield
        return
    text = _NOT_DRAWN.sub("", textbox.text)
    pydyf.Stream.begin_marked_content(stream, "Span", pydyf.Dictionary({"ActualText": pydyf.String(text)}))
    try:
        yield
    finally:
        pydyf.Stream.end_marked_content(stream)


def _runs(stream: Any, layout: Any) -> list[Run]:
    """The glyphs of the layout's only line."""
    pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
    line, _ = layout.get_first_line()
    node, runs = line.runs[0], []
    while node != ffi.NULL:
        data, node = node.data, node.next
        count = data.glyphs.num_glyphs
        infos = data.glyphs.glyphs[0:count]
        numbers = unpack(f"{_INTS * count}i", ffi.buffer(data.glyphs.glyphs, 4 * _INTS * count))
        glyphs, widths, offsets, rises = (numbers[place::_INTS] for place in range(4))
        font, size = stream.add_font(data.item.analysis.font)
        clusters = ffi.unpack(data.glyphs.log_clusters, count)
        runs.append(Run(data.item, infos, font, size, glyphs, list(widths), list(offsets), rises, clusters))
    return runs


def _is_plain(run: Run) -> bool:
    """Whether no glyph is raised, missing or a picture, and the font knows its size."""
    font = run.font
    is_picture = font.png or font.svg or font.colr or font.bitmap
    return _IS_EXACT and not is_picture and not any(run.rises) and not any(glyph & _MISSING for glyph in run.glyphs)


def _widen(runs: list[Run], spread: Spread, text: str) -> None:
    """Finds the glyphs with a gap, the last ones of their clusters, and moves those at the edges of the line."""
    starts = _bytes_of(text)
    widened = {starts[index] for index in spread.indexes}
    ignored = {start for start, char in zip(starts, text, strict=False) if char in BREAK + " "}
    first = last = None
    for run in runs:
        start, clusters = run.item.offset, run.clusters
        for n, cluster in enumerate(clusters):
            if start + cluster in widened and clusters[n + 1 : n + 2] != [cluster]:
                run.widened.add(n)
            if start + cluster not in ignored:
                first, last = first or (run, n), (run, n)
    if spread.head and first is not None:
        units, (run, n) = int(spread.head * TO_UNITS), first
        run.offsets[n] -= units
        run.widths[n] -= units
    if spread.tail and last is not None:
        run, n = last
        run.widths[n] -= int(spread.tail * TO_UNITS)


def _draw(stream: Any, runs: list[Run], text: str, gap: float) -> None:
    """Writes the glyphs as ``drawing.draw_first_line`` does: one array for each font. *gap* is in pixels."""
    current, array = None, ""
    if gap:
        stream.stream.append(f"{gap:.6g} Tc".encode())
    for run in runs:
        if run.item.analysis.font != current:
            current = run.item.analysis.font
            if array:
                stream.show_text(array)
            array = ""
            stream.set_font_size(run.font.hash, run.font_size)
        drawn = vars(run.font).setdefault("drawn", {}).setdefault(run.font_size, {})
        no_gap, more_gap = (f">{sign * 1000 * gap / run.font_size:.6g}<" for sign in (1, -1))
        string = "<"
        for n, key in enumerate(zip(run.glyphs, run.widths, run.offsets, strict=True)):
            part = drawn.get(key)
            if part is None:
                _map_to_text(run, n, text)
                part = drawn[key] = _glyph(stream, run, *key)
            string += part
            if gap and (n in run.widened) != (is_shown := key[0] != pango.PANGO_GLYPH_EMPTY):
                string += no_gap if is_shown else more_gap  # Tc is added to each glyph that is shown
        array += string[:-1] if string.endswith("<") else string + ">"
    stream.show_text(_LAST_SPACE.sub(">", array))
    if gap:
        stream.stream.append(b"0 Tc")


def _glyph(stream: Any, run: Run, glyph: int, width: int, offset: int) -> str:
    """The glyph as part of a hexadecimal string, between ``<`` and ``>``, and the space to be added around it.

    Spaces are in thousandths of an em; a positive one moves the next glyph to the left.
    """
    size = run.font_size
    if glyph == pango.PANGO_GLYPH_EMPTY:
        return f">{-1000 * width * FROM_UNITS / size:.6g}<" if width else ""
    if glyph not in run.font.widths:
        pango.pango_font_get_glyph_extents(run.item.analysis.font, glyph, stream.ink_rect, stream.logical_rect)
        run.font.widths[glyph] = round(stream.logical_rect.width * 1000 * FROM_UNITS / size)
    shift = 1000 * offset * FROM_UNITS / size
    kerning = round(run.font.widths[glyph] + shift - width * 1000 * FROM_UNITS / size)
    return (f">{-shift:.6g}<" if shift else "") + f"{glyph:04x}" + (f">{kerning}<" if kerning else "")


def _map_to_text(run: Run, n: int, text: str) -> None:
    """Records the characters of glyph *n* of the run for text extraction."""
    glyph, clusters = run.glyphs[n], run.clusters
    if glyph == pango.PANGO_GLYPH_EMPTY or glyph in run.font.to_unicode:
        return
    if run.item.analysis.level % 2:
        end = run.item.length if n == 0 else clusters[n - 1]
    else:
        end = run.item.length if n == len(clusters) - 1 else clusters[n + 1]
    start = run.item.offset
    run.font.to_unicode[glyph] = text.encode()[start + clusters[n] : start + end].decode()


def _bytes_of(text: str) -> list[int]:
    """The offset of each character's first UTF-8 byte, which Pango uses, and of the end."""
    if text.isascii():
        return list(range(len(text) + 1))
    return list(accumulate((len(char.encode()) for char in text), initial=0))
