"""The queue of export jobs of all machines of a site: a table in their PostgreSQL state database.

It keeps the contract of ``JobQueue``. The clock is that of the server. A claimed job is leased: the pool renews the
lease while it works, and the job of a machine that died returns to the queue when the lease ends. Imports SQLAlchemy.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from ..errors import Busy, StateUnusable
from ..i18n import N_, Message, deserialize, serialize
from ..library.heartbeat import ALLOWED_SECONDS
from ..state import State
from .job_tables import export_jobs as jobs
from .job_tables import export_pools as pools
from .queue_contract import (
    ARTICLE,
    ATTEMPTS,
    FAILED,
    FORGET_FAILURE_SECONDS,
    INTERRUPTED,
    INTERRUPTIONS,
    MOST_FAILURES,
    PREFETCH,
    WAITING,
    WORKING,
    Job,
    JobStatus,
    check_room,
)

if TYPE_CHECKING:
    from ..state.notifications import Notifications

LEASE_SECONDS = 10.0
"""A claimed job returns to the queue after this time unless its lease is renewed."""

RENEW_SECONDS = 2.5
"""How often a lease is renewed."""

ABANDONED_SECONDS = 86_400.0
"""After this time the jobs of other builds are deleted: no machine with their code has taken or repeated them."""

BEAT_SECONDS = 5.0
"""How often a pool records that it is ready, at most."""

RETRY_SECONDS = 10
"""When to try again while the server does not answer."""

CHANNEL = "export_jobs"
_SUBMITS = 0x4A4F4253
"""The id of PostgreSQL's advisory lock that ``submit`` holds ("JOBS" in ASCII), so that the limit is exact."""

_MICROSECONDS = 1_000_000
_UNUSABLE = Message(
    N_("the queue of exports cannot be used (%(cause)s)"), cause=Message(N_("the state database cannot be used"))
)


