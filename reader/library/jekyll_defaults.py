"""Finds the articles that ``defaults`` in Jekyll's ``_config.yml`` declare unpublished.

::

    defaults:
      - scope: {path: interviews, type: posts}
        values: {published: false}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern
from .draft_folders import JEKYLL_NAMES, TextOf, withholds_in_a_line

_MOST_DEFAULTS = 500
"""All of them are compared with each path. With more, all articles of the site are withheld."""

_YES = frozenset(("true", "yes", "on"))
_NO = frozenset(("false", "no", "off"))
_HEAD = lazy_pattern(r"\ufeff?---[ \t]*\r?\n(.*?)^---", re.DOTALL | re.MULTILINE)
_PUBLISHED = lazy_pattern(r"^published[ \t]*:[ \t]*[\"']?(?:true|yes|on)\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Default:
    """One entry of ``defaults``. ``path`` is below ``folder``, relative to the root and empty or with ``/`` at its end.

    ``source`` is Jekyll's folder of pages, ``collections`` its folder of posts; scopes leave out both.
    """

    folder: str
    file_name: str
    path: str
    type: str
    is_published: bool
    source: str = ""
    collections: str = ""

    def applies_to(self, path: str) -> bool:
        """Whether *path*, of a file relative to the root, is within the scope. As Jekyll, by the beginning."""
        inside = path.removeprefix(self.folder)
        of_source = inside.removeprefix(self.source)
        below = (inside, of_source, of_source.removeprefix(self.collections))
        return any(map(self._has_path, below)) and self._has_type(inside)

    def _has_path(self, path: str) -> bool:
        if "*" in self.path:
            return fnmatchcase(path, self.path) or fnmatchcase(path, f"{self.path}/*")
        return path.startswith(self.path)

    def _has_type(self, path: str) -> bool:
        collections = [part[1:] for part in path.split("/")[:-1] if part.startswith("_")]
        return not self.type or (not collections if self.type == "pages" else self.type in collections)


def defaults_in(folder: str, text_of: TextOf) -> tuple[Default, ...]:
    """The defaults about publication of the site in *folder*, relative to the root, empty or with ``/`` at its end."""
    for name in JEKYLL_NAMES:
        if text := text_of(name):
            return _parsed(folder, name, text)
    return ()


def reason_by_defaults(defaults: tuple[Default, ...], path: str, own_text: Callable[[], str]) -> str:
    """Why the file at *path* (relative to the root) is not public; empty if the *defaults* do not say so.

    The longest scope decides, and of equal ones that with a type, then the last one. A file whose text (*own_text*) has
    ``published: true`` is public.
    """
    found = [default for default in defaults if default.applies_to(path)]
    last = max(
        enumerate(found), key=lambda one: (one[1].folder, len(one[1].path), one[1].type != "", one[0]), default=None
    )
    if last is None or last[1].is_published or _says_published(own_text()):
        return ""
    return Message("%(name)s says that it is not published", name=f"{last[1].folder}{last[1].file_name}")


def _says_published(text: str) -> bool:
    head = _HEAD.match(text)
    return head is not None and _PUBLISHED.search(head[1]) is not None


@lru_cache(20)
def _parsed(folder: str, name: str, text: str) -> tuple[Default, ...]:
    """The defaults in the *text* of a file. If it is not YAML but withholds something, everything is withheld."""
    from ..formats.fields.yaml_fields import yaml_fields  # imported here, as few sites have the file

    try:
        values = {field.name: field.value for field in yaml_fields(text, 1)}
    except UnreadableArticle:
        return (Default(folder, name, "", "", is_published=False),) if withholds_in_a_line(text) else ()
    entries = list(_entries(values.get("defaults")))
    if len(entries) > _MOST_DEFAULTS:
        return (Default(folder, name, "", "", is_published=False),)
    source, collections = _as_folder(values.get("source")), _as_folder(values.get("collections_dir"))
    return tuple(
        Default(folder, name, path, kind, is_published, source, collections) for path, kind, is_published in entries
    )


def _entries(defaults: object) -> Iterator[tuple[str, str, bool]]:
    """(path, type, whether published) of each entry that sets ``published``."""
    for entry in defaults if isinstance(defaults, list | tuple) else ():
        if not isinstance(entry, dict) or not isinstance(values := entry.get("values"), dict):
            continue
        published = str(values.get("published", "")).lower()
        scope = entry.get("scope")
        path, kind = (scope.get("path"), scope.get("type")) if isinstance(scope, dict) else ("", "")
        if published in _YES | _NO:
            yield str(path or "").removeprefix("./").strip("/"), str(kind or ""), published in _YES


def _as_folder(value: object) -> str:
    name = value.removeprefix("./").strip("/.") if isinstance(value, str) else ""
    return f"{name}/" if name else ""
