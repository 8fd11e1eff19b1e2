"""Writes the whole library as one ZIM file, for offline reading and search with Kiwix.

libzim is pinned to 3.6.0: Debian's zimcheck rejects the files of later versions
(github.com/openzim/zim-tools/issues/484). Only ``export --all`` imports libzim; a web process never does.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from langcodes import Language
from libzim.writer import Creator, Hint, Item, StringProvider
from PIL import Image

from ..errors import ExportFailed
from ..i18n import Message
from ..models import Article
from . import to_html
from .localization import gettext_of, long_date
from .options import Options, Render
from .publications import of_article

UNDETERMINED = "und"
"""The code of ISO 639-3 for an unknown language."""

ICON = 48
"""The width and height in pixels of the illustration that a ZIM file requires."""


class ZimPage(Item):  # type: ignore[misc]  # libzim has no type hints
    """An HTML page of the ZIM file at *path*, with the interface that libzim requires."""

    def __init__(self, path: str, title: str, content: bytes) -> None:
        super().__init__()
        self._path, self._title, self._content = path, title, content

    def get_path(self) -> str:
        return self._path

    def get_title(self) -> str:
        return self._title

    def get_mimetype(self) -> str:
        return "text/html"

    def get_contentprovider(self) -> StringProvider:
        return StringProvider(self._content)

    def get_hints(self) -> dict[Hint, bool]:
        return {Hint.FRONT_ARTICLE: True}


@dataclass(frozen=True)
class ListLine:
    """The fields of an article for its line in a list."""

    path: str
    title: str
    day: date
    language: str


def write_zim(
    path: Path, articles: Iterable[Article], options: Options, render: Render, icon: Path, language: str
) -> int:
    """Writes each article as a page, lists by month, and a full-text index. *articles* must be newest first.

    *language* is the site's language, for the lists and the index. *icon* is a picture file. Returns the number of
    articles. Raises ExportFailed if the file cannot be written.
    """
    try:
        return _write_zim(path, articles, options, render, icon, language)
    except RuntimeError as error:  # libzim's message is only "Unknown exception"
        raise ExportFailed(path.name, Message("libzim cannot write the file; is the disk full?")) from error


def _write_zim(
    path: Path, articles: Iterable[Article], options: Options, render: Render, icon: Path, language: str
) -> int:
    plain, lines = replace(options, base_url=""), []
    with Creator(path).config_indexing(True, iso_639_3(language)) as creator:
        creator.set_mainpath("index.html")
        for article in articles:
            content = to_html.export(of_article(article), plain, render)
            lines.append(ListLine(f"a/{article.slug}.html", article.title, article.day, article.language))
            creator.add_item(ZimPage(lines[-1].path, article.title, content))
        for page in lists(lines, options, render, language):
            creator.add_item(page)
        for name, value in metadata(lines, options, language).items():
            creator.add_metadata(name, value)
        creator.add_illustration(ICON, illustration(icon))
    return len(lines)


def lists(lines: list[ListLine], options: Options, render: Render, language: str) -> Iterator[ZimPage]:
    """One page per month, then the front page with the newest articles and the months."""
    common = {"language": language, "site_name": options.site_name, "contents": gettext_of(language)("Contents")}
    months = [(month, list(group)) for month, group in groupby(lines, key=lambda line: f"{line.day:%Y-%m}")]
    for month, group in months:
        days = [(long_date(day, language), list(some)) for day, some in groupby(group, key=lambda line: line.day)]
        yield ZimPage(
            f"m/{month}.html",
            month,
            render("export/zim.html", title=month, days=days, months=[], up="../", **common).encode(),
        )
    newest = [(gettext_of(language)("Latest"), lines[:30])]
    front = render(
        "export/zim.html", title=options.site_name, days=newest, months=[m for m, _ in months], up="", **common
    )
    yield ZimPage("index.html", options.site_name, front.encode())


def metadata(lines: list[ListLine], options: Options, language: str) -> dict[str, Any]:
    """The metadata that openZIM requires. The date is the newest article's, or 1970-01-01 without articles."""
    return {
        "Title": options.site_name[:30],
        "Description": options.site_name[:80],
        "Language": languages(lines, language),
        "Creator": options.site_name,
        "Publisher": "Reader",
        "Name": "reader",
        "Date": max((line.day for line in lines), default=date(1970, 1, 1)),
    }


def languages(lines: list[ListLine], language: str) -> str:
    """The ISO 639-3 codes of the articles' languages, separated by commas, the most common first.

    Without a known language it is the code of the site's *language*. Source: openZIM's page on metadata, Language.
    """
    found = Counter(iso_639_3(line.language or language) for line in lines)
    known = [code for code, _ in found.most_common() if code != UNDETERMINED]
    return ",".join(known) or iso_639_3(language)


def iso_639_3(tag: str) -> str:
    """The three-letter code of the language in a BCP 47 tag; ``und`` if it has none."""
    try:
        return Language.get(tag).to_alpha3()
    except (LookupError, ValueError):
        return UNDETERMINED


def illustration(icon: Path) -> bytes:
    """The picture *icon* as a PNG of ICON × ICON pixels."""
    small = io.BytesIO()
    Image.open(icon).convert("RGBA").resize((ICON, ICON), Image.Resampling.LANCZOS).save(small, "PNG")
    return small.getvalue()
