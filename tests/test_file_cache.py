from __future__ import annotations

import os

import pytest

from reader.storage.file_cache import FileCache


@pytest.fixture
def store(tmp_path):
    return FileCache(tmp_path / "exports", limit_bytes=1000)


def age(path, seconds):
    when = path.stat().st_mtime - seconds
    os.utime(path, (when, when))
    return when


def test_a_file_is_found_by_its_key_with_its_content(store):
    store.put("aa-1.pdf", b"one")
    assert store.find("aa-1.pdf").read_bytes() == b"one"
    assert store.find("aa-2.pdf") is None


def test_what_cannot_be_read_counts_as_missing(store):
    """So it is generated again; the error of writing it has a name."""
    store.folder.write_text("a file in place of the folder")
    assert (store.find("aa-1.pdf"), store.open("aa-1.pdf"), store.sizes(["aa-1.pdf"])) == (None, None, {})
    store.folder.unlink()
    (store.folder / "aa" / "aa-1.pdf").mkdir(parents=True)
    assert store.open("aa-1.pdf") is None


def test_a_write_that_fails_leaves_nothing_behind(store, monkeypatch):
    def broken(_handle):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        store.put("aa-1.pdf", b"one")
    assert [p for p in store.folder.rglob("*") if p.is_file()] == []


def test_what_was_unused_for_longest_goes_first_when_room_is_short(store):
    for number in range(3):
        age(store.put(f"a{number}-x.pdf", b"x" * 300), 100 - number)
    store.find("a0-x.pdf")
    store.put("a9-x.pdf", b"x" * 300)
    assert store.find("a0-x.pdf")
    assert store.find("a9-x.pdf")
    assert store.find("a1-x.pdf") is None


def test_what_another_process_is_writing_is_not_evicted_and_what_a_killed_one_left_is(store):
    store.put("aa-1.pdf", b"one")
    written, left = store.folder / "aa" / ".new.part", store.folder / "aa" / ".old.part"
    written.write_bytes(b"x" * 5000)
    left.write_bytes(b"x" * 5000)
    age(left, 7200)
    store.put("aa-2.pdf", b"two")
    assert (written.exists(), left.exists()) == (True, False)
    assert store.find("aa-2.pdf")


@pytest.mark.parametrize("key", ["../etc/passwd", "a/b.pdf", "", "a.pdf\n", "A B.pdf", ".part"])
def test_only_keys_we_made_name_a_file(store, key):
    with pytest.raises(ValueError, match="not a key"):
        store.find(key)


def test_using_a_file_does_not_make_it_newer(store):
    made = age(store.put("aa-1.pdf", b"one"), 100)
    assert store.find("aa-1.pdf").stat().st_mtime == made
