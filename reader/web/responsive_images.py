"""The pictures of an article page: ``<picture>`` elements with srcset, or placeholders with the size in bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from .. import urls
from ..errors import Busy, NotFound, UnusablePicture
from ..media.images import MIMETYPES, Picture
from ..media.renditions import key_of
from ..models import Article
from . import services
from .localized_templates import render_template
from .request_context import request_context

PHONE = 720
"""The width that a phone with 2× pixel density loads. Placeholders show the size of this rendition."""

_OURS = re.compile(r"/media/([0-9a-f]{16})-\d+\.jpg")


@dataclass(frozen=True)
class ImageSource:
    """A ``<source>`` element: one format in every width."""

    mimetype: str
    srcset: str


@dataclass(frozen=True)
class PagePicture:
    """A picture in the page. ``number`` counts from 1; ``size_bytes`` is None until it is rendered.

    ``host`` is set for a picture on another site, which is linked but not embedded, for the reader's privacy.
    """

    number: int
    alt: str
    address: str
    width: int = 0
    height: int = 0
    sources: tuple[ImageSource, ...] = ()
    size_bytes: int | None = None
    host: str = ""


class ImageSet:
    """The pictures of one article. Submits missing renditions for rendering in the background."""

    def __init__(self, article: Article) -> None:
        digests = dict.fromkeys(_OURS.findall(" ".join((*article.images, article.body))))
        self._pictures = {digest: picture for digest in digests if (picture := _picture(digest))}
        keys = [phone_key(picture) for picture in self._pictures.values()]
        self._sizes = services().image_renderer.sizes(keys)
        self._count = 0
        for digest, picture in self._pictures.items():
            if phone_key(picture) not in self._sizes:
                with suppress(Busy, UnusablePicture):
                    services().image_renderer.submit(digest)

    @property
    def version(self) -> str:
        return repr(sorted(self._sizes.items()))

    @property
    def size_bytes(self) -> int:
        """The total size of the pictures with known size."""
        return sum(self._sizes.values())

    def show(self, attributes: Mapping[str, str]) -> Markup:
        """The HTML that replaces an ``img`` with these *attributes*."""
        self._count += 1
        template = "parts/picture.html" if request_context().shows_pictures else "parts/placeholder.html"
        shown = self._shown(attributes["src"], attributes.get("alt", ""))
        if not shown.sources:
            template = "parts/placeholder.html"
        return Markup(render_template(template, picture=shown))  # noqa: S704  escaped by the template

    def _shown(self, source: str, alt: str) -> PagePicture:
        ours = _OURS.fullmatch(source)
        picture = self._pictures.get(ours[1]) if ours else None
        if picture is None:
            host = urlsplit(source).hostname or ""
            return PagePicture(self._count, alt, source if host else "", host=host)
        return PagePicture(
            self._count,
            alt,
            picture.address,
            picture.width,
            picture.height,
            tuple(ImageSource(mimetype, _srcset(picture, suffix)) for suffix, mimetype in MIMETYPES.items()),
            self._sizes.get(phone_key(picture)),
        )


def phone_key(picture: Picture) -> str:
    return key_of(
        picture.digest, max(width for width in picture.widths if width <= PHONE or width == picture.widths[0]), "avif"
    )


def _srcset(picture: Picture, suffix: str) -> str:
    return ",".join(f"{urls.media(picture.digest, width, suffix)} {width}w" for width in picture.widths)


def _picture(digest: str) -> Picture | None:
    with suppress(NotFound):
        return services().image_renderer.picture(digest)
    return None
