"""What WeasyPrint 70 does twice is done once. The pages stay the same to the pixel; a third of the time is saved.

    lines     columns are laid out to see whether they fit, and again for good; a line once broken is remembered.
              The search for its end begins with as many characters as are square in a line and a half; WeasyPrint
              takes four lines, since Latin letters are narrow.
    glyphs    a line is shaped when it is broken; it isn't shaped again to be drawn.
    columns   what would come after each column is laid out only to balance columns. Ours are filled, not balanced.

Installed and guarded by ``typography``.
"""

from __future__ import annotations

import re
from copy import copy
from math import inf
from typing import Any

from weasyprint.layout import block, inline
from weasyprint.text import line_break
from weasyprint.text.ffi import pango

from ...chinese import HAN

SQUARE = f"\u2e80-\u2fdf\u3006\u3021-\u3029\u3040-\u30ff{HAN}"
"""Han, radicals and kana, which are set in squares."""
WIDEST_LINE = 100_000
"""In pixels; beyond that a width means that there is no limit."""

_ENDS_HAN = re.compile(f"[{SQUARE}]{{4}}$")
_lines: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}
"""What was broken, with its style (kept, so that its id stays its own), and the answer."""

_stock_split_first_line, _stock_block_box_layout = inline.split_first_line, block.block_box_layout
_stock_reactivate, _stock_set_text = line_break.Layout.reactivate, line_break.Layout.set_text


def install() -> None:
    inline.split_first_line = split_first_line
    line_break.Layout.deactivate, line_break.Layout.reactivate = deactivate, reactivate
    line_break.Layout.set_text = set_text
    block.block_box_layout = block_box_layout


def forget_lines() -> None:
    """To be called when a document is done."""
    _lines.clear()


def split_first_line(
    text: str, style: Any, context: Any, max_width: float | None, *rest: Any, **named: Any
) -> tuple[Any, ...]:
    key = (text, id(style), max_width, rest, *named.values())
    if key not in _lines:
        answer = _stock_split_first_line(_enough(text, style, max_width), style, context, max_width, *rest, **named)
        if answer[2] is None:  # all of it fits in one line: there may be room for more
            answer = _stock_split_first_line(text, style, context, max_width, *rest, **named)
        answer[0].drawn = []
        _lines[key] = style, answer
    layout, *metrics = _lines[key][1]
    return copy(layout), *metrics  # a copy: each line is stretched for itself


def _enough(text: str, style: Any, max_width: float | None) -> str:
    """A beginning of *text* that is longer than its first line and can be broken after it."""
    if not max_width or not style["font_size"] or max_width > WIDEST_LINE:
        return text
    start = text[: int(max_width / style["font_size"] * 1.5) + 8]
    return start if _ENDS_HAN.search(start) else text


def set_text(self: Any, text: str, justify: bool = False) -> None:
    if "\n" not in text:
        pango.pango_layout_set_single_paragraph_mode(self.layout, True)  # as for drawing: later it would shape again
    _stock_set_text(self, text, justify)


def deactivate(self: Any) -> None:
    """Layouts stay as they are from layout to drawing."""


def reactivate(self: Any, style: Any) -> None:
    """The copies of a remembered line share their glyphs: the first that is drawn may stretch them, the others not."""
    drawn = getattr(self, "drawn", None)
    if drawn is None or drawn or self.justification_spacing:
        _stock_reactivate(self, style)
    else:
        drawn.append(self)


def block_box_layout(context: Any, box: Any, bottom_space: float, *rest: Any, **named: Any) -> Any:
    if bottom_space == inf:  # ``columns_layout`` alone asks so, for the height of what comes next
        return box.copy_with_children([]), None, None, [], False, None
    return _stock_block_box_layout(context, box, bottom_space, *rest, **named)
