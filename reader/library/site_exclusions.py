"""Finds the articles that the configuration of another tool excludes from its site.

Read are ``exclude``, ``exclude_patterns`` and ``collections`` of ``_config.yml`` (Jekyll, Hexo, Jupyter Book),
``exclude_docs`` and ``draft_docs`` of ``mkdocs.yml``, ``project: render`` and ``website: drafts`` of ``_quarto.yml``,
``ignored_content`` of ``config.toml`` (Zola), and ``.eleventyignore``. If such a file cannot be parsed but excludes
something, or has more than _MOST_PATTERNS, all articles of the site are excluded, because they may be private.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Any

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern
from .draft_folders import CONFIGURATIONS, JEKYLL_NAMES, TextOf

_MOST_PATTERNS, _LONGEST_PATTERN = 500, 300
_IGNORED_CONTENT = lazy_pattern(r"^[ \t]*ignored_content[ \t]*=[ \t]*\[([^\]]*)(\]?)", re.MULTILINE)
_TOML_TEXT = lazy_pattern(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_EXCLUDES = lazy_pattern(r"^[ \t]*(?:exclude|collections|draft|render|ignored_content)", re.MULTILINE)


@dataclass(frozen=True)
class Exclusion:
    """What the file *file_name* excludes below *folder*, relative to the root and empty or with ``/`` at its end.

    ``sources`` are the folders of articles that its patterns may leave out. ``excluded`` and ``kept`` are patterns of
    gitignore(5): one without ``/`` before its end applies to names in all folders.
    """

    folder: str
    file_name: str
    sources: tuple[str, ...]
    excluded: tuple[str, ...]
    kept: tuple[str, ...] = ()

    def applies_to(self, path: str) -> bool:
        """Whether *path*, of a file relative to the root, is excluded."""
        inside = path.removeprefix(self.folder)
        below = {inside, *(inside.removeprefix(source) for source in self.sources)}
        return _match(self.excluded, below) and not _match(self.kept, below)


def exclusions_in(folder: str, text_of: TextOf) -> tuple[Exclusion, ...]:
    """The exclusions of the site in *folder*, relative to the root, empty or with ``/`` at its end."""
    found = []
    for name in CONFIGURATIONS:
        if not (text := text_of(name)):
            continue
        sources, groups = _parsed(name, text)
        for patterns in groups:
            excluded = tuple(one for one in patterns if not one.startswith("!"))
            kept = tuple(one[1:] for one in patterns if one.startswith("!"))
            if len(patterns) > _MOST_PATTERNS:
                excluded, kept = ("*",), ()
            if excluded:
                found.append(Exclusion(folder, name, sources, excluded, kept))
    return tuple(found)


def reason_by_exclusions(exclusions: Iterable[Exclusion], path: str) -> str:
    """Why the file at *path* (relative to the root) is not public; empty if the *exclusions* do not say so."""
    for one in exclusions:
        if one.applies_to(path):
            return Message("%(name)s says that it is not published", name=f"{one.folder}{one.file_name}")
    return ""


def _match(patterns: tuple[str, ...], paths: Iterable[str]) -> bool:
    anchored, anywhere = _expressions(patterns)
    for path in paths:
        parts = path.split("/")
        if any(map(anywhere.match, parts)) or any(anchored.match("/".join(parts[: n + 1])) for n in range(len(parts))):
            return True
    return False


@lru_cache(50)
def _expressions(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns for paths from their beginning, and those for names in any folder."""
    anchored, anywhere = list[str](), list[str]()
    for pattern in patterns:
        text = pattern.removeprefix("./").removeprefix("**/").removesuffix("/**").rstrip("/")
        in_any_folder = "/" not in text and not pattern.startswith(("/", "./"))
        (anywhere if in_any_folder else anchored).append(translate(text.lstrip("/")))
        if pattern.startswith("**/") and not in_any_folder:
            anchored.append(translate(f"*/{text}"))
    return re.compile("|".join(anchored) or r"(?!)"), re.compile("|".join(anywhere) or r"(?!)")


