"""The darkroom: pictures that articles use, made into the sizes that pages show, in a process of its own.

The originals stay where they are, in the folder of articles; ``instance/pictures/<digest>.json`` says where.
The sizes made lie in a store and can be thrown away at any time.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from ..child_process.child import answer_lines, prepare
from ..child_process.parent import Limits, ask_once
from ..errors import Busy, ChildFailed, NotFound, UnusablePicture
from ..i18n import Message
from ..models import Article, fingerprint
from ..settings import Settings
from ..storage.files import Store
from ..storage.regular_files import read_regular
from . import images
from .images import MIMETYPES, Picture, derive

TIMEOUT_SECONDS = 60
MOST_WAITING = 200
LIMITS = Limits(memory_mb=2000, cpu_seconds=60, nice=5)
LARGEST_BYTES = 1_000_000_000
"""What was within READER_PICTURE_LIMIT_MB when its article was read is within this now, or has been replaced."""

COMMAND = (sys.executable, "-m", "reader.media.renditions")


class ImageRenderer:
    """One per process. Work waits in line for one child process at a time."""

    def __init__(self, settings: Settings) -> None:
        self._instance = settings.instance
        self._store = Store(settings.instance / "media", settings.export_cache_mb * 1_000_000)
        self._line = ThreadPoolExecutor(max_workers=1, thread_name_prefix="darkroom")
        self._waiting: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    def picture(self, digest: str) -> Picture:
        """Raises NotFound."""
        return read_record(self._instance, digest)[0]

    def sizes(self, keys: Iterable[str]) -> dict[str, int]:
        """Bytes of the files that have been made; the others are left out."""
        return self._store.sizes(keys)

    def submit(self, digest: str) -> Future[None]:
        """All sizes of a picture, made in the background; once, however many ask. Raises Busy."""
        with self._lock:
            if digest in self._waiting:
                return self._waiting[digest]
            if len(self._waiting) >= MOST_WAITING:
                raise Busy(Message("too many pictures are being resized"), retry_seconds=30)
            future = self._waiting[digest] = self._line.submit(self._render, digest)
        return future

    def file(self, digest: str, width: int, suffix: str) -> Path:
        """The finished file, made now if need be. Raises NotFound, Busy, UnusablePicture."""
        picture = self.picture(digest)
        if suffix not in MIMETYPES or width not in picture.widths:
            raise NotFound("picture", f"{digest}-{width}.{suffix}")
        key = key_of(digest, width, suffix)
        if not (path := self._store.find(key)):
            try:
                self.submit(digest).result(timeout=TIMEOUT_SECONDS)
            except TimeoutError:
                raise Busy(Message("too many pictures are being resized"), retry_seconds=30) from None
            path = self._store.find(key)
        if not path:
            raise NotFound("picture", key)
        return path

    def _render(self, digest: str) -> None:
        """Raises UnusablePicture if the child fails, takes too long or too much memory."""
        try:
            picture, original = read_record(self._instance, digest)
            missing = [key for key in keys_of(picture) if not self._store.find(key)]
            for key, content in render_in_subprocess(original, digest, missing).items():
                self._store.put(key, content)
        finally:
            with self._lock:
                self._waiting.pop(digest, None)


def link_pictures(article: Article, settings: Settings) -> Article:
    """*article* with its pictures by digest and size, and a note of where each lies."""
    keep = partial(write_record, settings.instance)
    return images.link_pictures(article, settings.articles, keep, settings.picture_limit_mb * 1_000_000)


def write_record(instance: Path, picture: Picture, path: Path) -> None:
    """Writes down where the original of a picture lies; the file appears whole, by rename."""
    target = instance / "pictures" / f"{picture.digest}.json"
    facts = json.dumps({"path": str(path), "width": picture.width, "height": picture.height})
    if target.is_file() and target.read_text("utf-8") == facts:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as file:
        file.write(facts)
    Path(file.name).replace(target)


def read_record(instance: Path, digest: str) -> tuple[Picture, Path]:
    """A picture and the file it is in. Raises NotFound."""
    try:
        facts = json.loads((instance / "pictures" / f"{digest}.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise NotFound("picture", digest) from None
    return Picture(digest, facts["width"], facts["height"]), Path(facts["path"])


def original(instance: Path, address: str) -> bytes:
    """What lies behind ``/media/<digest>-…`` in a body, for exports to cut to their size. Raises NotFound."""
    digest = address.rpartition("/")[2].partition("-")[0]
    try:
        return read_regular(read_record(instance, digest)[1], LARGEST_BYTES)
    except OSError:
        raise NotFound("picture", digest) from None


def key_of(digest: str, width: int, suffix: str) -> str:
    return f"{digest}-{width}.{suffix}"


def keys_of(picture: Picture) -> list[str]:
    return [key_of(picture.digest, width, suffix) for width in picture.widths for suffix in MIMETYPES]


def render_in_subprocess(original: Path, digest: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The files of these keys, made by a child process: a hostile picture can end that, but not the server."""
    if not keys:
        return {}
    with tempfile.TemporaryDirectory(prefix="reader-pictures-") as folder:
        order = json.dumps([str(original), digest, folder, *keys])
        try:
            problem = ask_once(COMMAND, order, TIMEOUT_SECONDS, LIMITS)
        except ChildFailed as error:
            problem = str(error)
        if problem:
            raise UnusablePicture(f"{original.name}: {problem}")
        return {key: (Path(folder) / key).read_bytes() for key in keys}


def _render_files(order: str) -> str:
    """In the child: each key's file into the folder named in *order*. Returns the reason if there is none, else ""."""
    original, digest, folder, *keys = json.loads(order)
    try:
        content = read_regular(Path(original), LARGEST_BYTES)
        if fingerprint(content) != digest:
            return "the file has changed since"
        for key in keys:
            width, _, suffix = key.rpartition("-")[2].partition(".")
            (Path(folder) / key).write_bytes(derive(content, int(width), suffix))
    except (UnusablePicture, OSError) as error:
        return " ".join(str(error).split())
    return ""


if __name__ == "__main__":
    answer_lines(prepare(), _render_files)
