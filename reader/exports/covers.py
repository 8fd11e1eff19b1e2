"""The cover the server draws: where it is from, title and date. As SVG: half a kilobyte, sharp on any screen."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT = 600, 800
MARGIN = 54
TITLE_TOP, TITLE_HEIGHT = 200, 440
LEADING = 1.35
SIZES = (64, 56, 48, 42, 36, 30)
LATIN_EM = 0.56
"""The mean width of a Latin letter, in a reader's font we don't know."""

CLOSING, OPENING = "，。、；：？！”’）》〉」』】 ", "“‘（《〈「『【"


@dataclass(frozen=True)
class Cover:
    """``lines`` are the title's, each with its baseline; ``size`` is that of its type."""

    above: str
    below: str
    size: int
    lines: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    margin: int = MARGIN


def cover_of(title: str, above: str, below: str) -> Cover:
    """The title gets the largest size at which it fits; at the smallest its end is cut."""
    for size in SIZES:
        lines = wrapped(title, (WIDTH - 2 * MARGIN) / size)
        if len(lines) * size * LEADING <= TITLE_HEIGHT:
            break
    fitting = lines[: int(TITLE_HEIGHT / size / LEADING)]
    placed = [(TITLE_TOP + size * LEADING * n, line) for n, line in enumerate(fitting, 1)]
    return Cover(above, below, size, placed)


def wrapped(text: str, ems: float) -> list[str]:
    """Lines at most *ems* wide: broken between words, or anywhere in Chinese but at the wrong side of a mark."""
    lines, line = [], ""
    for piece in pieces(text):
        if line and width(line + piece.rstrip()) > ems:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def pieces(text: str) -> list[str]:
    """What a line may not break: words with the space after them, Chinese characters with the marks they carry."""
    found: list[str] = []
    for char in text:
        if found and (char in CLOSING or found[-1] in OPENING or (char.isascii() and _open_word(found[-1]))):
            found[-1] += char
        else:
            found.append(char)
    return found


def _open_word(piece: str) -> bool:
    return piece.isascii() and not piece.endswith(" ")


def width(text: str) -> float:
    """In ems, roughly."""
    return sum(LATIN_EM if ord(char) < 0x2000 else 1.0 for char in text)
