"""Downloads the pictures of an article, checks their content and drops tracking pixels."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape

from PIL import Image, UnidentifiedImageError

from ..errors import NotImported
from ..formats.data_pictures import HOST
from ..i18n import Message

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
LARGEST_BYTES = 15_000_000
MOST_PIXELS = 50_000_000
MOST_IMAGES = 200
LARGEST_TOGETHER_BYTES = 300_000_000
"""The total size of the pictures of one article, which are in memory at the same time."""

MOST_SECONDS = 600.0
"""The time for all pictures of one article: a page may contain thousands on servers that do not respond."""

_PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")([^"]*)("[^>]*>)')
_REMOVED = "\0"
"""Replaces the address of a removed picture until its figure is removed."""
_EMPTY_FIGURE = re.compile(
    rf"<figure>[\s{_REMOVED}]*{_REMOVED}\s*(?:<figcaption>(?:(?!</figcaption>).)*</figcaption>)?\s*</figure>\n?"
    rf"|<figure>\s*</figure>\n?|<p>[\s{_REMOVED}]*</p>\n?|{_REMOVED}",
    re.DOTALL,
)
"""A figure whose pictures are all removed, with their caption. One that never had a picture is text."""
ON_THE_WEB = re.compile(rf"(?!{re.escape(HOST)})(?:https?:|//)")
"""An address on a server, but not the address of an embedded picture, whose host name must not be resolved."""

TRACKER_PIXELS = 3
"""A picture of at most this width or height in pixels is a tracking pixel or a spacer."""


@dataclass(frozen=True)
class Pictures:
    """``body_html`` with the new paths of the pictures; ``files`` by name; ``problems`` are messages for the editor."""

    body_html: str
    files: dict[str, bytes] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def take_pictures(body_html: str, folder: str, open_picture: Callable[[str], bytes]) -> Pictures:
    """Copies the pictures of *body_html* to *folder*, a name next to the article.

    ``open_picture`` returns the bytes at an address, or raises NotImported. An unavailable picture is reported in
    ``problems``. It keeps its address if that is on the web; otherwise it is removed. Tracking pixels are removed.
    """
    named: dict[str, str] = {}
    files: dict[str, bytes] = {}
    problems: list[str] = []

    def replace_source(match: re.Match[str]) -> str:
        address = unescape(match[2])
        if address not in named:
            try:
                named[address] = _add_picture(address, folder, files, open_picture)
            except NotImported as error:
                named[address] = address if ON_THE_WEB.match(address) else ""
                problems.append(error.message)
        return f"{match[1]}{escape(named[address])}{match[3]}" if named[address] else _REMOVED

    return Pictures(_EMPTY_FIGURE.sub("", _PICTURE.sub(replace_source, body_html)), files, tuple(problems))


def _add_picture(address: str, folder: str, files: dict[str, bytes], open_picture: Callable[[str], bytes]) -> str:
    """Adds the picture to *files*. Returns its path relative to the article; empty for a tracking pixel."""
    if len(files) >= MOST_IMAGES:
        raise NotImported(address, Message("too many pictures in one article; the limit is %(most)s", most=MOST_IMAGES))
    content = open_picture(address)
    if sum(map(len, files.values())) + len(content) > LARGEST_TOGETHER_BYTES:
        most = LARGEST_TOGETHER_BYTES // 1_000_000
        raise NotImported(
            address, Message("the pictures of one article are larger than %(most)s MB together", most=most)
        )
    suffix, size = picture_type(address, content)
    if min(size) <= TRACKER_PIXELS:
        return ""
    same = next((name for name, kept in files.items() if kept == content), "")
    name = same or f"{len(files) + 1}.{suffix}"
    files[name] = content
    return f"{folder}/{name}"


def picture_type(address: str, content: bytes) -> tuple[str, tuple[int, int]]:
    """The suffix and the (width, height) in pixels of a picture, from its content, not its name. Raises NotImported."""
    if len(content) > LARGEST_BYTES:
        raise NotImported(address, Message("picture is larger than %(most)s MB", most=LARGEST_BYTES // 1_000_000))
    too_many = Message("picture has more than %(most)s million pixels", most=MOST_PIXELS // 1_000_000)
    try:
        with Image.open(io.BytesIO(content), formats=tuple(SUFFIXES)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NotImported(address, too_many)
            suffix, size = SUFFIXES[image.format or ""], image.size
            image.verify()
    except Image.DecompressionBombError as error:
        raise NotImported(address, too_many) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NotImported(
            address, Message("not a picture in a format browsers support (JPEG, PNG, GIF, WebP, AVIF)")
        ) from error
    return suffix, size
