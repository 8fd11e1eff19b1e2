"""The rules by which the files of other tools leave out articles, for a folder and those above it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ..errors import ReaderError
from .draft_folders import LARGEST_BYTES, TextOf, reason_by_own_file
from .jekyll_defaults import Default, defaults_in, reason_by_defaults
from .site_exclusions import Exclusion, exclusions_in, reason_by_exclusions


@dataclass(frozen=True)
class ToolRules:
    """Jekyll's defaults and the exclusions of all tools."""

    defaults: tuple[Default, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()

    def within(self, folder: str, text_of: TextOf) -> ToolRules:
        """These rules and those of *folder*, which is relative to the root and empty or with ``/`` at its end."""
        defaults, exclusions = defaults_in(folder, text_of), exclusions_in(folder, text_of)
        if not (defaults or exclusions):
            return self
        return ToolRules(self.defaults + defaults, self.exclusions + exclusions)

    def reason(self, path: str, own_text: Callable[[], str]) -> str:
        """Why the file at *path* (relative to the root), with *own_text*, is not public; empty if these rules do not
        say so."""
        excluded = reason_by_exclusions(self.exclusions, path)
        return excluded or (reason_by_defaults(self.defaults, path, own_text) if self.defaults else "")


NO_RULES = ToolRules()


def reasons_in_archive(read: Callable[[str, int], bytes]) -> Callable[[str], str]:
    """A function that returns why the file at a path of an archive is not public; empty if no file in it says so.

    ``read(path, most_bytes)`` returns a member, or raises a ReaderError.
    """

    def text_at(path: str) -> str:
        try:
            return read(path, LARGEST_BYTES).decode("utf-8", "replace")
        except ReaderError:
            return ""

    @cache
    def rules_in(folder: str) -> tuple[str, ToolRules]:
        """(why the whole folder is not public, the rules in it)."""

        def text_of(name: str) -> str:
            return text_at(folder + name)

        if not folder:
            return "", NO_RULES.within("", text_of)
        above, _, name = folder.rstrip("/").rpartition("/")
        reason, rules = rules_in(f"{above}/" if above else "")
        return reason or reason_by_own_file(name, text_of), rules.within(folder, text_of)

    def reason_for(path: str) -> str:
        above = path.rpartition("/")[0]
        reason, rules = rules_in(f"{above}/" if above else "")
        return reason or rules.reason(path, lambda: text_at(path))

    return reason_for
