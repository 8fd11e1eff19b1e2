"""The front page of an issue in PDF: its date and number, the lead with a picture, three headlines, the contents."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from .. import urls
from ..chinese.title_lines import title_lines, width
from ..models import Publication
from ..site_identity import SitePicture
from .localization import date_with_weekday, gettext_of
from .options import Options
from .papers import Paper
from .pictures import rendered
from .publications import section_of
from .template_document import Chapter, Document

HEADLINES = 3
LEAD_CHARACTERS, HEADLINE_CHARACTERS = 130, 60
"""The longest summary of the lead, and of a headline story."""
LOGO = "masthead.jpg"
WIDEST_SIGN = 1.5
"""The largest ratio of width to height of a logo beside the name. A wider logo is above the name."""
LOGO_EMS, NAME_SPACING = 1.3, 0.12
"""The width of a logo beside the name with the space after it, and the letter spacing of the name, in em of the
name."""

_ISSUE = re.compile(re.escape(urls.ISSUES) + r"(\d{4}-\d\d-\d\d)/?")
_PICTURE = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r'(src|alt)="([^"]*)"')


@dataclass(frozen=True)
class FrontStory:
    """A story on the front page. ``picture`` and ``alt`` are the address and alternative text of its first picture, or
    empty."""

    chapter: Chapter
    text: str
    picture: str = ""
    alt: str = ""


@dataclass(frozen=True)
class FrontPage:
    """The front page of an issue. ``facts`` are for the line below the name: date with weekday, number, site address.

    An issue with one story has no lead, headlines and contents; the story follows. ``page`` is the text before and
    after a page number. ``logo`` is the address of the site's logo, or empty; it is ``beside`` the name or above it.
    """

    facts: list[str]
    lead: FrontStory | None
    headlines: list[FrontStory]
    contents: str
    page: tuple[str, str]
    logo: str
    beside: bool


def day_of_issue(publication: Publication) -> date | None:
    """The day of an issue; None for any other publication."""
    found = _ISSUE.fullmatch(publication.path)
    return date.fromisoformat(found[1]) if found else None


def front_page_of(document: Document, options: Options, pictures: str) -> FrontPage | None:
    """The front page of an issue; None for any other publication. *pictures* is the prefix of picture addresses."""
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
        lead=_story(lead, LEAD_CHARACTERS) if len(document.chapters) > 1 else None,
        headlines=[_story(chapter, HEADLINE_CHARACTERS) for chapter in _others(document.chapters, lead)],
        contents=gettext("In this issue"),
        page=(before, after),
        logo=pictures + LOGO if options.site.logo else "",
        beside=_is_square(options.site.logo),
    )


def masthead_size(name: str, front: FrontPage | None, paper: Paper) -> float:
    """The font size of the site's name in points: the largest at which it fits in one line, at most ``paper.masthead``
    and at least half of that."""
    fitting = _room_for_name(front, paper) / (width(name) * (1 + NAME_SPACING) or 1)
    return round(max(paper.masthead / 2, min(paper.masthead, fitting)), 1)


def masthead_lines(name: str, front: FrontPage | None, paper: Paper, size: float) -> list[str]:
    """The site's name at a font size of *size* points; a name of several lines is broken as titles are."""
    return title_lines(name, _room_for_name(front, paper) / (size * (1 + NAME_SPACING)))


def _room_for_name(front: FrontPage | None, paper: Paper) -> float:
    return paper.text_width - (paper.masthead * LOGO_EMS if front and front.beside else 0.0)


def _is_square(logo: SitePicture | None) -> bool:
    return logo is not None and 0 < logo.width <= WIDEST_SIGN * logo.height


def logo_of(front: FrontPage | None, options: Options) -> dict[str, bytes]:
    """The logo by its name in the file; empty if the site has none, or if it cannot be rendered."""
    if front is None or not front.logo or options.site.logo is None:
        return {}
    content = rendered(options.site.logo.address, options)
    return {LOGO: content} if content else {}


def _lead(chapters: Sequence[Chapter]) -> Chapter:
    """The story that an editor marked as lead, else the first story with a picture, else the first story."""
    marked = next((chapter for chapter in chapters if chapter.article.top), None)
    return marked or next((chapter for chapter in chapters if _picture_of(chapter.body)), chapters[0])


def _others(chapters: Sequence[Chapter], lead: Chapter) -> list[Chapter]:
    """The headline stories, from as many sections as possible: the first story of each section, then others in
    order."""
    others = [chapter for chapter in chapters if chapter is not lead]
    first = {section_of(chapter.article): chapter for chapter in reversed(others)}
    leading = [chapter for chapter in others if first[section_of(chapter.article)] is chapter]
    return [*leading, *(chapter for chapter in others if chapter not in leading)][:HEADLINES]


def _story(chapter: Chapter, most: int) -> FrontStory:
    summary = chapter.article.summary
    text = summary if len(summary) <= most else summary[: most - 1].rstrip("，、；：,;: ") + "…"
    return FrontStory(chapter, text, *_picture_of(chapter.body))


def _picture_of(body: Markup) -> tuple[str, ...]:
    """(address, alternative text) of the first photograph (JPEG) in a body; empty if there is none."""
    for picture in _PICTURE.findall(body):
        found = dict(_ATTRIBUTE.findall(picture))
        if found.get("src", "").endswith(".jpg") and "class=" not in picture:
            return found["src"], html.unescape(found.get("alt", ""))
    return ()
