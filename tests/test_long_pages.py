"""The pages of long articles take turns, so that a flood of them takes neither the memory nor everybody's time."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace

import pytest

from reader.app import create_app
from reader.chinese import script_conversion
from reader.server.spawn_web_process import MALLOC
from reader.services import build_services
from reader.settings import ROOT
from reader.web.limits import long_page_limits

PARAGRAPH = "河北新闻网讯：今天下雨，记者从气象部门了解到，明天仍有降雨。\n\n"


@pytest.fixture
def ask(settings, drop):
    """``ask(path, address, …)``."""
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    drop("2026-05-01/long.md", "# 长篇\n\n" + PARAGRAPH * (2 * long_page_limits.LONG_CHARACTERS // len(PARAGRAPH)))
    services = build_services(replace(settings, trusted_proxies="none"))
    services.library.scan_all()
    client = create_app(services).test_client(use_cookies=False)

    def ask(path, address, **options):
        return client.get(path, environ_overrides={"REMOTE_ADDR": address}, **options)

    return ask


def test_one_client_asks_for_a_bounded_number_of_long_pages_at_a_time(ask):
    with ExitStack() as held:
        for _ in range(long_page_limits.WAITING_OF_CLIENT):
            assert held.enter_context(long_page_limits._waiting.acquire("203.0.113.7"))
        refused = ask("/a/long", "203.0.113.7")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert ask("/a/rain", "203.0.113.7").status_code == 200
        compressed = {"Accept-Encoding": "br"}
        assert ask("/a/long", "203.0.113.8", headers=compressed).status_code == 200
        assert ask("/a/long", "203.0.113.7", headers=compressed).status_code == 200  # in the response cache by now
    assert ask("/a/long?script=hant", "203.0.113.7").status_code == 200


def test_all_clients_together_ask_for_a_bounded_number_of_long_pages_at_a_time(ask):
    with ExitStack() as held:
        for number in range(long_page_limits.WAITING):
            assert held.enter_context(long_page_limits._waiting.acquire(f"203.0.{number}.7"))
        assert ask("/a/long", "203.0.113.99").status_code == 503
        assert ask("/a/rain", "203.0.113.99").status_code == 200


def test_a_text_is_converted_once_for_a_page_and_not_for_a_page_that_is_held(ask, monkeypatch):
    converted = []
    real = script_conversion.convert_html
    monkeypatch.setattr(
        script_conversion, "convert_html", lambda html, *rest: converted.append(len(html)) or real(html, *rest)
    )
    page = ask("/a/long?script=hant", "203.0.113.7")
    assert len([size for size in converted if size > 0]) == 1
    held = ask(
        "/a/long?script=hant", "203.0.113.7", headers={"If-None-Match": page.headers["ETag"], "Range": "bytes=0-"}
    )
    assert held.status_code == 304
    assert len([size for size in converted if size > 0]) == 1


def test_the_threads_of_a_web_process_share_two_arenas_of_memory():
    """glibc understands the variables that web processes get: a thread that takes memory makes no third arena."""
    code = (
        "import ctypes,threading;"
        "[t.start() or t.join() for t in [threading.Thread(target=ctypes.CDLL(None).malloc,args=(100,)) for _ in range(9)]];"
        "ctypes.CDLL(None).malloc_stats()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=MALLOC, capture_output=True, text=True, check=True)
    assert 1 <= done.stderr.count("Arena ") <= int(MALLOC["MALLOC_ARENA_MAX"])


def test_a_forked_process_with_many_threads_keeps_the_memory_of_two():
    code = (
        "import ctypes, threading; from reader.server.spawn_web_process import Arguments, fork;"
        "libc, together = ctypes.CDLL(None), threading.Barrier(9);"
        "use = lambda: [together.wait(), libc.malloc(100), together.wait()];"
        "threads = [threading.Thread(target=use) for _ in range(9)];"
        "show = lambda _: [*[t.start() for t in threads], *[t.join() for t in threads], libc.malloc_stats()];"
        "child = fork(show, Arguments(), {}); [None for _ in iter(child.poll, 1)]"
    )
    inherited = {name: value for name, value in os.environ.items() if name not in MALLOC}
    done = subprocess.run(
        [sys.executable, "-c", code], env=inherited, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert 1 <= done.stderr.count("Arena ") <= int(MALLOC["MALLOC_ARENA_MAX"])
