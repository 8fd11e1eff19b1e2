"""Character classes, with the only definition of a Han character. All other code imports it from here.

Source: The Unicode Standard, Blocks.txt and Scripts.txt (``Script=Han``), without radicals and enumeration marks.
"""

from __future__ import annotations

import unicodedata

from ..patterns import lazy_pattern

_BLOCKS = (
    (0x3400, 0x4DBF),  # Extension A
    (0x4E00, 0x9FFF),  # CJK Unified Ideographs
    (0x20000, 0x2A6DF),  # Extension B
    (0x2A700, 0x2EE5D),  # Extensions C, D, E, F, I are adjacent
    (0x30000, 0x3347F),  # Extensions G, H, J
)
_COMPATIBILITY_BLOCKS = ((0xF900, 0xFAFF), (0x2F800, 0x2FA1F))
_ITERATION, _ZERO = 0x3005, 0x3007


def _class(*ranges: tuple[int, int]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


COMPATIBILITY = _class(*_COMPATIBILITY_BLOCKS)
"""CJK compatibility ideographs. NFC would replace them, although a person's name may contain one."""

HAN = chr(_ITERATION) + chr(_ZERO) + _class(*_BLOCKS, *_COMPATIBILITY_BLOCKS)
"""The Han characters as the content of a character class in a regular expression: all blocks up to Extension J, 々, 〇.
"""

UNIFIED = _class(*_BLOCKS)
"""The Han characters that no normalization form changes."""

VARIATION = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Variation selectors: they follow a character and select one of its forms (Unicode 23.4)."""

WIDE_MARKS = "，。；：？！、（）《》〈〉「」『』【】〔〕～"

_IS_HAN = lazy_pattern(f"[{HAN}]")
_IS_VARIATION = lazy_pattern(f"[{VARIATION}]")
_COMPATIBILITY_RUN = lazy_pattern(f"([{COMPATIBILITY}]+)")


def is_han(character: str) -> bool:
    """Whether *character*, a single character, is a Han character."""
    return _IS_HAN.fullmatch(character) is not None


def has_han(text: str) -> bool:
    """Whether *text* contains a Han character."""
    return _IS_HAN.search(text) is not None


def compose(text: str) -> str:
    """*text* in NFC, except for compatibility ideographs, which are unchanged."""
    if unicodedata.is_normalized("NFC", text):
        return text
    parts = _COMPATIBILITY_RUN.split(text)
    return "".join(part if number % 2 else unicodedata.normalize("NFC", part) for number, part in enumerate(parts))


class _Kinds(dict[str, str]):
    """The cached classes of characters: H Han and CJK punctuation, D digit, L letter of an alphabet, S white space,
    E empty text, O other."""

    def __missing__(self, character: str) -> str:
        self[character] = found = _kind(character)
        return found


def _kind(character: str) -> str:
    if not character:
        return "E"
    if character in WIDE_MARKS or is_han(character) or _IS_VARIATION.fullmatch(character):
        return "H"
    if character.isspace():
        return "S"
    if character.isascii() and character.isdigit():
        return "D"
    return "L" if unicodedata.category(character)[0] == "L" or character == "_" else "O"


KINDS = _Kinds()
"""The class of each character, computed at the first access: ``KINDS["雨"]`` is ``H``."""


def kind(character: str) -> str:
    """The class of *character*, see ``_Kinds``; ``E`` for an empty text."""
    return KINDS[character]
