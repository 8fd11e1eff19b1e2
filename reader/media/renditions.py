"""Renders pictures of articles into the sizes and formats that pages and exports need, in a child process.

The originals stay in the articles folder; ``instance/pictures/<digest>.json`` stores the path of each. The renditions
are a cache in ``instance/media/`` and can be deleted at any time.
"""

from __future__ import annotations

import errno
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path, PurePosixPath

from ..child_process.child import answer_lines, prepare
from ..child_process.parent import Limits
from ..child_process.pool import WarmChildren
from ..errors import Busy, ChildFailed, NotFound, UnusablePicture
from ..i18n import Message
from ..models import Article, fingerprint
from ..settings import Settings
from ..storage.atomic_files import replace_derived_file
from ..storage.file_cache import FileCache
from ..storage.private_files import FOLDER_MODE
from ..storage.regular_files import open_real, read_regular
from . import failed_pictures, images
from .images import EXPORTED_QUALITY, EXPORTED_WIDTH, MIMETYPES, Picture, resized, saved
from .picture_lookup import PictureFinder
from .thumbnails import MOST_BYTES as THUMBNAIL_FORMATS
from .thumbnails import thumbnails

TIMEOUT_SECONDS = 60
"""The limit of elapsed time. On a busy machine a picture may wait for a processor longer than it uses one (LIMITS)."""

MOST_WAITING = 200
"""How many jobs of one process can be queued."""
MOST_WAITING_REQUESTS = 6
"""How many requests of one process can wait for pictures. A browser opens six connections to one server; over HTTP/2,
behind a proxy, it requests all pictures near the visible part of the page at the same time.
"""

PATIENCE_SECONDS = 25
"""How long each request can wait."""

FAILED_SECONDS = 300
"""How long a picture is not tried again after a failure: each attempt may take a minute of CPU time."""

LIMITS = Limits(memory_mb=2000, cpu_seconds=15, nice=5)
"""A picture of 50 million pixels in three formats takes 5 s."""

LARGEST_BYTES = 1_000_000_000
"""A limit above every READER_PICTURE_LIMIT_MB: the file may have been replaced since its article was read."""

OUT_OF = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM))
"""Errors of the system that the picture does not cause: no space on the disk, no file descriptors, no memory."""

COMMAND = (sys.executable, "-m", "reader.media.renditions")
_children = WarmChildren(recycle_bytes=300_000_000, idle_seconds=10)


