"""Transforms the body for display: corrects punctuation, adds ids to headings, resolves paths of pictures.

The functions change a list of tokens in place.
"""

from __future__ import annotations

import html
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from ..chinese import apply_corrections, corrections
from ..models import slug_of
from ..sanitizer import INLINES, Token, attributes_of, joined, to_text, tokens
from .figures import to_figures
from .link_normalization import normalize_links
from .media_links import label_media
from .soft_line_breaks import join_lines
from .text_metadata import resolve_within

HEADING_NAME_WIDTH = 24
"""The length of a generated heading id in Latin letters. A Han character counts as two."""
_CODE = frozenset({"code", "pre", "kbd", "samp", "var", "math"})
_ANNOTATIONS = frozenset({"rt", "rp", "sup", "sub"})
"""Tags whose text is not part of the sentence around them."""
_LOOKAHEAD = 100
"""The number of characters of the next block that are read, to detect a quotation mark at its beginning."""
_MASK = "\ufffc"
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")


@dataclass(slots=True)
class Line:
    """The text of one block, with masked code. ``stretches`` are pairs of the index of a token and its position.

    The text is collected in a list: repeated appending to a string takes quadratic time.
    """

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    def add(self, text: str) -> None:
        """Appends *text*."""
        self.pieces.append(text)
        self.length += len(text)


def transform_body(clean: Markup, language: str, folder: PurePosixPath) -> tuple[Markup, list[str]]:
    """Returns the transformed body of an article in *folder*, and the paths of its own pictures.

    *language* is a BCP 47 tag.
    """
    parts = tokens(clean)
    if "\n" in clean:
        join_lines(parts)
    if language.startswith("zh") or ' lang="' in clean:
        _punctuate(parts, language)
    label_media(parts, language)
    _name_headings(parts)
    normalize_links(parts, folder)
    if "<img" not in clean:
        return joined(parts), []
    to_figures(parts, language)
    pictures = _resolve_pictures(parts, folder)
    return joined(parts), pictures


# -- punctuation --------------------------------------------------------------------------------------------------


def _punctuate(parts: list[Token], language: str) -> None:
    """Corrects the text of Chinese blocks in place. A quotation may continue in the next block."""
    for line, following in pairwise([*_lines(parts, language), Line()]):
        changes = corrections(line.text, following.text[:_LOOKAHEAD])
        positions = sorted(changes)
        for index, start in line.stretches if changes else ():
            text = parts[index].text
            mine = positions[bisect_left(positions, start) : bisect_left(positions, start + len(text))]
            parts[index].text = apply_corrections(text, {at: changes[at] for at in mine}, start)


def _lines(parts: list[Token], language: str) -> Iterator[Line]:
    """One Line for each non-empty text between block tags."""
    line = Line()
    open_tags: list[tuple[str, str]] = []
    mode = _mode_of("", "", "", language)
    for index, part in enumerate(parts):
        if part.text:
            _add(line, index, part.text, mode)
            continue
        if part.name not in INLINES or part.name == "br":
            if part.name != "br" and line.length:
                yield line
                line = Line()
            line.add("\n" if line.length and part.name == "br" else "")
        if part.name in ("br", "hr", "img"):
            line.add(_MASK if part.name == "img" else "")
        elif part.end:
            mode = open_tags.pop()[1]
        else:
            open_tags.append((part.name, mode))
            mode = _mode_of(part.name, part.attributes, mode, language)
    if line.length:
        yield line


def _mode_of(name: str, attributes: str, outer: str, language: str) -> str:
    """``set``, ``mask`` (unchanged, but part of the line) or ``skip`` (ignored), for the text in a tag."""
    if not name:
        return "set" if language.startswith("zh") else "mask"
    if name in _ANNOTATIONS or outer == "skip":
        return "skip"
    if name in _CODE:
        return "mask"
    own_language = attributes_of(attributes).get("lang", "") if attributes else ""
    if own_language:
        return "set" if own_language.lower().startswith("zh") else "mask"
    return outer


def _add(line: Line, index: int, text: str, mode: str) -> None:
    if mode == "set":
        line.stretches.append((index, line.length))
        line.add(text)
    elif mode == "mask":
        line.add(_MASK)


# -- headings -----------------------------------------------------------------------------------------------------


def _name_headings(parts: list[Token]) -> None:
    """Adds an id from its first words to each heading without one. Links to it stay valid while these are unchanged."""
    used = {name for part in parts if part.attributes and (name := attributes_of(part.attributes).get("id"))}
    next_numbers: dict[str, int] = {}
    for index, part in enumerate(parts):
        if part.name in _HEADINGS and not part.end and "id" not in attributes_of(part.attributes):
            name = _first_free(_name(_words(parts, index)), used, next_numbers)
            used.add(name)
            part.attributes += f' id="{name}"'


def _words(parts: list[Token], start: int) -> str:
    words, in_mark = [], False
    for index in range(start + 1, len(parts)):  # a slice would copy the rest of the tokens for each heading
        part = parts[index]
        if part.name == parts[start].name:
            break
        if part.name == "sup":
            in_mark = not part.end and "footnote-ref" in part.attributes
        if not in_mark:
            words.append(part.text)
    return "".join(words)


def _name(text: str) -> str:
    """The first words of the heading as an XML name: ``扩大组织覆盖``, ``reading-offline``."""
    whole = slug_of(text).lower()
    words = ""
    for word in whole.split("-"):
        if words and _width(words) + _width(word) > HEADING_NAME_WIDTH:
            break
        words += ("-" if words else "") + word
    name = words[: HEADING_NAME_WIDTH * 2] or "heading"
    return name if name[0].isalpha() else f"n{name}"


def _width(word: str) -> int:
    return sum(2 if letter > "\u2e80" else 1 for letter in word)


def _first_free(name: str, used: set[str], next_numbers: dict[str, int]) -> str:
    """*name*, or *name* with the first free number. *next_numbers* caches the next number for each name."""
    free, number = name, next_numbers.get(name, 2)
    while free in used:
        free = f"{name}-{number}"
        number += 1
    next_numbers[name] = number
    return free


# -- pictures -----------------------------------------------------------------------------------------------------


def _resolve_pictures(parts: list[Token], folder: PurePosixPath) -> list[str]:
    """Makes the paths of the article's own pictures relative to the articles folder. Returns the paths."""
    paths = []
    for part in parts:
        if part.name != "img":
            continue
        attributes = attributes_of(part.attributes)
        path = resolve_within(html.unescape(attributes["src"]), folder)
        if path:
            paths.append(path)
            part.attributes = to_text(attributes | {"src": quote(path)})
    return paths
