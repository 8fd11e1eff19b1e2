"""Exports PDF for paper and for phones: tagged (PDF/UA-1), with an outline, in the style of Chinese print."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..chinese.title_lines import shortened, title_lines
from ..models import Publication, is_dated
from .body_tree import Body, number_lists, resolve_directions, ruby_to_parentheses
from .footnotes import as_page_footnotes
from .formula_drawing import draw_formulas
from .front_layout import TRIAL, fit_front_page
from .front_page import front_page_of, logo_of, masthead_lines, masthead_size
from .options import Options, Render
from .papers import PAPERS, Paper
from .pictures import export_jpeg
from .table_layout import fit_tables
from .tall_pictures import divide_tall_pictures
from .template_document import qr_code, to_document

if TYPE_CHECKING:
    from .weasyprint.pdf_rendering import AttachedFile

SUFFIX = "pdf"
MIMETYPE = "application/pdf"
LABEL = "PDF"
PAGES = tuple(PAPERS)
SAMPLE = b"%PDF-1."
BUNDLED_TITLE = 0.78
"""The font size of article titles in a bundle, relative to the title of a single article."""
LEAD_TITLE = 1.2
"""The font size of the lead's title on a front page, relative to the title of a single article."""
NAME_IN_HEAD, PART_IN_HEAD = 0.6, 0.35
"""Most of the width of a page for the name of the site and for that of the section, in the head of each page."""
STORY_SIZE, STORY_TITLE = (0.31, 0.9), 1.15
"""One of three stories side by side on a front page: its width relative to the line, its font size relative to the
text, and the font size of its title relative to its own text."""
CONTENTS_SIZE, LONG_CONTENTS_SIZE, FEW_STORIES = 0.82, 0.74, 12
"""The font size of contents in columns, relative to the text: for up to FEW_STORIES stories, and for more."""
COLUMN_GAP, NUMBER_EMS = 2.0, 2.2
"""The gap between the columns of the contents, and the width of a page number beside a title, in em of the contents."""
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""The modification date of the attached file of an article without a date. It is constant, so that the PDF is
deterministic."""
SMALLEST_TYPE = 7
"""The minimum font size in points of tables that are wider than the paper."""


def export(publication: Publication, options: Options, render: Render) -> bytes:
    from .weasyprint.pdf_rendering import (  # imports WeasyPrint, which a web process must not do
        MEDIA,
        front_heights,
        typeset,
    )

    drawn: dict[str, bytes] = {}
    paper, many = PAPERS[options.page], len(publication.chapters) > 1
    to_html = _bundle_body if many else _single_body

    def prepare(body: Body) -> Markup:
        room = paper.room[many]
        drawn.update(draw_formulas(body, MEDIA, room))
        drawn.update(divide_tall_pictures(body, MEDIA, lambda name: export_jpeg(name, options)))
        number_lists(resolve_directions(body).root)
        fit_tables(body, room, max(SMALLEST_TYPE, paper.least) / paper.text)
        return to_html(body)

    document = to_document(publication, options, prepare, MEDIA)
    context = document.context() | {"site_name": options.site_name, "paper": paper}
    context["layout"], context["only_front"] = TRIAL, False
    context["bundled_title"], context["lead_title"] = BUNDLED_TITLE, LEAD_TITLE
    context["title_lines"] = partial(title_lines, ems=title_ems(paper, many))
    context["front"] = front = front_page_of(document, options, MEDIA)
    context["contents_size"] = size = contents_size(paper, len(document.chapters))
    context["contents_lines"] = partial(title_lines, ems=contents_ems(paper, size))
    context["masthead_size"] = size_of_name = masthead_size(options.site_name, front, paper)
    context["masthead_lines"] = masthead_lines(options.site_name, front, paper, size_of_name)
    head = paper.text_width / paper.small
    context["running_name"] = shortened(options.site_name, NAME_IN_HEAD * head)
    context["running_part"] = partial(shortened, ems=PART_IN_HEAD * head)
    context["lead_lines"] = partial(title_lines, ems=paper.room[0] * paper.text / (paper.title * LEAD_TITLE))
    address = document.colophon.address
    context["story_lines"] = partial(title_lines, ems=story_ems(paper))
    context["story_size"], context["story_title"] = STORY_SIZE, STORY_TITLE
    context["number_ems"], context["column_gap"] = NUMBER_EMS, COLUMN_GAP
    drawn.update(logo_of(front, options))
    media = document.media | drawn | ({"qr": qr_code(address)} if address else {})
    css = render("export/pdf.css", **context)
    if front and front.lead:
        trial = render("export/document.html", **context | {"only_front": True})
        context["layout"] = fit_front_page(front_heights(trial, css, media, paper), paper)
    html = render("export/document.html", **context)
    attached = _markdown_attachment(publication, options, render) if paper.attaches and not many else ()
    return typeset(html, css, media, attached)


def _markdown_attachment(publication: Publication, options: Options, render: Render) -> tuple[AttachedFile, ...]:
    """The article as Markdown with front matter. Importing it creates the same article."""
    from . import to_markdown
    from .weasyprint.pdf_rendering import AttachedFile

    [article] = publication.chapters
    changed_at = article.updated or article.published
    changed = changed_at.astimezone(UTC) if is_dated(changed_at) else _ANY_DAY
    content = to_markdown.export(publication, options, render)
    return (AttachedFile(f"{publication.name}.md", to_markdown.LABEL, content, changed),)


def story_ems(paper: Paper) -> float:
    """The width of a line in the titles of the stories below the lead, in em of these titles."""
    share, size = STORY_SIZE if paper.columns > 1 else (1.0, 1.0)
    return paper.room[0] * share / size / STORY_TITLE


def contents_ems(paper: Paper, size: float) -> float:
    """The width of a title in the contents beside the page number, in em of the contents. *size* is the result of
    ``contents_size``."""
    line = paper.room[0] / size
    column = (line - COLUMN_GAP * (paper.columns - 1)) / paper.columns
    return column - NUMBER_EMS - 1  # 1 em for the dots


def contents_size(paper: Paper, stories: int) -> float:
    """The font size of the contents, relative to the text."""
    if paper.columns == 1:
        return 1.0
    return CONTENTS_SIZE if stories <= FEW_STORIES else LONG_CONTENTS_SIZE


def title_ems(paper: Paper, many: bool) -> float:
    """The width of a line in the titles of articles, in em of these titles. *many* means a bundle, which may have
    columns."""
    if not many:
        return paper.room[0] * paper.text / paper.title
    return paper.room[1] * paper.text * (0.9 if paper.columns > 1 else 1) / (paper.title * BUNDLED_TITLE)


def _single_body(body: Body) -> Markup:
    return as_page_footnotes(ruby_to_parentheses(body)).html()


def _bundle_body(body: Body) -> Markup:
    """The body with its notes at the end, because WeasyPrint does not support footnotes in columns."""
    return ruby_to_parentheses(body).html()
