"""The walk of the articles folder: files that are read, files that are ignored, problems; no error stops it."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import PurePosixPath

import pytest

from reader.errors import NotImported
from reader.formats import read_draft
from reader.importing import duplicates
from reader.importing.duplicates import scan
from reader.library.author_files import with_names
from reader.library.directory_walk import EntryKind, find_root, walk
from reader.library.file_reader_child import read_files
from reader.library.skipped_names import reason_to_skip_file, reason_to_skip_folder
from reader.storage.regular_files import open_real

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n"

LEFT_OUT = [
    "ok.bak.md", "ok.orig.md", "ok.md.orig", "ok.md.bak", "ok.md~", "#ok.md#", "~$ok.md", "~ok.html", "_x.md",
    "ok.sync-conflict-20260501-060000-ABCDEFG.md", "ok_conflict-20260501-060000.md", "ok_BACKUP_4711.md",
    "ok (conflicted copy 2026-05-01 060000).md", "ok (Wang's conflicted copy 2026-05-01).md",
    "ok (小王的冲突副本 2026-05-01).md", "ok（冲突副本）.txt", "ok (case conflict).md",
    "a - 副本.md", "a - 副本 (2).md", "a 副本.md", "a的副本.md", "a 副本 2.md", "a(副本).md", "a（复件）.md", "副本 a.md", "复件 a.md",
    "a - Copy.md", "a - Copy (2).md", "a copy.md", "a copy 2.md", "a (copy).md", "a (another copy).md", "a (3rd copy).md",
    "Copy of a.html", "Copy (2) of a.html",
]  # fmt: skip
READ = [
    "ok.md", "how-to-copy.md", "copyright.md", "copy.md", "backup.md", "魔兽世界副本.md", "冲突.md", "old.md", "origin.md", "a (2).md",
    "photocopy.md", "local.base.md", "2026-05-01-rain.md", "复刻.md", "x_1.md", "conflict.md", "c#.md",
]  # fmt: skip


def found(settings, under: str = "") -> dict[str, EntryKind]:
    entries = walk(find_root(settings.articles), under)
    return {entry.path: entry.kind for entry in entries if entry.kind is not EntryKind.FOLDER}


def causes(settings) -> dict[str, str]:
    return {entry.path: entry.cause for entry in walk(find_root(settings.articles)) if entry.kind is EntryKind.PROBLEM}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_backups_copies_and_conflict_copies_are_left_out_with_a_reason(name):
    assert reason_to_skip_file(name)


@pytest.mark.parametrize("name", READ)
def test_names_that_only_look_a_little_like_copies_are_read(name):
    assert reason_to_skip_file(name) == ""


@pytest.mark.parametrize("name", ["_posts", "_新闻", "2026-05-01", "_2026"])
def test_folders_with_an_underscore_are_read(name):
    assert reason_to_skip_folder(name) == ""


@pytest.mark.parametrize(
    "name",
    ["_drafts", "_草稿", "drafts", "Draft", "草稿", "草稿箱", "node_modules", "#recycle", "$RECYCLE.BIN", "lost+found"],
)
def test_folders_of_drafts_and_of_deleted_files_are_left_out(name):
    assert reason_to_skip_folder(name)


def test_what_is_left_out_is_listed_and_not_published(services, publish):
    publish({"ok.md": RAIN, "ok.bak.md": RAIN, "_drafts/plan.md": RAIN, "_posts/storm.md": RAIN})
    assert {t.slug for t in services.catalog.latest()} == {"ok", "storm"}
    assert [note.path for note in services.library.left_out()] == ["_drafts", "ok.bak.md"]


def test_import_calls_there_only_what_is_published(settings, drop):
    origin = "---\n# imported from https://news.example/1\n---\n# 题\n\n文。\n"
    for name in (".trash/a.md", "_drafts/b.md", "a.bak.md", "_c.md"):
        drop(name, origin)
    assert scan(settings.articles, settings.instance / "imported.json").find(address="https://news.example/1") == ""
    drop("sub/d.md", origin)
    again = scan(settings.articles, settings.instance / "imported.json")
    assert again.find(address="https://news.example/1") == "sub/d.md"


def test_import_writes_nothing_into_the_place_of_a_folder_that_vanished(settings, drop):
    memory = settings.instance / "imported.json"
    assert scan(settings.articles, memory).slugs == set()  # a new site may have no folder yet
    drop("ok.md", RAIN)
    scan(settings.articles, memory)
    settings.articles.rename(settings.articles.with_name("away"))
    with pytest.raises(NotImported, match="cannot be read"):
        scan(settings.articles, memory)


def test_links_to_the_folder_itself_and_to_parents_are_not_followed(settings, drop):
    drop("a/ok.md", RAIN)
    for link, target in (("self", "."), ("a/up", ".."), ("a/up2", ".."), ("a/here", "../a"), ("b", "a")):
        (settings.articles / link).symlink_to(target)
    assert [path for path, kind in found(settings).items() if kind is EntryKind.FILE] == ["a/ok.md"]
    assert set(causes(settings)) == set()


def test_a_link_to_a_file_that_is_read_anyway_makes_no_second_article(settings, drop):
    drop("a/ok.md", RAIN)
    (settings.articles / "again.md").symlink_to("a/ok.md")
    assert found(settings)["again.md"] is EntryKind.LEFT_OUT


def test_files_that_are_links_into_a_hidden_folder_are_read_as_kubernetes_mounts_them(settings, drop):
    drop("..2026_05_01/ok.md", RAIN)
    (settings.articles / "..data").symlink_to("..2026_05_01")
    (settings.articles / "ok.md").symlink_to("..data/ok.md")
    assert found(settings) == {"ok.md": EntryKind.FILE}


def test_links_out_of_the_folder_are_problems_with_their_names(settings, drop, tmp_path):
    drop("ok.md", RAIN)
    (tmp_path / "secret.md").write_text(RAIN, "utf-8")
    (settings.articles / "file.md").symlink_to("/etc/passwd")
    (settings.articles / "near.md").symlink_to(tmp_path / "secret.md")
    (settings.articles / "folder").symlink_to("/etc")
    assert causes(settings) == dict.fromkeys(["file.md", "folder", "near.md"], "a link out of the folder")


@pytest.mark.parametrize(
    "path",
    [
        "_drafts/a.md",
        "草稿/x/a.md",
        ".trash/20260501T000000Z-0/a.md",
        ".git/a.md",
        "b/_a.md",
        "b/.a.md",
        "b/a.draft.md",
    ],
)
def test_a_link_does_not_publish_what_is_left_out_in_its_own_place(settings, drop, path):
    drop(path, RAIN)
    (settings.articles / "mine").mkdir()
    (settings.articles / "mine" / "a.md").symlink_to(settings.articles / path)
    (settings.articles / "mine" / "all").symlink_to((settings.articles / path).parent)
    files = {name for name, kind in found(settings).items() if kind is EntryKind.FILE}
    assert files == set()
    assert found(settings)["mine/a.md"] is EntryKind.LEFT_OUT


def test_a_file_or_folder_that_became_a_link_after_the_walk_is_not_read(settings, drop, tmp_path):
    """Whoever may write into one folder can change it between the look and the opening, as often as it takes."""
    drop("_drafts/a.md", RAIN)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.md").write_text(RAIN, "utf-8")
    drop("..data/ok.md", RAIN)
    links = {"file.md": "../outside/a.md", "folder": "../outside", "near.md": "_drafts/a.md", "ok.md": "..data/ok.md"}
    for name, target in links.items():
        (settings.articles / name).symlink_to(target)
    answers = dict(
        zip(paths := ["file.md", "folder/a.md", "near.md", "ok.md"], read_files(settings, paths), strict=True)
    )
    assert [path for path in paths if "article" in answers[path]] == ["ok.md"]
    assert all(answers[path]["may_pass"] for path in paths[:3])
    place = settings.articles / "folder" / "a.md"
    with pytest.raises(OSError, match="a link was put in its place"), open_real(place, 1000):
        pass


def test_names_of_authors_are_read_from_no_link_out_of_the_folder(settings, drop, tmp_path):
    (tmp_path / "secret.yaml").write_text("database: {name: password}\n", "utf-8")
    drop("_data/authors.yml", "wang: {name: 王小明}\n")
    drop("a/rain.md", RAIN)
    (settings.articles / "a" / "authors.yml").symlink_to(tmp_path / "secret.yaml")
    named = with_names(("database", "wang"), settings.articles, PurePosixPath("a/rain.md"))
    assert named == ("database", "王小明")


def test_links_to_nothing_and_to_themselves_are_problems_of_their_own(settings, drop):
    drop("ok.md", RAIN)
    (settings.articles / "gone.md").symlink_to("nowhere.md")
    (settings.articles / "loop.md").symlink_to("loop.md")
    assert causes(settings) == {"gone.md": "a link that leads nowhere", "loop.md": "a link that leads to itself"}


def test_a_fifo_a_socket_and_a_folder_named_like_files_are_not_opened(settings, drop):
    drop("ok.md", RAIN)
    os.mkfifo(settings.articles / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        folder = os.open(settings.articles, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{folder}/sock.md")
        os.close(folder)
        (settings.articles / "folder.md").mkdir()
        assert causes(settings) == {
            "pipe.md": "not a regular file but a FIFO",
            "sock.md": "not a regular file but a socket",
        }


def test_names_that_are_not_utf8_are_problems_that_say_what_they_mean_in_gbk(settings, drop):
    drop("ok.md", RAIN)
    root = os.fsencode(settings.articles)
    with open(root + b"/" + "中文.md".encode("gbk"), "w", encoding="utf-8") as file:
        file.write(RAIN)
    os.mkdir(root + b"/" + "旧盘".encode("gbk"))
    problems = [entry for entry in walk(find_root(settings.articles)) if entry.kind is EntryKind.PROBLEM]
    assert {(entry.path, entry.hint) for entry in problems} == {
        (r"\xd6\xd0\xce\xc4.md", "rename it to 中文.md"),
        (r"\xbe\xc9\xc5\xcc", "rename it to 旧盘"),
    }


def test_a_look_at_one_name_says_what_the_walk_says(settings, drop):
    drop("a/ok.md", RAIN)
    drop("_drafts/x.md", RAIN)
    drop(".hidden/y.md", RAIN)
    (settings.articles / "up").symlink_to("a")
    (settings.articles / "out.md").symlink_to("/etc/passwd")
    whole = found(settings)
    for name in ("a/ok.md", "_drafts/x.md", ".hidden/y.md", "up/ok.md", "out.md", "missing.md", "a/missing/z.md"):
        assert found(settings, name).get(name) == whole.get(name)


def test_a_folder_a_thousand_levels_deep_does_not_stop_the_walk(settings, drop):
    drop("ok.md", RAIN)
    here = os.getcwd()
    os.chdir(settings.articles)
    try:
        for _ in range(1100):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    try:
        assert found(settings)["ok.md"] is EntryKind.FILE
    finally:  # pytest cleans up with shutil.rmtree, which fails at this depth
        subprocess.run(["rm", "-rf", settings.articles / "d"], check=True)


def test_a_file_that_takes_long_is_compared_with_nothing_once_and_keeps_no_import_waiting(settings, monkeypatch):
    memory, read = settings.instance / "imported.json", []

    def spin(_suffix, content):
        read.append(content)
        while b"bad" in content:
            pass
        return read_draft(".md", content)

    monkeypatch.setattr(duplicates, "MOST_SECONDS", 0.05)
    monkeypatch.setattr(duplicates, "read_draft", spin)
    settings.articles.mkdir(exist_ok=True)
    for name in ("bad", "good"):
        (settings.articles / f"{name}.md").write_text(f"# Rain\n\n{name} text\n", "utf-8")
    assert scan(settings.articles, memory, most_seconds=0).slugs == {"bad", "good"}
    assert read == []
    for _ in range(2):
        index = scan(settings.articles, memory)
        assert index.slugs == {"bad", "good"}
        assert index.find(text_hash=duplicates.hash_of("", "<p>good text</p>")) == "good.md"
    assert len(read) == 2
