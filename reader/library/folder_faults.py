"""Faults of the articles folder: distinguishes deleted files from a folder that is missing, unmounted or replaced.

An unmounted share looks like a folder whose articles were all deleted. Therefore bulk removals are not applied
immediately: the articles stay published until the files exist again, an operator runs ``check --accept-removals``, or
the fault has lasted for ``READER_ACCEPT_REMOVALS_SECONDS``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..catalog import CatalogTransaction
from ..i18n import N_, Message, deserialize, nmessage, serialize
from .directory_walk import Root

FEW = 3
"""Up to this many missing articles count as removals even in a small library: people delete a few files by hand."""

UNREADABLE, EMPTY, REPLACED, UNMOUNTED, BULK = "unreadable", "empty", "replaced", "unmounted", "bulk"
TOO_FEW = "too few"


@dataclass(frozen=True)
class Fault:
    """Why removals are not applied. ``reason`` is a Message."""

    kind: str
    reason: str

    @property
    def hint(self) -> Message:
        """How an operator can fix it."""
        if self.kind == UNREADABLE:
            return Message("bring the folder back, or correct READER_ARTICLES")
        if self.kind == TOO_FEW:
            return Message("mount the folder, or correct READER_ARTICLES or READER_LEAST_ARTICLES")
        return Message("bring the files back, or confirm with: python -m reader check --accept-removals")

    @property
    def can_be_accepted(self) -> bool:
        """Whether the removals are applied after READER_ACCEPT_REMOVALS_SECONDS. Never for an unreadable or wrong
        folder."""
        return self.kind not in (UNREADABLE, TOO_FEW)


def unreadable(error: OSError, path: object) -> Fault:
    """The fault of an articles folder that cannot be read."""
    cause = error.strerror or str(error)
    return Fault(UNREADABLE, Message("the articles folder %(path)s cannot be read: %(cause)s", path=path, cause=cause))


def too_few(root: Root, count: int, least: int) -> Fault:
    """The fault of a folder with less than READER_LEAST_ARTICLES files, from which a new catalog would be filled."""
    text = N_("%(path)s holds %(count)s article files; READER_LEAST_ARTICLES says at least %(least)s")
    return Fault(TOO_FEW, Message(text, path=root.path, count=count, least=least))


def of_another_root(before: Root, root: Root, is_empty: bool, lost: int, known: int) -> Fault | None:
    """The fault of a *root* that differs from the folder of the scan *before*; None if its removals can be applied.

    *lost* of the *known* published articles have no file in it. If the path differs, a deployment has switched a
    symbolic link: its removals are applied, unless the new folder has no articles (*is_empty*).
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
    """The fault if the files of published articles at the paths *missing* disappeared; None if they count as removed.

    *mounts* are subfolders that were mount points; *known* is the number of published articles.
    """
    for mount in mounts:
        lost = sum(1 for path in missing if path.startswith(f"{mount}/"))
        if lost and not _is_mounted(root, mount):
            text = N_("nothing is mounted at %(path)s: %(lost)s of %(known)s articles are missing")
            return Fault(UNMOUNTED, Message(text, path=f"{root.path}/{mount}", lost=lost, known=known))
    if is_bulk(len(missing), known):
        text = N_("%(lost)s of %(known)s articles disappeared from %(path)s at once")
        return Fault(BULK, Message(text, path=root.path, lost=len(missing), known=known))
    return None


def is_bulk(lost: int, known: int) -> bool:
    """Whether *lost* missing of *known* articles are probably a fault of the folder, not removals."""
    return lost > FEW and 2 * lost > known


def _is_mounted(root: Root, folder: str) -> bool:
    try:
        return Path(root.path, folder).stat().st_dev != root.device
    except OSError:
        return False


def stored_fault(transaction: CatalogTransaction) -> Fault | None:
    """The fault of the last scan; None if there was none."""
    kind = transaction.get_meta("fault_kind")
    if not kind:
        return None
    return Fault(kind, deserialize(transaction.get_meta("fault")))


def store_fault(transaction: CatalogTransaction, fault: Fault | None) -> None:
    transaction.set_meta("fault", serialize(fault.reason) if fault else "")
    transaction.set_meta("fault_kind", fault.kind if fault else "")


def stored_root(transaction: CatalogTransaction) -> Root | None:
    """The folder of the last scan; None before the first one."""
    text = transaction.get_meta("root")
    return Root(*json.loads(text)) if text else None


def store_root(transaction: CatalogTransaction, root: Root) -> None:
    transaction.set_meta("root", json.dumps([root.path, root.device, root.inode]))


def stored_mounts(transaction: CatalogTransaction) -> list[str]:
    """The subfolders that were mount points in the last full scan."""
    return list(json.loads(transaction.get_meta("mounts") or "[]"))


def store_mounts(transaction: CatalogTransaction, mounts: Iterable[str]) -> None:
    transaction.set_meta("mounts", json.dumps(sorted(mounts)))
