"""The operator's list of words: a comment with one of them waits for an editor, or is refused.

A file in UTF-8, one word a line. ``!word`` refuses the comment; ``#`` begins a remark.
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


@dataclass(frozen=True)
class WordList:
    held: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Whether *text*, a ``skeleton``, has a word for which it waits."""
        return any(word in text for word in self.held)

    def refuses(self, text: str) -> bool:
        return any(word in text for word in self.refused)


def skeleton(text: str) -> str:
    """*text* without case, width, spaces and punctuation, in Simplified characters.

    So ``加 微-信`` and ``加微信``, ``ＶＸ`` and ``vx``, ``發票`` and ``发票`` are the same.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return convert("".join(c for c in plain if c.isalnum()), "hans")


def parse(text: str) -> WordList:
    lines = [line.strip() for line in text.splitlines()[:MOST_WORDS]]
    words = [line for line in lines if line and not line.startswith("#")]
    refused = {skeleton(word[1:]) for word in words if word.startswith("!")} - {""}
    withheld = {skeleton(word) for word in words if not word.startswith("!")} - {""}
    return WordList(tuple(sorted(withheld)), tuple(sorted(refused)))


def read_words(path: Path) -> WordList:
    """The list in the file; read again after it was changed. Raises OSError and UnreadableArticle."""
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> WordList:
    with path.open("rb") as file:
        return parse(decode_text(file.read(LONGEST_FILE)))
