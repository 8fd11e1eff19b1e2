"""The pictures of an article as a page shows them: offered by size and format, or named with their bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import render_template
from markupsafe import Markup

from .. import urls
from ..errors import Busy, NotFound, UnusablePicture
from ..media.images import MIMETYPES, Picture
from ..media.renditions import key_of
from ..models import Article
from . import services
from .request_context import request_context

PHONE = 720
"""What a phone of double density takes; its bytes are the ones we tell."""

_OURS = re.compile(r"/media/([0-9a-f]{16})-\d+\.jpg")


@dataclass(frozen=True)
class Source:
    """One format of a picture: every width, for the browser to choose from."""

    mimetype: str
    srcset: str


@dataclass(frozen=True)
class Shown:
    """A picture in its place. ``number`` counts from 1; ``size_bytes`` is None until it has been made.

    ``host`` is set for a picture elsewhere on the web: we only link to it, so nobody else learns who reads here.
    """

    number: int
    alt: str
    address: str
    width: int = 0
    height: int = 0
    sources: tuple[Source, ...] = ()
    size_bytes: int | None = None
    host: str = ""


class ImageSet:
    """The pictures of one article; those never made are ordered, so that the next visitor is told their bytes."""

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
        """Of all pictures together, as far as known."""
        return sum(self._sizes.values())

    def show(self, attributes: Mapping[str, str]) -> Markup:
        """The HTML for an ``img`` with these *attributes*."""
        self._count += 1
        template = "parts/picture.html" if request_context().shows_pictures else "parts/placeholder.html"
        shown = self._shown(attributes["src"], attributes.get("alt", ""))
        if not shown.sources:
            template = "parts/placeholder.html"
        return Markup(render_template(template, picture=shown))  # noqa: S704  escaped by the template

    def _shown(self, source: str, alt: str) -> Shown:
        ours = _OURS.fullmatch(source)
        picture = self._pictures.get(ours[1]) if ours else None
        if picture is None:
            host = urlsplit(source).hostname or ""
            return Shown(self._count, alt, source if host else "", host=host)
        return Shown(
            self._count,
            alt,
            picture.address,
            picture.width,
            picture.height,
            tuple(Source(mimetype, _srcset(picture, suffix)) for suffix, mimetype in MIMETYPES.items()),
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
