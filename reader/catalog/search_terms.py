"""The search terms of an article, and the keywords by which related articles are found.

The child processes that read files compute them, so that all CPU cores are used.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Article
from .tokenizer import IN_TITLE, folded, joined_words, searchable_text, words

MOST_KEYWORDS = 5
_LEAST_OCCURRENCES = 3
"""A word of the title is a keyword if the text contains it at least this often."""


@dataclass(frozen=True)
class ArticleTerms:
    """The terms of an article.

    ``words`` are the terms for the full-text index, separated by spaces. Some are repeated; the index stores each once.
    ``keywords`` are the most frequent first.
    """

    words: str
    keywords: tuple[str, ...]


def terms_of(article: Article) -> ArticleTerms:
    """Computes the terms of *article*."""
    text = folded(searchable_text(article.body))
    return ArticleTerms(_words(article, text), _keywords(article, text))


def _words(article: Article, text: str) -> str:
    """The terms of the text, and the terms of the title both with and without the prefix IN_TITLE. No collections."""
    titled = words(folded(f"{article.kicker}\n{article.title}\n{article.subtitle}"))
    names = (article.summary, article.source, article.editor, *article.byline, *article.tags, *article.section)
    rest = joined_words(folded("\n".join(names)))
    return " ".join([joined_words(text), rest, *titled, *(IN_TITLE + word for word in titled)])


def _keywords(article: Article, text: str) -> tuple[str, ...]:
    """The words of the title that recur in the text."""
    counts = {word: text.count(word) for word in words(folded(article.title)) if len(word) > 1}
    frequent = sorted((-count, word) for word, count in counts.items() if count >= _LEAST_OCCURRENCES)
    return tuple(word for _, word in frequent[:MOST_KEYWORDS])
