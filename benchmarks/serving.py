"""Compares the throughput of Reader's cached pages and feeds with nginx serving the same bytes from a file.

    python benchmarks/serving.py [--quick]

wrk tests each server in turn for several rounds, and medians are compared, so that other load affects all equally.
nginx has the precompressed response as a file, with open_file_cache on and its log off. Reader is ``python -m reader
serve``; ``hot off`` is its application without the response cache, ``through nginx`` the whole server behind nginx with
the ``proxy_cache`` of ``docs/deploy/nginx.conf``. Peers with the same articles: the plain Flask app in
this script and, if installed, kiwix-serve with Reader's own ZIM and datasette. ``constant`` is one response to every
request, by the same server (granian). Exits 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.library import write_articles  # noqa: E402
from reader.server.web_process import THREADS  # noqa: E402

CONNECTIONS = 64
SETTLED_SECONDS = 3
LARGEST_304_BYTES = 700
FEED = "/feed.xml"
BR = {"Accept-Encoding": "br"}

SERVER = """
from reader.app import create_app
from reader.services import build_services
from reader.settings import Settings

services = build_services(Settings.from_environ())
services.library.scan_all()
cold = create_app(services).extensions["response_cache"].inner
"""


PLAIN = """
from pathlib import Path
from flask import Flask, abort, render_template_string

app = Flask(__name__)
PAGE = "<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1>{% for p in rest %}<p>{{ p }}</p>{% endfor %}"
FILES = {path.stem: path for path in Path(__import__("os").environ["READER_ARTICLES"]).rglob("*.*")}


@app.get("/a/<slug>")
def article(slug):
    title, *rest = (FILES.get(slug) or abort(404)).read_text("utf-8").split("\\n\\n")
    return render_template_string(PAGE, title=title, rest=rest)
"""
"""A minimal Flask app: the file is read and rendered by Jinja at each request, uncompressed."""


CONSTANT = """
import json, pathlib

folder = pathlib.Path(__file__).parent
HEADERS = [tuple(field) for field in json.loads((folder / "constant.json").read_text("utf-8"))]
BODY = (folder / "constant.br").read_bytes()


def app(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]
"""
"""The headers and the body of Reader's article."""


@dataclass(frozen=True)
class Extent:
    """How many articles there are, and for how long each case is measured. Peers that no target names are measured
    in *peer_rounds*."""

    articles: int
    seconds: int
    rounds: int
    peer_rounds: int


QUICK = Extent(articles=100, seconds=1, rounds=3, peer_rounds=1)
WHOLE = Extent(articles=500, seconds=5, rounds=7, peer_rounds=7)


@dataclass(frozen=True)
class Load:
    """A result of wrk: requests per second, and the 99th percentile of the response time."""

    requests_per_second: float
    p99_ms: float
    bytes_each: float


@dataclass(frozen=True)
class Aim:
    name: str
    value: float
    wanted: float
    is_least: bool = True

    @property
    def is_met(self) -> bool:
        return self.value >= self.wanted if self.is_least else self.value <= self.wanted

    def __str__(self) -> str:
        sign = "≥" if self.is_least else "≤"
        return f"{self.name:44} {self.value:9.2f}   aim {sign} {self.wanted:g}{'' if self.is_met else '   MISSED'}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="short rounds, fewer articles: 45 s")
    chosen = options.parse_args()
    missing = [name for name in ("wrk", "nginx") if not shutil.which(name)]
    if missing:
        raise SystemExit(f"{' and '.join(missing)} not found: bash scripts/setup.sh bench")
    with tempfile.TemporaryDirectory() as folder:
        aims = measure(Path(folder), QUICK if chosen.quick else WHOLE)
    print()
    for aim in aims:
        print(aim)
    print("serving: " + "; ".join(f"{aim.name} {aim.value:.2f}" for aim in aims))
    raise SystemExit(not all(aim.is_met for aim in aims))


