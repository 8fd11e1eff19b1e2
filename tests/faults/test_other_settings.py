"""A command that is run with other settings than the server, on the server's instance folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from long_forms import few
from running import Server, running, wait_for
from serving import inherited
from waiting import LIMIT_SECONDS

from reader.settings import ROOT

pytestmark = pytest.mark.slow


def command(server, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    places = {f"READER_{name.upper()}": str(server.folder / name) for name in ("articles", "instance")}
    return subprocess.run(
        [sys.executable, "-m", "reader", *words],
        cwd=ROOT, env=inherited() | places | settings, capture_output=True, text=True, timeout=LIMIT_SECONDS,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    few([("check", "--accept-removals"), ("export", "rain", "--format", "txt", "-o", "-"), ("check",), ("build",)], 2),
    ids=" ".join,
)
def test_a_command_with_another_folder_or_time_zone_changes_nothing_on_a_running_site(tmp_path, words):
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.md").write_text("# 别的\n", "utf-8")
    with running(Server(tmp_path, workers=1)) as server:
        server.publish("rain")
        wait_for(lambda: server.status("/a/rain") == 200, server)
        for name, value in {"ARTICLES": str(other), "TIMEZONE": "UTC", "LANGUAGE": "en"}.items():
            result = command(server, *words, **{f"READER_{name}": value})
            assert result.returncode == 2
            assert result.stderr.count("\n") == 1
            assert f"READER_{name}='{value}'" in result.stderr
            assert "another READER_INSTANCE" in result.stderr
        assert server.status("/a/rain") == 200
        assert "deleted-entry" not in server.get("/atom.xml")[1].decode()


def test_a_command_with_another_path_to_the_same_folder_is_welcome(tmp_path):
    with running(Server(tmp_path, workers=1)) as server:
        server.publish("rain")
        wait_for(lambda: server.status("/a/rain") == 200, server)
        (tmp_path / "link").symlink_to(tmp_path / "articles")
        assert command(server, "check", READER_ARTICLES=str(tmp_path / "link")).returncode == 0
        assert command(server, "check", READER_ARTICLES=os.path.relpath(tmp_path / "articles", ROOT)).returncode == 0


def test_after_the_server_has_ended_its_instance_folder_is_free_for_other_settings(tmp_path):
    with running(Server(tmp_path, workers=1)) as server:
        server.publish("rain")
        wait_for(lambda: server.status("/a/rain") == 200, server)
    assert command(server, "check", READER_TIMEZONE="UTC").returncode == 0


def test_a_server_starts_although_its_log_is_on_a_full_disk(tmp_path):
    server = Server(tmp_path, workers=1, prefix=("sh", "-c", 'exec "$@" 2>/dev/full', "sh"))
    try:
        server.begin()
        wait_for(server.answers, server)
    finally:
        server.stop()
