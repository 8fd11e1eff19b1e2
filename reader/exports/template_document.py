"""A publication prepared for templates: parts with chapters, dates and labels, and the colophon."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import urls
from ..article_corrections import line_of
from ..i18n import direction_of
from ..models import Article, Publication, format_minute, is_dated
from .body_tree import Body, Heading
from .localization import gettext_of, imprint, is_chinese, long_date, long_time
from .options import Options
from .pictures import place_pictures, rendered
from .publications import section_of

CODE_WIDTH = "480"
"""The maximum width in pixels of a publisher's QR code, which is on the last page of every file."""


def day_of(publication: Publication) -> str:
    """The date of the publication in its language; empty if it has none."""
    published = publication.published
    return long_date(published.date(), publication.language) if is_dated(published) else ""


@dataclass(frozen=True)
class Chapter:
    """One article of a document.

    ``imprint`` is (label, value) of source and reporters; ``editor`` is the line below the story, or empty. ``colon``
    is the text between a label and its value. ``manner`` is the style of paragraphs: ``han`` (indents) or ``latin``
    (spacing, hyphenation). ``direction`` is ``rtl`` or empty.
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
    direction: str
    corrections: list[str]
    """The lines below the headline about corrections, newest first."""


@dataclass(frozen=True)
class Part:
    """A section of an issue. A single article is one part without a name."""

    id: str
    name: str
    chapters: list[Chapter]


@dataclass(frozen=True)
class FollowedChannel:
    """A channel of the publisher for readers to follow. ``picture`` is the address of a QR code in the file, or
    empty."""

    text: str
    link: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Colophon:
    """The last lines of the document: its revision, the address of the latest revision, and the publisher's channels.

    ``facts`` are (label, value). ``question`` is the text of the link to ``address``. ``follow`` is the heading of
    ``channels``.
    """

    facts: list[tuple[str, str]]
    colon: str
    section: str = ""
    address: str = ""
    question: str = ""
    copyright: str = ""
    follow: str = ""
    channels: tuple[FollowedChannel, ...] = ()


@dataclass(frozen=True)
class Document:
    """A publication for the templates. ``media`` has the picture files by name."""

    publication: Publication
    parts: list[Part]
    colophon: Colophon
    media: dict[str, bytes]

    @property
    def chapters(self) -> list[Chapter]:
        return [chapter for part in self.parts for chapter in part.chapters]

    def context(self) -> dict[str, Any]:
        """The variables of the templates."""
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
            "created": publication.published.isoformat() if is_dated(publication.published) else "",
            "modified": publication.updated.isoformat() if is_dated(publication.updated) else "",
            "day": day_of(publication),
            "title_lines": lambda title: [title],
            "front": None,
            "only_front": False,
            "highlighted": any(' class="h' in chapter.article.body for chapter in self.chapters),
            "formulas": any("<math" in chapter.article.body for chapter in self.chapters),
        }


Prepare = Callable[[Body], Markup]
"""The type of functions that prepare a body for a format and serialize it."""


def to_document(publication: Publication, options: Options, prepare: Prepare, pictures: str) -> Document:
    """Builds the document of *publication*. *pictures* is the prefix of picture addresses in the finished file.

    Example: ``to_document(publication, options, lambda body: body.html(), "images/").chapters[0].body``.
    """
    media: dict[str, bytes] = {}
    chapters = []
    for number, article in enumerate(publication.chapters, 1):
        body = Body(article.body, f"a{number}-", options.base_url, direction_of(article.language))
        media |= place_pictures(body, options, pictures, gettext_of(article.language))
        chapters.append(_chapter(article, f"a{number}", body, prepare))
    grouped = groupby(chapters, key=lambda chapter: section_of(chapter.article))
    named = len(chapters) > 1
    parts = [Part(f"p{n}", name if named else "", list(group)) for n, (name, group) in enumerate(grouped, 1)]
    channels, codes = followed_channels(options, pictures, publication.language)
    return Document(publication, parts, colophon_of(publication, options, channels), media | codes)


def _chapter(article: Article, name: str, body: Body, prepare: Prepare) -> Chapter:
    gettext = gettext_of(article.language)
    headings = body.headings()
    between = colon(article.language)
    return Chapter(
        id=name,
        article=article,
        body=prepare(body),
        headings=headings,
        time=long_time(article.published, article.language) if is_dated(article.published) else "",
        imprint=imprint(article, gettext),
        colon=between,
        editor=f"{gettext('Editor')}{between}{article.editor}" if article.editor else "",
        direction=direction_of(article.language),
        manner="han" if is_chinese(article.language) else "latin",
        corrections=[line_of(one, article.published, gettext) for one in article.corrections],
    )


def followed_channels(
    options: Options, pictures: str, language: str
) -> tuple[tuple[FollowedChannel, ...], dict[str, bytes]]:
    """The channels of the site and its feeds, and the QR codes by file name. *pictures* is as in ``to_document``."""
    channels: list[FollowedChannel] = []
    codes: dict[str, bytes] = {}
    for number, channel in enumerate(options.site.follow, 1):
        content = rendered(channel.picture.address, options, CODE_WIDTH) if channel.picture else b""
        name = f"follow-{number}.jpg" if content else ""
        codes |= {name: content} if name else {}
        text = colon(language).join(filter(None, (channel.name, channel.account)))
        channels.append(FollowedChannel(text, channel.link, name and pictures + name))
    if options.base_url:
        channels.append(FollowedChannel(gettext_of(language)("Subscribe"), options.base_url + urls.FEEDS))
    return tuple(channels), codes


def colophon_of(publication: Publication, options: Options, channels: tuple[FollowedChannel, ...] = ()) -> Colophon:
    gettext = gettext_of(publication.language)
    updated = format_minute(publication.updated) if is_dated(publication.updated) else ""
    return Colophon(
        facts=[(gettext("Revision"), " · ".join(filter(None, [revision_of(publication), updated])))],
        colon=colon(publication.language),
        section=" › ".join(publication.chapters[0].section) if len(publication.chapters) == 1 else "",
        address=options.base_url and options.base_url + publication.path,
        question=gettext("Check for a newer version"),
        copyright=options.site.copyright,
        follow=gettext("Follow us for more"),
        channels=channels,
    )


def revision_of(publication: Publication) -> str:
    """The first eight digits of the version. For a single article they are those of the article's version, so that its
    page can compare them."""
    single = len(publication.chapters) == 1
    return (publication.chapters[0] if single else publication).version[:8]


def authors_of(publication: Publication) -> list[str]:
    """The names in the bylines, or the sources if there are no bylines; in order, without duplicates."""
    names = unique(name for chapter in publication.chapters for name in chapter.byline)
    return names or unique(chapter.source for chapter in publication.chapters)


def unique(values: Any) -> list[str]:
    """Non-empty values in order, without duplicates."""
    return [value for value in dict.fromkeys(values) if value]


def colon(language: str) -> str:
    return "：" if is_chinese(language) else ": "


def qr_code(address: str) -> bytes:
    """A QR code of *address* as a PNG with two colors. Deterministic."""
    picture = io.BytesIO()
    import segno

    code = segno.make(address, error="m", micro=False, boost_error=False, mask=0)  # trying all masks takes 3 ms
    code.save(picture, kind="png", border=0, scale=1)
    return picture.getvalue()
