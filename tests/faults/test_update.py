"""An update of Reader while it serves: the new code makes the catalog anew, and no page denies an article."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from faults.running import Server, running, wait_for
from long_forms import few

from reader.library.file_reader_pool import code_fingerprint
from reader.settings import ROOT

PAGES = {"/": b"s0", "/a/s7": b"s7", "/feed.xml": b"s0", "/search?q=s7": b"/a/s7", "/sitemap-2026-05.xml": b"s7"}


def copied_code(folder):
    code = folder / "code"
    shutil.copytree(ROOT / "reader", code / "reader")  # with what was compiled
    shutil.copytree(ROOT / "templates", code / "templates")
    shutil.copytree(ROOT / "static", code / "static")
    return code


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path, code=copied_code(tmp_path))
    for n in range(20):
        found.publish(f"s{n}")
    with running(found):
        yield found


def shows_everything(server) -> bool:
    statuses = set()
    for path, content in PAGES.items():
        status, body, _ = server.request(path, Authorization="Basic eDp5")
        assert status == 503 or (status == 200 and content in body), (path, status)
        statuses.add(status)
    return statuses == {200}


def change_the_tables(server) -> None:
    """The name of the tables' version is a hash of the code that fills them."""
    with (server.code / "reader/catalog/rows.py").open("a") as file:
        file.write("\n# another version\n")


def test_a_reload_after_an_update_fills_a_new_catalog_and_denies_no_article(server):
    before = set(server.web_processes())
    change_the_tables(server)
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: shows_everything(server) and not before & set(server.web_processes()), server, longest_pause=0.02)
    server.publish("after")
    wait_for(lambda: server.status("/a/after") == 200, server)
    assert "could not start" not in server.log
    assert "is set aside as" not in server.log
    assert "Traceback" not in server.log


def test_the_old_version_goes_on_if_the_new_one_does_not_start(server):
    change_the_tables(server)
    with (server.code / "reader/library/watcher.py").open("a") as file:
        file.write("\n\ndef watch_and_index(settings, *_):\n    import os\n    os._exit(1)\n")
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "could not start" in server.log, server)
    wait_for(lambda: "this one continues" in server.log and shows_everything(server), server)


def test_a_server_goes_on_with_its_own_templates_while_an_update_replaces_them(server):
    assert server.status("/feed.xml") == 200  # some templates were used before, others not
    for template in (server.code / "templates").rglob("*.*"):
        template.write_text("{{ only.the_new_code_knows_this }}")
    server.publish("after")  # and so the caches of pages are empty
    wait_for(lambda: server.status("/a/after") == 200, server)
    pages = [
        "/",
        "/a/s7",
        "/feed.xml",
        "/atom.xml",
        "/search?q=s7",
        "/preferences",
        "/feeds",
        "/offline",
        "/opds",
        "/d/",
    ]
    pages += ["/sitemap-2026-05.xml", "/opensearch.xml", "/a/s7/share"]
    assert {page: status for page in pages if (status := server.status(page)) >= 500} == {}
    assert server.status("/nothing") == 404
    assert "Traceback" not in server.log


@pytest.mark.parametrize("reloads", few([True, False]), ids=few(["reloaded", "forked"]))
def test_a_server_goes_on_with_its_own_modules_while_an_update_replaces_them(tmp_path, reloads):
    """Many are imported by the first request that needs them."""
    token = "a-token-of-the-desk-for-this-test"
    environment = {"READER_EDITOR_TOKEN": token, "READER_COMMENTS": "open"}
    server = Server(tmp_path, workers=1, code=copied_code(tmp_path), environment=environment)
    server.publish("s7")
    with running(server):
        before = server.web_processes() if reloads else []
        if reloads:
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: not set(before) & set(server.web_processes()) and server.status("/healthz") == 200, server)
        for module in (server.code / "reader").rglob("*.py"):
            module.write_text("raise ImportError(f'{__name__} is that of the update')\n")
        pages = ["/a/s7", "/a/s7/comments", "/a/s7.md", "/a/s7.txt", "/feed.xml", "/search?q=s7", "/metrics", "/editor"]
        assert {page: status for page in pages if (status := server.status(page)) != 200} == {}
    imported = re.findall(r"(reader\.[\w.]+) is that of the update", server.log)
    assert imported == []


