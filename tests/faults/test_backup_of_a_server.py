"""A backup of a server that runs, restored on an empty machine, by the real commands."""

from __future__ import annotations

import os
import subprocess
import sys

from faults.running import Server, running, wait_for


def reader(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    places = {f"READER_{name.upper()}": str(server.folder / name) for name in ("articles", "instance")}
    command = [sys.executable, "-m", "reader", *words]
    return subprocess.run(
        command, cwd=server.code, env=os.environ | places, capture_output=True, text=True, check=False
    )


def test_a_site_moves_to_an_empty_machine(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = Server(tmp_path / "here", workers=1, environment={"READER_REMOVAL_GRACE_SECONDS": "0"})
    there = Server(tmp_path / "there", workers=1)
    path = str(tmp_path / "backup.zip")
    for number in range(8):
        here.publish(f"s{number}")
    with running(here):
        wait_for(lambda: here.status("/a/s7") == 200, here)
        (here.folder / "articles" / "s0.md").unlink()
        wait_for(lambda: here.status("/a/s0") == 410, here)
        done = reader(here, "backup", path)
        assert done.returncode == 0, done.stderr
        refused = reader(here, "restore", path, "--force")
        assert refused.returncode == 1
        assert "stop it first" in refused.stderr
        feed = here.get("/atom.xml")[1]
    there.instance.rmdir()
    done = reader(there, "restore", path)
    assert done.returncode == 0, done.stderr
    with running(there):
        wait_for(lambda: there.status("/a/s7") == 200 and there.status("/a/s0") == 410, there)
        tombstone = feed[feed.index(b"<at:deleted-entry") :].partition(b">")[0]
        assert tombstone in there.get("/atom.xml")[1]
