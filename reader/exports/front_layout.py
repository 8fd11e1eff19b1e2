"""Computes the layout of an issue's front page: the height of the lead's picture, and the pages of contents and
stories."""

from __future__ import annotations

from dataclasses import dataclass

from .papers import Paper

LEAST_PICTURE = 0.2
"""The minimum ratio of height to width of the lead's picture."""
FLATTEST, TALLEST = 9 / 16, 3 / 4
"""The maximum of this ratio: for a wide picture, which is cropped at the sides, and for any other picture."""
MOST_CUT = 1.6
"""The largest factor by which a wide picture is enlarged before it is cropped."""
MOST_ROOM = 0.3
"""A fraction of the page height. If more than this remains free, the stories begin on the front page."""
SLACK = 4
"""Points to allow for rounding, and for the margin at the end of a column of contents, which FrontHeights omits."""


@dataclass(frozen=True)
class FrontHeights:
    """Heights in points on an infinitely long page. ``picture`` is the height of the uncropped picture at full width,
    or 0.

    ``lead`` is the height from the top of the page to the end of the lead, ``headlines`` to the end of the three
    stories, ``contents`` to the end of the contents.
    """

    picture: float
    lead: float
    headlines: float
    contents: float


@dataclass(frozen=True)
class FrontLayout:
    """The layout of a front page. ``picture`` is the height of the lead's picture in points; 0 means its own height.

    ``contents_apart``: the contents begin on a new page. ``alone``: no story begins on the front page.
    """

    picture: float = 0
    contents_apart: bool = False
    alone: bool = False


TRIAL = FrontLayout()
"""The layout with which the heights are measured."""


def fit_front_page(heights: FrontHeights, paper: Paper) -> FrontLayout:
    """The layout that puts as much as possible on one page, with a picture of at least its minimum height.

    That is lead, headlines and contents; else lead and headlines; else the lead. Contents that do not fit on the page
    begin on a new page if the lead has a picture, else they continue on the next page.
    """
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
    """The minimum and the maximum height of a picture whose height at full *width* is *whole*; 0 without a picture."""
    most = min(MOST_CUT * whole, max(FLATTEST * width, min(whole, TALLEST * width)))
    return min(LEAST_PICTURE * width, most), most
