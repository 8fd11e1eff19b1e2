"""The traffic of a feed subscriber per day, and the cost of a poll for the server.

    python benchmarks/feeds.py [--quick]

The peer is the app from feedgen's README: Flask, one view, the newest articles through feedgen at every request. It
is defined below and runs on the same server. The library has forty articles of the length of
``articles/2018-11-23/quzhou-zhengxie.txt``, with characters shuffled in groups of three. Bytes are counted on the
socket in both directions, with headers, for a client that polls every hour a site with ten new articles a day. A
"cold" feed is in no cache; its 304 goes through the same layers. Times are medians.

Exits 1 if a target is missed: a poll without news at most 700 bytes, a 304 at most a tenth of the time of the full
response, a cold feed of 25 articles generated in at most 25 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import comrak
from feedgen.feed import FeedGenerator
from flask import Flask, Response, request

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("READER_EXPORTS_AHEAD", "1")  # the default, which tests turn off

from serving import free_port, serving  # noqa: E402

from reader.feeds import FEEDS, WINDOW  # noqa: E402
from reader.feeds.entries import SiteIdentity  # noqa: E402
from reader.feeds.feed_page import look_up, to_feed  # noqa: E402
from reader.feeds.selection import EVERYTHING  # noqa: E402
from reader.services import build_services  # noqa: E402
from reader.settings import Settings  # noqa: E402

POLL_BYTES, PART_OF_FULL, COLD_MS = 700, 0.1, 25.0
HOURS, NEW_ARTICLES = 24, 10
OLD_ARTICLES = 40
BLOCK = 10
"""Number of consecutive requests of one kind before the next kind."""

START = datetime(2026, 5, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
SEED = ROOT / "articles" / "2018-11-23" / "quzhou-zhengxie.txt"
NEWSBOAT = {"User-Agent": "newsboat/2.21.0 (Linux x86_64)", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
UNCACHED = {"Authorization": "Basic eDp5"}


# --- The library -----------------------------------------------------------------------------------------------------


def write_article(folder: Path, number: int) -> None:
    """Writes article *number* atomically. The shuffled text compresses some 15 % worse than real text; repeated
    sentences would compress too well.
    """
    text = re.sub(r"\s", "", SEED.read_text("utf-8"))[:2265]
    pieces = [text[n : n + 3] for n in range(0, len(text), 3)]
    random.Random(number).shuffle(pieces)
    paragraphs = ["".join(pieces[n : n + 40]) for n in range(0, len(pieces), 40)]
    published = START + timedelta(hours=number)
    head = f"---\ntitle: 第{number}号新闻\npublished: {published:%Y-%m-%d %H:%M}\nsection: 河北新闻\n---\n"
    partial = folder / f".{number}.part"
    partial.write_text(head + "\n\n".join(paragraphs) + "\n", "utf-8")
    partial.rename(folder / f"n{number:03}.md")


# --- The peer --------------------------------------------------------------------------------------------------------


def peer() -> Flask:
    """The app from feedgen's README: no dates, no validators, no compression."""
    app, folder = Flask(__name__), Path(os.environ["ARTICLES"])

    @app.get("/feed.xml")
    def feed() -> Response:
        made = FeedGenerator()
        made.title("News")
        made.link(href=request.url_root)
        made.description("The latest articles")
        for path in sorted(folder.glob("*.md"))[-WINDOW:]:
            _, head, text = path.read_text("utf-8").split("---\n", 2)
            said = dict(line.split(": ", 1) for line in head.splitlines())
            entry = made.add_entry()
            entry.id(request.url_root + path.stem)
            entry.link(href=request.url_root + path.stem)
            entry.title(said["title"])
            entry.published(datetime.fromisoformat(said["published"]).replace(tzinfo=START.tzinfo))
            entry.content(comrak.render_markdown(text), type="CDATA")
        return Response(made.rss_str(pretty=True), mimetype="application/rss+xml")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


@contextmanager
def serving_peer(articles: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port), "feeds:peer"]
    environment = os.environ | {"ARTICLES": str(articles)}
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _until(lambda: _answers(url))
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return Visitor(url, {}).get("/healthz").status == 200
    except OSError:
        return False


# --- The visitor -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exchange:
    status: int
    headers: dict[str, str]
    body: bytes
    wire_bytes: int
    """Request and response, as sent over the socket."""


