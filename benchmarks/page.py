"""The cost of an article page for a phone on a slow connection.

    python benchmarks/page.py [--quick]

The peer is the same article on a page like those of news sites: 466 KB in 23 requests, generated below (three style
sheets and four blocking scripts in the head, deferred scripts, pictures without sizes, a web font), served by a plain
HTTP/1.1 server. Headless Chromium opens both over links emulated with the DevTools protocol, with its CPU slowed
down four times. Bytes are on the wire, headers included. Visits are cold, to a page that is in the server's caches;
paint is the median of three (one with ``--quick``). Without ``--quick``, Lighthouse also tests home, article and
issue as a phone.

Exits 1 if a target is missed: 80 times fewer bytes, first paint three times sooner on both links, no layout shift,
every Lighthouse score 100.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

from playwright.sync_api import Browser, CDPSession, sync_playwright
from playwright.sync_api import Page as BrowserPage

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("READER_EXPORTS_AHEAD", "1")  # the default, which tests turn off

from serving import serving  # noqa: E402

from reader.settings import Settings  # noqa: E402

FEWER_BYTES, SOONER = 80, 3.0
"""The peer weighs 466,400 bytes, and the first answer of the seed article may weigh 5,850 (docs/decisions.md)."""
CPU_SLOWDOWN = 4
SEED = ROOT / "articles" / "2018-11-23" / "quzhou-zhengxie.txt"
LIGHTHOUSE = ROOT / "benchmarks" / "npm" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run"]  # fmt: skip


@dataclass(frozen=True)
class Link:
    name: str
    round_trip_ms: int
    kilobits: int


LINKS = (Link("2G", 2000, 50), Link("slow 3G", 400, 400))


@dataclass(frozen=True)
class Cost:
    bytes: int
    requests: int
    layout_shift: float


# --- the peer --------------------------------------------------------------------------------------------------------

BLOCKING = {"style": (3, 12_000), "script": (4, 16_000)}
DEFERRED, PICTURES, FONT = (6, 24_200), (8, 17_200), 45_000
"""Number of files, and compressed size of each in bytes."""


def peer_files(article: str) -> dict[str, tuple[str, bytes]]:
    """Path to (type, bytes) of every file of the peer's page; filled with noise, as incompressible as minified code."""
    noise = random.Random(466)
    files: dict[str, tuple[str, bytes]] = {}

    def add(path: str, kind: str, code: str, size: int) -> str:
        files[path] = (kind, (code + "/*" + noise.randbytes(size // 2).hex()[: size - len(code) - 4] + "*/").encode())
        return path

    styles = [
        add(f"/style{n}.css", "text/css", "body{max-width:40em;margin:auto}", BLOCKING["style"][1]) for n in range(3)
    ]
    add("/style0.css", "text/css", "@font-face{font-family:n;src:url(/news.woff2)}h1{font-family:n,serif}", 12_000)
    head = [add(f"/head{n}.js", "text/javascript", "for(let i=0;i<2e6;i++);", BLOCKING["script"][1]) for n in range(4)]
    late = [add(f"/late{n}.js", "text/javascript", "for(let i=0;i<2e6;i++);", DEFERRED[1]) for n in range(DEFERRED[0])]
    files["/news.woff2"] = ("font/woff2", noise.randbytes(FONT))
    for number in range(PICTURES[0]):
        files[f"/picture{number}.jpg"] = ("image/svg+xml", _picture(noise, PICTURES[1]))
    page = "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>新闻</title>"
    page += "<meta name=viewport content='width=device-width'>"
    page += "".join(f"<link rel=stylesheet href={path}>" for path in styles)
    page += "".join(f"<script src={path}></script>" for path in head)
    page += "".join(f"<script src={path} defer></script>" for path in late)
    page += "<body>" + "".join(f"<img src=/picture{n}.jpg>" for n in range(PICTURES[0])) + article
    files["/"] = ("text/html; charset=utf-8", f"{page}<!--{noise.randbytes(13_000).hex()}-->".encode())
    return files


def _picture(noise: random.Random, size: int) -> bytes:
    code = "<svg xmlns='http://www.w3.org/2000/svg' width='320' height='180'><rect width='320' height='180'/>"
    return (code + "<!--" + noise.randbytes(size // 2).hex()[: size - len(code) - 20] + "--></svg>").encode()


@contextmanager
def served(files: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    """The address of a plain HTTP/1.1 server of *files*, as ``peer_files`` returns them."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, content = files.get(self.path, ("text/plain", b""))
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Ignores browsers that disconnect during a picture."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


# --- measuring -------------------------------------------------------------------------------------------------------


Result = TypeVar("Result")


def visit(
    browser: Browser, url: str, link: Link | None, measure: Callable[[BrowserPage, CDPSession, str], Result]
) -> Result:
    """The result of *measure* for a cold visit with a new browser profile over *link*."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, device_scale_factor=2, locale="zh-CN")
    try:
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        if link:
            rate = link.kilobits * 1000 / 8
            conditions = {
                "offline": False,
                "latency": link.round_trip_ms,
                "downloadThroughput": rate,
                "uploadThroughput": rate,
            }
            tools.send("Network.emulateNetworkConditions", conditions)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        return measure(page, tools, url)
    finally:
        context.close()


def first_paint_ms(page: BrowserPage, _tools: CDPSession, url: str) -> float:
    page.goto(url, wait_until="commit", timeout=180_000)
    seen = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:  # wait_for_function evaluates text in the page, which the page's CSP forbids
        if paint := page.evaluate(seen):
            return float(paint)
        page.wait_for_timeout(50)
    raise TimeoutError(f"{url}: no contentful paint")


def whole_cost(page: BrowserPage, tools: CDPSession, url: str) -> Cost:
    """Until the load event and one second more."""
    lengths: list[int] = []
    tools.on("Network.loadingFinished", lambda event: lengths.append(int(event["encodedDataLength"])))
    page.goto(url, wait_until="load")
    page.wait_for_timeout(1000)
    shift = page.evaluate(
        """() => new Promise(done => { let sum = 0;
        new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.value))
        .observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 200) })"""
    )
    return Cost(sum(lengths), len(lengths), round(shift, 4))


def lighthouse(url: str, chromium: str, excluded: str = "") -> dict[str, int]:
    """The scores by category, without the audit *excluded*.

    Lighthouse 12 asks for robots.txt from within the page, which our CSP forbids.
    """
    command = ["node", str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}",
               f"--skip-audits=robots-txt,{excluded}",
               f"--chrome-flags=--headless {' '.join(SWITCHES)}"]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"CHROME_PATH": chromium}, check=True
    )
    report = json.loads(done.stdout)
    for audit in report["audits"].values():
        if audit["score"] is not None and audit["score"] < 1 and audit.get("scoreDisplayMode") in ("binary", "numeric"):
            print(f"    below 100 %: {audit['id']} {audit.get('displayValue', '')}")
    return {name: round(report["categories"][name]["score"] * 100) for name in CATEGORIES}


# --- the whole -------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one visit each, no Lighthouse")
    quick = parser.parse_args().quick
    chromium = next(
        found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))
    )
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles", "2018-11-23")
        articles.mkdir(parents=True)
        shutil.copy(SEED, articles)
        os.utime(articles / SEED.name, (1_700_000_000, 1_700_000_000))
        settings = Settings(
            articles=articles.parent, instance=Path(folder, "instance"), base_url="https://news.example"
        )
        with serving(settings) as site, sync_playwright() as playwright:
            ours = f"{site}/a/{SEED.stem}"
            text = urlopen(ours).read().decode()
            article = text[text.index("<article") : text.index("</article>")]
            browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
            settle(browser, ours)
            with served(peer_files(article)) as theirs:
                failed = compare(browser, ours, theirs, 1 if quick else 3)
            browser.close()
            if not quick:
                failed += judge([f"{site}/", ours, f"{site}/d/2018-11-23/"], chromium)
    return 1 if failed else 0


def settle(browser: Browser, url: str) -> None:
    """Warms the caches: waits until the downloads are generated and listed with their sizes."""
    costs: list[Cost] = []
    while len(costs) < 30 and (len(costs) < 6 or len(set(map(repr, costs[-4:]))) > 1):
        costs.append(visit(browser, url, None, whole_cost))


def compare(browser: Browser, ours: str, theirs: str, visits: int) -> int:
    costs = [visit(browser, url, None, whole_cost) for url in (ours, theirs)]
    light, heavy = costs
    rows: list[tuple[str, float, float, float, float]] = [
        ("bytes on the wire", light.bytes, heavy.bytes, heavy.bytes / light.bytes, FEWER_BYTES),
        ("requests", light.requests, heavy.requests, heavy.requests / light.requests, 1),
    ]
    for link in LINKS:
        paints = [
            statistics.median(visit(browser, url, link, first_paint_ms) for _ in range(visits))
            for url in (ours, theirs)
        ]
        rows.append(
            (f"first paint, {link.name}, ms", round(paints[0]), round(paints[1]), paints[1] / paints[0], SOONER)
        )
    print(f"{'':24}{'ours':>10}{'peer':>10}{'ratio':>9}{'aim':>8}")
    for name, own, other, ratio, aim in rows:
        print(f"{name:24}{own:>10,}{other:>10,}{ratio:>8.1f}×{'≥ ' + str(aim):>8}{'' if ratio >= aim else '  MISSED'}")
    print(f"{'layout shift':24}{light.layout_shift:>10}{heavy.layout_shift:>10}{'':9}{'0':>8}")
    print("page: " + ", ".join(f"{name} {own} against {other}" for name, own, other, _, _ in rows))
    return sum(ratio < aim for *_, ratio, aim in rows) + (light.layout_shift > 0)


def judge(urls: list[str], chromium: str) -> int:
    failed = 0
    for url in urls:
        scores = lighthouse(url, chromium)
        print(
            f"Lighthouse {url.partition('//')[2].partition('/')[2] or 'home':24}"
            + "  ".join(f"{k} {v}" for k, v in scores.items())
        )
        failed += sum(score < 100 for score in scores.values())
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
