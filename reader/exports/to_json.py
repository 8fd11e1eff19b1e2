"""Exports JSON-LD with the schema.org vocabulary: a NewsArticle, or a PublicationIssue with its articles as parts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ..article_corrections import correction_comments
from ..models import Article, Publication, is_dated
from .body_tree import Body, number_lists
from .options import Options, Render
from .to_text import blocks

SUFFIX = "json"
MIMETYPE = "application/json"
LABEL = "JSON"
PAGES: tuple[str, ...] = ()
LINKS_PICTURES = True
SAMPLE = b'"@context": "https://schema.org"'


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    articles = [_article(article, options) for article in publication.chapters]
    whole = articles[0] if len(articles) == 1 else _issue(publication, articles, options)
    return (json.dumps({"@context": "https://schema.org"} | whole, ensure_ascii=False, indent=1) + "\n").encode()


def _issue(publication: Publication, articles: list[dict[str, Any]], options: Options) -> dict[str, Any]:
    return _without_empty(
        {
            "@type": "PublicationIssue",
            "name": publication.title,
            "url": options.base_url and options.base_url + publication.path,
            "inLanguage": publication.language,
            "datePublished": _date(publication.published),
            "isPartOf": {"@type": "Periodical", "name": options.site_name},
            "hasPart": articles,
        }
    )


def _article(article: Article, options: Options) -> dict[str, Any]:
    """``articleBody`` is plain text, as schema.org requires; ``text`` is the HTML."""
    body = Body(article.body, "", options.base_url)
    text = body.html()
    return fields_of(article, options) | {"text": text, "articleBody": "\n\n".join(blocks(number_lists(body.root)))}


def fields_of(article: Article, options: Options) -> dict[str, Any]:
    """The JSON-LD of an article without its text. ``kicker`` is the only name that schema.org does not define."""
    return _without_empty(
        {
            "@type": "NewsArticle",
            "identifier": article.slug,
            "url": options.base_url and f"{options.base_url}/a/{article.slug}",
            "kicker": article.kicker,
            "headline": article.title,
            "alternativeHeadline": article.subtitle,
            "description": article.summary,
            "articleSection": list(article.section),
            "keywords": list(article.tags),
            "author": [{"@type": "Person", "name": name} for name in article.byline],
            "editor": article.editor and {"@type": "Person", "name": article.editor},
            "publisher": article.source and {"@type": "Organization", "name": article.source},
            "datePublished": _date(article.published),
            "dateModified": _date(article.updated),
            "correction": correction_comments(article),
            "inLanguage": article.language,
            "version": article.version,
        }
    )


def _date(at: datetime) -> str:
    return at.isoformat() if is_dated(at) else ""


def _without_empty(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}
