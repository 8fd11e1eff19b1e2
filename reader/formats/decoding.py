"""The only decoder of bytes to text. It uses the byte order mark, the declared encoding, then the most likely encoding.

The order is the order of browsers (WHATWG Encoding and HTML, 13.2.3.2), with two differences for Chinese pages: valid
UTF-8 is decoded as UTF-8 even if another encoding is declared, and an encoding that fits much better overrides the
declared one. Text that is *almost* UTF-8 is never decoded as another encoding.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, replace

from ..chinese import compose
from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern
from .declared_encodings import codec_of_label, find_declaration
from .frequent_characters import JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL
from .single_byte_encodings import SingleByteGuess, guess_single_byte

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_LINE_ENDS = lazy_pattern("[\u2028\u2029\x85]")
"""Line ends of some word processors and mainframes, for a file that has no others."""
_UNPRINTABLE = lazy_pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HINT = Message("save the file as UTF-8 text")


@dataclass(frozen=True)
class Encoding:
    """A legacy encoding with two-byte characters. ``frequent`` are its frequent characters; empty means all letters.

    ``usual`` are the first bytes of its other common characters.
    """

    name: str
    codec: str
    frequent: frozenset[str]
    usual: range = range(0)


_PUNCTUATION = frozenset("，。、：；？！（）《》“”‘’「」『』…—·\u3000")
_KANA = frozenset(map(chr, range(0x3041, 0x30FF)))
_CYRILLIC = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўђјљњћџ")
_WESTERN = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüýßÀÄÁÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝ“”‘’„–—…«»€£°·©®™§¿¡×•\u00a0²³½")
"""Without Ã and Â, which are frequent in UTF-8 that was decoded as Latin-1."""
LEGACY = (
    Encoding("GB18030", "gb18030", SIMPLIFIED | TRADITIONAL | _PUNCTUATION, range(0xB0, 0xD8)),
    Encoding("Big5", "cp950", TRADITIONAL | _PUNCTUATION, range(0xA4, 0xC7)),
    Encoding("Big5", "big5hkscs", TRADITIONAL | _PUNCTUATION, range(0xA4, 0xC7)),
    Encoding("EUC-KR", "cp949", KOREAN | _PUNCTUATION, range(0xB0, 0xC9)),
    Encoding("Shift_JIS", "cp932", JAPANESE | _KANA | _PUNCTUATION, range(0x88, 0x98)),
    Encoding("EUC-JP", "euc_jp", JAPANESE | _KANA | _PUNCTUATION, range(0xB0, 0xD0)),
    Encoding("Johab", "johab", KOREAN | _PUNCTUATION, range(0x84, 0xD4)),
)
"""The encodings with two-byte characters. Of equally likely ones, the first is used."""

_NAMES = {each.codec: each.name for each in LEGACY}

_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}"
    rb"|[\xf1-\xf4][\x80-\xbf]{3}"
)
_DAMAGED_SEQUENCE = re.compile(rb"[\xc2-\xf4](?:\Z|.?[\x80-\xbf])", re.DOTALL)
_NOT_ASCII = lazy_pattern(r"[^\x00-\x7f]")
_WITHIN_WORD = lazy_pattern(r"(?<=[A-Za-z])[^\x00-\x7f](?=[\x00-\x7f])")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class DetectedEncoding:
    """The detected ``codec`` of some bytes.

    If the bytes are invalid in this codec, ``problem`` is the reason, and ``position`` the index of the first invalid
    byte.
    """

    codec: str
    problem: Message | None = None
    position: int = 0


def decode_text(data: bytes, declared: str = "") -> str:
    """*data* as text with ``\\n`` as line ends and without control characters. Line numbers do not change.

    *declared* is the charset of the HTTP header, if any; a declaration in the text itself is found in *data*. The
    result is in NFC, except for compatibility ideographs, which are unchanged. Raises UnreadableArticle with the line
    of the first invalid byte.
    """
    found = detect_encoding(data, declared)
    if found.problem:
        raise UnreadableArticle(found.problem, _HINT, data.count(b"\n", 0, found.position) + 1)
    text = data.decode(found.codec).replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in text:
        text = _OTHER_LINE_ENDS.sub("\n", text)
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub(lambda found: " " if found[0] in "\x0b\x0c" else "", text)
    return compose(text)


def decode_page(data: bytes, declared: str = "") -> str:
    """Like ``decode_text``, for pages from the web: never raises, replaces invalid characters by U+FFFD, and changes
    nothing else.
    """
    return data.decode(detect_encoding(data, declared).codec, "replace")


def detect_encoding(data: bytes, declared: str = "") -> DetectedEncoding:
    """Detects the encoding of *data*: by a byte order mark; as UTF-16 without one; as UTF-8; by its declaration; as the
    most likely encoding."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _try_decode(data, codec, codec.removesuffix("-sig").upper())
    if b"\x00" in data:
        return _detect_wide(data) or DetectedEncoding("utf-8", Message("not a text file"), data.index(b"\x00"))
    if data.isascii():
        return _detect_seven_bit(data, declared or find_declaration(data))
    whole = _try_decode(data, "utf-8", "UTF-8")
    return _detect_legacy(data, declared or find_declaration(data), whole) if whole.problem else whole