def measure(folder: Path, extent: Extent) -> list[Aim]:
    articles = folder / "articles"
    shutil.copytree(ROOT / "articles", articles)
    write_articles(articles, extent.articles)
    seed = next(path for path in articles.rglob("*.txt")).stem
    with ExitStack() as servers:
        with ThreadPoolExecutor() as starting:
            rest = starting.submit(peers, servers, folder, articles, seed)
            started = [
                starting.submit(servers.enter_context, start(folder, articles)) for start in (reader, without_cache)
            ]
            hot, cold = (server.result() for server in started)
            cases_of_peers = rest.result()
        article = f"/a/{seed}"
        with ThreadPoolExecutor() as settling:
            # The server without a cache, too: in a short run 64 first requests at once all end after it.
            urls = (hot + article, hot + FEED, cold + article)
            list(settling.map(lambda url: settled_etag(url, SETTLED_SECONDS), urls))
        files = {"article": fetch(hot + article, BR), "feed": fetch(hot + FEED, BR)}
        nginx = servers.enter_context(nginx_serving(folder, {name: body for name, (body, _) in files.items()}))
        before = servers.enter_context(nginx_before(folder, hot))
        cases = {
            "nginx article": f"{nginx}/article",
            "through nginx, article": before + article,
            "hot article": hot + article,
            "constant": servers.enter_context(constant(folder, *files["article"])) + article,
            "nginx article 304": f"{nginx}/article",
            "hot article 304": hot + article,
            "nginx feed": f"{nginx}/feed",
            "hot feed": hot + FEED,
            "nginx feed 304": f"{nginx}/feed",
            "hot feed 304": hot + FEED,
            "hot off, article": cold + article,
        }
        loads = interleaved(cases, extent.seconds, extent.rounds)
        loads |= interleaved(cases_of_peers, extent.seconds, extent.peer_rounds)
        catalog = folder / "cold" / "catalog.sqlite3"
        miss_ms = median_ms(connected(cold), catalog)
        visitor = connected(hot)  # one connection: each process has its own cache
        first_ms = median_ms(visitor, catalog)
        publish_another(hot, articles)
        after_a_change = median_ms(visitor, catalog) / first_ms
    table(loads)
    for name, load in loads.items():
        if name.endswith("304") and load.bytes_each > LARGEST_304_BYTES:
            raise SystemExit(f"{name}: {load.bytes_each:,.0f} bytes each: most answers are not 304")
    return aims_of(loads, miss_ms, after_a_change)


def aims_of(loads: dict[str, Load], miss_ms: float, after_a_change: float) -> list[Aim]:
    def ratio(ours: str, theirs: str) -> float:
        return loads[ours].requests_per_second / loads[theirs].requests_per_second

    return [
        Aim("hot article / nginx", ratio("hot article", "nginx article"), 0.60),
        Aim("hot article 304 / nginx 304", ratio("hot article 304", "nginx article 304"), 0.45),
        Aim("hot feed / nginx", ratio("hot feed", "nginx feed"), 0.40),
        Aim("hot feed 304 / nginx 304", ratio("hot feed 304", "nginx feed 304"), 0.40),
        Aim("article through nginx / nginx", ratio("through nginx, article", "nginx article"), 0.60),
        Aim("hot article / constant", ratio("hot article", "constant"), 0.9),
        Aim("hot article / hot off", ratio("hot article", "hot off, article"), 15),
        Aim(
            "p99 of hot article / nginx", loads["hot article"].p99_ms / loads["nginx article"].p99_ms, 3, is_least=False
        ),
        Aim("an article never asked for, through Flask, ms", miss_ms, 3, is_least=False),
        Aim("an article after a change elsewhere / never asked for", after_a_change, 0.6, is_least=False),
    ]


def interleaved(cases: dict[str, str], seconds: int, rounds: int) -> dict[str, Load]:
    """The median of each case; every case runs once per round. Cases named 304 ask with the ETag of the page."""
    found: dict[str, list[Load]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, url in cases.items():
            condition = {"If-None-Match": settled_etag(url)} if name.endswith("304") else {}
            found[name].append(wrk(url, BR | condition, seconds))
    return {
        name: Load(*(statistics.median(getattr(load, f) for load in loads) for f in Load.__annotations__))
        for name, loads in found.items()
    }


def wrk(url: str, headers: dict[str, str], seconds: int) -> Load:
    fields = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *fields, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if wrong:
        raise SystemExit(f"{url}: {wrong[0]}")
    requests, size = re.search(r"(\d+) requests in [\d.]+\w+, ([\d.]+\w+) read", said).groups()  # type: ignore[union-attr]
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)[1]  # type: ignore[index]
    return Load(float(rate), _in_ms(re.search(r"99%\s+([\d.]+\w+)", said)[1]), _in_bytes(size) / int(requests))  # type: ignore[index]


def publish_another(url: str, articles: Path) -> None:
    """Publishes an article, and waits until the home page shows it."""
    published = datetime.now(UTC) - timedelta(minutes=1)
    text = f"---\ntitle: 另一篇\npublished: {published:%Y-%m-%dT%H:%M:%SZ}\n---\n刚刚发布。\n"
    (articles / "another.md").write_text(text, encoding="utf-8")
    end = time.monotonic() + 60
    while "/a/another" not in urllib.request.urlopen(url).read().decode():
        if time.monotonic() > end:
            raise SystemExit("a new article does not appear")
        time.sleep(0.1)


