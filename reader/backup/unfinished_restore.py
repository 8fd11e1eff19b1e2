"""The marker file that an interrupted restore leaves in the data folder.

Then files and state may be of different times: served together, articles would be announced as removed or corrected.
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

MARK = "restore-unfinished"
TRIED = ".tried-"
"""In the name that a restore gives the articles folder for a moment, to learn whether it can have another one."""

_TEXT = N_(
    "a restore of %(archive)s was killed (or still runs), so articles and comments may be of different times; "
    "finish it: python -m reader restore --force %(archive)s. What was there before has .before- in its name; "
    "if you put that back by hand, delete %(mark)s"
)

_TRIED = N_("a restore was killed while it tried whether %(folder)s can be renamed: call %(tried)s so again")


def lost_in_trial(settings: Settings) -> Path | None:
    """The articles folder under that name; None if it has its own."""
    folder = Path(os.path.realpath(settings.articles))
    if folder.exists():
        return None
    return next(iter(sorted(folder.parent.glob(f".{escape(folder.name)}{TRIED}*"))), None)


@contextmanager
def marked_as_unfinished(settings: Settings, archive: zipfile.ZipFile) -> Iterator[None]:
    """While the block runs, and after it if the process is killed, ``unfinished`` names *archive*."""
    mark = settings.data / MARK
    with os.fdopen(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE), "w") as file:
        json.dump({"archive": os.path.realpath(archive.filename or "")}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def unfinished(settings: Settings) -> Message | None:
    """What to do about a restore that was killed; None if there is none."""
    if tried := lost_in_trial(settings):
        return Message(_TRIED, folder=str(settings.articles), tried=str(tried))
    mark = settings.data / MARK
    try:
        archive = str(json.loads(mark.read_text("utf-8"))["archive"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):  # killed while it was written
        archive = "FILE"
    return Message(_TEXT, archive=archive, mark=str(mark))
