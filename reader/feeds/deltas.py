"""Delta encoding of feeds (RFC 3229, ``A-IM: feed``): which entries are new since the version that a client has."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

REMEMBERED_VERSIONS = 512
"""Versions that are remembered, about 2 KB each. A client with an older version gets the whole feed."""


class Deltas:
    """The states of the entries in recent versions of all feeds, in memory. Thread-safe."""

    def __init__(self, remembered: int = REMEMBERED_VERSIONS) -> None:
        self._remembered = remembered
        self._versions: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, version: str, states: Mapping[str, str]) -> None:
        """*states* are entry states by slug; *version* is the entity tag without the suffix of its encoding."""
        with self._lock:
            self._versions[version] = states
            self._versions.move_to_end(version)
            if len(self._versions) > self._remembered:
                self._versions.popitem(last=False)

    def new_since(self, version: str, states: Mapping[str, str]) -> frozenset[str] | None:
        """Slugs added or changed since *version*; None if it is not remembered, or if entries were only removed."""
        with self._lock:
            before = self._versions.get(version)
        if before is None:
            return None
        return frozenset(slug for slug, state in states.items() if before.get(slug) != state) or None
