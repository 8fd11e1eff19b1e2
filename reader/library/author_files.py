"""Looks up the names of authors whom an article lists by key, in ``authors.yml`` of Docusaurus, Astro and Jekyll
(``_data/``).

The nearest file has priority, from the article's folder up to the articles folder. A change of such a file affects only
articles that are read afterwards.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ..errors import UnreadableArticle
from ..formats.decoding import decode_text
from ..formats.fields.yaml_fields import yaml_fields
from ..storage.regular_files import read_real

_NAMES = (
    "authors.yml",
    "authors.yaml",
    "_data/authors.yml",
    "_data/authors.yaml",
    "data/authors.yml",
    "_data/people.yml",
)
_LARGEST_BYTES = 500_000


def with_names(byline: tuple[str, ...], articles: Path, file: PurePosixPath) -> tuple[str, ...]:
    """*byline* with each key replaced by the author's name, if there is one. *file* is relative to *articles*."""
    known = _names_for(articles, str(file.parent)) if byline else {}
    return tuple(dict.fromkeys(known.get(key, key) for key in byline)) if known else byline


@lru_cache(200)
def _names_for(articles: Path, folder: str) -> dict[str, str]:
    """The names by key for the articles in *folder*. Cached until ``clear_cache``."""
    known: dict[str, str] = {}
    for above in (PurePosixPath(folder), *PurePosixPath(folder).parents):
        for name in _NAMES:
            path = f"{articles}/{above}/{name}"
            try:
                status = os.stat(path)  # noqa: PTH116 (strings: this runs for every folder)
            except OSError:
                continue
            real = os.path.realpath(path)
            if Path(real).is_relative_to(os.path.realpath(articles)):
                known = {**_names_in(real, status.st_mtime_ns, status.st_size), **known}
    return known


def clear_cache() -> None:
    """Makes the next call read changed files of authors. Called before each batch of files."""
    _names_for.cache_clear()


@lru_cache(20)
def _names_in(path: str, _modified_ns: int, _size: int) -> dict[str, str]:
    """The names by key in one file; empty if the file cannot be read or has other content."""
    try:
        fields = list(yaml_fields(decode_text(read_real(Path(path), _LARGEST_BYTES)), 1))
    except (OSError, UnreadableArticle):
        return {}
    found = ((field.name, field.value.get("name") or field.value.get("display_name")) for field in fields
             if isinstance(field.value, dict))  # fmt: skip
    return {key: name for key, name in found if isinstance(name, str) and name}
