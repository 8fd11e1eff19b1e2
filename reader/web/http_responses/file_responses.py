"""Responses with the content of a file, sent from the descriptor that it was opened with.

A cache may evict a file at any moment after it was found, and somebody may delete or replace it. So a file is opened
once, and size, date and bytes come from that descriptor.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from flask import Response, request, send_file

from ...errors import Busy
from ...i18n import N_, Message
from .conditional_responses import fit_suffix_range

TRIES = 3
"""How often the search for a file is repeated if the file is deleted before it can be opened."""


def open_found(find: Callable[[], Path]) -> BinaryIO:
    """Opens the file at the path that *find* returns. Calls *find* again if the file no longer exists.

    Raises Busy if no file exists after TRIES calls, and the errors of *find*.
    """
    for _ in range(TRIES):
        with suppress(FileNotFoundError):
            return find().open("rb")
    raise removed()


def removed() -> Busy:
    """The error for a file that was deleted from the cache before it was opened. A retry generates it again."""
    return Busy(Message(N_("the file was just removed from the cache")), retry_seconds=1)


def file_response(file: BinaryIO, mimetype: str, etag: str = "", name: str | None = None) -> Response:
    """The content of *file* as a 304, 206 or 200 response, which closes it. *name* is the suggested name of a download.

    Last-Modified is the modification time of the file; a file in memory has none.
    Raises RequestedRangeNotSatisfiable.
    """
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    fit_suffix_range(size_bytes)
    response = send_file(file, mimetype, download_name=name, conditional=False)
    response.content_length = size_bytes
    if etag:
        response.set_etag(etag)
    if not isinstance(file, io.BytesIO):
        response.last_modified = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    try:
        return cast("Response", response.make_conditional(request.environ, True, size_bytes))
    except BaseException:
        file.close()
        raise
