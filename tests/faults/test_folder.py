"""Faults of the articles folder, on a server that runs: what visitors, subscribers and operators see meanwhile."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import READER, inherited, serving
from waiting import LIMIT_SECONDS, wait_for

RAIN = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\n---\n今天下雨。\n"
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")
"""Root without the right to read what its mode forbids."""


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, removal_grace_seconds=1.0)


class Site:
    """The server at *url*; ``log`` is what it printed."""

    def __init__(self, url: str, articles: Path, log: Path) -> None:
        self.url, self.articles, self._log = url, articles, log

    def fetch(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=LIMIT_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def status(self, path: str) -> int:
        return self.fetch(path)[0]

    def has(self, *slugs: str) -> bool:
        return all(self.status(f"/a/{slug}") == 200 for slug in slugs)

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def write(self, name: str, text: str = RAIN) -> Path:
        path = self.articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path


def eventually(holds: Callable[[], object]) -> bool:
    return bool(wait_for(holds, pause=0.1))


@pytest.fixture
def started(settings, tmp_path):
    """Starts a server on the folder: ``with started() as site``."""

    @contextmanager
    def start(command: tuple[str, ...] = READER) -> Iterator[Site]:
        log = tmp_path / "server.log"
        with serving(settings, command, log) as url:
            yield Site(url, settings.articles, log)

    settings.articles.mkdir()
    (settings.articles / "rain.md").write_text(RAIN, "utf-8")
    (settings.articles / "day").mkdir()
    (settings.articles / "day" / "storm.md").write_text(RAIN.replace("大雨", "风暴"), "utf-8")
    return start


@contextmanager
def polled(site: Site, *paths: str) -> Iterator[list[tuple[str, int]]]:
    """Collects every answer to *paths* that is not 200, asked again and again during the block."""
    stop, wrong, asked = threading.Event(), list[tuple[str, int]](), [0]

    def poll() -> None:
        while not stop.is_set():
            for path in paths:
                status = site.status(path)
                asked[0] += 1
                if status != 200:
                    wrong.append((path, status))
            time.sleep(0.01)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        thread.join()
    assert asked[0] > len(paths)


PUBLIC = ("/a/rain", "/a/storm", "/", "/feed.xml", "/atom.xml", "/feed.json")


def test_a_folder_that_vanishes_for_longer_than_the_grace_period_changes_nothing_but_the_health_check(started):
    with started() as site:
        away = site.articles.with_name("away")
        with polled(site, *PUBLIC) as wrong:
            site.articles.rename(away)
            assert eventually(lambda: site.status("/healthz") == 503)
            assert "cannot be read" in json.loads(site.fetch("/healthz")[1])["reason"]
            time.sleep(3)  # longer than the grace period
            away.rename(site.articles)
            assert eventually(lambda: site.status("/healthz") == 200)
        assert wrong == []
        assert "deleted-entry" not in site.fetch("/atom.xml")[1]
        assert site.log.count("cannot be read") == 1
        site.write("later.md")
        assert eventually(lambda: site.has("later"))


def test_an_empty_mount_point_and_another_share_publish_and_remove_nothing(started):
    with started() as site:
        away, other = site.articles.with_name("away"), site.articles.with_name("other")
        with polled(site, *PUBLIC) as wrong:
            site.articles.rename(away)
            site.articles.mkdir()
            assert eventually(lambda: site.status("/healthz") == 503)
            site.write("private.md")
            time.sleep(3)
            site.articles.rename(other)
            away.rename(site.articles)
            assert eventually(lambda: site.status("/healthz") == 200)
        assert wrong == []
        assert site.status("/a/private") == 404
        assert "deleted-entry" not in site.fetch("/atom.xml")[1]


def test_a_sub_folder_that_is_moved_away_for_longer_than_the_grace_period_stays_published(started):
    with started() as site, polled(site, *PUBLIC) as wrong:
        away = site.articles.with_name("away")
        (site.articles / "day").rename(away)
        time.sleep(3)
        away.rename(site.articles / "day")
        site.write("later.md")
        assert eventually(lambda: site.has("later", "storm"))
    assert wrong == []


def test_a_link_that_is_switched_under_load_shows_each_release_without_a_gap(started, settings, tmp_path):
    shutil.move(settings.articles, tmp_path / "release0")
    settings.articles.symlink_to("release0")
    with started() as site, polled(site, *PUBLIC) as wrong:
        for n in range(1, 4):
            release = tmp_path / f"release{n}"
            shutil.copytree(tmp_path / "release0", release)
            (release / "rain.md").write_text(RAIN + f"\n第{n}版。\n", "utf-8")
            (release / f"only{n}.md").write_text(RAIN.replace("大雨", f"只在{n}"), "utf-8")
            (tmp_path / "next").symlink_to(release.name)
            (tmp_path / "next").rename(settings.articles)
            assert eventually(lambda n=n: f"第{n}版" in site.fetch("/a/rain")[1] and site.has(f"only{n}"))
        shutil.rmtree(tmp_path / "release1")
        assert eventually(lambda: site.status("/a/only1") == 410 and site.status("/a/only2") == 410)
        assert site.has("only3")
    assert wrong == []


def test_a_volume_of_links_as_kubernetes_switches_it_shows_each_version(started, settings):
    root = settings.articles
    shutil.rmtree(root)
    (root / "..v1").mkdir(parents=True)
    (root / "..v1" / "rain.md").write_text(RAIN, "utf-8")
    (root / "..data").symlink_to("..v1")
    (root / "rain.md").symlink_to("..data/rain.md")
    with started() as site, polled(site, "/a/rain") as wrong:
        (root / "..v2").mkdir()
        (root / "..v2" / "rain.md").write_text(RAIN + "\n第二版。\n", "utf-8")
        (root / "..new").symlink_to("..v2")
        (root / "..new").rename(root / "..data")
        shutil.rmtree(root / "..v1")
        assert eventually(lambda: "第二版" in site.fetch("/a/rain")[1])
    assert wrong == []


def test_bad_entries_of_every_kind_leave_the_rest_alone_and_the_log_short(started):
    with started() as site:
        root = os.fsencode(site.articles)
        (site.articles / "self").symlink_to(".")
        (site.articles / "day" / "up").symlink_to("..")
        (site.articles / "disk").symlink_to("/")
        (site.articles / "passwd.md").symlink_to("/etc/passwd")
        (site.articles / "loop.md").symlink_to("loop.md")
        os.mkfifo(site.articles / "pipe.md")
        with open(root + b"/" + "中文.md".encode("gbk"), "w", encoding="utf-8") as file:
            file.write(RAIN)
        site.write("later.md")
        assert eventually(lambda: site.has("rain", "storm", "later"))
        time.sleep(3)  # some passes more
        problems = [line for line in site.log.splitlines() if line.startswith("WARNING")]
        assert len(problems) == len(set(problems)) <= 6
        assert "Traceback" not in site.log
        check = subprocess.run(
            [*READER[:3], "check"],
            env=inherited()
            | {"READER_ARTICLES": str(site.articles), "READER_INSTANCE": str(site.articles.parent / "i2")},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        assert check.returncode == 1
        assert "Traceback" not in check.stderr
        for name in ("disk", "passwd.md", "loop.md", "pipe.md", "rename it to 中文.md"):
            assert name in check.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to give up the right to read")
def test_a_file_that_becomes_readable_is_read_although_it_did_not_change(started):
    with started((*UNPRIVILEGED, *READER)) as site:
        rain = site.write("rain.md")
        assert eventually(lambda: site.has("rain"))
        rain.chmod(0)
        site.write("rain.md", RAIN.replace("大雨", "暴雨"))
        assert eventually(lambda: "rain.md: Permission denied" in site.log)
        site.write("snow.md")
        assert eventually(lambda: site.has("snow"))
        assert "大雨" in site.fetch("/a/rain")[1]
        rain.chmod(0o644)
        assert eventually(lambda: "暴雨" in site.fetch("/a/rain")[1])
        assert site.log.count("rain.md: Permission denied") == 1


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to give up the right to read")
def test_a_folder_without_read_permission_keeps_its_articles_and_harms_no_other(started):
    with started((*UNPRIVILEGED, *READER)) as site:
        assert eventually(lambda: site.has("storm"))
        (site.articles / "day").chmod(0)
        site.write("later.md")
        assert eventually(lambda: site.has("later"))
        assert eventually(lambda: "day: Permission denied" in site.log)
        time.sleep(3)
        assert site.has("storm")
        assert site.log.count("day: Permission denied") == 1
        (site.articles / "day").chmod(0o755)


def test_a_removal_in_bulk_is_confirmed_on_the_command_line(started, settings):
    for n in range(8):
        (settings.articles / f"{n}.md").write_text(RAIN.replace("大雨", f"第{n}场雨"), "utf-8")
    with started() as site:
        for n in range(8):
            (site.articles / f"{n}.md").unlink()
        assert eventually(lambda: site.status("/healthz") == 503)
        assert site.has("1", "rain")
        environment = inherited() | {
            "READER_ARTICLES": str(settings.articles),
            "READER_INSTANCE": str(settings.instance),
            "LANG": "C",
        }
        done = subprocess.run(
            [*READER[:3], "check", "--accept-removals"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        assert (done.returncode, done.stdout) == (0, "8 files removed\n2 articles published, no problems\n")
        assert eventually(lambda: site.status("/healthz") == 200)
        assert site.status("/a/1") == 410
        assert site.has("rain")
