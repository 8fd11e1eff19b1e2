"""What can be exported: an article, a day's issue, a shelf, a selection. Each becomes one Publication."""

from __future__ import annotations

from .. import addresses
from ..model import Article, Publication


def of_article(article: Article) -> Publication:
    return Publication(
        name=article.slug,
        title=article.title,
        language=article.language,
        path=addresses.article(article.slug),
        chapters=(article,),
    )
