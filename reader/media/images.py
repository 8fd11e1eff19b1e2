"""Measures, checks and resizes pictures. Bytes in, bytes out.

A picture is identified by its digest. The body of an article refers to ``/media/<digest>-<width>.jpg`` and has the
picture's width and height (``link_pictures``), so page layout, feeds and the article's version do not open the file.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO
from urllib.parse import unquote

from markupsafe import Markup
from PIL import Image, ImageCms, ImageOps

from .. import urls
from ..errors import UnusablePicture
from ..i18n import Message
from ..models import Article
from ..sanitizer import attributes_of, sanitize, to_text
from ..storage.regular_files import open_real, open_regular
from .picture_lookup import PictureFinder
from .svg import is_svg, svg_size, svg_to_png

log = logging.getLogger(__name__)

WIDTHS = (360, 720, 1080)
"""The widths of renditions in pixels: for a phone, a phone with 2× pixel density, and a tablet."""

MIMETYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
"""Media type by suffix, smallest files first: a browser uses the first format it supports."""

EXPORTED_WIDTH, EXPORTED_QUALITY = 1240, 70
"""Width in pixels (an A4 column at 200 dpi) and JPEG quality of pictures in exported files. WeasyPrint embeds a JPEG
without encoding it again."""

MOST_PIXELS = 50_000_000
SIDE_LIMIT = 16_000
"""The limits of width × height, and of the longer side, in pixels."""
_BEGINNING_BYTES = 4096

_READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
_WRITTEN: dict[str, dict[str, object]] = {
    "avif": {"format": "AVIF", "quality": 52, "speed": 7},
    "webp": {"format": "WEBP", "quality": 68, "method": 4},
    "jpg": {"format": "JPEG", "quality": 72, "optimize": True, "progressive": True},
}
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_MOST_SHOWN = 120
"""How many characters of a wrong address a warning quotes."""
_IMAGE = re.compile(r"<img( [^>]*)>")


@dataclass(frozen=True)
class Picture:
    """The digest and size of a picture. ``width`` and ``height`` are in pixels, after EXIF rotation.

    ``widths`` are the widths of its renditions; none is larger than the picture.
    """

    digest: str
    width: int
    height: int

    @property
    def widths(self) -> tuple[int, ...]:
        widest = min(self.width, WIDTHS[-1])
        return (*(width for width in WIDTHS if width < widest), widest)

    @property
    def address(self) -> str:
        """The address of the largest JPEG rendition. Every browser and feed reader supports JPEG."""
        return urls.media(self.digest, self.widths[-1], "jpg")


def measure(file: BinaryIO) -> Picture:
    """The size of the picture from its header, and the digest of the whole file. Raises UnusablePicture."""
    if is_svg(file.read(_BEGINNING_BYTES)):
        return _measured_svg(file)
    file.seek(0)
    with _opened(file) as image:
        width, height = image.size if _orientation(image) < 5 else image.size[::-1]
    return Picture(digest_of(file), width, height)


def _measured_svg(file: BinaryIO) -> Picture:
    file.seek(0)
    width, height = svg_size(file.read())
    if max(width, height) > SIDE_LIMIT:
        raise _too_large(width, height)
    return Picture(digest_of(file), width, height)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation (tag 0x0112): values 5 to 8 swap width and height; 1 if the EXIF data is broken.

    Does not decode pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(Image.Image.getexif(image).get(0x0112, 1))  # PngImageFile.getexif would decode the picture
    except Exception as error:  # noqa: BLE001 Pillow's EXIF parser raises many types
        log.info("broken EXIF was ignored: %r", error)
    return 1


def digest_of(file: BinaryIO) -> str:
    """The same digest as ``fingerprint(content)``, without loading the file into memory: 16 hexadecimal digits."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    digest = hashlib.sha256(b"%d:" % size)
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()[:16]


def derive(content: bytes, width: int, suffix: str, **changes: object) -> bytes:
    """*content* resized to at most *width* pixels: rotated by EXIF, in sRGB, without metadata. Raises UnusablePicture.

    *changes* are options of Pillow's ``save``: for exports ``derive(content, 1240, "jpg", quality=70)``.
    """
    return saved(resized(content, width), suffix, **changes)


def resized(content: bytes, width: int) -> Image.Image:
    """*content* decoded and resized as in ``derive``, for one or more calls of ``saved``. Raises UnusablePicture."""
    if is_svg(content[:_BEGINNING_BYTES]):
        content = svg_to_png(content, width)
    with _opened(io.BytesIO(content)) as image:
        try:
            if image.size[0] > 2 * width:
                image.draft(None, (width * 2, width * 2))
            return _in_srgb_and_small(image, width)
        except Exception as error:  # as above
            raise UnusablePicture(_broken(error)) from error


def _in_srgb_and_small(image: Image.Image, width: int) -> Image.Image:
    image.load()
    if _orientation(image) != 1:  # it is 1 if the EXIF data is broken
        ImageOps.exif_transpose(image, in_place=True)
    small = _shrunk(_in_srgb(image), width)
    small.info = {}  # Pillow would write a JPEG comment, XMP or a colour profile into the rendition
    return small


def saved(small: Image.Image, suffix: str, **changes: object) -> bytes:
    """The bytes of a file in the format of *suffix*, one of MIMETYPES. *changes* are options of Pillow's ``save``."""
    if suffix == "jpg":
        small = _on_white(small)
    target = io.BytesIO()
    small.save(target, **(_WRITTEN[suffix] | changes))  # type: ignore[arg-type]
    return target.getvalue()


