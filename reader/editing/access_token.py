"""The access token of the desk: READER_EDITOR_TOKEN, or a generated one in the data folder.

``serve`` makes it at the first start and prints the address of the desk with it, as Jupyter does.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ..setting_values import SHORTEST_TOKEN
from ..settings import Settings
from ..storage.atomic_files import create_file
from ..urls import EDITOR

FILE = "editor-token"
_LONGEST_BYTES = 1000


def token_of(settings: Settings) -> str:
    """The secret; empty if there is no desk. Makes none. A file that other users can write to is not believed."""
    if not settings.editor:
        return ""
    return settings.editor_token or _stored(settings.data / FILE)


def make_token(settings: Settings) -> str:
    """Makes the secret of a site that has none. Returns it; empty if there was one. Raises OSError."""
    if not settings.editor or token_of(settings):
        return ""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, token = settings.data / FILE, secrets.token_urlsafe(24)
    with suppress(FileExistsError):  # another process was faster
        create_file(path, f"{token}\n".encode())
        return token
    return ""


def address_with(token: str, site: str) -> str:
    """The address of the desk whose form has the token in it already. *site* ends without a slash."""
    return f"{site}{EDITOR}?token={token}"


def _stored(path: Path) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LONGEST_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""
    is_ours = status.st_uid in (os.geteuid(), 0) and not status.st_mode & 0o022
    return text if is_ours and len(text) >= SHORTEST_TOKEN and "\ufffd" not in text else ""
