"""Fills the gap that WeasyPrint leaves above a picture that does not fit at the end of a page or column.

    smaller      The picture is reduced until it fits, but not below SMALLEST of its size.
    text first   Otherwise up to MOST_MOVED paragraphs below the picture are moved before it.

Installed by ``justification``, for the supported version only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from weasyprint.css.properties import Dimension
from weasyprint.formatting_structure import boxes
from weasyprint.layout import block

from . import shared_styles

SMALLEST = 0.6
MOST_MOVED = 3
LEAST_TEXT = 40
"""The minimum number of characters of a moved paragraph. A shorter one below a picture may describe the picture."""

_stock_layout = block.block_level_layout


def install() -> None:
    """Patches WeasyPrint."""
    block.block_level_layout = block_level_layout


def block_level_layout(
    context: Any,
    box: Any,
    bottom_space: float,
    skip_stack: Any,
    containing_block: Any,
    page_is_empty: bool = True,
    absolute_boxes: Any = None,
    fixed_boxes: Any = None,
    adjoining_margins: Any = None,
    *rest: Any,
    **named: Any,
) -> Any:
    position = box.position_x, box.position_y

    def lay_out(bottom_space: float = bottom_space) -> Any:
        box.position_x, box.position_y = position
        margins = list(adjoining_margins or ())
        return _stock_layout(context, box, bottom_space, skip_stack, containing_block, page_is_empty,
                             absolute_boxes, fixed_boxes, margins, *rest, **named)  # fmt: skip

    def undo(result: Any) -> None:
        block.remove_placeholders(context, [result[0]] if result[0] else [], absolute_boxes, fixed_boxes)

    result = lay_out()
    if box.element_tag == "figure" and result[0] is None and not page_is_empty and not _is_balancing(context):
        return _smaller(box, lay_out, undo, context.page_bottom - bottom_space) or result
    if box.element_tag == "article":
        return _text_first(box, partial(_first, skip_stack), lay_out, undo, result)
    return result


def _is_balancing(context: Any) -> bool:
    """Whether this is a trial layout of balanced columns."""
    return getattr(context, "balances", False)


def _smaller(figure: Any, lay_out: Callable[..., Any], undo: Callable[[Any], None], bottom: float) -> Any:
    """The layout of *figure* with its picture reduced to fit above *bottom*; None if that is below SMALLEST."""
    pictures = _pictures(figure)
    whole = lay_out(-inf)
    undo(whole)
    drawn = _pictures(whole[0]) if whole[0] else []
    if len(pictures) != 1 or len(drawn) != 1:
        return None
    too_high = whole[0].border_box_y() + whole[0].border_height() - bottom
    fitting = drawn[0].height - too_high - 1  # a pixel for rounding
    if fitting < SMALLEST * drawn[0].height:
        return None
    with shared_styles.changed(pictures[0].style, "max_height", Dimension(fitting, "px")):
        result = lay_out()
    return result if result[0] else None


def _pictures(box: Any) -> list[Any]:
    return [part for part in box.descendants() if isinstance(part, boxes.ReplacedBox)]


def _text_first(
    article: Any,
    first: Callable[[Any], tuple[int, bool] | None],
    lay_out: Callable[[], Any],
    undo: Callable[[Any], None],
    result: Any,
) -> Any:
    """The layout of *article* with paragraphs moved before a picture that did not fit, as long as they fit."""
    for _ in range(MOST_MOVED):
        index = _picture_to_move(article, first(result))
        if index is None:
            break
        _swap(article, index)
        undo(result)
        result = lay_out()
        if (reached := first(result)) is not None and reached <= (index, False):
            _swap(article, index)
            undo(result)
            return lay_out()
    return result


def _first(skip_stack: Any, result: Any) -> tuple[int, bool] | None:
    """The index of the child with which the next page begins, and whether its beginning is on this page.

    None if the box ends on this page.
    """
    resume_at = result[1] if result[0] else skip_stack or {0: None}
    if resume_at is None:
        return None
    [(index, inner)] = resume_at.items()
    return index, inner is not None


def _picture_to_move(article: Any, first: tuple[int, bool] | None) -> int | None:
    """The index of the picture with which the next page begins, perhaps after headings, if a paragraph follows it.

    None if there is no such picture.
    """
    if first is None or first[1]:
        return None
    children, index = article.children, first[0]
    while index < len(children) - 1 and children[index].style["break_after"] == "avoid":
        index += 1
    pair = children[index : index + 2]
    is_movable = len(pair) == 2 and pair[0].element_tag == "figure" and _pictures(pair[0]) and _is_text(pair[1])
    return index if is_movable else None


def _is_text(box: Any) -> bool:
    plain = box.element_tag == "p" and not box.element.get("class") and box.style["break_before"] == "auto"
    return plain and len("".join(box.element.itertext())) >= LEAST_TEXT


def _swap(article: Any, index: int) -> None:
    children = list(article.children)
    children[index : index + 2] = children[index + 1], children[index]
    article.children = children
