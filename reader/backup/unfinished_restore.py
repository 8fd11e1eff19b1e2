"""The marker file of a restore that was killed, in the data folder.

After such a restore, files and state may be from different times. If they were served together, articles would be
announced as removed or corrected.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from ..i18n import N_, Message
from ..settings import Settings
from ..storage.private_files import FILE_MODE

MARKER = "restore-unfinished"
TRIAL_SUFFIX = ".tried-"
"""A restore renames the articles folder to a name with this suffix for a moment, to test whether it can be renamed."""

_TEXT = N_(
    "a restore of %(archive)s was killed (or still runs), so articles and comments may be of different times; "
    "finish it: python -m reader restore --force %(archive)s. What was there before has .before- in its name; "
    "if you put that back by hand, delete %(mark)s"
)

_TRIAL_TEXT = N_("a restore was killed while it tried whether %(folder)s can be renamed: call %(tried)s so again")


def find_trial_folder(settings: Settings) -> Path | None:
    """The articles folder under its trial name, if a restore was killed during the test; None if the folder exists."""
    folder = Path(os.path.realpath(settings.articles))
    if folder.exists():
        return None
    return next(iter(sorted(folder.parent.glob(f".{escape(folder.name)}{TRIAL_SUFFIX}*"))), None)


@contextmanager
def unfinished_marker(settings: Settings, archive: zipfile.ZipFile) -> Iterator[None]:
    """Creates the marker file, which names *archive*. Deletes it after the block; it remains if the process is
    killed."""
    mark = settings.data / MARKER
    with os.fdopen(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE), "w") as file:
        json.dump({"archive": os.path.realpath(archive.filename or "")}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def unfinished(settings: Settings) -> Message | None:
    """How to finish a restore that was killed; None if there was none."""
    if tried := find_trial_folder(settings):
        return Message(_TRIAL_TEXT, folder=str(settings.articles), tried=str(tried))
    mark = settings.data / MARKER
    try:
        archive = str(json.loads(mark.read_text("utf-8"))["archive"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):  # the process was killed while it wrote the marker
        archive = "FILE"
    return Message(_TEXT, archive=archive, mark=str(mark))
