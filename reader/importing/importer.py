"""Runs an import: each item becomes an article file, or is skipped or refused with a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from ..article_building import path_metadata
from ..child_process.cpu_time import CpuTimeReached, limited_cpu_time
from ..errors import NotImported, UnreadableArticle
from ..i18n import Message
from ..models import Draft, local_time
from ..settings import Settings
from .drafting import ExtractedArticle, build_draft, with_pictures
from .duplicates import ImportedIndex
from .import_result import IMPORTED, LEFT_OUT, REFUSED, SKIPPED, ImportResult
from .imported_links import addresses_of, with_links_to_imported
from .new_files import create, create_picture
from .sources.http import Fetcher
from .sources.items import Found, LeftOut, SourceItem, needs_too_much_memory
from .writing import slug_for, to_file

log = logging.getLogger(__name__)

MOST_CPU_SECONDS = 60.0
"""The processor time for one article with its pictures. Ordinary articles take a tenth of a second."""


@dataclass(frozen=True)
class ImportOptions:
    """The editor's options for all items. They override the fields that a source declares."""

    section: tuple[str, ...] = ()
    published: datetime | None = None
    suffix: str = ".md"


@dataclass
class Importer:
    """Imports items. ``now`` is called only for articles without a date.

    Example::

        importer = Importer(settings, fetcher, scan(settings.articles, cache_file), ImportOptions(), now)
        for result in importer.run(items_of("https://example.org/story.html", fetcher)):
            print(result.kind, result.detail)
    """

    settings: Settings
    fetcher: Fetcher
    imported_index: ImportedIndex
    options: ImportOptions
    now: Callable[[], datetime]
    _titles: dict[str, str] = field(default_factory=dict)
    """The titles of the articles that this import wrote, by path."""
    _addresses: frozenset[str] = frozenset()
    """The pages of this import, to which its articles may link."""

    def run(self, items: Sequence[Found]) -> Iterable[ImportResult]:
        """Yields a result as soon as each item is finished. Files that are already written remain if the import is
        interrupted."""
        self._addresses = addresses_of(items)
        for item in items:
            try:
                with limited_cpu_time(MOST_CPU_SECONDS):
                    result = self._outcome(item)
                yield result
            except NotImported as error:
                yield self._refusal(error)
            except CpuTimeReached:
                yield ImportResult(REFUSED, name_of(item), took_too_long(MOST_CPU_SECONDS))
            except MemoryError:
                yield ImportResult(REFUSED, name_of(item), needs_too_much_memory())
            except UnreadableArticle as error:  # the content exceeds the limits of an article
                yield ImportResult(REFUSED, name_of(item), error.message)
            except RecursionError:
                yield ImportResult(REFUSED, name_of(item), Message("elements are nested too deeply"))
            except Exception as error:  # a bug with one item must not stop the others
                log.exception("%s: internal error while importing", name_of(item))
                yield ImportResult(REFUSED, name_of(item), Message("internal error: %(error)s", error=repr(error)))

    def _outcome(self, item: Found) -> ImportResult:
        if isinstance(item, NotImported):
            return self._refusal(item)
        if isinstance(item, LeftOut):
            return ImportResult(LEFT_OUT, item.source, item.reason, count=item.count)
        return self.import_item(item)

    def _refusal(self, error: NotImported) -> ImportResult:
        return ImportResult(REFUSED, error.source, error.reason)

    def import_item(self, item: SourceItem) -> ImportResult:
        """Imports one item. Raises NotImported."""
        if item.address and (there := self.imported_index.find(address=item.address)):
            return ImportResult(SKIPPED, item.name, there)
        return self.import_article(item, build_draft(item))

    def import_article(self, item: SourceItem, extracted: ExtractedArticle) -> ImportResult:
        """Writes the extracted article, unless it was imported before. Raises NotImported."""
        there = self.imported_index.find(address=extracted.address)
        there = there or self._with_equal_text(item, extracted)
        if there:
            return ImportResult(SKIPPED, item.name, there)
        return self._write(item, extracted)

    def _with_equal_text(self, item: SourceItem, extracted: ExtractedArticle) -> str:
        """The path of the article with the same text. Empty if both are of one export and have different titles."""
        there = self.imported_index.find(text_hash=extracted.text_hash)
        title = self._titles.get(there, extracted.draft.title)
        return there if item.form not in ("article", "clean") or title == extracted.draft.title else ""

    def preview(self, item: SourceItem) -> tuple[str, tuple[str, ...]]:
        """The content of the file that would be written, with the original addresses of pictures, and notes. Raises
        NotImported."""
        try:
            with limited_cpu_time(MOST_CPU_SECONDS):
                extracted = build_draft(item)
                draft, notes = self.complete(extracted.draft, "" if item.address else item.name)
                _, content = to_file(draft, extracted.address, self.options.suffix)
        except CpuTimeReached as reached:
            raise NotImported(item.name, took_too_long(MOST_CPU_SECONDS)) from reached
        return content.decode(), (*item.notes, *notes)

    def _write(self, item: SourceItem, extracted: ExtractedArticle) -> ImportResult:
        draft, notes = self.complete(extracted.draft, "" if item.address else item.name)
        draft = replace(draft, body_html=with_links_to_imported(draft.body_html, self._addresses))
        slug = slug_for(draft, self.imported_index.slugs)
        complete = replace(extracted, draft=_with_slug(draft, slug, self.imported_index.slugs))
        draft, pictures = with_pictures(complete, item, slug, self.fetcher)
        try:
            path = self._write_files(draft, slug, extracted.address, pictures.files)
        except FileExistsError as error:
            raise NotImported(
                item.name, Message("a file or folder is in the way: %(path)s", path=error.filename2 or error.filename)
            ) from error
        except OSError as error:
            raise NotImported(item.name, Message("cannot be written: %(error)s", error=error)) from error
        self.imported_index.add(path, extracted.text_hash, extracted.address)
        self._titles[path] = extracted.draft.title
        return ImportResult(IMPORTED, item.name, path, (*item.notes, *notes, *pictures.problems))

    def _write_files(self, draft: Draft, slug: str, address: str, pictures: dict[str, bytes]) -> str:
        """Writes the pictures, then the article, so that it is never published without them. Returns its relative
        path."""
        published = draft.published
        if published is None:
            raise NotImported(draft.title, Message("no date"))
        folder = Path(published.date().isoformat())
        for name, content in pictures.items():
            create_picture(self.settings.articles / folder / slug / name, content)
        suffix, content = to_file(draft, address, self.options.suffix)
        path = folder / f"{slug}{suffix}"
        create(self.settings.articles / path, content)
        return path.as_posix()

    def complete(self, draft: Draft, name: str = "") -> tuple[Draft, tuple[str, ...]]:
        """*draft* with the editor's options and a date. If there is none, uses the date in the path *name*, else today.

        A note reports a date from the path, which may be the day of a backup, or today's date.
        """
        published = self.options.published or draft.published
        of_path = None if published else path_metadata.date(PurePosixPath(name), self.settings.timezone)
        published = published or of_path
        if published is not None and published.utcoffset() == timedelta():
            published = local_time(published, self.settings.timezone)  # the date in UTC may differ
        notes: tuple[str, ...] = () if published else (Message("no date found; today's date is used"),)
        notes = (Message("no date found in it; that of its path is used"),) if of_path else notes
        section = self.options.section or draft.section
        return replace(draft, section=section, published=published or self.now().replace(microsecond=0)), (
            *draft.warnings,
            *notes,
        )


def took_too_long(seconds: float) -> Message:
    """The reason for an item that exceeded *seconds* of processor time."""
    return Message("needs more than %(seconds)s s of processor time", seconds=f"{seconds:g}")


def name_of(item: Found) -> str:
    """The name of an item, or of its source, in reports."""
    return item.name if isinstance(item, SourceItem) else item.source


def _with_slug(draft: Draft, slug: str, taken: set[str]) -> Draft:
    """*draft* for a file named *slug*: without the redundant slug field, and without aliases that are existing
    slugs."""
    aliases = tuple(alias for alias in draft.aliases if alias.strip("/") not in {slug, *taken})
    return replace(draft, slug="", aliases=aliases)
