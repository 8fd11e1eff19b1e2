"""Speed, size and memory of exports, compared with the same article in other engines, and their effect on pages.

    python benchmarks/exports.py [--quick]

The seed article, an issue of 30 articles and, without ``--quick``, a novel of 300,000 characters. Each engine runs in
its own process, all in one run. *Cold* is the whole life of a process that generates one file; *warm* is the median of
further files in the same process (CPU seconds, which depend least on other programs). Stock
WeasyPrint and Chromium get our HTML, Debian's Noto CJK and a few lines of CSS. Chromium and pandoc have cold starts
only. Needs chromium, pandoc, fonts-noto-cjk and typst.
Exits 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("READER_EXPORTS_AHEAD", "1")  # the default, which tests turn off

from markupsafe import Markup  # noqa: E402

from reader.article_building import to_article  # noqa: E402
from reader.child_process.parent import ChildProcess  # noqa: E402
from reader.exports import EXPORTS  # noqa: E402
from reader.exports.body_tree import Body  # noqa: E402
from reader.exports.options import Options  # noqa: E402
from reader.exports.publications import of_article, of_issue  # noqa: E402
from reader.exports.template_document import to_document  # noqa: E402
from reader.formats import read_draft  # noqa: E402
from reader.jobs import export_worker  # noqa: E402
from reader.jobs.job_message import ExportJob, serialize  # noqa: E402
from reader.jobs.queue import JobQueue  # noqa: E402
from reader.models import Article, Issue, Publication  # noqa: E402
from reader.settings import Settings  # noqa: E402
from reader.storage.file_cache import FileCache  # noqa: E402
from reader.templating import Renderer  # noqa: E402

SEED = next((ROOT / "articles").rglob("quzhou-zhengxie.txt"))
MEGABYTE = 1_000_000
TEXTS = 20
"""More than a process generates in a run."""
SECTIONS = ("河北新闻", "要闻", "经济", "社会", "文化")


@dataclass(frozen=True)
class Figure:
    """``cold`` in wall seconds, ``warm`` in CPU seconds (0: unknown), ``size`` and peak RSS (``memory``) in bytes."""

    cold: float
    warm: float
    size: int
    memory: int


@dataclass(frozen=True)
class Aim:
    name: str
    value: float
    most: float
    unit: str = ""

    @property
    def reached(self) -> bool:
        return self.value <= self.most

    def __str__(self) -> str:
        mark = "ok    " if self.reached else "MISSED"
        return f"  {mark} {self.name}: {self.value:.3g}{self.unit} (aim: at most {self.most:g}{self.unit})"


# -- what is exported ---------------------------------------------------------------------------------------------


def seed() -> Article:
    return to_article(read_draft(SEED.suffix, SEED.read_bytes()), PurePosixPath("2018-11-23", SEED.name), Settings())


def issue_of_thirty() -> Publication:
    """Thirty articles of the length of the seed: its sentences shuffled, some of the Han characters replaced.

    They contain some 2,100 different characters, as many as thirty real news stories of that length.
    """
    first, dice = seed(), random.Random(30)
    paragraphs = re.findall(r"<p>(.*?)</p>", first.body)
    hanzi = sorted({char for char in first.body if "\u4e00" <= char <= "\u9fff"})
    articles = [first]
    for number in range(1, 30):
        dice.shuffle(paragraphs)
        body = "".join(f"<p>{varied(text, hanzi, dice)}</p>" for text in paragraphs)
        when = first.published + timedelta(minutes=number)
        section = (SECTIONS[number % len(SECTIONS)],)
        title = f"{first.title}之{number}"
        another = replace(first, slug=f"a{number}", title=title, section=section, published=when, version="")
        articles.append(replace(another, body=Markup(body)))
    return of_issue(Issue(date(2018, 11, 23), ()), articles)


def varied(text: str, hanzi: list[str], dice: random.Random) -> str:
    """Replaces one Han character in 25 with another of GB 2312 level 1, so that fonts need more glyphs."""

    def other(found: re.Match[str]) -> str:
        if dice.random() > 0.04:
            return found[0]
        row, cell = dice.randrange(0xB0, 0xD7), dice.randrange(0xA1, 0xFE)
        return bytes([row, cell]).decode("gb2312", "ignore") or dice.choice(hanzi)

    return re.sub("[\u4e00-\u9fff]", other, text)


def novel(characters: int = 300_000) -> Publication:
    """One article of *characters* Han characters: paragraphs of the seed with other characters, and headings."""
    first, dice, written = seed(), random.Random(300), 0
    parts: list[str] = []
    paragraphs = re.findall(r"<p>(.*?)</p>", first.body)
    hanzi = sorted({char for char in first.body if "\u4e00" <= char <= "\u9fff"})
    while written < characters:
        text = varied(dice.choice(paragraphs), hanzi, dice)
        written += len(text)
        parts.append(f"<h2>第{len(parts) // 8 + 1}章</h2>" if len(parts) % 8 == 0 else f"<p>{text}</p>")
    return of_article(replace(first, body=Markup("".join(parts)), version=""))


def subject(name: str) -> Publication:
    return {"issue": issue_of_thirty, "novel": novel}.get(name, lambda: of_article(seed()))()


PLAIN = """@page { size: A4; margin: 25mm; @bottom-center { content: counter(page) } }
body { font: 11pt/1.75 "Noto Serif CJK SC"; text-align: justify }
h1, h2, .meta { font-family: "Noto Sans CJK SC" }
p { text-indent: 2em; margin: 0 }"""
OPTIONS = Options(base_url="https://news.example", site_name="燕赵日报")


# -- engines, each in a child process -----------------------------------------------------------------------------


def ours(name: str, suffix: str, page: str) -> Callable[[], bytes]:
    render, publication = Renderer(ROOT / "templates", ROOT / "static").render, subject(name)
    return lambda: EXPORTS[suffix].export(publication, replace(OPTIONS, page=page), render)


def stock(name: str, *_: str) -> Callable[[], bytes]:
    """WeasyPrint without patches, with Debian's Chinese fonts."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    html, fonts = plain_html(name), FontConfiguration()
    return lambda: HTML(string=html).write_pdf(stylesheets=[CSS(string=PLAIN, font_config=fonts)], font_config=fonts)


