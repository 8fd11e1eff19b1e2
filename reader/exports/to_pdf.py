"""PDF for paper and for phones: tagged (PDF/UA-1), outlined, set as Chinese print is."""

from __future__ import annotations

from dataclasses import dataclass

from ..model import Publication
from .documents import to_document
from .options import Options, Render

SUFFIX = "pdf"
MIMETYPE = "application/pdf"
LABEL = "PDF"


@dataclass(frozen=True)
class Paper:
    """Sizes of type in points; the line is a whole number of ``text`` wide, so that Chinese stands in columns."""

    size: str
    margin: str
    text: float
    title: float
    small: float
    leading: float = 1.75
    picture: str = "120mm"


PAPERS = {
    "a4": Paper("A4", "25mm 27.4mm 27mm", 11, 21, 9),
    "phone": Paper("90mm 160mm", "7mm 6.1mm 10mm", 10.5, 16, 7.5, leading=1.65, picture="100mm"),
    "a6": Paper("A6", "10mm 10.6mm 13mm", 9.5, 15, 7, leading=1.65, picture="90mm"),
    "large": Paper("A4", "20mm 19.2mm 22mm", 18, 28, 13, leading=1.65, picture="150mm"),
}
PAGES = tuple(PAPERS)


def export(publication: Publication, options: Options, render: Render) -> bytes:
    from .typesetting import typeset  # loads WeasyPrint, which a web process must never do

    document = to_document(publication, options)
    css = render("export/pdf.css", paper=PAPERS[options.page])
    return typeset(render("export/document.html", **document.context()), css, document.media)
