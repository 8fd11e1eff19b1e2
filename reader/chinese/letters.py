"""What kind of character a character is."""

from __future__ import annotations

import unicodedata

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""The Han characters as the inside of a regular expression's class (Unicode blocks, and 〇)."""

WIDE_MARKS = "，。；：？！、（）《》〈〉「」『』【】〔〕～"


def is_han(character: str) -> bool:
    return kind(character) == "H" and character not in WIDE_MARKS


class _Kinds(dict[str, str]):
    """H Han or a mark that stands among Han, D digit, L letter of an alphabet, S white space, E nothing, O other."""

    def __missing__(self, character: str) -> str:
        self[character] = found = _kind(character)
        return found


def _kind(character: str) -> str:
    if not character:
        return "E"
    code = ord(character)
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x323AF:
        return "H"
    if character in WIDE_MARKS or code in (0x3005, 0x3007):
        return "H"
    if character.isspace():
        return "S"
    if character.isascii() and character.isdigit():
        return "D"
    return "L" if unicodedata.category(character)[0] == "L" or character == "_" else "O"


KINDS = _Kinds()


def kind(character: str) -> str:
    return KINDS[character]
