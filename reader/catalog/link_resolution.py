"""Resolves links between files to articles, by path and then by name, whenever the article with the link is read.

Therefore a link works as soon as its target is added, and becomes plain text when the target is removed.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote

from markupsafe import Markup

from .. import urls
from ..formats import FORMATS
from ..models import Article, fingerprint, slug_of
from ..patterns import lazy_pattern
from ..sanitizer import attributes_of, escaped, to_text
from ..sanitizer.github_heading_slugs import github_name, heading_names, loose

_LINK = lazy_pattern(r'<a((?: [a-z-]+="[^"]*")*)>(.*?)</a>', re.DOTALL)
_MARK = ' href="./'
_DATED = lazy_pattern(r"\d{4}-\d{1,2}-\d{1,2}-(?=.)")
_INDEXES = frozenset({"index", "_index", "readme"})
_PAGE_SUFFIXES = frozenset({".php"})
"""Suffixes of web pages that are not article formats."""
_LANGUAGE = lazy_pattern(r"\.[a-z]{2}(?:[-_][a-z]{2,4})?$", re.IGNORECASE)


@dataclass(frozen=True)
class LinkTarget:
    """An article that a link may refer to."""

    slug: str
    path: str


TRANSLATION = "~"
"""The prefix of the name that an article shares with its translations. No link has this prefix."""

Find = Callable[[str], list[LinkTarget]]
"""Returns the visible articles with a name."""
ReadBody = Callable[[str], str]
"""Returns the body of the article with a slug."""


def link_names(path: str, article: Article) -> set[str]:
    """The names by which links may refer to the article: its path from ``/``, file name,
    slug, aliases, title, and its paths on another site."""
    folder, name = posixpath.split(path)
    whole = posixpath.splitext(name)[0]
    stem = _LANGUAGE.sub("", whole)
    names = {"/" + _folded(posixpath.join(folder, known)) for known in {whole, stem or whole}}
    short = [stem, _DATED.sub("", stem), article.slug, article.title]
    if stem.lower() in _INDEXES:
        names.add("/" + _folded(folder).strip("."))
        short = [posixpath.basename(folder), article.slug, article.title]
    for alias in article.aliases:
        names.add("/" + _folded(alias.strip("/")))
        short.append(alias.rstrip("/").rpartition("/")[2])
    names.update("/" + _folded(path) for path in article.paths)
    if article.translation:
        names.add(f"{TRANSLATION}{_folded(article.translation)}")
    return names | {_folded(slug) for name in dict.fromkeys(short) if (slug := slug_of(name))}


def with_links(article: Article, find: Find, read_body: ReadBody) -> tuple[Article, list[str]]:
    """*article* with links to the addresses of articles, and the paths of links without a target, which become plain
    text. The article's version depends on the addresses."""
    if _MARK not in article.body:
        return article, []
    found: list[str] = []
    dead: list[str] = []

    def resolve(link: re.Match[str]) -> str:
        attributes = attributes_of(link[1])
        href = unescape(attributes.get("href", ""))
        if not href.startswith("./"):
            return link[0]
        address = _address(href, find, read_body)
        found.append(address)
        if address:
            return f"<a{to_text(attributes | {'href': escaped(address)})}>{link[2]}</a>"
        dead.append(unquote(href[2:]))
        rest = {name: value for name, value in attributes.items() if name in ("id", "lang", "dir")}
        return f"<span{to_text(rest)}>{link[2]}</span>" if rest else link[2]

    body = Markup(_LINK.sub(resolve, str(article.body)))  # noqa: S704  only href changed, or the tag went
    version = fingerprint(article.version, *found)
    return replace(article, body=body, version=version), dead


def _address(href: str, find: Find, read_body: ReadBody) -> str:
    """``/a/<slug>#<id>``; empty if *href* refers to no article."""
    path, _, fragment = href[1:].partition("#")
    path = unquote(path)
    for name in _candidates(path):
        if targets := find(name):
            slug = max(targets, key=lambda target: (_common(path, target.path), [-ord(c) for c in target.slug])).slug
            return urls.article(slug) + _fragment(unquote(fragment), slug, read_body)
    return ""


def _candidates(path: str) -> Iterator[str]:
    """The names to look up for *path*, in order: paths first, then names."""
    parts = [part for part in path.split("/") if part]
    if not parts:
        return
    file = PurePosixPath(parts[-1])
    last = file.stem if file.suffix.lower() in _PAGE_SUFFIXES or file.suffix.lower() in FORMATS else parts[-1]
    yield "/" + _folded("/".join([*parts[:-1], last]))
    yield "/" + _folded("/".join(parts))
    if last.lower() in _INDEXES and len(parts) > 1:
        last = parts[-2]
        yield "/" + _folded("/".join(parts[:-1]))
    for name in dict.fromkeys((last, _LANGUAGE.sub("", last), _DATED.sub("", last))):
        if slug := slug_of(name):
            yield _folded(slug)


def _common(path: str, other: str) -> int:
    """The number of folder names that both paths contain."""
    mine, theirs = [part.lower() for part in path.split("/") if part], other.lower().split("/")
    return len(set(mine[:-1]) & set(theirs[:-1]))


def _fragment(fragment: str, slug: str, read_body: ReadBody) -> str:
    """``#`` and the id for *fragment* in the article *slug*: an id, a paragraph number or a heading; else empty."""
    if not fragment:
        return ""
    body = read_body(slug)
    if f' id="{escaped(fragment)}"' in body or re.fullmatch(r"p\d+", fragment):
        return f"#{fragment}"
    names = heading_names(body)
    name = names.get(fragment) or names.get(github_name(fragment)) or names.get(loose(fragment))
    return f"#{unescape(name)}" if name else ""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
