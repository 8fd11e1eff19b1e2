"""The leader/followers thread pool: one thread at a time answers requests that need no waiting.

Runnable threads wake each other whenever the GIL is released, so many threads answer cached pages more slowly than one.
A thread that receives a request while another thread is the leader passes the request to the leader and sleeps as a
follower. A request that takes longer is answered by a follower; without followers the leader answers it. Before the
leader answers one itself, it releases a follower. So a thread is always free for the next request unless all are busy.

The pattern is described in D. Schmidt and others, "Leader/Followers" (2000).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 30.0
"""The time for which a follower sleeps. Then granian may end its thread, which closes its database connections."""

Request = TypeVar("Request")


class LeaderFollowers(Generic[Request]):
    """Distributes requests to the threads that call ``handle``.

    *try_answer* answers a request if it can do so without waiting, and returns whether it did. For other requests
    *answer* is called.
    """

    def __init__(
        self,
        try_answer: Callable[[Request], bool],
        answer: Callable[[Request], object],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._try_answer, self._answer, self._idle_seconds = try_answer, answer, idle_seconds
        self._lock, self._has_leader, self._followers = threading.Lock(), False, 0
        self._requests: deque[Request] = deque()
        """Requests that followers passed to the leader; at most as many as followers."""
        self._tasks: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        """Tasks for followers: a request to answer, or None to accept the next request from granian."""

    def handle(self, request: Request) -> None:
        """Returns when the request is answered or passed to another thread."""
        with self._lock:
            if is_follower := self._has_leader:
                self._requests.append(request)
                self._followers += 1
            self._has_leader = True
        task = self._follow() if is_follower else self._lead(request)
        if task is not None:
            self._answer(task)

    def handle_here(self, request: Request) -> None:
        """Answers a request that only this thread can answer."""
        with self._lock:
            if not self._has_leader:  # otherwise the leader releases a follower if necessary
                self._release_follower()
        self._answer(request)

    def _lead(self, request: Request) -> Request | None:
        """Answers the requests that need no waiting. Returns a request that this thread has to answer, or None."""
        rest = [] if self._is_answered(request) else [request]
        while True:
            with self._lock:
                if not self._requests:
                    return self._step_down(rest)
                request = self._requests.popleft()
            if not self._is_answered(request):
                rest.append(request)

    def _is_answered(self, request: Request) -> bool:
        try:
            return self._try_answer(request)
        except BaseException:  # also a PanicException of a Rust library: without a leader no request would be answered
            LOG.exception("a request could not be answered from the response cache")
            return False

    def _step_down(self, rest: list[Request]) -> Request | None:
        """Ends being the leader. Passes all but the first request of *rest* to followers and returns the first.

        The caller must hold the lock. Returns None if *rest* is empty.
        """
        self._has_leader = False
        if not rest:
            return None
        for request in rest[1:]:
            self._pass_to_follower(request)
        self._release_follower()
        return rest[0]

    def _release_follower(self) -> None:
        """Makes a follower return to granian for the next request."""
        if self._followers:
            self._pass_to_follower(None)

    def _pass_to_follower(self, task: Request | None) -> None:
        self._followers -= 1
        self._tasks.put(task)

    def _follow(self) -> Request | None:
        while True:
            with suppress(queue.Empty):
                return self._tasks.get(timeout=self._idle_seconds)
            with self._lock:
                if self._tasks.empty() and not self._has_leader:  # a leader relies on its followers
                    self._followers -= 1
                    return None
