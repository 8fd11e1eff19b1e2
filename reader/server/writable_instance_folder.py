"""The instance folder that web processes use: the configured one, or a temporary one if it cannot be written.

All content of the instance folder can be rebuilt. On a read-only disk the server must read the articles again, but all
pages are available.
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
"""The marker files of ended editor sessions, and the key of all sessions. They are copied to a temporary folder: if web
processes had different keys, an editor would have to log in at every other request."""

TEMPORARY_EXPORTS_MB = "32"
"""A small export cache, because temporary folders are often in memory."""

MEMORY = Path("/dev/shm")  # noqa: S108  only for mkdtemp, which chooses unguessable names


class InstanceFolder:
    """Locks the instance folder *configured* for the block, so that no other server uses it. Raises InstanceInUse.

    *owner* is the process id that the lock file names.

    ::

        with InstanceFolder(settings.instance, os.getpid()) as instance:
            environment = instance.environment()
    """

    def __init__(self, configured: Path, owner: int) -> None:
        self._configured, self._owner = configured, owner
        self._resources = ExitStack()
        self._temporary: Path | None = None
        self._lock_error = OSError()
        self._lock: FileLock | None = None
        self._has_served = False

    def __enter__(self) -> Self:
        try:
            self._acquire_lock()
        except OSError as error:  # ``current`` logs it
            self._lock_error = error
        return self

    def _acquire_lock(self) -> None:
        """Locks the folder. Raises InstanceInUse or OSError."""
        path = self._configured / "serve.lock"
        lock = self._resources.enter_context(file_lock(path))
        if not lock:
            raise InstanceInUse(str(self._configured), path.read_text().strip())
        self._lock = lock
        path.write_text(f"{self._owner}\n")

    def keep(self) -> None:
        """Creates the lock file again if the folder was deleted or moved.

        Raises InstanceInUse if another server has locked it meanwhile.
        """
        if self._lock is None or self._lock.is_in_place():
            return
        with suppress(OSError):  # tried again later
            self._acquire_lock()
            make_private(self._configured)
            LOG.warning("%s was deleted or moved while in use: its content is being rebuilt", self._configured)

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def environment(self) -> dict[str, str]:
        """The environment variables for a web process: the instance folder; a small export cache if it is temporary.

        The state database always stays beside the configured folder. Raises InstanceUnusable.
        """
        folder = self.current()
        if folder == self._configured:
            return {"READER_INSTANCE": str(folder)}
        state = os.environ.get("READER_DATABASE_URL", "").strip() or Settings(instance=self._configured).state_url
        return {
            "READER_INSTANCE": str(folder),
            "READER_EXPORT_CACHE_MB": TEMPORARY_EXPORTS_MB,
            "READER_DATABASE_URL": state,
        }

    def current(self) -> Path:
        """The folder for a new web process. Raises InstanceUnusable if no folder can be written at the first start."""
        error = _write_error(self._configured) if self._lock else self._lock_error
        try:
            found = self._substitute(error) if error else self._configured
        except InstanceUnusable as unusable:
            if not self._has_served:
                raise
            LOG.error("%s", unusable)
            found = self._configured
        self._has_served = True
        return found

    def _substitute(self, error: OSError) -> Path:
        """The temporary folder, shared by all web processes. Logs its creation with *error*."""
        if self._temporary is None or _write_error(self._temporary):
            self._temporary = self._create_temporary(error)
            LOG.error(
                "%s cannot be written (%s): web processes that start now keep what they derive in %s until"
                " the server is restarted; make room or make the folder writable",
                *(self._configured, error.strerror, self._temporary),
            )
        return self._temporary

    def _create_temporary(self, error: OSError) -> Path:
        for parent in (None, MEMORY):
            with suppress(OSError):
                found = Path(tempfile.mkdtemp(prefix="reader-instance-", dir=parent))
                self._resources.callback(shutil.rmtree, found, ignore_errors=True)
                if _write_error(found) is None:
                    self._copy_to(found)
                    return found
        raise InstanceUnusable(str(self._configured), error.strerror or str(error))

    def _copy_to(self, temporary: Path) -> None:
        """Copies the session files and the catalog as far as possible.

        The catalog is copied only before the first web process starts, so that no process writes to it meanwhile.
        """
        with suppress(OSError):
            shutil.copyfile(self._configured / SESSION_KEY, temporary / SESSION_KEY)
        with suppress(OSError):
            shutil.copytree(self._configured / SESSIONS, temporary / SESSIONS)
        if self._has_served:
            return
        catalog, copy = self._configured / CATALOG, temporary / CATALOG
        for file, copied in ((catalog, copy), (wal_of(catalog), wal_of(copy))):
            try:
                shutil.copyfile(file, copied)
            except FileNotFoundError:
                continue
            except OSError:
                for part in (copy, wal_of(copy)):
                    part.unlink(missing_ok=True)
                return


def _write_error(folder: Path) -> OSError | None:
    """The error of writing PROBE_BYTES to *folder*; None if that works. SQLite needs some space even to read."""
    try:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return error
    return None
