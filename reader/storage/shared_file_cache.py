"""A file cache in front of a bucket that the machines of a site share."""

from __future__ import annotations

import errno
import logging
from pathlib import Path

from .bucket import Bucket
from .file_cache import FileCache

log = logging.getLogger(__name__)


class SharedFileCache(FileCache):
    """A FileCache whose files are also in a bucket. A file that is missing here is fetched from there.

    Keys name contents, so there is nothing to invalidate. An object whose hash differs is not used. If the bucket
    fails, this is a FileCache. Files are evicted only here: a lifecycle rule of the bucket deletes those in it.

    With *must_upload*, ``put`` raises OSError if the bucket does not take the file: another machine waits for it.

    ::

        store = SharedFileCache(instance / "exports", limit_bytes=2_000_000_000, bucket=Bucket("s3://news-files"))
    """

    def __init__(self, folder: Path, limit_bytes: int, bucket: Bucket, *, must_upload: bool = False) -> None:
        super().__init__(folder, limit_bytes)
        self.bucket, self._must_upload = bucket, must_upload

    def find(self, key: str) -> Path | None:
        """The path of the file, which may be fetched from the bucket first; None if it does not exist."""
        return super().find(key) or self._fetched(key)

    def put(self, key: str, content: bytes) -> Path:
        path = super().put(key, content)
        if not self.bucket.upload(_name(key), path) and self._must_upload:
            raise OSError(errno.EIO, f"{self.bucket.url} does not answer")
        return path

    def _fetched(self, key: str) -> Path | None:
        try:
            return self.bucket.download(_name(key), lambda chunks: self.put_here(key, chunks), self.limit_bytes)
        except OSError as error:  # such as a full disk
            log.warning("%s/%s cannot be stored here: %s", self.bucket.url, _name(key), error)
            return None


def _name(key: str) -> str:
    return f"exports/{key[:2]}/{key}"


def export_store(folder: Path, limit_bytes: int, bucket: str = "", *, must_upload: bool = False) -> FileCache:
    """The cache of exported files in *folder*, in front of the bucket at *bucket* unless that is empty."""
    if not bucket:
        return FileCache(folder, limit_bytes)
    return SharedFileCache(folder, limit_bytes, Bucket(bucket), must_upload=must_upload)
