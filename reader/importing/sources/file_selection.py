"""Selects the files of a folder or archive to import by their names. The others are skipped and reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...i18n import Message
from ...library.directory_walk import NameRules
from ...library.skipped_names import reason_to_skip_folder, reason_to_skip_name
from .items import LeftOut
from .recognition import ARTICLES
from .unsupported_formats import HINTS, reason_for

WRAPPED = (".xml", ".rss", ".atom", ".json", ".rdf", ".opml", ".enex", ".eml", ".mht", ".mhtml")
"""Suffixes of files whose type is detected by content. Files with other suffixes in a folder are skipped."""
ARCHIVES = (".zip", ".epub", ".textpack")
KNOWN = (*ARTICLES, *WRAPPED, *ARCHIVES)
_LIST_OF_POCKET = re.compile(r"part_\d{6}\.csv")
_PARTS = re.compile(r"[_.]files(?=/)")
_MOST_EQUAL = 3
"""More than this many files with equal reasons are reported as one line."""


def is_wanted(name: str) -> bool:
    """Whether a file with this name may contain articles."""
    return _suffix(name) in KNOWN or _LIST_OF_POCKET.fullmatch(name) is not None


def _reason_to_skip_file(name: str) -> str:
    """The reason to skip the file *name*; empty if it is imported.

    The names that are skipped in the articles folder are skipped on import, and so are unreadable document formats.
    """
    suffix = _suffix(name)
    if name.startswith(".") or suffix not in (*KNOWN, *HINTS):
        return ""
    return reason_to_skip_name(name) or ("" if suffix in KNOWN else reason_for(suffix))


NAMES = NameRules(is_wanted, _reason_to_skip_file)


def reason_to_skip(path: str) -> str:
    """Like the scan of a folder: the reason of the first skipped folder in *path*, else the reason of the file; empty
    if none."""
    *folders, name = path.split("/")
    reasons = [reason_to_skip_folder(folder) for folder in folders] if _suffix(name) in KNOWN else []
    return next(filter(None, reasons), "") or _reason_to_skip_file(name)


def parts_of_saved_pages(paths: Iterable[str]) -> frozenset[str]:
    """The files that a browser saved with a page as “complete”, such as the frame of an advertisement: those in
    ``<name>_files`` beside ``<name>.html``."""
    every = frozenset(paths)
    stems = {path.rpartition(".")[0] for path in every if path.lower().endswith((".html", ".htm"))}
    return frozenset(path for path in every if any(path[: found.start()] in stems for found in _PARTS.finditer(path)))


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if stem else ""


@dataclass
class Skipped:
    """The skipped files of *source*, by reason."""

    source: str
    _paths: dict[str, list[str]] = field(default_factory=dict)

    def add(self, path: str, reason: str) -> None:
        self._paths.setdefault(reason, []).append(path)

    def items(self) -> Iterator[LeftOut]:
        """One LeftOut per file, or one with the number of files if many have the same reason."""
        for reason, paths in self._paths.items():
            kinds = {_suffix(path) for path in paths}
            if len(paths) > _MOST_EQUAL or kinds <= HINTS.keys():
                text = Message("%(count)s × %(reason)s", count=len(paths), reason=reason)
                yield LeftOut(self.source, text, len(paths))
            else:
                yield from (LeftOut(f"{self.source}: {path}", reason, 1) for path in paths)
