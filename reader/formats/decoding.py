"""Bytes → text: UTF-8, UTF-16 with its mark, else GB18030, as Chinese editors still save it."""

from __future__ import annotations

import codecs
import re
import unicodedata

from ..errors import UnreadableArticle
from ..i18n import Message

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def decode_text(data: bytes) -> str:
    """*data* as NFC text with ``\\n`` line ends and no control characters; lines keep their numbers.

    Raises UnreadableArticle naming the line whose bytes are no text.
    """
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub("", text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding)
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        raise UnreadableArticle(Message("not a text file"), Message("save the file as UTF-8 text"), line)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _as_gb18030(data, error)


def _as_gb18030(data: bytes, error: UnicodeDecodeError) -> str:
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        raise _unreadable(data, error.start) from error


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unreadable(data, error.start) from error


def _unreadable(data: bytes, position: int) -> UnreadableArticle:
    line = data.count(b"\n", 0, position) + 1
    cause = Message("byte %(byte)s is neither UTF-8 nor GB18030", byte=f"0x{data[position]:02x}")
    return UnreadableArticle(cause, Message("save the file as UTF-8 text"), line)
