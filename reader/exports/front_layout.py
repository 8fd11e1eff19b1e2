"""How the front page of an issue fills its page: the height of the lead's picture, where contents and stories go."""

from __future__ import annotations

from dataclasses import dataclass

from .papers import Paper

LEAST_PICTURE = 0.2
"""The least height of the lead's picture, to its width."""
FLATTEST, TALLEST = 9 / 16, 3 / 4
"""The most of that: of a wide picture, whose sides are cut off, and of any other."""
MOST_CUT = 1.6
"""The most that a wide picture is enlarged."""
MOST_ROOM = 0.3
"""Of the height of a page. Where more than that is left, the stories begin on the front page."""
SLACK = 4
"""Points for what is rounded, and for the margin at the end of a column of contents, which the heights lack."""


@dataclass(frozen=True)
class FrontHeights:
    """Heights in points on a page without an end. ``picture`` is the whole picture over the full width, or 0.

    ``lead`` goes from the top of the page to the end of the lead, ``headlines`` to that of the three stories,
    ``contents`` to that of the contents.
    """

    picture: float
    lead: float
    headlines: float
    contents: float


@dataclass(frozen=True)
class FrontLayout:
    """``picture`` is the height of the lead's picture in points; 0 is its own.

    ``contents_apart``: they begin a page. ``alone``: no story begins below.
    """

    picture: float = 0
    contents_apart: bool = False
    alone: bool = False


TRIAL = FrontLayout()


def fitted(heights: FrontHeights, paper: Paper) -> FrontLayout:
    """All on one page if the picture may be that low; else lead and headlines; else the lead. Contents that do not fit
    below a picture begin a page, others run on."""
    room = paper.text_height - SLACK + heights.picture
    least, most = _bounds(heights.picture, paper.text_width)
    if heights.contents + least <= room:
        picture = min(most, room - heights.contents)
        left = room - heights.contents - picture
        return FrontLayout(picture, alone=left < MOST_ROOM * paper.text_height)
    if heights.headlines + least <= room:
        return FrontLayout(min(most, room - heights.headlines), contents_apart=heights.picture > 0)
    return FrontLayout(max(least, min(most, room - heights.lead)))


def _bounds(whole: float, width: float) -> tuple[float, float]:
    """The least and the most height of a picture that is *whole* high over the full *width*; 0 for none."""
    most = min(MOST_CUT * whole, max(FLATTEST * width, min(whole, TALLEST * width)))
    return min(LEAST_PICTURE * width, most), most
