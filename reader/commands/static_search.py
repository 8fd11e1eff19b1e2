"""The index for the search on a static site: files that ``static/js/find.js`` loads when a reader searches.

Each file has 500 articles, newest first, with address, title, day and a Bloom filter of the article's terms: words, and
of Chinese words every two adjacent characters. Bigrams across two words, which the server's index has, would be half of
all: the script does without some of those in a query. A filter may have a term that the article has not, so the script
reads the pages that it finds and drops those. A list of the articles of each term would be a third of the size of the
text.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from operator import add

from .. import urls
from ..catalog.tokenizer import folded, is_unspaced, runs, searchable_text
from ..chinese.words import words_of
from ..models import Article, is_dated

FOLDER = urls.SEARCH.lstrip("/")
ARTICLES_PER_FILE = 500
PART_OF_TEXT = 0.097
"""The size of a file, relative to the text of its articles in UTF-8. The rest of a tenth is for padding."""

FEWEST_BITS, MOST_BITS = 2.0, 12.0
"""Of a filter, for each term. With 12 bits one of 320 filters has a term that is not there, with 5 one of 11. Below 2 a
filter would be useless, so the index of very short articles is larger than PART_OF_TEXT."""

_FIRST, _STEP, _PRIME, _MASK = 0x811C9DC5, 0x5BD1E995, 16777619, 0xFFFFFFFF


def search_files(articles: Iterable[Article]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file of the index; at least one. *articles* are the newest first."""
    waiting, number = iter(articles), 0
    batch = list(islice(waiting, ARTICLES_PER_FILE))
    while True:
        following = list(islice(waiting, ARTICLES_PER_FILE))
        yield f"{FOLDER}/words-{number}.js", _content(batch, is_last=not following)
        if not following:
            return
        batch, number = following, number + 1


def _content(articles: list[Article], *, is_last: bool) -> bytes:
    texts = [_text(article) for article in articles]
    terms = [_terms(folded(text)) for text in texts]
    rows = [(f"{urls.article(a.slug)}/".lstrip("/"), a.title, _day(a)) for a in articles]
    room = PART_OF_TEXT * sum(len(text.encode()) for text in texts) - len(_script(rows, 9, is_last))
    bits = room * 8 * 3 / 4 / max(1, sum(map(len, terms)))  # base64 writes three bytes as four
    bits = min(MOST_BITS, max(FEWEST_BITS, bits))
    hashes = max(1, round(bits * math.log(2)))
    filters = [base64.b64encode(bloom_filter(of_article, bits, hashes)).decode() for of_article in terms]
    return _script([(*row, of_row) for row, of_row in zip(rows, filters, strict=True)], hashes, is_last)


def _text(article: Article) -> str:
    names = (article.kicker, article.title, article.subtitle, article.source, article.editor)
    return "\n".join([*names, *article.byline, *article.tags, *article.section, searchable_text(str(article.body))])


def _terms(text: str) -> set[str]:
    """The terms of a folded text: words, and every two adjacent characters in a word of a script without spaces."""
    terms = set[str]()
    for run in runs(text):
        for word in words_of(run) if is_unspaced(run) else ():
            terms.update(map(add, word, word[1:]))
        if not is_unspaced(run):
            terms.add(run)
    return terms


def _day(article: Article) -> str:
    return f"{article.published:%Y-%m-%d}" if is_dated(article.published) else ""


def _script(rows: Iterable[tuple[str, ...]], hashes: int, is_last: bool) -> bytes:
    """JSON as the argument of a function, because scripts can be loaded from ``file://``."""
    index = {"hashes": hashes, "last": is_last, "articles": list(rows)}
    return f"onWords({json.dumps(index, ensure_ascii=False, separators=(',', ':'))})".encode()


def bloom_filter(terms: Iterable[str], bits: float, hashes: int) -> bytes:
    """A filter with *bits* for each of *terms*: ``hashes`` bits are set for each (Kirsch and Mitzenmacher 2006)."""
    terms = list(terms)
    content = bytearray(max(1, math.ceil(len(terms) * bits / 8)))
    for term in terms:
        first, step = _hash(term, _FIRST), _hash(term, _STEP) | 1
        for number in range(hashes):
            bit = (first + number * step) % (len(content) * 8)
            content[bit >> 3] |= 1 << (bit & 7)
    return bytes(content)


@lru_cache(maxsize=100_000)
def _hash(term: str, seed: int) -> int:
    """FNV-1a over the UTF-16 code units, which are the characters of JavaScript."""
    value, content = seed, term.encode("utf-16-le", "surrogatepass")
    for at in range(0, len(content), 2):
        value = ((value ^ (content[at] | content[at + 1] << 8)) * _PRIME) & _MASK
    return value ^ value >> 15
