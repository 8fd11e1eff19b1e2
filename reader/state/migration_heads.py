"""The ids of this code's migrations. A database is current if the last one of each module was applied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("migrations")
NAME = re.compile(r"(?P<module>[a-z]+)_(?P<number>\d{4})_[a-z0-9_]+\.py")
"""A file name in ``migrations/versions``: ``comments_0002_votes.py`` is the second change of the comments' tables."""


def known_ids() -> frozenset[str]:
    """The ids of all migrations."""
    matches = filter(None, (NAME.fullmatch(path.name) for path in (FOLDER / "versions").glob("*.py")))
    return frozenset(f"{match['module']}_{match['number']}" for match in matches)


@cache
def heads() -> frozenset[str]:
    """The ids of the last migration of each module, such as ``comments_0002``."""
    newest = {name.rpartition("_")[0]: name for name in sorted(known_ids())}
    return frozenset(newest.values())


def is_current(applied: Iterable[str]) -> bool:
    """Whether the tables are at least as new as this code requires. *applied* are the ids in the database.

    Tables of a later version of Reader can be used, because a migration only adds tables and columns.
    """
    newest = {module: number for module, _, number in (name.rpartition("_") for name in applied)}
    wanted = (name.rpartition("_") for name in heads())
    return all(newest.get(module, "") >= number for module, _, number in wanted)
