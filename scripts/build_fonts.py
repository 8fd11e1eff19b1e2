"""Builds the fonts of exports from the packages pinned in scripts/requirements-fonts.txt.

    python scripts/build_fonts.py          the extension fonts (rare and traditional characters), if missing
    python scripts/build_fonts.py --core   rebuilds the committed fonts and their SHA256SUMS

Why custom builds: WeasyPrint keeps glyph ids when it subsets, so a font of 65,000 glyphs costs 100 KB and 100 ms in
every PDF; CID-keyed CFF with a foreign charset renders as blank pages in MuPDF; variable fonts take seconds. Static
TrueType outlines of the characters in Chinese news have none of these problems.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import uharfbuzz as hb
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

FONTS = Path(__file__).resolve().parent.parent / "reader" / "exports" / "fonts"
NOTO = files("pylopdf_fonts_zh_cn")
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
"""From Debian's fonts-dejavu-core, a dependency of Pango."""

CURVE_ERROR = 2.0
"""In thousandths of an em: invisible, and a tenth smaller than with 1."""

BOX_WIDTH = 475
"""In thousandths of an em: the width of an average letter, which Pango leaves for a character that no font has."""

EPOCH = 3_600_000_000
"""``head.modified`` of every font (2018, in seconds since 1904), so that builds are reproducible."""

CHINESE_FEATURES = ("halt", "chws", "kern", "locl", "ccmp", "liga", "palt", "pwid", "calt", "mark")
UNUSED_TABLES = ("vmtx", "vhea", "VORG", "DSIG", "BASE", "STAT", "gasp", "FFTM", "kern")


@dataclass(frozen=True)
class Face:
    file: str
    family: str
    source: Path
    characters: frozenset[int]
    features: tuple[str, ...] = ()


def gb2312() -> frozenset[int]:
    """Every character of GB 2312: 6,763 hanzi, kana, bopomofo, Greek, Cyrillic, signs."""
    pairs = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return frozenset(ord(c) for pair in pairs if (c := pair.decode("gb2312", "ignore")))


def spans(*pairs: tuple[int, int]) -> frozenset[int]:
    """The code points of each range, both ends included."""
    return frozenset(c for first, last in pairs for c in range(first, last + 1))


CORE = gb2312() | spans(
    *((0x20, 0x7E), (0xA0, 0x17F), (0x1CD, 0x1DC), (0x2000, 0x206F), (0x2103, 0x2103), (0x2116, 0x2122)),
    *((0x20AC, 0x20AC), (0x2150, 0x216B), (0x2190, 0x2199), (0x2460, 0x2473), (0x25A0, 0x25CF), (0x2605, 0x2606)),
    *((0x3000, 0x303F), (0xFF00, 0xFFEF)),
)
SPACES = spans((0x20, 0x20), (0xA0, 0xA0), (0x2000, 0x200B), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))
"""In every font: Pango sets a space in the font of the character before it, and draws a box where that has none."""
MONO = spans((0x20, 0x7E), (0xA0, 0x17F), (0x2010, 0x2027), (0x2190, 0x2193), (0x2500, 0x257F))
WORLD = spans((0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x52F), (0x590, 0x6FF), (0x750, 0x77F), (0x1E00, 0x1FFF))
WORLD |= spans((0x2000, 0x2BFF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF), (0x1F600, 0x1F64F))
"""Hebrew, Arabic, Greek, Cyrillic, phonetics and signs: set in DejaVu, the last fallback."""


def characters_of(path: Path) -> frozenset[int]:
    return frozenset(TTFont(path).getBestCmap())


def core_faces() -> list[Face]:
    return [
        Face("serif.ttf", "Reader Serif", Path(str(NOTO / "NotoSerifSC-Regular.otf")), CORE, CHINESE_FEATURES),
        Face("sans.ttf", "Reader Sans", Path(str(NOTO / "NotoSansSC-Regular.otf")), CORE, CHINESE_FEATURES),
        Face("mono.ttf", "Reader Mono", DEJAVU / "DejaVuSansMono.ttf", MONO),
        Face("world.ttf", "Reader World", DEJAVU / "DejaVuSans.ttf", WORLD),
    ]


def extension_faces() -> list[Face]:
    """The characters of Noto outside the core: traditional and rare characters, CJK extensions A to G."""
    return [
        Face(
            f"{name.lower()}-ext.ttf",
            f"Reader {name} Ext",
            source := Path(str(NOTO / f"Noto{name}SC-Regular.otf")),
            characters_of(source) - CORE | SPACES,
            CHINESE_FEATURES,
        )
        for name in ("Serif", "Sans")
    ]


