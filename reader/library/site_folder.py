"""Scans the folder of the site's own files, ``articles/_site/``, and writes settings and pages to the catalog.

The folder is used only if it contains ``site.yaml``, because Jekyll writes its output into a folder of that name.
If a field is invalid, its previous value is used. A missing file is used for ``READER_REMOVAL_GRACE_SECONDS``, like the
file of an article.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from ..catalog import CatalogTransaction
from ..errors import ChildFailed
from ..i18n import Message, deserialize
from ..models import Article, Problem, fingerprint, slug_of
from ..settings import Settings
from ..site_identity import FOLDER, PAGE_SUFFIXES, SETTINGS_NAMES, Site, site_from_fields
from ..urls import FIRST_PARTS
from .directory_walk import EntryKind, FolderEntry, NameRules, Root, find_root, walk
from .file_reader_pool import FileReader, code_fingerprint, longest_seconds
from .file_state import is_fresh
from .heartbeat import ALLOWED_SECONDS
from .problem_log import ProblemLog
from .scan_result import ScanResult
from .skipped_names import reason_to_skip_file

MOST_FILES = 100
_NAMES = NameRules(is_wanted=bool, reason_to_skip=reason_to_skip_file)
_CODE = "code"

Beat = Callable[[float], None]
"""The type of ``Library.beat``: called before each step with its longest time in seconds."""
Writer = Callable[[], AbstractContextManager[CatalogTransaction]]


@dataclass(frozen=True)
class SiteScan:
    """The result of a scan: new problems, files that are still being written, and the due time of a removal (UTC
    seconds)."""

    problems: tuple[Problem, ...] = ()
    unsettled: frozenset[str] = frozenset()
    removal_due: float | None = None

    def added_to(self, result: ScanResult) -> ScanResult:
        """*result*, the result for the articles, combined with this one."""
        due, removal_due = (
            min(filter(None, (time, self.removal_due)), default=None) for time in (result.next_due, result.removal_due)
        )
        return replace(
            result,
            problems=(*self.problems, *result.problems),
            unsettled=self.unsettled | result.unsettled,
            next_due=due,
            removal_due=removal_due,
        )


def site_folder(root: Root) -> str:
    """The real path of the folder; empty if it is not inside *root* or has no settings file."""
    path = os.path.realpath(f"{root.path}/{FOLDER}")
    is_inside = path.startswith(f"{root.path}/")
    has_settings = is_inside and any(Path(path, name).is_file() for name in SETTINGS_NAMES)
    return path if has_settings else ""


class SiteFolder:
    """Scans the site's own files in one articles folder."""

    def __init__(self, settings: Settings, writer: Writer, log: ProblemLog) -> None:
        self._settings, self._writer, self._log = settings, writer, log
        self._missing_since: float | None = None

    def scan(self, root: Root, known: Mapping[str, str], beat: Beat) -> SiteScan:
        """Reads all files again if a stamp differs from *known* (path to stamp), and writes the result."""
        found = self._entries(root)
        stamps = {path: entry.stamp for path, entry in found.items()}
        if stamps:
            stamps[_CODE] = fingerprint(code_fingerprint(), str(self._settings.timezone), self._settings.language)
        if stamps == known:
            self._missing_since = None
            return SiteScan()
        if (not stamps or known.keys() - stamps.keys()) and (waits := self._wait_seconds()) > 0:
            return SiteScan(removal_due=time.time() + waits)
        self._missing_since = None
        fresh = frozenset(path for path, entry in found.items() if entry.stamp[:1] != "!" and self._is_fresh(entry))
        if fresh:
            return SiteScan(unsettled=fresh)
        return self._read(root, found, stamps, beat)

    def _wait_seconds(self) -> float:
        """How long the missing files are still used."""
        if self._missing_since is None:
            self._missing_since = time.monotonic()
        return self._missing_since + self._settings.removal_grace_seconds - time.monotonic()

    def _is_fresh(self, entry: FolderEntry) -> bool:
        return is_fresh(entry.stamp, time.time())

    def _entries(self, root: Root) -> dict[str, FolderEntry]:
        """The files in the folder itself, and the problems of others, by path relative to *root*."""
        folder = site_folder(root)
        if not folder:
            return {}
        try:
            entries = list(islice(walk(find_root(Path(folder), _NAMES)), MOST_FILES))
        except OSError:
            return {}
        kinds = (EntryKind.FILE, EntryKind.PROBLEM)
        return {f"{FOLDER}/{e.path}": e for e in entries if e.kind in kinds and "/" not in e.path}

    def _read(self, root: Root, found: Mapping[str, FolderEntry], stamps: Mapping[str, str], beat: Beat) -> SiteScan:
        longest = ALLOWED_SECONDS + longest_seconds(self._settings)
        beat(longest)
        reader = FileReader(replace(self._settings, articles=Path(root.path)))
        problems = [replace(e.problem, path=path) for path, e in found.items() if e.kind is EntryKind.PROBLEM]
        files = {path: entry.stamp for path, entry in found.items() if entry.kind is EntryKind.FILE}
        pages, of_pages = _read_pages(reader, files, partial(beat, longest))
        site, mistaken, of_settings = _read_settings(reader, files)
        problems += [*of_pages, *of_settings]
        if {path: entry.stamp for path, entry in self._entries(root).items()} != {k: e.stamp for k, e in found.items()}:
            return SiteScan(unsettled=frozenset(found))
        with self._writer() as transaction:
            if not stamps:
                transaction.site_rows.clear()
            else:
                before = transaction.site_rows.site()
                good = site and replace(
                    site, **{name: getattr(before, name) or getattr(site, name) for name in mistaken}
                )
                transaction.site_rows.put(stamps, good, pages, problems)
        for problem in problems:
            self._log.add(problem)
        return SiteScan(tuple(problems))