def _try_decode(data: bytes, codec: str, name: str) -> DetectedEncoding:
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        at = min(error.start, len(data) - 1)
        return DetectedEncoding(codec, _damaged_message(name, f"0x{data[at]:02x}"), at)
    return DetectedEncoding(codec)


def _damaged_message(name: str, byte: str) -> Message:
    return Message("damaged %(encoding)s: byte %(byte)s is not part of a character", encoding=name, byte=byte)


def _detect_wide(data: bytes) -> DetectedEncoding | None:
    """Detects UTF-16 and UTF-32 without a byte order mark by the decoded text. None if no codec fits."""
    found = max(("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"), key=lambda codec: _plainness(data, codec))
    if _plainness(data, found) < _LEAST_PLAIN:
        return None
    return _try_decode(data, found, found[:6].upper())


_PLAIN = SIMPLIFIED | TRADITIONAL | JAPANESE | KOREAN | _PUNCTUATION | _KANA | _CYRILLIC | _WESTERN
_LEAST_PLAIN = 0.5


def _plainness(data: bytes, codec: str) -> float:
    """The fraction of characters, 0 to 1, that are ASCII or frequent in a language."""
    text = data[:_SAMPLE_BYTES].decode(codec, "ignore")
    plain = sum((character.isprintable() and character.isascii()) or character in _PLAIN for character in text)
    return (plain + text.count("\n") + text.count("\r")) / max(1, len(text))


_SAMPLE_BYTES = 20_000
"""A multiple of 4, so that no character is split."""


def _detect_seven_bit(data: bytes, declared: str) -> DetectedEncoding:
    """Detects ISO-2022 and HZ, which encode Han characters in ASCII bytes, and UTF-7, which no browser reads."""
    if escape := _ISO_2022.search(data):
        return _detect_iso_2022(data, escape)
    is_hz = declared.lower() == "hz-gb-2312" or (_HZ.search(data) and _is_text_in(data, "hz"))
    if is_hz and not _try_decode(data, "hz", "").problem:
        return DetectedEncoding("hz")
    if (found := _UTF7.search(data)) and _is_utf7(data):
        return DetectedEncoding("ascii", Message("UTF-7 is not read"), found.start())
    return DetectedEncoding("ascii")


def _detect_iso_2022(data: bytes, escape: re.Match[bytes]) -> DetectedEncoding:
    """Tries the variants for the character set that *escape* selects."""
    tried = [_try_decode(data, codec, "ISO-2022") for codec in _ISO_2022_CODECS]
    return next((each for each in tried if not each.problem), replace(tried[0], position=escape.start()))


