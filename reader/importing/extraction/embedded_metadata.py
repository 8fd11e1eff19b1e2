"""The machine-readable metadata of a page: schema.org (JSON-LD and microdata), OpenGraph and ``<meta>`` tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

from ...formats.json_reader import read_json

ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|NewsStory|WebPage$")

META_NAMES = {
    "title": ("og:title", "twitter:title", "articletitle", "dc.title", "title"),
    "summary": ("og:description", "description", "twitter:description", "dc.description"),
    "published": (
        "article:published_time", "og:article:published_time", "datepublished", "pubdate", "publishdate",
        "publish_date", "publish-date", "og:published_time", "og:pubdate", "date", "dc.date", "dc.date.issued",
        "sailthru.date", "parsely-pub-date", "weibo:article:create_at", "og:time", "og:release_date",
        "article_date_original", "cxenseparse:recs:publishtime",
    ),
    "updated": (
        "article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified", "dateupdate",
        "weibo:article:update_at", "article:updated_time",
    ),
    "author": (
        "author", "article:author", "byl", "parsely-author", "sailthru.author", "dc.creator", "og:article:author",
    ),
    "source": ("source", "contentsource", "mediaid", "copyright-holder", "og:article:source"),
    "editor": ("editor", "responsibleeditor"),
    "section": ("article:section", "og:section", "columnname", "section", "parsely-section"),
    "tags": ("keywords", "news_keywords", "article:tag", "parsely-tags", "sailthru.tags"),
    "image": ("og:image", "og:image:url", "twitter:image", "twitter:image:src", "image"),
    "address": ("og:url",),
    "language": ("og:locale", "content-language"),
    "site": ("og:site_name", "application-name", "sitename"),
}  # fmt: skip
"""Field to the names of its ``<meta>`` tags, best first; compared without case and spaces."""


def meta_fields(root: HtmlElement) -> dict[str, str]:
    """The values of ``<meta>`` tags by field. The values of a repeated tag are joined with commas."""
    contents: dict[str, list[str]] = {}
    for tag in root.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop") or tag.get("http-equiv") or ""
        value = (tag.get("content") or "").strip()
        if name and value:
            contents.setdefault(re.sub(r"\s", "", name).lower(), []).append(value)
    fields: dict[str, str] = {}
    for field, names in META_NAMES.items():
        for name in names:
            if name in contents and field not in fields:
                fields[field] = ",".join(dict.fromkeys(contents[name])) if field == "tags" else contents[name][0]
    return fields


def schema_fields(root: HtmlElement) -> dict[str, Any]:
    """The values of schema.org by field. JSON-LD takes precedence over microdata."""
    things = [thing for script in root.iter("script") for thing in _json_things(script)]
    articles = [thing for thing in things if ARTICLE_TYPES.search(str(thing.get("@type", "")))]
    articles.sort(key=lambda thing: str(thing.get("@type")) == "WebPage")
    fields: dict[str, Any] = {}
    for thing in articles:
        for field, value in _article_fields(thing).items():
            if value:
                fields.setdefault(field, value)
    for thing in things:
        if thing.get("@type") == "BreadcrumbList":
            fields.setdefault("section", _crumbs(thing))
    for field, value in _microdata(root).items():
        fields.setdefault(field, value)
    return fields


def _json_things(script: HtmlElement) -> Iterator[Mapping[str, Any]]:
    if "ld+json" not in (script.get("type") or ""):
        return
    text = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[)|(?:-->|//\]\]>)\s*$", "", script.text or "")
    try:
        yield from _flatten(read_json(text, strict=False))
    except ValueError:
        return


def _flatten(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item)
    elif isinstance(value, dict):
        yield value
        yield from _flatten(value.get("@graph", []))
        yield from _flatten(value.get("mainEntity", []))


def _article_fields(thing: Mapping[str, Any]) -> dict[str, Any]:
    section = thing.get("articleSection")
    return {
        "title": _text(thing.get("headline")),
        "summary": _text(thing.get("description")),
        "published": _text(thing.get("datePublished") or thing.get("pubDate")),
        "updated": _text(thing.get("dateModified") or thing.get("upDate")),
        "author": _names(thing.get("author")),
        "editor": _names(thing.get("editor")),
        "tags": _names(thing.get("keywords")),
        "section": tuple(_names(section)) if isinstance(section, list) else (_text(section),) if _text(section) else (),
        "image": _image(thing.get("image") or thing.get("images")),
        "body": _text(thing.get("articleBody")),
        "language": _text(thing.get("inLanguage")),
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    return [_text(value)] if _text(value) else []


def _image(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or ""
    return value if isinstance(value, str) else ""


def _crumbs(thing: Mapping[str, Any]) -> tuple[str, ...]:
    items = thing.get("itemListElement")
    items = items if isinstance(items, list) else []
    names = [_text(item.get("name")) or _text(item.get("item")) for item in items if isinstance(item, dict)]
    return tuple(name for name in names if name)


def _microdata(root: HtmlElement) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    wanted = {"headline": "title", "datePublished": "published", "dateModified": "updated", "author": "author"}
    for element in root.xpath("//*[@itemprop]"):
        for name in element.get("itemprop").split():
            if name in wanted and wanted[name] not in fields:
                value = element.get("content") or element.get("datetime") or " ".join(element.text_content().split())
                if value and len(value) < 300:
                    fields[wanted[name]] = [value] if name == "author" else value
    return fields
