"""Measures, checks and resizes pictures. Bytes in, bytes out.

A picture is identified by its digest. The body of an article refers to ``/media/<digest>-<width>.jpg`` with width and
height (``link_pictures``), so the file is not opened again for page layout, feeds or the article's version.
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
"""Pixels: the width of a phone, of a phone with 2× pixel density, of a tablet."""

MIMETYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
"""Smallest files first: a browser uses the first format it supports."""

EXPORTED_WIDTH, EXPORTED_QUALITY = 1240, 70
"""Of pictures in exported files: pixels of an A4 column at 200 dpi. JPEG, because WeasyPrint embeds it as it is."""

MOST_PIXELS = 50_000_000
SIDE_LIMIT = 16_000
_BEGINNING_BYTES = 4096

_READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
_WRITTEN: dict[str, dict[str, object]] = {
    "avif": {"format": "AVIF", "quality": 52, "speed": 7},
    "webp": {"format": "WEBP", "quality": 68, "method": 4},
    "jpg": {"format": "JPEG", "quality": 72, "optimize": True, "progressive": True},
}
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_SHOWN = 120
"""So many characters of a wrong address are told."""
_IMAGE = re.compile(r"<img( [^>]*)>")


@dataclass(frozen=True)
class Picture:
    """``width`` and ``height`` are pixels after EXIF rotation. ``widths`` are those of its renditions, never larger."""

    digest: str
    width: int
    height: int

    @property
    def widths(self) -> tuple[int, ...]:
        widest = min(self.width, WIDTHS[-1])
        return (*(width for width in WIDTHS if width < widest), widest)

    @property
    def address(self) -> str:
        """The JPEG rendition, which every browser and feed reader supports."""
        return urls.media(self.digest, self.widths[-1], "jpg")


def measure(file: BinaryIO) -> Picture:
    """The picture's size from its header, and the digest of the whole file. Raises UnusablePicture."""
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
    """EXIF tag 0x0112: values 5 to 8 swap width and height; 1 if the EXIF data is broken. Does not decode pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(Image.Image.getexif(image).get(0x0112, 1))  # PngImageFile.getexif would decode the picture
    except Exception as error:  # noqa: BLE001 Pillow's EXIF parser raises many types
        log.info("broken EXIF was ignored: %r", error)
    return 1


def digest_of(file: BinaryIO) -> str:
    """The same as ``fingerprint(content)``, without loading the file into memory."""
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
    """*content* decoded, for ``saved`` in one or several formats. Raises UnusablePicture."""
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
    if _orientation(image) != 1:  # 1 if the EXIF data is broken: that costs no picture
        ImageOps.exif_transpose(image, in_place=True)
    small = _shrunk(_in_srgb(image), width)
    small.info = {}  # Pillow would write a JPEG comment, XMP or a colour profile into the rendition
    return small


def saved(small: Image.Image, suffix: str, **changes: object) -> bytes:
    """The file in the format of *suffix*, one of MIMETYPES."""
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
            warnings.simplefilter("ignore")  # about large pictures, checked below, and broken metadata
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
    """Converted to RGB or RGBA in sRGB: the colour profile is applied because it is not written to the rendition."""
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
"""Called with each picture found and the path of its file."""


_NO_FILE = PurePosixPath("article.md")


def link_pictures(
    article: Article,
    articles: Path,
    on_picture: OnPicture,
    limit_bytes: int = 40_000_000,
    file: PurePosixPath = _NO_FILE,
    embedded: Mapping[str, Path] = MappingProxyType({}),
) -> Article:
    """*article* with ``/media/`` addresses and true sizes of its pictures, so that its version changes with a picture.

    Their addresses are relative to *articles* before. *file* is the article's path there. *embedded* are the files of
    pictures that were inside it, by their addresses. What leads to no picture is left out, with a warning: one bad
    picture never costs the article.
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
        true = {"src": found.address, "width": str(found.width), "height": str(found.height)}
        return f"<img{to_text(attributes | true)}>"

    body = Markup(_IMAGE.sub(linked, article.body))  # noqa: S704  only src, width and height changed
    pictures = [find(path) for path in (*article.images, *(path for path in embedded if path in article.body))]
    images = tuple(picture.address for picture in pictures if picture)
    if warnings:
        body = sanitize(body)  # paragraphs and figures that are empty now
    return replace(article, body=body, images=images, version="", warnings=(*article.warnings, *warnings))


def without_pictures(article: Article) -> Article:
    """*article* without the pictures of the folder, for when they can't be read."""
    kept = Markup(_IMAGE.sub(lambda tag: tag[0] if _is_elsewhere(tag[1]) else "", article.body))  # noqa: S704
    warnings = (*article.warnings, Message("its pictures can't be read; it is published without them"))
    return replace(article, body=sanitize(kept), images=(), version="", warnings=warnings)


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
    """The picture at *path*; None, with a warning, if there is none: the article is published anyway."""
    try:
        file = path_or_finder if isinstance(path_or_finder, Path) else path_or_finder(path)
        if file is None:
            warnings[Message("picture not found: %(path)s", path=path[:_SHOWN])] = None
            return None
        opened = (
            open_regular if isinstance(path_or_finder, Path) else open_real
        )  # one of ours lies in the instance folder
        with opened(file, limit_bytes) as content:
            picture = measure(content)
        on_picture(picture, file)
    except (OSError, ValueError, UnusablePicture) as error:
        cause = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
        warnings[Message("picture left out: %(path)s: %(cause)s", path=path[:_SHOWN], cause=cause)] = None
        return None
    return picture
