"""The result of a scan of the articles folder."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Problem


@dataclass(frozen=True)
class ScanResult:
    """The result of one scan. ``read`` and ``gone`` are the numbers of files that were read and removed. ``unsettled``
    are files that are still being written or were postponed.

    ``next_due`` is the time (UTC seconds) of the next timed change: a scheduled article, or the removal of a missing
    file. ``removal_due`` is the time of the next removal. ``fault`` is the reason why removals were not applied.
    """

    read: int = 0
    gone: int = 0
    problems: tuple[Problem, ...] = ()
    unsettled: frozenset[str] = frozenset()
    next_due: float | None = None
    removal_due: float | None = None
    fault: str = ""


def earliest(*times: float | None) -> float | None:
    """The earliest of *times*, ignoring None; None if there is none."""
    return min((time for time in times if time is not None), default=None)
