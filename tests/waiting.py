"""Waiting for a fact, however slow or loaded the machine is."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Container
from typing import TypeVar

LIMIT_SECONDS = 300
"""Only ends what hangs: no test says how long something takes."""

Found = TypeVar("Found")


def wait_for(
    fact: Callable[[], Found],
    told: Callable[[], str] = lambda: "waited in vain",
    pause: float = 0.02,
    longest_pause: float = 0.25,
) -> Found:
    """The first true result of *fact*. Fails with what *told* returns.

    It is asked again after *pause* seconds, then less and less often: to ask a server takes processor time from it.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := fact()):
        assert time.monotonic() < deadline, told()
        time.sleep(pause)
        pause = max(pause, min(pause * 1.3, longest_pause))
    return found


def answers(url: str, statuses: Container[int] = range(600)) -> bool:
    """Whether an HTTP server responds at *url* with one of these statuses."""
    try:
        with urllib.request.urlopen(url, timeout=LIMIT_SECONDS) as response:
            return response.status in statuses
    except urllib.error.HTTPError as error:
        with error:
            return error.code in statuses
    except OSError:
        return False