_ISO_2022 = re.compile(rb"\x1b\$(?:[@AB]|[()][ABCDEGHIJKLM@-O])")
_ISO_2022_CODECS = ("iso2022_jp", "iso2022_kr", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_2004", "iso2022_jp_ext")
_HZ = re.compile(rb"~\{(?:[!-}][!-~]){2,200}~\}")
_UTF7 = re.compile(rb"\+[A-Za-z0-9+/]{8,}-?")
_LEAST_USUAL = 0.6


def _is_utf7(data: bytes) -> bool:
    """Whether *data* is valid UTF-7 of frequent characters. Base64, as of pictures in notebooks, looks like UTF-7, but
    is rarely valid, and its characters are random."""
    try:
        text = data.decode("utf-7")
    except UnicodeDecodeError:
        return False
    return _share_of_frequent(text) >= _LEAST_USUAL


def _is_text_in(data: bytes, codec: str) -> bool:
    """Whether the non-ASCII characters in *codec* are usual in a language. Those of other bytes are random."""
    text = data.decode(codec, "replace")
    return max(_share_of_frequent(text), likelihood(text, LEGACY[0])) >= _LEAST_USUAL


def _share_of_frequent(text: str) -> float:
    """The fraction, 0 to 1, of the non-ASCII characters that are frequent in a language."""
    found = _NOT_ASCII.findall(text)
    return sum(character in _PLAIN for character in found) / max(1, len(found))


# -- neither UTF-8 nor UTF-16 -------------------------------------------------------------------------------------


def _detect_legacy(data: bytes, declared: str, damaged: DetectedEncoding) -> DetectedEncoding:
    """Detects the encoding of *data* that is not valid UTF-8: a legacy encoding, or *damaged* UTF-8."""
    codec = codec_of_label(declared)
    score, best = max(((_score(data, each, codec), each) for each in LEGACY), key=lambda pair: pair[0])
    guess = guess_single_byte(data, "" if codec in _NAMES else codec)
    few = sum(map(len, _HIGH_BYTES.findall(data))) < _FEW_BYTES
    if guess.score > score or (few and guess.is_declared):
        most = _MOST_UTF8 if guess.score >= _VERY_LIKELY else _MOST_UTF8_IN_BYTES
        return damaged if _is_almost_utf8(data, guess.score, most) else _checked_guess(data, guess, damaged)
    if _is_almost_utf8(data, score, _MOST_UTF8):
        return damaged
    checked = _try_decode(data, best.codec, best.name)
    is_ambiguous = few and guess.score > _AMBIGUOUS and _NAMES.get(codec) != best.name
    if not checked.problem and (score < _LEAST_LIKELY or is_ambiguous):
        return _unlikely(data, best.codec, best.name, damaged.position)
    return checked


def _checked_guess(data: bytes, guess: SingleByteGuess, damaged: DetectedEncoding) -> DetectedEncoding:
    if not guess.is_certain:
        return _unlikely(data, guess.codec, guess.name, damaged.position)
    return _try_decode(data, guess.codec, guess.name)


def _unlikely(data: bytes, codec: str, name: str, position: int) -> DetectedEncoding:
    byte = f"0x{data[position]:02x}"
    text = Message("unknown encoding: byte %(byte)s is not UTF-8, and could be %(encoding)s", byte=byte, encoding=name)
    return DetectedEncoding(codec, text, position)


def _is_almost_utf8(data: bytes, score: float, most: float) -> bool:
    """*most* is the largest fraction of non-ASCII bytes that form UTF-8 by chance."""
    share = _utf8_share(data)
    few = sum(map(len, _HIGH_BYTES.findall(data))) < _FEW_BYTES
    if few and _DAMAGED_SEQUENCE.search(data):
        return True
    return share >= most or share > score + _DAMAGED_MALUS or _has_utf8_line(data)


_MOST_UTF8 = 0.75
_MOST_UTF8_IN_BYTES = 0.2
"""These fractions in two-byte encodings, in which valid UTF-8 is rarer than in Thai or Cyrillic, and in others."""
_VERY_LIKELY = 0.8
_LEAST_LIKELY = 0.45
_AMBIGUOUS = 0.2
_DECLARED_BONUS = 0.5
_DAMAGED_MALUS = 0.25
_UTF8_LINE_BYTES = 12
_FEW_BYTES = 4
"""Fewer non-ASCII bytes than this do not identify an encoding: they may be the rest of one UTF-8 character."""


def _utf8_share(data: bytes) -> float:
    """The fraction of non-ASCII bytes that form valid UTF-8 characters."""
    return sum(map(len, _UTF8_SEQUENCE.findall(data))) / sum(map(len, _HIGH_BYTES.findall(data)))


def _has_utf8_line(data: bytes) -> bool:
    """Whether a line is valid UTF-8 and too long for a coincidence. Then files of two encodings were concatenated."""
    return any(
        sum(map(len, _HIGH_BYTES.findall(line))) >= _UTF8_LINE_BYTES and not _try_decode(line, "utf-8", "").problem
        for line in data.splitlines()
    )


def _score(data: bytes, encoding: Encoding, declared: str) -> float:
    """The likelihood plus a bonus for the declared encoding, minus a malus for invalid bytes."""
    text = data.decode(encoding.codec, "replace")
    bonus = _DECLARED_BONUS if encoding.name == _NAMES.get(declared) else 0
    likely = likelihood(text, encoding) * (1 - _share_within_words(text))
    return likely + bonus - (_DAMAGED_MALUS if "\ufffd" in text else 0)


def _share_within_words(text: str) -> float:
    """The fraction of non-ASCII characters directly after an ASCII letter and before ASCII, as Latin letters with marks
    are that are decoded with two-byte characters."""
    return len(_WITHIN_WORD.findall(text)) / max(1, len(_NOT_ASCII.findall(text)))


def likelihood(text: str, encoding: Encoding) -> float:
    """The fraction of non-ASCII characters that are usual in text in *encoding*, 0 to 1."""
    counts = Counter(_NOT_ASCII.findall(text))
    points = sum(count * _weight(character, encoding) for character, count in counts.items())
    return points / max(1, counts.total())


def _weight(character: str, encoding: Encoding) -> float:
    if character in encoding.frequent:
        return 1.0
    if character == "\ufffd":
        return 0.0
    encoded = character.encode(encoding.codec, "replace")
    if len(encoded) == 4:  # only GB18030 has characters of four bytes, with digits between high bytes
        return 1.0
    return 0.5 if encoded[0] in encoding.usual else 0.0
