"""What an article says of itself to machines: schema.org, OpenGraph, where its other versions are."""

from __future__ import annotations

from typing import Any

from .. import urls
from ..chinese.script import other_script
from ..models import Article


def json_ld(article: Article, site: str) -> dict[str, Any]:
    """A schema.org NewsArticle; absolute addresses only where the site has one."""
    people = [{"@type": "Person", "name": name} for name in article.byline]
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": article.published.isoformat(timespec="minutes"),
        "dateModified": article.updated.isoformat(timespec="minutes") if article.updated > article.published else None,
        "author": people or ({"@type": "Organization", "name": article.source} if article.source else None),
        "publisher": {"@type": "Organization", "name": article.source} if people and article.source else None,
        "image": site + urls.og_image(article.slug) if site else None,
    }
    return {name: value for name, value in facts.items() if value}


def scripts_of(article: Article, site: str) -> list[tuple[str, str]]:
    """(language, absolute address) of a Chinese article in both scripts; empty if there is only one to be had."""
    other = other_script(article.language)
    if not other or not site:
        return []
    address = site + urls.article(article.slug)
    return [(article.language, address), (f"zh-{other.capitalize()}", f"{address}?script={other}")]
