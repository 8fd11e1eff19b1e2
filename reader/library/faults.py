"""When files that are not found were removed, and when the folder itself is at fault.

A share that is not mounted looks like a folder whose articles have all been deleted. So what vanishes in bulk, or with
the folder, is not believed: the last good state stays up until the files come back, until an operator confirms with
``check --accept-removals``, or until it has stayed so for ``READER_ACCEPT_REMOVALS_SECONDS``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..catalog import CatalogTransaction
from ..i18n import N_, Message, nmessage, restored, stored
from .folder import Root

FEW = 3
"""So many articles may vanish at once from a small library: somebody deletes them by hand."""

UNREADABLE, EMPTY, REPLACED, UNMOUNTED, BULK = "unreadable", "empty", "replaced", "unmounted", "bulk"


@dataclass(frozen=True)
class Fault:
    """Why the folder is not believed. ``reason`` is a Message."""

    kind: str
    reason: str

    @property
    def hint(self) -> Message:
        """What an operator can do."""
        if self.kind == UNREADABLE:
            return Message("bring the folder back, or correct READER_ARTICLES")
        return Message("bring the files back, or confirm with: python -m reader check --accept-removals")

    @property
    def can_be_meant(self) -> bool:
        """Whether it is a removal if it lasts; a folder that is not there at all says nothing."""
        return self.kind != UNREADABLE


def unreadable(error: OSError, path: object) -> Fault:
    cause = error.strerror or str(error)
    return Fault(UNREADABLE, Message("the articles folder %(path)s cannot be read: %(cause)s", path=path, cause=cause))


def of_another_root(before: Root, root: Root, is_empty: bool, lost: int, known: int) -> Fault | None:
    """What is wrong with *root*, which is not the folder that was there *before*; None if nothing is.

    *lost* of the *known* public articles have no file in it. A link that leads elsewhere now was switched by a deploy,
    which says exactly what is published from now on; nothing at all is never meant.
    """
    if before.path != root.path:
        if known and is_empty:
            return Fault(
                EMPTY,
                nmessage(
                    "%(path)s holds no articles; %(count)s is published",
                    "%(path)s holds no articles; %(count)s are published",
                    known,
                    path=root.path,
                ),
            )
        return None
    if 2 * lost > known:
        text = N_("another folder or device is at %(path)s: %(lost)s of %(known)s articles are missing")
        return Fault(REPLACED, Message(text, path=root.path, lost=lost, known=known))
    return None


def of_missing(root: Root, mounts: Iterable[str], missing: list[str], known: int) -> Fault | None:
    """What is wrong when the public articles at the paths *missing* are not found, of *known* in all."""
    for mount in mounts:
        lost = sum(1 for path in missing if path.startswith(f"{mount}/"))
        if lost and not _is_mounted(root, mount):
            text = N_("nothing is mounted at %(path)s: %(lost)s of %(known)s articles are missing")
            return Fault(UNMOUNTED, Message(text, path=f"{root.path}/{mount}", lost=lost, known=known))
    if len(missing) > FEW and 2 * len(missing) > known:
        text = N_("%(lost)s of %(known)s articles disappeared from %(path)s at once")
        return Fault(BULK, Message(text, path=root.path, lost=len(missing), known=known))
    return None


def _is_mounted(root: Root, folder: str) -> bool:
    try:
        return Path(root.path, folder).stat().st_dev != root.device
    except OSError:
        return False


def stored_fault(transaction: CatalogTransaction) -> Fault | None:
    kind = transaction.get_meta("fault_kind")
    if not kind:
        return None
    return Fault(kind, restored(transaction.get_meta("fault")))


def store_fault(transaction: CatalogTransaction, fault: Fault | None) -> None:
    transaction.set_meta("fault", stored(fault.reason) if fault else "")
    transaction.set_meta("fault_kind", fault.kind if fault else "")


def stored_root(transaction: CatalogTransaction) -> Root | None:
    """The folder that the catalog was last brought in step with; None at first."""
    text = transaction.get_meta("root")
    return Root(*json.loads(text)) if text else None


def store_root(transaction: CatalogTransaction, root: Root) -> None:
    transaction.set_meta("root", json.dumps([root.path, root.device, root.inode]))


def stored_mounts(transaction: CatalogTransaction) -> list[str]:
    """Sub-folders that lay on a file system of their own."""
    return list(json.loads(transaction.get_meta("mounts") or "[]"))


def store_mounts(transaction: CatalogTransaction, mounts: Iterable[str]) -> None:
    transaction.set_meta("mounts", json.dumps(sorted(mounts)))
