"""Markdown with front matter: imported again, it gives the same article."""

from __future__ import annotations

from dataclasses import fields
from pathlib import PurePosixPath

from markupsafe import Markup

from ..editing.body import set_body
from ..formats import front_matter
from ..formats.from_markdown import body_of
from ..formats.markdown_writer import to_markdown
from ..models import Article, Draft, Publication
from ..sanitizer import sanitize
from .options import Options, Render

SUFFIX = "md"
MIMETYPE = "text/markdown"
LABEL = "Markdown"
PAGES: tuple[str, ...] = ()
SAMPLE = b"title: "

_COPIED = {f.name for f in fields(Draft)} - {"body_html", "draft"}


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    if len(publication.chapters) == 1:
        return f"{front(publication.chapters[0])}\n{written(publication.chapters[0])}".encode()
    stories = [f"# {article.title}\n\n{written(article)}" for article in publication.chapters]
    return "\n\n".join([f"# {publication.title}", *stories]).encode()


def front(article: Article) -> str:
    values = {name: getattr(article, name) for name in _COPIED}
    return front_matter.write(Draft(**values, body_html=""))


def written(article: Article) -> str:
    """Markdown that reads back as the body; else the HTML itself, which Markdown may hold."""
    text = to_markdown(article.body)
    return text if read_back(text, article.language) == article.body else f"{article.body}\n"


def read_back(text: str, language: str) -> Markup:
    """The body an article would have whose file holds *text*."""
    return set_body(sanitize(body_of(text)), language, PurePosixPath())[0]
