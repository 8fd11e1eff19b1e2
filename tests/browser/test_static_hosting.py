"""The folder of ``export --all`` on a host that knows only files: it answers ``/a/rain`` by a redirect to ``/a/rain/``."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from page_waiting import CONTROLLED, new_context, wait_until, wait_until_kept
from waiting import wait_for

from reader.cli import main

OFFLINE = "已保存的文章"


class Host(ThreadingHTTPServer):
    """Files as ``python -m http.server`` serves them, never fresh in a browser's cache, until the network is lost."""

    lost = False
    last = ""
    """The path after whose answer the network is lost."""
    cut = ""
    """The path of which only half comes, before the connection breaks."""
    gone = ""
    """The path of a page that was deleted."""


class Answer(SimpleHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        if self.path == self.server.gone:
            self.send_error(404)
        elif not self.server.lost:
            super().do_GET()
            if self.path == self.server.last:  # an answer that began before it may end after it
                self.server.lost = True
        self.close_connection = True

    def copyfile(self, source, outputfile) -> None:
        content = source.read()
        outputfile.write(content[: len(content) // 2] if self.path == self.server.cut else content)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=0")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What ``export --all`` writes for an issue of two articles."""
    folder = tmp_path_factory.mktemp("static")
    day = folder / "articles" / "2026-05-01"
    day.mkdir(parents=True)
    for name, text in (("rain.md", "# 大雨\n\n今天下雨。\n"), ("bridge.md", "# 大桥\n\n今天通车。\n")):
        (day / name).write_text(text, "utf-8")
        os.utime(day / name, (1_700_000_000, 1_700_000_000))
    environment = {"READER_ARTICLES": str(folder / "articles"), "READER_INSTANCE": str(folder / "instance")}
    result = CliRunner().invoke(main, ["export", "--all", "-o", str(folder / "public")], env=environment)
    assert result.exit_code == 0, result.output
    return folder / "public"


@contextmanager
def visiting(browser, folder, **state: str):
    """The host in this *state*, and the page of a new visitor."""
    host = Host(("127.0.0.1", 0), partial(Answer, directory=str(folder)))
    for name, value in state.items():
        setattr(host, name, value)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    context = new_context(browser, base_url=f"http://127.0.0.1:{host.server_port}", locale="zh-CN")
    try:
        yield host, context.new_page()
    finally:
        context.close()
        host.shutdown()
        host.server_close()


def heading(page, path: str) -> str:
    page.goto(path)
    return page.locator("h1").inner_text()


@pytest.fixture(params=["at any time", "as soon as there is a worker"])
def lost(request, browser, folder) -> Iterator[object]:
    """A page on which one article was read, before the network was lost."""
    soon = request.param.startswith("as soon")
    with visiting(browser, folder, last="/offline/" if soon else "") as (host, page):
        page.goto("/a/rain")
        wait_until(page, CONTROLLED)
        if not soon:
            wait_until_kept(page, "/a/rain/")
            host.lost = True
        wait_for(lambda: host.lost)
        yield page


def test_what_was_read_on_a_static_host_is_there_without_the_host(lost):
    assert [heading(lost, path) for path in ("/a/rain", "/a/rain/")] == ["大雨", "大雨"]
    assert [heading(lost, path) for path in ("/a/never-read", "/offline", "/offline/")] == [OFFLINE] * 3


def text_of(page) -> str:
    """Without what tells how old a copy is, and without the controls that a script shows at the first move of a pointer."""
    page.locator("main [role=status], #say, #mark, #on").evaluate_all("all => all.forEach(one => one.remove())")
    return page.locator("body").inner_text()


def test_a_copy_is_replaced_only_by_a_whole_one(browser, folder):
    with visiting(browser, folder) as (host, page):
        page.goto("/a/rain")
        wait_until_kept(page, "/a/rain/")
        whole = text_of(page)
        host.cut = "/a/rain/"
        page.goto("/a/rain/")
        page.goto("/a/bridge/")
        wait_until_kept(page, "/a/bridge/")
        host.lost = True
        assert heading(page, "/a/rain") == "大雨"
        assert text_of(page) == whole


def test_an_issue_saved_on_a_static_host_can_be_read_without_it(browser, folder):
    with visiting(browser, folder) as (host, page):
        page.goto("/d/2026-05-01/")
        wait_until(page, CONTROLLED)
        page.locator("#save").click()
        page.locator("#save", has_text="已保存").wait_for()
        host.lost = True
        paths = ("/a/rain", "/a/rain/", "/a/bridge", "/d/2026-05-01/")
        assert [heading(page, path) for path in paths] == ["大雨", "大雨", "大桥", "2026年5月1日"]


def results(page, address: str, query: str) -> list[str]:
    """The titles that the search finds, when it has ended."""
    page.goto(f"{address}?q={quote(query)}")
    wait_until(page, "document.getElementById('said').textContent != '正在搜索…'")
    return page.locator("#found h2").all_inner_texts()


def test_articles_are_found_on_a_static_host(browser, folder):
    with visiting(browser, folder) as (host, page):
        for query, titles in (
            ("下雨", ["大雨"]),
            ("今天", ["大桥", "大雨"]),
            ("今天 通车", ["大桥"]),
            ("雨", ["大雨"]),
        ):
            assert sorted(results(page, "/search/", query)) == sorted(titles), query
        assert results(page, "/search/", "没有的词") == []
        assert page.locator("#said").inner_text() == "没有找到相关文章。"
        page.goto("/search")
        page.fill("#q", '"今天下雨"')
        page.press("#q", "Enter")
        page.locator("#found a", has_text="大雨").click()
        assert page.locator("h1").inner_text() == "大雨"
        host.gone = "/a/bridge/"
        assert results(page, "/search/", "今天") == ["大雨"]


def test_articles_are_found_below_a_path_and_without_a_host(browser, folder):
    with visiting(browser, folder.parent) as (_, page):
        assert results(page, f"/{folder.name}/search/", "下雨") == ["大雨"]
        assert page.locator("#found mark").inner_text() == "下雨"
        page.goto((folder / "index.html").as_uri())
        page.goto((folder / "search" / "index.html").as_uri())
        page.fill("#q", "下雨")
        page.press("#q", "Enter")
        assert "可能" in page.locator("#said").inner_text()
        page.locator("#found a", has_text="大雨").click()
        assert page.locator("h1").inner_text() == "大雨"
