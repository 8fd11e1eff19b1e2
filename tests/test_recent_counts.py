"""The counts below the limits for single clients: a minute long, bounded in memory, independent of the wall clock."""

from __future__ import annotations

import pytest

from reader.web.limits.recent_counts import MOST_KEYS, WINDOW_SECONDS, RecentCounts


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_what_was_counted_weighs_less_and_less_and_is_gone_after_two_windows(clock):
    counts = RecentCounts(clock)
    counts.add(b"a", 8)
    found = []
    for seconds in (59, 60, 75, 90, 120):
        clock.now = seconds
        found.append(counts.count(b"a"))
    assert found == [8, 8, 6, 4, 0]
    assert len(counts) == 0


def test_who_waits_as_long_as_was_said_is_served(clock):
    for spent in range(1, 12):
        for since in (0.0, 10.0, 59.0, 61.0, 100.0):
            clock.now = 0.0
            counts = RecentCounts(clock)
            counts.add(b"a", 6)
            clock.now = since
            counts.add(b"a", spent)
            wait = counts.seconds_until(b"a", 5)
            assert (wait <= 0) == (counts.count(b"a") <= 5)
            assert wait <= 2 * WINDOW_SECONDS
            clock.now += wait
            assert counts.count(b"a") <= 5.001


def test_a_hundred_thousand_clients_leave_a_bounded_table_that_empties(clock):
    counts = RecentCounts(clock)
    for number in range(2 * MOST_KEYS + 10):
        counts.add(number.to_bytes(16), 1)
        assert len(counts) <= 2 * MOST_KEYS
    assert counts.count(number.to_bytes(16)) == 1
    clock.now = 3 * WINDOW_SECONDS
    assert (counts.count(b"a"), len(counts)) == (0, 0)


def test_a_count_looks_at_one_key_however_many_there_are(clock):
    counts = RecentCounts(clock)
    for number in range(1000):
        counts.add(number.to_bytes(16), 1)
    counts._current, counts._former = _Looked(counts._current), _Looked()
    counts.add(b"a", 1)
    counts.count(b"a")
    counts.seconds_until(b"a", 1)
    assert counts._current.looked <= 6


class _Looked(dict):
    """A table that counts look-ups and refuses to be walked through."""

    looked = 0

    def get(self, *arguments):
        self.looked += 1
        return super().get(*arguments)

    def __iter__(self):
        raise AssertionError("walked through")

    keys = values = items = __iter__
