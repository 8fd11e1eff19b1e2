"""Markdown with front matter. Importing it gives the same article."""

from __future__ import annotations

import re

from ..corrections import line_of
from ..models import Article, Publication
from .localization import gettext_of
from .options import Options, Render

_SIGN, _ESCAPED = re.compile(r"[\\`*_\[\]<>&$]"), r"\\\g<0>"

SUFFIX = "md"
MIMETYPE = "text/markdown"
LABEL = "Markdown"
PAGES: tuple[str, ...] = ()
LINKS_PICTURES = True
SAMPLE = b"title: "


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    from .article_markdown import body_markdown, front  # loads the formats of articles, which other exports don't need

    if len(publication.chapters) == 1:
        return f"{front(publication.chapters[0])}\n{body_markdown(publication.chapters[0])}".encode()
    stories = [
        f"# {article.title}\n\n{_corrections(article)}{body_markdown(article)}" for article in publication.chapters
    ]
    return "\n\n".join([f"# {publication.title}", *stories]).encode()


def _corrections(article: Article) -> str:
    gettext = gettext_of(article.language)
    lines = (line_of(correction, article.published, gettext) for correction in article.corrections)
    return "".join(f"> {_SIGN.sub(_ESCAPED, line)}\n\n" for line in lines)
