"""Checks whether a draft is still the one that a secret link was created for.

A path is no identity: another draft may lie there later. Neither are digest, inode and time, which each save changes.
So a link holds a sketch of the text, and shows what has kept at least half of it.
"""

from __future__ import annotations

import re
import zlib

from ..models import Article

LENGTH = 4
"""Words of a piece; the text is all its overlapping pieces (shingles). Four letters of English are in any long text."""
SKETCHED = 24
"""The smallest hashes of pieces stand for all (Broder 1997, On the resemblance and containment of documents)."""
LEAST_KEPT = 0.5
LEAST_PIECES = 12
"""Of a text. A shorter one is known by its title."""
_LONGEST_TEXT = 40_000
_WORD = re.compile(r"[0-9A-Za-z\u00c0-\u0dff\u1e00-\u1fff]+|\w")
"""In scripts that have no spaces between words, as from Thai to Chinese, each character counts as a word."""

Mark = list[int]
"""The hash of the title and the sketch of the text: what of a draft is kept in a link to it."""


def mark_of(article: Article) -> Mark:
    pieces = sorted(_pieces(article))
    return [_hash(_letters(article.title)), *(pieces[:SKETCHED] if len(pieces) >= LEAST_PIECES else ())]


def is_still(mark: Mark, article: Article) -> bool:
    """Whether *article* has at least half of the text that was marked; of a stub, the title."""
    title, *sketch = mark
    if not sketch:
        return title == _hash(_letters(article.title))
    return len(_pieces(article) & set(sketch)) >= LEAST_KEPT * len(sketch)


def _pieces(article: Article) -> set[int]:
    words = _WORD.findall(str(article.body.striptags())[:_LONGEST_TEXT])
    return {_hash(" ".join(words[at : at + LENGTH])) for at in range(len(words) - LENGTH + 1)}


def _letters(text: str) -> str:
    return "".join(_WORD.findall(text))


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())
