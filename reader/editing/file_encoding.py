"""Decodes an article file for editing and encodes it again with the same encoding, byte order mark and line endings."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from ..errors import UnreadableArticle
from ..formats.decoding import judge
from ..i18n import Message

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks, those of UTF-32 first: they begin like those of UTF-16."""
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class ArticleText:
    r"""The whole ``text`` of a file with ``\n`` line ends, as a browser's text field has it.

    ``newline`` is its usual line end, ``has_mixed_newlines`` whether it has others too. ``is_exact`` is false if
    encoding the text again gives other bytes.
    """

    text: str
    codec: str
    mark: bytes
    newline: str
    has_mixed_newlines: bool
    is_exact: bool


def text_in(content: bytes) -> ArticleText:
    """Raises UnreadableArticle for what is no text."""
    mark, codec = next(((m, c) for m, c in _MARKS.items() if content.startswith(m)), (b"", ""))
    found = judge(content)
    if found.problem:
        raise UnreadableArticle(found.problem, Message("save the file as UTF-8 text"))
    codec = codec or found.codec.replace("ascii", "utf-8")  # its text may become more than ASCII
    raw = content[len(mark) :].decode(codec)
    ends = Counter(_LINE_END.findall(raw))
    newline = ends.most_common(1)[0][0] if ends else "\n"
    is_exact = _encoded(raw, codec, mark) == content
    return ArticleText(_LINE_END.sub("\n", raw), codec, mark, newline, len(ends) > 1, is_exact)


def bytes_of(text: str, before: bytes) -> tuple[bytes, tuple[Message, ...]]:
    """*text* as the bytes of a file that had the bytes *before*, and what the editor is to be told (Messages).

    Lines at the beginning and at the end that did not change keep their line ends. A text that its encoding can't
    express is written as UTF-8.
    """
    old = text_in(before)
    raw = before[len(old.mark) :].decode(old.codec)
    whole = _with_line_ends(text, raw, old.newline)
    encoded = _encoded(whole, old.codec, old.mark) if old.is_exact else None
    if encoded is None:
        note = Message("the file was in %(encoding)s, which can't hold this text; it is UTF-8 now", encoding=old.codec)
        return whole.encode(), (note,)
    return encoded, ()


def _encoded(text: str, codec: str, mark: bytes) -> bytes | None:
    try:
        return mark + text.encode(codec)
    except UnicodeEncodeError:
        return None


def _with_line_ends(text: str, raw: str, newline: str) -> str:
    """*text* with the line ends of *raw* in the lines that both begin and end with, and *newline* in the others."""
    lines, ends = _LINE_END.split(raw), _LINE_END.findall(raw)
    new = text.split("\n")
    most = min(len(lines), len(new))
    same_above = next((n for n in range(most) if lines[n] != new[n]), most)
    below = most - same_above
    same_below = next((n for n in range(below) if lines[-1 - n] != new[-1 - n]), below)
    new_ends = [newline] * (len(new) - 1)
    kept = min(same_above, len(ends), len(new_ends))
    new_ends[:kept] = ends[:kept]
    if kept_below := min(max(same_below - 1, 0), len(ends) - kept, len(new_ends) - kept):
        new_ends[-kept_below:] = ends[-kept_below:]
    for n in range(1, len(new_ends)):
        if (new_ends[n - 1], new[n], new_ends[n]) == ("\r", "", "\n"):  # together they would be one line end
            new_ends[n] = "\r"
    return "".join(line + end for line, end in zip(new, [*new_ends, ""], strict=True))
