"""Real feed readers subscribe (C): the content they store and show, and their second request.

The programs come from Debian, PyPI and npm; none is simulated. Every feed contains an article with difficult content.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import atoma
import fastfeedparser
import pytest
from chromium import CHROMIUM
from feed_site import SELECTIONS, TROUBLE, FeedSite, feed_site, fill, items_of, text_of
from playwright.sync_api import sync_playwright
from waiting import LIMIT_SECONDS, wait_for
from werkzeug.urls import uri_to_iri

from reader.feeds import FEEDS, WINDOW

NPM = Path(__file__).parent / "npm"
CHINESE = SELECTIONS["section"]
PATHS = [selection.feed(name) for selection in (SELECTIONS["everything"], CHINESE) for name in FEEDS]
XML = [path for path in PATHS if ".json" not in path]
NEW = text_of(3).replace("2026-01-04", "2026-05-01")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedSite]:
    with feed_site(tmp_path_factory.mktemp("site")) as site:
        fill(site)
        site.export("n59")
        yield site


def run(*command: str | Path, folder: Path, text: bytes | None = None, seconds: int = LIMIT_SECONDS) -> str:
    """The output of the program, which must exit with 0. Runs without our proxy settings and home folder."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, input=text, capture_output=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode() + done.stderr.decode()


def expected(site: FeedSite, path: str) -> list[tuple[str, str]]:
    """(id, link) of each entry."""
    return [(item.id, item.link) for item in items_of(path, site.get(path).body)]


# --- newsboat --------------------------------------------------------------------------------------------------------


def newsboat(folder: Path, address: str) -> list[sqlite3.Row]:
    (folder / "urls").write_text(address + "\n")
    (folder / "config").touch()
    run("newsboat", "-C", "config", "-u", "urls", "-c", "cache.db", "-q", "-x", "reload", folder=folder)
    with sqlite3.connect(folder / "cache.db") as kept:
        kept.row_factory = sqlite3.Row
        rows = kept.execute("SELECT * FROM rss_item WHERE deleted = 0 ORDER BY pubDate DESC").fetchall()
    kept.close()
    return rows


@pytest.mark.parametrize("path", XML)
def test_c01_newsboat_keeps_every_article_and_opens_the_article(site: FeedSite, tmp_path: Path, path: str) -> None:
    rows = newsboat(tmp_path, site.url + path)
    assert [(row["guid"], row["url"]) for row in rows] == expected(site, path)
    if "lite" not in path:
        trouble = next(row for row in rows if row["guid"].endswith(f"/{TROUBLE}"))
        assert trouble["content"].count("政协长文") == 2300


def test_c01_newsboat_merges_a_delta_without_loss_or_double(tmp_path: Path) -> None:
    with feed_site(tmp_path / "site") as site:
        fill(site)
        site.statuses.clear()
        before = newsboat(tmp_path, f"{site.url}/atom.xml")
        newsboat(tmp_path, f"{site.url}/atom.xml")  # it sends validators from the second request
        site.drop("new.md", NEW)
        after = newsboat(tmp_path, f"{site.url}/atom.xml")
        newsboat(tmp_path, f"{site.url}/atom.xml")
        assert site.statuses == [200, 200, 226, 304]
    assert len(before) == WINDOW
    assert [row["guid"] for row in after] == ["tag:news.example,2026:article/new", *(row["guid"] for row in before)]


# --- sfeed, rss2email, Liferea ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", XML)
def test_c02_sfeed_reads_every_article(site: FeedSite, tmp_path: Path, path: str) -> None:
    lines = run("sfeed", site.url + "/", folder=tmp_path, text=site.get(path).body).splitlines()
    fields = [line.split("\t") for line in lines]
    assert [(line[5], line[2]) for line in fields] == expected(site, path)
    assert all(line[0].isdigit() and line[1] for line in fields)


