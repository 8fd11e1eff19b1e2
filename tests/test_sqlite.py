from __future__ import annotations

import threading

from reader.storage.sqlite import file_identity, open_database, set_aside


def test_many_can_open_a_new_file_at_the_same_moment(tmp_path):
    start, failures = threading.Barrier(8), []

    def come(path):
        start.wait()
        try:
            connection = open_database(path, 10)
            connection.execute("CREATE TABLE IF NOT EXISTS guests (name TEXT)")
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
        set_aside(path, file_identity(path), "it is broken")
    assert sorted(kept.read_text() for kept in tmp_path.glob("*.broken-*")) == ["first", "second", "third"]