@lru_cache(50)
def _parsed(name: str, text: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """(folders of articles, groups of patterns) of a file."""
    try:
        sources, patterns = _READERS[name](text)
        others = _hidden_folders(text) if name in JEKYLL_NAMES else []
    except (UnreadableArticle, ValueError, RecursionError):
        sources, patterns, others = [], ["*"] if _EXCLUDES.search(text) else [], []
    return (
        tuple(f"{one.removeprefix('./').strip('/')}/" for one in sources if one.strip("./")),
        (_tidy(patterns), _tidy(others)),
    )


def _tidy(patterns: Iterable[str]) -> tuple[str, ...]:
    """*patterns* without comments and empty lines."""
    return tuple(text for one in patterns if (text := one.strip()[:_LONGEST_PATTERN]) and not text.startswith("#"))


def _of_config_yml(text: str) -> tuple[list[str], list[str]]:
    """Jekyll's exclusions begin at the root of the site, the others are patterns as they are."""
    values = _yaml(text)
    sources = [*_texts(values.get("source")), "source", *_texts(values.get("collections_dir"))]
    excluded = [f"/{one.removeprefix('./').lstrip('/')}" for one in _texts(values.get("exclude"))]
    return sources, [*excluded, *_texts(values.get("exclude_patterns"))]


def _hidden_folders(text: str) -> list[str]:
    """Of folders whose names begin with ``_``, Jekyll and Hexo publish the posts, collections with ``output`` and what
    Jekyll's ``include`` names."""
    values = _yaml(text)
    collections = values.get("collections")
    public = [name for name, options in _mapping(collections).items() if _has_output(options)]
    return ["_*", "!_posts", *(f"!_{name}" for name in public), *(f"!{one}" for one in _texts(values.get("include")))]


def _has_output(options: object) -> bool:
    return isinstance(options, dict) and str(options.get("output", "")).lower() in ("true", "yes", "on")


def _of_mkdocs(text: str) -> tuple[list[str], list[str]]:
    values = _yaml(text)
    lists = (values.get("exclude_docs"), values.get("draft_docs"))
    return [*_texts(values.get("docs_dir")), "docs"], [
        line for one in lists for text in _texts(one) for line in text.splitlines()
    ]


def _of_quarto(text: str) -> tuple[list[str], list[str]]:
    values = _yaml(text)
    project, website = (_mapping(values.get(name)) for name in ("project", "website"))
    not_rendered = [one[1:] for one in _texts(project.get("render")) if one.startswith("!")]
    return [], [f"/{one.lstrip('./')}" for one in (*not_rendered, *_texts(website.get("drafts")))]


def _of_zola(text: str) -> tuple[list[str], list[str]]:
    """By a pattern: ``tomllib`` needs quadratic time for long keys. Raises ValueError for a list without an end."""
    found = _IGNORED_CONTENT.search(text)
    if not found:
        return [], []
    if not found[2]:
        raise ValueError("ignored_content has no end")
    return ["content"], [one[1] or one[2] for one in _TOML_TEXT.finditer(found[1])]


def _yaml(text: str) -> dict[str, Any]:
    from ..formats.fields.yaml_fields import yaml_fields  # imported here, as few sites have the files

    return {field.name: field.value for field in yaml_fields(text, 1)}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, str) and one:
            yield one


_READERS: dict[str, Callable[[str], tuple[list[str], list[str]]]] = {
    "_config.yml": _of_config_yml, "_config.yaml": _of_config_yml, "mkdocs.yml": _of_mkdocs,
    "mkdocs.yaml": _of_mkdocs, "_quarto.yml": _of_quarto, "_quarto.yaml": _of_quarto, "config.toml": _of_zola,
    "zola.toml": _of_zola, ".eleventyignore": lambda text: ([], text.splitlines()),
}  # fmt: skip
