"""Finds folders whose own file says that all of their articles are drafts: of Hugo, Zola, Quarto and Eleventy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ..i18n import Message
from ..patterns import lazy_pattern
from ..storage.regular_files import read_regular

SECTION_FILES = ("_index.md", "_index.markdown")
_METADATA_FILES = ("_metadata.yml", "_metadata.yaml")
JEKYLL_NAMES = ("_config.yml", "_config.yaml")
CONFIGURATIONS = (
    *JEKYLL_NAMES, "mkdocs.yml", "mkdocs.yaml", "_quarto.yml", "_quarto.yaml", "config.toml", "zola.toml",
    ".eleventyignore",
)  # fmt: skip
"""The files of other tools that exclude articles of a site (``site_exclusions``)."""

LARGEST_BYTES = 2_000_000
_BETWEEN = lazy_pattern(r"[\n,{}]")
_WITHHOLDS = lazy_pattern(
    r"""[\s"'-]*(?:(?:draft|private|unpublished|草稿)["']?\s*[:=]\s*["']?(?:true|yes)"""
    r"""|publish(?:ed)?["']?\s*[:=]\s*["']?(?:false|no))\b"""
)


def _names(folder: str) -> tuple[str, ...]:
    return (*SECTION_FILES, *_METADATA_FILES, f"{folder}.json", f"{folder}.11tydata.json")


def with_its_folder(path: str) -> str:
    """The folder of *path* if it is a file about its folder, so that the whole folder is scanned; else *path*.

    Empty for the configuration of a tool in the root.
    """
    parent, name = PurePosixPath(path).parent, PurePosixPath(path).name
    if name in CONFIGURATIONS:
        return "" if parent == PurePosixPath() else parent.as_posix()
    return parent.as_posix() if parent.name and name in _names(parent.name) else path


TextOf = Callable[[str], str]
"""Returns the text of the file of this name in a folder; empty if there is none."""


def texts_in(folder: str) -> TextOf:
    """The texts of the files in *folder*, a real path."""

    return lambda name: text_at(f"{folder}/{name}")


def text_at(path: str) -> str:
    """The text of a file; empty if there is none, or if it is very large."""
    try:
        return read_regular(Path(path), LARGEST_BYTES).decode("utf-8", "replace") if os.path.lexists(path) else ""
    except OSError:
        return ""


def reason_by_own_file(folder: str, text_of: TextOf) -> str:
    """Why the articles in *folder*, a path, are not public; empty if no file in it says so."""
    for name in _names(PurePosixPath(folder).name):
        if _withholds(name, text_of(name)):
            return Message("its file %(name)s says that its articles are drafts", name=name)
    return ""


def _withholds(name: str, text: str) -> bool:
    """Whether the *text* of a file of this *name* marks all articles of its folder as drafts.

    ``draft`` in the front matter of Zola (TOML) applies to all of them, and so does what is in Hugo's ``cascade``.
    """
    if name in SECTION_FILES:
        fence = text[:3]
        text = text[3:].partition(f"\n{fence}")[0] if fence in ("---", "+++") else ""
        text = text if fence == "+++" else text.partition("\ncascade:")[2]
    return withholds_in_a_line(text)


def withholds_in_a_line(text: str) -> bool:
    """Whether a line, or a value between braces, is such as ``draft: true`` or ``published: false``."""
    return any(map(_WITHHOLDS.match, _BETWEEN.split(text)))
