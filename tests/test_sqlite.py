from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from reader.storage.sqlite import (
    create_database,
    file_identity,
    is_broken,
    open_database,
    renew_database,
    set_aside,
    wal_of,
)


def make(new, _old):
    connection = open_database(new, 10, mode="rwc")
    connection.execute("CREATE TABLE guests (name TEXT)")
    connection.close()


def test_many_can_open_a_new_file_at_the_same_moment(tmp_path):
    start, failures = threading.Barrier(8), []

    def come(path):
        start.wait()
        try:
            create_database(path, make)
            connection = open_database(path, 10)
            connection.execute("INSERT INTO guests VALUES ('ann')")
            connection.close()
        except Exception as error:  # noqa: BLE001 (whatever it is, the test is to show it)
            failures.append(error)

    for round_ in range(30):
        path = tmp_path / f"{round_}.sqlite3"
        guests = [threading.Thread(target=come, args=(path,)) for _ in range(8)]
        for guest in guests:
            guest.start()
        for guest in guests:
            guest.join()
        assert open_database(path, 10).execute("SELECT count(*) FROM guests").fetchone()[0] == 8 - len(failures)
    assert not failures


def test_two_files_that_break_in_one_second_are_both_kept(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    for content in ("first", "second", "third"):
        path.write_text(content)
        set_aside(path, file_identity(path), "it is broken", make)
    assert sorted(kept.read_text() for kept in tmp_path.glob("*.broken-*")) == ["first", "second", "third"]


def rows(path):
    connection = open_database(path, 10)
    found = [name for (name,) in connection.execute("SELECT name FROM guests")]
    connection.close()
    return found


def test_who_still_has_the_old_file_open_cannot_touch_the_new_one(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    create_database(path, make)
    old = open_database(path, 10)
    old.execute("INSERT INTO guests VALUES ('old')")
    set_aside(path, file_identity(path), "it is broken", make)
    new = open_database(path, 10)
    new.execute("INSERT INTO guests VALUES ('new')")
    log = wal_of(path)
    assert log.stat().st_size
    old.execute("INSERT INTO guests VALUES ('old')")
    old.close()
    assert log.stat().st_size
    assert rows(path) == ["new"]
    new.close()
    assert rows(path) == ["new"]


def test_opening_creates_no_database_and_waits_for_no_lock_of_an_emptied_one(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    with pytest.raises(sqlite3.OperationalError):
        open_database(path, 10)
    assert list(tmp_path.iterdir()) == []
    create_database(path, make)
    old = open_database(path, 300)
    assert rows(path) == []
    os.truncate(path, 0)
    with pytest.raises(sqlite3.DatabaseError) as raised:
        open_database(path, 300)
    assert is_broken(raised.value)
    old.close()


def test_a_file_to_which_no_link_leads_is_deleted_when_the_next_is_made(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    create_database(path, make)
    path.unlink()
    create_database(path, make)
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix != ".lock") == sorted(
        [path.name, path.readlink().name]
    )


def test_on_a_file_system_without_links_the_file_itself_has_the_name(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "symlink_to", refused)
    path = tmp_path / "catalog.sqlite3"
    create_database(path, make)
    assert path.is_file()
    assert not path.is_symlink()
    set_aside(path, file_identity(path), "it is broken", make)
    assert rows(path) == []
    assert len(list(tmp_path.glob("*.broken-*"))) == 1


def test_a_database_of_another_version_is_not_kept(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    create_database(path, make)
    connection = open_database(path, 10)
    connection.execute("INSERT INTO guests VALUES ('ann')")
    connection.close()

    def make_next(new, old):
        make(new, old)
        connection = open_database(new, 10)
        connection.executemany("INSERT INTO guests VALUES (?)", [(name + " again",) for name in rows(old)])
        connection.close()

    renew_database(path, file_identity(path), make_next)
    assert rows(path) == ["ann again"]
    assert not list(tmp_path.glob("*.broken-*"))
