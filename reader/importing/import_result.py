"""The result of importing one item. Imports no parser and no HTTP client, because web processes only read results."""

from __future__ import annotations

from dataclasses import dataclass

IMPORTED, SKIPPED, REFUSED, LEFT_OUT = "imported", "skipped", "refused", "left out"


@dataclass(frozen=True)
class ImportResult:
    """The result of one item.

    ``detail`` is the path of the new file, the path of the existing article, or the reason. ``notes`` are messages for
    the editor. ``count`` is the number of objects in the source that the result covers.
    """

    kind: str
    name: str
    detail: str
    notes: tuple[str, ...] = ()
    count: int = 1
