"""Patches of WeasyPrint 70: equal styles and used values are computed once.

elements   WeasyPrint shares the style of similar elements, but not if they have the attribute ``lang`` or
           ``style``, nor below such an element. Equal attributes are parsed once, so that styles are shared.
pages      Each page has twenty styles of its own, for itself and its margins. Pages of the same kind share them.
lengths    Eighteen lengths (margins, padding, borders, widths, heights) are resolved each time a box is laid out,
           and a text for each of its lines. They depend only on the style and the size of the containing block.
bare       Most boxes have no background, round corners or shadow. Each style is examined once.
flow       Whether a box is in normal flow is asked fifteen times for each box, with five functions each.
names      Before each block the names of its page and of the following one are compared through all descendants.
           Our style sheets name no page, and articles cannot.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

from weasyprint import css
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure import boxes
from weasyprint.layout import background, block, page, percent

_SIDES = ("top", "right", "bottom", "left")
_COMPUTED = (
    *(f"margin_{side}" for side in _SIDES),
    *(f"padding_{side}" for side in _SIDES),
    *("width", "min_width", "max_width", "height", "min_height", "max_height"),
)
_LENGTHS = (*_COMPUTED, *(f"border_{side}_width" for side in _SIDES))
_CORNERS = tuple(f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left"))
_BARE = dict.fromkeys(_CORNERS, (0, 0)) | {"background": None}
_IN_FLOW = frozenset(("static", "relative"))
_stock_find_style_attributes = css.find_style_attributes
_stock_set_page_styles = page.set_page_type_computed_styles
_stock_page_name, _stock_is_in_normal_flow = block.block_level_page_name, boxes.Box.is_in_normal_flow
_stock_backgrounds = background.layout_box_backgrounds
_stock_resolve_percentages = percent.resolve_percentages


def install() -> None:
    css.find_style_attributes = find_style_attributes
    page.set_page_type_computed_styles = set_page_styles
    boxes.Box.is_in_normal_flow = is_in_normal_flow
    background.layout_box_backgrounds = layout_box_backgrounds
    block.block_level_page_name = lambda *_: None
    for name, module in list(sys.modules.items()):
        if name.startswith("weasyprint.") and hasattr(module, "resolve_percentages"):
            vars(module)["resolve_percentages"] = resolve_percentages


def find_style_attributes(*arguments: Any) -> Iterator[tuple[Any, ...]]:
    """(specificity, element, declarations, base URL) of each attribute. Equal declarations are the same object.

    Elements with several such attributes are left alone: WeasyPrint compares the last one only.
    """
    known: dict[tuple[Any, ...], Any] = {}
    for element, group in groupby(_stock_find_style_attributes(*arguments), itemgetter(1)):
        found = list(group)
        if len(found) == 1:
            specificity, _, declarations, base_url = found[0]
            key = specificity, base_url, css.tinycss2.serialize(declarations)
            found = [(specificity, element, known.setdefault(key, declarations), base_url)]
        yield from found


def set_page_styles(page_type: Any, html: Any, style_for: Any) -> None:
    """Sets the styles of a page and its margins. The first page differs from others, and right ones from left ones."""
    kind = page_type.side, page_type.blank, page_type.name, page_type.index == 0, _counts_pages(style_for)
    kinds = vars(style_for).setdefault("page_kinds", {})
    styles = style_for.get_computed_styles()
    if kind not in kinds or kind[-1]:
        _stock_set_page_styles(page_type, html, style_for)
        pseudo_types = (pseudo for element, pseudo in style_for.get_cascaded_styles() if element == page_type)
        kinds[kind] = {pseudo: styles[page_type, pseudo] for pseudo in (None, *pseudo_types)}
    styles.update({(page_type, pseudo): style for pseudo, style in kinds[kind].items()})


def _counts_pages(style_for: Any) -> bool:
    """Whether a style sheet has rules for pages of a certain number, ``@page :nth(2)``."""
    rules = (rule for sheet, _, _ in style_for._sheets for rule in sheet.page_rules)
    return any(selector[2].index is not None for _, selectors, _ in rules for selector in selectors)


def resolve_percentages(box: Any, containing_block: Any) -> None:
    """Sets the used values of *box*. *containing_block* is a box or its (width, height)."""
    style = box.style
    if not isinstance(box, boxes.Box) or box.is_flex_item or box.is_grid_item or style["border_collapse"] == "collapse":
        _stock_resolve_percentages(box, containing_block)  # their style or borders may change during layout
        return
    known = vars(style).setdefault("used_values", {})
    if (values := known.get(None)) is not None:
        vars(box).update(values)
        return
    is_page = isinstance(box, boxes.PageBox)
    if isinstance(containing_block, boxes.Box):
        key = containing_block.width, containing_block.height, is_page
    else:
        key = (*containing_block, is_page)
    values = known.get(key)
    if values is None:
        _stock_resolve_percentages(box, containing_block)
        found = vars(box)
        known[None if _is_absolute(style) else key] = {name: found[name] for name in _LENGTHS}
    else:
        vars(box).update(values)


def _is_absolute(style: Any) -> bool:
    """Whether all lengths are independent of the containing block: automatic or in pixels, not percentages."""
    return all(value == "auto" or getattr(value, "unit", None) == "px" for value in map(style.__getitem__, _COMPUTED))


def layout_box_backgrounds(sheet: Any, box: Any, get_image: Any, *options: Any, **named: Any) -> None:
    """Sets the background and the round corners of *box* and of the boxes in it."""
    is_plain = isinstance(box, boxes.Box) and box is not sheet  # not a placeholder of a positioned box
    if not is_plain or options or named or not _is_bare(box.style):
        _stock_backgrounds(sheet, box, get_image, *options, **named)
        return
    for child in box.all_children():
        layout_box_backgrounds(sheet, child, get_image)
    vars(box).update(_BARE)


def _is_bare(style: Any) -> bool:
    bare: bool | None = vars(style).get("is_bare")
    if bare is None:
        bare = style.is_bare = (
            style["border_image_source"][0] == style["mask_border_source"][0] == "none"
            and style["visibility"] != "hidden"
            and all(kind == "none" for kind, _ in style["background_image"])
            and not style["box_shadow"]
            and get_color(style, "background_color").alpha == 0
            and all((0, "px") in style[corner] for corner in _CORNERS)
        )
    return bare


@contextmanager
def changed(style: Any, name: str, value: Any) -> Iterator[None]:
    """Changes a property for a while, with all used values."""
    stock, style[name] = style[name], value
    vars(style).pop("used_values", None)
    try:
        yield
    finally:
        style[name] = stock
        vars(style).pop("used_values", None)


def is_in_normal_flow(self: Any) -> bool:
    """Whether the box neither floats nor is positioned. Running elements and notes have a tuple as position."""
    style = self.style
    return style["float"] == "none" and style["position"] in _IN_FLOW