def _broken(error: Exception) -> Message:
    """The message for an error of Pillow: truncated if Pillow's message says so, else damaged."""
    if "truncated" in str(error).lower():
        return Message("image is truncated")
    return Message("image is damaged: %(error)s", error=error)


def _opened(file: BinaryIO) -> Image.Image:
    """Opens the picture without decoding it. Raises UnusablePicture if it is too large or in an unsupported format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # large pictures, which are checked below, and broken metadata
            image = Image.open(file, formats=_READ)
    except Image.DecompressionBombError as error:
        raise UnusablePicture(Message("picture has more than %(most)s pixels", most=f"{MOST_PIXELS:,}")) from error
    except Exception as error:  # Pillow's parsers raise many types for broken files
        raise UnusablePicture(
            Message("not a picture in a supported format (JPEG, PNG, GIF, WebP, AVIF, BMP, TIFF, SVG)")
        ) from error
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > SIDE_LIMIT:
        image.close()
        raise _too_large(width, height)
    return image


def _too_large(width: int, height: int) -> UnusablePicture:
    return UnusablePicture(
        Message(
            "picture is too large: %(size)s; the limit is %(most)s pixels, and %(side)s on one side",
            size=f"{width} × {height}",
            most=f"{MOST_PIXELS:,}",
            side=f"{SIDE_LIMIT:,}",
        )
    )


def _in_srgb(image: Image.Image) -> Image.Image:
    """*image* in RGB or RGBA, sRGB. Applies the colour profile, because the rendition does not include it."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            log.info("a colour profile that cannot be applied was dropped")
    return image if image.mode == mode else image.convert(mode)


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


OnPicture = Callable[[Picture, Path], None]
"""A callback that receives each picture found and the path of its file."""


_NO_FILE = PurePosixPath("article.md")


def link_pictures(
    article: Article,
    articles: Path,
    on_picture: OnPicture,
    limit_bytes: int = 40_000_000,
    file: PurePosixPath = _NO_FILE,
    embedded: Mapping[str, Path] = MappingProxyType({}),
) -> Article:
    """*article* with ``/media/`` addresses and actual sizes of its pictures: its version changes with a picture.

    Before, the addresses are relative to *articles*. *file* is the article's path in that folder. *embedded* has the
    files of pictures from inside the article's file, by address. A picture that is missing or unusable is removed with
    a warning; the article is published anyway.
    """
    if not article.images and "<img" not in article.body:
        return article
    finder = PictureFinder(articles, file)
    warnings: dict[str, None] = {}

    @cache
    def find(path: str) -> Picture | None:
        path_of = embedded.get(path) or finder.find
        return _picture_at(path, path_of, on_picture, limit_bytes, warnings)

    def linked(tag: re.Match[str]) -> str:
        attributes = attributes_of(tag[1])
        src = unescape(attributes.get("src", ""))
        if _ELSEWHERE.match(src) and src not in embedded:
            return tag[0]
        found = find(src if src in embedded else unquote(src))
        if found is None:
            return ""
        actual = {"src": found.address, "width": str(found.width), "height": str(found.height)}
        return f"<img{to_text(attributes | actual)}>"

    body = Markup(_IMAGE.sub(linked, article.body))  # noqa: S704  only src, width and height changed
    pictures = [find(path) for path in (*article.images, *(path for path in embedded if path in article.body))]
    images = tuple(picture.address for picture in pictures if picture)
    if warnings:
        body = sanitize(body)  # removes paragraphs and figures that are empty now
    return replace(article, body=body, images=images, version="", warnings=(*article.warnings, *warnings))


def without_pictures(article: Article) -> Article:
    """*article* without its pictures from the articles folder, with a warning. For pictures that cannot be read."""
    body = Markup(_IMAGE.sub(lambda tag: tag[0] if _is_elsewhere(tag[1]) else "", article.body))  # noqa: S704
    warnings = (*article.warnings, Message("its pictures can't be read; it is published without them"))
    return replace(article, body=sanitize(body), images=(), version="", warnings=warnings)


def _is_elsewhere(attributes: str) -> bool:
    src = unescape(attributes_of(attributes).get("src", ""))
    return _ELSEWHERE.match(src) is not None and not src.startswith(urls.DATA_PICTURES)


def _picture_at(
    path: str,
    path_or_finder: Path | Callable[[str], Path | None],
    on_picture: OnPicture,
    limit_bytes: int,
    warnings: dict[str, None],
) -> Picture | None:
    """The picture at *path*; None, with a warning in *warnings*, if it is missing or unusable.

    *path_or_finder* is the file of an embedded picture, or a function that finds the file for *path*.
    """
    try:
        file = path_or_finder if isinstance(path_or_finder, Path) else path_or_finder(path)
        if file is None:
            warnings[Message("picture not found: %(path)s", path=path[:_MOST_SHOWN])] = None
            return None
        # An embedded picture is a file of Reader's own in the instance folder.
        open_picture = open_regular if isinstance(path_or_finder, Path) else open_real
        with open_picture(file, limit_bytes) as content:
            picture = measure(content)
        on_picture(picture, file)
    except (OSError, ValueError, UnusablePicture) as error:
        cause = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
        warnings[Message("picture left out: %(path)s: %(cause)s", path=path[:_MOST_SHOWN], cause=cause)] = None
        return None
    return picture
