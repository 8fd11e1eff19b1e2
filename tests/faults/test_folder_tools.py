"""What ordinary tools do to the folder while the server runs: nothing answers other than 200, nothing is announced."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Server, running, wait_for
from waiting import LIMIT_SECONDS

NAMES = [f"story{number}" for number in range(12)]
LOOKED_AT = ("/", "/atom.xml", "/a/story0", "/a/story1", "/a/story11")
BETWEEN_SECONDS = 1.0
"""Some passes see the state in between."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("tools"), workers=1)
    (server.folder / "articles" / "news").mkdir()
    for name in NAMES:
        server.publish(f"news/{name}", f"正文{name}。")
    with running(server):
        wait_for(lambda: all(server.status(f"/a/{name}") == 200 for name in NAMES), server)
        yield server


@pytest.fixture
def news(server) -> Path:
    return server.folder / "articles" / "news"


@pytest.fixture
def never_away(server):
    """Asks for pages all the time; at the end, every answer was 200 and no feed announced a removal."""
    stop, wrong = threading.Event(), list[tuple[str, int]]()

    def ask() -> None:
        while not stop.is_set():
            wrong.extend((path, status) for path in LOOKED_AT if (status := server.status(path)) != 200)
            time.sleep(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    yield
    stop.set()
    thread.join()
    assert wrong == []
    assert "deleted-entry" not in server.get("/atom.xml")[1].decode()
    assert "Traceback" not in server.log
    assert all(server.status(f"/a/{name}") == 200 for name in NAMES)


def says(server: Server, name: str, text: str) -> Callable[[], bool]:
    return lambda: text in server.get(f"/a/{name}")[1].decode()


def entries(server: Server) -> set[str]:
    return set(re.findall(r"<entry\b.*?</entry>", server.get("/atom.xml")[1].decode(), re.DOTALL))


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, timeout=LIMIT_SECONDS)


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_git_checkout_of_another_branch_and_back(server, news, never_away):
    git(news, "init")
    git(news, "add", "-A")
    git(news, "commit", "-m", "one")
    git(news, "checkout", "-b", "other")
    (news / "story0.md").unlink()
    (news / "story1.md").write_text((news / "story1.md").read_text("utf-8") + "\n另一支。\n", "utf-8")
    git(news, "commit", "-am", "two")
    wait_for(says(server, "story1", "另一支"), server)
    git(news, "checkout", "main")
    wait_for(lambda: not says(server, "story1", "另一支")(), server)
    shutil.rmtree(news / ".git")


def test_an_archive_unpacked_over_the_folder(server, news, never_away):
    archive = shutil.make_archive(str(server.folder / "news"), "zip", news)
    for _ in range(3):
        for path in sorted(news.glob("*.md")):  # as unzip -o and tar do: removed, then written with its old time
            path.unlink()
            shutil.unpack_archive(archive, news)
        time.sleep(BETWEEN_SECONDS)


def test_rsync_with_delete_of_what_it_has_just_written(server, news, never_away):
    for number in range(12):
        path = news / f"story{number}.md"
        temporary = news / f".{path.name}.Ab12Cd"
        shutil.copy2(path, temporary)
        time.sleep(0.1)
        temporary.replace(path)


def test_new_times_and_rights_of_all_files_are_no_news_to_feeds(server, news, never_away):
    before = entries(server)
    for change in (os.utime, lambda path: path.chmod(0o640)):
        for path in news.glob("*.md"):
            change(path)
        time.sleep(BETWEEN_SECONDS)
    (news / "broken.md").write_text("---\npublished: nonsense\n---\nx", "utf-8")
    wait_for(lambda: "broken.md" in server.log, server)
    assert before
    assert entries(server) == before


def test_two_files_swap_their_contents_without_new_sizes_or_times(server, news, never_away):
    one, other = (news / f"story{number}.md" for number in (2, 3))
    when = time.time() - 3600
    for path in (one, other):
        os.utime(path, (when, when))
    first, second = one.read_bytes(), other.read_bytes()
    for path, content in ((one, second), (other, first)):
        path.write_bytes(content)
        os.utime(path, (when, when))
    wait_for(says(server, "story2", "正文story3"), server)
    wait_for(says(server, "story3", "正文story2"), server)


def test_a_folder_is_replaced_by_a_file_of_its_name_and_comes_back(server, news, never_away):
    aside = server.folder / "aside"
    news.rename(aside)
    news.write_text("x", "utf-8")
    time.sleep(BETWEEN_SECONDS)
    news.unlink()
    aside.rename(news)
    server.publish("news/after-file")
    wait_for(lambda: server.status("/a/after-file") == 200, server)


def test_a_file_is_emptied_and_filled_again_in_place(server, news, never_away):
    path = news / "story4.md"
    content = path.read_bytes()
    path.write_bytes(b"")
    wait_for(lambda: "story4.md: " in server.log, server)
    assert says(server, "story4", "正文story4")()
    path.write_bytes(content + "再写。\n".encode())
    wait_for(says(server, "story4", "再写"), server)


def test_a_file_that_is_written_in_pieces_is_complete_in_the_end(server, news, never_away):
    path = news / "story5.md"
    for number in range(20):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n第{number}段。\n")
        time.sleep(0.05)
    wait_for(says(server, "story5", "第19段"), server)


def test_a_draft_that_is_written_with_pauses_is_never_public(server, news, never_away):
    path = news / "secret.md"
    with path.open("w", encoding="utf-8") as file:
        for line in ("---\n", "title: 密\n", "published: 2026-05-01\n", "draft: true\n", "---\n", "密文。\n"):
            file.write(line)
            file.flush()
            time.sleep(0.5)
            assert server.status("/a/secret") == 404


def test_a_copy_of_the_folder_within_itself_and_500_levels_change_nothing(server, news, never_away):
    shutil.copytree(news, news / "copy")
    deep = news
    for _ in range(500):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "deep.md").write_text("---\ntitle: 深\npublished: 2026-05-01\n---\n深。\n", "utf-8")
    wait_for(lambda: server.status("/a/deep") == 200, server)
    shutil.rmtree(news / "copy")
    subprocess.run(["rm", "-rf", news / "d"], check=True)
