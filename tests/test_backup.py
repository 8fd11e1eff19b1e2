"""``backup`` and ``restore``: one file brings a site back on an empty machine."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from long_forms import few
from serving import inherited
from sqlalchemy import insert, select

from reader.backup import creating, renaming, restoring, state_rows
from reader.backup.creating import NotSaved, write_backup
from reader.backup.restoring import restore_backup
from reader.backup.unfinished_restore import unfinished
from reader.cli import main
from reader.editing.audit_log import record
from reader.errors import BadBackup, HalfRestored, StateUnusable
from reader.publication_history.history_tables import COPIED, versions
from reader.services import build_services
from reader.settings import ROOT, Settings
from reader.state import State
from reader.state.cache_invalidation import note_change
from reader.storage.locks import file_lock
from reader.storage.regular_files import open_real

UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
DATE = "---\ndate: 2026-11-01\n---\n\n"


in_either_database = pytest.mark.parametrize("state_url", few(["sqlite", "postgresql"]), indirect=True)
"""For rules of folders and archives: in the long form on both."""


@pytest.fixture
def settings(settings, state_url):
    """Each test that takes it runs once on SQLite and once on PostgreSQL."""
    return replace(settings, database_url=state_url)


@pytest.fixture
def site(settings, publish, services):
    publish(
        {
            "rain.md": f"{DATE}# 大雨\n\n正文。\n",
            "_site/site.yaml": "name: 曲周新闻\n",
            "a/snow.md": f"{DATE}# 大雪\n\n正文。\n",
        }
    )
    publish({"rain.md": f"{DATE}# 大雨\n\n正文，更正过。\n"})
    (settings.articles / "a" / "snow.md").unlink()
    services.library.scan_all()
    (settings.articles / ".trash").mkdir()
    (settings.articles / ".trash" / "old.md").write_text("# 旧的")
    (settings.data).mkdir(exist_ok=True)
    (settings.data / "editor-token").write_text("geheim")
    return services


@pytest.fixture
def archive(site, settings, tmp_path):
    path = tmp_path / "backup.zip"
    write_backup(settings, path)
    return path


@pytest.fixture
def elsewhere(tmp_path):
    """An empty machine."""
    return Settings(articles=tmp_path / "there" / "articles", instance=tmp_path / "there" / "instance")


def rows(settings, *tables):
    state = State(settings.state_url)
    with state.reading() as connection:
        found = [sorted(map(tuple, connection.execute(select(table)))) for table in tables or COPIED.values()]
    state.close()
    return found


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_backup_brings_everything_back_on_an_empty_machine(archive, settings, elsewhere, site):
    """Also from PostgreSQL into SQLite."""
    assert restore_backup(elsewhere, archive, force=False) == (4, [])
    assert files_in(elsewhere.articles) == files_in(settings.articles)
    assert (elsewhere.data / "editor-token").read_text() == "geheim"
    assert stat.S_IMODE((elsewhere.data / "editor-token").stat().st_mode) == 0o600
    assert rows(elsewhere) == rows(settings)
    assert rows(elsewhere, versions) == rows(settings, versions)
    services = build_services(elsewhere)
    services.library.scan_all()
    assert services.catalog.removals() == site.catalog.removals() != []
    assert services.catalog.revised(["rain"]) == site.catalog.revised(["rain"]) != {}
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert stat.S_IMODE((elsewhere.data / "state.sqlite3").stat().st_mode) == 0o600


def test_an_earlier_backup_is_not_replaced_by_one_of_a_folder_that_is_not_mounted(site, settings, runner, tmp_path):
    environment = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    environment |= {"READER_DATABASE_URL": settings.database_url, "LC_ALL": "C.UTF-8"}
    target = tmp_path / "earlier.zip"
    assert runner.invoke(main, ["backup", str(target)], env=environment).exit_code == 0
    earlier = target.read_bytes()
    settings.articles.rename(tmp_path / "unmounted")
    settings.articles.mkdir()
    refused = runner.invoke(main, ["backup", str(target)], env=environment)
    assert (refused.exit_code, "is empty, but" in refused.output, target.read_bytes() == earlier) == (1, True, True)
    settings.articles.rmdir()
    refused = runner.invoke(main, ["backup", str(target)], env=environment)
    assert (refused.exit_code != 0, target.read_bytes() == earlier) == (True, True)


def test_a_backup_of_sqlite_is_restored_into_postgresql_and_numbers_go_on(publish, tmp_path, postgresql, services):
    publish({"rain.md": f"{DATE}# 大雨\n\n正文。\n"})
    path = tmp_path / "backup.zip"
    write_backup(services.settings, path)
    with postgresql.database() as url:
        there = Settings(
            articles=tmp_path / "there" / "articles", instance=tmp_path / "there" / "instance", database_url=url
        )
        restore_backup(there, path, force=False)
        assert rows(there) == rows(services.settings)
        state = State(url)
        with state.writing() as connection:
            row = connection.execute(select(versions)).mappings().one()
            added = insert(versions).values({name: value for name, value in row.items() if name != "id"})
            assert connection.execute(added.returning(versions.c.id)).scalar_one() > row["id"]
            note_change(connection, "a", "b")
        state.close()


@in_either_database
def test_what_is_there_is_not_overwritten_unless_forced_and_then_moved_aside(archive, settings, site):
    with pytest.raises(BadBackup, match="--force"):
        restore_backup(settings, archive, force=False)
    (settings.articles / "later.md").write_text("# 后来")
    before = rows(settings)
    count, aside = restore_backup(settings, archive, force=True)
    assert count == 4
    assert not (settings.articles / "later.md").exists()
    assert (aside[0] / "later.md").read_text() == "# 后来"
    assert rows(settings) == before
    services = build_services(settings)
    services.library.scan_all()
    assert [removal.slug for removal in services.catalog.removals()] == ["snow"]


@pytest.mark.parametrize("state_url", ["sqlite"], indirect=True)
def test_a_database_that_another_program_reads_is_moved_aside_with_its_last_rows(archive, settings):
    state = State(settings.state_url)
    with closing(sqlite3.connect(state.path)) as reading:
        reading.execute("BEGIN")
        [before] = reading.execute("SELECT value FROM state_revision").fetchone()
        with state.writing() as connection:
            note_change(connection, "a", "b")  # it stays in the -wal file
        state.close()
        _, aside = restore_backup(settings, archive, force=True)
    with closing(sqlite3.connect(next(path for path in aside if path.name.startswith(state.path.name)))) as moved:
        assert moved.execute("SELECT value FROM state_revision").fetchone() == (before + 1,)


@in_either_database
def test_nothing_is_restored_while_a_server_runs(archive, settings):
    with file_lock(settings.instance / "serve.lock"), pytest.raises(BadBackup, match="stop it first"):
        restore_backup(settings, archive, force=True)


def test_no_server_starts_while_a_backup_is_restored(settings):
    with restoring.unserved(settings):
        for name in ("serve.lock", "indexer.lock"):
            with file_lock(settings.instance / name) as lock:
                assert not lock
    with file_lock(settings.instance / "serve.lock") as lock:
        assert lock


@in_either_database
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("backup.json", b"[" * 9_000),
        ("files.jsonl", b'{"place":' * 9_000),
        ("state.jsonl", b"[]"),
        ("state.jsonl", b"[" * 200_000),
        ("state.jsonl", b'{"migrations": ["state_0001"]}\n["state_revision", [%d]]' % 2**70),
        ("state.jsonl", b'{"migrations": ["state_0001"]}\n["state_revision", [%d]]' % 2**62),  # no time has it
        ("state.jsonl", b'{"migrations": ["state_0001"]}\n["state_revision", ["text"]]'),  # SQLite would store it
    ],
)
def test_an_altered_archive_is_refused_with_a_reason_and_changes_nothing(archive, settings, tmp_path, name, content):
    before = files_in(settings.articles)
    with zipfile.ZipFile(archive) as good, zipfile.ZipFile(altered := tmp_path / "altered.zip", "w") as bad:
        for member in good.infolist():
            bad.writestr(member, content if member.filename == name else good.read(member))
    with pytest.raises(BadBackup):
        restore_backup(settings, altered, force=True)
    assert files_in(settings.articles) == before


@in_either_database
def test_members_packed_by_other_methods_are_refused(archive, elsewhere, tmp_path):
    with (
        zipfile.ZipFile(archive) as good,
        zipfile.ZipFile(altered := tmp_path / "altered.zip", "w", zipfile.ZIP_LZMA) as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, good.read(name))
    with pytest.raises(BadBackup, match="packed by a method"):
        restore_backup(elsewhere, altered, force=False)


def test_a_restore_that_fails_at_the_end_leaves_everything_as_it_was(archive, settings, monkeypatch):
    files, before = files_in(settings.articles), rows(settings)

    def fails(*_):
        raise StateUnusable("the disk is full")

    monkeypatch.setattr(restoring, "_load_state", fails)
    with pytest.raises(BadBackup, match=r"nothing was restored: .*the disk is full"):
        restore_backup(settings, archive, force=True)
    assert files_in(settings.articles) == files
    assert rows(settings) == before
    assert sorted(path.name for path in settings.articles.parent.iterdir() if "rest" in path.name) == []


def failing_at(monkeypatch, name, is_target):
    """Path.*name* fails with EIO for paths that *is_target* names."""
    method = getattr(Path, name)

    def fails(path, *rest):
        if is_target(path, *rest):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return method(path, *rest)

    monkeypatch.setattr(Path, name, fails)


@in_either_database
def test_a_restore_whose_last_renaming_fails_leaves_the_state_as_it_was_too(archive, settings, monkeypatch):
    (settings.articles / "later.md").write_text("# 后来")
    before = files_in(settings.articles), rows(settings)
    failing_at(monkeypatch, "rename", lambda path, target: target == settings.articles and ".restored-" in path.name)
    with pytest.raises(BadBackup, match=r"nothing was restored: .*Input/output error"):
        restore_backup(settings, archive, force=True)
    assert (files_in(settings.articles), rows(settings)) == before


@in_either_database
def test_an_empty_folder_stays_if_its_renaming_fails(archive, elsewhere, monkeypatch):
    elsewhere.articles.mkdir(0o750, parents=True)
    failing_at(monkeypatch, "rename", lambda path, _: ".restored-" in path.name)
    with pytest.raises(BadBackup):
        restore_backup(elsewhere, archive, force=False)
    assert list(elsewhere.articles.iterdir()) == []


@in_either_database
def test_a_restore_says_where_the_articles_are_that_it_cannot_put_back(archive, settings, monkeypatch):
    failing_at(monkeypatch, "rename", lambda path, target: target == settings.articles and ".restored-" in path.name)
    failing_at(monkeypatch, "replace", lambda path, _: ".before-" in path.name and path.is_dir())
    before = rows(settings)
    with pytest.raises(HalfRestored) as raised:
        restore_backup(settings, archive, force=True)
    [aside] = settings.articles.parent.glob("articles.before-*")
    assert f"it is at {aside}" in str(raised.value)
    assert rows(settings) == before


def after_renaming(monkeypatch, act):
    """Calls *act* when all files are in their places, before the transaction is committed."""
    rename = Path.rename

    def renamed(path, target):
        found = rename(path, target)
        if ".restored-" in path.name:
            act()
        return found

    monkeypatch.setattr(Path, "rename", renamed)


@pytest.mark.parametrize("state_url", ["postgresql"], indirect=True)
def test_a_restore_whose_commit_fails_leaves_the_articles_as_they_were_too(archive, settings, postgresql, monkeypatch):
    name = settings.database_url.partition("?")[0].rpartition("/")[2]
    (settings.articles / "later.md").write_text("# 后来")
    before = files_in(settings.articles), rows(settings)
    query = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    after_renaming(monkeypatch, lambda: postgresql.execute(query))
    monkeypatch.setattr(restoring, "_ASKED_SECONDS", 0)
    with pytest.raises(BadBackup, match=r"nothing was restored: .*state database"):
        restore_backup(settings, archive, force=True)
    assert (files_in(settings.articles), rows(settings)) == before


@pytest.mark.parametrize("state_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_commit_that_the_server_could_not_report_is_asked_for(archive, settings, monkeypatch, is_known):
    saved = files_in(settings.articles)
    (settings.articles / "later.md").write_text("# 后来")
    writing = State.writing

    def unreported(state):
        with writing(state) as connection:
            yield connection
        raise StateUnusable("the connection was lost")

    monkeypatch.setattr(State, "writing", contextmanager(unreported))
    monkeypatch.setattr(restoring, "_ASKED_SECONDS", 0)
    if is_known:
        restore_backup(settings, archive, force=True)
        assert files_in(settings.articles) == saved
    else:
        monkeypatch.setattr(state_rows, "is_committed", lambda *_: None)
        with pytest.raises(HalfRestored, match="did not tell"):
            restore_backup(settings, archive, force=True)
        assert "later.md" in files_in(settings.articles)


def test_a_server_tells_what_became_of_a_transaction(postgresql):
    with postgresql.database() as url:
        state = State(url)
        with state.writing() as connection:
            committed = state_rows.transaction_number(connection)
        with suppress(KeyError), state.writing() as connection:
            rolled_back = state_rows.transaction_number(connection)
            with state.reading() as other:
                found = [state_rows.is_committed(other, number) for number in (committed, rolled_back)]
            raise KeyError
        with state.reading() as other:
            found.append(state_rows.is_committed(other, rolled_back))
        state.close()
        assert found == [True, None, False]


@in_either_database
@pytest.mark.parametrize("is_mounted", [False, True])
def test_a_restore_that_is_killed_while_it_loads_the_state_leaves_the_articles_and_the_next_one_tidies(
    archive, settings, monkeypatch, is_mounted
):
    """os._exit in a fork is what ``kill -9`` leaves."""
    monkeypatch.setattr(restoring, "_must_stay", lambda _folder: is_mounted)
    (settings.articles / "later.md").write_text("# 后来")
    files = files_in(settings.articles)
    if (child := os.fork()) == 0:
        restoring._load_state = lambda *_: os._exit(9)
        restore_backup(settings, archive, force=True)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    found = files_in(settings.articles)
    assert {name: found[name] for name in files} == files
    restore_backup(settings, archive, force=True)
    restored, saved = files_in(settings.articles), {name: files[name] for name in files if name != "later.md"}
    assert {name: restored[name] for name in saved} == saved
    assert "later.md" not in restored
    places = (settings.articles, settings.articles.parent, settings.data)
    assert [path for place in places for path in place.iterdir() if "restored-" in path.name] == []


@in_either_database
def test_two_restores_in_one_second_replace_nothing_that_was_moved_aside(archive, settings, monkeypatch):
    monkeypatch.setattr(renaming.time, "strftime", lambda *_: "20260501T060000Z")
    for text in ("# 一", "# 二", "# 三"):
        (settings.articles / "later.md").write_text(text)
        restore_backup(settings, archive, force=True)
    asides = settings.articles.parent.glob(f"{settings.articles.name}.before-*")
    assert sorted((aside / "later.md").read_text() for aside in asides) == ["# 一", "# 三", "# 二"]


def test_a_restore_that_is_killed_before_the_database_commits_is_told_until_it_is_finished(
    archive, settings, monkeypatch, runner
):
    """The articles are of the backup then, and the state is that of before."""
    saved, state_saved = files_in(settings.articles), rows(settings)
    (settings.articles / "later.md").write_text("# 后来")
    assert unfinished(settings) is None
    if (child := os.fork()) == 0:
        after_renaming(monkeypatch, lambda: os._exit(9))
        restore_backup(settings, archive, force=True)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert str(archive) in str(unfinished(settings))
    assert files_in(settings.articles) == saved
    for name, value in (("ARTICLES", settings.articles), ("INSTANCE", settings.instance)):
        monkeypatch.setenv(f"READER_{name}", str(value))
    monkeypatch.setenv("READER_DATABASE_URL", settings.database_url)
    for command in ("serve", "doctor"):
        told = runner.invoke(main, [command])
        assert (told.exit_code, f"restore --force {archive}" in told.output) == (1, True), told.output
    restore_backup(settings, archive, force=True)
    assert (files_in(settings.articles), rows(settings)) == (saved, state_saved)
    assert unfinished(settings) is None


@in_either_database
def test_a_restore_that_is_killed_while_it_tries_to_rename_the_folder_hides_no_article(archive, settings):
    (settings.articles / "later.md").write_text("# 后来")
    rename = Path.rename
    if (child := os.fork()) == 0:
        Path.rename = lambda *names: rename(*names) and os._exit(9)
        restore_backup(settings, archive, force=False)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    (tried,) = settings.articles.parent.glob(f".{settings.articles.name}.tried-*")
    assert str(tried) in str(unfinished(settings))
    with pytest.raises(BadBackup, match="not empty"):
        restore_backup(settings, archive, force=False)
    assert (settings.articles / "later.md").exists()
    assert unfinished(settings) is None


@in_either_database
def test_links_devices_and_names_of_any_bytes(archive, settings, elsewhere, tmp_path):
    (settings.articles / "outside").symlink_to("/etc/passwd")
    (settings.articles / "folder").symlink_to("/etc")
    os.mkfifo(settings.articles / "fifo")
    odd = os.fsdecode(b"\xff\xfe.txt")
    (settings.articles / odd).write_text("x")
    count, left_out = write_backup(settings, archive)
    assert sorted(left_out.links) == ["articles/fifo", "articles/folder", "articles/outside"]
    assert left_out.unreadable == []
    assert restore_backup(elsewhere, archive, force=False)[0] == count == 5
    assert (elsewhere.articles / odd).read_text() == "x"


@in_either_database
def test_a_backup_is_not_part_of_itself(site, settings):
    path = settings.articles / "backup.zip"
    write_backup(settings, path)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if name.endswith("backup.zip")]


@in_either_database
def test_equal_rows_make_no_backup_that_is_refused_as_a_zip_bomb(settings, elsewhere, tmp_path):
    state = State(settings.state_url)
    for _ in range(3):
        record(state, "周琳", "a" * 1_000_000, "rain.md", None, None)
    state.close()
    write_backup(settings, tmp_path / "backup.zip")
    assert restore_backup(elsewhere, tmp_path / "backup.zip", force=False) == (0, [])


@in_either_database
def test_a_folder_that_vanishes_while_it_is_listed_spoils_no_backup(site, settings, tmp_path, monkeypatch):
    walk = os.walk

    def walk_and_delete(folder, onerror):
        for found in walk(folder, onerror=onerror):
            yield found
            shutil.rmtree(settings.articles / "a", ignore_errors=True)

    monkeypatch.setattr(os, "walk", walk_and_delete)
    count, left_out = write_backup(settings, tmp_path / "backup.zip")
    assert (count, left_out) == (4, NotSaved())


@in_either_database
def test_what_cannot_be_read_is_named_with_exit_status_1_and_the_rest_is_saved(
    site, settings, tmp_path, monkeypatch, runner
):
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path) == str(settings.articles / "a"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert write_backup(settings, tmp_path / "backup.zip") == (4, NotSaved(unreadable=["articles/a"]))

    def refuse_file(path, limit_bytes):
        if path.name == "site.yaml":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return open_real(path, limit_bytes)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(creating, "open_real", refuse_file)
    (settings.articles / "site.yaml").write_text("name: x\n")
    for name in ("ARTICLES", "INSTANCE", "DATABASE_URL"):
        monkeypatch.setenv(f"READER_{name}", str(getattr(settings, name.lower())))
    told = runner.invoke(main, ["backup", str(tmp_path / "backup.zip")])
    assert told.exit_code == 1
    assert "not saved, as it cannot be read: articles/site.yaml" in told.output
    assert f"3 files saved in {tmp_path / 'backup.zip'}" in told.output


@in_either_database
def test_a_backup_for_which_there_is_no_room_fails_and_leaves_out_nothing(site, settings, tmp_path):
    """A file above 16 MB is copied first: where the copy had no room, it was called a link, with exit status 0."""
    with (settings.articles / "film.mp4").open("wb") as film:
        film.truncate(17_000_000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_500_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_backup(settings, tmp_path / "backup.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@in_either_database
def test_a_link_to_the_articles_folder_stays_one(archive, elsewhere):
    real = elsewhere.articles.with_name("disk")
    real.mkdir(parents=True)
    elsewhere.articles.symlink_to(real.name)
    restore_backup(elsewhere, archive, force=False)
    assert elsewhere.articles.is_symlink()
    assert (real / "rain.md").exists()
    restore_backup(elsewhere, archive, force=True)
    assert elsewhere.articles.is_symlink()
    assert (real / "rain.md").exists()


# -- an articles folder that can't be renamed -------------------------------------------------------------------------


@pytest.fixture
def mounted(monkeypatch):
    """Makes a folder a mount point: it can't get another name, nor any file that comes from beside it (EXDEV)."""

    def mount(folder):
        rename = Path.rename

        def renamed(path, target):
            if folder in (path, Path(target)):
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
            if path.is_relative_to(folder) != Path(target).is_relative_to(folder):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(path))
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", renamed)

    return mount


