"""Derived databases that break, at rest and while serving: they are set aside and made anew, with one log line."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from faults.running import Server, running, wait_for
from long_forms import few, pairs

from reader.storage.sqlite import wal_of


def overwrite(path: Path) -> None:
    """In place, as a bad disk does: pages in the middle are rubbish."""
    with path.open("r+b") as file:
        file.write(b"this is no database " * (path.stat().st_size // 20))


def replace_by_another(path: Path) -> None:
    beside = path.with_suffix(".other")
    with closing(sqlite3.connect(beside)) as other:
        other.execute("CREATE TABLE meta (x)")
    beside.replace(path)


DAMAGE = {
    "overwritten": overwrite,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "another database": replace_by_another,
    "deleted": lambda path: path.unlink(),
    "replaced by a folder": lambda path: (path.unlink(), path.mkdir()),
    "replaced by a FIFO": lambda path: (path.unlink(), os.mkfifo(path)),
    "replaced by a device": lambda path: (path.unlink(), path.symlink_to("/dev/full")),
    "log replaced by a folder": lambda path: (wal_of(path).unlink(missing_ok=True), wal_of(path).mkdir()),
    "log deleted": lambda path: wal_of(path).unlink(missing_ok=True),
}


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    for n in range(5):
        found.publish(f"s{n}")
    with running(found):
        yield found


def shows_everything(server):
    return server.answers() and all(server.status(f"/a/s{n}") == 200 for n in range(5))


def test_no_article_is_said_to_be_missing_after_instance_was_deleted(server):
    for n in range(300):
        server.publish(f"more{n}")
    wait_for(lambda: server.status("/a/more299") == 200 and server.status("/a/s4") == 200, server)
    gone = server.instance.with_name("gone")
    server.instance.rename(gone)  # at once: while its files are deleted one by one, the server makes it again
    shutil.rmtree(gone, ignore_errors=True)
    seen = set()

    def is_back() -> bool:
        seen.update(server.status(path) for path in ("/a/s0", "/a/more150", "/a/more299"))
        return server.log.count("it was deleted") == 1 and server.status("/healthz") == 200

    wait_for(is_back, server, longest_pause=0.02)
    assert seen <= {200, 503}


@pytest.mark.parametrize("damage", few(DAMAGE.values()), ids=few(DAMAGE))
def test_a_database_that_breaks_while_serving_is_made_anew(server, damage):
    for name in ("jobs.sqlite3", "catalog.sqlite3"):
        wait_for(lambda name=name: (server.instance / name).exists())
        damage(server.instance / name)
        slug = f"after-{name[:4]}"
        server.publish(slug)
        wait_for(lambda slug=slug: shows_everything(server) and server.status(f"/a/{slug}") == 200, server)
        wait_for(lambda slug=slug: server.status(f"/a/{slug}.pdf") == 200, server)  # by a worker: the queue is used
        is_quiet = damage is DAMAGE["log deleted"] or (damage is DAMAGE["deleted"] and name == "jobs.sqlite3")
        assert server.log.count(f"is set aside as {name}.") in ((0, 1) if is_quiet else (1,))
    assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def restarted(tmp_path_factory):
    """A server that the tests stop before they break something, and start again."""
    found = Server(tmp_path_factory.mktemp("restarted"))
    for n in range(5):
        found.publish(f"s{n}")
    with running(found):
        yield found


AT_THE_START = ["overwritten", "truncated", "emptied", "another database", "deleted", "replaced by a folder"]


@pytest.mark.parametrize(("damage", "name"), few(pairs(AT_THE_START, ["catalog.sqlite3", "jobs.sqlite3"]), 2))
def test_a_database_that_is_broken_at_the_start_is_made_anew(restarted, name, damage):
    wait_for(lambda: (restarted.instance / name).exists())
    restarted.stop()
    before, slug = restarted.log, f"{name[:4]}-{damage.replace(' ', '-')}"
    restarted.publish(slug)  # nobody asked for its EPUB before, so the queue is used
    DAMAGE[damage](restarted.instance / name)
    restarted.start()
    wait_for(lambda: shows_everything(restarted), restarted)
    wait_for(lambda: restarted.status(f"/a/{slug}.epub") == 200, restarted)
    said = restarted.log.removeprefix(before)
    assert said.count("is set aside as") <= 1
    assert "Traceback" not in said


def test_history_that_can_be_read_is_taken_along(server):
    (server.folder / "articles/s1.md").rename(server.folder / "articles/renamed.md")
    wait_for(lambda: server.status("/a/renamed") == 200, server)
    wait_for(lambda: b"renamed" in server.get("/a/s1")[1], server)
    server.stop()
    with closing(sqlite3.connect(server.instance / "catalog.sqlite3")) as catalog:
        catalog.execute("DROP TABLE articles")
        catalog.commit()
    server.start()
    wait_for(lambda: server.status("/a/renamed") == 200, server)
    assert server.status("/a/s1") == 200  # redirected
    assert server.log.count("is set aside as") == 1


def test_only_the_newest_broken_files_are_kept(tmp_path):
    from reader.storage.sqlite import KEPT_BROKEN, file_identity, set_aside

    path = tmp_path / "jobs.sqlite3"
    for n in range(KEPT_BROKEN + 2):
        (tmp_path / f"jobs.sqlite3.broken-2026010{n}T000000Z").touch()
    path.touch()
    set_aside(path, file_identity(path), "a test", lambda new, _old: new.touch())
    assert len(list(tmp_path.glob("*.broken-*"))) == KEPT_BROKEN
    assert path.read_bytes() == b""
