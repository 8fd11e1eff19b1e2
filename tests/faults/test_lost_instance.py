"""Deleting ``instance/`` loses nothing: real processes, feeds watched all the while. Long form: make test-faults."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import threading
from contextlib import suppress

import pytest
from faults.running import Server, is_alive, running, wait_for
from long_forms import LONG

from reader.feeds import WINDOW

ROUNDS = 60 if LONG else 1


class Subscriber:
    """Reads a feed again and again. ``told`` holds all entries, ids with their dates, and tombstones it ever saw."""

    def __init__(self, server: Server) -> None:
        self.server, self.entries, self.tombstones = server, set[tuple[bytes, ...]](), set[bytes]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        with suppress(OSError):
            status, feed = self.server.get("/atom.xml")
            if status == 200:
                entries = feed.split(b"<entry>")
                self.tombstones |= set(re.findall(rb"<at:deleted-entry[^>]*>", entries[0]))
                self.entries |= {_facts(entry) for entry in entries[1:]}

    def has_seen(self, slug: str) -> bool:
        """Its thread goes on reading: one look may meet a server that is busy."""
        return any(facts[0].endswith(f"/{slug}".encode()) for facts in self.entries)

    def _read(self) -> None:
        while not self._stop.wait(0.05):
            self.look()


def removed_in(tombstone: bytes) -> str:
    return re.search(rb":article/([^\"]+)", tombstone)[1].decode()


def _facts(entry: bytes) -> tuple[bytes, ...]:
    return tuple(re.search(rb"<%s>(.*?)</" % name, entry)[1] for name in (b"id", b"published", b"updated"))


@pytest.fixture
def server(tmp_path):
    return Server(tmp_path, workers=1, environment={"READER_REMOVAL_GRACE_SECONDS": "0"})


def article(server: Server, name: str):
    return server.folder / "articles" / f"{name}.md"


def with_history(server: Server) -> None:
    """One article is removed, one renamed and one corrected."""
    article(server, "s0").unlink()
    article(server, "s1").rename(article(server, "t1"))
    server.publish("s2", "更正：今天下雪。")
    wait_for(lambda: is_as_before(server) and b"\xe9\x9b\xaa" in server.get("/a/s2")[1], server)


def is_as_before(server: Server) -> bool:
    request = server.request("/a/s1")
    return server.status("/a/s0") == 410 and request[0] == 200 and server.status("/a/t1") == 200


def test_subscribers_notice_nothing_when_the_instance_folder_is_deleted(server):
    for number in range(8):
        server.publish(f"s{number}")
    with running(server):
        wait_for(lambda: server.status("/a/s7") == 200, server)
        with_history(server)
        first = Subscriber(server)
        first.look()
        with Subscriber(server) as subscriber:
            shutil.rmtree(server.instance)
            wait_for(lambda: server.answers() and is_as_before(server), server)
            server.publish("s8")
            wait_for(lambda: server.status("/a/s8") == 200, server)
            wait_for(lambda: subscriber.has_seen("s8"), server)
    shutil.rmtree(server.instance)
    with running(server), Subscriber(server) as later:
        wait_for(lambda: server.status("/a/s8") == 200 and is_as_before(server), server)
        wait_for(lambda: later.has_seen("s8"), server)
    assert len(first.tombstones) == 1
    assert subscriber.tombstones == later.tombstones == first.tombstones, "announced once, at one time"
    assert len(first.entries) == 7
    assert len(subscriber.entries) == len(later.entries) == 8, "no entry got another id or another date"
    assert first.entries < subscriber.entries
    assert later.entries == subscriber.entries


def test_what_was_announced_before_a_kill_is_known_after_the_loss_of_the_instance(server):
    """kill -9 of all processes at any moment of a removal, then the folder is deleted: what a subscriber saw stays."""
    seen: set[bytes] = set()
    for number in range(ROUNDS):
        for name in ("keep", f"k{number}", f"m{number}"):
            server.publish(name, f"第 {number} 天，{name}。")
        with running(server):
            wait_for(lambda number=number: server.status(f"/a/m{number}") == 200, server)
            with Subscriber(server) as subscriber:
                article(server, f"k{number}").unlink()
                threading.Event().wait(random.Random(number).random() * 0.7)
                for pid in [server.process.pid, *server.descendants()]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                wait_for(lambda: not is_alive(server.process.pid))
        seen |= subscriber.tombstones
        shutil.rmtree(server.instance)
        with running(server):
            wait_for(lambda number=number: server.status(f"/a/k{number}") == 410, server)
            subscriber = Subscriber(server)
            subscriber.look()
        told = {removed_in(tombstone) for tombstone in subscriber.tombstones}
        assert told == {f"k{n}" for n in range(max(0, number + 1 - WINDOW), number + 1)}, "the last ones"
        assert {tombstone for tombstone in seen if removed_in(tombstone) in told} <= subscriber.tombstones
