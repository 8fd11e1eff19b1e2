"""Embeds only those tables of a font that PDFs use, with the same bytes each time.

Installed by ``justification``, for the supported version only.
"""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from fontTools.ttLib import TTFont
from fontTools.ttLib.sfnt import SFNTReader, SFNTWriter
from weasyprint.pdf import fonts

TABLES = ("head", "hhea", "maxp", "cvt ", "fpgm", "prep", "hmtx", "loca", "glyf")
"""The tables of a TrueType font that is embedded as a CIDFont (ISO 32000-1 9.9). PDF readers find its glyphs by number,
so they need no ``cmap``. Names and metrics for operating systems (``name``, ``post``, ``OS/2``) are not used either.
"""
TRUETYPE = b"\0\1\0\0"

_stock_clean = fonts.Font.clean


def install() -> None:
    """Patches WeasyPrint. fontTools writes the current time into emoji and variable fonts, unless told otherwise."""
    fonts.Font.clean = clean
    fonts.TTFont = partial(TTFont, recalcTimestamp=False)


def clean(self: Any, *options: Any) -> None:
    _stock_clean(self, *options)
    self.file_content = with_needed_tables(self.file_content)


def with_needed_tables(font: bytes) -> bytes:
    """The TrueType *font* with only TABLES; fonts of other formats are returned unchanged."""
    if not font.startswith(TRUETYPE):
        return font
    reader, target = SFNTReader(io.BytesIO(font)), io.BytesIO()
    tags = [tag for tag in TABLES if tag in reader]
    writer = SFNTWriter(target, len(tags))
    for tag in tags:
        writer[tag] = reader[tag]
    writer.close()
    return target.getvalue()