def connected(url: str) -> HTTPConnection:
    return HTTPConnection(url.removeprefix("http://"))


def median_ms(connection: HTTPConnection, catalog: Path) -> float:
    """One visitor who opens each of many articles once."""
    with sqlite3.connect(catalog) as database:
        query = "SELECT slug FROM articles WHERE visible ORDER BY slug LIMIT 500"
        slugs = [slug for (slug,) in database.execute(query)]
    times = []
    for slug in slugs:
        start = time.perf_counter()
        connection.request("GET", f"/a/{quote(slug)}", headers=BR)
        connection.getresponse().read()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def table(loads: dict[str, Load]) -> None:
    print(f"\n{CONNECTIONS} connections, {os.cpu_count()} cores shared with wrk; medians")
    print(f"{'':26}{'requests/s':>12}{'p99 ms':>9}{'bytes each':>12}")
    for name, load in loads.items():
        print(f"{name:26}{load.requests_per_second:12,.0f}{load.p99_ms:9.2f}{load.bytes_each:12,.0f}")


# --- servers ---------------------------------------------------------------------------------------------------------


@contextmanager
def reader(folder: Path, articles: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "reader", "serve", "--host", "127.0.0.1", "--port", "{port}"]
    environment = {"READER_ARTICLES": str(articles), "READER_INSTANCE": str(folder / "hot"), "PYTHONPATH": str(ROOT)}
    environment |= {"READER_EXPORTS_AHEAD": "0"}  # pages and feeds list finished exports: their ETags would change
    with running(command, folder / "hot.log", environment) as url:
        yield url


@contextmanager
def without_cache(folder: Path, articles: Path) -> Iterator[str]:
    """The application on as many processes and threads as ``python -m reader serve`` starts."""
    (folder / "served.py").write_text(SERVER, encoding="utf-8")
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(os.cpu_count()), "--http", "1",
        "--blocking-threads", str(THREADS), "--backpressure", "64", "--no-ws", "--host", "127.0.0.1",
        "--port", "{port}", "served:cold",
    ]  # fmt: skip
    environment = {"READER_ARTICLES": str(articles), "READER_INSTANCE": str(folder / "cold")}
    paths = os.pathsep.join((str(folder), str(ROOT)))
    with running(command, folder / "cold.log", environment | {"PYTHONPATH": paths}) as url:
        yield url


@contextmanager
def constant(folder: Path, body: bytes, headers: Message) -> Iterator[str]:
    """As many processes as ``python -m reader serve`` starts, each with one thread: none waits."""
    (folder / "constant.br").write_bytes(body)
    fields = [(name, value) for name, value in headers.items() if name.lower() not in ("date", "connection")]
    (folder / "constant.json").write_text(json.dumps(fields), encoding="utf-8")
    (folder / "constant.py").write_text(CONSTANT, encoding="utf-8")
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(os.cpu_count()), "--http", "1",
        "--blocking-threads", "1", "--no-ws", "--host", "127.0.0.1", "--port", "{port}", "constant:app",
    ]  # fmt: skip
    with running(command, folder / "constant.log", {"PYTHONPATH": str(folder)}) as url:
        yield url


@contextmanager
def nginx_serving(folder: Path, bodies: dict[str, bytes]) -> Iterator[str]:
    """nginx with the brotli-compressed bodies as files without a suffix."""
    root = folder / "nginx"
    root.mkdir()
    folder.chmod(0o755)  # nginx started by root reads files as another user
    for name, body in bodies.items():
        (root / name).write_bytes(body)
    config = f"""
        daemon off; worker_processes {os.cpu_count()}; pid {root}/pid; error_log {root}/error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100;
            server {{ listen 127.0.0.1:{{port}}; root {root}; add_header Content-Encoding br; default_type text/html; }}
        }}"""
    with running(
        ["nginx", "-e", "stderr", "-c", f"{root}/nginx.conf"], root / "log", {}, root / "nginx.conf", config
    ) as url:
        yield url


@contextmanager
def nginx_before(folder: Path, upstream: str) -> Iterator[str]:
    """nginx in front of Reader, with the lines on the cache in our example, without TLS and without limits."""
    root = folder / "proxy"
    root.mkdir()
    example = (ROOT / "docs" / "deploy" / "nginx.conf").read_text("utf-8")
    cache = "".join(re.findall(r"^proxy_cache_path .*\n|^map [^{]*\{[^}]*\}\n", example, re.MULTILINE))
    lines = "".join(re.findall(r"^ +proxy_(?:cache|ignore_headers|no_cache)[^\n]*\n", example, re.MULTILINE))
    assert "proxy_cache_revalidate" in lines
    assert "reader_is_private" in cache
    config = f"""
        daemon off; worker_processes {os.cpu_count()}; pid {root}/pid; error_log {root}/error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; keepalive_requests 1000000000;
            {cache.replace("/var/cache/nginx-reader", f"{root}/cache")}
            upstream reader {{ server {upstream.removeprefix("http://")}; keepalive 32; }}
            server {{
                listen 127.0.0.1:{{port}};
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_set_header Host $host;
                location / {{
                    {lines}
                    proxy_pass http://reader;
                }}
            }}
        }}"""
    command = ["nginx", "-e", "stderr", "-c", f"{root}/nginx.conf"]
    with running(command, root / "log", {}, root / "nginx.conf", config) as url:
        yield url


