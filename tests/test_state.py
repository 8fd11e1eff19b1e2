"""The state database: one contract, kept by SQLite and PostgreSQL."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

import reader
from reader.errors import StateUnusable
from reader.settings import Settings
from reader.state import State, cache_invalidation
from reader.state.cache_invalidation import note_change
from reader.state.migrating import SCHEMA, applied, create_file
from reader.state.migration_heads import FOLDER, heads, is_current
from reader.state.state_tables import METADATA, UtcDateTime, state_changes
from scripts.make_schema import schema

ROOT = Path(reader.__file__).parent


def note(state: State, key: str, topic: str = "comments") -> int:
    with state.writing() as connection:
        return note_change(connection, topic, key)


def test_what_is_written_is_read_by_another_process(state, state_url):
    note(state, "大雨")
    program = (
        "import sys; from reader.state import State; from reader.state.state_tables import state_changes\n"
        "with State(sys.argv[1]).reading() as c: print(c.execute(state_changes.select()).one().key)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", program, state_url], capture_output=True, check=True, env=environment)
    assert done.stdout.decode().strip() == "大雨"


def test_a_transaction_that_raises_writes_nothing(state):
    with pytest.raises(ZeroDivisionError), state.writing() as connection:
        note_change(connection, "comments", "rain")
        1 / 0  # noqa: B018
    assert state.revision == 0
    assert state.changes_since(0).things == frozenset()


def test_a_broken_constraint_is_the_callers_error_and_no_fault(state):
    note(state, "rain")
    with pytest.raises(IntegrityError), state.writing() as connection:
        connection.execute(insert(state_changes).values(revision=1, topic="a", key="b"))
    assert state.fault() == ""


@pytest.mark.parametrize("error", [OSError(5, "Input/output error", "/other"), sqlite3.OperationalError("of another")])
def test_an_error_of_what_else_the_block_does_is_the_callers_and_no_fault(state, error):
    with pytest.raises(type(error)) as raised, state.writing() as connection:
        note_change(connection, "comments", "rain")
        raise error
    assert raised.value is error
    assert state.fault() == ""
    assert state.revision == 0


def test_writers_come_one_after_the_other_so_none_is_lost(state):
    """Reading and then writing what was read: without the lock some of them would overwrite others."""

    def work() -> None:
        for _ in range(10):
            note(state, "rain")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.revision == 80


def test_a_reader_sees_one_state_however_long_it_looks(state, state_url):
    other = State(state_url)
    note(other, "rain")
    with state.reading() as connection:
        before = connection.execute(select(state_changes)).all()
        note(other, "snow")
        assert connection.execute(select(state_changes)).all() == before
    with state.reading() as connection:
        assert len(connection.execute(select(state_changes)).all()) == 2
    other.close()


def test_another_process_learns_what_changed(state, state_url):
    watching = State(state_url)
    seen = watching.revision
    note(state, "rain")
    note(state, "snow")
    while watching.revision == seen:  # PostgreSQL is asked ten times a second
        pass
    changes = watching.changes_since(seen)
    assert changes.things == {("comments", "rain"), ("comments", "snow")}
    assert changes.revision == watching.revision == 2
    assert watching.changes_since(changes.revision).things == frozenset()
    watching.close()


def test_whoever_has_not_looked_for_long_takes_everything_for_changed(state, monkeypatch):
    kept = 20
    monkeypatch.setattr(cache_invalidation, "MOST_CHANGES", kept)
    with state.writing() as connection:
        for number in range(kept + 1):
            note_change(connection, "comments", str(number))
    assert state.changes_since(0).things is None
    assert len(state.changes_since(1).things) == kept
    assert state.changes_since(kept * 2).things is None, "a backup that was brought back is older than what is cached"


def test_processes_that_start_at_once_make_the_tables_once(state_url):
    program = "import sys; from reader.state import State\nwith State(sys.argv[1]).reading() as c: print('read')"
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    command = [sys.executable, "-c", program, state_url]
    many = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in many] == [b"read"] * 4
    state = State(state_url)
    with state.reading() as connection:
        assert is_current(applied(connection))
    state.close()


def test_the_migrations_make_the_tables_that_the_code_describes(state):
    for module in ROOT.rglob("*_tables.py"):
        if "import METADATA" in module.read_text("utf-8"):
            importlib.import_module(".".join(("reader", *module.relative_to(ROOT).with_suffix("").parts)))
    with state.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_new_file_is_made_of_what_the_migrations_make():
    assert SCHEMA.read_text("utf-8") == schema(), "python scripts/make_schema.py"


def test_each_new_file_has_an_identity_of_its_own_and_imports_no_alembic(tmp_path):
    for name in "ab":
        create_file(tmp_path / name)
        with closing(sqlite3.connect(tmp_path / name)) as database:
            [[identity]] = database.execute("SELECT * FROM history_identity")
            assert re.fullmatch("[0-9a-f]{32}", identity)
            (tmp_path / identity).touch()
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert len(list(tmp_path.iterdir())) == 4
    program = f"import sys; from reader.state.migrating import create_file; from pathlib import Path\ncreate_file(Path({str(tmp_path / 'c')!r})); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT.parent, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_each_module_has_one_row_of_migrations():
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert set(script.get_heads()) == heads()
    for file in script.walk_revisions():
        name = Path(file.path).name
        assert name.startswith(f"{file.revision}_")
        assert file.module.__doc__


def test_tables_of_a_later_version_are_used_as_they_are():
    assert is_current(["state_9999", *heads()])
    assert not is_current([])
    assert not is_current(["state_0000"])


def test_a_moment_keeps_its_microseconds_and_is_utc(state):
    now = datetime(2026, 11, 26, 12, 0, 0, 123457, tzinfo=UTC)
    with state.reading() as connection:
        assert connection.execute(select(text(":now").bindparams(now=0))).scalar() in (0, "0")
    assert UtcDateTime().process_result_value(UtcDateTime().process_bind_param(now, None), None) == now


def test_a_process_that_was_forked_opens_connections_of_its_own(state):
    note(state, "rain")
    child = multiprocessing.get_context("fork").Process(target=note, args=(state, "snow"))
    child.start()
    child.join()
    assert child.exitcode == 0
    note(state, "hail")
    assert state.changes_since(0).things == {("comments", "rain"), ("comments", "snow"), ("comments", "hail")}


def test_nothing_is_made_before_the_first_transaction(settings):
    state = State(settings.state_url)
    assert state.revision == 0
    assert state.fault() == ""
    assert not settings.data.exists()


@pytest.fixture
def file(settings):
    state = State(settings.state_url)
    note(state, "rain")
    yield state.path
    state.close()


def test_the_folder_and_the_file_are_private(settings, file):
    assert settings.data == settings.instance.with_name("data")
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700
    for path in settings.data.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert min(path.name for path in settings.data.iterdir()) == "state.sqlite3"


def test_what_was_accepted_is_on_the_disk(settings, file):
    state = State(settings.state_url)
    with state.writing() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    state.close()


@pytest.mark.parametrize("content", [b"", b"not a database, but a text of some length" * 200])
def test_a_file_that_is_no_database_is_refused_and_left_alone(settings, file, content, caplog):
    for name in list(settings.data.iterdir()):
        name.unlink()
    file.write_bytes(content)
    state = State(settings.state_url)
    for _ in range(2):
        with pytest.raises(StateUnusable, match="python -m reader restore"), state.reading():
            pass
    assert file.read_bytes() == content
    assert str(file) in state.fault()
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1, "it is logged once"


@pytest.mark.parametrize("migrations", [False, True])
def test_the_tables_of_another_program_are_refused(settings, migrations):
    settings.data.mkdir()
    with sqlite3.connect(settings.data / "state.sqlite3") as other:
        other.execute("CREATE TABLE invoices (id)")
        if migrations:  # it uses Alembic, too
            other.execute("CREATE TABLE alembic_version AS SELECT 'invoices' AS version_num")
    other.close()
    state = State(settings.state_url)
    with pytest.raises(StateUnusable, match="invoices"), state.reading():
        pass


def test_a_file_that_was_deleted_in_use_is_not_silently_made_anew(settings, file):
    state = State(settings.state_url)
    note(state, "snow")
    kept = file.with_name("kept")
    file.rename(kept)
    with pytest.raises(StateUnusable, match="was deleted"):
        note(state, "hail")
    kept.rename(file)
    note(state, "hail")
    assert state.revision == 3
    state.close()


def test_a_folder_that_cannot_be_made_is_a_fault_that_passes(settings):
    settings.data.parent.mkdir(exist_ok=True)
    settings.data.write_text("a file in the place of the folder")
    state = State(settings.state_url)
    with pytest.raises(StateUnusable, match=str(settings.data)), state.reading():
        pass
    settings.data.unlink()
    assert note(state, "rain") == 1
    assert state.fault() == ""
    state.close()


def test_a_server_that_is_not_there_is_a_fault_without_its_password(tmp_path):
    state = State(f"postgresql://reader:geheim@/news?host={tmp_path}")
    with pytest.raises(StateUnusable, match="PostgreSQL") as refusal, state.reading():
        pass
    assert "geheim" not in str(refusal.value)
    assert state.revision == 0


def test_a_server_that_does_not_answer_and_a_locked_table_hold_no_thread(postgresql, monkeypatch):
    monkeypatch.setattr("reader.state.engines._OPTIONS", "-c lock_timeout=20ms")
    monkeypatch.setattr("reader.state.engines.READING_SECONDS", 0.2)
    with postgresql.database() as url:
        state = State(url)
        note(state, "rain")
        with pytest.raises(StateUnusable, match="no answer within"), state.reading() as connection:
            connection.execute(text("SELECT pg_sleep(600)"))
        monkeypatch.setattr("reader.state.database.REST_SECONDS", 0.0)
        with state.reading() as connection:  # on a new connection
            assert connection.execute(select(state_changes)).one().key == "rain"
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE state_changes")
            with pytest.raises(StateUnusable, match="lock timeout"):
                state.changes_since(0)
            monkeypatch.setattr("reader.state.database.REST_SECONDS", 600.0)
        with pytest.raises(StateUnusable, match="lock timeout"):  # while it rests, nobody asks the server
            state.changes_since(0)
        monkeypatch.setattr("reader.state.database.REST_SECONDS", 0.0)
        assert state.changes_since(0).revision == 1
        state.close()


def test_doctor_names_a_state_that_cannot_be_used(settings, file, runner):
    from reader.cli import main

    settings.articles.mkdir(exist_ok=True)
    folders = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    assert f"ok: state database: {file}" in runner.invoke(main, ["doctor"], env=folders).output
    file.write_bytes(b"not a database, but a text of some length" * 200)
    answer = runner.invoke(main, ["doctor"], env=folders)
    assert answer.exit_code == 1
    assert f"problem: the state database cannot be used: {file} is damaged" in answer.output


def test_pages_are_read_without_a_state_and_healthz_says_what_is_wrong(settings, publish, client):
    publish({"rain.md": "# 大雨\n\n下了一天。\n"})
    for path in settings.data.iterdir():
        path.unlink()
    (settings.data / "state.sqlite3").write_bytes(b"not a database, but a text of some length" * 200)
    assert client.get("/").status_code == 200
    assert client.get("/a/rain").status_code == 200
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "state.sqlite3 is damaged" in answer.json["reason"]
    stranger = client.get("/healthz", environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert "sqlite" not in stranger.json["reason"]


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("sqlite:////srv/news/state.sqlite3", "/srv/news"),
        ("sqlite:////srv/%E6%96%B0%E9%97%BB/s.db", "/srv/新闻"),
        ("postgresql://reader@db/news", "/var/reader/data"),
        ("postgres://reader@db/news", "/var/reader/data"),
        ("", "/var/reader/data"),
    ],
)
def test_the_data_folder_lies_beside_the_instance_or_holds_the_file_that_was_named(url, data):
    settings = Settings.from_environ({"READER_INSTANCE": "/var/reader/instance", "READER_DATABASE_URL": url})
    assert settings.data == Path(data)


def test_two_instances_in_one_folder_have_data_of_their_own(tmp_path):
    first, second = Settings(instance=tmp_path / "a"), Settings(instance=tmp_path / "b")
    assert first.data == tmp_path / "a-data"
    assert first.state_url != second.state_url


@pytest.mark.parametrize("place", ["articles/state.sqlite3", "instance/state.sqlite3"])
def test_state_never_lies_where_it_is_published_or_may_be_deleted(runner, tmp_path, place):
    from reader.cli import main

    folders = {"READER_ARTICLES": str(tmp_path / "articles"), "READER_INSTANCE": str(tmp_path / "instance")}
    answer = runner.invoke(main, ["check"], env={**folders, "READER_DATABASE_URL": f"sqlite:///{tmp_path}/{place}"})
    assert answer.exit_code == 2
    assert answer.output.startswith("Error: READER_DATABASE_URL=")
