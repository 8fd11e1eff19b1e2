"""Articles and refusals for tests, created without files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reader.catalog import CatalogTransaction, CatalogWriter
from reader.errors import UnreadableArticle
from reader.formats import read_draft
from reader.models import Article
from reader.sanitizer import sanitize

SHANGHAI = ZoneInfo("Asia/Shanghai")


def make_article(slug: str = "rain", published: str = "2026-05-01 06:00", **values: object) -> Article:
    """An article as ``article_building`` returns it."""
    when = datetime.fromisoformat(published).replace(tzinfo=SHANGHAI)
    plain: dict[str, object] = {
        "title": "大雨",
        "body": sanitize("<p>今天下雨。</p>"),
        "summary": "今天下雨。",
        "updated": when,
        "language": "zh-CN",
    }
    return Article(slug=slug, published=when, **(plain | values))  # type: ignore[arg-type]


@contextmanager
def catalog_transaction(path: Path, now: datetime) -> Iterator[CatalogTransaction]:
    """One transaction on a connection of its own."""
    with closing(CatalogWriter(path)) as writer, writer.transaction(now) as transaction:
        yield transaction


def refusal(suffix: str, text: str | bytes) -> UnreadableArticle:
    """The error that reading *text* as a file of this format raises."""
    with pytest.raises(UnreadableArticle) as caught:
        read_draft(suffix, text.encode() if isinstance(text, str) else text)
    return caught.value
