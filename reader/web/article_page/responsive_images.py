"""The pictures of an article page: ``<picture>`` elements with srcset, or placeholders with the size in bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from flask import request
from markupsafe import Markup, escape

from ... import urls
from ...article_building.figures import caption_of
from ...chinese.scripts import SCRIPTS
from ...errors import Busy, NotFound, UnusablePicture
from ...media.images import MIMETYPES, Picture
from ...media.renditions import key_of
from ...models import Article
from .. import services
from ..pages.localized_templates import render_template
from ..requests.request_context import request_context

PHONE = 720
"""The picture width in pixels for phones with a pixel density of 2 or more. At density 3, on a screen 7 cm wide, a
picture of 720 pixels looks the same as a larger one, with half the bytes. Pages state the size of this rendition."""

NARROW, COLUMN = "(max-width:40rem)", "(min-width:64rem) 60rem,38rem"
"""The media query for screens that are as wide as the column, and ``sizes`` for pictures on wider screens."""

ALL = "all"
_NUMBERS = re.compile(r"\d{1,3}(?:,\d{1,3}){0,99}", re.ASCII)
_OURS = re.compile(r"/media/([0-9a-f]{16})-\d+\.jpg")


@dataclass(frozen=True)
class ImageSource:
    """A ``<source>`` element: one format, in the widths for the screens of the media query."""

    mimetype: str
    srcset: str
    sizes: str = ""
    media: str = ""


@dataclass(frozen=True)
class PagePicture:
    """A picture in the page. ``number`` counts from 1; ``size_bytes`` is None until it is rendered.

    ``host`` is set for a picture on another site, which is linked but not embedded, for the reader's privacy.
    ``address`` is the URL that its ``img`` loads. ``tap`` is the link of the placeholder; empty without a picture.
    """

    number: int
    alt: str
    label: str
    """The text alternative; empty if it is a file name or the picture has a caption."""
    address: str = ""
    width: int = 0
    height: int = 0
    sources: tuple[ImageSource, ...] = ()
    size_bytes: int | None = None
    host: str = ""
    tap: str = ""
    is_first: bool = False
    """Whether it is the first in the page and is loaded immediately. Others load when they are near the viewport."""


class ImageSet:
    """The pictures of one article. Submits missing renditions for rendering in the background."""

    def __init__(self, article: Article) -> None:
        digests = dict.fromkeys(_OURS.findall(" ".join((*article.images, article.body))))
        self._pictures = {digest: picture for digest in digests if (picture := _picture(digest))}
        keys = [phone_key(picture) for picture in self._pictures.values()]
        self._sizes = services().image_renderer.sizes(keys)
        self._count = 0
        self._requested = _requested()
        self._is_first_due = True
        for digest, picture in self._pictures.items():
            if phone_key(picture) not in self._sizes:
                with suppress(Busy, UnusablePicture):
                    services().image_renderer.submit(digest)

    @property
    def version(self) -> str:
        return repr((sorted(self._sizes.items()), self._requested))

    @property
    def size_bytes(self) -> int:
        """The total size of the pictures with known size."""
        return sum(self._sizes.values())

    @property
    def tap_for_all(self) -> str:
        """The link that loads all pictures; empty if the page already contains them."""
        return "" if self._requested is None or self._requested == ALL else _tap(ALL)

    def show(self, attributes: dict[str, Markup], has_caption: bool) -> Markup:
        """The HTML that replaces an ``img`` with these *attributes*."""
        self._count += 1
        label = Markup("") if has_caption else escape(caption_of(dict(attributes), ""))
        page_picture = self._page_picture(attributes["src"], attributes.get("alt", Markup("")), label)
        template = "parts/picture.html" if page_picture.sources else "parts/placeholder.html"
        self._is_first_due = self._is_first_due and not page_picture.sources
        return Markup(render_template(template, picture=page_picture))  # noqa: S704  escaped by the template

    def _is_requested(self) -> bool:
        return self._requested == ALL or str(self._count) in str(self._requested).split(",")

    def _page_picture(self, source: str, alt: str, label: str) -> PagePicture:
        ours = _OURS.fullmatch(source)
        picture = self._pictures.get(ours[1]) if ours else None
        if picture is None:
            host = urlsplit(source).hostname or ""
            return PagePicture(self._count, alt, label, host=host, tap=source if host else "")
        found = PagePicture(
            self._count,
            alt,
            label,
            picture.address,
            picture.width,
            picture.height,
            size_bytes=self._sizes.get(phone_key(picture)),
            is_first=self._is_first_due,
        )
        if self._requested is None:
            return replace(found, sources=tuple(sources_of(picture)))
        if self._is_requested():
            return replace(found, sources=tuple(_phone_sources(picture)), address=_phone_address(picture, "jpg"))
        requested = [*filter(None, self._requested.split(",")), str(self._count)]
        return replace(found, tap=f"{_tap(','.join(sorted(requested, key=int)))}#pic{self._count}")


def _requested() -> str | None:
    """The numbers in ``?pictures=``, or ALL, on a page without pictures; None if the page shows all pictures."""
    if request_context().shows_pictures:
        return None
    requested = request.args.get("pictures", "")
    return requested if requested == ALL or _NUMBERS.fullmatch(requested) else ""


def _tap(numbers: str) -> str:
    script = request.args.get("script", "")
    return f"?pictures={numbers}" + (f"&script={script}" if script in SCRIPTS else "")


def phone_key(picture: Picture) -> str:
    """The key of the AVIF rendition for phones."""
    return key_of(picture.digest, _phone_width(picture), "avif")


def _phone_width(picture: Picture) -> int:
    return max(width for width in picture.widths if width <= PHONE or width == picture.widths[0])


def _phone_address(picture: Picture, suffix: str) -> str:
    return urls.media(picture.digest, _phone_width(picture), suffix)


def _phone_sources(picture: Picture) -> Iterator[ImageSource]:
    """One rendition in each format: the one whose size the placeholder states."""
    for suffix, mimetype in MIMETYPES.items():
        yield ImageSource(mimetype, _phone_address(picture, suffix))


def sources_of(picture: Picture, column: str = COLUMN) -> Iterator[ImageSource]:
    """The ``<source>`` elements of *picture*: renditions up to PHONE pixels for phones, larger ones for wider screens.

    *column* is the ``sizes`` attribute for wider screens.
    """
    small = [width for width in picture.widths if width <= _phone_width(picture)]
    large = [width for width in picture.widths if width >= small[-1]]
    for suffix, mimetype in MIMETYPES.items():
        is_one = len(large) == 1
        yield ImageSource(mimetype, _srcset(picture, small, suffix), "100vw", "" if is_one else NARROW)
        if not is_one:
            yield ImageSource(mimetype, _srcset(picture, large, suffix), column)


def _srcset(picture: Picture, widths: Iterable[int], suffix: str) -> str:
    return ",".join(f"{urls.media(picture.digest, width, suffix)} {width}w" for width in widths)


def _picture(digest: str) -> Picture | None:
    with suppress(NotFound):
        return services().image_renderer.picture(digest)
    return None
