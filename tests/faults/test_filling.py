"""A catalog that is lost while serving: until it is filled again every page shows what there is, or 503, never less.

Nobody can index when the catalog is lost, so the new one stays empty until the test lets it be filled.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import time
from pathlib import Path

import pytest
from faults.running import Server, running, stopped, wait_for
from faults.test_databases import overwrite
from faults.test_indexer import delete, delete_the_content, holders
from long_forms import few, long_form

from reader.library.heartbeat import Heartbeat
from reader.storage.locks import file_lock

ARTICLES = 300
PAGES = {
    "/": b"s0", "/a/s0": b"s0", "/a/s299": b"s299", "/s/weather/": b"s0", "/d/": b"2026", "/s/": b"weather",
    "/atom.xml": b"s0", "/feed.json": b"s0", "/s/weather/feed.xml": b"s0", "/search?q=s150": b"/a/s150",
    "/sitemap.xml": b"2026-05", "/sitemap-2026-05.xml": b"s299", "/opds/articles": b"s0", "/a/s0.md": b"s0",
}  # fmt: skip
"""What each page shows as long as it knows the articles."""

LOST_CATALOGS = {
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: os.truncate(path, 0),
    "truncated": lambda path: os.truncate(path, 40_000),
    "overwritten": overwrite,
}

LOST_FOLDERS = {
    "deleted": delete,
    "its content deleted": delete_the_content,
    "moved": lambda folder: folder.rename(folder.with_name(f"moved-{time.time_ns()}")),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("filling"))
    for n in range(ARTICLES):
        found.publish(f"s{n}", fields="section: weather\n")
    with running(found):
        yield found


def look(server, path: str) -> int:
    """The status of *path*, past the cache. Fails if the page denies an article. 0 without a response."""
    try:
        status, body, fields = server.request(path, Authorization="Basic eDp5")
    except (OSError, http.client.HTTPException):  # a process that read a truncated file through its memory map ended
        return 0
    shows_it = status == 200 and PAGES[path] in body
    assert shows_it or (status == 503 and int(fields["Retry-After"]) > 0), (path, status, body[:2000])
    return status


def shows_everything(server) -> bool:
    return {look(server, path) for path in PAGES} == {200}


def assert_every_page_waits(server):
    wait_for(lambda: {look(server, path) for path in PAGES} == {503}, server)  # the new catalog is empty
    assert server.status("/healthz") == 503
    for path in PAGES:  # cached pages may show what they did
        status, body = server.get(path)
        assert status == 503 or (status == 200 and PAGES[path] in body), (path, status)


def assert_everything_comes_back(server):
    wait_for(lambda: shows_everything(server) and server.status("/healthz") == 200, server)
    assert "Traceback" not in server.log


@pytest.mark.parametrize("lose", few(LOST_CATALOGS.values()), ids=few(LOST_CATALOGS))
def test_no_page_denies_an_article_while_a_lost_catalog_is_filled_again(server, lose):
    assert_everything_comes_back(server)
    with stopped(holders(server, "indexer.lock")[0]):
        lose(server.instance / "catalog.sqlite3")
        assert_every_page_waits(server)
    assert_everything_comes_back(server)


def test_no_page_denies_an_article_while_an_empty_instance_folder_is_filled(server):
    assert_everything_comes_back(server)
    fresh = server.folder / "fresh"
    with file_lock(fresh / "indexer.lock") as lock:  # so no process fills the new catalog
        assert lock
        exchange(fresh, server.instance)
        assert_every_page_waits(server)
    assert_everything_comes_back(server)


def exchange(one: Path, other: Path) -> None:
    """Swaps two folders; at every moment there is one at each path (renameat2(2), RENAME_EXCHANGE)."""
    here, exchanging = -100, 2
    result = ctypes.CDLL(None, use_errno=True).renameat2(here, bytes(one), here, bytes(other), exchanging)
    assert result == 0, os.strerror(ctypes.get_errno())


@pytest.mark.parametrize("lose", LOST_FOLDERS.values(), ids=LOST_FOLDERS.keys())
def test_no_page_denies_an_article_while_a_lost_instance_folder_is_made_again(server, lose):
    assert_everything_comes_back(server)
    made_again = server.log.count("was deleted or moved while in use")
    lose(server.instance)
    wait_for(lambda: shows_everything(server) and server.log.count("was deleted or moved") > made_again, server)
    assert_everything_comes_back(server)


@long_form
def test_a_web_process_that_starts_while_the_indexing_one_has_stalled_answers(tmp_path):
    server = Server(tmp_path)
    server.publish("rain")
    try:
        with file_lock(server.instance / "indexer.lock") as lock:  # nobody fills the catalog, and nobody beats
            assert lock
            server.begin()
            wait_for(lambda: server.status("/healthz") == 503, server)
            status, _, fields = server.request("/a/rain")
            assert status == 503
            assert int(fields["Retry-After"]) > 0
        wait_for(lambda: server.status("/a/rain") == 200, server)
    finally:
        server.stop()


def test_a_server_answers_503_while_a_first_scan_takes_long(tmp_path):
    """The test holds the place of the process that reads the folder, and says that it needs an hour."""
    server = Server(tmp_path, workers=1)
    server.publish("rain")
    lock = server.instance / "indexer.lock"
    try:
        with file_lock(lock):
            Heartbeat(lock).beat(3600)
            server.begin()
            wait_for(lambda: server.status("/healthz") == 503, server)
            assert server.request("/")[0] == server.request("/a/rain")[0] == 503
            assert server.request("/")[2]["Retry-After"]
        wait_for(server.answers, server)
        assert server.status("/a/rain") == 200
    finally:
        server.stop()
