"""Decodes an article file for editing and encodes it again with the same encoding, byte order mark and line endings."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from ..errors import UnreadableArticle
from ..formats.decoding import detect_encoding
from ..i18n import Message

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""UTF-32 first, because its little-endian mark starts with the mark of UTF-16."""
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class ArticleText:
    r"""The whole ``text`` of a file with ``\n`` line ends, as in a browser's text field.

    ``newline`` is the most common line end; ``has_mixed_newlines`` shows that others occur. ``is_exact`` is false if
    encoding the text again results in other bytes.
    """

    text: str
    codec: str
    bom: bytes
    newline: str
    has_mixed_newlines: bool
    is_exact: bool


def decode(content: bytes) -> ArticleText:
    """Decodes *content*. Raises UnreadableArticle if it is not text."""
    bom, codec = next(((m, c) for m, c in _BYTE_ORDER_MARKS.items() if content.startswith(m)), (b"", ""))
    found = detect_encoding(content)
    if found.problem:
        raise UnreadableArticle(found.problem, Message("save the file as UTF-8 text"))
    codec = codec or found.codec.replace("ascii", "utf-8")  # its text may become more than ASCII
    raw = content[len(bom) :].decode(codec)
    ends = Counter(_LINE_END.findall(raw))
    newline = ends.most_common(1)[0][0] if ends else "\n"
    is_exact = _try_encode(raw, codec, bom) == content
    return ArticleText(_LINE_END.sub("\n", raw), codec, bom, newline, len(ends) > 1, is_exact)


def encode(text: str, before: bytes) -> tuple[bytes, tuple[Message, ...]]:
    """Encodes *text* for a file with the previous bytes *before*. Returns the bytes and messages for the editor.

    Unchanged lines at the beginning and at the end keep their line ends. A text that the encoding can't represent is
    encoded as UTF-8.
    """
    old = decode(before)
    raw = before[len(old.bom) :].decode(old.codec)
    full_text = _with_line_ends(text, raw, old.newline)
    encoded = _try_encode(full_text, old.codec, old.bom) if old.is_exact else None
    if encoded is None:
        note = Message("the file was in %(encoding)s, which can't hold this text; it is UTF-8 now", encoding=old.codec)
        return full_text.encode(), (note,)
    return encoded, ()


def _try_encode(text: str, codec: str, bom: bytes) -> bytes | None:
    """The encoded *text* with its byte order mark; None if the codec can't represent it."""
    try:
        return bom + text.encode(codec)
    except UnicodeEncodeError:
        return None


def _with_line_ends(text: str, raw: str, newline: str) -> str:
    """*text* with the line ends of *raw* in the common lines at the beginning and end, and *newline* in the others."""
    lines, ends = _LINE_END.split(raw), _LINE_END.findall(raw)
    new = text.split("\n")
    shorter = min(len(lines), len(new))
    same_above = next((n for n in range(shorter) if lines[n] != new[n]), shorter)
    below = shorter - same_above
    same_below = next((n for n in range(below) if lines[-1 - n] != new[-1 - n]), below)
    new_ends = [newline] * (len(new) - 1)
    top_ends = min(same_above, len(ends), len(new_ends))
    new_ends[:top_ends] = ends[:top_ends]
    if bottom_ends := min(max(same_below - 1, 0), len(ends) - top_ends, len(new_ends) - top_ends):
        new_ends[-bottom_ends:] = ends[-bottom_ends:]
    for n in range(1, len(new_ends)):
        if (new_ends[n - 1], new[n], new_ends[n]) == ("\r", "", "\n"):  # "\r" and "\n" would merge into one line end
            new_ends[n] = "\r"
    return "".join(line + end for line, end in zip(new, [*new_ends, ""], strict=True))
