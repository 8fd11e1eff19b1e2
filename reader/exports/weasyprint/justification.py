"""Patches WeasyPrint 70 for Chinese typography and PDF/UA.

``layout_cache`` has the patches for speed, ``embedded_fonts`` the patch for file size, ``picture_gaps`` the patch for
gaps above pictures.

    justification   WeasyPrint stretches only spaces, which leaves nine of ten Chinese lines ragged. CSS Text 3, 7.3
                    requires inter-character justification: gaps between characters fill the line (CLREQ 3.2.1).
    line edges      An opening mark at the start and a closing mark at the end of a line lose their blank half
                    (CLREQ 3.1.6.2), so that both margins are straight.
    autospace       0.095 em between Han and Latin (CLREQ 3.2.2), as spacing on a U+200B that ``pdf_rendering`` inserts.
                    PDF readers treat 0.1 em or more as a space; a search for 全县16个 would fail.
    apostrophes     ’ between Latin letters is narrow. The font's default glyph is a full-width quotation mark.
    artifacts       Running heads and page numbers are pagination artifacts (ISO 14289-1 7.8;
                    github.com/Kozea/WeasyPrint/issues/1836: remove when it is closed).

With any version other than 70.x, ``install`` patches nothing and logs a warning.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pydyf
import weasyprint
from weasyprint import document
from weasyprint.formatting_structure import boxes
from weasyprint.layout import inline
from weasyprint.pdf import stream as pdf_stream
from weasyprint.pdf import tags
from weasyprint.text import line_break
from weasyprint.text.ffi import TO_UNITS, ffi, pango

from . import embedded_fonts, layout_cache, line_drawing, line_layout, picture_gaps, shared_styles
from .layout_cache import SQUARE
from .line_drawing import AUTOSPACE_EM, BREAK, Spread

LOG = logging.getLogger(__name__)

SIGNS = "\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’—…·"
LATIN = "A-Za-z0-9\u00c0-\u024f\u0370-\u04ff"
OPENING = frozenset("“‘（《〈「『【〔［｛")
CLOSING = frozenset("”’）》〉」』】〕］｝，。、；：．")
"""Marks with a blank right half in fonts for Simplified Chinese. ？ and ！ have none."""

WIDEST_GAP_EM = 0.35
"""The maximum gap between two characters. A line that needs wider gaps stays ragged."""

_HAN = re.compile(f"[{SQUARE}]")
_CJK = re.compile(f"[{SQUARE}{SIGNS}]")
_SIGN = re.compile(f"[{SIGNS}]")
_SCRIPT_CHANGE = re.compile(f"(?<=[{SQUARE}]){BREAK}(?=[{LATIN}])|(?<=[{LATIN}%]){BREAK}(?=[{SQUARE}])")


_APOSTROPHE = re.compile("(?<=[A-Za-z])’(?=[A-Za-z])")
"""The apostrophe in don’t. It is the same character as the Chinese closing quotation mark, full-width by default."""


def install() -> bool:
    """Patches WeasyPrint once. Returns False for an unsupported version."""
    if not weasyprint.VERSION.startswith("70."):
        LOG.warning("WeasyPrint %s is not 70.x: Chinese lines are not justified", weasyprint.VERSION)
        return False
    if inline.justify_line is not justify_line:
        inline.justify_line, inline.text_align = justify_line, text_align
        shared_styles.install()
        layout_cache.install()
        line_layout.install()
        embedded_fonts.install()
        picture_gaps.install()
        line_break.Layout.set_text = set_text
        line_drawing.install()
        document.Page.paint, pdf_stream.Stream.marked = paint, marked
        tags._build_box_tree = build_box_tree
    return True


_stock_justify_line, _stock_text_align = inline.justify_line, inline.text_align
_stock_paint, _stock_marked = document.Page.paint, pdf_stream.Stream.marked
_stock_build_box_tree = tags._build_box_tree


# Layout: the gaps of each line.


def text_align(context: Any, line: Any, available_width: float, last: bool) -> float:
    offset = float(_stock_text_align(context, line, available_width, last))
    align = line.style["text_align_all"]
    if align == "start" or (last and align == "justify" and line.style["text_align_last"] in ("auto", "start")):
        _trim_start(line)
    return offset


def justify_line(context: Any, line: Any, slack: float) -> None:
    """Justifies a line: distributes *slack*, and the blank halves of the marks at its edges, between characters."""
    texts = list(_text_boxes(line))
    if not _is_chinese(line, texts):
        _stock_justify_line(context, line, slack)
        return
    head, tail = _blank_head(line, texts), _blank_tail(texts)
    gaps = [_gaps(box.text, following) for box, following in zip(texts, _following(texts), strict=True)]
    count = sum(map(len, gaps))
    gap = (slack + head + tail) / count if count else 0.0
    if gap > WIDEST_GAP_EM * texts[0].style["font_size"]:
        gap = 0.0
    first, final = texts[0], texts[-1]
    for box, indexes in zip(texts, gaps, strict=True):
        box.spread = Spread(indexes, gap, head if box is first else 0.0, tail if box is final else 0.0)
    _move_right(line, 0.0)


def _trim_start(line: Any) -> None:
    """Trims an opening mark at the start of an unjustified line, so that the line aligns with justified ones."""
    texts = list(_text_boxes(line))
    if _is_chinese(line, texts) and (head := _blank_head(line, texts)):
        for box in texts:
            box.spread = Spread(frozenset(), 0.0, head if box is texts[0] else 0.0)
        _move_right(line, 0.0)


def _is_chinese(line: Any, texts: list[Any]) -> bool:
    """Whether the line contains Han characters. Quotation marks and dashes do not count: English uses them, too."""
    return line.style["direction"] == "ltr" and any(_HAN.search(box.text) for box in texts)


def _text_boxes(box: Any) -> Iterator[Any]:
    if isinstance(box, boxes.TextBox):
        if box.style["font_size"] and box.text.strip(BREAK):
            yield box
    elif isinstance(box, boxes.LineBox | boxes.InlineBox):
        for child in box.children:
            if child.is_in_normal_flow():
                yield from _text_boxes(child)


def _following(texts: list[Any]) -> list[str]:
    """The first character after each box; empty at the end of the line."""
    return [box.text.lstrip(BREAK)[:1] for box in texts[1:]] + [""]


def _gaps(text: str, following: str) -> frozenset[int]:
    """The indexes of characters after which a gap may be added: beside CJK characters, and at spaces."""
    visible = [index for index, char in enumerate(text) if char != BREAK]
    kinds = [_kind(text[index]) for index in visible]
    after = [*kinds[1:], _kind(following) if following else ""]
    return frozenset(index for index, *pair in zip(visible, kinds, after, strict=True) if _may_part(*pair))


@cache
def _kind(char: str) -> str:
    """What ``_may_part`` needs to know of a character: its class, or the character itself if it has its own rules."""
    if char in "“‘”’—…":
        return char
    if char in " \u00a0":
        return "space"
    if _SIGN.match(char):
        return "sign"
    if _CJK.match(char):
        return "cjk"
    return "letter" if char.isascii() and char.isalpha() else "other"


@cache
def _may_part(kind: str, following: str) -> bool:
    """Whether a gap may be added between characters of these kinds. ``""`` is the end of the line.

    Not within —— and …… (CLREQ 3.1.2); nor between Han and Latin, inside quotation marks and beside apostrophes, where
    PDF readers would detect a space.
    """
    if kind == "space":
        return True
    if following in ("", "space") or kind in ("“", "‘") or following in ("”", "’"):
        return False
    if (kind == following and kind in ("—", "…")) or (kind, following) == ("’", "letter"):
        return False
    signs = ("sign", "”", "’", "—", "…", "“", "‘")
    return kind in signs or following in signs or kind == following == "cjk"


def _blank_head(line: Any, texts: list[Any]) -> float:
    """The width of the blank half of an opening mark at the start of the line; 0 in an indented line."""
    first = texts[0]
    if first.text.lstrip(BREAK)[:1] not in OPENING or first.position_x > line.position_x + 1:
        return 0.0
    return float(first.style["font_size"]) / 2


def _blank_tail(texts: list[Any]) -> float:
    last = texts[-1]
    return float(last.style["font_size"]) / 2 if last.text.rstrip(BREAK + " ")[-1:] in CLOSING else 0.0


def _move_right(box: Any, shift: float) -> float:
    """Moves the box by *shift* and justifies its content. Returns the shift of the following box."""
    if isinstance(box, boxes.TextBox):
        box.position_x += shift
        spread = getattr(box, "spread", None)
        if spread is None:
            return shift
        box.width += spread.added
        box.pango_layout.spread = spread
        return shift + float(spread.added)
    if not isinstance(box, boxes.LineBox | boxes.InlineBox):
        box.translate(shift, 0)
        return shift
    box.position_x += shift
    start = shift
    for child in box.children:
        if child.is_in_normal_flow():
            shift = _move_right(child, shift)
    box.width += shift - start
    return shift


# Drawing: the same gaps, applied to the glyphs.


def set_text(self: Any, text: str, justify: bool = False) -> None:
    """Adds gaps between Han and Latin. Those of an earlier text are removed: one at the end of a line is half a gap."""
    if vars(self).get("has_gaps"):
        layout_cache.reset_attributes(self)
    layout_cache.set_text(self, text, justify)
    changes = list(_SCRIPT_CHANGE.finditer(self.text)) if BREAK in self.text else []
    apostrophes = list(_APOSTROPHE.finditer(self.text)) if "’" in self.text else []
    if not changes and not apostrophes:
        return
    attributes = pango.pango_layout_get_attributes(self.layout)
    if attributes == ffi.NULL:
        attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
    gap = int(AUTOSPACE_EM * self.style["font_size"] * TO_UNITS)
    for match in changes:
        _set_attribute(attributes, pango.pango_attr_letter_spacing_new(gap), self.text, match)
    for match in apostrophes:
        _set_attribute(attributes, pango.pango_attr_font_features_new(b"pwid=1"), self.text, match)
    pango.pango_layout_set_attributes(self.layout, attributes)
    self.has_gaps = True


def _set_attribute(attributes: Any, attribute: Any, text: str, match: re.Match[str]) -> None:
    """Applies the attribute to the matched characters. Pango counts in UTF-8 bytes."""
    start = len(text[: match.start()].encode())
    attribute.start_index, attribute.end_index = start, start + len(match[0].encode())
    pango.pango_attr_list_insert(attributes, attribute)


# PDF/UA: the content of page margins is an artifact.


def paint(self: Any, stream: Any, scale: float = 1) -> None:
    stream.margin_kinds = {
        id(inner): "/Header" if box.at_keyword.startswith("@top") else "/Footer"
        for box in self._page_box.children
        if isinstance(box, boxes.MarginBox)
        for inner in box.descendants()
    }
    _stock_paint(self, stream, scale)


@contextmanager
def marked(self: Any, box: Any, tag: str) -> Iterator[None]:
    kind = getattr(self, "margin_kinds", {}).get(id(box)) if self._tags is not None else None
    if kind is None:
        with _stock_marked(self, box, tag):
            yield
        return
    properties = pydyf.Dictionary({"Type": "/Pagination", "Subtype": kind})
    pydyf.Stream.begin_marked_content(self, "Artifact", properties)
    try:
        yield
    finally:
        pydyf.Stream.end_marked_content(self)


def build_box_tree(box: Any, *rest: Any) -> Iterator[Any]:
    if not isinstance(box, boxes.MarginBox):
        yield from _stock_build_box_tree(box, *rest)