def plain_html(name: str) -> str:
    render = Renderer(ROOT / "templates", ROOT / "static").render
    document = to_document(subject(name), replace(OPTIONS, base_url=""), Body.html, "media:")
    lines = dict.fromkeys(("contents_lines", "lead_lines", "story_lines"), lambda title: [title])
    return render("export/document.html", **document.context(), **lines, running_part=str, site_name=OPTIONS.site_name)


def typst(name: str, *_: str) -> Callable[[], bytes]:
    """Typst, with other characters each time: a process remembers the layout of paragraphs that it has seen."""
    import typst as engine

    folder, fonts = Path(tempfile.mkdtemp()), [str(ROOT / "reader" / "exports" / "fonts")]
    source, dice = typst_source(subject(name)), random.Random(16)
    hanzi = sorted({char for char in source if "\u4e00" <= char <= "\u9fff"})
    for number in range(TEXTS):
        (folder / f"{number}.typ").write_text(varied(source, hanzi, dice))
    files = itertools.cycle(sorted(folder.iterdir()))
    return lambda: engine.compile(str(next(files)), font_paths=fonts, ignore_system_fonts=True, pdf_standards="ua-1")


def typst_source(publication: Publication) -> str:
    """The same text as Typst source."""
    title = publication.title.replace('"', '\\"')
    lines = [
        f'#set document(title: "{title}")\n#set page(paper: "a4", margin: 27mm, numbering: "1")',
        '#set text(font: ("Reader Serif",), size: 11pt, lang: "zh", region: "cn")',
        "#set par(justify: true, first-line-indent: (amount: 2em, all: true), leading: .85em)",
        '#show heading: set text(font: "Reader Sans", weight: "regular")',
    ]
    for article in publication.chapters:
        lines.append(f"= {escaped(article.title)}")
        for tag, text in re.findall(r"<(p|h2)[^>]*>(.*?)</\1>", article.body):
            lines.append(f"== {escaped(text)}" if tag == "h2" else escaped(text))
    return "\n\n".join(lines)


def escaped(text: str) -> str:
    return re.sub(r"([\\#*_`$<>@~\[\]=+/-])", r"\\\1", re.sub(r"<[^>]+>", "", text))


ENGINES: dict[str, Callable[[str, str, str], Callable[[], bytes]]] = {"ours": ours, "stock": stock, "typst": typst}


def child(engine: str, name: str, suffix: str, page: str, repeats: int) -> None:
    """Generates the file once, then *repeats* times more; prints the time and memory."""
    make = ENGINES[engine](name, suffix, page)
    if engine == "ours":
        export_worker.warm_up()  # as in a worker at its start
    content = make()
    resting = resident()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        make()
        seconds.append(time.process_time() - start)
        gc.collect()  # as in a worker between jobs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    warm = statistics.median(seconds) if seconds else 0.0
    print(json.dumps({"warm": warm, "size": len(content), "memory": peak, "resting": resting}))


