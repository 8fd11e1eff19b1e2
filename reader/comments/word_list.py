"""The operator's list of words. A comment that contains one of them waits for review, or is rejected.

Also the forms of a text and a name in which they are found.

A file in UTF-8 with one word per line. ``!word`` rejects the comment; ``#`` begins a comment line.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..chinese.text_conversion import convert
from ..formats.decoding import decode_text

LONGEST_FILE = 1_000_000
MOST_WORDS = 20_000

_LOOKALIKES = str.maketrans(
    "аԁеһіјӏкмноԛрѕтсувѵԝхүӕ" + "αβεζηικμνορστυχϲϳω" + "ոօսցհյոզ" + "ıɑɡɩɪʟɴᴀᴅᴇᴍɾɿʀ" + "01i",
    "adehljlkmhoqpstcyvvwxyæ" + "abezhlkmnopctyxcjw" + "noughjnq" + "laglllnademrrr" + "oll",
)
"""Cyrillic, Greek and Armenian letters, Latin letters of other alphabets, and digits -> the Latin letter that looks the
same, also if only their capital does (Unicode confusables, UTS 39). ``i`` becomes ``l``: a capital I is a small l."""


@dataclass(frozen=True)
class WordList:
    """Words as ``skeleton`` returns them. ``parse("!赌场").has_rejected_word(skeleton("赌 場"))`` is true."""

    review_words: tuple[str, ...] = ()
    rejected_words: tuple[str, ...] = ()

    def has_review_word(self, text: str) -> bool:
        """Whether *text*, a ``skeleton``, contains a word that requires review."""
        return any(word in text for word in self.review_words)

    def has_rejected_word(self, text: str) -> bool:
        """Whether *text*, a ``skeleton``, contains a word that rejects it."""
        return any(word in text for word in self.rejected_words)


def skeleton(text: str) -> str:
    """*text* without case, width, spaces and punctuation, in Simplified characters.

    ``加 微-信`` and ``加微信``, ``ＶＸ`` and ``vx``, ``發票`` and ``发票`` have equal skeletons.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return convert("".join(c for c in plain if c.isalnum()), "hans")


def outline(name: str) -> str:
    """*name* without differences that are hard to see: those that ``skeleton`` ignores, lookalikes, and marks.

    ``Аdmin`` with a Cyrillic A, ``ADMlN`` with a small L, ``ádmin`` and ``adrnin`` have the outline of ``admin``.
    """
    letters = unicodedata.normalize("NFD", skeleton(name))
    plain = "".join(c for c in letters if not unicodedata.combining(c)).translate(_LOOKALIKES)
    return plain.replace("rn", "m").replace("vv", "w")


def parse(text: str) -> WordList:
    """Parses a list. Lines after the first MOST_WORDS are ignored."""
    lines = [line.strip() for line in text.splitlines()[:MOST_WORDS]]
    words = [line for line in lines if line and not line.startswith("#")]
    rejected_words = {skeleton(word[1:]) for word in words if word.startswith("!")} - {""}
    review_words = {skeleton(word) for word in words if not word.startswith("!")} - {""}
    return WordList(tuple(sorted(review_words)), tuple(sorted(rejected_words)))


def read_words(path: Path) -> WordList:
    """The list in the file, cached until the file changes. Raises OSError and UnreadableArticle."""
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> WordList:
    with path.open("rb") as file:
        return parse(decode_text(file.read(LONGEST_FILE)))
