"""Folders of articles written for other tools (Hugo, Jekyll, Hexo, Obsidian …), each read unchanged.

    python benchmarks/archives.py [FOLDER …] [--quick]

Without a FOLDER the articles of this repository are read. For each folder: files that hold an article; the articles
made of them; signs of other tools that a reader would see (``FOREIGN``, counted over the text without code); fields
that differ from those that the other tools show (``expected_fields`` reads the front matter with PyYAML, tomllib and
dateutil, not with Reader); warnings; links to files that lead nowhere; pictures that were left out; seconds.
``--quick`` reads the first 50 files of each folder. ``--wrong`` lists files that are no article, and fields that
differ. Exits with 1 when an aim is missed: 99 % of the files are articles, 99 % of the fields are right, no foreign
sign is visible, and Markdown takes at most ten times the processor time (``times``, over all folders) of a plain
program that reads front matter with PyYAML or tomllib, renders CommonMark with comrak and sanitizes with nh3. It
knows no shortcodes, links, pictures, formulas, highlighting, punctuation or search.

Links and pictures are counted but have no aim: a sample of a folder lacks files that the whole folder has.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from html import unescape
from pathlib import Path
from typing import Any

import comrak
import nh3
import yaml
from dateutil import parser as dateutil_parser

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reader.catalog import Catalog  # noqa: E402
from reader.formats import FORMATS  # noqa: E402
from reader.library import file_reader_child  # noqa: E402
from reader.library.directory_walk import EntryKind, FolderEntry, find_root, walk  # noqa: E402
from reader.library.file_reader_pool import read_files  # noqa: E402
from reader.library.scanner import Library  # noqa: E402
from reader.models import Article, Problem  # noqa: E402
from reader.settings import Settings  # noqa: E402

SUFFIXES = frozenset(
    (".md", ".markdown", ".mdx", ".html", ".htm", ".txt", ".rst", ".org", ".adoc", ".ipynb", ".qmd", ".rmd", ".docx")
    + (".odt", ".rest")
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
AIM_TIMES = 10.0


@dataclass
class Figures:
    """What became of one folder. ``foreign`` counts by kind of sign; ``refused`` are causes with their counts;
    ``wrong_fields`` describe the fields that differ, of the ``fields`` that were compared."""

    name: str
    files: int
    articles: int = 0
    warnings: int = 0
    foreign: dict[str, int] = field(default_factory=dict)
    fields: int = 0
    wrong_fields: list[str] = field(default_factory=list)
    dead_links: int = 0
    lost_pictures: int = 0
    seconds: float = 0.0
    cpu_seconds: tuple[float, float] = (0.0, 0.0)
    """Of Reader and of the plain program, for the same Markdown files."""
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        right = self.fields - len(self.wrong_fields)
        return not sum(self.foreign.values()) and self.articles >= AIM * self.files and right >= AIM * self.fields


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
    figures = Figures(folder.name, len(files), dead_links=len(catalog.dead_links()), seconds=seconds)
    for read in read_files(settings, dict.fromkeys((str(file.relative_to(folder)) for file in files), "")):
        if isinstance(read.result, Problem):
            cause = str(read.result.cause)[:90]
            figures.refused[cause] = figures.refused.get(cause, 0) + 1
            continue
        figures.articles += 1
        figures.warnings += len(read.result.warnings)
        figures.lost_pictures += sum("picture" in str(warning) for warning in read.result.warnings)
        for name, count in foreign_signs(visible_text(str(read.result.body))).items():
            figures.foreign[name] = figures.foreign.get(name, 0) + count
        for name, expected, shown in compared_fields(folder / read.path, read.result, settings.timezone):
            figures.fields += 1
            if expected != shown:
                figures.wrong_fields.append(f"{read.path}: {name} {shown!r} instead of {expected!r}")
    figures.cpu_seconds = speed(settings, [file for file in files if file.suffix.lower() in (".md", ".markdown")])
    return figures


def speed(settings: Settings, files: list[Path]) -> tuple[float, float]:
    """Processor seconds of Reader and of the plain program for *files*; of two runs each, the faster one."""
    paths = [str(file.relative_to(settings.articles)) for file in files]

    def ours() -> None:
        for path in paths:
            file_reader_child.read_file(settings, path)

    def plain() -> None:
        for file in files:
            front_matter_of(file)
            text = file.read_text("utf-8", "replace")
            nh3.clean(comrak.render_markdown(_YAML_BLOCK.sub("", _TOML_BLOCK.sub("", text, 1), 1)))

    best = [float("inf"), float("inf")]
    for turn in range(4):
        began = time.process_time()
        (ours, plain)[turn % 2]()
        best[turn % 2] = min(best[turn % 2], time.process_time() - began)
    return best[0], best[1]


# -- the fields, as the other tools read them ----------------------------------------------------------------------

_YAML_BLOCK = re.compile(r"\ufeff?---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_TOML_BLOCK = re.compile(r"\ufeff?\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*$", re.DOTALL | re.MULTILINE)
_PELICAN_LINE = re.compile(r"(Title|Date|Tags|Category|Author): *(\S.*)")
_DAY_IN_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-\S")
_LINK_TEXT = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")


def front_matter_of(file: Path) -> dict[str, Any]:
    """The fields of *file* in lower case; none if it has no front matter, or one that is not valid."""
    text = file.read_text("utf-8", "replace").replace("\r\n", "\n")
    try:
        if found := _TOML_BLOCK.match(text):
            table = tomllib.loads(found[1])
            table = {**table, **table.pop("taxonomies", {}), **table.pop("extra", {})}
        elif found := _YAML_BLOCK.match(text):
            table = yaml.safe_load(found[1])
        else:
            lines = text.split("\n\n", 1)[0].split("\n")
            table = {found[1]: found[2] for line in lines if (found := _PELICAN_LINE.fullmatch(line.strip()))}
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError):
        return {}
    return {str(name).lower(): value for name, value in table.items()} if isinstance(table, dict) else {}


def expected_fields(file: Path) -> dict[str, Any]:
    """Title (text), date (date or datetime), tags and author (texts) where the front matter or the name states them.

    The rules are those that Hugo, Jekyll, Hexo, Pelican, Zola, Docusaurus, VuePress and Astro have in common.
    """
    fields = front_matter_of(file)
    stated = next((fields[name] for name in ("date", "published", "pubdate", "created") if fields.get(name)), None)
    if stated is None and (found := _DAY_IN_NAME.match(file.name)):
        stated = found[1]
    authors = fields.get("author") or fields.get("authors")
    return {"title": fields.get("title"), "date": _date(stated), "tags": fields.get("tags"), "author": authors}


def _date(stated: object) -> date | None:
    if isinstance(stated, str):
        try:
            found: datetime = dateutil_parser.parse(stated)
        except (ValueError, OverflowError):
            return None
        return found
    return stated if isinstance(stated, date) else None


def _letters(text: object) -> str:
    """Letters and digits only: Reader corrects punctuation, and takes marks of Markdown and HTML out of titles."""
    plain = unicodedata.normalize("NFKC", unescape(_TAG.sub("", _LINK_TEXT.sub(r"\1", str(text)))))
    return "".join(character for character in plain.casefold() if character.isalnum())


def compared_fields(file: Path, article: Article, zone: tzinfo) -> Iterator[tuple[str, object, object]]:
    """(name, expected, ours) of each field that the file states."""
    expected = expected_fields(file)
    if isinstance(expected["title"], str) and _letters(expected["title"]):
        yield "title", _letters(expected["title"]), _letters(article.title)
    if day := expected["date"]:
        at = article.published.astimezone(getattr(day, "tzinfo", None) or zone)
        yield "date", f"{day:%Y-%m-%d}", f"{at:%Y-%m-%d}"
        if isinstance(day, datetime) and (day.hour or day.minute):
            yield "time", f"{day:%H:%M}", f"{at:%H:%M}"
    if isinstance(expected["tags"], list) and all(isinstance(tag, str) and tag.strip() for tag in expected["tags"]):
        ours = {_letters(name) for name in (*article.tags, *article.section)}
        yield "tags", [], [tag for tag in expected["tags"] if _letters(tag) not in ours]
    if isinstance(expected["author"], str):
        ours_text = _letters("".join(article.byline))
        yield "author", True, _letters(expected["author"]) in ours_text or ours_text


def row(figures: Figures) -> str:
    signs = ", ".join(f"{name} {count}" for name, count in sorted(figures.foreign.items())) or "-"
    return (
        f"{figures.name:<22}{figures.files:>6}{figures.articles:>9}{sum(figures.foreign.values()):>8}"
        f"{figures.fields:>8}{len(figures.wrong_fields):>6}{figures.warnings:>9}"
        f"{figures.dead_links:>7}{figures.lost_pictures:>9}{figures.seconds:>8.1f}{times([figures]):>6.1f}  {signs}"
    )


def times(every: list[Figures]) -> float:
    """How many times the processor time of the plain program Reader takes; 0 without Markdown files."""
    ours, plain = (sum(figures.cpu_seconds[at] for figures in every) for at in (0, 1))
    return ours / plain if plain else 0.0


def lines_of(figures: Figures) -> Iterator[str]:
    yield from (f"{count:>4}  {cause}" for cause, count in sorted(figures.refused.items()))
    yield from figures.wrong_fields


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "articles"])
    parser.add_argument("--quick", action="store_true", help=f"only the first {QUICK_FILES} files of each folder")
    parser.add_argument("--wrong", action="store_true", help="list why files are no articles, and fields that differ")
    options = parser.parse_args()
    print(
        f"{'folder':<22}{'files':>6}{'articles':>9}{'foreign':>8}{'fields':>8}{'wrong':>6}{'warnings':>9}{'links':>7}"
        f"{'pictures':>9}{'seconds':>8}{'times':>6}  signs"
    )
    every = []
    for folder in options.folders:
        instance = Path(tempfile.mkdtemp(prefix="reader-archives-"))
        try:
            every.append(measure(folder.resolve(), instance, QUICK_FILES if options.quick else None))
        finally:
            shutil.rmtree(instance)
        print(row(every[-1]), flush=True)
        for line in lines_of(every[-1]) if options.wrong else ():
            print(f"    {line}")
    files, articles = sum(figures.files for figures in every), sum(figures.articles for figures in every)
    signs = sum(sum(figures.foreign.values()) for figures in every)
    missed = [figures.name for figures in every if not figures.holds]
    fields, wrong = sum(figures.fields for figures in every), sum(len(figures.wrong_fields) for figures in every)
    if times(every) > AIM_TIMES:
        missed.append("processor time")
    print(
        f"{articles} of {files} files are articles, {wrong} of {fields} fields wrong, {signs} foreign signs, "
        f"{times(every):.1f} times a plain program (aim {AIM_TIMES:g}); missed by: {', '.join(missed) or 'none'}"
    )
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
