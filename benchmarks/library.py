"""The cost of large libraries: 1,000, 10,000 and 100,000 generated articles of about 3 KB, the same on every machine.

    python benchmarks/library.py [--quick] [--plot docs/library.svg]

Measured for each size: reading all files (against a plain program with the same libraries), a start without changes,
the delay of one changed file on a real server (granian, inotify), the memory of that server, the SQL of the pages, and
forty searches. ``--quick`` stops at 5,000.
Exits 1 if a target is missed; targets that depend on the size are for 100,000 and are scaled down.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reader.catalog import Catalog  # noqa: E402
from reader.catalog.query_parser import parse  # noqa: E402
from reader.library.scanner import Library  # noqa: E402
from reader.models import Collection  # noqa: E402
from reader.services import build_services  # noqa: E402
from reader.settings import Settings  # noqa: E402

_HAN = "".join(bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
"""The 3,755 most frequent characters (GB 2312, level 1)."""

REAL_WORDS = [
    "改革", "经济", "河北", "新闻", "记者", "发展", "企业", "政协", "委员", "邯郸", "石家庄", "雄安新区", "京津冀",
    "亚洲女选手", "香港特别行政区", "台风", "暴雨", "高铁", "5G", "WTO", "COVID-19", "奥运会", "人工智能", "乡村振兴",
    "新能源汽车", "一带一路", "长江", "黄河", "张家口", "承德", "脱贫", "教育", "医疗", "养老", "数字化转型", "碳中和",
    "Python", "直播带货", "非物质文化遗产", "太行山", "白洋淀",
]  # fmt: skip
SMALL_WORDS = list("的一是在和了有不为将这也中上与对从还等以")
SECTIONS = ["河北新闻/本网原创", "河北新闻/时政", "国内", "国际", "财经/证券", "财经/民生", "体育", "文化/读书", "科技"]
SOURCES = ["河北新闻网", "新华社", "人民网", "河北日报", "燕赵都市报", "中新网", "央视新闻"]
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗"
_START = datetime(2010, 1, 1, 6, tzinfo=UTC)


def vocabulary(size: int = 30_000) -> list[str]:
    """Words of two to four characters, the most frequent first, including real ones."""
    draw = random.Random(1)
    made = ["".join(draw.choices(_HAN, k=draw.choice((2, 2, 2, 3, 4)))) for _ in range(size)]
    for place, word in enumerate(REAL_WORDS):
        made.insert(20 + place * 40, word)
    return made


def weights(size: int, flat: int) -> list[float]:
    """Cumulative weights by Zipf's law; the first *flat* words are about equally frequent."""
    return list(accumulate(1 / (rank + flat) for rank in range(size)))


def clauses(words: list[str], size: int = 60_000) -> list[str]:
    """Clauses of about a dozen characters. News text repeats its phrases."""
    draw, often = random.Random(2), weights(len(words), 30)
    return ["".join([*draw.choices(words, cum_weights=often, k=4), draw.choice(SMALL_WORDS)]) for _ in range(size)]


def write_articles(folder: Path, count: int) -> None:
    """*count* Markdown files with front matter, one folder per month, about ten years of a newspaper."""
    words = vocabulary()
    turns = clauses(words)
    often = weights(len(turns), 50)
    gap = timedelta(minutes=int(10 * 365 * 24 * 60 / max(count, 1)) or 1)
    for number in range(count):
        published = _START + number * gap
        path = folder / f"{published:%Y-%m}" / f"{published:%d}-{number:06d}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article_text(number, published, words, turns, often), encoding="utf-8")


