"""The folder of ``export --all`` on a host that knows only files: it answers ``/a/rain`` by a redirect to ``/a/rain/``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

from click.testing import CliRunner
from serving import free_port

from reader.cli import main


@contextmanager
def static_host(folder):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", "-b", "127.0.0.1", "-d", folder, str(port)], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/").close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.wait()


def test_what_was_read_on_a_static_host_is_there_without_the_host(browser, tmp_path, monkeypatch):
    article = tmp_path / "articles" / "2026-05-01" / "rain.md"
    article.parent.mkdir(parents=True)
    article.write_text("# 大雨\n\n今天下雨。\n", "utf-8")
    os.utime(article, (1_700_000_000, 1_700_000_000))
    monkeypatch.setenv("READER_ARTICLES", str(tmp_path / "articles"))
    monkeypatch.setenv("READER_INSTANCE", str(tmp_path / "instance"))
    result = CliRunner().invoke(main, ["export", "--all", "-o", str(tmp_path / "public")])
    assert result.exit_code == 0, result.output
    with static_host(tmp_path / "public") as (url, server):
        context = browser.new_context(base_url=url, locale="zh-CN")
        page = context.new_page()
        page.goto("/a/rain")
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_function("navigator.serviceWorker.controller")
        page.wait_for_function("caches.open('kept').then(c => c.keys()).then(k => k.length)")
        server.kill()
        server.wait()
        for address in ("/a/rain", "/a/rain/"):
            page.goto(address)
            assert page.locator("h1").inner_text() == "大雨"
        for address in ("/a/never-read", "/offline", "/offline/"):
            page.goto(address)
            assert page.locator("h1").inner_text() == "已保存的文章"
        context.close()
