"""Folders of articles written for other tools (Hugo, Jekyll, Hexo, Obsidian …), each read unchanged.

    python benchmarks/archives.py [FOLDER …] [--quick]

Without a FOLDER the articles of this repository are read. For each folder: files that hold an article, the articles
made of them, signs of other tools that a reader would see (``FOREIGN``, counted over the text without code), links to
files that lead nowhere, pictures that were left out, and seconds. ``--quick`` reads the first 50 files of each folder.
Exits with 1 when an aim is missed: 99 % of the files are articles, and no foreign sign is visible.

Links and pictures are counted but have no aim: a sample of a folder lacks files that the whole folder has.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reader.catalog import Catalog  # noqa: E402
from reader.formats import FORMATS  # noqa: E402
from reader.library.directory_walk import EntryKind, FolderEntry, find_root, walk  # noqa: E402
from reader.library.file_reader_pool import read_files  # noqa: E402
from reader.library.scanner import Library  # noqa: E402
from reader.models import Problem  # noqa: E402
from reader.settings import Settings  # noqa: E402

SUFFIXES = frozenset(
    [
        ".md",
        ".markdown",
        ".mdx",
        ".html",
        ".htm",
        ".txt",
        ".rst",
        ".org",
        ".adoc",
        ".ipynb",
        ".qmd",
        ".rmd",
        ".docx",
        ".odt",
        ".rest",
    ]
)
FOREIGN = {
    "{% tag %}": r"\{%.{0,200}?%\}",
    "{{ value }}": r"(?<!\$)\{\{[<%]?\s*[A-Za-z_/$\"'].{0,200}?\}\}",
    "[[link]]": r"!?\[\[[^\[\]\n]{2,200}\]\]",
    "%%comment%%": r"%%[^%\n]{1,200}%%",
    ":::": r"^\s*:::",
    "[!note]": r"\[!\w+\]",
    "==mark==": r"(?<![=\w])==[^\s=][^=\n]{0,200}==(?![=\w])",
    "{: .class}": r"\{:\s*[.#\w][^{}\n]*\}",
    "{#id}": r"\{#[\w-]+\}",
    "[TOC]": r"^\s*\[TOC\]\s*$",
    "import": r"^import\s+.{1,80}\s+from\s+['\"]",
    "{/* */}": r"\{/\*",
    "<Component>": r"</?[A-Z][a-z]\w*(?:\s[^<>]*)?/?>",
    "+++": r"^\+\+\+\s*$",
    ":emoji:": r"(?<![\w:]):(?:smile|tada|rocket|warning|bulb|heart|memo|star|fire|\+1):",
    "[ ] task": r"^\s*\[[ xX]\]\s",
    "](address)": r"\]\([^()\s]{1,200}\)",
}
_CODE = re.compile(r"<(pre|code)\b[^>]*>.*?</\1>", re.DOTALL)
_BLOCK = re.compile(r"</?(?:p|h[2-6]|li|td|th|div|section|aside|blockquote|figure|figcaption|br|tr|dt|dd)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
QUICK_FILES = 50
AIM = 0.99


@dataclass(frozen=True)
class Figures:
    """What became of one folder. ``foreign`` counts by kind of sign; ``refused`` are causes with their counts."""

    name: str
    files: int
    articles: int
    foreign: dict[str, int]
    dead_links: int
    lost_pictures: int
    seconds: float
    refused: dict[str, int]

    @property
    def holds(self) -> bool:
        return not sum(self.foreign.values()) and self.articles >= AIM * self.files


def visible_text(body: str) -> str:
    """The text of an article's *body* as a reader sees it, without code; a line for each block."""
    return unescape(_TAG.sub("", _BLOCK.sub("\n", _CODE.sub("", body))))


def foreign_signs(text: str) -> dict[str, int]:
    counts = {name: len(re.findall(pattern, text, re.MULTILINE)) for name, pattern in FOREIGN.items()}
    return {name: count for name, count in counts.items() if count}


def _is_counted(entry: FolderEntry) -> bool:
    """Whether the walk reads it, or leaves it out for its format; not templates, parts and drafts of other tools."""
    suffix = Path(entry.path).suffix.lower()
    return suffix in SUFFIXES and (entry.kind is not EntryKind.LEFT_OUT or suffix not in FORMATS)


def measure(folder: Path, instance: Path, most: int | None) -> Figures:
    """Reads *folder* into a catalog in *instance*."""
    settings = Settings(articles=folder, instance=instance)
    files = [folder / entry.path for entry in walk(find_root(folder)) if _is_counted(entry)][:most]
    began = time.monotonic()
    Library(settings).scan_all()
    seconds = time.monotonic() - began
    catalog = Catalog(settings.catalog, settings.timezone)
    articles, lost, foreign, refused = 0, 0, dict[str, int](), dict[str, int]()
    for read in read_files(settings, dict.fromkeys((str(file.relative_to(folder)) for file in files), "")):
        if isinstance(read.result, Problem):
            cause = str(read.result.cause)[:90]
            refused[cause] = refused.get(cause, 0) + 1
            continue
        articles += 1
        lost += sum("picture" in str(warning) for warning in read.result.warnings)
        for name, count in foreign_signs(visible_text(str(read.result.body))).items():
            foreign[name] = foreign.get(name, 0) + count
    dead = len(catalog.dead_links())
    return Figures(folder.name, len(files), articles, foreign, dead, lost, seconds, refused)


def row(figures: Figures) -> str:
    signs = ", ".join(f"{name} {count}" for name, count in sorted(figures.foreign.items())) or "-"
    return (
        f"{figures.name:<22}{figures.files:>6}{figures.articles:>9}{sum(figures.foreign.values()):>8}"
        f"{figures.dead_links:>7}{figures.lost_pictures:>9}{figures.seconds:>8.1f}  {signs}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "articles"])
    parser.add_argument("--quick", action="store_true", help=f"only the first {QUICK_FILES} files of each folder")
    parser.add_argument("--refused", action="store_true", help="list why files are no articles")
    options = parser.parse_args()
    print(f"{'folder':<22}{'files':>6}{'articles':>9}{'foreign':>8}{'links':>7}{'pictures':>9}{'seconds':>8}  signs")
    every = []
    for folder in options.folders:
        instance = Path(tempfile.mkdtemp(prefix="reader-archives-"))
        try:
            every.append(measure(folder.resolve(), instance, QUICK_FILES if options.quick else None))
        finally:
            shutil.rmtree(instance)
        print(row(every[-1]), flush=True)
        for cause, count in sorted(every[-1].refused.items()) if options.refused else ():
            print(f"    {count:>4}  {cause}")
    files, articles = sum(figures.files for figures in every), sum(figures.articles for figures in every)
    signs = sum(sum(figures.foreign.values()) for figures in every)
    missed = [figures.name for figures in every if not figures.holds]
    print(f"{articles} of {files} files are articles, {signs} foreign signs; missed by: {', '.join(missed) or 'none'}")
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
