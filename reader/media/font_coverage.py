"""The characters that fonts have: of the bundled fonts, and of those of the machine, in which PDFs set the others."""

from __future__ import annotations

import gc
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..chinese import is_han
from ..settings import PACKAGE

FONTS = PACKAGE / "exports" / "fonts"
MACHINE_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
"""The folders in ``exports/fonts/fonts.conf``."""

EMOJI_PACKAGE, HANGUL_PACKAGE, OTHER_PACKAGE = "fonts-noto-color-emoji", "fonts-nanum", "fonts-noto-core"
HAN_PACKAGE, RARE_HAN_PACKAGE = "fonts-noto-cjk", "fonts-hanazono"
"""Debian's packages with nearly all characters."""

_FIRST_EMOJI, _FIRST_RARE_HAN = 0x1F000, 0x20000
_INVISIBLE = ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x180E))
"""Variation selectors."""


class FontCoverage:
    """Finds the characters that no font has. The fonts of the machine are read when the first one is looked for.

    Example::

        FontCoverage().missing("今天下雨 \U00013000")  # an Egyptian hieroglyph, unless a font here has it
    """

    def __init__(self) -> None:
        self._shown: set[str] = set()
        self._boxes: set[str] = set()

    def missing(self, text: str) -> list[str]:
        """The characters of *text* that a PDF shows as boxes, in the order of their numbers."""
        found = set(text)
        unknown = found - self._shown - self._boxes
        for character in unknown:
            (self._shown if _is_shown(character) else self._boxes).add(character)
        return sorted(found & self._boxes)


def package_with(character: str) -> str:
    """The package of Debian that probably has *character*."""
    if ord(character) >= _FIRST_EMOJI and unicodedata.category(character) == "So":
        return EMOJI_PACKAGE
    if unicodedata.name(character, "").startswith("HANGUL"):
        return HANGUL_PACKAGE
    if not is_han(character):
        return OTHER_PACKAGE
    return RARE_HAN_PACKAGE if ord(character) >= _FIRST_RARE_HAN else HAN_PACKAGE


def _is_shown(character: str) -> bool:
    code = ord(character)
    if unicodedata.category(character) in _INVISIBLE or any(code in selectors for selectors in _SELECTORS):
        return True
    return code in _bundled() or code in _of_machine()


def machine_font_with(character: str) -> Path | None:
    """A font of the machine that has *character*, a regular one if there are several; None if there is none."""
    return _of_machine().get(ord(character))


@cache
def characters_in(path: Path) -> frozenset[int]:
    """The characters of the font at *path*; empty if there is no such file, or no font in it."""
    return _read_characters(path)


def _read_characters(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError  # here, so that web processes do not import it

    try:
        with path.open("rb") as file, TTFont(file, lazy=True, fontNumber=0) as font:
            return frozenset() if "fvar" in font else frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, KeyError, ValueError, AssertionError, struct.error):
        return frozenset()


@cache
def _bundled() -> frozenset[int]:
    return frozenset().union(*map(characters_in, FONTS.glob("*.ttf")))


@cache
def _of_machine() -> dict[int, Path]:
    """The first font of each character. Reading 300 fonts takes a second."""
    first: dict[int, Path] = {}
    for path in sorted(_machine_fonts(), key=_by_preference, reverse=True):
        first.update(dict.fromkeys(_read_characters(path), path))
    gc.collect()  # of 300 fonts, up to 70 MB
    return first


def _by_preference(path: Path) -> tuple[bool, bool, str]:
    """Sorts emoji first, as in PDFs, then regular fonts: ``NotoSansThai-Regular``, ``DejaVuSans``."""
    return "Emoji" not in path.stem, "-" in path.stem and not path.stem.endswith("-Regular"), str(path)


def _machine_fonts() -> Iterator[Path]:
    for folder in MACHINE_FOLDERS:
        for pattern in ("*.ttf", "*.otf", "*.ttc", "*.otc"):
            yield from folder.rglob(pattern)
