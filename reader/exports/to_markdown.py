"""Exports Markdown with front matter. Importing the file creates the same article."""

from __future__ import annotations

import re

from ..article_corrections import line_of
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
    from .article_markdown import body_markdown, front  # imports the article formats, which other exports do not need

    base_url = options.base_url
    if len(publication.chapters) == 1:
        [article] = publication.chapters
        return f"{front(article, base_url)}\n{body_markdown(article, base_url)}".encode()
    stories = [
        f"# {article.title}\n\n{_corrections(article)}{body_markdown(article, base_url)}"
        for article in publication.chapters
    ]
    return "\n\n".join([f"# {publication.title}", *stories]).encode()


def _corrections(article: Article) -> str:
    gettext = gettext_of(article.language)
    lines = (line_of(correction, article.published, gettext) for correction in article.corrections)
    return "".join(f"> {_SIGN.sub(_ESCAPED, line)}\n\n" for line in lines)
