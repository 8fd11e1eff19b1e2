"""The rules by which the configuration of other tools leaves out articles, for a folder and those above it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .draft_folders import CONFIGURATIONS
from .jekyll_defaults import Default, defaults_in, reason_by_defaults
from .site_exclusions import Exclusion, exclusions_in, reason_by_exclusions


@dataclass(frozen=True)
class ToolRules:
    """Jekyll's defaults and the exclusions of all tools."""

    defaults: tuple[Default, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()

    def within(self, folder: str, real_path: str) -> ToolRules:
        """These rules and those of *folder*, which is relative to the root and empty or with ``/`` at its end."""
        if not any(os.path.lexists(f"{real_path}/{name}") for name in CONFIGURATIONS):
            return self
        return ToolRules(
            self.defaults + defaults_in(folder, real_path), self.exclusions + exclusions_in(folder, real_path)
        )

    def reason(self, path: str, real_path: str) -> str:
        """Why the file at *path* (relative to the root) is not public; empty if these rules do not say so."""
        excluded = reason_by_exclusions(self.exclusions, path)
        return excluded or (reason_by_defaults(self.defaults, path, real_path) if self.defaults else "")


NO_RULES = ToolRules()
