"""The accuracy and speed of article extraction, compared with other libraries.

    python benchmarks/importing.py [CORPORA] [--quick]

Without CORPORA, only the few pages of the tests are measured. CORPORA is a folder of folders of pages. A page
``name.html`` has its body in ``name.txt``, optionally its date in ``name.date`` and its authors in ``name.author``; or
the folder has a ``ground-truth.json`` with ``articleBody`` by name, and the pages as ``name.html.gz``.

F1 is computed on multisets of four-token shingles (a token is one character of a script without spaces, or one run of
letters and digits of any other), averaged over pages. Other libraries get the page decoded as in a browser, in the
same run. Fields are scored where the true value is known: precision is the fraction of extracted values that are
correct, recall the fraction of true values that were extracted. Exits 1 if a target is missed: Chinese 0.975, English
0.955, and no peer better.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reader.formats.dates import date_in_text  # noqa: E402
from reader.formats.decoding import decode_page  # noqa: E402
from reader.importing.extraction.extract import extract, visible_text  # noqa: E402
from reader.importing.extraction.metadata import Metadata  # noqa: E402

_UNSPACED = r"\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e01-\u0eff\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")
AIMS = {"Chinese": 0.975, "English": 0.955}
QUICK_PAGES = 12
FIELDS = ("title", "date", "source", "editor", "author")
READ_BY_HAND: dict[str, dict[str, str]] = json.loads((ROOT / "benchmarks" / "importing_fields.json").read_text("utf-8"))
"""Manually read fields of some pages, by the hash of the page."""


@dataclass(frozen=True)
class Page:
    corpus: str
    name: str
    raw: bytes
    body: str
    address: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        han = sum(len(token) == 1 and token > "\u3400" for token in TOKEN.findall(self.body))
        latin = len(re.findall(r"[A-Za-z\u00c0-\u024f0-9]+", self.body))
        whole = len(TOKEN.findall(self.body))
        return "Chinese" if 2 * han > whole else "English" if 2 * latin > whole else "other scripts"


@dataclass
class Answer:
    """``fields`` of the page; those that an extractor does not support are missing."""

    text: str
    fields: dict[str, str] = field(default_factory=dict)


def pages(corpora: Path) -> Iterator[Page]:
    for folder in sorted(path for path in corpora.iterdir() if path.is_dir()):
        truth = folder / "ground-truth.json"
        if truth.exists():
            for name, said in json.loads(truth.read_text("utf-8")).items():
                raw = gzip.decompress((folder / f"{name}.html.gz").read_bytes())
                yield Page(folder.name, name, raw, said["articleBody"], said.get("url", ""))
        for file in sorted(folder.glob("*.html")):
            body = file.with_suffix(".txt").read_text("utf-8", errors="replace")
            yield Page(folder.name, file.stem, file.read_bytes(), body, fields=_fields(file))


def own_pages() -> Iterator[Page]:
    """The pages of the tests: too few and too easy to prove much, but always available."""
    print("No corpora given: measuring the tests' own pages only.")
    for file in sorted((ROOT / "tests" / "samples" / "pages").glob("*/page.html")):
        expected = (file.parent / "expected.html").read_text("utf-8")
        yield Page("tests", file.parent.name, file.read_bytes(), visible_text(expected))


def _fields(file: Path) -> dict[str, str]:
    """The known fields of the page: empty if the page has none, missing if unknown."""
    said = {kind: file.with_suffix(f".{kind}") for kind in ("date", "author")}
    read = {kind: path.read_text("utf-8", errors="replace").strip() for kind, path in said.items() if path.exists()}
    known = {kind: text for kind, text in read.items() if text and not re.fullmatch(r"UNKN?O?W?N?O?WN", text)}
    known |= READ_BY_HAND.get(hashlib.sha256(file.read_bytes()).hexdigest()[:16], {})
    return known | ({"date": _day(date_in_text(known["date"]))} if "date" in known else {})


def shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = TOKEN.findall(text)
    if len(tokens) < 4:
        return Counter([tuple(tokens)] if tokens else [])
    return Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))


def f1(got: str, wanted: str) -> float:
    a, b = shingles(got), shingles(wanted)
    size = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / size if size else 1.0


def ours(html: str, address: str) -> Answer:
    found = extract(html, address)
    known: Metadata = found.metadata
    said = {"title": known.title, "source": known.source, "editor": known.editor, "author": " ".join(known.byline)}
    return Answer(found.text, said | {"date": _day(known.published)})


def readability(html: str, _: str) -> Answer:
    from readability import Document

    document = Document(html)
    return Answer(visible_text(document.summary()), {"title": document.short_title()})


def trafilatura(html: str, address: str) -> Answer:
    from trafilatura import bare_extraction

    found = bare_extraction(html, url=address or None, include_comments=False, with_metadata=True)
    if found is None:
        return Answer("")
    said = {"title": found.title or "", "date": found.date or "", "author": (found.author or "").replace(";", " ")}
    return Answer(found.text or "", said)


def newspaper(html: str, address: str) -> Answer:
    from newspaper import Article

    chinese = len(re.findall(r"[\u4e00-\u9fff]", html)) > 200
    article = Article(address or "https://example.org/", language="zh" if chinese else "en", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    said = {"title": article.title, "date": _day(article.publish_date), "author": " ".join(article.authors)}
    return Answer(article.text, said)


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


EXTRACTORS: dict[str, Callable[[str, str], Answer]] = {
    "ours": ours, "readability-lxml": readability, "trafilatura": trafilatura, "newspaper4k": newspaper,
}  # fmt: skip


@dataclass
class Result:
    scores: dict[str, list[float]] = field(default_factory=dict)
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    pages: int = 0


def run(extractor: Callable[[str, str], Answer], corpus: list[Page]) -> Result:
    result = Result()
    for page in corpus:
        html = decode_page(page.raw)
        started = time.perf_counter()
        try:
            answer = extractor(html, page.address)
        except Exception:  # noqa: BLE001 (a peer that breaks on a page has found nothing there)
            answer = Answer("")
        result.seconds += time.perf_counter() - started
        result.pages += 1
        for group in (page.corpus, page.language):
            result.scores.setdefault(group, []).append(f1(answer.text, page.body))
        _count_fields(result.fields, page, answer)
    return result


def _count_fields(count: Counter[tuple[str, str]], page: Page, answer: Answer) -> None:
    """Counts (field, given | true | right): extracted values, true values, correct values."""
    for kind, wanted_text in page.fields.items():
        wanted, given = _values(kind, wanted_text), _values(kind, answer.fields.get(kind, ""))
        count[kind, "true"] += len(wanted)
        count[kind, "given"] += len(given)
        count[kind, "right"] += len(wanted & given)


def _values(kind: str, text: str) -> set[str]:
    """Names are several values; other fields are compared by their words, not by white space."""
    if kind in ("author", "editor"):
        return {name for name in re.split(r"[\s、，,&]+", text) if name}
    return {"".join(TOKEN.findall(text))} if text else set()


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def report(results: dict[str, Result], groups: list[str]) -> list[str]:
    """Prints the table. Returns the missed targets."""
    print(f"{'':20}" + "".join(f"{name:>18}" for name in results) + f"{'aim':>8}")
    missed = []
    for group in groups:
        values = {name: mean(result.scores.get(group, [])) for name, result in results.items()}
        best_peer = max(value for name, value in values.items() if name != "ours")
        aim = max(AIMS.get(group, 0.0), best_peer)
        print(f"F1 {group:17}" + "".join(f"{value:18.3f}" for value in values.values()) + f"{aim:8.3f}")
        if values["ours"] < aim:
            missed.append(f"{group} {values['ours']:.3f} < {aim:.3f}")
    for kind in FIELDS:
        cells = [_precision_recall(result.fields, kind) for result in results.values()]
        print(f"{kind + ' P / R':20}" + "".join(f"{cell:>18}" for cell in cells))
    print(f"{'pages per second':20}" + "".join(f"{result.pages / result.seconds:18.1f}" for result in results.values()))
    return missed


def _precision_recall(count: Counter[tuple[str, str]], kind: str) -> str:
    if not count[kind, "true"] or not count[kind, "given"]:
        return "-"
    precision = count[kind, "right"] / count[kind, "given"]
    return f"{precision:.2f} / {count[kind, 'right'] / count[kind, 'true']:.2f}"


def _spread(corpus: list[Page]) -> list[Page]:
    """At most QUICK_PAGES, spread over the corpus: adjacent pages are often from one site."""
    return corpus[:: -(-len(corpus) // QUICK_PAGES)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path, nargs="?")
    parser.add_argument("--quick", action="store_true", help=f"only some {QUICK_PAGES} pages of each corpus")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    every = list(pages(options.corpora) if options.corpora else own_pages())
    names = sorted({page.corpus for page in every})
    languages = sorted({page.language for page in every})
    if options.quick:
        every = [page for name in names for page in _spread([p for p in every if p.corpus == name])]
    results = {name: run(extractor, every) for name, extractor in EXTRACTORS.items()}
    missed = report(results, [*names, *languages])
    figures = ", ".join(f"{group} {mean(results['ours'].scores.get(group, [])):.3f}" for group in [*names, *languages])
    print(f"importing: {figures}" + (f"; missed: {'; '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
