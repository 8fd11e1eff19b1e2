"""Embeds of a font only the tables that a PDF uses. Installed by ``justification``, for the supported version only."""

from __future__ import annotations

import io
from typing import Any

from fontTools.ttLib.sfnt import SFNTReader, SFNTWriter
from weasyprint.pdf import fonts

TABLES = ("head", "hhea", "maxp", "cvt ", "fpgm", "prep", "hmtx", "loca", "glyf")
"""ISO 32000-1 9.9: what a TrueType font that is embedded as a CIDFont contains. PDF readers find its glyphs by number,
so they read no ``cmap``; names and metrics for operating systems (``name``, ``post``, ``OS/2``) are not used either.
"""
TRUETYPE = b"\0\1\0\0"

_stock_clean = fonts.Font.clean


def install() -> None:
    fonts.Font.clean = clean


def clean(self: Any, *options: Any) -> None:
    _stock_clean(self, *options)
    self.file_content = with_needed_tables(self.file_content)


def with_needed_tables(font: bytes) -> bytes:
    """A TrueType font without the other tables; one of another kind is not changed."""
    if not font.startswith(TRUETYPE):
        return font
    reader, target = SFNTReader(io.BytesIO(font)), io.BytesIO()
    kept = [tag for tag in TABLES if tag in reader]
    writer = SFNTWriter(target, len(kept))
    for tag in kept:
        writer[tag] = reader[tag]
    writer.close()
    return target.getvalue()
