"""Names of people in a text: the only byline parser, for front matter, plain text, HTML and import."""

from __future__ import annotations

import re

from ..chinese import HAN, VARIATION, has_han
from ..patterns import lazy_pattern

ROLE = lazy_pattern(
    rf"(?:文字|摄影|见习|实习|首席|特约|特派|驻[{HAN}]{{2,4}})?(?:记者|通讯员|作者|实习生|特约撰稿人?|撰稿|采写|撰文)\s*[:：/]?"
    r"|(?:摄影报道|文/图|图/文|文图|图文|摄影|报道)(?=\s|$)|(?<=\s)[文图摄](?=\s|$|[/／])|^\s*[文图][/／]"
    r"|^\s*(?:written\s+)?by\b[:\s]*",
    re.IGNORECASE,
)
"""Words beside a name that are not part of it: ``记者``, ``文/图``, ``By``."""
EMPLOYER = lazy_pattern(rf"^\s*(?:本[报网刊台]|[{HAN}]{{2,10}}(?:报|网|社|台|客户端|新闻|融媒体))?\s*(?:全媒体)?\s*$")
"""``河北日报``, ``本报``, or nothing."""
_CHARACTER = rf"[{HAN}][{VARIATION}]?"
_SPACED_NAME = lazy_pattern(rf"(?<![{HAN}{VARIATION}])({_CHARACTER})[ \t\u3000]+({_CHARACTER})(?![{HAN}{VARIATION}])")
_BETWEEN_HAN = lazy_pattern(rf"[\s、，,/／;；&|｜丨]+|(?<=[{HAN}]{{2}})(?:和|及)(?=[{HAN}]{{2}})")
_BETWEEN_LATIN = lazy_pattern(r"\s*(?:[、，,;；&|｜]|\band\b)\s*")
_OWN_PAPER = lazy_pattern(rf"(?:^|(?<=[\s、，,;；]))[{HAN}]{{2,10}}(?=(?:见习|实习|首席)?(?:记者|通讯员)[\s:：])")
"""The newspaper before 记者 without a space: ``南都记者 林子沛``."""
_BRACKETS = "()（）[]【】□■◆ \u3000"


def closed_up(name: str) -> str:
    """Removes the space in a two-character name: ``何　平`` → 何平."""
    return _SPACED_NAME.sub(r"\1\2", name.strip())


def split_names(text: str) -> tuple[str, ...]:
    """The names in *text*, without duplicates: ``河北日报记者 高原雪 通讯员张三、李 四`` → 高原雪, 张三, 李四.

    Spaces separate Chinese names; in other scripts they are part of a name: ``Ann Lee and Tom O'Brien``.
    """
    first, *others = ROLE.split(_OWN_PAPER.sub("", closed_up(text.strip(_BRACKETS))))
    pieces = others if others and EMPLOYER.match(first) else [first, *others]
    names = [name for piece in pieces for name in _split(piece)]
    return tuple(dict.fromkeys(names))


def _split(piece: str) -> list[str]:
    between = _BETWEEN_HAN if has_han(piece) and not re.search(r"[A-Za-z]", piece) else _BETWEEN_LATIN
    return [" ".join(name.split()) for part in between.split(piece) if (name := part.strip(_BRACKETS + ".:："))]
