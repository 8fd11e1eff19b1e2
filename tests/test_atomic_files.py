from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reader.editing.access_token import create_token, token_of
from reader.importing.duplicates import scan
from reader.media.images import Picture
from reader.media.renditions import write_record
from reader.storage.atomic_files import create_file, replace_derived_file, replace_file


@contextmanager
def no_room_beyond(size_bytes: int) -> Iterator[None]:
    """Writing more of a file fails, as on a full disk."""
    before, kept = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, kept)


@pytest.mark.parametrize("write", [replace_file, replace_derived_file])
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, write):
    path = tmp_path / "a.json"
    write(path, b"old", 0o640)
    with no_room_beyond(10), pytest.raises(OSError, match="File too large"):
        write(path, b"n" * 1000)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a.json", b"old")]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_is_created_over_none(tmp_path):
    path = tmp_path / "a.md"
    with no_room_beyond(10), pytest.raises(OSError, match="File too large"):
        create_file(path, b"n" * 1000)
    assert list(tmp_path.iterdir()) == []
    create_file(path, b"mine")
    with pytest.raises(FileExistsError):
        create_file(path, b"theirs")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a.md", b"mine")]


def test_the_record_of_a_picture_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "pictures").mkdir()
    with no_room_beyond(10), pytest.raises(OSError, match="File too large"):
        write_record(tmp_path, Picture("0" * 16, 640, 480), tmp_path / "rain.jpg")
    assert list((tmp_path / "pictures").iterdir()) == []


def test_the_list_of_imported_articles_that_cannot_be_written_leaves_nothing(settings, drop):
    drop("rain.md", "# 雨\n\n今天下雨。")
    memory = settings.instance / "imported.json"
    with no_room_beyond(10), pytest.raises(OSError, match="File too large"):
        scan(settings.articles, memory)
    assert list(settings.instance.iterdir()) == []


def test_a_desk_gets_its_token_where_there_are_no_hard_links(settings, monkeypatch):
    """FAT and some network file systems have none: ``serve`` ended with “Operation not permitted”."""

    def no_links(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    made = create_token(settings)
    assert made
    assert token_of(settings) == made