def test_c04_rss2email_sends_each_article_once_and_is_never_sent_a_part(site: FeedSite, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    mail.mkdir()
    (tmp_path / "r2e.cfg").write_text(
        "[DEFAULT]\nto = reader@news.example\nfrom = feeds@news.example\nemail-protocol = maildir\n"
        f"maildir-path = {mail}\nmaildir-mailbox = INBOX\nverbose = debug\n"
    )
    r2e = ("r2e", "-c", tmp_path / "r2e.cfg", "-d", tmp_path / "data.json")
    run(*r2e, "add", "hebei", f"{site.url}/atom.xml", folder=tmp_path)
    run(*r2e, "run", folder=tmp_path)
    assert sorted(_sent(mail)) == sorted(expected(site, "/atom.xml"))
    assert "HTTP status 304" in run(*r2e, "run", folder=tmp_path)
    site.drop("extra.md", NEW)
    try:
        said = run(*r2e, "run", folder=tmp_path)
        assert "HTTP status 200" in said
        assert "226" not in said
        assert len(_sent(mail)) == WINDOW + 1
    finally:
        site.remove("extra.md")


def _sent(mail: Path) -> list[tuple[str, str]]:
    letters = [path.read_bytes() for path in mail.glob("INBOX/new/*")]
    parsed = [email.message_from_bytes(letter, policy=email.policy.default) for letter in letters]
    return [(letter["X-RSS-ID"].strip(), letter["X-RSS-URL"].strip()) for letter in parsed]


LIFEREA = """
liferea > liferea.log 2>&1 &
liferea=$!
ask() { dbus-send --session --print-reply --dest=org.gnome.feed.Reader /org/gnome/feed/Reader "org.gnome.feed.Reader.$@"; }
for _ in $(seq 1200); do ask Ping > /dev/null 2>&1 && break; sleep 0.25; done
ask SetOnline boolean:true > /dev/null
ask Subscribe string:"$1" > /dev/null
for _ in $(seq 1200); do ask GetUnreadItems | grep -q "int32 $2" && break; sleep 0.25; done
touch subscribed
for _ in $(seq 1200); do [ -e published ] && break; sleep 0.25; done
ask Refresh > /dev/null
for _ in $(seq 1200); do ask GetUnreadItems | grep -q "int32 $(($2 + 1))" && break; sleep 0.25; done
kill $liferea
wait $liferea
exit 0
"""


@pytest.mark.skipif(not shutil.which("liferea") or not shutil.which("xvfb-run"), reason="Liferea is not installed")
def test_c05_liferea_subscribes_and_merges_a_delta(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".config" / "liferea").mkdir(parents=True)
    # without a feed list Liferea would fetch the feeds it recommends
    empty = '<?xml version="1.0"?><opml version="1.0"><head><title/></head><body/></opml>'
    (home / ".config" / "liferea" / "feedlist.opml").write_text(empty)
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "drive.sh").write_text(LIFEREA)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "GSETTINGS_BACKEND": "memory",
        "XDG_RUNTIME_DIR": str(tmp_path / "run"), "NO_AT_BRIDGE": "1",
    }  # fmt: skip
    with feed_site(tmp_path / "site") as site:
        fill(site)
        ids = [item.id for item in items_of("/atom.xml", site.get("/atom.xml").body)]
        site.statuses.clear()
        command = ["xvfb-run", "-a", "dbus-run-session", "--", "sh", "drive.sh", f"{site.url}/atom.xml", str(WINDOW)]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as liferea:
            wait_for(lambda: (tmp_path / "subscribed").exists() or liferea.poll() is not None)
            site.drop("new.md", NEW)
            (tmp_path / "published").touch()
            assert liferea.wait(LIMIT_SECONDS) == 0
    with sqlite3.connect(home / ".local" / "share" / "liferea" / "liferea.db") as kept:
        rows = kept.execute("SELECT source_id, source, title FROM items ORDER BY date DESC").fetchall()
    kept.close()
    assert [row[0] for row in rows] == ["tag:news.example,2026:article/new", *ids]
    assert all(row[1].startswith(f"{site.url}/a/") for row in rows)
    assert 226 in site.statuses


