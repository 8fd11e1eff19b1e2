"""Prevents a command with other settings from rebuilding the catalog of a running server.

The indexing process writes its settings into its lock file. A command with another articles folder, time zone or
language would remove or change all articles of the running site.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from ..errors import BadSetting
from ..i18n import Message
from ..settings import Settings
from ..storage.locks import is_locked


def write_served(lock: Path, settings: Settings) -> None:
    """Writes the settings into *lock*, which this process must hold. On a full disk nothing is written, and
    ``refuse_other_settings`` accepts any settings."""
    with suppress(OSError):
        lock.write_text(json.dumps(_settings_of(settings)), "utf-8")


def refuse_other_settings(lock: Path, settings: Settings) -> None:
    """Raises BadSetting if an indexing process with other settings holds *lock*."""
    served = _read(lock) if is_locked(lock) else {}
    for name, value in _settings_of(settings).items():
        other = served.get(name, value)
        if other != value and not (name == "READER_ARTICLES" and _is_same_folder(other, value)):
            expected = Message(
                "%(value)s, as for the server that uses %(instance)s; or set another READER_INSTANCE",
                value=other,
                instance=settings.instance,
            )
            raise BadSetting(name, value, expected)


def _settings_of(settings: Settings) -> dict[str, str]:
    articles = os.fsencode(settings.articles.absolute()).decode("utf-8", "backslashreplace")
    return {
        "READER_ARTICLES": articles,
        "READER_TIMEZONE": str(settings.timezone),
        "READER_LANGUAGE": settings.language,
    }


def _read(lock: Path) -> dict[str, str]:
    try:
        found = json.loads(lock.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _is_same_folder(one: str, other: str) -> bool:
    """Whether both paths are the same existing folder, for example by a symbolic link or a bind mount."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return False
