"""Checks whether a draft is still the one that a secret link was created for.

A path does not identify a draft, because another draft may have the same path later. Digest, inode and time change with
each save. So a link contains a sketch of the text, and remains valid while at least half of the sketch matches.
"""

from __future__ import annotations

import re
import zlib

from ..models import Article

SHINGLE_WORDS = 4
"""Words per shingle. Shingles are all overlapping sequences of this many words. Single words would match any long
text."""
SKETCH_SIZE = 24
"""The number of smallest shingle hashes in a sketch (Broder 1997, On the resemblance and containment of documents)."""
LEAST_COMMON_SHARE = 0.5
LEAST_SHINGLES = 12
"""A text with fewer shingles is recognized by its title."""
_LONGEST_TEXT = 40_000
_WORD = re.compile(r"[0-9A-Za-z\u00c0-\u0dff\u1e00-\u1fff]+|\w")
"""In scripts without spaces between words, as from Thai to Chinese, each character is a word."""

Sketch = list[int]
"""The hash of the title, followed by the sketch of the text. It is part of a link to the draft."""


def sketch_of(article: Article) -> Sketch:
    """The sketch of *article*; only the hash of its title if it is short."""
    shingles = sorted(_shingles(article))
    return [_hash(_letters(article.title)), *(shingles[:SKETCH_SIZE] if len(shingles) >= LEAST_SHINGLES else ())]


def is_same_draft(sketch: Sketch, article: Article) -> bool:
    """Whether *article* has at least half of the shingles of *sketch*; for a short text, whether it has the same
    title."""
    title, *hashes = sketch
    if not hashes:
        return title == _hash(_letters(article.title))
    return len(_shingles(article) & set(sketch)) >= LEAST_COMMON_SHARE * len(sketch)


def _shingles(article: Article) -> set[int]:
    words = _WORD.findall(str(article.body.striptags())[:_LONGEST_TEXT])
    return {_hash(" ".join(words[at : at + SHINGLE_WORDS])) for at in range(len(words) - SHINGLE_WORDS + 1)}


def _letters(text: str) -> str:
    return "".join(_WORD.findall(text))


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())