# --- Parsers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_c03_fastfeedparser_reads_the_same(site: FeedSite, path: str) -> None:
    parsed = fastfeedparser.parse(site.get(path).body)
    assert [(entry.id, entry.link) for entry in parsed.entries] == expected(site, path)
    assert all(entry.title for entry in parsed.entries)


@pytest.mark.parametrize("path", PATHS)
def test_c03_atoma_reads_the_same(site: FeedSite, path: str) -> None:
    raw = site.get(path).body
    if ".json" in path:
        found = [(item.id_, item.url) for item in atoma.parse_json_feed_bytes(raw).items]
    elif "atom" in path:
        found = [(entry.id_, entry.links[0].href) for entry in atoma.parse_atom_bytes(raw).entries]
    else:
        found = [(item.guid, item.link) for item in atoma.parse_rss_bytes(raw).items]
    assert found == expected(site, path)


@pytest.fixture(scope="module")
def npm_readings(
    site: FeedSite, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[dict[str, str]]]]:
    """What each npm parser reads from each feed; one node process for all."""
    folder = tmp_path_factory.mktemp("feeds")
    files = {path: folder / f"{number}-{path.rpartition('/')[2]}" for number, path in enumerate(PATHS)}
    for path, file in files.items():
        file.write_bytes(site.get(path).body)
    printed = json.loads(run("node", NPM / "read-feeds.mjs", *files.values(), folder=folder))
    return {path: printed[str(file)] for path, file in files.items()}


@pytest.mark.parametrize("path", PATHS)
def test_c03_four_npm_parsers_read_the_same(site: FeedSite, npm_readings, path: str) -> None:
    wanted = 2 if ".json" in path else 4
    assert len(npm_readings[path]) == wanted
    for parser, found in npm_readings[path].items():
        assert [(item["id"], item["link"]) for item in found] == expected(site, path), parser
        offered = {item["enclosure"] for item in found if item["id"].endswith("/n59")}
        assert offered <= {None, f"{site.url}/a/n59.epub"}, parser


def test_the_article_can_be_fetched_from_what_a_reader_kept(site: FeedSite, tmp_path: Path) -> None:
    row = newsboat(tmp_path, f"{site.url}/feed.xml")[0]
    with urllib.request.urlopen(row["url"], timeout=LIMIT_SECONDS) as page:
        assert "政协长文" in page.read().decode()


@pytest.mark.browser
@pytest.mark.parametrize("host", ["127.0.0.1", "news.example"], ids=["trustworthy", "without TLS"])
@pytest.mark.parametrize("path", [CHINESE.feed("feed.xml"), "/feed.json"])
def test_d07_a_person_in_chromium_sees_a_page_also_behind_the_service_worker(
    site: FeedSite, host: str, path: str
) -> None:
    url = site.url.replace("127.0.0.1", host)
    rules = f"--host-resolver-rules=MAP {host} 127.0.0.1"
    with ThreadPoolExecutor(1) as thread:  # the browser of other tests may have an event loop in this one
        thread.submit(look_at, url, path, rules).result()


def look_at(url: str, path: str, rules: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", rules], timeout=LIMIT_SECONDS * 1000
        )
        page = browser.new_page(locale="zh-CN")
        page.set_default_timeout(LIMIT_SECONDS * 1000)
        page.goto(f"{url}/feeds")
        page.evaluate("'serviceWorker' in navigator && navigator.serviceWorker.ready.then(() => true)")
        page.goto(url + path)
        assert page.locator("h1").count() == 1
        assert page.locator("code").inner_text() == uri_to_iri(url + path)
        assert page.get_by_role("link", name="第59届政协“两个全覆盖”").count() == 1
        browser.close()
