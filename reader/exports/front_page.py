"""The front page of an issue as PDF: its date and number, the lead with a picture, three headlines, the contents."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from .. import urls
from ..models import Publication
from .document_model import Chapter, Document
from .localization import date_with_weekday, gettext_of
from .options import Options
from .pictures import rendered
from .publications import section_of

HEADLINES = 3
LEAD_CHARACTERS, HEADLINE_CHARACTERS = 130, 60
"""The most of the first lines of a story."""
LOGO = "masthead.jpg"

_ISSUE = re.compile(re.escape(urls.ISSUES) + r"(\d{4}-\d\d-\d\d)/?")
_PICTURE = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r'(src|alt)="([^"]*)"')


@dataclass(frozen=True)
class FrontStory:
    """A story on the front page. ``picture`` and ``alt`` are those of its first picture, or empty."""

    chapter: Chapter
    text: str
    picture: str = ""
    alt: str = ""


@dataclass(frozen=True)
class FrontPage:
    """``facts`` stand in the line below the name: date with weekday, number, address of the site.

    ``page`` is what stands before and after a page number. ``logo`` is the address of the site's logo, or empty.
    """

    facts: list[str]
    lead: FrontStory
    headlines: list[FrontStory]
    contents: str
    page: tuple[str, str]
    logo: str


def day_of_issue(publication: Publication) -> date | None:
    """The day of an issue; None for any other publication."""
    found = _ISSUE.fullmatch(publication.path)
    return date.fromisoformat(found[1]) if found else None


def front_page_of(document: Document, options: Options, pictures: str) -> FrontPage | None:
    """The front page of an issue; None for any other publication. *pictures* is the prefix of pictures' addresses."""
    day, publication = day_of_issue(document.publication), document.publication
    if day is None:
        return None
    gettext, language = gettext_of(publication.language), publication.language
    lead = _lead(document.chapters)
    number = gettext("No. %(number)s") % {"number": publication.number} if publication.number else ""
    before, _, after = gettext("page %(number)s").partition("%(number)s")
    facts = [date_with_weekday(day, language), number, options.base_url.partition("://")[2]]
    return FrontPage(
        facts=[fact.strip() for fact in facts if fact],
        lead=_story(lead, LEAD_CHARACTERS),
        headlines=[_story(chapter, HEADLINE_CHARACTERS) for chapter in _others(document.chapters, lead)],
        contents=gettext("In this issue"),
        page=(before, after),
        logo=pictures + LOGO if options.site.logo else "",
    )


def logo_of(front: FrontPage | None, options: Options) -> dict[str, bytes]:
    """The logo by its name in the file; empty if the site has none, or it cannot be drawn."""
    if front is None or not front.logo or options.site.logo is None:
        return {}
    content = rendered(options.site.logo.address, options)
    return {LOGO: content} if content else {}


def _lead(chapters: Sequence[Chapter]) -> Chapter:
    """What an editor marked as lead, else the first story with a picture, else the first."""
    marked = next((chapter for chapter in chapters if chapter.article.top), None)
    return marked or next((chapter for chapter in chapters if _picture_of(chapter.body)), chapters[0])


def _others(chapters: Sequence[Chapter], lead: Chapter) -> list[Chapter]:
    """Headlines from as many sections as possible: the first story of each, then the rest in order."""
    left = [chapter for chapter in chapters if chapter is not lead]
    first = {section_of(chapter.article): chapter for chapter in reversed(left)}
    leading = [chapter for chapter in left if first[section_of(chapter.article)] is chapter]
    return [*leading, *(chapter for chapter in left if chapter not in leading)][:HEADLINES]


def _story(chapter: Chapter, most: int) -> FrontStory:
    summary = chapter.article.summary
    text = summary if len(summary) <= most else summary[: most - 1].rstrip("，、；：,;: ") + "…"
    return FrontStory(chapter, text, *_picture_of(chapter.body))


def _picture_of(body: Markup) -> tuple[str, ...]:
    """(address, alternative text) of the first photograph in a body; empty without one."""
    for picture in _PICTURE.findall(body):
        found = dict(_ATTRIBUTE.findall(picture))
        if found.get("src", "").endswith(".jpg") and "class=" not in picture:
            return found["src"], html.unescape(found.get("alt", ""))
    return ()
