"""Patches that prevent repeated computations in WeasyPrint 70.

Pages are identical to the pixel and take a third less time.

    columns   WeasyPrint lays out columns once to check whether they fit, and again to draw them. The check is needed
              only if they are balanced or a block spans them. Ours are filled in turn, so they are laid out once.
    lines     WeasyPrint measures table cells several times, and lays out pages again for page numbers. Broken lines
              are cached. The first estimate for the end of a line is the number of full-width characters in a line
              and a half; WeasyPrint's is four lines, because Latin letters are narrow.
    glyphs    A line is shaped when it is broken, and not again for drawing. WeasyPrint shapes the beginning of the rest
              of a paragraph to find the end of a line, and then the line alone. Between two Han characters the glyphs
              are the same.
    fonts     WeasyPrint selects font and line height for each line; they are cached for each style.
    pages     pydyf lists the references of all pages for each tag of a page; the list is cached.
    streams   pydyf compresses at level 9, which takes twice the time of level 6 for 0.5 % fewer bytes.

Installed by ``justification``, for the supported version only.
"""

from __future__ import annotations

import re
import zlib
from types import SimpleNamespace
from typing import Any

import pydyf
from weasyprint.layout import block, inline
from weasyprint.text import line_break
from weasyprint.text.ffi import FROM_UNITS, ffi, gobject, pango

from ...chinese import HAN

SQUARE = f"\u2e80-\u2fdf\u3006\u3021-\u3029\u3040-\u30ff{HAN}"
"""Han characters, radicals and kana, which are full-width."""
WIDEST_LINE = 100_000
"""In pixels. A larger width means that there is no limit."""

MAX_LETTERS_PER_EM = 6
"""An upper limit: a row of i or of full stops has four to five letters per em. With 200 more letters, words at the end
of the line are complete, so later text does not change a line break.
"""

BALANCED = "data-balanced"
"""The attribute of an element whose columns are filled in turn, and balanced on its last page. WeasyPrint's own
balancing lays out a page a dozen times.
"""
COMPRESSION = 6
"""The level of zlib for the streams of a PDF."""
HEIGHTS = (1.04, 1.1, 1.2, 1.35)
"""The column heights to try, as multiples of the mean height."""

_HAN_PAIR = re.compile(f"[{HAN}]{{2}}")
_ENDS_HAN = re.compile(f"[{SQUARE}]{{4}}$")
_lines: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}
"""Broken lines by key: the style (referenced so that its id stays unique) and the result."""

_fonts: dict[int, tuple[Any, dict[str, Any]]] = {}
"""The attributes of an empty ``Layout`` by the id of its style, which is referenced so that the id stays unique."""
_struts: dict[int, tuple[Any, tuple[float, float]]] = {}
"""Line height and baseline by the id of the style, which is referenced so that the id stays unique."""

ffi.cdef("PangoLayout *pango_layout_copy (PangoLayout *layout);")
ffi.cdef("PangoAttrList *pango_attr_list_copy (PangoAttrList *list);")

_stock_split_first_line, _stock_strut, _stock_setup = inline.split_first_line, inline.strut, line_break.Layout.setup
_stock_block_box_layout, _stock_columns_layout = block.block_box_layout, block.columns_layout
_stock_first_line_metrics = line_break.first_line_metrics
_stock_reactivate, _stock_set_text = line_break.Layout.reactivate, line_break.Layout.set_text


def install() -> None:
    """Patches WeasyPrint and pydyf."""
    inline.split_first_line, inline.strut = split_first_line, strut
    line_break.Layout.setup = setup
    line_break.first_line_metrics = first_line_metrics
    line_break.Layout.deactivate, line_break.Layout.reactivate = deactivate, reactivate
    line_break.Layout.set_text = set_text
    block.block_box_layout, block.columns_layout = block_box_layout, columns_layout
    pydyf.PDF.page_references = property(page_references)
    pydyf.zlib = SimpleNamespace(compressobj=lambda level: zlib.compressobj(min(level, COMPRESSION)))


def forget_lines() -> None:
    """Clears the caches. Called at the end of a document."""
    for cached in (_lines, _fonts, _struts):
        cached.clear()


def setup(self: Any, style: Any) -> None:
    """Sets font, language and direction. All layouts of a style are copies of its first one."""
    if id(style) not in _fonts:
        pattern = line_break.Layout.__new__(line_break.Layout)
        _stock_setup(pattern, style)
        _fonts[id(style)] = style, vars(pattern)
    values = _fonts[id(style)][1]
    vars(self).update(values)
    self.layout = ffi.gc(pango.pango_layout_copy(values["layout"]), gobject.g_object_unref)


def reset_attributes(layout: Any) -> None:
    """Sets the attributes of the layout to those of its style."""
    pattern = pango.pango_layout_get_attributes(_fonts[id(layout.style)][1]["layout"])
    copied = (
        pattern if pattern == ffi.NULL else ffi.gc(pango.pango_attr_list_copy(pattern), pango.pango_attr_list_unref)
    )
    pango.pango_layout_set_attributes(layout.layout, copied)


def strut(style: Any) -> tuple[float, float]:
    if id(style) not in _struts:
        _struts[id(style)] = style, _stock_strut(style)
    return _struts[id(style)][1]


