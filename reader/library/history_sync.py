"""Synchronizes the catalog's copy of the publication history with the state database, and reports what changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..catalog import CatalogTransaction
from ..catalog.history_rows import ANNOUNCED
from ..errors import StateUnusable
from ..i18n import serialize
from ..publication_history import Changes, History, Rows
from ..settings import Settings
from .folder_faults import is_bulk
from .site_folder import Writer

log = logging.getLogger(__name__)

MARK = "history"
"""The key in ``meta`` for the identity of the history that the catalog has a copy of."""

COMPARED = "history_compared"
"""The key in ``meta`` for the identity of the history with which the folder was compared."""

FAULT = "state_fault"
"""The key in ``meta`` for the fault of the state database; empty if there is none."""

_Result = TypeVar("_Result")


class HistorySync:
    """Synchronizes the history for one Library. If the state database cannot be used, removals, renames and corrections
    wait; new articles do not."""

    def __init__(self, settings: Settings) -> None:
        self._folder, self._history = settings.articles, History(settings.state_url)
        self._fault, self._is_behind = "", False
        self._exchange: Future[tuple[str, Rows]] | None = None

    def begin(self, transaction: CatalogTransaction) -> None:
        """Starts an exchange of rows if the catalog is new, or if the state database was replaced, lost or unusable.

        The exchange runs in another thread until ``complete``, because it may create the database, which takes half a
        second.
        """
        try:
            identity = self._history.identity()
        except StateUnusable as error:
            self._end(transaction, error.reason)
            return
        if not identity or self._is_behind or transaction.get_meta(MARK) != identity:
            self._exchange = _in_thread(self._history.exchange, transaction.history.all())
        else:
            self._end(transaction, "")

    def complete(self, writer: Writer) -> None:
        """Waits for the exchange of ``begin`` and writes its result. Call it before each transaction that changes the
        history."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        try:
            identity, rows = exchange.result()
            fault = ""
        except StateUnusable as error:
            fault = error.reason
        with writer() as transaction:
            if not fault:
                transaction.history.apply(rows)
                transaction.set_meta(MARK, identity)
            self._end(transaction, fault)

    def _end(self, transaction: CatalogTransaction, fault: str) -> None:
        self._is_behind = bool(fault)
        self._set_fault(fault)
        transaction.set_meta(FAULT, serialize(fault))

    def record(self, changes: Changes) -> None:
        """Writes *changes* to the state database. If it is unusable, raises StateUnusable for removals, renames and
        corrections; new versions are exchanged later."""
        try:
            if self._is_behind and ANNOUNCED.isdisjoint(changes):
                return
            self._history.record(changes)
        except StateUnusable as error:
            self._is_behind = True
            self._set_fault(error.reason)
            if not ANNOUNCED.isdisjoint(changes):
                raise

    def end_full_pass(self, transaction: CatalogTransaction, unsettled: Collection[str]) -> None:
        """Compares the folder with the history, once for each new catalog: articles that were public and are not in the
        folder were removed or renamed meanwhile."""
        identity = transaction.get_meta(MARK)
        if self._is_behind or unsettled or transaction.get_meta(COMPARED) == identity:
            return
        vanished = transaction.history.vanished()
        if is_bulk(len(vanished), transaction.count_published() + len(vanished)):
            text = "%d articles that were public are not in %s: they are not announced as removed"
            log.error(text, len(vanished), self._folder)
        else:
            transaction.retire_vanished(vanished)
        transaction.set_meta(COMPARED, identity)

    def _set_fault(self, fault: str) -> None:
        if fault and str(fault) != self._fault:
            log.error("the state database cannot be used: %s; removals and corrections are not announced", fault)
        elif self._fault and not fault:
            log.warning("the state database can be used again")
        self._fault = fault


def _in_thread(work: Callable[[Rows], _Result], rows: Rows) -> Future[_Result]:
    threads = ThreadPoolExecutor(1, thread_name_prefix="history")
    try:
        return threads.submit(work, rows)
    finally:
        threads.shutdown(wait=False)
