"""Delta encoding of feeds (RFC 3229, ``A-IM: feed``): finds the entries that are new since a client's version."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

MOST_VERSIONS = 512
"""The number of versions in memory, about 2 KB each. A client with an older version gets the whole feed."""


class Deltas:
    """The states of the entries in recent versions of all feeds, in memory. Thread-safe.

    ::

        deltas.remember("v1", {"rain": "1"})
        deltas.new_since("v1", {"rain": "1", "sun": "1"})  # frozenset({"sun"})
    """

    def __init__(self, most_versions: int = MOST_VERSIONS) -> None:
        self._most_versions = most_versions
        self._versions: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, version: str, states: Mapping[str, str]) -> None:
        """Stores the entry *states* by slug. *version* is the entity tag without the suffix of its encoding."""
        with self._lock:
            self._versions[version] = states
            self._versions.move_to_end(version)
            if len(self._versions) > self._most_versions:
                self._versions.popitem(last=False)

    def new_since(self, version: str, states: Mapping[str, str]) -> frozenset[str] | None:
        """Slugs added or changed since *version*. None if the version is unknown, or if no entry was added or
        changed."""
        with self._lock:
            before = self._versions.get(version)
        if before is None:
            return None
        return frozenset(slug for slug, state in states.items() if before.get(slug) != state) or None
