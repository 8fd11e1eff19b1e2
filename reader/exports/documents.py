"""A publication as templates want it: chapters with their dates and words, and the colophon of the last page."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import segno
from markupsafe import Markup

from ..model import Article, Publication
from .bodies import Body, in_parentheses
from .options import Options
from .words import gettext_of, imprint, is_chinese, long_time


@dataclass(frozen=True)
class Chapter:
    id: str
    article: Article
    body: Markup
    time: str
    imprint: list[tuple[str, str]]
    colon: str
    words: dict[str, str]


@dataclass(frozen=True)
class Colophon:
    """The end of the last page: where this comes from, which revision it is, where the latest one is."""

    facts: list[tuple[str, str]]
    colon: str
    section: str = ""
    address: str = ""
    address_shown: str = ""
    qr_label: str = ""


@dataclass(frozen=True)
class Document:
    publication: Publication
    chapters: list[Chapter]
    colophon: Colophon
    media: dict[str, bytes] = field(default_factory=dict)

    def context(self) -> dict[str, Any]:
        publication = self.publication
        return {
            "publication": publication,
            "chapters": self.chapters,
            "colophon": self.colophon,
            "kind": "one" if len(self.chapters) == 1 else "many",
            "authors": authors_of(publication),
            "description": publication.chapters[0].summary if len(self.chapters) == 1 else "",
            "keywords": list(dict.fromkeys(word for c in publication.chapters for word in (*c.section, *c.tags))),
            "created": publication.published.isoformat(),
            "modified": publication.updated.isoformat(),
        }


def authors_of(publication: Publication) -> list[str]:
    """Everybody in the bylines, or else the sources; in order, each once."""
    names = dict.fromkeys(name for chapter in publication.chapters for name in chapter.byline)
    return list(names or dict.fromkeys(chapter.source for chapter in publication.chapters if chapter.source))


def to_document(publication: Publication, options: Options) -> Document:
    chapters = []
    for number, article in enumerate(publication.chapters, 1):
        body = in_parentheses(Body(article.body, f"a{number}-", options.base_url))
        chapters.append(chapter_of(article, f"a{number}", body.html()))
    colophon = colophon_of(publication, options)
    return Document(publication, chapters, colophon, {"qr": qr_code(colophon.address)} if colophon.address else {})


def chapter_of(article: Article, name: str, body: Markup) -> Chapter:
    gettext = gettext_of(article.language)
    return Chapter(
        id=name,
        article=article,
        body=body,
        time=long_time(article.published, article.language),
        imprint=imprint(article, gettext),
        colon=colon(article.language),
        words={"editor": gettext("Editor")},
    )


def colophon_of(publication: Publication, options: Options) -> Colophon:
    gettext = gettext_of(publication.language)
    address = options.base_url and options.base_url + publication.path
    sections = {chapter.section for chapter in publication.chapters}
    return Colophon(
        facts=[(gettext("Revision"), f"{publication.version[:8]} · {publication.updated:%Y-%m-%d %H:%M}")],
        colon=colon(publication.language),
        section=" › ".join(sections.pop()) if len(sections) == 1 else "",
        address=address,
        address_shown=address,
        qr_label=gettext("Is this the latest?"),
    )


def colon(language: str) -> str:
    return "：" if is_chinese(language) else ": "


def qr_code(address: str) -> bytes:
    """An SVG whose bytes depend on the address only."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=0, xmldecl=False, svgns=True, scale=4)
    return picture.getvalue()
