"""Builds the message with a requested file after an export worker has generated it."""

from __future__ import annotations

from datetime import timedelta

from ..catalog import Catalog
from ..chinese.scripts import needs_change
from ..errors import Busy, ExportFailed, NotFound, TooLarge
from ..jobs.export_service import ExportService
from ..jobs.queue_contract import JobStatus
from .attachments import largest_for, publication_of, suffix_for
from .mail_models import QueuedMessage
from .messages import Messages

EXPORT_PAUSE = timedelta(seconds=3)
"""The interval at which the sender checks whether a file has been generated."""


class NotReady(Exception):
    """The message can't be built now. It is tried again after *pause*."""

    def __init__(self, pause: timedelta, reason: str = "") -> None:
        super().__init__(reason)
        self.pause, self.reason = pause, reason


class Impossible(Exception):
    """The message can never be sent."""


def build_document(message: QueuedMessage, catalog: Catalog, exports: ExportService, messages: Messages) -> bytes:
    """The message with the file, as bytes. Raises NotReady while the file is generated, and Impossible."""
    request = message.content
    try:
        publication = publication_of(catalog, request["of"])
        suffix = suffix_for(message.address, request["suffix"], publication)
        page = request["page"] if suffix == request["suffix"] else ""
        script = request["script"] if needs_change(publication.language, request["script"]) else ""
        found = exports.get_or_wait(publication, suffix, page, script, patience_seconds=0)
    except Busy as error:
        raise NotReady(timedelta(seconds=error.retry_seconds), str(error)) from error
    except (NotFound, ExportFailed, TooLarge) as error:
        raise Impossible(str(error)) from error
    if isinstance(found, JobStatus):
        raise NotReady(EXPORT_PAUSE)
    try:
        if found.stat().st_size > largest_for(message.address):
            raise Impossible(f"{found.stat().st_size} bytes are too many")
        return messages.document(message, publication, suffix, found)
    except OSError as error:  # evicted from the cache: it is generated again
        raise NotReady(EXPORT_PAUSE, str(error)) from error
