"""What a source contains: articles, unreadable parts, and things that are not articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from ...child_process.cpu_time import CpuTimeReached, limited_cpu_time
from ...errors import NotImported
from ...i18n import Message
from ...models import Draft
from .http import Fetched

NOTHING = Draft("", "")
LEAST_CPU_SECONDS = 30.0
CPU_SECONDS_OF_MEGABYTE = 2.0
"""Processor time for one article of a source, or for all if the source is read whole. A megabyte takes 0.1 to 0.5 s."""

MOST_MEMORY_MB = 4_000
"""Address space that an import may need beyond what the program takes. An export of 500 MB, the largest, needs less."""

ReadSibling = Callable[[str], bytes | None]
"""The bytes of a picture in the source or beside it, by relative or absolute address; None if there is none."""


@dataclass(frozen=True)
class SourceItem:
    """One article of a source. ``read`` may download it, and raises NotImported.

    ``form`` is the form of its content: page, text, clean (HTML with the article and little else), article (HTML with
    exactly the article), export (the same, by Reader), or the suffix of another format. ``hints`` are the fields
    that the source declares.
    ``notes`` tell the editor what was lost or changed.
    """

    name: str
    read: Callable[[], Fetched]
    form: str = ""
    address: str = ""
    hints: Draft = NOTHING
    read_sibling: ReadSibling = lambda address: None  # noqa: ARG005
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Things in a source that are not articles: ``count`` of them, skipped for ``reason``. Not an error."""

    source: str
    reason: str
    count: int

    @classmethod
    def by_kind(cls, source: str, kinds: Counter[str]) -> Self:
        """One per kind; *kinds* are named as in the other program: ``revision``, ``bookmark``."""
        names = ", ".join(f"{kind} × {count}" for kind, count in kinds.most_common())
        return cls(source, Message("left out, because they are not articles: %(kinds)s", kinds=names), kinds.total())


Found = SourceItem | NotImported | LeftOut


def given_html(html: str, address: str = "") -> Callable[[], Fetched]:
    """A ``read`` function that returns *html*."""
    return lambda: Fetched(address, html.encode(), "text/html", "utf-8")


def needs_too_much_memory() -> Message:
    return Message("needs more than %(count)s MB of memory", count=MOST_MEMORY_MB)


def in_time(name: str, items: Iterator[Found], size_bytes: int) -> Iterator[Found]:
    """The *items* of the source *name*. Raises NotImported if one takes too much processor time to find."""
    seconds = LEAST_CPU_SECONDS + CPU_SECONDS_OF_MEGABYTE * size_bytes / 1_000_000
    while True:
        try:
            with limited_cpu_time(seconds):
                found = next(items, None)
        except CpuTimeReached as reached:
            text = Message("needs more than %(seconds)s s of processor time", seconds=f"{seconds:.0f}")
            raise NotImported(name, text) from reached
        if found is None:
            return
        yield found
