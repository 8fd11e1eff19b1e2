"""The search terms of an article, and the keywords by which related articles are found.

Computed where the file is read, in a child process, so that all CPU cores do it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Article
from .tokenizer import IN_TITLE, folded, joined_words, searchable_text, words

MOST_KEYWORDS = 5
_OFTEN = 3
"""A word of the title is a keyword if the text contains it at least this often."""


@dataclass(frozen=True)
class ArticleTerms:
    """``words``: the terms of the full-text index, joined by spaces, some of them more than once: the index keeps one.

    ``keywords``: the most frequent first.
    """

    words: str
    keywords: tuple[str, ...]


def terms_of(article: Article) -> ArticleTerms:
    text = folded(searchable_text(article.body))
    return ArticleTerms(_words(article, text), _keywords(article, text))


def _words(article: Article, text: str) -> str:
    """The terms of an article without its collections: those of its text, and those of its title with a prefix."""
    titled = words(folded(f"{article.kicker}\n{article.title}\n{article.subtitle}"))
    names = (article.summary, article.source, article.editor, *article.byline, *article.tags, *article.section)
    rest = joined_words(folded("\n".join(names)))
    return " ".join([joined_words(text), rest, *titled, *(IN_TITLE + word for word in titled)])


def _keywords(article: Article, text: str) -> tuple[str, ...]:
    """The words of the title that recur in the text."""
    counts = {word: text.count(word) for word in words(folded(article.title)) if len(word) > 1}
    often = sorted((-count, word) for word, count in counts.items() if count >= _OFTEN)
    return tuple(word for _, word in often[:MOST_KEYWORDS])
