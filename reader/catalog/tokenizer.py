"""The words an article is found by, and how they are written in the full-text table.

Chinese is not cut into words: every two neighbouring characters are one, so no dictionary can cut a name in the
wrong place. A run also leaves its last character alone, so that ``雨*`` finds 雨 wherever it stands. Other
scripts are indexed word by word. All is NFKC and case-folded: ＷＴＯ, WTO and wto are the same word.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from ..chinese import HAN, UNIFIED, VARIATION
from ..models import Article

UNSPACED = (
    f"{HAN}\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7a3"  # Han, kana, Hangul
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
"""Scripts written without spaces, or with endings grown on: Han, kana, Hangul, Thai, Lao, Burmese, Khmer."""

IN_TITLE = "\ue001"
"""Written before a word of the title: a private-use character that no text contains after folding."""

IN_COLLECTION = "\ue000"
"""Written before the number of a collection, so that a collection narrows a search inside the index."""

_RUN = re.compile(f"[{UNSPACED}]+|[^\\W_{UNSPACED}]+")
_PAIR = re.compile(f"(?=([{UNSPACED}]{{2}}))")
_LAST = re.compile(f"[{UNSPACED}](?![{UNSPACED}])")
_SPACED = re.compile(f"[^\\W_{UNSPACED}]+")
_FOLDED_BY_CASE = re.compile(f"[\x00-\x7f{UNIFIED}\u2014-\u201d\u2026\u3001-\u3011，：；？！（）]*")
"""In ordinary Chinese NFKC changes only punctuation, which parts words either way; finding out is much quicker."""

_NOT_ASKED_FOR = re.compile(f"[\ue000-\uf8ff{VARIATION}]")
"""Private characters, which would pass for our marks, and variation selectors: either form of a name finds it."""
_BLOCK = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|dl|dt|dd|table|caption|tr|t[dh]|br|hr|blockquote|pre|figure|figcaption|section)\b[^>]*>",
    re.IGNORECASE,
)
_NOT_READ = re.compile(r"<r[tp]\b[^>]*>.*?</r[tp]>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def folded(text: str) -> str:
    """As it is indexed and asked for."""
    if _FOLDED_BY_CASE.fullmatch(text):
        return text.casefold()
    return _NOT_ASKED_FOR.sub("", unicodedata.normalize("NFKC", text).casefold())


def runs(text: str) -> list[str]:
    """The pieces of a folded text between spaces and punctuation; a change of script divides too."""
    return _RUN.findall(text)


def words(text: str) -> set[str]:
    """Every word of a folded text: two-character ones and the last character of unspaced runs, else whole words."""
    return {*_PAIR.findall(text), *_LAST.findall(text), *_SPACED.findall(text)}


def is_unspaced(run: str) -> bool:
    return re.match(f"[{UNSPACED}]", run) is not None


def searchable_text(body: str) -> str:
    """The text of sanitized HTML, a line a block; what stands above ruby is left out, for it would part words."""
    return html.unescape(_NOT_READ.sub("", _BLOCK.sub("\n", body)))


def words_of(article: Article) -> str:
    """What the index holds of an article, collections apart: its words, and those of its title marked."""
    titled = words(folded(f"{article.kicker}\n{article.title}\n{article.subtitle}"))
    names = (article.summary, article.source, article.editor, *article.byline, *article.tags, *article.section)
    rest = words(folded("\n".join((*names, searchable_text(article.body)))))
    return " ".join({*titled, *rest, *(IN_TITLE + word for word in titled)})


def collection_words(numbers: Iterable[int]) -> str:
    return " ".join(f"{IN_COLLECTION}{number}" for number in numbers)
