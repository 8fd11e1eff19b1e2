"""Pictures: measured, checked, and made smaller; bytes in, bytes out.

A picture is known by its digest. An article's body names it ``/media/<digest>-<width>.jpg``, with its width and
height, so a page can be set, a feed read and a version told without opening the file again (``link_pictures``).
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from markupsafe import Markup
from PIL import Image, ImageCms, ImageOps

from .. import urls
from ..errors import UnusablePicture
from ..i18n import Message
from ..models import Article
from ..sanitizer import attributes_of, to_text
from ..storage.regular_files import open_regular

log = logging.getLogger(__name__)

WIDTHS = (360, 720, 1080)
"""CSS pixels of a phone, a phone of double density, a tablet."""

MIMETYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
"""Best first: a browser takes the first it knows."""

MOST_PIXELS = 50_000_000
SIDE_LIMIT = 16_000

_READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
_WRITTEN: dict[str, dict[str, object]] = {
    "avif": {"format": "AVIF", "quality": 52, "speed": 7},
    "webp": {"format": "WEBP", "quality": 68, "method": 4},
    "jpg": {"format": "JPEG", "quality": 72, "optimize": True, "progressive": True},
}
_IMAGE = re.compile(r"<img( [^>]*)>")


@dataclass(frozen=True)
class Picture:
    """``width`` and ``height`` are of the picture upright; ``widths`` what it is offered in, never more than it has."""

    digest: str
    width: int
    height: int

    @property
    def widths(self) -> tuple[int, ...]:
        widest = min(self.width, WIDTHS[-1])
        return (*(width for width in WIDTHS if width < widest), widest)

    @property
    def address(self) -> str:
        """The one that every browser and feed reader can show."""
        return urls.media(self.digest, self.widths[-1], "jpg")


def measure(file: BinaryIO) -> Picture:
    """Reads the head for the size, and streams the rest once for the digest. Raises UnusablePicture."""
    with _opened(file) as image:
        width, height = image.size if _orientation(image) < 5 else image.size[::-1]
    return Picture(_digest(file), width, height)


def _orientation(image: Image.Image) -> int:
    """EXIF tag 0x0112: 5 to 8 are on their side. Of what is known without decoding; a broken one counts as upright."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(Image.Image.getexif(image).get(0x0112, 1))  # not PngImageFile's, which decodes the picture first
    except Exception as error:  # noqa: BLE001 Pillow's readers of EXIF raise whatever the bytes make of them
        log.info("broken EXIF was ignored: %r", error)
    return 1


def _digest(file: BinaryIO) -> str:
    """What ``fingerprint`` says of the whole content, without holding it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    digest = hashlib.sha256(b"%d:" % size)
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()[:16]


def derive(content: bytes, width: int, suffix: str, **changes: object) -> bytes:
    """*content* at most *width* wide: upright, in sRGB, without metadata. Raises UnusablePicture.

    *changes* go to Pillow's ``save``: a PDF takes ``derive(content, 1240, "jpg", quality=70)``.
    """
    with _opened(io.BytesIO(content)) as image:
        try:
            if image.size[0] > 2 * width:
                image.draft(None, (width * 2, width * 2))
            small = _shrunk(_in_srgb(ImageOps.exif_transpose(image)), width)
        except Exception as error:  # as above
            raise UnusablePicture(_broken(error)) from error
    if suffix == "jpg":
        small = _on_white(small)
    target = io.BytesIO()
    small.save(target, **(_WRITTEN[suffix] | changes))  # type: ignore[arg-type]
    return target.getvalue()


def _broken(error: Exception) -> Message:
    """Pillow says "truncated" of a file that ends too early; anything else is damage."""
    if "truncated" in str(error).lower():
        return Message("image is truncated")
    return Message("image is damaged: %(error)s", error=error)


def _opened(file: BinaryIO) -> Image.Image:
    """Refuses what would unpack into more than a picture has a right to, before it is unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures, judged below, and of broken metadata
            image = Image.open(file, formats=_READ)
    except Image.DecompressionBombError as error:
        raise UnusablePicture(Message("picture has more than %(most)s pixels", most=f"{MOST_PIXELS:,}")) from error
    except Exception as error:  # Pillow's readers raise whatever broken bytes make of them
        raise UnusablePicture(
            Message("not a picture in a supported format (JPEG, PNG, GIF, WebP, AVIF, BMP, TIFF)")
        ) from error
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > SIDE_LIMIT:
        image.close()
        raise UnusablePicture(
            Message(
                "picture is too large: %(size)s; the limit is %(most)s pixels, and %(side)s on one side",
                size=f"{width} × {height}",
                most=f"{MOST_PIXELS:,}",
                side=f"{SIDE_LIMIT:,}",
            )
        )
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGB or RGBA; a wide colour profile is applied, as it will not be sent along."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            log.info("a colour profile that cannot be applied was dropped")
    return image.convert(mode)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _shrunk(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


Keep = Callable[[Picture, Path], None]
"""Told of each picture found, and of the file it is in."""


def link_pictures(article: Article, articles: Path, keep: Keep, limit_bytes: int = 40_000_000) -> Article:
    """*article* with its pictures by digest and true size, so that its version changes when a picture does.

    Editing has made their addresses relative to *articles*; what is no picture there stays as it is, with a warning.
    """

    @cache
    def find(path: str) -> Picture | None:
        return _found(path, articles, keep, limit_bytes)

    def placed(tag: re.Match[str]) -> str:
        attributes = attributes_of(tag[1])
        found = find(unquote(unescape(attributes.get("src", ""))))
        if found is None:
            return tag[0]
        true = {"src": found.address, "width": str(found.width), "height": str(found.height)}
        return f"<img{to_text(attributes | true)}>"

    if not article.images and "<img" not in article.body:
        return article
    body = Markup(_IMAGE.sub(placed, article.body))  # noqa: S704  only src, width and height changed
    pictures = [(path, find(path)) for path in article.images]
    images = tuple(picture.address if picture else path for path, picture in pictures)
    return replace(article, body=body, images=images, version="")


def _found(path: str, articles: Path, keep: Keep, limit_bytes: int) -> Picture | None:
    """None, and the reason in the log, for whatever is no picture: it never costs the article."""
    file = articles / path
    try:
        file = Path(os.path.realpath(file))  # unlike Path.resolve, it raises nothing for a loop of links
        if urlsplit(path).scheme or not file.is_relative_to(articles.resolve()):
            return None
        with open_regular(file, limit_bytes) as content:
            picture = measure(content)
        keep(picture, file)
    except (OSError, ValueError, UnusablePicture) as error:
        log.warning("%s: %s", file, getattr(error, "strerror", None) or error)
        return None
    return picture