class SharedJobQueue:
    """A ``JobQueue`` on PostgreSQL. *build* is the build id: a job is claimed only by machines with the same code.

    Methods raise Busy while the server does not answer. *clock* returns seconds and replaces the server's in tests::

        queue = SharedJobQueue(State("postgresql://reader@db/news"), limit=64, build=renderer.build_id)
    """

    POLL_SECONDS = 0.03

    def __init__(self, state: State, limit: int, build: str, clock: Callable[[], float] | None = None) -> None:
        self._state, self._limit, self._build, self._clock = state, limit, build, clock
        self._holder = secrets.token_hex(8)
        self._held: set[str] = set()
        self._renewed_at = float("-inf")
        self._notifications: Notifications | None = None

    def submit(self, key: str, spec: str, background: int = 0) -> None:
        with self._transaction() as db:
            db.execute(select(func.pg_advisory_xact_lock(_SUBMITS)))
            self._forget_old_failures(db)
            if db.execute(select(jobs.c.state).where(jobs.c.key == key)).first():
                least = func.least(jobs.c.background, background)
                db.execute(update(jobs).where(jobs.c.key == key).values(background=least))
                return
            check_room(background, self._limit, lambda low, high: self._count(db, low, high))
            values = {"spec": spec, "state": WAITING, "background": background, "queued_at": self._now(), "attempts": 0}
            db.execute(insert(jobs).values(key=key, build=self._build, message="", holder="", leased_until=0, **values))
            _notify(db)

    def waiting(self) -> int:
        with self._reading() as db:
            return self._count(db)

    def stamp(self) -> tuple[int, ...]:
        """A value that changes when a job of any machine is queued. Asking sends no request to the server."""
        if self._notifications is None:
            self._notifications = self._state.notifications(CHANNEL)
        return (self._notifications(),)

    def close(self) -> None:
        """Closes the connection for notifications. ``stamp`` opens another one."""
        if self._notifications:
            self._notifications.close()

    def oldest_seconds(self) -> float:
        with self._reading() as db:
            query = select(func.min(jobs.c.queued_at), self._now()).where(*self._with(WAITING))
            oldest, now = db.execute(query).one()
        return float(now - oldest) / _MICROSECONDS if oldest is not None else 0.0

    def status(self, key: str) -> JobStatus | None:
        other = jobs.alias()
        order = tuple_(other.c.background, other.c.queued_at, other.c.key)
        ahead = select(func.count()).where(
            other.c.build == self._build,
            other.c.state == WAITING,
            order < tuple_(jobs.c.background, jobs.c.queued_at, jobs.c.key),
        )
        place = case((jobs.c.state == WAITING, 1 + ahead.scalar_subquery()), else_=0).label("place")
        columns = jobs.c.state, jobs.c.queued_at, jobs.c.message, place, self._now().label("now")
        with self._reading() as db:
            row = db.execute(select(*columns).where(jobs.c.key == key)).first()
        if row is None:
            return None
        remembered = (row.queued_at - row.now) / _MICROSECONDS + FORGET_FAILURE_SECONDS if row.state == FAILED else 0.0
        message = deserialize(row.message) if row.message else ""
        return JobStatus(key, row.state, row.place, message, max(0.0, remembered))

    def claim(self) -> Job | None:
        with self._transaction() as db:
            self._return_lost(db)
            turn = select(jobs.c.key).where(*self._with(WAITING)).limit(1)
            turn = turn.order_by(jobs.c.background, jobs.c.queued_at, jobs.c.key).with_for_update(skip_locked=True)
            claimed = {"state": WORKING, "attempts": jobs.c.attempts + INTERRUPTIONS, "holder": self._holder}
            claim = update(jobs).where(jobs.c.key == turn.scalar_subquery())
            claim = claim.values(**claimed, leased_until=self._now(LEASE_SECONDS))
            row = db.execute(claim.returning(jobs.c.key, jobs.c.spec)).first()
        if row is None:
            return None
        self._held.add(row.key)
        return Job(row.key, row.spec)

    def renew(self) -> None:
        """Extends the leases of this pool's jobs, if it has any. Call it often; it limits itself."""
        if not self._held or time.monotonic() < self._renewed_at + RENEW_SECONDS:
            return
        self._renewed_at = time.monotonic()
        with self._transaction() as db:
            db.execute(update(jobs).where(*self._is_held()).values(leased_until=self._now(LEASE_SECONDS)))

    def finish(self, key: str) -> None:
        with self._transaction() as db:
            db.execute(delete(jobs).where(jobs.c.key == key))
        self._held.discard(key)

    def fail(self, key: str, message: str, forget_seconds: float = FORGET_FAILURE_SECONDS) -> None:
        """Does nothing to a job whose lease has ended: another pool may work on it."""
        failed_at = self._now(forget_seconds - FORGET_FAILURE_SECONDS)
        self._change(key, state=FAILED, spec="", message=message, queued_at=failed_at)

    def retry(self, key: str) -> bool:
        return self._change(key, jobs.c.attempts < ATTEMPTS * INTERRUPTIONS, state=WAITING)

    def release(self, key: str) -> None:
        self._change(key, state=WAITING, attempts=jobs.c.attempts - INTERRUPTIONS)

    def is_outranked(self, key: str) -> bool:
        waits = select(jobs.c.key).where(*self._with(WAITING), jobs.c.background < PREFETCH).exists()
        with self._reading() as db:
            query = select(jobs.c.key).where(jobs.c.key == key, jobs.c.background == PREFETCH, waits)
            return db.execute(query).first() is not None

    def recover(self) -> None:
        """Returns the jobs of machines that died to the queue, as ``claim`` does, and deletes what machines with other
        code have left."""
        with self._transaction() as db:
            self._return_lost(db)
            long_ago = self._now(-ABANDONED_SECONDS)
            latest = func.greatest(jobs.c.queued_at, jobs.c.leased_until)
            db.execute(delete(jobs).where(jobs.c.build != self._build, latest < long_ago))
            db.execute(delete(pools).where(pools.c.ready_until < long_ago))

    def idle(self) -> bool:
        with self._reading() as db:
            query = select(jobs.c.key).where(jobs.c.build == self._build, jobs.c.state != FAILED).limit(1)
            return db.execute(query).first() is None

    def failures(self) -> dict[str, str]:
        with self._reading() as db:
            rows = db.execute(select(jobs.c.key, jobs.c.message).where(*self._with(FAILED))).all()
        return {row.key: deserialize(row.message) for row in rows}

    def prune(self) -> None:
        with self._reading() as db:
            query = select(func.count(), func.min(jobs.c.queued_at), self._now(-FORGET_FAILURE_SECONDS))
            failed, oldest, limit = db.execute(query.where(*self._with(FAILED))).one()
        if failed > MOST_FAILURES or (failed and oldest < limit):
            with self._transaction() as db:
                self._forget_old_failures(db)

    def beat(self, seconds: float) -> None:
        """Records that this pool is ready now, and again within *seconds*."""
        values = {"build": self._build, "ready_until": self._now(seconds + BEAT_SECONDS)}
        with self._transaction() as db:
            row = upsert(pools).values(holder=self._holder, **values)
            db.execute(row.on_conflict_do_update(index_elements=["holder"], set_=values))

    def late_seconds(self) -> float | None:
        """How long no pool with this code has been ready; 0 if one is, None if there never was one."""
        with self._reading() as db:
            query = select(self._now() - func.max(pools.c.ready_until)).where(pools.c.build == self._build)
            late = db.execute(query).scalar()
        return None if late is None else max(0.0, late / _MICROSECONDS)

    def _change(self, key: str, *conditions: ColumnElement[bool], **values: Any) -> bool:
        """Changes a job that this pool holds, which it then holds no longer. Returns whether it did."""
        with self._transaction() as db:
            change = update(jobs).where(jobs.c.key == key, *self._is_held(), *conditions).values(holder="", **values)
            is_changed = db.execute(change.returning(jobs.c.key)).first() is not None
            if is_changed:
                _notify(db)
        if is_changed:
            self._held.discard(key)
        return is_changed

    def _return_lost(self, db: Connection) -> None:
        lost = *self._with(WORKING), jobs.c.leased_until < self._now()
        message = serialize(Message(INTERRUPTED))
        is_tired = jobs.c.attempts >= ATTEMPTS * INTERRUPTIONS
        db.execute(update(jobs).where(*lost, is_tired).values(state=FAILED, message=message, holder=""))
        again = {"state": WAITING, "holder": "", "attempts": jobs.c.attempts - (INTERRUPTIONS - 1)}
        db.execute(update(jobs).where(*lost).values(**again))

    def _forget_old_failures(self, db: Connection) -> None:
        limit = self._now(-FORGET_FAILURE_SECONDS)
        db.execute(delete(jobs).where(*self._with(FAILED), jobs.c.queued_at < limit))
        newest = select(jobs.c.key).where(*self._with(FAILED)).order_by(jobs.c.queued_at.desc(), jobs.c.key)
        db.execute(delete(jobs).where(*self._with(FAILED), jobs.c.key.not_in(newest.limit(MOST_FAILURES))))

    def _count(self, db: Connection, lowest: int = ARTICLE, highest: int = PREFETCH) -> int:
        """The number of waiting jobs with a ``background`` from *lowest* to *highest*."""
        query = select(func.count()).where(*self._with(WAITING), jobs.c.background.between(lowest, highest))
        found: int = db.execute(query).scalar_one()
        return found

    def _with(self, state: str) -> tuple[ColumnElement[bool], ...]:
        return jobs.c.build == self._build, jobs.c.state == state

    def _is_held(self) -> tuple[ColumnElement[bool], ...]:
        return jobs.c.state == WORKING, jobs.c.holder == self._holder

    def _now(self, later_seconds: float = 0.0) -> ColumnElement[int]:
        """The time in microseconds, as SQL."""
        later = int(later_seconds * _MICROSECONDS)
        if self._clock:
            return literal(int(self._clock() * _MICROSECONDS) + later, BigInteger)
        return cast(func.extract("epoch", func.clock_timestamp()) * _MICROSECONDS, BigInteger) + later

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _busy_if_unusable(), self._state.queueing() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _busy_if_unusable(), self._state.reading() as connection:
            yield connection


