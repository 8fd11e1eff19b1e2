"""Detects encodings with one byte for each character by how frequent letters are in each language.

Almost any byte is a letter in such an encoding, so the question is which language the text would be in. A text is
scored in every language of every encoding, with one probability for each letter (naive Bayes). The difference between
the best encoding and the next one that results in other text says how certain the answer is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from ..patterns import lazy_pattern

LETTERS = {
    "ar": "الميترنوةدحعأبقكسفصهجخإذطىغثضئشءزآظؤـًٌٍَُِّْ،؛؟",
    "be": "анілеыркяпстцдьмвозубэўчгшйхжюфёґ",
    "bg": "аеитонрсвлдпмзкбъячугйцжшфщхюьѝ",
    "ca": "easirtnolucdmpvgbhfqàóxyéjíïèúzçòwükñ",
    "cs": "eonatlsudpimrvkíbháyzjcžěéščřýgůfwúxňďóťq",
    "da": "etnridlasgokmuvfbhæpåyjøcwzxéq",
    "de": "enitsradluhgobcmfwzkpüväöjyßqxé",
    "el": "αετιονρμσπκηίλέυςδγάήόχθωύφβώξζψϊϋΐΰ",
    "en": "etasonirhdlcwmfpugybkvxqzjé",
    "es": "eaonristldcumpvgbfhóáqyúñjízxéwkü",
    "et": "eaistulnodkmrvägphjõbüfcwyözšžxq",
    "fi": "atienlsoäukmvryjphdögbfcwzåéxqšž",
    "fr": "estianuroldcpmévfgbhqzjxèàyêwîkôçâùûëïœüæ",
    "ga": "aihnretocsldmguáífbéúpóvjywzkxq",
    "he": "יוהתלאמשרבנחסםקדעפכןטזךגצףץ",
    "hr": "iaeonrtsjuldkpmvzbgcščhžćfđywxq",
    "hu": "eatlsnzkormiéágdbjvyhuópöcőífüúűwxq",
    "is": "iarentlsuðgkmfvdoyháþbíóöjpúæécýwxz",
    "it": "ieaontrslcdumpgvzfhbwqèykùòjàéìxî",
    "kk": "аеынтлрісдқомұбғүйкшпзгжуәңөяхвэһцчфюьщъё",
    "lt": "iastenroukldpmvjgšbųžyėįąūfcčzęhwx",
    "lv": "aisternuolvmākdpjīzēbšgcūfļņhyģwžķčx",
    "mk": "аеионтрсдквлпмзјбугцшчжњхљфќџѓѕ",
    "nb": "ertnilsdaokgmuvpfbhåjyøæcwzxéòóôq",
    "nl": "entairodsgluvmwhbckjpzfyxqéëïèöüó",
    "pl": "aeiontwzsrypdulcmkjbłgążhęśćófńvźxq",
    "pt": "aeosirtdnmulcpvgãfçhábqzjxõéúíwkêóyàâôü",
    "ro": "eaitrunclosdămpţvfgbzşîhxjâwkyq",
    "ru": "еоаинтслрвдпмкуыьзбйчяжгшцюфхщэъё",
    "sk": "eaontisrldvpumkáhbczyjížéčťšúýgfľóôňďxwäĺŕq",
    "sl": "eaiontsvrljpdmkzbugčšhcžfwyxćđq",
    "sq": "eëitarsnjmhuoldkpfgvbyzqcçwx",
    "sr": "аиеонтрсдкмвлујпзбгцшњжчљфћхђџ",
    "sv": "etanrlidsogmkävfuböhpåycjwxzéqü",
    "th": "่าน้อรกเลีมังหบตดทสไยวูปจใขิืคะผ็ถแช์ำุพณซึโฟธญฉษภศํ๊ฤฐๆ๋ฝฮฒฏฎฬ",
    "tr": "iaelnrdıtskumoybgzçğşüpchvfö\u0307jwâîûqx",
    "uk": "аноеитіврлскдумпьязбйчцгжєшхщфюїґ",
    "vi": "nhtiac\u0323gu\u0309đêâôứmơylokpà\u0300\u0303rbeósádăvxqíùúfwjzèéưý\u0301",
}
"""The letters of each language by their frequency in the translations of programs, most frequent first, with those
ASCII letters that occur in it; without them for languages of other scripts."""

_WESTERN = ("en", "fr", "de", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "is", "ca", "ga", "sq", "et")
_CENTRAL = ("pl", "cs", "hu", "ro", "hr", "sk", "sl", "sq", "de", "en")
_CYRILLIC = ("ru", "uk", "bg", "sr", "be", "mk")


@dataclass(frozen=True)
class SingleByteEncoding:
    """``prior`` is how much likelier it is than others, in nats: files of old Macs and of DOS are rare."""

    name: str
    codec: str
    languages: tuple[str, ...]
    prior: float = 0.0


ENCODINGS = (
    SingleByteEncoding("windows-1252", "cp1252", _WESTERN, 4),
    SingleByteEncoding("windows-1251", "cp1251", _CYRILLIC, 4),
    SingleByteEncoding("windows-1250", "cp1250", _CENTRAL, 2),
    SingleByteEncoding("windows-1253", "cp1253", ("el",), 4),
    SingleByteEncoding("windows-1254", "cp1254", ("tr",), 2),
    SingleByteEncoding("windows-1255", "cp1255", ("he",), 2),
    SingleByteEncoding("windows-1256", "cp1256", ("ar",), 2),
    SingleByteEncoding("windows-1257", "cp1257", ("lt", "lv", "et"), 2),
    SingleByteEncoding("windows-1258", "cp1258", ("vi",), 2),
    SingleByteEncoding("windows-874", "cp874", ("th",), 2),
    SingleByteEncoding("ISO-8859-2", "iso8859_2", _CENTRAL),
    SingleByteEncoding("ISO-8859-4", "iso8859_4", ("lt", "lv", "et")),
    SingleByteEncoding("ISO-8859-5", "iso8859_5", _CYRILLIC),
    SingleByteEncoding("ISO-8859-6", "iso8859_6", ("ar",)),
    SingleByteEncoding("ISO-8859-7", "iso8859_7", ("el",)),
    SingleByteEncoding("ISO-8859-15", "iso8859_15", _WESTERN),
    SingleByteEncoding("KZ-1048", "kz1048", ("kk",)),
    SingleByteEncoding("PTCP154", "ptcp154", ("kk",), -1),
    SingleByteEncoding("KOI8-U", "koi8_u", _CYRILLIC[:2], 1),
    SingleByteEncoding("KOI8-R", "koi8_r", ("ru",), 1),
    SingleByteEncoding("IBM866", "cp866", ("ru", "bg", "be")),
    SingleByteEncoding("IBM1125", "cp1125", ("uk", "be"), -1),
    SingleByteEncoding("IBM737", "cp737", ("el",), -3),
    SingleByteEncoding("IBM850", "cp850", _WESTERN, -3),
    SingleByteEncoding("IBM852", "cp852", _CENTRAL, -3),
    SingleByteEncoding("IBM857", "cp857", ("tr",), -3),
    SingleByteEncoding("IBM862", "cp862", ("he",), -3),
    SingleByteEncoding("macintosh", "mac_roman", _WESTERN, -3),
    SingleByteEncoding("x-mac-ce", "mac_latin2", _CENTRAL, -3),
    SingleByteEncoding("x-mac-cyrillic", "mac_cyrillic", _CYRILLIC, -3),
    SingleByteEncoding("x-mac-greek", "mac_greek", ("el",), -3),
    SingleByteEncoding("x-mac-turkish", "mac_turkish", ("tr",), -3),
)


@dataclass(frozen=True)
class SingleByteGuess:
    """The likeliest encoding.

    ``likelihood`` is the mean probability of a non-ASCII character in its language, in nats (0 is the best).
    ``margin`` is how much likelier the whole text is than that of the next encoding with other text, in nats.
    """

    name: str
    codec: str
    language: str
    likelihood: float
    margin: float
    is_declared: bool = False

    @property
    def score(self) -> float:
        """From 0 to 1, to compare with ``decoding.likelihood``."""
        bonus = _DECLARED_BONUS if self.is_declared else 0.0
        return min(1.0, max(0.0, 1 + (self.likelihood - _USUAL_NATS) / _USUAL_NATS_RANGE)) + bonus

    @property
    def is_certain(self) -> bool:
        least = _LEAST_NATS_IN_LATIN if "a" in LETTERS[self.language] else _LEAST_NATS
        return self.margin >= _LEAST_MARGIN and (self.is_declared or self.likelihood >= least)


_SAMPLE_BYTES = 20_000
_USUAL_NATS = -3.0
_USUAL_NATS_RANGE = 4.0
_LEAST_MARGIN = 6.0
"""With less, one in a hundred texts of a few words is read wrongly; with this, one in a thousand."""
_LEAST_NATS = -4.6
_LEAST_NATS_IN_LATIN = -7.5
"""The non-ASCII characters of a Latin text may be nothing but quotation marks."""
_PUNCTUATION = frozenset("“”„‘’‚«»–—…§°€£©®™·•№\u00a0¿¡´×²³½")
_OTHER_PUNCTUATION_NATS = -6.5
_OTHER_NATS = -9.0
_CONTROL_NATS = -12.0
_CASE_NATS = -6.0
_MIXED_NATS = -8.0
_ASCII_NATS = -7.0
_FOREIGN_NATS = 1.0
"""How much less likely a letter is in an English word than in English text."""
_DECLARED_NATS = 15.0
_DECLARED_BONUS = 0.5
_LINE_WITH_HIGH_BYTES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_SYMBOL_AT_WORD = lazy_pattern(r"[^\W\d_][§¶€£¥¢¤¬¦±†‡‰¨¯¸]|[§¶€£¥¢¤¬¦±†‡‰¨¯¸](?=[^\W\d_])")
_MIXED_WORD = lazy_pattern(r"[a-zA-Z](?=[^\W\d_a-zA-Z])|[^\W\d_a-zA-Z](?=[a-zA-Z])")


def guess_single_byte(data: bytes, declared_codec: str = "") -> SingleByteGuess:
    """The likeliest single-byte encoding of *data*, which contains non-ASCII bytes."""
    sample = b"\n".join(_LINE_WITH_HIGH_BYTES.findall(data))[:_SAMPLE_BYTES]
    high = sum(byte >= 0x80 for byte in sample)
    encodings = [*ENCODINGS, *_declared_only(declared_codec)]
    found = sorted((_scored(sample, each, declared_codec) for each in encodings), key=lambda each: -each.score)
    best = found[0]
    margin = best.score - max(other.score for other in found if other.text != best.text)
    codec = best.encoding.codec
    return SingleByteGuess(
        best.encoding.name, codec, best.language, best.own_score / high, margin, codec == declared_codec
    )


def _declared_only(codec: str) -> list[SingleByteEncoding]:
    """An encoding that is too rare to be expected where nothing declares it; its text may be in any language."""
    known = not codec or any(codec == each.codec for each in ENCODINGS)
    return [] if known else [SingleByteEncoding(codec, codec, tuple(LETTERS))]


class _Scored(NamedTuple):
    """``own_score`` is that of the non-ASCII characters, without what is known beforehand."""

    score: float
    own_score: float
    text: str
    encoding: SingleByteEncoding
    language: str


def _scored(sample: bytes, encoding: SingleByteEncoding, declared: str) -> _Scored:
    """The score in the likeliest language."""
    text = sample.decode(encoding.codec, "replace")
    counts = Counter(text.lower())
    ascii_counts = [(letter, count) for letter, count in counts.items() if letter.isascii() and letter.isalpha()]
    other_counts = [(letter, count) for letter, count in counts.items() if not letter.isascii()]
    spelling = _CASE_NATS * (_capitals_within_words(text) + len(_SYMBOL_AT_WORD.findall(text)))
    mixed = _MIXED_NATS * len(_MIXED_WORD.findall(text))
    best, own, language = max(
        (*_score_in(language, ascii_counts, other_counts, mixed), language) for language in encoding.languages
    )
    prior = encoding.prior + (_DECLARED_NATS if encoding.codec == declared else 0)
    return _Scored(best + spelling + prior, own + spelling, text, encoding, language)


def _score_in(
    language: str, ascii_counts: list[tuple[str, int]], other_counts: list[tuple[str, int]], mixed: float
) -> tuple[float, float]:
    """The score of all letters and that of the non-ASCII characters."""
    known, english = _probabilities(language), _probabilities("en")
    own = sum(count * known.get(letter, _unusual(letter)) for letter, count in other_counts)
    own += 0 if "a" in known else mixed
    rest = sum(
        count * max(known.get(letter, _ASCII_NATS), english[letter] - _FOREIGN_NATS) for letter, count in ascii_counts
    )
    return own + rest, own


def _unusual(character: str) -> float:
    if character in _PUNCTUATION:
        return _OTHER_PUNCTUATION_NATS
    return _CONTROL_NATS if character < "\xa0" or character == "\ufffd" else _OTHER_NATS


def _capitals_within_words(text: str) -> int:
    """How many capitals follow a small letter, without those between two ASCII letters."""
    return sum(
        before.islower() and after.isupper() and not (before.isascii() and after.isascii())
        for before, after in pairwise(text)
    )


@cache
def _probabilities(language: str) -> dict[str, float]:
    """The logarithm of the probability of each letter of *language*, estimated from its rank."""
    letters = LETTERS[language]
    decline = 0.91 if len(letters) < 60 else 0.95
    weights = [decline**rank + 0.003 for rank in range(len(letters))]
    return {letter: math.log(weight / sum(weights)) for letter, weight in zip(letters, weights, strict=True)}
