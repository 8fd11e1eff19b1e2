"""What is new since a client's last visit (RFC 3229, ``A-IM: feed``), from what this process remembers having said."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

REMEMBERED = 512
"""Windows that are remembered, some 2 KB each; who holds an older one is sent the whole feed."""


class Deltas:
    """The states of entries, by the version of the window that said them. Safe between threads."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._said: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, version: str, states: Mapping[str, str]) -> None:
        """*states* are by slug; ``version`` is the entity tag without its encoding."""
        with self._lock:
            self._said[version] = states
            self._said.move_to_end(version)
            if len(self._said) > self._remembered:
                self._said.popitem(last=False)

    def new_since(self, version: str, states: Mapping[str, str]) -> frozenset[str] | None:
        """Slugs that were added or changed since; None if *version* is not remembered, or only something left."""
        with self._lock:
            before = self._said.get(version)
        if before is None:
            return None
        return frozenset(slug for slug, state in states.items() if before.get(slug) != state) or None
