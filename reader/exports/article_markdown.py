"""An article as Markdown with front matter. Loads the formats of article files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from markupsafe import Markup

from ..article_building.body_transforms import set_body
from ..article_building.code_highlighting import without_labels
from ..article_building.figures import without_figures
from ..formats import front_matter
from ..formats.from_markdown import body_of
from ..formats.markdown_writer import HEADINGS, comparable, to_markdown
from ..models import Article, Draft, is_dated
from ..sanitizer import joined, sanitize, tokens

_ID = re.compile(r' id="[^"]*"')
_DATES = ("published", "updated")
_COPIED = {*front_matter.NAMES, "paths"} - {"draft"}


def front(article: Article) -> str:
    values = {name: getattr(article, name) for name in _COPIED}
    values |= {name: None for name in _DATES if not is_dated(values[name])}
    return front_matter.write(Draft(**values, body_html=""))


def body_markdown(article: Article) -> str:
    """The body as Markdown if it reads back the same, else as HTML, which Markdown may contain."""
    body = without_labels(article.body)
    text = to_markdown(_without_own_names(without_figures(body, article.language), article.language))
    return text if comparable(read_back(text, article.language)) == comparable(body) else f"{body}\n"


def _without_own_names(body: Markup, language: str) -> Markup:
    """The body without generated heading ids, which are generated again on reading; other ids are unchanged."""
    parts = tokens(body)
    headings = [part for part in parts if part.name in HEADINGS and not part.end]
    named = [part.attributes for part in headings]
    for part in headings:
        part.attributes = _ID.sub("", part.attributes)
    given = tokens(set_body(joined(parts), language, PurePosixPath())[0])
    again = [part.attributes for part in given if part.name in HEADINGS and not part.end]
    for part, before, after in zip(headings, named, again, strict=True):
        part.attributes = part.attributes if before == after else before
    return joined(parts)


def read_back(text: str, language: str) -> Markup:
    """The body of an article whose file contains *text*."""
    return set_body(sanitize(body_of(text)), language, PurePosixPath())[0]