class SharedHeartbeat:
    """The ``Heartbeat`` of the worker pools of all machines, for ``/readyz`` and the metrics."""

    def __init__(self, jobs: SharedJobQueue) -> None:
        self._jobs, self._began = jobs, time.monotonic()
        self._due, self._beat_again_at = 0.0, float("-inf")

    def beat(self, seconds: float) -> None:
        """Called by a pool, as often as it likes, when it is ready; the next call comes within *seconds*."""
        now = time.monotonic()
        if now < self._beat_again_at and seconds == self._due:
            return
        self._beat_again_at, self._due = now + BEAT_SECONDS, seconds
        try:
            self._jobs.beat(seconds)
        except Busy:
            self._beat_again_at = float("-inf")

    def silent_seconds(self) -> float:
        """How long no pool has been ready if that is too long; else 0. Raises Busy."""
        age = time.monotonic() - self._began
        late = self._jobs.late_seconds()
        return 0.0 if age < ALLOWED_SECONDS else age if late is None else late


@contextmanager
def _busy_if_unusable() -> Iterator[None]:
    try:
        yield
    except StateUnusable as error:
        raise Busy(_UNUSABLE, retry_seconds=RETRY_SECONDS) from error


def _notify(db: Connection) -> None:
    db.execute(select(func.pg_notify(CHANNEL, "")))
