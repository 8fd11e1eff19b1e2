"""Gives the pictures of an export to the machine that makes it, through the bucket: it may have no articles.

Pictures are named by a hash of their content, like everywhere.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import Busy, NotFound
from ..exports.options import Options
from ..exports.pictures import OUR_PICTURE
from ..i18n import N_, Message
from ..media.images import Picture
from ..media.renditions import LARGEST_BYTES, read_record, write_record
from ..models import Publication, fingerprint
from ..storage.bucket import Bucket
from ..storage.file_cache import FileCache
from ..storage.regular_files import read_regular

SILENT = Message(N_("the bucket of exported files does not answer"))
RETRY_SECONDS = 10
_MOST_REMEMBERED = 100_000

SharedPicture = tuple[str, int, int]
"""The digest, and the width and height in pixels."""


class PictureUploads:
    """Puts originals of pictures into *bucket*. One object per process; it remembers what is there.

    ::

        pictures = uploads.share(publication, options)  # a field of the job
        fetch(bucket, instance, cache_bytes, pictures)  # on the machine that makes the file
    """

    def __init__(self, bucket: Bucket, instance: Path) -> None:
        self.bucket, self._instance = bucket, instance
        self._shared: set[str] = set()

    def share(self, publication: Publication, options: Options) -> tuple[SharedPicture, ...]:
        """The pictures of *publication* and the logo of its site, which are in the bucket now.

        Leaves out those whose file is missing or has changed: no machine can export them. Raises Busy if the bucket
        fails.
        """
        return tuple(filter(None, map(self._share, dict.fromkeys(digests(publication, options)))))

    def _share(self, digest: str) -> SharedPicture | None:
        try:
            picture, original = read_record(self._instance, digest)
        except NotFound:
            return None
        if digest not in self._shared:
            if (content := _content_of(original, digest)) is None:
                return None
            if not self.bucket.ensure(_name(digest), content):
                raise Busy(SILENT, retry_seconds=RETRY_SECONDS)
            if len(self._shared) >= _MOST_REMEMBERED:
                self._shared.clear()
            self._shared.add(digest)
        return digest, picture.width, picture.height


def digests(publication: Publication, options: Options) -> Iterator[str]:
    """The digest of each picture of this site in the chapters and on the front page; some more than once."""
    logo = options.site.logo.address if options.site.logo else ""
    for text in (*(chapter.body for chapter in publication.chapters), logo):
        yield from (found[1] for found in OUR_PICTURE.finditer(text))


def fetch(bucket: Bucket, instance: Path, cache_bytes: int, pictures: tuple[SharedPicture, ...]) -> None:
    """Fetches the pictures whose originals are not on this machine, and writes records of them in *instance*.

    Raises OSError if the bucket fails.
    """
    store = FileCache(instance / "originals", cache_bytes)
    for digest, width, height in pictures:
        key = f"{digest}.original"
        if _is_here(instance, digest):
            continue
        found = store.find(key) or bucket.download(_name(digest), _saved_in(store, key), LARGEST_BYTES)
        if found is None:
            raise OSError(errno.EIO, str(SILENT))
        write_record(instance, Picture(digest, width, height), found)


def _saved_in(store: FileCache, key: str) -> Callable[[Iterator[bytes]], Path]:
    return lambda chunks: store.put_here(key, chunks)


def _is_here(instance: Path, digest: str) -> bool:
    try:
        return read_record(instance, digest)[1].is_file()
    except NotFound:
        return False


def _content_of(original: Path, digest: str) -> bytes | None:
    try:
        content = read_regular(original, LARGEST_BYTES)
    except OSError:
        return None
    return content if fingerprint(content) == digest else None


def _name(digest: str) -> str:
    return f"pictures/{digest}"
