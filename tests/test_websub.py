"""WebSub end to end: our feeds, the hub of flask-websub, and a subscriber, over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from feed_site import FeedSite, feed_site, items_of, text_of
from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage
from flask_websub.subscriber import discover
from serving import free_port, serving
from waiting import LIMIT_SECONDS, wait_for
from werkzeug.serving import make_server

from reader.feeds import FEEDS
from reader.feeds.websub import WebSubPublisher

SECRET = "电子报".encode()


class AtOnce:
    """What flask-websub needs of Celery, its task queue: a task that runs in a thread instead."""

    def task(self, **options: object) -> Callable[[Callable[..., object]], AtOnce._Task]:
        return lambda work: self._Task(work, bool(options.get("bind")))

    class _Task:
        def __init__(self, work: Callable[..., object], is_bound: bool) -> None:
            self._work, self._before = work, (self,) if is_bound else ()

        def delay(self, *arguments: object) -> None:
            threading.Thread(target=self._work, args=(*self._before, *arguments)).start()


class Subscriber:
    """Confirms subscriptions and keeps what is delivered: (body, signature)."""

    def __init__(self) -> None:
        self.delivered: list[tuple[bytes, str]] = []
        self.confirmed: list[str] = []

    def handler(subscriber) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (``self`` is the handler's)
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                subscriber.confirmed += asked["hub.topic"]
                self._say(asked["hub.challenge"][0].encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                subscriber.delivered.append((body, self.headers["X-Hub-Signature"]))
                self._say(b"")

            def _say(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class Ear(BaseHTTPRequestHandler):
    """A hub that only listens: the topics it is told of."""

    heard: list[dict[str, list[str]]]

    def do_POST(self) -> None:
        self.heard.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Moody(Ear):
    """A hub that answers each request by *answer*, which gets the topic and writes the response."""

    answer: Callable[[BaseHTTPRequestHandler, str], None]

    def do_POST(self) -> None:
        self.heard.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        type(self).answer(self, self.heard[-1]["hub.topic"][0])


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **fields: str) -> None:
    handler.send_response(status)
    for name, value in fields.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    with suppress(OSError):  # nobody reads it
        handler.wfile.write(body)


@contextmanager
def moody(answer: Callable[[BaseHTTPRequestHandler, str], None]) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """(the address of a hub that answers so, what it was told)."""
    listener = type("Listener", (Moody,), {"heard": [], "answer": staticmethod(answer)})
    with running(ThreadingHTTPServer(("127.0.0.1", 0), listener)) as url:
        yield f"{url}/", listener.heard


@contextmanager
def running(server) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    app = Flask("hub")
    app.config["PUBLISH_SUPPORTED"] = True
    storage = SQLite3HubStorage(str(tmp_path / "hub.sqlite3"))
    hub = Hub(storage, AtOnce(), BACKOFF_BASE=0.1)
    app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
    with running(make_server("127.0.0.1", 0, app, threaded=True)) as url:
        yield f"{url}/hub"


@pytest.fixture
def ear() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    listener = type("Listener", (Ear,), {"heard": []})
    with running(ThreadingHTTPServer(("127.0.0.1", 0), listener)) as url:
        yield f"{url}/", listener.heard


def eventually(is_true: Callable[[], object]) -> bool:
    return bool(wait_for(is_true))


def herald_of(site: FeedSite, hub: str) -> WebSubPublisher:
    return WebSubPublisher(site.services.catalog, site.url, hub, tuple(FEEDS), pause_seconds=0.01)


def topics(heard: list[dict[str, list[str]]]) -> set[str]:
    return {topic for form in heard for topic in form["hub.topic"]}


@pytest.mark.parametrize("name", ["feed.xml", "atom.xml", "feed.json"])
def test_u03_a_subscriber_is_delivered_what_is_new_signed(tmp_path: Path, hub: str, name: str) -> None:
    port, subscriber = free_port(), Subscriber()
    with (
        feed_site(tmp_path, port=port, base_url=f"http://127.0.0.1:{port}", websub_hub=hub) as site,
        running(ThreadingHTTPServer(("127.0.0.1", 0), subscriber.handler())) as callback,
    ):
        site.drop("one.md", text_of(1))
        publisher = herald_of(site, hub)
        publisher.publish(threading.Event())
        found = discover(f"{site.url}/{name}", timeout=LIMIT_SECONDS)
        assert found == {"hub_url": hub, "topic_url": f"{site.url}/{name}"}
        form = {
            "hub.mode": "subscribe",
            "hub.topic": found["topic_url"],
            "hub.callback": f"{callback}/",
            "hub.secret": SECRET,
        }
        with urlopen(hub, urlencode(form).encode(), timeout=LIMIT_SECONDS) as answer:
            assert answer.status == 202
        assert eventually(lambda: subscriber.confirmed == [found["topic_url"]])
        assert eventually(lambda: _subscriptions(tmp_path) == 1)
        site.drop("two.md", text_of(2))
        assert found["topic_url"] in publisher.publish(threading.Event())
        assert eventually(lambda: subscriber.delivered)
        body, signature = subscriber.delivered[0]
        assert [item.id.rpartition("/")[2] for item in items_of(name, body)] == ["two", "one"]
        assert signature == "sha512=" + hmac.new(SECRET, body, hashlib.sha512).hexdigest()


def _subscriptions(folder: Path) -> int:
    with sqlite3.connect(folder / "hub.sqlite3") as storage:
        (count,) = storage.execute("SELECT count(*) FROM hub").fetchone()
    storage.close()
    return count


def test_u03_the_hub_stands_in_header_and_body_of_live_feeds_only(tmp_path: Path) -> None:
    with feed_site(tmp_path, websub_hub="https://hub.example/") as site:
        for number in range(26):
            site.drop(f"n{number}.md", text_of(number))
        for name in FEEDS:
            live, piece = site.get(f"/{name}"), site.get(f"/{name}?piece=1")
            assert '<https://hub.example/>; rel="hub"' in live["link"]
            assert b"https://hub.example/" in live.body
            assert "hub" not in piece["link"]
            assert b"hub.example" not in piece.body


def test_u03_no_hub_is_named_where_none_is_set(tmp_path: Path) -> None:
    with feed_site(tmp_path) as site:
        site.drop("one.md", text_of(1))
        assert all("hub" not in site.get(f"/{name}")["link"] for name in FEEDS)
        assert all(b'"hub' not in site.get(f"/{name}").body for name in FEEDS)


def test_u03_only_feeds_that_changed_are_told_and_each_under_both_names(tmp_path: Path, ear) -> None:
    address, heard = ear
    with feed_site(tmp_path) as site:
        site.drop("one.md", text_of(1))
        site.drop("other.md", "---\ntitle: 别的\npublished: 2026-05-01\nsection: 别处\n---\n\n别的事。\n")
        publisher = herald_of(site, address)
        publisher.publish(threading.Event())
        heard.clear()
        assert publisher.publish(threading.Event()) == []
        site.drop("one.md", text_of(1).replace("政协工作之1", "政协工作之一"))
        publisher.publish(threading.Event())
    told = topics(heard)
    assert {f"{site.url}/{name}" for name in FEEDS} <= told
    assert f"{site.url}/t/%E6%94%B9%E9%9D%A9/feed.xml" in told
    assert not any("%E5%88%AB%E5%A4%84" in topic for topic in told)
    assert all(form["hub.mode"] == ["publish"] and form["hub.url"] == form["hub.topic"] for form in heard)


def test_u03_the_hub_is_told_once_a_lost_catalog_is_filled_again(tmp_path: Path, ear) -> None:
    address, heard = ear
    with feed_site(tmp_path) as site:
        changed, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=herald_of(site, address).run, args=(changed, stop))
        site.services.settings.catalog.unlink()
        thread.start()
        changed.set()
        try:
            assert eventually(lambda: changed.is_set() is False)
            assert heard == []
            site.drop("one.md", text_of(1))
            assert eventually(lambda: f"{site.url}/feed.xml" in topics(heard))
        finally:
            stop.set()
            thread.join()


def test_u03_a_hub_that_is_down_harms_nothing_and_is_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with feed_site(tmp_path) as site:
        site.drop("one.md", text_of(1))
        nowhere = f"http://127.0.0.1:{free_port()}/"
        assert herald_of(site, nowhere).publish(threading.Event()) == []
    assert nowhere in caplog.text


@pytest.mark.parametrize("status", [302, 408, 429, 500, 503])
def test_a_hub_that_fails_is_asked_once_at_a_time_and_is_told_of_every_feed_when_it_answers_again(
    tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    fails = [True]
    with (
        feed_site(tmp_path) as site,
        moody(lambda hub, _: say(hub, status if fails[0] else 202, Location="/elsewhere")) as (address, heard),
    ):
        site.drop("one.md", text_of(1))
        publisher = WebSubPublisher(site.services.catalog, site.url, address, tuple(FEEDS), pause_seconds=3600)
        assert publisher.publish(threading.Event()) == []
        assert len(heard) == 1  # the others would fare no better
        site.drop("two.md", text_of(2))
        assert publisher.publish(threading.Event()) == []
        assert len(heard) == 1  # and not before the pause is over
        fails[0], publisher._retry_at = False, 0.0
        accepted = publisher.publish(threading.Event(), is_changed=False)
        assert {f"{site.url}/{name}" for name in FEEDS} <= set(accepted)
        assert len(accepted) == len(set(accepted)) == len(heard) - 1  # each once, though it changed twice
        assert publisher.publish(threading.Event()) == []
    assert len([record for record in caplog.records if address in record.message]) == 1


def test_a_hub_that_has_taken_nothing_for_a_day_is_left_in_peace_until_the_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("reader.feeds.websub.GIVE_UP_SECONDS", 0.0)
    with feed_site(tmp_path) as site, moody(lambda hub, _: say(hub, 500)) as (address, heard):
        site.drop("one.md", text_of(1))
        publisher = herald_of(site, address)
        publisher.publish(threading.Event())
        wait_for(lambda: publisher.publish(threading.Event(), is_changed=False) == [] and not publisher._queue)
        asked = len(heard)
        publisher._retry_at = 0.0
        publisher.publish(threading.Event())
        assert len(heard) == asked
        site.drop("one.md", text_of(1).replace("政协工作之1", "政协工作之一"))
        publisher.publish(threading.Event())
        assert len(heard) == asked + 1
    assert "feeds are dropped" in caplog.text


def test_a_hub_that_gives_each_feed_another_reason_is_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with feed_site(tmp_path) as site, moody(lambda hub, topic: hub.send_error(400, topic)) as (address, heard):
        site.drop("one.md", text_of(1))
        assert herald_of(site, address).publish(threading.Event()) == []
    assert len(topics(heard)) > 2
    assert len([record for record in caplog.records if address in record.message]) == 1


def test_a_feed_that_the_hub_refuses_keeps_no_other_feed_back_and_is_refused_three_times(tmp_path: Path) -> None:
    with feed_site(tmp_path) as site:
        refused = f"{site.url}/atom.xml"
        with moody(lambda hub, topic: say(hub, 403 if topic == refused else 204)) as (address, heard):
            site.drop("one.md", text_of(1))
            publisher = herald_of(site, address)
            accepted = publisher.publish(threading.Event())
            assert {f"{site.url}/feed.xml", f"{site.url}/feed.json"} <= set(accepted)
            wait_for(lambda: publisher.publish(threading.Event(), is_changed=False) == [] and not publisher._queue)
            assert [form["hub.topic"] for form in heard].count([refused]) == 3
            assert len(heard) == len(accepted) + 3


@pytest.mark.parametrize(
    ("body", "fields"),
    [(b"x" * 3_000_000, {}), (b"not brotli", {"Content_Encoding": "br"}), (b"x", {"Content_Encoding": "zstd, exi"})],
    ids=["large", "damaged", "in an unknown coding"],
)
def test_what_the_hub_writes_in_its_answer_does_not_matter(tmp_path: Path, body: bytes, fields: dict[str, str]) -> None:
    with feed_site(tmp_path) as site, moody(lambda hub, _: say(hub, 200, body, **fields)) as (address, heard):
        site.drop("one.md", text_of(1))
        assert f"{site.url}/feed.xml" in herald_of(site, address).publish(threading.Event())
        assert len(heard) == len(topics(heard))


def test_the_hub_is_told_of_articles_that_are_not_among_the_latest(tmp_path: Path, ear) -> None:
    address, heard = ear
    with feed_site(tmp_path) as site:
        for number in range(30):
            site.drop(f"n{number}.md", text_of(number))
        publisher = herald_of(site, address)
        publisher.publish(threading.Event())
        old = "---\ntitle: 旧闻\npublished: 1999-05-01\nsection: 档案\ntags: [往事]\n---\n\n旧事。\n"
        for change in (lambda: site.drop("old.md", old), lambda: site.remove("old.md")):
            heard.clear()
            change()
            publisher.publish(threading.Event())
            assert f"{site.url}/s/%E6%A1%A3%E6%A1%88/feed.xml" in topics(heard)
            assert f"{site.url}/t/%E5%BE%80%E4%BA%8B/atom.xml" in topics(heard)
            assert f"{site.url}/t/%E6%94%B9%E9%9D%A9/feed.xml" not in topics(heard)


def test_u03_a_running_server_tells_the_hub_by_itself(settings, drop, ear, monkeypatch: pytest.MonkeyPatch) -> None:
    address, heard = ear
    monkeypatch.setitem(os.environ, "READER_WEBSUB_HUB", address)
    monkeypatch.setitem(os.environ, "READER_BASE_URL", "https://news.example")
    drop("one.md", text_of(1))
    with serving(settings):
        assert eventually(lambda: "https://news.example/feed.xml" in topics(heard))
        heard.clear()
        drop("two.md", text_of(2))
        assert eventually(lambda: "https://news.example/by/%E9%AB%98%E5%8E%9F%E9%9B%AA/atom.xml" in topics(heard))
