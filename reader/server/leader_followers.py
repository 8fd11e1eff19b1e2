"""The leader/followers thread pool: one thread at a time answers what needs no waiting.

Threads that could run wake each other whenever the GIL is released, so that many threads answer cached pages more
slowly than one. A thread that gets a request while another is at it leaves the request to that one, the leader, and
sleeps as a follower. What takes longer is answered by a follower or, if there is none, by the leader, which lets a
follower go first. So a thread is always there for the next request, as long as not all are busy.

The pattern is that of D. Schmidt and others, "Leader/Followers" (2000).
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
"""How long a follower sleeps. Then granian may end it, and with it its connections to databases."""

Request = TypeVar("Request")


class LeaderFollowers(Generic[Request]):
    """*answers_at_once* returns False, without waiting, for a request that *answer* has to be called for."""

    def __init__(
        self,
        answers_at_once: Callable[[Request], bool],
        answer: Callable[[Request], object],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._answers_at_once, self._answer, self._idle_seconds = answers_at_once, answer, idle_seconds
        self._lock, self._has_leader, self._followers = threading.Lock(), False, 0
        self._left: deque[Request] = deque()
        """Requests that followers left to the leader: never more than there are followers."""
        self._tasks: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        """For followers: a request to answer, or None to take the next one from granian."""

    def handle(self, request: Request) -> None:
        """Returns when the request is answered or left to another thread."""
        with self._lock:
            if follows := self._has_leader:
                self._left.append(request)
                self._followers += 1
            self._has_leader = True
        task = self._follow() if follows else self._lead(request)
        if task is not None:
            self._answer(task)

    def handle_here(self, request: Request) -> None:
        """Answers a request that no other thread can answer."""
        with self._lock:
            if not self._has_leader:  # else the leader lets a follower go when it has to
                self._let_follower_go()
        self._answer(request)

    def _lead(self, request: Request) -> Request | None:
        """Answers at once what can be. Returns a request that this thread has to answer, or None."""
        rest = [] if self._is_answered(request) else [request]
        while True:
            with self._lock:
                if not self._left:
                    return self._step_down(rest)
                request = self._left.popleft()
            if not self._is_answered(request):
                rest.append(request)

    def _is_answered(self, request: Request) -> bool:
        try:
            return self._answers_at_once(request)
        except BaseException:  # also the PanicException of a library in Rust: without a leader nothing is answered
            LOG.exception("a request could not be answered from the response cache")
            return False

    def _step_down(self, rest: list[Request]) -> Request | None:
        """Ends leading, with the lock: gives all but one request of *rest* to followers and returns that one."""
        self._has_leader = False
        if not rest:
            return None
        for request in rest[1:]:
            self._give(request)
        self._let_follower_go()
        return rest[0]

    def _let_follower_go(self) -> None:
        if self._followers:
            self._give(None)

    def _give(self, task: Request | None) -> None:
        self._followers -= 1
        self._tasks.put(task)

    def _follow(self) -> Request | None:
        while True:
            with suppress(queue.Empty):
                return self._tasks.get(timeout=self._idle_seconds)
            with self._lock:
                if self._tasks.empty() and not self._has_leader:  # a leader may count on its followers
                    self._followers -= 1
                    return None
