"""``restore`` of archives that are damaged, cut, or made to do harm: nothing is changed."""

from __future__ import annotations

import json
import shutil
import zipfile

import pytest

from reader.backup.archive_layout import FILES, HEAD, STATE
from reader.backup.creating import write_backup
from reader.backup.restoring import restore_backup
from reader.cli import main
from reader.errors import BadBackup
from reader.settings import Settings

DATE = "---\ndate: 2026-11-01\n---\n\n"


@pytest.fixture
def elsewhere(tmp_path):
    """An empty machine."""
    return Settings(articles=tmp_path / "there" / "articles", instance=tmp_path / "there" / "instance")


def altered(archive, target, change):
    """A copy whose members *change* has replaced: name to bytes."""
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return target


def with_record(**fields):
    def change(members):
        first, *others = members[FILES].splitlines()
        members[FILES] = b"\n".join([json.dumps(json.loads(first) | fields).encode(), *others])

    return change


def bomb(members):
    members["articles/zeros"] = bytes(30_000_000)


HOSTILE = {
    "leads out": with_record(path="../../outside.md"),
    "absolute": with_record(path="/tmp/outside.md"),
    "NUL": with_record(path="a\0b"),
    "dot": with_record(path="a/./b"),
    "database": with_record(place="data", path="state.sqlite3"),
    "another place": with_record(place="instance"),
    "a number as name": with_record(path=7),
    "set-uid": with_record(mode=0o4755),
    "another size": with_record(size=1),
    "another content": with_record(sha256="0" * 64),
    "year 300,000": with_record(mtime_ns=2**80),
    "no such member": with_record(member="articles/none"),
    "more fields": with_record(owner="root"),
    "bomb": bomb,
    "no head": lambda members: members.pop(HEAD),
    "no files": lambda members: members.pop(FILES),
    "later format": lambda members: members.update({HEAD: b'{"format": 2}'}),
    "later version": lambda members: members.update({STATE: b'{"migrations": ["history_9999"]}\n'}),
    "another table": lambda members: members.update({STATE: members[STATE] + b'["sqlite_master", [1]]\n'}),
    "every row twice": lambda members: members.update({STATE: members[STATE] + members[STATE].partition(b"\n")[2]}),
    "no JSON": lambda members: members.update({STATE: b"\xff\xfe"}),
    "head is a list": lambda members: members.update({HEAD: b"[]"}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_or_damaged_backup_changes_nothing(publish, services, tmp_path, elsewhere, kind):
    publish({"rain.md": f"{DATE}# 大雨\n\n正文。\n"})
    path = tmp_path / "backup.zip"
    write_backup(services.settings, path)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(BadBackup):
        restore_backup(elsewhere, altered(path, tmp_path / "hostile.zip", HOSTILE[kind]), force=False)
    left = {path for path in set(tmp_path.rglob("*")) - before if path.is_file()}
    locks = {elsewhere.instance / "serve.lock", elsewhere.instance / "indexer.lock"}
    assert left <= {tmp_path / "hostile.zip", elsewhere.data / "state.sqlite3", *locks}
    assert not elsewhere.articles.exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip file" * 100])
def test_a_file_that_is_no_backup_is_refused(elsewhere, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadBackup):
        restore_backup(elsewhere, tmp_path / "x.zip", force=False)


def test_a_cut_file_is_refused_at_any_place(publish, services, tmp_path, elsewhere):
    publish({"rain.md": f"{DATE}# 大雨\n\n正文。\n"})
    path = tmp_path / "backup.zip"
    write_backup(services.settings, path)
    whole = path.read_bytes()
    for end in range(0, len(whole), len(whole) // 20):
        path.write_bytes(whole[:end])
        with pytest.raises(BadBackup):
            restore_backup(elsewhere, path, force=False)


def test_the_commands_say_what_they_did(runner, publish, services, elsewhere, tmp_path):
    publish({"rain.md": f"{DATE}# 大雨\n\n正文。\n"})

    def run(settings, *words):
        folders = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
        return runner.invoke(main, list(words), env=folders)

    path = str(tmp_path / "backup.zip")
    assert run(services.settings, "backup", path).output == f"1 file saved in {path}\n"
    assert run(elsewhere, "restore", path).output == "1 file restored\n"
    again = run(elsewhere, "restore", path)
    assert again.exit_code == 1
    assert "--force" in again.output
    forced = run(elsewhere, "restore", path, "--force")
    assert "what was there is now" in forced.output
    shutil.rmtree(elsewhere.articles.parent)
    damaged = services.settings.data / "state.sqlite3"
    damaged.write_bytes(b"no database" * 1000)
    answer = run(services.settings, "backup", str(tmp_path / "second.zip"))
    assert answer.exit_code == 1
    assert not (tmp_path / "second.zip").exists(), "half a backup is none"