@in_either_database
def test_a_backup_is_restored_into_an_empty_mount_point(archive, settings, elsewhere, site, mounted):
    elsewhere.articles.mkdir(parents=True)
    (elsewhere.articles / "lost+found").mkdir()
    mounted(elsewhere.articles)
    assert restore_backup(elsewhere, archive, force=False) == (4, [])
    (elsewhere.articles / "lost+found").rmdir()
    assert files_in(elsewhere.articles) == files_in(settings.articles)


@in_either_database
def test_what_is_in_a_mount_point_is_moved_into_a_hidden_folder_there(archive, settings, mounted):
    files = files_in(settings.articles)
    (settings.articles / "later.md").write_text("# 后来")
    mounted(settings.articles)
    with pytest.raises(BadBackup, match="--force"):
        restore_backup(settings, archive, force=False)
    count, aside = restore_backup(settings, archive, force=True)
    assert count == 4
    assert aside[0].parent == settings.articles
    assert aside[0].name.startswith(".before-")
    assert (aside[0] / "later.md").read_text() == "# 后来"
    assert {
        name: text for name, text in files_in(settings.articles).items() if not name.startswith(".before-")
    } == files
    services = build_services(settings)
    services.library.scan_all()
    assert services.catalog.count() == 1


@in_either_database
@pytest.mark.parametrize("fault", ["_load_state", "rename"])
def test_a_restore_into_a_mount_point_that_fails_leaves_everything_as_it_was(
    archive, settings, mounted, monkeypatch, fault
):
    (settings.articles / "later.md").write_text("# 后来")
    files, before = files_in(settings.articles), rows(settings)
    mounted(settings.articles)
    if fault == "rename":
        rename = Path.rename

        def full(path, target):
            if path.parent.name.startswith(".restored-") and path.name == "rain.md":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(restoring, "_load_state", lambda *_: 1 / 0)
    with pytest.raises((BadBackup, ZeroDivisionError)):
        restore_backup(settings, archive, force=True)
    assert files_in(settings.articles) == files
    assert rows(settings) == before