class ImageRenderer:
    """Renders pictures on demand. One object per process: it renders one picture for requests and one in the background
    at a time.

    ::

        image_renderer.submit(digest)                            # all renditions, in the background
        path = image_renderer.file(digest, width=720, suffix="avif")  # waits for this one
    """

    def __init__(self, settings: Settings) -> None:
        self._instance = settings.instance
        self._store = FileCache(settings.instance / "media", settings.export_cache_mb * 1_000_000)
        self._foreground = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images-foreground")
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")
        self._waiting: dict[str, Future[None]] = {}
        """The running and queued jobs: in the background by digest, in the foreground by key."""
        self._request_slots = threading.BoundedSemaphore(MOST_WAITING_REQUESTS)
        self._failed: dict[str, float] = {}
        """The time (monotonic clock) of the next attempt by digest; at most one entry per broken picture."""
        self._lock = threading.Lock()

    def picture(self, digest: str) -> Picture:
        """Digest and size of a picture. Raises NotFound."""
        return read_record(self._instance, digest)[0]

    def sizes(self, keys: Iterable[str]) -> dict[str, int]:
        """Size in bytes of each rendition that exists, by key."""
        return self._store.sizes(keys)

    def submit(self, digest: str) -> Future[None]:
        """Renders all sizes of a picture in the background; concurrent calls share one job.

        Raises Busy, UnusablePicture.
        """
        return self._submit(self._background, digest, digest, ())

    def file(self, digest: str, width: int, suffix: str) -> Path:
        """The path of the rendition; waits until it exists. Raises NotFound, Busy, UnusablePicture."""
        picture = self.picture(digest)
        if suffix not in MIMETYPES or width not in picture.widths:
            raise NotFound("picture", f"{digest}-{width}.{suffix}")
        return self._file(digest, key_of(digest, width, suffix))

    def submit_thumbnails(self, digests: Iterable[str]) -> None:
        """Renders the missing thumbnails in the background. Ignores the rest if the queue is full."""
        keys = {thumbnail_key(digest, suffix): digest for digest in digests for suffix in THUMBNAIL_FORMATS}
        sizes = self.sizes(keys)
        for digest in dict.fromkeys(digest for key, digest in keys.items() if key not in sizes):
            with suppress(Busy, UnusablePicture):
                self._submit(self._background, f"{digest}-{_THUMBNAIL}", digest, thumbnail_keys(digest))

    def thumbnail(self, digest: str, suffix: str) -> Path:
        """Like ``file``, for the thumbnail."""
        self.picture(digest)
        if suffix not in THUMBNAIL_FORMATS:
            raise NotFound("picture", thumbnail_key(digest, suffix))
        return self._file(digest, thumbnail_key(digest, suffix))

    def _file(self, digest: str, key: str) -> Path:
        if not (path := self._store.find(key)):
            self._wait_for(digest, key)
            path = self._store.find(key)
        if not path:
            raise Busy(Message("the file was just removed from the cache"), retry_seconds=1)
        return path

    def _submit(self, executor: ThreadPoolExecutor, name: str, digest: str, keys: Sequence[str]) -> Future[None]:
        with self._lock:
            if self._failed.get(digest, 0) > time.monotonic():
                raise UnusablePicture(Message("picture %(digest)s could not be made a moment ago", digest=digest))
            if name in self._waiting:
                return self._waiting[name]
            if len(self._waiting) >= MOST_WAITING:
                raise Busy(Message("too many pictures are being resized"), retry_seconds=30)
            future = self._waiting[name] = executor.submit(self._render, name, digest, keys)
        return future

    def _wait_for(self, digest: str, key: str) -> None:
        """Returns when the rendition exists. Raises Busy immediately if MOST_WAITING_REQUESTS threads are waiting."""
        future = self._submit(self._foreground, key, digest, (key,))
        if not self._request_slots.acquire(blocking=False):
            raise Busy(Message("too many pictures are being resized"), retry_seconds=5)
        try:
            future.result(timeout=PATIENCE_SECONDS)
        except TimeoutError:
            raise Busy(Message("too many pictures are being resized"), retry_seconds=30) from None
        finally:
            self._request_slots.release()

    def _render(self, name: str, digest: str, keys: Sequence[str]) -> None:
        """Renders the missing renditions of *keys*; if *keys* is empty, all sizes, one after the other.

        Raises UnusablePicture if the child fails or exceeds a limit.
        """
        try:
            picture, original = read_record(self._instance, digest)
            for some in [keys] if keys else _by_width(picture):
                missing = [key for key in some if not self._store.find(key)]
                for key, content in render_all(self._store, original, digest, missing).items():
                    self._store.put(key, content)
        except UnusablePicture:
            self._failed[digest] = time.monotonic() + FAILED_SECONDS
            raise
        finally:
            with self._lock:
                self._waiting.pop(name, None)


def link_pictures(
    article: Article, file: PurePosixPath, settings: Settings, embedded: Mapping[str, bytes] | None = None
) -> Article:
    """``images.link_pictures``, with a record of each original in ``instance/pictures/``.

    *embedded* has the content of pictures inside the article's file, by address. They are written to the same folder.
    """
    on_picture, limit = partial(write_record, settings.instance), settings.picture_limit_mb * 1_000_000
    used = {address: content for address, content in (embedded or {}).items() if f'"{address}"' in article.body}
    files = {address: write_embedded(settings.instance, content) for address, content in used.items()}
    return images.link_pictures(article, settings.articles, on_picture, limit, file, files)


def record_picture(settings: Settings, file: PurePosixPath) -> Picture:
    """Measures the picture in *file*, a path relative to the articles folder, and writes a record of its original.

    Raises UnusablePicture, OSError.
    """
    path = PictureFinder(settings.articles, file).find(str(file))
    if path is None:
        raise UnusablePicture(Message("picture not found: %(path)s", path=str(file)))
    with open_real(path, settings.picture_limit_mb * 1_000_000) as content:
        picture = images.measure(content)
    write_record(settings.instance, picture, path)
    return picture


def write_embedded(instance: Path, content: bytes) -> Path:
    """Writes a picture from inside an article's file to the folder of the records. Returns its path."""
    target = instance / "pictures" / f"{fingerprint(content)}.original"
    if not target.is_file():
        target.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        replace_derived_file(target, content)
    return target


def write_record(instance: Path, picture: Picture, path: Path) -> None:
    """Writes the path of the original to ``instance/pictures/<digest>.json`` atomically."""
    target = instance / "pictures" / f"{picture.digest}.json"
    facts = json.dumps({"path": str(path), "width": picture.width, "height": picture.height})
    if target.is_file() and target.read_text("utf-8") == facts:
        return
    target.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    replace_derived_file(target, facts.encode())


