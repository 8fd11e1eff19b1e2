"""Checks of ``doctor`` for what several machines share: the bucket, Redis and the queue of exports."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Busy
from ..i18n import Message
from ..settings import Settings
from ..state import State
from ..storage.bucket import Bucket
from ..templating import Renderer
from ..web.limits.shared_counts import SharedCounts, without_password
from .doctor_findings import OK, PROBLEM, WARNING, Finding


def bucket(settings: Settings) -> Iterator[Finding]:
    if not settings.bucket:
        return
    if reason := Bucket(settings.bucket).fault():
        text = Message("the bucket %(url)s fails: %(reason)s", url=settings.bucket, reason=reason)
        yield Finding(
            PROBLEM, text, Message("check AWS_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and its name")
        )
    else:
        yield Finding(OK, Message("bucket: %(url)s", url=settings.bucket))


def shared_limits(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url:
        values = {"url": without_password(settings.redis_url), "reason": SharedCounts(settings.redis_url).fault()}
        fails, answers = Message("%(url)s fails: %(reason)s", **values), Message("Redis: %(url)s", **values)
        hint = Message("check READER_REDIS_URL; until then each process counts by itself")
        yield Finding(WARNING, fails, hint) if values["reason"] else Finding(OK, answers)


def shared_queue(settings: Settings) -> Iterator[Finding]:
    """Whether a machine with this code makes exports. ``state_database`` reports a server that does not answer."""
    if not settings.shares_exports:
        return
    from ..jobs.shared_queue import SharedJobQueue

    state, build_id = State(settings.state_url), Renderer(settings.templates, settings.static).build_id
    try:
        late_seconds = SharedJobQueue(state, settings.export_queue, build_id).late_seconds()
    except Busy:
        return
    finally:
        state.close()
    if late_seconds == 0:
        yield Finding(OK, Message("exports: all machines share one queue"))
    else:
        text = Message("exports: no machine with this version of Reader takes orders from the shared queue")
        yield Finding(WARNING, text, Message("start the server, or python -m reader work"))
