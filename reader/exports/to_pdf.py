"""PDF for paper and for phones: tagged (PDF/UA-1), with an outline, in the style of Chinese print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..chinese.title_lines import title_lines
from ..models import Publication, is_dated
from .body_tree import Body, number_lists, ruby_to_parentheses
from .document_model import qr_code, to_document
from .footnotes import at_the_foot
from .formula_drawing import draw_formulas
from .front_page import front_page_of, logo_of
from .options import Options, Render
from .pictures import kept
from .table_layout import fit_tables
from .tall_pictures import divide_tall_pictures

if TYPE_CHECKING:
    from .weasyprint.pdf_rendering import AttachedFile

SUFFIX = "pdf"
MIMETYPE = "application/pdf"
LABEL = "PDF"


@dataclass(frozen=True)
class Paper:
    """Font sizes in points. The line width is a multiple of ``text``, so that Chinese characters align in columns.

    ``masthead`` and ``columns`` are for bundles; ``least`` is the minimum font size. ``room`` is the width of a line
    and of a line in a column, in em. ``front_picture`` is the most of the height of the lead's picture; the front page
    of an issue of at most ``front_stories`` stands alone, and a longer one runs on into the stories.
    """

    size: str
    margin: str
    text: float
    title: float
    small: float
    leading: float
    picture: str
    masthead: float
    room: tuple[float, float]
    columns: int = 1
    least: float = 0
    front_picture: str = "50mm"
    front_stories: int = 0
    attaches: bool = False
    """Whether the Markdown of an article is attached: not to what is made for phones, which would be larger for it."""


PAPERS = {
    "a4": Paper(
        "A4", "25mm 27.4mm 27mm", 11, 21, 9, 1.75, "120mm", 54, (40, 21), columns=2, front_stories=8, attaches=True
    ),
    "phone": Paper("90mm 160mm", "9mm 6.1mm 10mm", 10.5, 16, 7.5, 1.65, "100mm", 30, (21, 21), front_picture="40mm"),
    "a6": Paper("A6", "11mm 10.6mm 13mm", 9.5, 15, 7, 1.65, "90mm", 28, (25, 25), front_picture="40mm"),
    "large": Paper("A4", "20mm 19.2mm 22mm", 18, 28, 18, 1.65, "150mm", 60, (27, 27), least=18, attaches=True),
}
PAGES = tuple(PAPERS)
SAMPLE = b"%PDF-1."
BUNDLED_TITLE = 0.78
"""Size of the titles of articles in a bundle, to that of the title of a single article."""
LEAD_TITLE = 1.2
"""The same of the lead on a front page."""
STORY_SIZE, STORY_TITLE = (0.31, 0.9), 1.15
"""Width of one of three stories side by side on a front page, and its font size; that of its title to its text."""
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Of the attached file of an article without a date; the day of the export would give other bytes each time."""
SMALLEST_TYPE = 7
"""Points; in tables that are wider than the paper."""


def export(publication: Publication, options: Options, render: Render) -> bytes:
    from .weasyprint.pdf_rendering import MEDIA, typeset  # loads WeasyPrint, which a web process must not do

    drawn: dict[str, bytes] = {}
    paper, many = PAPERS[options.page], len(publication.chapters) > 1
    of_body = _of_many if many else _of_one

    def prepared(body: Body) -> Markup:
        room = paper.room[many]
        drawn.update(draw_formulas(body, MEDIA, room))
        drawn.update(divide_tall_pictures(body, MEDIA, lambda name: kept(name, options)))
        number_lists(body.root)
        fit_tables(body, room, max(SMALLEST_TYPE, paper.least) / paper.text)
        return of_body(body)

    document = to_document(publication, options, prepared, MEDIA)
    context = document.context() | {"site_name": options.site_name, "paper": paper}
    context["bundled_title"], context["lead_title"] = BUNDLED_TITLE, LEAD_TITLE
    context["title_lines"] = partial(title_lines, ems=title_ems(paper, many))
    context["front"] = front = front_page_of(document, options, MEDIA)
    context["lead_lines"] = partial(title_lines, ems=paper.room[0] * paper.text / (paper.title * LEAD_TITLE))
    address = document.colophon.address
    context["story_lines"] = partial(title_lines, ems=story_ems(paper))
    context["story_size"], context["story_title"] = STORY_SIZE, STORY_TITLE
    drawn.update(logo_of(front, options))
    media = document.media | drawn | ({"qr": qr_code(address)} if address else {})
    html, css = render("export/document.html", **context), render("export/pdf.css", **context)
    attached = _attached(publication, options, render) if paper.attaches and not many else ()
    return typeset(html, css, media, attached)


def _attached(publication: Publication, options: Options, render: Render) -> tuple[AttachedFile, ...]:
    """The article as Markdown with front matter, which imports as the same article."""
    from . import to_markdown
    from .weasyprint.pdf_rendering import AttachedFile

    [article] = publication.chapters
    moment = article.updated or article.published
    changed = moment.astimezone(UTC) if is_dated(moment) else _ANY_DAY
    content = to_markdown.export(publication, options, render)
    return (AttachedFile(f"{publication.name}.md", to_markdown.LABEL, content, changed),)


def story_ems(paper: Paper) -> float:
    """The width of a line in em of the titles of the stories below the lead."""
    share, size = STORY_SIZE if paper.columns > 1 else (1.0, 1.0)
    return paper.room[0] * share / size / STORY_TITLE


def title_ems(paper: Paper, many: bool) -> float:
    """The width of a line, or of a line in a column, in em of the titles of articles."""
    if not many:
        return paper.room[0] * paper.text / paper.title
    return paper.room[1] * paper.text * (0.9 if paper.columns > 1 else 1) / (paper.title * BUNDLED_TITLE)


def _of_one(body: Body) -> Markup:
    return at_the_foot(ruby_to_parentheses(body)).html()


def _of_many(body: Body) -> Markup:
    """Notes at the end of the story: WeasyPrint does not support footnotes in columns."""
    return ruby_to_parentheses(body).html()
