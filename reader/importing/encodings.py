"""Bytes of unknown encoding to text: what was declared, checked against what can be."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_LIKELY_BYTES = 4096
_GB = ("gb2312", "gbk", "gb_2312-80", "x-gbk", "hz-gb-2312", "gb18030", "chinese")
_WESTERN = ("iso8859-1", "cp1252", "iso8859-15", "ascii", "latin-1")
"""What servers declare when nobody has told them better; every byte is a letter in these."""
_ENOUGH = 0.998
"""A page may have a few broken bytes (a comment cut in the middle of a character) and still be in its encoding."""


def decode(raw: bytes, declared: str = "") -> str:
    """The text of *raw*. *declared* is the charset of the HTTP header, if any.

    In order: a byte order mark; UTF-16 without one; UTF-8 when all of it fits, whatever is declared (text of another
    encoding practically never is valid UTF-8); the declared encoding and GB18030, whichever leaves fewer broken
    characters; at last a guess from the bytes.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    if wide := _utf16(raw):
        return raw.decode(wide, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(raw, declared)


def _utf16(raw: bytes) -> str:
    """UTF-16 without a mark shows by zero bytes at every second place."""
    head = raw[:400]
    if len(head) < 8:
        return ""
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if zeros.count(0) > 0.4 * len(zeros):
            return encoding
    return ""


def _decode_other(raw: bytes, declared: str) -> str:
    found = _DECLARED.search(raw[:_LIKELY_BYTES])
    names = [_known(name) for name in (declared, found[1].decode("ascii") if found else "")]
    believed = (name for name in names if name and not (name in _WESTERN and _has_long_runs(raw)))
    candidates = dict.fromkeys([*believed, "gb18030", "utf-8"])
    best = max(candidates, key=lambda encoding: _soundness(raw.decode(encoding, "replace")))
    text = raw.decode(best, "replace")
    if _soundness(text) >= _ENOUGH:
        return text
    guess = from_bytes(raw).best()
    return str(guess) if guess is not None else text


def _has_long_runs(raw: bytes) -> bool:
    """Whether most high bytes stand four and more together, as in Chinese and never in a western language."""
    runs = re.findall(rb"[\x80-\xff]+", raw)
    return sum(len(run) for run in runs if len(run) > 3) > sum(map(len, runs)) / 2


def _known(name: str) -> str:
    """The codec for *name*, the larger GB18030 for its ancestors; empty for names that Python does not know."""
    if name.lower() in _GB:
        return "gb18030"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _soundness(text: str) -> float:
    """The part of the characters that are neither broken, private nor control characters."""
    odd = len(re.findall(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f]", text))
    return 1 - odd / max(1, len(text))
