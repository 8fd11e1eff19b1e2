"""Structured data of an article page: schema.org JSON-LD, and links to the article in the other Chinese script."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ... import urls
from ...article_corrections import correction_comments
from ...chinese.scripts import other_script
from ...models import Article, is_dated


def json_ld(article: Article, site: str, site_name: str, changed_at: datetime | None = None) -> dict[str, Any]:
    """A schema.org NewsArticle. Absolute URLs are included only if *site*, the base URL, is not empty.

    The publisher of an article without a source is the site. Members that most pages share cost few bytes: each page
    after the first is compressed with the first one as the dictionary.
    """
    publisher = article.source if article.byline else "" if article.source else site_name
    updated = max(article.updated, changed_at or article.updated)
    people = [{"@type": "Person", "name": name} for name in article.byline]
    members: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": article.published.isoformat(timespec="minutes") if is_dated(article.published) else None,
        "dateModified": updated.isoformat(timespec="minutes") if updated > article.published else None,
        "correction": correction_comments(article),
        "author": (people[0] if len(people) == 1 else people)
        or ({"@type": "Organization", "name": article.source} if article.source else None),
        "publisher": {"@type": "Organization", "name": publisher} if publisher else None,
        "image": site + urls.og_image(article.slug) if site else None,
    }
    return {name: value for name, value in members.items() if value}


def scripts_of(article: Article, site: str) -> list[tuple[str, str]]:
    """(language, absolute URL) of a Chinese article in both scripts; empty for other languages or without *site*."""
    other = other_script(article.language)
    if not other or not site:
        return []
    address = site + urls.article(article.slug)
    return [(article.language, address), (f"zh-{other.capitalize()}", f"{address}?script={other}")]
