"""The paper sizes of PDF files, with margins and font sizes."""

from __future__ import annotations

from dataclasses import dataclass

MILLIMETRE = 72 / 25.4
"""In points."""


@dataclass(frozen=True)
class Paper:
    """A paper size. The line width is a multiple of ``text``, so that Chinese characters align in columns.

    ``size`` and ``margin`` (top, sides, bottom) are in millimetres. ``text``, ``title``, ``small``, ``masthead`` and
    ``least`` (the minimum) are font sizes in points; ``leading`` is the line height relative to the font size.
    ``masthead`` and ``columns`` are for bundles. ``room`` is the width of a line, and of a line in a column, in em of
    ``text``. ``picture`` is the maximum height of a picture, ``bundled_picture`` the same in a bundle.
    """

    size: tuple[float, float]
    margin: tuple[float, float, float]
    text: float
    title: float
    small: float
    leading: float
    picture: str
    bundled_picture: str
    masthead: float
    room: tuple[float, float]
    columns: int = 1
    least: float = 0
    attaches: bool = False
    """Whether the Markdown of an article is attached to the PDF. Files for phones omit it, because they must be
    small."""

    @property
    def text_height(self) -> float:
        """The height of a page without its margins, in points."""
        return (self.size[1] - self.margin[0] - self.margin[2]) * MILLIMETRE

    @property
    def text_width(self) -> float:
        """The width of a line, in points."""
        return self.room[0] * self.text


PAPERS = {
    "a4": Paper((210, 297), (25, 27.4, 27), 11, 21, 9, 1.75, "120mm", "90mm", 54, (40, 21), columns=2, attaches=True),
    "phone": Paper((90, 160), (9, 6.1, 10), 10.5, 16, 7.5, 1.65, "100mm", "70mm", 30, (21, 21)),
    "a6": Paper((105, 148), (11, 10.6, 13), 9.5, 15, 7, 1.65, "90mm", "64mm", 28, (25, 25)),
    "large": Paper(
        (210, 297), (20, 19.2, 22), 18, 28, 18, 1.65, "150mm", "120mm", 60, (27, 27), least=18, attaches=True
    ),
}
