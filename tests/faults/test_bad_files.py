"""One bad file, and nothing else suffers: real servers are given files that cost too much, block, or kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from io import BytesIO

import pytest
from PIL import Image
from serving import inherited, serving
from waiting import LIMIT_SECONDS

from reader import urls
from reader.library import file_reader_pool
from reader.library.file_reader_pool import FileReader
from reader.models import Article, Problem
from reader.settings import ROOT

CRASH = """
import os, sys
if "reader.library.file_reader_child" in sys.orig_argv:
    import reader.formats.from_markdown as markdown
    def read(data, read=markdown.read):
        while b"ENDLESS" in data:
            pass
        return os.abort() if b"CRASH" in data else bytes(10**10) if b"HUNGRY" in data else read(data)
    markdown.read = read
"""
"""A parser with bugs: what it does to the process that reads a file with one of these words, native code has done."""

TABLE_BOMB = "# 表\n\n" + "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n" + "|a\n" * 22_000
"""75 KB that become 44 million cells."""


def picture() -> bytes:
    target = BytesIO()
    Image.new("RGB", (400, 300), "red").save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def bad_files(settings, drop, tmp_path, monkeypatch):
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(CRASH)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'hook'}:{ROOT}")
    monkeypatch.setenv("READER_READ_TIMEOUT_SECONDS", "2")
    drop("2026-05-01/control.md", "# 大雨\n\n![图](good.png)\n\n今天下雨。")
    drop("2026-05-01/good.png", picture())
    drop("2026-05-01/bomb.md", TABLE_BOMB)
    drop("2026-05-01/crash.md", "# 坏\n\nCRASH")
    drop("2026-05-01/hungry.md", "# 饿\n\nHUNGRY")
    drop("2026-05-01/endless.md", "# 久\n\nENDLESS")
    drop("2026-05-01/with-fifo.md", "# 管道\n\n![图](x.png)\n\n正文。")
    drop("2026-05-01/with-huge.md", "# 巨图\n\n![图](huge.png)\n\n正文。")
    os.mkfifo(settings.articles / "2026-05-01/x.png")
    os.mkfifo(settings.articles / "2026-05-01/x.md")
    with drop("2026-05-01/huge.png", picture()).open("r+b") as huge:
        huge.truncate(1_500_000_000)
    file_reader_pool._children.end_idle()  # those of other tests, whose parser has no bugs
    yield
    file_reader_pool._children.end_idle()


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=LIMIT_SECONDS) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_service_comes_up_twice_and_the_bad_files_are_listed(settings, bad_files, tmp_path):
    assert 70_000 < len(TABLE_BOMB) < 80_000
    for start in ("first", "second"):
        log = tmp_path / f"{start}.log"
        with serving(settings, log=log) as url:
            found = {name: status_of(url + urls.article(name)) for name in ("control", "with-fifo", "with-huge")}
            assert found == {"control": 200, "with-fifo": 200, "with-huge": 200}
            assert status_of(f"{url}/healthz") == 200
            with urllib.request.urlopen(url + urls.article("control")) as page:
                assert b"/media/" in page.read()
        tried = log.read_text()
        assert ("crash.md" in tried) is (start == "first")
        assert ("hungry.md" in tried) is (start == "first")  # not tried again until it changes
    environment = inherited() | {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    check = subprocess.run([sys.executable, "-m", "reader", "check"], cwd=ROOT, env=environment, capture_output=True)
    listed = check.stderr.decode()
    assert "with-huge.md: picture left out: 2026-05-01/huge.png: too large: 1,500,000,000 bytes" in listed
    assert "with-fifo.md: picture not found: 2026-05-01/x.png" in listed
    assert "2026-05-01/bomb.md" in listed
    assert "2026-05-01/hungry.md: needs more than 512 MB of memory" in listed
    assert "READER_READ_MEMORY_MB" in listed
    assert "2026-05-01/endless.md: needs more than 2 s of processor time" in listed
    assert "READER_READ_TIMEOUT_SECONDS" in listed
    assert "2026-05-01/crash.md: the process died (signal 6)" in listed
    assert "control" not in listed


@contextmanager
def result_of(settings, name: str):
    """The result of a file, or a failure, never an endless wait."""
    found = []
    thread = threading.Thread(target=lambda: found.extend(FileReader(settings).read({name: "stamp"})), daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS)
    assert found, "it blocks"
    yield found[0].result


@pytest.mark.parametrize("suffix", [".md", ".txt", ".html"])
def test_a_fifo_is_no_article_and_never_blocks(settings, suffix):
    settings.articles.mkdir()
    os.mkfifo(settings.articles / f"x{suffix}")
    with result_of(settings, f"x{suffix}") as problem:
        assert isinstance(problem, Problem)
        assert problem.cause == "not a regular file"


def test_a_file_over_its_limit_is_not_read(settings, drop):
    with drop("2026-05-01/a.md", "# a").open("r+b") as file:
        file.truncate(3_000_000_000)
    with result_of(settings, "2026-05-01/a.md") as problem:
        assert str(problem) == (
            "2026-05-01/a.md: too large: 3,000,000,000 bytes; the limit is 2,000,000"
            " (split the file, or raise READER_ARTICLE_LIMIT_MB; to make files of pictures in it: python -m reader import)"
        )


def test_an_article_with_unusable_pictures_is_published_without_them(settings, drop):
    pictures = {"cut.png": picture()[:60], "text.jpg": b"no picture", "empty.gif": b"", "good.png": picture()}
    for name, content in pictures.items():
        drop(f"2026-05-01/{name}", content)
    os.mkfifo(settings.articles / "2026-05-01/fifo.webp")
    (settings.articles / "2026-05-01/folder.png").mkdir()
    (settings.articles / "2026-05-01/loop.png").symlink_to("loop.png")
    names = [*pictures, "fifo.webp", "folder.png", "loop.png", "missing.avif"]
    drop("2026-05-01/a.md", "# 图\n\n" + "\n\n".join(f"![图]({name})" for name in names))
    with result_of(settings, "2026-05-01/a.md") as article:
        assert isinstance(article, Article)
        assert article.body.count("/media/") == 2  # the good one, and the one whose end is missing: its head is whole


def test_among_many_files_only_the_bad_ones_are_problems(settings, drop, bad_files, monkeypatch):
    """Files are read in batches by several children; a batch that ends its child is read again one by one."""
    monkeypatch.setattr(file_reader_pool, "PARALLEL_FROM", file_reader_pool.BATCHED_FROM)
    good = [f"2026-05-02/{n:03}.md" for n in range(100)]
    for name in good:
        drop(name, f"# 大雨\n\n{name}")
    names = [*good[:40], "2026-05-01/crash.md", *good[40:60], "2026-05-01/bomb.md", *good[60:]]
    results = list(FileReader(settings).read(dict.fromkeys(names, "stamp")))
    assert [found.path for found in results] == names
    bad = {found.path for found in results if isinstance(found.result, Problem)}
    assert bad == {"2026-05-01/crash.md", "2026-05-01/bomb.md"}


def test_what_is_read_ahead_is_bounded_in_bytes_as_in_files(settings, drop):
    small, large = [f"2026-05-02/{n:03}.md" for n in range(40)], [f"2026-05-03/{n}.md" for n in range(3)]
    for name in small:
        drop(name, "# 大雨")
    for name in large:
        drop(name, "雨" * 100_000)
    batches = list(FileReader(settings)._batched(dict.fromkeys([*small, *large, "2026-05-04/gone.md"], "stamp")))
    assert [len(batch) for batch in batches] == [32, 8 + 2, 2]
    assert [name for batch in batches for name in batch] == [*small, *large, "2026-05-04/gone.md"]


def test_a_child_that_was_killed_by_others_costs_nothing(settings, drop, tmp_path):
    """By the kernel when memory is short, or by an operator: the file is read once more, with its pictures."""
    drop("2026-05-01/good.png", picture())
    drop("2026-05-01/a.md", "# 图\n\n![图](good.png)")
    reader, killed = FileReader(settings), []
    children = file_reader_pool._children

    class Killing:
        def take(self, *arguments):
            child = children.take(*arguments)
            if not killed:
                killed.append(child.pid)
                os.kill(child.pid, signal.SIGKILL)
            return child

        give_back = staticmethod(children.give_back)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_reader_pool, "_children", Killing())
        (found,) = reader.read({"2026-05-01/a.md": "stamp"})
    assert killed
    assert "/media/" in found.result.body
