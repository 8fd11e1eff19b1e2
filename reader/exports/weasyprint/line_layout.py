"""Patch of WeasyPrint 70: a shorter way to lay out lines of plain text.

Most lines of an article are part of one text without inline elements. WeasyPrint handles them with code for nested
inline boxes, floats and vertical alignment. The result here is the same to the last bit.
"""

from __future__ import annotations

from typing import Any

from weasyprint.formatting_structure import boxes
from weasyprint.layout import inline

from .shared_styles import resolve_percentages

_EPSILON = 1 + 1e-9
"""The tolerance of ``inline.split_inline_box``."""
_stock_next_line = inline.get_next_linebox


def install() -> None:
    inline.get_next_linebox = get_next_linebox


def get_next_linebox(
    context: Any,
    paragraph: Any,
    position_y: float,
    bottom_space: float,
    skip_stack: Any,
    containing_block: Any,
    absolute_boxes: Any,
    fixed_boxes: Any,
    first_letter_style: Any,
    first_line_style: Any,
) -> Any:
    """The next line of *paragraph*, and where the following one resumes: ``{0: {byte: None}}``, or None at the end."""
    if not (first_letter_style or first_line_style or context.excluded_shapes) and _is_plain(paragraph):
        line = _plain_line(context, paragraph, position_y, skip_stack, containing_block)
        if line is not None:
            return line
    return _stock_next_line(
        context, paragraph, position_y, bottom_space, skip_stack, containing_block,
        absolute_boxes, fixed_boxes, first_letter_style, first_line_style,
    )  # fmt: skip


def _is_plain(paragraph: Any) -> bool:
    """Whether the paragraph is a single text, set from left to right."""
    children = paragraph.children
    if len(children) != 1 or type(children[0]) is not boxes.TextBox:
        return False
    plain: bool | None = vars(paragraph).get("is_plain")
    if plain is None:
        plain = paragraph.is_plain = _has_plain_style(paragraph) and _has_plain_style(children[0])
    return plain


def _has_plain_style(box: Any) -> bool:
    style = box.style
    return bool(
        style["direction"] == "ltr"
        and style["white_space"] == "normal"
        and style["position"] == "static"
        and style["float"] == "none"
        and style["vertical_align"] == "baseline"
        and style["font_size"]
        and not box.is_leader
    )


def _plain_line(context: Any, paragraph: Any, position_y: float, skip_stack: Any, block: Any) -> Any:
    """A line and where the next one resumes; None for a line without text."""
    [text] = paragraph.children
    skip = inline.skip_first_whitespace(paragraph, skip_stack)
    if skip == "continue":
        return None, None
    start = next(iter(skip[0])) if skip else 0
    left = block.content_box_x()
    text.position_y = paragraph.position_y = position_y
    text.position_x = left + paragraph.text_indent
    resolve_percentages(text, block)
    width = left + block.width - left  # as ``float.avoid_collisions`` rounds it
    most_x = (left + width) * _EPSILON
    part, resume, is_preserved = inline.split_text_box(context, text, most_x - text.position_x, start)
    if part is None:
        return None
    paragraph.width = paragraph.height = 0
    paragraph.position_x = left
    line = paragraph.copy_with_children([part])
    line.remove_decoration(start=skip is None, end=resume is None)
    line.width = part.position_x + part.margin_width() - line.content_box_x()
    inline._adjust_line_height(line)
    paragraph.width, paragraph.height = line.width, line.height
    if part.text[-1] == " ":
        inline.remove_last_whitespace(context, line)
    shift = inline.text_align(context, line, width, last=resume is None or is_preserved)
    _align_baselines(line, part)
    line.translate(shift, position_y - line.position_y)
    line.position_y = position_y
    return line, None if resume is None else {0: {resume: None}}


def _align_baselines(line: Any, part: Any) -> None:
    """Sets position and height of the line, as if the baseline were at 0 (``inline.line_box_verticality``)."""
    top = part.position_y = 0 - part.baseline
    bottom = top + part.margin_height()
    own_top = 0 - line.baseline
    own_bottom = own_top + line.margin_height()
    top, bottom = min(top, own_top), max(bottom, own_bottom)
    line.baseline = -top
    line.position_y = top
    line.height = bottom - top
    line.margin_top = line.margin_bottom = 0
