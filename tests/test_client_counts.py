"""The counts of rate limits: the contract of those of one process and of those in a real Redis, for many machines."""

from __future__ import annotations

import signal
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from click.testing import CliRunner

from reader.app import create_app
from reader.cli import main
from reader.errors import BadSetting
from reader.services import build_services
from reader.settings import Settings
from reader.web.limits import shared_counts
from reader.web.limits.client_counts import LocalCounts, Share
from reader.web.limits.rate_limits import ClientLimits
from reader.web.limits.shared_counts import PREFIX, SharedCounts, shared_secret

OWN, NETWORK = Share(b"a", 3), Share(b"b", 5)


@pytest.fixture
def redis_url(redis):
    """The URL of an empty Redis."""
    redis.client.flushall()
    return redis.url


@pytest.fixture(params=["memory", "redis"])
def counts(request):
    return SharedCounts(request.getfixturevalue("redis_url")) if request.param == "redis" else LocalCounts()


def test_what_fits_into_every_share_is_counted_and_what_does_not_costs_nothing(counts):
    assert counts.spend("exports", [OWN, NETWORK], 3) == 0
    assert 0 < counts.spend("exports", [OWN, NETWORK], 1) <= 120
    assert 0 < counts.wait_seconds("exports", [OWN, NETWORK]) <= 120
    other = Share(b"c", 3)
    assert counts.spend("exports", [other, NETWORK], 2) == 0
    assert counts.spend("exports", [other, NETWORK], 1) > 0
    assert [counts.count("exports", share) > 1 for share in (OWN, other, NETWORK)] == [True] * 3
    assert counts.count("searches", OWN) == 0
    assert counts.wait_seconds("searches", [OWN]) == 0


def test_what_is_added_without_a_limit_counts(counts):
    counts.add("work", [OWN], 1_000_000)
    assert counts.spend("work", [OWN], 1) > 0
    assert 0 < counts.count("work", OWN) <= 1_000_000


def test_of_many_requests_at_once_as_many_pass_as_fit(counts):
    with ThreadPoolExecutor(8) as visitors:
        waits = list(visitors.map(lambda _: counts.spend("exports", [OWN, NETWORK], 1), range(24)))
    assert waits.count(0) == OWN.per_minute


def machine(settings, redis_url):
    services = build_services(replace(settings, redis_url=redis_url, trusted_proxies="none", searches_per_minute=3))
    services.library.scan_all()
    client = create_app(services).test_client()
    return lambda word: client.get(f"/search?q={word}", environ_overrides={"REMOTE_ADDR": "203.0.113.7"}).status_code


def test_two_machines_share_a_limit_and_without_redis_each_has_its_own(settings, redis, redis_url, monkeypatch, caplog):
    first, second = machine(settings, redis_url), machine(settings, redis_url)
    assert [first("a"), second("b"), first("c"), second("d"), first("e")] == [200] * 3 + [429] * 2
    monkeypatch.setattr(shared_counts, "PAUSE_SECONDS", 0.0)
    caplog.clear()
    redis.kill()
    try:
        for ask in (first, second):
            assert [ask(word) for word in "fghi"] == [200] * 3 + [429]
        assert [record.levelname for record in caplog.records] == ["ERROR"] * 2
        assert redis.password not in caplog.text
    finally:
        redis.start()
    caplog.clear()
    assert [first("j"), second("k"), first("l"), second("m")] == [200] * 3 + [429]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2


def test_a_redis_that_is_silent_is_not_asked_again_for_a_while(redis, redis_url, monkeypatch, caplog):
    monkeypatch.setattr(shared_counts, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(shared_counts, "PAUSE_SECONDS", 3600.0)
    counts = SharedCounts(redis_url)
    redis.process.send_signal(signal.SIGSTOP)
    try:
        assert counts.spend("exports", [OWN], 1) == 0
    finally:
        redis.process.send_signal(signal.SIGCONT)
    assert [counts.spend("exports", [OWN], 1) > 0 for _ in range(3)] == [False, False, True]
    assert len(caplog.records) == 1


def test_a_redis_that_can_only_be_read_counts_nothing(redis, redis_url, monkeypatch, caplog):
    monkeypatch.setattr(shared_counts, "PAUSE_SECONDS", 0.0)
    counts = SharedCounts(redis_url)
    redis.client.config_set("min-replicas-to-write", 1)
    try:
        assert [counts.spend("exports", [OWN], 1) > 0 for _ in range(4)] == [False] * 3 + [True]
        assert counts.wait_seconds("exports", [OWN]) > 0
        assert counts.fault().startswith("NOREPLICAS")
    finally:
        redis.client.config_set("min-replicas-to-write", 0)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "answer", [b"+OK\r\n", b"*1\r\n:5\r\n", b"$abc\r\n", b"*1\r\n" * 3000, b"HTTP/1.1 400 Bad\r\n"]
)
def test_a_server_that_is_no_redis_fails_no_request(answer, caplog):
    class Connection(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(65536):
                self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        counts = SharedCounts(f"redis://127.0.0.1:{server.server_address[1]}/0")
        assert counts.fault()
        assert [counts.spend("exports", [OWN], 1) > 0 for _ in range(4)] == [False] * 3 + [True]
        assert (counts.count("exports", OWN), counts.wait_seconds("exports", [OWN]) > 0) == (3, True)
        server.shutdown()
    assert len(caplog.records) == 1


def test_redis_holds_no_address_and_forgets_it_after_two_minutes(redis, redis_url):
    limits = ClientLimits(SharedCounts(redis_url), shared_secret(redis_url))
    limits.spend("exports", 5, "203.0.113.7")
    again = ClientLimits(SharedCounts(redis_url), shared_secret(redis_url))
    assert not again.is_untouched("exports", 5, "203.0.113.7")
    keys = redis.client.keys()
    assert len(keys) == 2
    for key in keys:
        assert key.startswith(PREFIX.encode())
        assert b"203.0.113" not in key
        assert 0 < redis.client.ttl(key) <= 120


def test_doctor_says_whether_redis_counts(redis, redis_url, tmp_path):
    def report(url):
        places = {"READER_ARTICLES": str(tmp_path), "READER_INSTANCE": str(tmp_path / "i"), "READER_REDIS_URL": url}
        return CliRunner().invoke(main, ["doctor"], env={"LC_ALL": "C.UTF-8"} | places).output

    assert f"Redis: redis://127.0.0.1:{redis.port}/0" in report(redis_url)
    wrong = report(redis_url.replace(redis.password, "wrong-password"))
    assert f"redis://127.0.0.1:{redis.port}/0 fails" in wrong
    assert "wrong-password" not in wrong


@pytest.mark.parametrize(
    "url",
    ["localhost:6379", "http://host/", "redis://", "redis://h/x", "redis://h:99999", "unix://", "redis://:hush@h/x"],
)
def test_what_is_no_redis_is_refused(url):
    with pytest.raises(BadSetting, match="READER_REDIS_URL") as refusal:
        Settings.from_environ({"READER_REDIS_URL": url})
    assert "hush" not in str(refusal.value)


def test_without_redis_py_the_setting_is_refused_with_the_command_and_without_the_password(monkeypatch):
    monkeypatch.setattr(shared_counts, "find_spec", lambda _: None)
    with pytest.raises(BadSetting, match=r"requirements-many\.txt") as refusal:
        SharedCounts("redis://:secret@host/0")
    assert "secret" not in str(refusal.value)