@contextmanager
def running(
    command: list[str], log: Path, environment: dict[str, str], config: Path | None = None, text: str = ""
) -> Iterator[str]:
    """A server on a free port, which replaces ``{port}`` in the command and in the configuration."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if config:
        config.write_text(text.replace("{port}", str(port)).replace("{{", "{").replace("}}", "}"), encoding="utf-8")
    with log.open("wb") as output:
        words = [word.replace("{port}", str(port)) for word in command]
        process = subprocess.Popen(words, env=os.environ | environment, stdout=output, stderr=output)
    try:
        yield _answering(f"http://127.0.0.1:{port}", process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _answering(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(1200):
        if process.poll() is not None:
            raise SystemExit(f"a server ended before it answered: {log.read_text(errors='replace')[-2000:]}")
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return url
        except OSError:
            time.sleep(0.05)
        else:
            return url
    raise SystemExit(f"no answer from {url}")


def fetch(url: str, headers: dict[str, str]) -> tuple[bytes, Message]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.read(), answer.headers


def settled_etag(url: str, seconds: float = 0.3) -> str:
    """The ETag that all processes have given for *seconds*: pages list finished exports, and are compressed again."""
    seen, since = "", time.monotonic()
    while time.monotonic() - since < seconds:
        with suppress(urllib.error.HTTPError):  # 503 during the first scan
            etag = fetch(url, BR)[1]["ETag"]
            seen, since = etag, since if etag == seen else time.monotonic()
        time.sleep(0.02)
    return seen


# --- peers -----------------------------------------------------------------------------------------------------------


def peers(servers: ExitStack, folder: Path, articles: Path, seed: str) -> dict[str, str]:
    """The same articles on other servers, if they are installed."""
    found = {"plain Flask article": servers.enter_context(plain_flask(folder, articles)) + f"/a/{seed}"}
    if shutil.which("kiwix-serve"):
        url = servers.enter_context(kiwix(folder)) + f"/library/a/{seed}.html"
        with urllib.request.urlopen(url) as answer:  # it redirects to the content
            found["kiwix-serve article"] = answer.url
    if shutil.which("datasette", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))):
        url = servers.enter_context(datasette(folder, articles))
        found["datasette article"] = f"{url}/articles/articles/1"
    return found


@contextmanager
def plain_flask(folder: Path, articles: Path) -> Iterator[str]:
    (folder / "plain.py").write_text(PLAIN, encoding="utf-8")
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(os.cpu_count()), "--http", "1",
        "--no-ws", "--host", "127.0.0.1", "--port", "{port}", "plain:app",
    ]  # fmt: skip
    environment = {"READER_ARTICLES": str(articles), "PYTHONPATH": str(folder)}
    with running(command, folder / "plain.log", environment) as url:
        yield url


@contextmanager
def kiwix(folder: Path) -> Iterator[str]:
    """The library as exported for Kiwix; a few articles are enough, because one is requested."""
    few = folder / "few"
    shutil.copytree(ROOT / "articles", few)
    environment = os.environ | {"READER_ARTICLES": str(few), "READER_INSTANCE": str(folder / "zim")}
    command = [sys.executable, "-m", "reader", "export", "--all", "-o", str(folder / "library.zim")]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    with running(
        ["kiwix-serve", "--address", "127.0.0.1", "--port", "{port}", str(folder / "library.zim")],
        folder / "kiwix.log",
        {},
    ) as url:
        yield url


@contextmanager
def datasette(folder: Path, articles: Path) -> Iterator[str]:
    path = folder / "articles.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, slug TEXT, body TEXT)")
        rows = [
            (p.stem, p.read_text("utf-8")) for p in sorted(articles.rglob("*.txt")) + sorted(articles.rglob("*.md"))
        ]
        database.executemany("INSERT INTO articles (slug, body) VALUES (?, ?)", rows)
    with running([sys.executable, "-m", "datasette", "-p", "{port}", str(path)], folder / "datasette.log", {}) as url:
        yield url


def _in_ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def _in_bytes(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}[unit]


if __name__ == "__main__":
    main()
