"""Converts an article to Markdown with front matter. Imports the formats of article files, which is slow."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from markupsafe import Markup

from ..article_building.body_transforms import transform_body
from ..article_building.code_highlighting import without_labels
from ..article_building.undo_body_transforms import as_in_file
from ..formats.fields import front_matter
from ..formats.from_markdown import body_of
from ..formats.markdown_writer import comparable, to_html_blocks, to_markdown
from ..models import Article, Draft, is_dated
from ..sanitizer import joined, sanitize, tokens

_SIZE = re.compile(r' (?:width|height)="\d*"')
_ON_SITE = re.compile(r'(?<= src=")/(?!/)|(?<= href=")/(?!/)|(?<= poster=")/(?!/)')
_DATES = ("published", "updated")
_COPIED = {*front_matter.NAMES, "paths"} - {"draft"}


def front(article: Article, base_url: str = "") -> str:
    """The front matter between lines of ``---``. Addresses of pictures on this site begin with *base_url*."""
    values = {name: getattr(article, name) for name in _COPIED}
    values["images"] = tuple(base_url + name if name.startswith("/") else name for name in article.images)
    values |= {name: None for name in _DATES if not is_dated(values[name])}
    return front_matter.write(Draft(**values, body_html=""))


def body_markdown(article: Article, base_url: str = "") -> str:
    """The body as Markdown if reading the Markdown returns the same body; else as HTML, which Markdown may contain.

    Addresses on this site begin with *base_url*, so that another site finds the pictures.
    """
    body = _portable(without_labels(article.body), base_url)
    text = to_markdown(as_in_file(body, article.language))
    return text if _same(read_back(text, article.language), sanitize(body)) else to_html_blocks(body)


def _same(body: Markup, other: Markup) -> bool:
    """Whether the bodies are equal apart from the base URL of addresses on this site."""
    return _ON_SITE.sub("", comparable(body)) == _ON_SITE.sub("", comparable(other))


def _portable(body: Markup, base_url: str) -> Markup:
    """The body without the sizes of pictures, which are in their files, and with absolute addresses if *base_url* is
    set."""
    parts = tokens(body)
    for part in parts:
        if part.name == "img":
            part.attributes = _SIZE.sub("", part.attributes)
        part.attributes = _ON_SITE.sub(f"{base_url}/", part.attributes)
    return joined(parts)


def read_back(text: str, language: str) -> Markup:
    """The body of an article whose file contains *text*."""
    return transform_body(sanitize(body_of(text)), language, PurePosixPath())[0]
