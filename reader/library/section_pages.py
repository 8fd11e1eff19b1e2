"""Pages of sections of Hugo and Zola, ``_index.md``: some hold an article, most only the title of a list."""

from __future__ import annotations

import re

from ..chinese import count_words
from ..patterns import lazy_pattern

_FRONT_MATTER = lazy_pattern(r"\A\ufeff?(---|\+\+\+)[ \t]*\r?\n.*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_NO_TEXT = lazy_pattern(
    r"<!--.{0,500}?-->|\{\{.{0,300}?\}\}|\{%.{0,300}?%\}|<[a-zA-Z/][^<>]{0,500}>|\[[^\[\]]{0,300}\]\([^()]{0,300}\)|^#[^\n]*",
    re.DOTALL | re.MULTILINE,
)
"""Comments, shortcodes, tags, links, pictures and headings."""
_BEGINNING = 10_000
_LEAST_WORDS = 40
_WORDS_OF_HAN = 0.5


def has_text(text: str) -> bool:
    """Whether the *text* of an ``_index.md`` holds some sentences besides its front matter, headings and links."""
    beginning = text[:_BEGINNING]
    own = _NO_TEXT.sub("", _FRONT_MATTER.sub("", beginning, count=1))
    han, words = count_words(own)
    return words + _WORDS_OF_HAN * han >= _LEAST_WORDS