def read_record(instance: Path, digest: str) -> tuple[Picture, Path]:
    """A picture and the path of its original. Raises NotFound."""
    try:
        facts = json.loads((instance / "pictures" / f"{digest}.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise NotFound("picture", digest) from None
    return Picture(digest, facts["width"], facts["height"]), Path(facts["path"])


def exported_picture(instance: Path, address: str, cache_bytes: int, size: str = "export") -> bytes:
    """The JPEG for exports of the picture at ``/media/<digest>-…``. *size* is ``export`` or a width in pixels.

    A child process renders it once, and it is cached, so that a worker never has a decoded picture in memory. Raises
    NotFound and UnusablePicture; OSError if the system lacks a resource (OUT_OF), because an export without the picture
    must not be cached then.
    """
    digest = address.rpartition("/")[2].partition("-")[0]
    store, key = FileCache(instance / "media", cache_bytes), f"{digest}-{size}.jpg"
    if path := store.find(key):
        with suppress(OSError):
            return path.read_bytes()
    _, original = read_record(instance, digest)
    try:
        content = render_all(store, original, digest, [key])[key]
    except UnusablePicture as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in OUT_OF:
            raise error.__cause__ from None
        raise
    with suppress(OSError):  # on a full disk the next export renders it again
        store.put(key, content)
    return content


def key_of(digest: str, width: int, suffix: str) -> str:
    return f"{digest}-{width}.{suffix}"


_THUMBNAIL = "thumbnail"


def thumbnail_key(digest: str, suffix: str) -> str:
    return f"{digest}-{_THUMBNAIL}.{suffix}"


def thumbnail_keys(digest: str) -> list[str]:
    return [thumbnail_key(digest, suffix) for suffix in THUMBNAIL_FORMATS]


def keys_of(picture: Picture) -> list[str]:
    return [key_of(picture.digest, width, suffix) for width in picture.widths for suffix in MIMETYPES]


def _by_width(picture: Picture) -> Iterator[list[str]]:
    """The keys of all renditions, grouped by width: one group is rendered from one decoded picture."""
    return (list(keys) for _, keys in groupby(keys_of(picture), key=lambda key: key.partition(".")[0]))


def render_all(store: FileCache, original: Path, digest: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The bytes of renditions by key. Raises UnusablePicture, immediately if a failure of the picture is recorded."""
    if not keys:
        return {}
    with failed_pictures.attempt_lock(store, digest):
        try:
            return render_in_child(original, digest, keys)
        except UnusablePicture as error:
            if error.lasting or isinstance(error.__cause__, ChildFailed):  # other failures take no time
                failed_pictures.record_failure(store, digest, error)
            raise


def render_in_child(original: Path, digest: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The bytes of renditions by key, rendered in a child process so that a malicious picture cannot crash the server.

    Raises UnusablePicture.
    """
    with tempfile.TemporaryDirectory(prefix="reader-pictures-") as folder:
        request = json.dumps([str(original), digest, folder, *keys])
        try:
            problem = json.loads(_children.request(COMMAND, LIMITS, request, TIMEOUT_SECONDS))
        except ChildFailed as error:
            lasting = not (error.killed or error.timed_out)
            raise UnusablePicture(f"{original.name}: {error}", lasting=lasting) from error
        if problem:
            cause = OSError(problem["errno"], problem["reason"]) if problem["errno"] else None
            raise UnusablePicture(f"{original.name}: {problem['reason']}", lasting=problem["lasting"]) from cause
        return {key: (Path(folder) / key).read_bytes() for key in keys}


def _render_files(request: str) -> str:
    """Runs in the child: writes the renditions listed in *request*. Returns JSON: ``_problem``, or null."""
    if not request:
        return ""
    original, digest, folder, *keys = json.loads(request)
    try:
        content = read_regular(Path(original), LARGEST_BYTES)
        if fingerprint(content) != digest:
            return _problem(UnusablePicture("the file has changed since", lasting=False))
        for size, some in groupby(keys, key=lambda key: key.rpartition("-")[2].partition(".")[0]):
            _write_files(content, size, [Path(folder) / key for key in some])
    except (UnusablePicture, OSError) as error:
        return _problem(error)
    return "null"


def _problem(error: UnusablePicture | OSError) -> str:
    """*error* as JSON: reason, whether it is permanent, and its errno or null."""
    lasting = isinstance(error, UnusablePicture) and error.lasting
    number = error.errno if isinstance(error, OSError) else None
    return json.dumps({"reason": " ".join(str(error).split()), "lasting": lasting, "errno": number})


def _write_files(content: bytes, size: str, paths: Sequence[Path]) -> None:
    """Writes the renditions of one size to *paths*. *size* is a width in pixels, ``export`` or ``thumbnail``."""
    if size == _THUMBNAIL:
        files = dict(thumbnails(content))
        for path in paths:
            path.write_bytes(files[path.suffix[1:]])
        return
    is_exported = size == "export"
    small = resized(content, EXPORTED_WIDTH if is_exported else int(size))
    options: dict[str, object] = {"quality": EXPORTED_QUALITY} if is_exported else {}
    for path in paths:
        path.write_bytes(saved(small, path.suffix[1:], **options))


if __name__ == "__main__":
    answer_lines(prepare(), _render_files)
