"""Reading untrusted files: regular files only, limited in size, with memory proportional to the file."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from reader.storage.regular_files import open_real, open_regular, read_regular

GENEROUS = 1_000_000_000


def test_a_small_file_costs_its_own_size_and_not_the_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        assert read_regular(tmp_path / "a", GENEROUS) == b"x" * 1000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_file_over_the_limit_is_refused_unread(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(GENEROUS + 1)
    with pytest.raises(OSError, match="too large"):
        read_regular(tmp_path / "sparse", GENEROUS)


def test_a_file_that_grows_while_it_is_read_is_whole_or_refused(tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_bytes(b"x" * 100)
    real = os.fstat

    def grown(handle):
        status = real(handle)
        with path.open("ab") as more:
            more.write(b"y" * 100)
        return status

    monkeypatch.setattr(os, "fstat", grown)
    content = read_regular(path, 1000)
    assert content.startswith(b"x" * 100 + b"y" * 100)
    monkeypatch.setattr(os, "fstat", real)
    with pytest.raises(OSError, match="too large"):
        read_regular(path, 150)


def test_a_file_may_be_called_as_the_kernel_calls_a_deleted_one(tmp_path):
    path = Path(os.path.realpath(tmp_path)) / "a (deleted)"
    path.write_bytes(b"x")
    with open_real(path, GENEROUS) as file:
        path.unlink()
        assert file.read() == b"x"


def test_an_empty_file_is_empty(tmp_path):
    (tmp_path / "empty").touch()
    assert read_regular(tmp_path / "empty", GENEROUS) == b""
    with open_regular(tmp_path / "empty", 0) as file:
        assert file.read() == b""
