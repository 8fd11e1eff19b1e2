"""A publication as templates want it: its parts with their chapters, dates and words, and the colophon."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import segno
from markupsafe import Markup

from ..models import Article, Publication, format_minute
from .bodies import Body, Heading
from .localization import gettext_of, imprint, is_chinese, long_date, long_time
from .options import Options
from .pictures import place_pictures
from .publications import section_of


@dataclass(frozen=True)
class Chapter:
    """``imprint`` is (label, value) of source and reporters; ``editor`` is the line below the story, or empty;
    ``manner`` is ``han`` (paragraphs are indented) or ``latin`` (they are apart, and words are hyphenated).
    """

    id: str
    article: Article
    body: Markup
    headings: list[Heading]
    time: str
    imprint: list[tuple[str, str]]
    colon: str
    editor: str
    manner: str


@dataclass(frozen=True)
class Part:
    """A section of an issue. An article alone is one part without a name."""

    id: str
    name: str
    chapters: list[Chapter]


@dataclass(frozen=True)
class Colophon:
    """The end of the last page: which revision this is, and where the latest one is."""

    facts: list[tuple[str, str]]
    colon: str
    section: str = ""
    address: str = ""
    question: str = ""


@dataclass(frozen=True)
class Document:
    publication: Publication
    parts: list[Part]
    colophon: Colophon
    media: dict[str, bytes]

    @property
    def chapters(self) -> list[Chapter]:
        return [chapter for part in self.parts for chapter in part.chapters]

    def context(self) -> dict[str, Any]:
        """The names that the templates know."""
        publication = self.publication
        return {
            "publication": publication,
            "parts": self.parts,
            "chapters": self.chapters,
            "colophon": self.colophon,
            "many": len(publication.chapters) > 1,
            "authors": authors_of(publication),
            "description": publication.chapters[0].summary if len(publication.chapters) == 1 else "",
            "keywords": unique(word for c in publication.chapters for word in (*c.section, *c.tags)),
            "created": publication.published.isoformat(),
            "modified": publication.updated.isoformat(),
            "day": long_date(publication.published.date(), publication.language),
        }


Prepare = Callable[[Body], Markup]
"""What a format does with a body before it becomes text."""


def to_document(publication: Publication, options: Options, prepare: Prepare, pictures: str) -> Document:
    """*pictures* is what the address of each picture begins with in the finished file."""
    media: dict[str, bytes] = {}
    chapters = []
    for number, article in enumerate(publication.chapters, 1):
        body = Body(article.body, f"a{number}-", options.base_url)
        media |= place_pictures(body, options, pictures, gettext_of(article.language))
        chapters.append(_chapter(article, f"a{number}", body, prepare))
    grouped = groupby(chapters, key=lambda chapter: section_of(chapter.article))
    named = len(chapters) > 1
    parts = [Part(f"p{n}", name if named else "", list(group)) for n, (name, group) in enumerate(grouped, 1)]
    return Document(publication, parts, colophon_of(publication, options), media)


def _chapter(article: Article, name: str, body: Body, prepare: Prepare) -> Chapter:
    gettext = gettext_of(article.language)
    headings = body.headings()
    between = colon(article.language)
    return Chapter(
        id=name,
        article=article,
        body=prepare(body),
        headings=headings,
        time=long_time(article.published, article.language),
        imprint=imprint(article, gettext),
        colon=between,
        editor=f"{gettext('Editor')}{between}{article.editor}" if article.editor else "",
        manner="han" if is_chinese(article.language) else "latin",
    )


def colophon_of(publication: Publication, options: Options) -> Colophon:
    gettext = gettext_of(publication.language)
    return Colophon(
        facts=[(gettext("Revision"), f"{revision_of(publication)} · {format_minute(publication.updated)}")],
        colon=colon(publication.language),
        section=" › ".join(publication.chapters[0].section) if len(publication.chapters) == 1 else "",
        address=options.base_url and options.base_url + publication.path,
        question=gettext("Check for a newer version"),
    )


def revision_of(publication: Publication) -> str:
    """Eight digits of the version: an article's own, so that its page can say whether they are the latest."""
    single = len(publication.chapters) == 1
    return (publication.chapters[0] if single else publication).version[:8]


def authors_of(publication: Publication) -> list[str]:
    """Everybody in the bylines, or else the sources; in order, each once."""
    names = unique(name for chapter in publication.chapters for name in chapter.byline)
    return names or unique(chapter.source for chapter in publication.chapters)


def unique(values: Any) -> list[str]:
    """In order, each once, none empty."""
    return [value for value in dict.fromkeys(values) if value]


def colon(language: str) -> str:
    return "：" if is_chinese(language) else ": "


def qr_code(address: str) -> bytes:
    """A PNG of two colours, whose bytes depend on the address only."""
    picture = io.BytesIO()
    code = segno.make(address, error="m", micro=False, boost_error=False, mask=0)  # all eight masks take 3 ms to judge
    code.save(picture, kind="png", border=0, scale=1)
    return picture.getvalue()
