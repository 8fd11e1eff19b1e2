"""The contents of a source: articles, unreadable parts, and objects that are not articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from lxml import etree

from ...child_process.cpu_time import CpuTimeReached, limited_cpu_time
from ...errors import NotImported
from ...formats.decoding import decode_page
from ...formats.json_reader import read_json
from ...formats.xml_reader import read_export
from ...i18n import Message
from ...models import Draft
from .http import Fetched

NOTHING = Draft("", "")
LEAST_CPU_SECONDS = 30.0
CPU_SECONDS_OF_MEGABYTE = 2.0
"""Processor time for one article of a source, or for all if the source is parsed as a whole. A megabyte takes 0.1 to
0.5 s."""

MOST_MEMORY_MB = 4_000
"""Address space for an import, in addition to the program's own. The largest export, 500 MB, needs less."""

ReadSibling = Callable[[str], bytes | None]
"""Returns the bytes of a picture in or next to the source, by relative or absolute address; None if it does not
exist."""


@dataclass(frozen=True)
class SourceItem:
    """One article of a source. ``read`` may download it, and raises NotImported.

    ``form`` is the form of its content: page, text, clean (HTML with the article and little else), article (HTML with
    exactly the article), export (the same, written by Reader), or the suffix of another format. ``hints`` are the
    fields that the source declares. ``notes`` report losses and changes to the editor.
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
    """Objects in a source that are not articles: ``count`` of them, skipped for ``reason``. Not an error."""

    source: str
    reason: str
    count: int

    @classmethod
    def by_kind(cls, source: str, kinds: Counter[str]) -> Self:
        """One LeftOut for all *kinds*, named as in the other program: ``revision``, ``bookmark``."""
        names = ", ".join(f"{kind} × {count}" for kind, count in kinds.most_common())
        return cls(source, Message("left out, because they are not articles: %(kinds)s", kinds=names), kinds.total())


Found = SourceItem | NotImported | LeftOut


def html_reader(html: str, address: str = "") -> Callable[[], Fetched]:
    """A ``read`` function that returns *html*."""
    return lambda: Fetched(address, html.encode(), "text/html", "utf-8")


def json_in(name: str, content: bytes) -> Any:
    """The value of an export in JSON. Raises NotImported for a part of one."""
    try:
        return read_json(decode_page(content))
    except ValueError as error:
        raise NotImported(name, Message("not whole JSON: %(error)s", error=error)) from error


def xml_in(name: str, content: bytes) -> etree._Element:
    """The root element of an export in XML. Raises NotImported if it has none."""
    root = read_export(content)
    if root is None:
        raise NotImported(name, Message("the export is damaged; make it again"))
    return root


def text_of(values: object, name: str) -> str:
    """The text *name* of a JSON object; empty for any other value."""
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, str) else ""


def not_public(status: str) -> Message:
    """The note of an article whose *status* in the other program is not public."""
    return Message("its status is '%(status)s'; imported as a draft, which is not published", status=status)


def needs_too_much_memory() -> Message:
    return Message("needs more than %(count)s MB of memory", count=MOST_MEMORY_MB)


def limit_cpu_time(name: str, items: Iterator[Found], size_bytes: int) -> Iterator[Found]:
    """The *items* of the source *name*. Raises NotImported if finding one takes too much processor time."""
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