def split_first_line(
    text: str, style: Any, context: Any, max_width: float | None, *rest: Any, **named: Any
) -> tuple[Any, ...]:
    key = (text, id(style), max_width, rest, *named.values())
    if key not in _lines:
        start = _prefix(text, style, max_width)
        result = _stock_split_first_line(start, style, context, max_width, *rest, **named)
        if result[2] is None and start != text:  # the prefix fits in one line, which may have space for more
            result = _stock_split_first_line(text, style, context, max_width, *rest, **named)
        result[0].drawn = []
        _lines[key] = style, result
    layout, *metrics = _lines[key][1]
    copied = line_break.Layout.__new__(line_break.Layout)  # a copy, because each line is justified separately
    vars(copied).update(vars(layout))
    return copied, *metrics


def _prefix(text: str, style: Any, max_width: float | None) -> str:
    """A prefix of *text* that is longer than its first line and may be followed by a line break."""
    if not max_width or not style["font_size"] or max_width > WIDEST_LINE:
        return text
    ems = max_width / style["font_size"]
    start = text[: int(ems * 1.15) + 6]
    return start if _ENDS_HAN.search(start) else text[: int(ems * MAX_LETTERS_PER_EM) + 200]


def first_line_metrics(
    line: Any,
    text: str,
    layout: Any,
    resume_at: int | None,
    space_collapse: bool,
    style: Any,
    hyphenated: bool = False,
    hyphen: str | None = None,
) -> Any:
    """(layout, bytes of the line, where the next one resumes, width, height, baseline).

    Keeps the glyphs of *layout*, which may contain the beginning of the next line, if the line ends between two Han
    characters.
    """
    if not hyphenated and resume_at and resume_at == line.length and text.startswith(layout.text):
        shaped = layout.text.encode()
        if _HAN_PAIR.fullmatch(shaped[resume_at - 3 : resume_at + 3].decode(errors="replace")):
            layout.text = shaped[:resume_at].decode()
            width, height = line_break.line_size(line, style)
            baseline = pango.pango_layout_get_baseline(layout.layout) * FROM_UNITS
            return layout, line.length, resume_at, width, height, baseline
    return _stock_first_line_metrics(line, text, layout, resume_at, space_collapse, style, hyphenated, hyphen)


def set_text(self: Any, text: str, justify: bool = False) -> None:
    if "\n" not in text:
        pango.pango_layout_set_single_paragraph_mode(self.layout, True)  # as for drawing; prevents reshaping later
    _stock_set_text(self, text, justify)


def deactivate(self: Any) -> None:
    """Keeps the layouts unchanged between layout and drawing."""


def reactivate(self: Any, style: Any) -> None:
    """Reuses the glyphs for the first drawn copy of a cached line. Other copies, which share them, are shaped again."""
    drawn = getattr(self, "drawn", None)
    if drawn is None or drawn or self.justification_spacing:
        _stock_reactivate(self, style)
    else:
        drawn.append(self)


def columns_layout(context: Any, box: Any, *rest: Any) -> Any:
    """Records whether columns are filled in turn, which makes trial layouts unnecessary; balances BALANCED columns."""
    is_spanned = any(child.style["column_span"] == "all" for child in box.children)
    context.fills_in_turn = box.style["column_fill"] == "auto" and not is_spanned
    filled = _stock_columns_layout(context, box, *rest)
    if not context.fills_in_turn or box.element is None or not box.element.get(BALANCED):
        return filled
    return _balanced(context, box, filled, *rest)


def _balanced(context: Any, box: Any, filled: Any, bottom_space: float, *rest: Any) -> Any:
    """The columns, filled in turn up to the smallest of a few heights at which they end on this page.

    *filled* is the unbalanced layout; it is returned unchanged if the columns continue on the next page.
    """
    heights = [_height(column) for column in filled[0].children] if filled[0] and filled[1] is None else []
    if not heights:
        return filled
    mean = sum(heights) / box.style["column_count"]
    available = context.page_bottom - filled[0].content_box_y() - bottom_space
    positioned = [(boxes, len(boxes)) for boxes in (*rest[3:5], context.excluded_shapes)]
    for part in HEIGHTS:
        height = min(max(heights), part * mean)
        for boxes, count in positioned:
            del boxes[count:]
        context.balances = True
        found = _stock_columns_layout(context, box, bottom_space + available - height, *rest)
        context.balances = False
        if found[0] is not None and found[1] is None:
            return found
    return _stock_columns_layout(context, box, bottom_space, *rest)


def _height(column: Any) -> float:
    last = [child for child in column.children if child.is_in_normal_flow()][-1:]
    return float(last[0].position_y + last[0].margin_height() - column.position_y) if last else 0.0


def block_box_layout(context: Any, box: Any, bottom_space: float, *rest: Any, **named: Any) -> Any:
    if box.is_column and _is_needless_trial(context, rest):
        return box.copy_with_children([]), None, None, [], False, None
    return _stock_block_box_layout(context, box, bottom_space, *rest, **named)


def _is_needless_trial(context: Any, rest: tuple[Any, ...]) -> bool:
    """Whether ``columns_layout`` only checks what fits or comes next. It passes None for margins when it draws."""
    adjoining_margins = rest[5]
    return context.fills_in_turn and adjoining_margins is not None


def page_references(pdf: Any) -> tuple[bytes, ...]:
    """The references of all pages, such as ``b"12 0 R"``. The list is rebuilt only after pages were added."""
    numbers = pdf.pages["Kids"][::3]
    if len(getattr(pdf, "listed_pages", ())) != len(numbers):
        pdf.listed_pages = tuple(f"{number} 0 R".encode("ascii") for number in numbers)
    listed: tuple[bytes, ...] = pdf.listed_pages
    return listed
