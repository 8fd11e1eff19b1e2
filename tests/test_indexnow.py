"""IndexNow: search engines are told of new, changed and withdrawn articles, in batches. Over real HTTP, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from feed_site import feed_site, text_of

from reader.errors import BadSetting
from reader.feeds.indexnow import IndexNowPublisher
from reader.settings import Settings

KEY = "0123456789abcdef"


class Engine:
    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []
        self.status = 200
        self.url = ""

    @property
    def urls(self) -> list[list[str]]:
        return [sorted(one["urlList"]) for one in self.told]


@contextmanager
def running(engine: Engine) -> Iterator[Engine]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json; charset=utf-8"
            engine.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(engine.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    engine.url = f"http://127.0.0.1:{server.server_port}/indexnow"
    try:
        yield engine
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    with running(Engine()) as found:
        yield found


def publisher_of(site, engine: Engine, seconds: float = 0.0) -> IndexNowPublisher:
    return IndexNowPublisher(site.services.catalog, site.url, KEY, engine.url, seconds)


def test_new_changed_and_withdrawn_articles_are_told_in_one_request(tmp_path: Path, engine: Engine) -> None:
    with feed_site(tmp_path) as site:
        site.drop("one.md", text_of(1))
        site.drop("two.md", text_of(2))
        publisher = publisher_of(site, engine)
        publisher.publish()
        engine.told.clear()
        assert publisher.publish() == []
        site.drop("one.md", text_of(1).replace("政协工作之1", "政协工作之一"))
        site.drop("three.md", text_of(3))
        site.remove("two.md")
        publisher.publish()
    [told] = engine.told
    assert sorted(told["urlList"]) == [f"{site.url}/a/{name}" for name in ("one", "three", "two")]
    assert told["host"] == site.url.removeprefix("http://")
    assert (told["key"], told["keyLocation"]) == (KEY, f"{site.url}/{KEY}.txt")


def test_a_draft_is_not_told_until_it_is_public(tmp_path: Path, engine: Engine) -> None:
    with feed_site(tmp_path) as site:
        site.drop("before.md", text_of(9))
        publisher = publisher_of(site, engine)
        publisher.publish()
        engine.told.clear()
        site.drop("one.md", text_of(1).replace("---\n", "---\ndraft: true\n", 1))
        assert publisher.publish() == []
        site.drop("one.md", text_of(1))
        assert publisher.publish() == [f"{site.url}/a/one"]
    assert len(engine.told) == 1


def test_old_articles_are_not_told_at_a_start(tmp_path: Path, engine: Engine) -> None:
    with feed_site(tmp_path) as site:
        site.drop("old.md", text_of(1).replace("published: 2026-", "published: 1999-"))
        assert publisher_of(site, engine).publish() == []


def test_what_changes_within_a_minute_goes_together(tmp_path: Path, engine: Engine) -> None:
    with feed_site(tmp_path) as site:
        site.drop("before.md", text_of(9).replace("published: 2026-", "published: 1999-"))
        publisher = publisher_of(site, engine, seconds=3600)
        publisher.publish()
        site.drop("one.md", text_of(1))
        assert len(publisher.publish()) == 1
        for number in (2, 3):
            site.drop(f"n{number}.md", text_of(number))
            assert publisher.publish() == []
        publisher._next_at = 0.0
        assert publisher.publish(is_changed=False) == [f"{site.url}/a/n2", f"{site.url}/a/n3"]


@pytest.mark.parametrize(("status", "count"), [(429, 2), (500, 2), (403, 1), (422, 1)])
def test_an_engine_that_fails_is_told_again_and_one_that_refuses_is_not(
    tmp_path: Path, engine: Engine, status: int, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    with feed_site(tmp_path) as site:
        site.drop("before.md", text_of(9))
        publisher = publisher_of(site, engine)
        publisher.publish()
        engine.told.clear()
        site.drop("one.md", text_of(1))
        engine.status = status
        assert publisher.publish() == []
        engine.status, publisher._next_at = 200, 0.0
        publisher.publish(is_changed=False)
        assert engine.urls == [[f"{site.url}/a/one"]] * count
    assert f"status {status}" in caplog.text


def test_the_key_is_served_and_only_where_one_is_set(tmp_path: Path) -> None:
    with feed_site(tmp_path / "a", indexnow_key=KEY) as site:
        site.drop("one.md", text_of(1))
        answer = site.get(f"/{KEY}.txt")
        assert (answer.status, answer.body, answer["content-type"]) == (200, KEY.encode(), "text/plain; charset=utf-8")
    with feed_site(tmp_path / "b") as site:
        site.drop("one.md", text_of(1))
        assert site.get(f"/{KEY}.txt").status == 404


@pytest.mark.parametrize("key", ["short", "with space1", "../../etc/passwd", "x" * 129, "ключ-ключ"])
def test_a_key_that_is_none_ends_the_start(key: str) -> None:
    with pytest.raises(BadSetting, match="8 to 128"):
        Settings.from_environ({"READER_INDEXNOW_KEY": key})
