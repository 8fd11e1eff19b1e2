"""Headlines of the front page and of section pages: one lead article, a rule between days, thumbnails.

The result does not depend on the day of the request, so pages can be cached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date
from flask import Flask

from ... import urls
from ...media.images import Picture
from ...models import ALL, TOP, Collection, Teaser, format_minute, has_time, is_dated
from .. import services
from ..article_page.responsive_images import PagePicture, sources_of
from ..requests.request_context import gettext, request_context
from .current_site import shown_site

LEAD_DAYS = 3
"""The lead of a list is at most this many days older than the newest article."""

LEAD_WIDTHS = "(min-width:64rem) 36rem,38rem"
"""``sizes`` of the lead's picture on screens wider than a phone's; the widths are those in static/css/front.css."""

_ADDRESS = re.compile(r"/media/([0-9a-f]{16})-(\d+)\.jpg")


@dataclass(frozen=True)
class Thumbnail:
    """The URL paths of a thumbnail in two formats."""

    avif: str
    jpeg: str


@dataclass(frozen=True)
class ListedHeadline:
    """A headline in a list. ``day`` is empty if the previous headline has the same day.

    ``facts`` are section, source and a note of corrections. ``is_alone``: no other headline has the same day. A lead
    has a ``summary`` and may have a ``picture``; other headlines may have a ``thumbnail``.
    """

    teaser: Teaser
    day: str
    time: str
    facts: tuple[str, ...]
    is_lead: bool = False
    summary: str = ""
    picture: PagePicture | None = None
    thumbnail: Thumbnail | None = None
    is_alone: bool = False


def with_lead_first(collection: Collection, newest: Sequence[Teaser]) -> list[Teaser]:
    """*newest*, the first page of the collection, with its lead moved to the beginning.

    The lead is the newest article marked ``top``, else the newest with a picture, if it is at most LEAD_DAYS older than
    the newest article. Otherwise the order stays.
    """
    lead = next((teaser for teaser in _candidates(collection, newest) if _is_new(teaser, newest)), None)
    return [lead, *(teaser for teaser in newest if teaser.slug != lead.slug)] if lead else list(newest)


def _candidates(collection: Collection, newest: Sequence[Teaser]) -> Iterator[Teaser]:
    yield from services().catalog.latest(TOP, *([] if collection == ALL else [collection]), limit=1)
    if request_context().shows_pictures_in_lists:
        yield from (teaser for teaser in newest if teaser.picture)


def _is_new(teaser: Teaser, newest: Sequence[Teaser]) -> bool:
    return is_dated(teaser.published) and newest[0].published - teaser.published <= timedelta(days=LEAD_DAYS)


def headlines_of(teasers: Sequence[Teaser], has_lead: bool) -> list[ListedHeadline]:
    """The headlines in the order of *teasers*. Submits missing thumbnails for rendering in the background."""
    shows_pictures = request_context().shows_pictures_in_lists
    if request_context().shows_only_titles:
        return _with_is_alone([ListedHeadline(teaser, day, "", ()) for day, teaser in _by_day(teasers)])
    if shows_pictures:
        found = (_ADDRESS.fullmatch(teaser.picture) for teaser in teasers[has_lead:])
        services().image_renderer.submit_thumbnails(address[1] for address in found if address)
    site = shown_site().name
    return _with_is_alone(
        [
            _headline(teaser, day, site, has_lead and number == 0, shows_pictures)
            for number, (day, teaser) in enumerate(_by_day(teasers))
        ]
    )


def _with_is_alone(headlines: Sequence[ListedHeadline]) -> list[ListedHeadline]:
    """*headlines* with ``is_alone`` set on those that are the only one of their day, except a lead."""
    following = [*(bool(headline.day) for headline in headlines), True][1:]
    return [
        replace(headline, is_alone=True) if headline.day and is_last and not headline.is_lead else headline
        for headline, is_last in zip(headlines, following, strict=True)
    ]


def _headline(teaser: Teaser, day: str, site: str, is_lead: bool, shows_pictures: bool) -> ListedHeadline:
    address = _ADDRESS.fullmatch(teaser.picture) if shows_pictures else None
    return ListedHeadline(
        teaser,
        day,
        time_of_day(teaser.published),
        facts_of(teaser, site),
        is_lead,
        teaser.summary if is_lead else "",
        _lead_picture(address) if address and is_lead else None,
        _thumbnail(address) if address and not is_lead else None,
    )


def facts_of(teaser: Teaser, site: str) -> tuple[str, ...]:
    """The section, the source unless it is *site*, and a note of corrections; parts without a value are omitted."""
    source = teaser.source if teaser.source != site else ""
    return tuple(filter(None, (*teaser.section[-1:], source, gettext("corrected") if teaser.is_corrected else "")))


def _lead_picture(address: re.Match[str]) -> PagePicture:
    """The lead's picture in all sizes. Width and height are the aspect ratio to which the page crops it."""
    picture = Picture(address[1], int(address[2]), 0)
    sources = tuple(sources_of(picture, LEAD_WIDTHS))
    return PagePicture(0, "", "", picture.address, 16, 9, sources, is_first=True)


def _thumbnail(address: re.Match[str]) -> Thumbnail:
    return Thumbnail(urls.thumbnail(address[1], "avif"), urls.thumbnail(address[1], "jpg"))


def _by_day(teasers: Iterable[Teaser]) -> Iterator[tuple[str, Teaser]]:
    """(day, teaser) for each teaser. The day is empty if the previous teaser has the same, or without a date.

    The first day, and each day in another year than the previous one, includes the year.
    """
    last: date | None = None
    locale = request_context().locale
    for teaser in teasers:
        day = teaser.published.date() if is_dated(teaser.published) else None
        if day is None or day == last:
            yield "", teaser
        else:
            yield day_in_words(day, locale, last is None or day.year != last.year), teaser
            last = day


def time_of_day(at: datetime) -> str:
    """The time of day, such as ``10:40``; empty if it is unknown."""
    return f"{at:%H:%M}" if is_dated(at) and has_time(at) else ""


def time_or_day(at: datetime) -> str:
    """Day and time, such as ``2018-11-23 10:40``; empty without a date."""
    return format_minute(at) if is_dated(at) else ""


@lru_cache(maxsize=4096)
def day_in_words(day: date, locale: str, has_year: bool) -> str:
    """The day with its weekday: 2018年11月23日星期五, 11月23日星期五; Friday, November 23, 2018."""
    if locale.startswith("zh"):
        return format_date(day, "y年M月d日EEEE" if has_year else "M月d日EEEE", locale=locale)
    return format_date(day, "EEEE, MMMM d, y" if has_year else "EEEE, MMMM d", locale=locale)


def init_app(app: Flask) -> None:
    app.jinja_env.filters |= {
        "facts": facts_of,
        "time_of_day": time_of_day,
        "time_or_day": time_or_day,
    }
