"""Files in a bucket of S3, or of a server that speaks its protocol, for all machines of a site.

obstore is imported at the first request to the bucket. It takes the endpoint and the credentials from the usual
variables (``AWS_ENDPOINT``, ``AWS_ACCESS_KEY_ID``, …).
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import BadSetting
from ..i18n import Message
from .log_formatter import first_line

if TYPE_CHECKING:
    from obstore import GetResult, PutResult
    from obstore.store import ObjectStore

CONNECT_SECONDS, REQUEST_SECONDS, RETRY_SECONDS, MOST_RETRIES = 2, 20, 2, 1
"""With the defaults of obstore, a request would wait 3 s for a bucket that refuses connections, and for minutes if it
accepts them and is silent."""

FIRST_ANSWER_SECONDS = 2
"""How long a bucket may take to say whether it has an object. Somebody waits for the file, also for its upload."""

MOST_REQUESTS = 4
"""The maximum number of requests to the bucket at a time, per process. The next ones do without it: a slow bucket must
not hold the threads that answer pages."""

PAUSE_SECONDS = 5.0
"""After a failure the bucket is not asked for this time."""

DIGEST = "sha256"
"""The name of the metadata of an object that holds the hash of its content. What answers in place of the bucket, such
as a proxy with an error page, does not know it."""

_Result = TypeVar("_Result")
log = logging.getLogger(__name__)


class Bucket:
    """The objects below *url*, such as ``s3://news-files/exports``. Raises BadSetting without obstore.

    No method raises an error of the network: what is not in the bucket can be made again. One line is logged when the
    bucket fails, and one when it answers again.

    ::

        bucket = Bucket("s3://news-files")
        bucket.upload("3f/3f2a.pdf", path)
        copy = bucket.download("3f/3f2a.pdf", save)  # None: there is no such object, or no answer
    """

    def __init__(self, url: str) -> None:
        if find_spec("obstore") is None:
            hint = Message("a bucket needs obstore: pip install -r requirements-many.txt")
            raise BadSetting("READER_BUCKET", url, hint)
        self.url = url
        self._silent_until, self._check_at, self._failing = 0.0, 0.0, set[str]()
        self._slots = threading.BoundedSemaphore(MOST_REQUESTS)

    def download(self, name: str, save: Callable[[Iterator[bytes]], _Result], limit_bytes: int) -> _Result | None:
        """What *save* returns for the content of an object. None if it does not exist, is larger than *limit_bytes* or
        is not what ``upload`` put there, or if the bucket fails."""
        import obstore

        def fetch() -> _Result:
            obstore.head(self._impatient_store, name)
            return save(_checked_chunks(obstore.get(self._store, name), limit_bytes))

        try:
            return self._ask("download", fetch)
        except _WrongContent as error:
            log.warning("%s/%s is not used: %s", self.url, name, error)
            return None

    def upload(self, name: str, path: Path) -> bool:
        """Puts the file at *path* into the bucket. Returns whether that succeeded; not if it was evicted meanwhile."""
        import obstore

        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, DIGEST).hexdigest()
        except OSError:
            return False

        def send() -> PutResult:
            with suppress(FileNotFoundError):
                obstore.head(self._impatient_store, name)  # a silent bucket must not hold the worker for 20 s
            return obstore.put(self._store, name, path, attributes={DIGEST: digest})

        return self._ask("upload", send) is not None

    def ensure(self, name: str, content: bytes) -> bool:
        """Puts *content* into the bucket unless it has such an object. Returns whether it has one now."""
        import obstore

        digest = hashlib.new(DIGEST, content).hexdigest()

        def put() -> bool:
            try:
                found = obstore.get(self._impatient_store, name, options={"head": True}).attributes.get(DIGEST)
            except FileNotFoundError:
                found = None
            if found != digest:
                obstore.put(self._store, name, content, attributes={DIGEST: digest})
            return True

        return bool(self._ask("upload", put))

    def answers(self) -> bool:
        """Whether the bucket answered the last time that this was checked, at most PAUSE_SECONDS ago."""
        import obstore

        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + PAUSE_SECONDS
            self._ask("check", lambda: obstore.head(self._impatient_store, "does-not-exist"))
        return "check" not in self._failing

    def fault(self) -> str:
        """Why the bucket cannot be used: the first line of an error; empty if it answers."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.head(self._store, "does-not-exist")
        except FileNotFoundError:
            return ""
        except BaseError as error:
            return first_line(error)
        return ""

    def _ask(self, work: str, request: Callable[[], _Result]) -> _Result | None:
        """The result of *request*. None if there is no such object, the bucket fails or failed a moment ago, or too
        many requests are waiting for it. Raises OSErrors of the local disk."""
        from obstore.exceptions import BaseError

        if time.monotonic() < self._silent_until or not self._slots.acquire(blocking=False):
            return None
        try:
            result = request()
        except FileNotFoundError:
            self._note_answer(work)
            return None
        except BaseError as error:
            self._note_failure(work, error)
            return None
        finally:
            self._slots.release()
        self._note_answer(work)
        return result

    @cached_property
    def _store(self) -> ObjectStore:
        return self._connected(REQUEST_SECONDS, MOST_RETRIES)

    @cached_property
    def _impatient_store(self) -> ObjectStore:
        return self._connected(FIRST_ANSWER_SECONDS, 0)

    def _connected(self, seconds: float, retries: int) -> ObjectStore:
        from obstore.store import S3Store

        return S3Store.from_url(
            self.url,
            client_options={
                "allow_http": os.environ.get("AWS_ENDPOINT", "").startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "timeout": timedelta(seconds=seconds),
            },
            retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        )

    def _note_failure(self, work: str, error: Exception) -> None:
        self._silent_until = time.monotonic() + PAUSE_SECONDS
        if not self._failing:
            log.error("%s fails, so exported files are not shared until it answers: %s", self.url, first_line(error))
        self._failing.add(work)

    def _note_answer(self, work: str) -> None:
        """A bucket that refuses uploads still answers to downloads."""
        if self._failing:
            self._failing.discard(work)
            if not self._failing:
                log.warning("%s answers again", self.url)


class _WrongContent(Exception):
    """An object is not what ``upload`` put there."""


def _checked_chunks(found: GetResult, limit_bytes: int) -> Iterator[bytes]:
    """The content of an object. Raises obstore's errors and, at the latest after the last chunk, _WrongContent."""
    size, digest, expected = found.meta["size"], hashlib.new(DIGEST), found.attributes.get(DIGEST, "")
    if size > limit_bytes:
        raise _WrongContent(f"{size:,} bytes")
    if not expected:
        raise _WrongContent(f"it has no {DIGEST}")
    for chunk in found.stream():
        digest.update(chunk)
        yield bytes(chunk)
    if digest.hexdigest() != expected:
        raise _WrongContent(f"its {DIGEST} is another one")
