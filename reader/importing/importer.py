"""One import from first to last: each item becomes an article file, or is skipped, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..errors import NotImported
from ..models import Draft
from ..settings import Settings
from .drafting import Understood, understand, with_pictures
from .duplicates import Already
from .sources.http import Fetcher
from .sources.sources import Item
from .writing import put, put_picture, slug_for, to_file

IMPORTED, SKIPPED, REFUSED = "imported", "skipped", "refused"


@dataclass(frozen=True)
class Wishes:
    """What the editor said for all items: they win over what a source says of itself."""

    section: tuple[str, ...] = ()
    published: datetime | None = None
    suffix: str = ".md"


@dataclass(frozen=True)
class Outcome:
    """``detail`` is the new file, the article that is there already, or the reason; ``notes`` are for people."""

    kind: str
    name: str
    detail: str
    notes: tuple[str, ...] = ()


@dataclass
class Importing:
    """``now`` is asked only for articles without any date."""

    settings: Settings
    fetcher: Fetcher
    already: Already
    wishes: Wishes
    now: Callable[[], datetime]

    def run(self, items: Iterable[Item | NotImported]) -> Iterable[Outcome]:
        """An outcome for each item as soon as it is done: what is done stays done if the run is broken off."""
        for item in items:
            try:
                yield self._refused(item) if isinstance(item, NotImported) else self.take(item)
            except NotImported as error:
                yield self._refused(error)

    def _refused(self, error: NotImported) -> Outcome:
        return Outcome(REFUSED, error.source, error.reason)

    def take(self, item: Item) -> Outcome:
        """Raises NotImported."""
        if item.address and (there := self.already.find(address=item.address)):
            return Outcome(SKIPPED, item.name, there)
        return self.accept(item, understand(item))

    def accept(self, item: Item, understood: Understood) -> Outcome:
        """Writes what was understood of *item*, unless it is there already."""
        there = self.already.find(address=understood.address, text_hash=understood.text_hash)
        if there:
            return Outcome(SKIPPED, item.name, there)
        return self._write(item, understood)

    def preview(self, item: Item) -> tuple[str, tuple[str, ...]]:
        """The file that would be written, its pictures where they are, and the notes. Raises NotImported."""
        understood = understand(item)
        draft, notes = self.settled(understood.draft)
        _, content = to_file(draft, understood.address, self.wishes.suffix)
        return content.decode(), notes

    def _write(self, item: Item, understood: Understood) -> Outcome:
        draft, notes = self.settled(understood.draft)
        slug = slug_for(draft, self.already.slugs)
        settled = replace(understood, draft=draft)
        draft, pictures = with_pictures(settled, item, slug, self.fetcher)
        try:
            path = self._put(draft, slug, understood.address, pictures.files)
        except FileExistsError as error:
            raise NotImported(item.name, f"{error.filename2 or error.filename} is in the way") from error
        except OSError as error:
            raise NotImported(item.name, f"cannot be written: {error}") from error
        self.already.add(path, understood.text_hash, understood.address)
        return Outcome(IMPORTED, item.name, path, (*notes, *pictures.problems))

    def _put(self, draft: Draft, slug: str, address: str, pictures: dict[str, bytes]) -> str:
        """The new file's path in the articles folder. Its pictures come first: it is never seen without them."""
        moment = draft.published
        if moment is None:
            raise NotImported(draft.title, "no date")
        folder = Path(moment.date().isoformat())
        for name, content in pictures.items():
            put_picture(self.settings.articles / folder / slug / name, content)
        suffix, content = to_file(draft, address, self.wishes.suffix)
        path = folder / f"{slug}{suffix}"
        put(self.settings.articles / path, content)
        return path.as_posix()

    def settled(self, draft: Draft) -> tuple[Draft, tuple[str, ...]]:
        """*draft* with the editor's wishes and a date; what was made up is noted."""
        published = self.wishes.published or draft.published
        notes = () if published else ("no date was found: it has today's",)
        section = self.wishes.section or draft.section
        return replace(draft, section=section, published=published or self.now().replace(microsecond=0)), notes