class Visitor:
    """A client that sends exactly *headers* and counts bytes."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._place, self._headers = (parts.hostname or "", parts.port or 80), headers
        self.kept: dict[str, str] = {}

    def get(self, path: str) -> Exchange:
        said = {"Host": f"{self._place[0]}:{self._place[1]}", **self._headers, **self.kept}
        asked = f"GET {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in said.items()) + "\r\n"
        with closing(socket.create_connection(self._place, timeout=30)) as wire:
            wire.sendall(asked.encode())
            head, body = _read(wire)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Exchange(int(first.split()[1]), headers, body, len(asked) + len(head) + 4 + len(body))

    def poll(self, path: str) -> Exchange:
        """A conditional request with the stored validators, like a feed reader."""
        answer = self.get(path)
        if answer.status in (200, 226):
            self.kept = {"If-None-Match": answer.headers["etag"], "If-Modified-Since": answer.headers["last-modified"]}
        return answer


def _read(wire: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += wire.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += wire.recv(65_536)
    return head, body


# --- A day -----------------------------------------------------------------------------------------------------------


def a_day(url: str, peer_url: str, articles: Path, catalog_count: Callable[[], int], rounds: int) -> dict[str, float]:
    """Bytes per day for each kind of client: measured over *rounds* new articles and as many hours without news."""
    clients = {
        "plain Flask and feedgen": (Visitor(peer_url, NEWSBOAT).get, "/feed.xml"),
        "unconditional": (Visitor(url, NEWSBOAT).get, "/feed.xml"),
        "conditional": (Visitor(url, NEWSBOAT | {"User-Agent": "Reeder/5"}).poll, "/feed.xml"),
        "lite, conditional": (Visitor(url, NEWSBOAT | {"User-Agent": "Reeder/5"}).poll, "/lite.xml"),
        "delta": (Visitor(url, NEWSBOAT | {"A-IM": "feed"}).poll, "/feed.xml"),
    }
    quiet, busy = (dict.fromkeys(clients, 0) for _ in range(2))
    for ask, path in clients.values():
        ask(path)
    for number in range(rounds):
        write_article(articles, OLD_ARTICLES + number)
        _until(partial(_holds, catalog_count, OLD_ARTICLES + number + 1))
        _until_settled(url)
        for name, (ask, path) in clients.items():
            busy[name] += ask(path).wire_bytes
        for name, (ask, path) in clients.items():
            quiet[name] += ask(path).wire_bytes
    day = {name: (NEW_ARTICLES * busy[name] + (HOURS - NEW_ARTICLES) * quiet[name]) / rounds for name in clients}
    return day | {"a poll that finds nothing": quiet["delta"] / rounds}


UNCACHED = {"Authorization": "Basic YTpi"}
"""The response cache passes such requests on, and stores the answers."""


def _until_settled(url: str) -> None:
    """Waits for the EPUB and PDF of new articles, which would be finished, and in the cached feeds, an hour later."""
    visitor = Visitor(url, UNCACHED)
    _until(lambda: visitor.get("/feed.xml").body.count(b"<enclosure") == WINDOW, 300)
    _until(lambda: visitor.get("/feed.xml").body.count(b"application/pdf") == WINDOW, 300)
    for path in ("/feed.xml", "/lite.xml"):
        Visitor(url, NEWSBOAT | UNCACHED).get(path)


def _holds(catalog_count: Callable[[], int], articles: int) -> bool:
    return catalog_count() == articles


def _until(is_true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not get there")
        time.sleep(0.1)


# --- Times -----------------------------------------------------------------------------------------------------------


def times(url: str, peer_url: str, repeats: int) -> dict[str, float]:
    """Milliseconds. A request with Authorization passes the response cache by (RFC 9111 3.5)."""
    held, held_cold = Visitor(url, NEWSBOAT), Visitor(url, NEWSBOAT | UNCACHED)
    for visitor in (held, held_cold):
        visitor.poll("/feed.xml")
    cold = Visitor(url, NEWSBOAT | UNCACHED)
    visitor, plain = Visitor(url, NEWSBOAT), Visitor(peer_url, NEWSBOAT)
    ways: dict[str, Callable[[int], Exchange]] = {
        "plain Flask and feedgen": lambda _: plain.get("/feed.xml"),
        "full answer, cold": lambda _: cold.get("/feed.xml"),
        "304, cold": lambda _: held_cold.get("/feed.xml"),
        "full answer, hot": lambda _: visitor.get("/feed.xml"),
        "304, hot": lambda _: held.get("/feed.xml"),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for block in range(repeats // BLOCK):
        for name, ask in ways.items():
            taken[name] += [_timed(name, ask, block * BLOCK + n) for n in range(BLOCK)]
    return {name: statistics.median(values) for name, values in taken.items()}


def _timed(name: str, ask: Callable[[int], Exchange], number: int) -> float:
    started = time.perf_counter()
    answer = ask(number)
    taken = 1000 * (time.perf_counter() - started)
    if answer.status != (304 if name.startswith("304") else 200):
        raise RuntimeError(f"{name}: status {answer.status}")
    return taken


def building(settings: Settings, repeats: int) -> dict[str, float]:
    """Milliseconds from the catalog to uncompressed bytes, in this process."""
    catalog = build_services(settings).catalog
    site = SiteIdentity("News", "zh-CN", "https://news.example", "news.example,2026")

    def build(name: str) -> None:
        window = look_up(catalog, EVERYTHING, 0, lambda _: {})
        articles = catalog.articles([teaser.slug for teaser in window.teasers])
        FEEDS[name].to_bytes(to_feed(window, articles, site, name, FEEDS[name].MIMETYPE))

    taken = {}
    for name in FEEDS:
        build(name)
        runs = []
        for _ in range(repeats):
            started = time.perf_counter()
            build(name)
            runs.append(1000 * (time.perf_counter() - started))
        taken[name] = statistics.median(runs)
    return taken


# --- Report ----------------------------------------------------------------------------------------------------------


def report(day: dict[str, float], taken: dict[str, float], built: dict[str, float]) -> list[str]:
    """Prints the tables. Returns the missed targets."""
    plain = day["plain Flask and feedgen"]
    print(f"{'bytes a day':28}{'bytes':>12}{'of plain':>10}{'aim':>10}")
    for name, size in day.items():
        aim = f"{POLL_BYTES}" if name.startswith("a poll") else ""
        print(f"{name:28}{size:12,.0f}{size / plain:10.4f}{aim:>10}")
    print(f"\n{'milliseconds':28}{'median':>12}{'of full':>10}{'aim':>10}")
    for name, ms in taken.items():
        aim = f"{PART_OF_FULL}" if name == "304, cold" else ""
        print(f"{name:28}{ms:12.2f}{ms / taken['full answer, cold']:10.3f}{aim:>10}")
    for name, ms in built.items():
        print(f"{'building ' + name:28}{ms:12.2f}{'':10}{COLD_MS:10.0f}")
    missed = []
    if day["a poll that finds nothing"] > POLL_BYTES:
        missed.append(f"a poll that finds nothing costs {day['a poll that finds nothing']:.0f} bytes")
    if taken["304, cold"] > PART_OF_FULL * taken["full answer, cold"]:
        missed.append(f"a 304 takes {taken['304, cold'] / taken['full answer, cold']:.2f} of a full answer")
    missed += [f"{name} is built in {ms:.1f} ms" for name, ms in built.items() if ms > COLD_MS]
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two new articles instead of ten, fewer repeats")
    options = parser.parse_args()
    rounds, repeats = (2, 40) if options.quick else (NEW_ARTICLES, 200)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(articles=Path(folder) / "articles", instance=Path(folder) / "instance")
        settings.articles.mkdir()
        for number in range(OLD_ARTICLES):
            write_article(settings.articles, number)
        os.environ["READER_EXPORT_WORKERS"] = "2"
        with serving(settings) as url, serving_peer(settings.articles) as peer_url:
            catalog = build_services(settings).catalog
            _until(lambda: catalog.count() == OLD_ARTICLES)
            _until_settled(url)
            taken = times(url, peer_url, repeats)
            day = a_day(url, peer_url, settings.articles, catalog.count, rounds)
        built = building(settings, repeats)
    missed = report(day, taken, built)
    part = taken["304, cold"] / taken["full answer, cold"]
    figures = (
        f"{day['a poll that finds nothing']:.0f} bytes an hour when nothing is new, a day of "
        f"{day['unconditional'] / 1e6:.2f} MB unconditional, {day['conditional'] / 1e6:.2f} conditional, "
        f"{day['delta'] / 1e6:.3f} delta, {day['lite, conditional'] / 1e6:.3f} lite, "
        f"{day['plain Flask and feedgen'] / 1e6:.2f} plain; 304 in {taken['304, cold']:.1f} ms, "
        f"{part:.2f} of a full answer; cold feed {max(built.values()):.0f} ms"
    )
    print(f"\nfeeds: {figures}" + (f"; missed: {'; '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
