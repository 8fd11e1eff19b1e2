"""What a source contains: articles, unreadable parts, and things that are not articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from ...errors import NotImported
from ...i18n import Message
from ...models import Draft
from .http import Fetched

NOTHING = Draft("", "")

ReadSibling = Callable[[str], bytes | None]
"""The bytes of a picture in the source or beside it, by relative or absolute address; None if there is none."""


@dataclass(frozen=True)
class SourceItem:
    """One article of a source. ``read`` may download it, and raises NotImported.

    ``form`` is the form of its content: page, text, clean (HTML with the article and little else), article (HTML with
    exactly the article), or the suffix of another article format. ``hints`` are the fields that the source declares.
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
