"""The lines of the report of ``doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..i18n import Message
from ..settings import Settings

OK, WARNING, PROBLEM = Message("ok"), Message("warning"), Message("problem")


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``kind`` is OK, WARNING or PROBLEM; ``advice`` is the suggested fix, if any."""

    kind: Message
    text: Message
    advice: Message | None = None


Check = Callable[[Settings], Iterator[Finding]]
"""A check yields its findings. A function in CHECKS."""
