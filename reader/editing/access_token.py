"""The access token of the editor: READER_EDITOR_TOKEN, or a generated token in the data folder.

``serve`` generates it at the first start and prints the URL of the editor that contains it, as Jupyter does.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ..setting_values import SHORTEST_TOKEN
from ..settings import Settings
from ..storage.atomic_files import create_file
from ..storage.private_files import FOLDER_MODE
from ..urls import EDITOR

FILE = "editor-token"
_LONGEST_BYTES = 1000


def token_of(settings: Settings) -> str:
    """The token, without creating one; empty if the editor is off or there is none.

    A token file that other users can write to is ignored.
    """
    if not settings.editor:
        return ""
    return settings.editor_token or _stored_token(settings.data / FILE)


def create_token(settings: Settings) -> str:
    """Generates the token of a site that has none. Returns it; empty if one exists or the editor is off. Raises
    OSError."""
    if not settings.editor or token_of(settings):
        return ""
    settings.data.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    path, token = settings.data / FILE, secrets.token_urlsafe(24)
    with suppress(FileExistsError):  # another process created it first
        create_file(path, f"{token}\n".encode())
        return token
    return ""


def login_url(token: str, site: str) -> str:
    """The URL of the editor with the token filled in. *site* is a URL without a trailing slash."""
    return f"{site}{EDITOR}?token={token}"


def _stored_token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""
    is_ours = status.st_uid in (os.geteuid(), 0) and not status.st_mode & 0o022
    return text if is_ours and len(text) >= SHORTEST_TOKEN and "\ufffd" not in text else ""