def article_text(number: int, published: datetime, words: list[str], turns: list[str], often: list[float]) -> str:
    """About a thousand characters: a title of four words that recur in the text, and some eighty clauses."""
    draw = random.Random(number)
    subject = draw.choices(words[:5_000], k=4)
    said = draw.choices(turns, cum_weights=often, k=84)
    for at in range(0, len(said), 6):
        said[at] = draw.choice(subject) + said[at]
    paragraphs = ["，".join(said[at : at + 12]) + "。" for at in range(0, len(said), 12)]
    name = draw.choice(_SURNAMES) + "".join(draw.choices(_HAN[:300], k=2))
    return (
        f"---\ntitle: {''.join(subject)}\npublished: {published:%Y-%m-%d %H:%M:%S}\nsection: {draw.choice(SECTIONS)}\n"
        f"source: {draw.choice(SOURCES)}\nbyline: {name}\ntags: [{subject[0]}, {subject[1]}]\n---\n"
        + "\n\n".join(paragraphs)
        + "\n"
    )


# --- measuring -------------------------------------------------------------------------------------------------------

QUERIES = (
    "改革", "经济", "邯郸", "石家庄", "雄安新区", "京津冀", "亚洲女选手", "香港特别行政区", "5G", "WTO",
    "COVID-19", "python", "雨", "的", "龘", "改革 经济", "河北 企业 发展", "张家口 承德", "新能源汽车 乡村振兴",
    '"一带一路"', '"人工智能" 教育', "section:国内 改革", "section:本网原创", "tag:改革", "source:新华社 经济",
    "栏目:体育 奥运会", "来源:人民网 台风", "改革 before:2012", "after:2018 河北",
    "after:2012-05-01 before:2012-05-03", "section:科技 5G after:2015", "没有的词语", "改革 没有的词语",
    "author:没有", "tag:没有 改革", "非物质文化遗产", "数字化转型 碳中和", "白洋淀", "长江 黄河", "co",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """The measurements of one library size. ``*_ms`` are medians unless noted otherwise."""

    articles: int
    cold_s: float
    cold_cpu_s: float
    """Of all processes together: independent of other load on the machine."""
    plain_cpu_s: float
    """Of the peer, ``read_plainly``, which does the least with the same files; extrapolated from 1,000 of them."""
    cold_of_plain: float
    warm_s: float
    seen_s: float
    web_mb: float
    home_ms: float
    section_ms: float
    article_ms: float
    related_ms: float
    issue_ms: float
    search_ms: float
    search_worst_ms: float
    best_first_ms: float
    catalog_mb: float


AIMS = {
    "cold_of_plain": 3.0, "warm_s": 1.5, "seen_s": 1.0, "web_mb": 90.0, "home_ms": 1.0, "section_ms": 1.0,
    "article_ms": 1.0, "issue_ms": 1.0, "search_ms": 3.0, "search_worst_ms": 50.0,
}  # fmt: skip
GROWS = ("warm_s",)
"""Its target is for 100,000 articles and is scaled down for fewer, plus half a second of start-up."""

PLAIN_SAMPLE = 1_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="1,000 and 5,000 articles: 45 s")
    options.add_argument("--plot", type=Path, help="write the figures as a small SVG")
    chosen = options.parse_args()
    found = []
    print(" ".join(f"{f.name:>15}" for f in fields(Figures)))
    for count in (1_000, 5_000) if chosen.quick else (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(Path(folder), count)
        print(" ".join(f"{getattr(figures, f.name):15,.2f}" for f in fields(Figures)), flush=True)
        found.append(figures)
    if chosen.plot:
        chosen.plot.write_text(plot(found), encoding="utf-8")
    missed = [text for figures in found for text in missed_aims(figures)] + disproportion(found)
    print(*missed, sep="\n")
    last = found[-1]
    print(f"library of {last.articles:,}: " + ", ".join(f"{name} {getattr(last, name):.2f}" for name in AIMS))
    raise SystemExit(bool(missed))


def missed_aims(figures: Figures) -> list[str]:
    return [
        f"MISSED with {figures.articles:,} articles: {name} {getattr(figures, name):.2f}, aim {aim:.2f}"
        for name in AIMS
        if getattr(figures, name) > (aim := aim_for(name, figures.articles))
    ]


def aim_for(name: str, articles: int) -> float:
    return AIMS[name] * articles / 100_000 + 0.5 if name in GROWS and articles < 100_000 else AIMS[name]


def disproportion(found: list[Figures]) -> list[str]:
    """The costs that grew faster than the number of articles."""
    first, last = found[0], found[-1]
    growth = last.articles / first.articles
    return [
        f"MISSED: {name} grew {getattr(last, name) / getattr(first, name):.0f} times, the articles {growth:.0f} times"
        for name in ("cold_cpu_s", "warm_s")
        if getattr(last, name) > 1.25 * growth * getattr(first, name)
    ]


def measure(folder: Path, count: int) -> Figures:
    settings = Settings(articles=folder / "articles", instance=folder / "instance")
    write_articles(settings.articles, count)
    settle(settings.articles)
    services = build_services(settings)
    before = cpu_seconds()
    cold = timed(services.library.scan_all)
    cold_cpu = cpu_seconds() - before
    plain_cpu = read_plainly(settings.articles, folder / "plain.sqlite3") * count
    warm = timed(lambda: Library(settings).scan_all())
    catalog = Catalog(settings.catalog, settings.timezone)
    slugs = [teaser.slug for teaser in catalog.latest(limit=200)]
    day = catalog.latest_day()
    searches = [median_ms(partial(catalog.search, parse(text)), 5) for text in QUERIES]
    best = [median_ms(partial(catalog.search, parse(text), "best"), 3) for text in QUERIES]
    section = Collection("section", "国内")
    lists = {
        "home_ms": median_ms(lambda: catalog.latest(limit=20)),
        "section_ms": median_ms(lambda: (catalog.count(section), catalog.latest(section, limit=25))),
        "article_ms": statistics.median(median_ms(partial(catalog.article, slug), 1) for slug in slugs),
        "related_ms": statistics.median(median_ms(partial(catalog.related, slug), 1) for slug in slugs),
        "issue_ms": median_ms(lambda: catalog.issue(day)),
    }
    seen, web_mb = of_a_server(settings, slugs)
    return Figures(
        articles=count, cold_s=cold, cold_cpu_s=cold_cpu, plain_cpu_s=plain_cpu, cold_of_plain=cold_cpu / plain_cpu,
        warm_s=warm, seen_s=seen, web_mb=web_mb, **lists,
        search_ms=statistics.median(searches), search_worst_ms=max(searches), best_first_ms=statistics.median(best),
        catalog_mb=settings.catalog.stat().st_size / 1e6,
    )  # fmt: skip


def of_a_server(settings: Settings, slugs: list[str]) -> tuple[float, float]:
    """Seconds until a visitor sees a changed file (median of five), and the memory of the larger web process in MB."""
    with serving(settings) as (url, process):
        for slug in slugs:
            get(f"{url}/a/{quote(slug)}")
        for text in QUERIES:
            get(f"{url}/search?q={quote(text)}")
        time.sleep(1.0)
        seen = statistics.median(seconds_until_seen(url, settings.articles, number) for number in range(5))
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        web = [pid for pid in workers if "granian" in Path(f"/proc/{pid}/cmdline").read_text() or len(workers) <= 2]
        return seen, max(resident_mb(pid) for pid in web or workers)


def seconds_until_seen(url: str, articles: Path, number: int) -> float:
    path = articles / f"seen-{number}.md"
    path.write_text(f"---\ntitle: 刚刚发布 {number}\npublished: 2026-01-01\n---\n正文。\n", encoding="utf-8")
    start = time.perf_counter()
    while time.perf_counter() - start < 30:
        if get(f"{url}/a/seen-{number}") == 200:
            break
        time.sleep(0.01)
    return time.perf_counter() - start


def resident_mb(pid: str) -> float:
    """Memory-mapped pages of the catalog belong to the page cache and are not counted."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return (int(rows["RssAnon"].split()[0]) + int(rows["RssShmem"].split()[0])) / 1024


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    command = [sys.executable, "-m", "reader", "serve", "--workers", "2", "--port", str(port)]
    with (settings.instance / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | places, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        while get(f"{url}/healthz") != 200:
            if process.poll() is not None:
                raise SystemExit((settings.instance / "server.log").read_text())
            time.sleep(0.05)
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def get(url: str) -> int:
    """The status; 0 without a response."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def settle(articles: Path) -> None:
    """Sets old modification times, because recent files are read a second time."""
    when = time.time() - 60
    for path in articles.rglob("*.md"):
        os.utime(path, (when, when))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_seconds() -> float:
    """Of this process and its children: the terminated ones, and those that wait for more files (proc(5))."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    lists = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pids in lists for pid in pids]
    waiting = sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")
    return sum(one.ru_utime + one.ru_stime for one in used) + waiting


def read_plainly(articles: Path, database: Path) -> float:
    """Processor seconds for each article of a program that does the least: YAML, Markdown, sanitizing, and two tables.

    It has no limits, no other formats, no checks of fields, no links, pictures, versions or history. Its search
    finds pairs of characters, as ours does.
    """
    import comrak
    import nh3
    import yaml

    paths = sorted(articles.rglob("*.md"))[:PLAIN_SAMPLE]
    began = time.process_time()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE articles (path PRIMARY KEY, fields, body)")
        connection.execute("CREATE VIRTUAL TABLE search USING fts5 (words, content = '')")
        for number, path in enumerate(paths):
            _, head, text = path.read_text("utf-8").split("---\n", 2)
            fields = yaml.load(head, yaml.CSafeLoader)
            body = nh3.clean(comrak.render_markdown(text))
            plain = re.sub("<[^>]+>", "", f"{fields['title']} {body}")
            pairs = " ".join(one + other for one, other in pairwise(plain))
            connection.execute("INSERT INTO articles VALUES (?, ?, ?)", (str(path), str(fields), body))
            connection.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", (number, pairs))
        connection.commit()
    return (time.process_time() - began) / len(paths)


def median_ms(work: Callable[[], object], times: int = 50) -> float:
    return 1000 * statistics.median(timed(work) for _ in range(times))


# --- the plot --------------------------------------------------------------------------------------------------------


def plot(found: list[Figures]) -> str:
    """Four small charts of each measurement by the number of articles; the dashed line is the target."""
    charts = [
        ("reading, of the plain program", "cold_of_plain"), ("starting, s", "warm_s"), ("a web process, MB", "web_mb"),
        ("searching, ms", "search_ms"),
    ]  # fmt: skip
    drawn = "".join(chart(found, label, name, 20 + 170 * at) for at, (label, name) in enumerate(charts))
    style = "text{font:11px sans-serif;fill:#555}path{fill:none;stroke:#8f1d16;stroke-width:2}line{stroke:#ccc}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 690 150"><style>{style}</style>{drawn}</svg>\n'


def chart(found: list[Figures], label: str, name: str, left: int) -> str:
    top = max(*(getattr(one, name) for one in found), AIMS[name])
    most = max(one.articles for one in found)
    points = [(left + 140 * one.articles / most, 125 - 95 * getattr(one, name) / top) for one in found]
    aim = 125 - 95 * AIMS[name] / top
    line = " L".join(f"{x:.0f},{y:.0f}" for x, y in points)
    last = getattr(found[-1], name)
    return (
        f'<text x="{left}" y="14">{label}: {last:.3g} (aim {AIMS[name]:g})</text><path d="M{line}"/>'
        f'<line x1="{left}" y1="125" x2="{left + 140}" y2="125"/>'
        f'<line x1="{left}" y1="{aim:.0f}" x2="{left + 140}" y2="{aim:.0f}" stroke-dasharray="4"/>'
        f'<text x="{left + 140}" y="142" text-anchor="end">{most:,} articles</text>'
    )


if __name__ == "__main__":
    main()