def _read_settings(reader: FileReader, files: Mapping[str, str]) -> tuple[Site | None, list[str], list[Problem]]:
    """(the site, or None to use the previous one; the fields that use their previous value; problems)."""
    path = next((f"{FOLDER}/{name}" for name in SETTINGS_NAMES if f"{FOLDER}/{name}" in files), "")
    if not path:
        return None, [], []
    try:
        answer = reader.read_site(path)
    except ChildFailed as failed:
        return None, [], [Problem(path, 0, failed.message)]
    problems = [
        Problem(path, problem["line"], deserialize(problem["cause"]), deserialize(problem["hint"]))
        for problem in answer["problems"]
    ]
    return (site_from_fields(answer["site"]) if answer["site"] else None), answer["mistaken"], problems


def _read_pages(
    reader: FileReader, files: Mapping[str, str], beat: Callable[[], None]
) -> tuple[dict[str, Article | None], list[Problem]]:
    """(pages by name, problems). A page is None if its last good version is to be used."""
    pages: dict[str, Article | None] = {}
    problems: list[Problem] = []
    stamps = {path: stamp for path, stamp in files.items() if PurePosixPath(path).suffix.lower() in PAGE_SUFFIXES}
    for result in reader.read(stamps):
        beat()
        name = slug_of(PurePosixPath(result.path).stem)
        if not name or name in FIRST_PARTS or name in pages:
            cause = Message("the address /%(name)s is taken", name=name)
            problems.append(Problem(result.path, 0, cause, Message("rename the file")))
        elif isinstance(result.result, Problem):
            pages[name] = None
            problems.append(result.result)
        elif result.result.published.timestamp() > time.time():
            pages[name] = None
            cause, hint = Message("the date of publication is in the future"), Message("a page has none: remove it")
            problems.append(Problem(result.path, 0, cause, hint))
        elif not result.result.draft:
            pages[name] = result.result
    return pages, problems