IN_A_NAMESPACE = """
import subprocess, sys
from pathlib import Path
from reader.backup.restoring import restore_backup
from reader.settings import ROOT, Settings

folder, archive, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
articles = folder / "articles"
for path in (articles, folder / "share"):
    path.mkdir(parents=True)
source = ["-t", "tmpfs", "none"] if kind == "tmpfs" else ["--bind", folder / "share"]
subprocess.run(["mount", *source, articles], check=True)
(articles / "later.md").write_text("# later")
settings = Settings(articles=articles, instance=folder / "instance")
count, aside = restore_backup(settings, archive, force=True)
print(count, (aside[0] / "later.md").read_text(), (articles / "rain.md").is_file(), articles.is_mount() or kind)
"""


@in_either_database
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
def test_a_backup_is_restored_into_a_real_mount_point(archive, tmp_path, kind):
    program = [*UNSHARE, sys.executable, "-c", IN_A_NAMESPACE, str(tmp_path / "there"), str(archive), kind]
    (tmp_path / "there").mkdir()
    if subprocess.run(
        [*UNSHARE, "mount", "-t", "tmpfs", "none", str(tmp_path / "there")], capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody mount in a namespace of his own")
    done = subprocess.run(
        program, capture_output=True, text=True, timeout=300, cwd=ROOT, env=inherited() | {"PYTHONPATH": str(ROOT)}
    )
    assert done.stdout.split() == ["4", "#", "later", "True", "True" if kind == "tmpfs" else "bind"], done.stderr