def paired(rounds: int) -> float:
    """How many times the CPU time of one article an issue takes: the median of rounds in one process.

    Files of separate processes were measured minutes apart, and what else ran on the machine was in the ratio.
    """
    done = subprocess.run([sys.executable, __file__, "--pairs", str(rounds)], check=True, capture_output=True)
    return float(done.stdout)


def pairs(rounds: int) -> None:
    one, issue = (ours(name, "pdf", "a4") for name in ("seed", "issue"))
    export_worker.warm_up()  # as in a worker, garbage is collected only between jobs
    one(), issue()
    print(
        statistics.median(
            cpu_seconds(issue) / statistics.median(cpu_seconds(one) for _ in range(5)) for _ in range(rounds)
        )
    )


def cpu_seconds(make: Callable[[], bytes]) -> float:
    gc.collect()
    start = time.process_time()
    make()
    return time.process_time() - start


def worker_peak(jobs: int) -> int:
    """Peak resident bytes of a worker, the process that serves exports, while it generates *jobs* times the A4 PDF."""
    render = Renderer(ROOT / "templates", ROOT / "static")
    with tempfile.TemporaryDirectory() as folder:
        command = export_worker.command(FileCache(Path(folder), 10**9))
        with ChildProcess(command, export_worker.limits(1024)) as worker:
            for number in range(jobs):
                options = replace(OPTIONS, page="a4")
                job = ExportJob(f"{number}.pdf", "pdf", render.build_id, subject("seed"), options)
                worker.request(serialize(job), timeout_seconds=60)
            status = Path(f"/proc/{worker.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) * 1024


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def measured(engine: str, name: str, suffix: str = "pdf", page: str = "a4", repeats: int = 9) -> Figure:
    environment = {key: value for key, value in os.environ.items() if key != "FONTCONFIG_FILE"}
    command = [sys.executable, __file__, "--child", engine, name, suffix, page]
    start = time.perf_counter()
    subprocess.run([*command, "0"], check=True, capture_output=True, env=environment)
    cold = time.perf_counter() - start
    done = subprocess.run([*command, str(repeats)], check=True, capture_output=True, env=environment)
    facts = json.loads(done.stdout.splitlines()[-1])
    return Figure(cold, facts["warm"], facts["size"], facts["memory"])


def commanded(command: list[str], output: Path) -> Figure:
    """A command-line engine: one cold run, with the memory of its largest process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    seconds = time.perf_counter() - start
    return Figure(seconds, 0.0, output.stat().st_size, usage.ru_maxrss * 1024)


def chromium(name: str) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        page, output = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(plain_html(name).replace("</head>", f"<style>{PLAIN}</style></head>"))
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/u"]
        return commanded(["chromium", *flags, f"--print-to-pdf={output}", page.as_uri()], output)


def pandoc(name: str) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        page, output = Path(folder, "page.html"), Path(folder, "book.epub")
        page.write_text(plain_html(name))
        return commanded(["pandoc", "-f", "html", "-o", str(output), str(page)], output)


# -- pages while exports are made ---------------------------------------------------------------------------------


def pages_beside_exports(seconds: float) -> tuple[float, float, int]:
    """(p99 without exports, p99 while exports run, number of exports generated)."""
    from serving import serving

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(articles=Path(folder, "articles"), instance=Path(folder, "instance"))
        write_articles(settings.articles, 300)
        with serving(settings) as url:
            jobs = JobQueue(settings.instance / "jobs.sqlite3", settings.export_queue)
            pages = [f"{url}/", f"{url}/a/n299", f"{url}/a/n298"]
            steady_load(pages, 1.0)
            while not jobs.idle():
                time.sleep(0.2)
            quiet = steady_load(pages, seconds)
            before = len(list((settings.instance / "exports").glob("*/*")))
            stop = threading.Event()
            customers = threading.Thread(target=order_all, args=(url, stop))
            customers.start()
            busy = steady_load(pages, seconds)
            stop.set()
            customers.join()
            made = len(list((settings.instance / "exports").glob("*/*"))) - before
    return quiet, busy, made


def write_articles(folder: Path, count: int) -> None:
    text = SEED.read_text("utf-8")
    folder.mkdir()
    for number in range(count):
        when = f"2018-11-23 {number // 60:02}:{number % 60:02}:00"
        (folder / f"n{number}.txt").write_text(text.replace("2018-11-23 10:40:00", when), "utf-8")


def order_all(url: str, stop: threading.Event) -> None:
    """Keeps the queue filled with new PDF jobs."""
    for number in range(250):
        for page in ("a4", "phone"):
            if stop.wait(0.05):
                return
            try:
                urllib.request.urlopen(f"{url}/a/n{number}.pdf?page={page}", timeout=10).close()
            except urllib.error.HTTPError as answer:
                answer.close()


def steady_load(urls: list[str], seconds: float, rate: float = 100) -> float:
    """p99 in seconds of requests sent every 1/*rate* s, measured from the scheduled time of each."""
    times, start = [], time.perf_counter()
    for number in range(int(seconds * rate)):
        due = start + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        request = urllib.request.Request(urls[number % len(urls)], headers={"Accept-Encoding": "br"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
        times.append(time.perf_counter() - due)
    return statistics.quantiles(times, n=100)[98]


# -- the report ---------------------------------------------------------------------------------------------------


def row(name: str, figure: Figure) -> str:
    warm = f"{figure.warm * 1000:9.1f}" if figure.warm else "        -"
    return f"  {name:34} {figure.cold * 1000:9.0f} {warm} {figure.size:11,} {figure.memory / MEGABYTE:7.0f}"


def main(quick: bool) -> int:
    few, issues = (5, 1) if quick else (15, 3)
    figures = {
        "ours, A4": measured("ours", "seed", repeats=few),
        "ours, phone": measured("ours", "seed", page="phone", repeats=few),
        "stock WeasyPrint, Noto CJK, A4": measured("stock", "seed", repeats=few),
        "Chromium, Noto CJK, A4": chromium("seed"),
        "typst, our fonts, A4": measured("typst", "seed", repeats=few),
        "ours, EPUB": measured("ours", "seed", "epub", "", repeats=20),
        "pandoc, EPUB": pandoc("seed"),
        "ours, issue, A4 in two columns": measured("ours", "issue", repeats=issues),
        "typst, issue, one column": measured("typst", "issue", repeats=issues),
        "Chromium, issue": chromium("issue"),
        "ours, issue, EPUB": measured("ours", "issue", "epub", "", repeats=9),
        "pandoc, issue, EPUB": pandoc("issue"),
    }
    if not quick:
        figures["ours, novel, A4"] = measured("ours", "novel", repeats=1)
        figures["typst, novel"] = measured("typst", "novel", repeats=1)
    worker, ratio = worker_peak(few), paired(3 * issues)
    quiet, busy, made = pages_beside_exports(4 if quick else 15)
    print(f"  {'':34} {'cold ms':>9} {'warm ms':>9} {'bytes':>11} {'MB RSS':>7}")
    for name, figure in figures.items():
        print(row(name, figure))
    print(f"  pages, p99: {quiet * 1000:.1f} ms alone, {busy * 1000:.1f} ms while {made} exports were made")
    reached = aims(figures, worker, ratio, busy / quiet)
    print(*reached, sep="\n")
    summary = ", ".join(f"{aim.name} {aim.value:.3g}{aim.unit}" for aim in reached)
    print(f"exports: {summary}")
    return 0 if all(aim.reached for aim in reached) else 1


def aims(figures: dict[str, Figure], worker: int, ratio: float, slowdown: float) -> list[Aim]:
    one, phone, issue = figures["ours, A4"], figures["ours, phone"], figures["ours, issue, A4 in two columns"]
    epub, book = figures["ours, EPUB"], figures["ours, issue, EPUB"]
    long = [Aim("novel", figures["ours, novel, A4"].warm, 12, " s")] if "ours, novel, A4" in figures else []
    return [
        *long,
        Aim("A4 to stock", one.warm / figures["stock WeasyPrint, Noto CJK, A4"].warm, 0.30),
        Aim("A4", one.size / 1024, 130, " KiB"),  # as tests/test_pdf_cost.py
        Aim("phone to A4", phone.warm / one.warm, 1.8),
        Aim("worker", worker / MEGABYTE, 100, " MB"),
        Aim("issue", issue.size / MEGABYTE, 1.0, " MB"),
        Aim("issue to one article", ratio, 15),
        Aim("issue to typst", issue.warm / figures["typst, issue, one column"].warm, 6),
        Aim("EPUB", epub.size / 1000, 11.9, " KB"),
        Aim("EPUB time", epub.warm * 1000, 5, " ms"),
        Aim("issue EPUB time", book.warm * 1000, 20, " ms"),
        Aim("p99 of pages beside exports", slowdown, 2),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, under 50 seconds")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--pairs", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        engine, name, suffix, page, repeats = chosen.child
        child(engine, name, suffix, page, int(repeats))
        sys.exit(0)
    if chosen.pairs:
        pairs(chosen.pairs)
        sys.exit(0)
    sys.exit(main(chosen.quick))
