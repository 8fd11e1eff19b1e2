"""Counts of all machines of a site, in Redis or Valkey (``READER_REDIS_URL``).

redis-py is imported at the first count. A Redis that fails is not asked for PAUSE_SECONDS; each process then counts by
itself, so no request fails because of it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ...errors import BadSetting
from ...i18n import Message
from ...storage.log_formatter import first_line
from .client_counts import LocalCounts, Share
from .recent_counts import WINDOW_SECONDS, seconds_until

if TYPE_CHECKING:
    from redis.commands.core import Script

ANSWER_SECONDS = 0.5
"""The longest wait for Redis, in each of two attempts. Requests that are under way wait that long, the next do not."""

PAUSE_SECONDS = 5.0

PREFIX = "reader:limits:"
"""The beginning of each key. The rest is the kind of work and a pseudonym."""

_SCRIPT = """
local now = redis.call('TIME')
local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
local length, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local window = math.floor(seconds / length)
local passed = seconds - window * length
local found, fits = {string.format('%.17g', passed)}, true
for n, key in ipairs(KEYS) do
  local stored = redis.call('HMGET', key, 'window', 'current', 'former')
  local since, current, former = tonumber(stored[1]) or 0, tonumber(stored[2]) or 0, tonumber(stored[3]) or 0
  if since ~= window then
    former = since == window - 1 and current or 0
    current = 0
  end
  local most = tonumber(ARGV[2 + n])
  fits = fits and (most < 0 or current + former * (1 - passed / length) <= most - cost)
  found[2 * n], found[2 * n + 1] = current, former
end
if fits and cost > 0 then
  for n, key in ipairs(KEYS) do
    redis.call('HSET', key, 'window', window, 'current', found[2 * n] + cost, 'former', found[2 * n + 1])
    redis.call('EXPIRE', key, 2 * length)
  end
end
return found
"""
"""KEYS: one hash a share. ARGV: the length of a window, the cost, and the limit of each share (-1: none). Returns the
seconds since the window began, and the current and the former sum of each share before it. By the clock of Redis: those
of the machines differ."""

log = logging.getLogger(__name__)


class SharedCounts:
    """Counts in the Redis at *url*; the contract is ``ClientCounts``. Raises BadSetting without redis-py.

    One line is logged when Redis fails, and one when it answers again.
    """

    def __init__(self, url: str) -> None:
        if find_spec("redis") is None:
            hint = Message("Redis needs redis-py: pip install -r requirements-many.txt")
            raise BadSetting("READER_REDIS_URL", without_password(url), hint)
        self._url, self._local = url, LocalCounts()
        self._silent_until, self._has_failed = 0.0, False

    def spend(self, work: str, shares: list[Share], cost: int) -> float:
        found = self._ask(work, shares, cost, [share.per_minute for share in shares])
        return self._local.spend(work, shares, cost) if found is None else _wait_seconds(found, shares, cost)

    def wait_seconds(self, work: str, shares: list[Share]) -> float:
        found = self._ask(work, shares, 0)
        return self._local.wait_seconds(work, shares) if found is None else _wait_seconds(found, shares, 1)

    def add(self, work: str, shares: list[Share], cost: int) -> None:
        if self._ask(work, shares, cost) is None:
            self._local.add(work, shares, cost)

    def count(self, work: str, share: Share) -> float:
        found = self._ask(work, [share], 0)
        if found is None:
            return self._local.count(work, share)
        passed, current, former = found
        return current + former * (1 - passed / WINDOW_SECONDS)

    def fault(self) -> str:
        """Why Redis cannot be used; empty if it counts."""
        try:
            self._run("doctor", [Share(b"", 0)], 1, [-1])
        except Exception as error:  # noqa: BLE001 as in ``_ask``
            return first_line(error)
        return ""

    def _ask(self, work: str, shares: list[Share], cost: int, limits: list[int] | None = None) -> list[float] | None:
        """What the script returns; None if Redis fails or failed a moment ago. It answers again when it counts: a Redis
        whose memory is full, or a replica, can only be read."""
        if time.monotonic() < self._silent_until or (self._has_failed and not cost):
            return None
        try:
            found = self._run(work, shares, cost, limits or [-1] * len(shares))
        except Exception as error:  # noqa: BLE001 what is not Redis makes redis-py raise any error, such as AttributeError
            self._note_failure(error)
            return None
        if self._has_failed:
            self._has_failed = False
            log.warning("%s answers again", without_password(self._url))
        return found

    def _run(self, work: str, shares: list[Share], cost: int, limits: list[int]) -> list[float]:
        """Raises RedisError, and other errors if something else answers."""
        keys = [f"{PREFIX}{work}:{share.key.hex()}" for share in shares]
        found: Any = self._script(keys, [round(WINDOW_SECONDS), cost, *limits])
        if len(found) != 1 + 2 * len(shares):
            raise ValueError("not an answer of Redis")
        return [float(number) for number in found]

    @cached_property
    def _script(self) -> Script:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # One more attempt, for a connection that Redis closed while nobody used it
        waits = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
        if urlsplit(self._url).scheme == "unix":
            del waits["socket_connect_timeout"]
        client = Redis.from_url(self._url, retry=Retry(NoBackoff(), 1), **waits)
        return client.register_script(_SCRIPT)

    def _note_failure(self, error: Exception) -> None:
        self._silent_until, is_new, self._has_failed = time.monotonic() + PAUSE_SECONDS, not self._has_failed, True
        if is_new:
            log.error("%s fails, so each process counts by itself: %s", without_password(self._url), first_line(error))


def shared_secret(url: str) -> bytes:
    """The key by which all machines hash addresses, from the password in *url*: the data in Redis do not contain it."""
    return hashlib.blake2b(f"reader {unquote(urlsplit(url).password or '')}".encode(), digest_size=32).digest()


def without_password(url: str) -> str:
    """*url* for logs and reports."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _wait_seconds(found: list[float], shares: list[Share], cost: int) -> float:
    passed, sums = found[0], [round(number) for number in found[1:]]
    return max(
        seconds_until(current, former, passed, share.per_minute - cost)
        for share, current, former in zip(shares, sums[::2], sums[1::2], strict=True)
    )
