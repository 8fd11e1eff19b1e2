"""Decides when a new catalog is filled, so that pages can be served from it."""

from __future__ import annotations

import time
from collections.abc import Collection

from ..catalog import CatalogTransaction

PATIENCE_SECONDS = 5.0
"""How long a new catalog waits for files that are being written; else their articles would be 404."""


class FirstScan:
    """The scans that fill a new catalog file. Another file may replace it while the folder is read."""

    def __init__(self) -> None:
        self._generation, self._since = "", 0.0

    def begin(self, transaction: CatalogTransaction) -> str:
        """The ``generation`` of the catalog that this scan must fill; empty if it is filled."""
        if transaction.get_meta("filled") == "1":
            return ""
        generation = transaction.get_meta("generation")
        if generation != self._generation:
            self._generation, self._since = generation, time.monotonic()
        return generation

    def end(self, transaction: CatalogTransaction, begun: str, unsettled: Collection[str]) -> None:
        """Marks the catalog as filled after a scan of the whole folder without the *unsettled* files, which are still
        being written; these delay it by up to PATIENCE_SECONDS. *begun* is the result of ``begin``."""
        if not begun or transaction.get_meta("generation") != begun:
            return
        if not unsettled or time.monotonic() - self._since > PATIENCE_SECONDS:
            transaction.finish_filling()
