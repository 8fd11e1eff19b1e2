from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from factories import catalog_transaction
from serving import inherited
from waiting import LIMIT_SECONDS, wait_for

from reader.catalog import Catalog
from reader.library import file_state
from reader.library.watcher import watch_and_index
from reader.services import build_services

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n"


@contextmanager
def kept(settings):
    """A watcher running in this process."""
    services, stop, ready = build_services(settings), threading.Event(), threading.Event()
    thread = threading.Thread(target=watch_and_index, args=(settings, services.library, stop, ready))
    thread.start()
    assert ready.wait(LIMIT_SECONDS)
    try:
        yield services.catalog
    finally:
        stop.set()
        thread.join(LIMIT_SECONDS)
        assert not thread.is_alive()


def eventually(holds) -> bool:
    return bool(wait_for(holds))


def test_the_watcher_outlives_an_instance_folder_that_cannot_be_made(settings, caplog):
    """The one who deletes it may not be the one who makes it again."""
    services, stop, ready = build_services(settings), threading.Event(), threading.Event()
    settings.instance.rename(settings.instance.with_name("away"))
    settings.instance.write_text("no folder")
    thread = threading.Thread(target=watch_and_index, args=(settings, services.library, stop, ready))
    thread.start()
    try:
        wait_for(lambda: "the articles folder is not watched" in caplog.text)
        thread.join(1)  # it looks whether another process fills the catalog
        assert thread.is_alive()
        settings.instance.unlink()
        settings.articles.joinpath("rain.md").write_text(RAIN, "utf-8")
        catalog = Catalog(settings.catalog, settings.timezone, must_be_complete=False)
        wait_for(lambda: settings.catalog.exists() and catalog.count() == 1)
    finally:
        stop.set()
        thread.join(LIMIT_SECONDS)


@pytest.fixture(params=["reported by inotify", "found by scanning"])
def watching(request, settings):
    watch = request.param == "reported by inotify"
    return dataclasses.replace(settings, watch=watch, scan_seconds=0.3)


def test_the_settings_and_pages_of_the_site_show_by_themselves(watching):
    with kept(watching) as catalog:
        folder = watching.articles / "_site"
        folder.mkdir()
        (folder / "site.yaml").write_text("name: 日报", "utf-8")
        assert eventually(lambda: catalog.site.name == "日报")
        (folder / "site.yaml").write_text("name: 晚报", "utf-8")
        (folder / "about.md").write_text("# 关于我们\n", "utf-8")
        assert eventually(lambda: catalog.site.name == "晚报" and catalog.site.pages)
        (folder / "site.yaml").unlink()
        assert eventually(lambda: not catalog.site.name)


def test_a_file_added_changed_renamed_and_removed_shows_by_itself(watching):
    with kept(watching) as catalog:
        path = watching.articles / "sub" / "rain.md"
        path.parent.mkdir()
        path.write_text(RAIN, "utf-8")
        assert eventually(lambda: catalog.count() == 1)
        path.write_text(RAIN.replace("大雨", "暴雨"), "utf-8")
        assert eventually(lambda: catalog.article("rain").title == "暴雨")
        path = path.rename(path.with_name("storm.md"))
        assert eventually(lambda: [t.slug for t in catalog.latest()] == ["storm"])
        path.unlink()
        assert eventually(lambda: catalog.count() == 0)


def test_a_file_that_arrives_in_pieces_never_shows_half(settings, monkeypatch):
    monkeypatch.setattr(file_state, "SETTLED_SECONDS", 3600)  # however long the pause between two pieces becomes
    with kept(settings) as catalog, (settings.articles / "rain.md").open("w", encoding="utf-8") as file:
        seen = set()
        for piece in (RAIN, "第二段。\n\n", "第三段。\n"):
            file.write(piece)
            file.flush()
            time.sleep(0.5)
            seen |= {str(a.body) for a in catalog.articles(["rain"])}
        assert not seen
        monkeypatch.undo()
        assert eventually(lambda: catalog.count() == 1)
        assert "第三段" in catalog.article("rain").body


def test_a_waiting_article_comes_out_at_its_time(settings):
    soon = time.time() + 1.5
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon))
    with kept(settings) as catalog:
        (settings.articles / "rain.md").write_text(RAIN.replace("2026-05-01 06:00", stamp), "utf-8")
        assert eventually(lambda: catalog.count() == 1)
        assert time.time() >= int(soon)


def test_another_process_takes_over_when_the_keeper_is_killed(settings):
    settings.articles.mkdir(parents=True)
    environment = inherited() | {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    code = (
        "from reader.services import start_background; from reader.settings import Settings; import time;"
        "start_background(Settings.from_environ()); print('up', flush=True); time.sleep(600)"
    )
    keeper = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert keeper.stdout.readline() == "up\n"
        with kept(settings) as catalog:
            keeper.send_signal(signal.SIGKILL)
            (settings.articles / "rain.md").write_text(RAIN, "utf-8")
            assert eventually(lambda: catalog.count() == 1)
    finally:
        keeper.kill()
        keeper.wait()
        keeper.stdout.close()


def test_the_keeper_outlives_a_folder_that_vanishes_and_its_articles_stay(settings):
    with kept(settings) as catalog:
        (settings.articles / "rain.md").write_text(RAIN, "utf-8")
        assert eventually(lambda: catalog.count() == 1)
        settings.articles.rename(settings.articles.with_name("away"))
        assert eventually(lambda: "cannot be read" in catalog.fault())
        assert catalog.count() == 1
        settings.articles.with_name("away").rename(settings.articles)
        assert eventually(lambda: catalog.fault() == "")
        (settings.articles / "storm.md").write_text(RAIN, "utf-8")
        assert eventually(lambda: catalog.count() == 2)


def test_readers_are_not_blocked_while_the_keeper_writes(settings):
    services = build_services(settings)
    services.library.scan_all()
    with catalog_transaction(settings.catalog, datetime.now(UTC)):
        assert Catalog(settings.catalog, settings.timezone).count() == 0
