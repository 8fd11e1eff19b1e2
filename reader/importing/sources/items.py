"""What a source is found to hold: articles-to-be, what cannot be read, and what is no article."""

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
"""The picture at an address, relative or whole, that lies in the source or beside it; None if there is none."""


@dataclass(frozen=True)
class SourceItem:
    """One article-to-be. ``read`` may fetch it, and raises NotImported; what it gives may be of any ``form``.

    ``form`` is page, text, clean (HTML that is the article and little else), article (HTML that is the article to the
    letter), or the suffix of another article format. ``hints`` are the fields that the source gives. ``notes`` tell
    people what was lost or changed.
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
    """What a source holds besides articles. ``count`` things, for a ``reason``: it is told, and no failure."""

    source: str
    reason: str
    count: int

    @classmethod
    def by_kind(cls, source: str, kinds: Counter[str]) -> Self:
        """*kinds* are counted under the names that the other program gives them: ``revision``, ``bookmark``."""
        names = ", ".join(f"{kind} × {count}" for kind, count in kinds.most_common())
        return cls(source, Message("left out, because they are not articles: %(kinds)s", kinds=names), kinds.total())


Found = SourceItem | NotImported | LeftOut


def given_html(html: str, address: str = "") -> Callable[[], Fetched]:
    """A ``read`` that gives *html*."""
    return lambda: Fetched(address, html.encode(), "text/html", "utf-8")
