"""The message with an ordered file, once an export worker has generated it."""

from __future__ import annotations

from datetime import timedelta

from ..catalog import Catalog
from ..chinese.scripts import needs_change
from ..errors import Busy, ExportFailed, NotFound, TooLarge
from ..jobs.export_service import ExportService
from ..jobs.queue import JobStatus
from .attachments import largest_for, publication_of, suffix_for
from .mail_models import Queued
from .messages import Messages

EXPORT_PAUSE = timedelta(seconds=3)
"""How often the sender looks whether a file has been made."""


class NotYet(Exception):
    """The message can't be built now; it waits."""

    def __init__(self, pause: timedelta, reason: str = "") -> None:
        super().__init__(reason)
        self.pause, self.reason = pause, reason


class Impossible(Exception):
    """The message can never be sent."""


def document_of(message: Queued, catalog: Catalog, exports: ExportService, messages: Messages) -> bytes:
    """Raises NotYet, Impossible."""
    wanted = message.content
    try:
        publication = publication_of(catalog, wanted["of"])
        suffix = suffix_for(message.address, wanted["suffix"], publication)
        page = wanted["page"] if suffix == wanted["suffix"] else ""
        script = wanted["script"] if needs_change(publication.language, wanted["script"]) else ""
        found = exports.get_or_wait(publication, suffix, page, script, patience_seconds=0)
    except Busy as error:
        raise NotYet(timedelta(seconds=error.retry_seconds), str(error)) from error
    except (NotFound, ExportFailed, TooLarge) as error:
        raise Impossible(str(error)) from error
    if isinstance(found, JobStatus):
        raise NotYet(EXPORT_PAUSE)
    try:
        if found.stat().st_size > largest_for(message.address):
            raise Impossible(f"{found.stat().st_size} bytes are too many")
        return messages.document(message, publication, suffix, found)
    except OSError as error:  # evicted from the cache: it is made again
        raise NotYet(EXPORT_PAUSE, str(error)) from error
