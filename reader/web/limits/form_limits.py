"""Size limits of public forms. A larger form is rejected before its content is read."""

from __future__ import annotations

from io import BytesIO
from typing import IO

from flask import Blueprint, Request, request


class RequestInMemory(Request):
    """A request whose uploads stay in memory: all forms have a limit, and the folder for temporary files may be full or
    read-only. Werkzeug would write those of more than 500 KB there."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return BytesIO()


def limit_forms(blueprint: Blueprint, largest_bytes: int) -> None:
    """Makes *blueprint* answer 413 to forms of more than *largest_bytes*."""

    @blueprint.before_request
    def limit() -> None:
        request.max_content_length = request.max_form_memory_size = largest_bytes