CHILDREN_OF_AN_UPDATED_SERVER = """
import sys
from pathlib import Path
from reader.child_process.parent import ChildProcess, Limits
from reader.library.file_reader_pool import FileReader, code_fingerprint
from reader.models import Article
from reader.server.loaded_application import LoadedApplication
from reader.settings import Settings
settings = Settings(articles=Path.cwd() / "articles", instance=Path.cwd() / "instance")
LoadedApplication(settings)
texts = {"rain.md": "# 大雨\\n", "rain.adoc": "= 大雨\\n\\n今天下雨。\\n", "rain.org": "#+TITLE: 大雨\\n\\n今天下雨。\\n"}
settings.articles.mkdir()
for name, text in texts.items():
    (settings.articles / name).write_text(text)
files = FileReader(settings)
read = list(files.read({"rain.md": ""}))
for path in (*Path("reader").rglob("*.py"), *Path("reader").rglob("*.txt")):
    path.write_text("raise ImportError(f'{__name__} is that of the update')\\n")
read += files.read({"rain.adoc": "", "rain.org": ""})  # the modules of these formats are imported by their first files
assert all(isinstance(file.result, Article) for file in read), read
for program in sys.argv[1:]:
    with ChildProcess([sys.executable, "-m", program], Limits(memory_mb=2000)) as child:
        assert child.request("", 60) == "", program
print(code_fingerprint())
"""


def test_child_processes_run_the_code_of_their_parent_while_an_update_replaces_it(tmp_path):
    code = copied_code(tmp_path)
    programs = [
        *("reader.editing.editor_child", "reader.jobs.share_cards_and_covers", "reader.library.file_reader_child"),
        *("reader.media.renditions", "reader.publication_history.database_writer_child"),
        "reader.webmentions.page_child",
    ]
    done = subprocess.run(
        [sys.executable, "-c", CHILDREN_OF_AN_UPDATED_SERVER, *programs],
        cwd=code,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = done.stdout.split()
    assert told == [code_fingerprint()], done.stderr  # that of the old code: the new one reads all files again


def test_a_server_goes_on_with_its_own_static_files_while_an_update_replaces_them(server):
    icon = re.search(r'"src": ?"(/static/[^"]+)"', server.get("/manifest.webmanifest")[1].decode())[1]
    paths = [icon, "/favicon.ico", "/apple-touch-icon.png"]
    before = [
        (ROOT / "static" / name).read_bytes()
        for name in (icon.split("/", 3)[3], "icons/favicon.ico", "icons/touch.png")
    ]
    for number, file in enumerate(sorted((server.code / "static").rglob("*.*"))):
        if number % 2:
            file.unlink()
        else:
            file.write_bytes(b"of the update")
    shutil.rmtree(server.code / "static" / "icons")
    assert [server.get(path) for path in paths] == [(200, content) for content in before]
    page = server.get("/a/s7")[1]
    assert b"of the update" not in page
    assert b"<style>" in page
    assert server.request(icon)[2]["Cache-Control"] == "max-age=315360000, public, immutable"
    assert "Traceback" not in server.log

    of_another_build = "/static/0123456789abcdef/icons/192.png"
    status, content, headers = server.request(of_another_build)
    assert (status, content) == (200, before[0])
    assert headers["Cache-Control"] == "public, max-age=300"
    assert server.status("/static/0123456789abcdef/none.png") == 404
    assert server.status("/static/0123456789abcdef/../icons/192.png") == 404


def test_a_web_process_is_forked_until_an_update_replaces_files_and_then_loads_them_all(server):
    assert {program_of(process) for process in server.web_processes()} == {program_of(server.process.pid)}
    replace_first(server)
    assert {program_of(process) for process in server.web_processes()} == {program_of(server.process.pid)}
    with (server.code / "templates" / "base.html").open("a") as file:
        file.write("<!-- another version -->")
    replace_first(server)
    programs = [program_of(process) for process in server.web_processes()]
    assert len([program for program in programs if b"reader.server.web_process" in program]) == 1
    server.publish("after")
    wait_for(lambda: server.status("/a/after") == 200, server)


def program_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def replace_first(server) -> None:
    victim = server.web_processes()[0]
    started = server.log.count("Started worker")
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: server.log.count("Started worker") > started and len(server.web_processes()) == 2, server)
