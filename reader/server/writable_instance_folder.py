"""The instance folder that web processes use: the configured one, or a temporary one while that cannot be written.

Everything in the instance folder can be rebuilt, so a read-only disk costs the time to read the articles again, but no
page.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from ..errors import InstanceInUse, InstanceUnusable
from ..settings import Settings
from ..storage.locks import FileLock, file_lock
from ..storage.private_files import FOLDER_MODE, make_private
from ..storage.sqlite import wal_of

LOG = logging.getLogger(__name__)

PROBE_BYTES = 1 << 20
"""The minimum free space for a new catalog."""

CATALOG = "catalog.sqlite3"
SESSIONS, SESSION_KEY = "sessions", "session.key"
"""Marker files of editor sessions that were logged out, and the key of all; copied to a temporary folder. Web processes
with different keys would ask an editor to log in at every other request."""

TEMPORARY_EXPORTS_MB = "32"
"""A small export cache, because temporary folders are often in memory."""

MEMORY = Path("/dev/shm")  # noqa: S108  only for TemporaryDirectory, which chooses unguessable names


class InstanceFolder:
    """``with InstanceFolder(folder) as instance``: nobody else serves from *folder*. Raises InstanceInUse."""

    def __init__(self, wanted: Path, owner: int) -> None:
        self._wanted, self._owner = wanted, owner
        self._open = ExitStack()
        self._temporary: Path | None = None
        self._not_locked = OSError()
        self._lock: FileLock | None = None
        self._has_served = False

    def __enter__(self) -> Self:
        try:
            self._take_lock()
        except OSError as error:  # ``current`` logs it
            self._not_locked = error
        return self

    def _take_lock(self) -> None:
        """Raises InstanceInUse, or OSError."""
        path = self._wanted / "serve.lock"
        lock = self._open.enter_context(file_lock(path))
        if not lock:
            raise InstanceInUse(str(self._wanted), path.read_text().strip())
        self._lock = lock
        path.write_text(f"{self._owner}\n")

    def keep(self) -> None:
        """Makes the lock file again if the folder was deleted or moved. Raises InstanceInUse if another server did."""
        if self._lock is None or self._lock.is_in_place():
            return
        with suppress(OSError):  # tried again later
            self._take_lock()
            make_private(self._wanted)
            LOG.warning("%s was deleted or moved while in use: everything in it is made again", self._wanted)

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def environment(self) -> dict[str, str]:
        """The environment variables for a web process: its instance folder, and a small cache in a temporary folder.

        The state database stays beside the configured folder.
        """
        folder = self.current()
        if folder == self._wanted:
            return {"READER_INSTANCE": str(folder)}
        state = os.environ.get("READER_DATABASE_URL", "").strip() or Settings(instance=self._wanted).state_url
        return {
            "READER_INSTANCE": str(folder),
            "READER_EXPORT_CACHE_MB": TEMPORARY_EXPORTS_MB,
            "READER_DATABASE_URL": state,
        }

    def current(self) -> Path:
        """The folder for a new web process. Raises InstanceUnusable if no folder can be written at the first start."""
        error = _refusal(self._wanted) if self._lock else self._not_locked
        try:
            found = self._substitute(error) if error else self._wanted
        except InstanceUnusable as unusable:
            if not self._has_served:
                raise
            LOG.error("%s", unusable)
            found = self._wanted
        self._has_served = True
        return found

    def _substitute(self, error: OSError) -> Path:
        """The temporary folder, shared by all web processes. Its first use is logged."""
        if self._temporary is None or _refusal(self._temporary):
            self._temporary = self._make(error)
            LOG.error(
                "%s cannot be written (%s): web processes that start now keep what they derive in %s until"
                " the server is restarted; make room or make the folder writable",
                *(self._wanted, error.strerror, self._temporary),
            )
        return self._temporary

    def _make(self, error: OSError) -> Path:
        for parent in (None, MEMORY):
            with suppress(OSError):
                found = Path(tempfile.mkdtemp(prefix="reader-instance-", dir=parent))
                self._open.callback(shutil.rmtree, found, ignore_errors=True)
                if _refusal(found) is None:
                    self._fill(found)
                    return found
        raise InstanceUnusable(str(self._wanted), error.strerror or str(error))

    def _fill(self, temporary: Path) -> None:
        """With what spares work; a catalog only before the first web process starts, so that nobody writes into it."""
        with suppress(OSError):
            shutil.copyfile(self._wanted / SESSION_KEY, temporary / SESSION_KEY)
        with suppress(OSError):
            shutil.copytree(self._wanted / SESSIONS, temporary / SESSIONS)
        if self._has_served:
            return
        catalog, copy = self._wanted / CATALOG, temporary / CATALOG
        for file, copied in ((catalog, copy), (wal_of(catalog), wal_of(copy))):
            try:
                shutil.copyfile(file, copied)
            except FileNotFoundError:
                continue
            except OSError:
                for part in (copy, wal_of(copy)):
                    part.unlink(missing_ok=True)
                return


def _refusal(folder: Path) -> OSError | None:
    """Why nothing can be derived in *folder*: SQLite needs some room there even to read."""
    try:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return error
    return None