def subset(face: Face) -> bytes:
    wanted = hb.SubsetInput()
    wanted.sets(hb.SubsetInputSets.UNICODE).set(set(face.characters))
    wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(map(tag, UNUSED_TABLES))
    if face.features:
        wanted.sets(hb.SubsetInputSets.LAYOUT_FEATURE_TAG).set(set(map(tag, face.features)))
    return bytes(hb.subset(hb.Face(hb.Blob.from_file_path(str(face.source)), 0), wanted).blob.data)


def tag(name: str) -> int:
    return int.from_bytes(name.encode(), "big")


def to_truetype(font: TTFont, shapes: hb.Font) -> None:
    """Replaces cubic CFF outlines with quadratic glyf ones."""
    order = font.getGlyphOrder()
    glyphs = {name: truetype_glyph(shapes, glyph_id) for glyph_id, name in enumerate(order)}
    glyphs[".notdef"] = box()
    font["hmtx"][".notdef"] = (BOX_WIDTH, 0)
    font["loca"] = newTable("loca")
    outlines = font["glyf"] = newTable("glyf")
    outlines.glyphOrder, outlines.glyphs = order, glyphs
    del font["CFF "]
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    limits.maxZones = 1
    for name in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
        setattr(limits, f"max{name}", 0)
    limits.maxSizeOfInstructions = limits.maxComponentElements = 0
    for name in order:
        glyphs[name].recalcBounds(outlines)
        font["hmtx"][name] = (font["hmtx"][name][0], getattr(glyphs[name], "xMin", 0))
    font.sfntVersion = "\0\1\0\0"


def truetype_glyph(shapes: hb.Font, glyph_id: int) -> Any:
    pen = TTGlyphPen(None)
    shapes.draw_glyph_with_pen(glyph_id, Cu2QuPen(pen, CURVE_ERROR, reverse_direction=True))
    return pen.glyph(dropImpliedOnCurves=True)


def box() -> Any:
    """The sign for a character that no font has: as wide as the room that Pango leaves for it, half an em."""
    pen = TTGlyphPen(None)
    for left, right, bottom, top, is_hole in (
        (30, BOX_WIDTH - 30, -90, 850, False),
        (70, BOX_WIDTH - 70, -50, 810, True),
    ):
        corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
        first, *rest = reversed(corners) if is_hole else corners
        pen.moveTo(first)
        for corner in rest:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def rename(font: TTFont, family: str) -> None:
    """Sets a private family name, which cannot conflict with an installed font. Keeps copyright and licence."""
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in (0, 13, 14)]
    for name_id, text in ((1, family), (2, "Regular"), (3, family), (4, family), (6, family.replace(" ", ""))):
        names.setName(text, name_id, 3, 1, 0x409)
    post = font["post"]
    post.formatType, post.extraNames, post.mapping = 3.0, [], {}


def build(face: Face) -> bytes:
    data = subset(face)
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    if "CFF " in font:
        to_truetype(font, hb.Font(hb.Face(data)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, face.file)
        font.save(path)
        if face.features:
            add_contextual_spacing(path)
        font = TTFont(path, recalcTimestamp=False)
        rename(font, face.family)
        font["head"].created = font["head"].modified = EPOCH
        font.save(path)
        return path.read_bytes()


def add_contextual_spacing(path: Path) -> None:
    """Adds the ``chws`` feature: adjacent full-width punctuation marks share their blank halves (CLREQ 3.1.6)."""
    from chws_tool import add_chws

    logging.disable(logging.WARNING)
    if written := add_chws(path, path.with_stem(path.stem + "-chws")):
        Path(written).replace(path)


def write(face: Face) -> Path:
    data = build(face)
    temporary = FONTS / f".{face.file}.{os.getpid()}"
    temporary.write_bytes(data)
    return temporary.replace(FONTS / face.file)


def write_all(faces: Iterable[Face]) -> None:
    with ProcessPoolExecutor() as pool:
        for path in pool.map(write, faces):
            print(f"{path.name}  {path.stat().st_size:,} bytes")


def write_sums() -> None:
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in map(FONTS.joinpath, core_names())]
    (FONTS / "SHA256SUMS").write_text("".join(lines))


def core_names() -> list[str]:
    return [face.file for face in core_faces()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", action="store_true", help="build the committed faces anew")
    if parser.parse_args().core:
        write_all(core_faces())
        write_sums()
        return 0
    missing = [face for face in extension_faces() if not (FONTS / face.file).exists()]
    if missing and shutil.disk_usage(FONTS).free < 100_000_000:
        print("build_fonts: less than 100 MB of disk left, extension faces not built", file=sys.stderr)
        return 1
    write_all(missing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
