"""Too little disk, too few file descriptors, too little memory, a clock that jumps: reading goes on."""

from __future__ import annotations

import http.client
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from faults.running import Server, running, wait_for
from long_forms import few
from serving import free_port, inherited
from waiting import LIMIT_SECONDS

from reader.errors import LimitTooLow
from reader.settings import ROOT, Settings
from reader.storage.process_limits import check_process_limits

DAY = 86_400


@contextmanager
def file_system(place: Path, megabytes: int):
    """A small tmpfs at *place*; skipped where mounting is not allowed."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root only, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    with suppress(OSError), (place / "full").open("wb") as file:
        while True:
            file.write(bytes(1 << 16))
            file.flush()


def pages(server):
    return [server.status(path) for path in ("/", "/a/rain", "/feed.json", "/search?q=%E9%9B%A8", "/metrics")]


def test_reading_goes_on_when_the_disk_of_instance_is_full(tmp_path):
    server = Server(tmp_path, environment={"READER_ACCESS_LOG": str(tmp_path / "instance/access.log")})
    server.publish("rain")
    with file_system(server.instance, 40), running(server):
        fill(server.instance)
        for _ in range(3):
            assert set(pages(server)) == {200}
        processes = set(server.web_processes())
        assert set(pages(server)) == {200}
        assert set(server.web_processes()) == processes  # nobody died of it
        server.publish("later", "下雨。" * 5000)
        wait_for(lambda: "could not be scanned" in server.log, server)
        beaten = (server.instance / "indexer.lock").stat().st_atime
        wait_for(lambda: time.monotonic() > beaten + 2.5, server)
        lock = (server.instance / "indexer.lock").stat()
        assert (lock.st_atime, round(lock.st_mtime - beaten)) == (beaten, 30)  # when /healthz says so
        (server.instance / "full").unlink()
        server.publish("after")
        wait_for(lambda: server.status("/a/after") == 200, server)
        wait_for(lambda: (server.instance / "indexer.lock").stat().st_atime > beaten, server)


def test_pages_answer_although_the_folder_of_the_figures_is_deleted(tmp_path):
    server = Server(tmp_path, workers=1)
    server.publish("rain")
    try:
        server.begin()
        wait_for(lambda: (tmp_path / "server.log").exists() and "Started worker" in server.log, server)
        shutil.rmtree(server.instance / "metrics")  # before the first request opens a file in it
        assert set(pages(server)) == {200}
        assert server.figure("reader_failed_quietly_total") == 1
        assert "Traceback" not in server.log
    finally:
        server.stop()


def test_figures_go_on_when_the_instance_folder_is_moved_away(tmp_path):
    server = Server(tmp_path, workers=1)
    server.publish("rain")
    with running(server):
        assert set(pages(server)) == {200}
        server.instance.rename(tmp_path / "gone")
        wait_for(lambda: (server.instance / "serve.lock").exists() and server.status("/a/rain") == 200, server)
        for _ in range(2):
            wait_for(lambda: server.figure("reader_articles") == 1, server)
            assert server.figure("reader_requests_total") >= 1
        assert "PROMETHEUS_MULTIPROC_DIR" not in server.log


def test_a_server_starts_on_a_full_disk_that_holds_a_catalog(tmp_path):
    server = Server(tmp_path)
    server.publish("rain")
    with file_system(server.instance, 40):
        with running(server):
            assert server.status("/a/rain") == 200
        fill(server.instance)
        with running(server):
            assert server.status("/a/rain") == 200


TOKEN = "a long enough secret"


def logged_in(server) -> str:
    """The cookie of a new session of the editor."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)) as connection:
        connection.request("POST", "/editor/login", urllib.parse.urlencode({"token": TOKEN}), form)
        answer = connection.getresponse()
        assert answer.status == 303
        return answer.getheader("Set-Cookie").partition(";")[0]


def is_logged_in(server, cookie) -> bool:
    return b"type=password" not in server.request("/editor", Cookie=cookie)[1]


def test_a_session_of_the_editor_outlasts_a_start_on_a_full_disk(tmp_path):
    server = Server(tmp_path, environment={"READER_EDITOR_TOKEN": TOKEN})
    server.publish("rain")
    with file_system(server.instance, 40):
        with running(server):
            cookie = logged_in(server)
            assert is_logged_in(server, cookie)
        fill(server.instance)
        with running(server):
            assert "cannot be written" in server.log
            assert all(is_logged_in(server, cookie) for _ in range(8))
            assert not is_logged_in(server, cookie[:-1])
            assert is_logged_in(server, logged_in(server))


@contextmanager
def disk_that_can_fail(place: Path):
    """An ext4 at *place*; what is given makes the kernel turn it read-only as after an error of the disk."""
    image = place.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(60 << 20)
    run = partial(subprocess.run, capture_output=True, check=False)
    mount = ["mount", "-o", "loop,errors=remount-ro", str(image), str(place)]
    if shutil.which("mkfs.ext4") is None or run(["mkfs.ext4", "-q", str(image)]).returncode or run(mount).returncode:
        pytest.skip("an ext4 in a file can be mounted by root only, and not in every container")
    try:
        device = run(["findmnt", "-no", "SOURCE", str(place)], text=True).stdout.strip()
        fail = Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error")
        if not device.startswith("/dev/loop") or not os.access(fail, os.W_OK):
            pytest.skip("this kernel offers no way to make an ext4 fail")
        yield partial(fail.write_text, "a test")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_reading_goes_on_when_the_disk_of_instance_fails_and_becomes_read_only(tmp_path):
    server = Server(tmp_path)
    server.publish("rain")
    with disk_that_can_fail(server.instance) as fail, running(server):
        assert server.status("/a/rain") == 200
        fail()
        with pytest.raises(OSError, match="Read-only"):
            (server.instance / "probe").touch()
        for _ in range(3):
            wait_for(lambda: set(pages(server)) == {200}, server)
        for victim in server.web_processes():
            os.kill(victim, signal.SIGKILL)
        wait_for(lambda: set(pages(server)) == {200}, server)
        server.publish("after")
        wait_for(lambda: server.status("/a/after") == 200, server)
        wait_for(lambda: server.status("/a/after.epub") == 200, server)
        assert server.log.count("cannot be written") == 1
        place = substitute(server)
        assert place.exists()
    assert not place.exists()


def substitute(server) -> Path:
    return Path(re.search(r"what they derive in (\S+) until", server.log)[1])


def test_a_server_starts_although_instance_is_read_only(tmp_path):
    server = Server(tmp_path)
    server.publish("rain")
    with file_system(server.instance, 10):
        subprocess.run(["mount", "-o", "remount,ro", str(server.instance)], check=True)
        with running(server):
            assert set(pages(server)) == {200}
            wait_for(lambda: server.status("/a/rain.epub") == 200, server)
            assert server.log.count("cannot be written") == 1
            assert "Traceback" not in server.log


def test_a_server_that_can_write_nowhere_is_refused_with_the_reason(tmp_path):
    server = Server(tmp_path, prefix=("unshare", "--mount", "sh", "-c", READ_ONLY_EVERYWHERE, "sh"))
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("a mount namespace is for root only")
    server.instance.rmdir()
    server.begin()
    assert server.process.wait(LIMIT_SECONDS) == 2
    assert "READER_INSTANCE" in server.log
    assert "Traceback" not in server.log


READ_ONLY_EVERYWHERE = """
findmnt -rno TARGET | while read -r place; do mount -o remount,bind,ro "$place" 2>&- || true; done
exec "$@"
"""
"""In a mount namespace of its own."""


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("--nofile=32:32", "ulimit -n is 32; at least 64"),
        ("--nofile=63:63", "ulimit -n is 63; at least 64"),
        ("--fsize=1000000:1000000", "LimitFSIZE"),
        ("--as=400000000:400000000", "LimitAS"),
        ("--as=1500000000:1500000000", "LimitAS"),
    ],
)
def test_a_limit_that_is_too_low_is_refused_with_what_is_needed(tmp_path, limit, said):
    server = Server(tmp_path, prefix=("prlimit", limit))
    server.begin()
    assert server.process.wait(LIMIT_SECONDS) == 2
    assert said in server.log
    assert server.log.count("\n") == 1


def test_a_file_size_of_nothing_is_refused(tmp_path):
    """The message needs a terminal or a pipe: it cannot be written to a file."""
    command = ["prlimit", "--fsize=0:0", sys.executable, "-m", "reader", "serve", "--port", str(free_port())]
    folders = {"READER_ARTICLES": str(tmp_path / "articles"), "READER_INSTANCE": str(tmp_path / "instance")}
    done = subprocess.run(
        command, cwd=ROOT, env=inherited() | folders, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )
    assert done.returncode == 2
    assert "ulimit -f is 0" in done.stderr


def test_the_number_of_processes_is_counted_for_others_than_root(monkeypatch):
    monkeypatch.setattr("reader.storage.process_limits.PRIVILEGED_USER", -1)
    before = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (20, before[1]))
    try:
        with pytest.raises(LimitTooLow, match="ulimit -u is 20"):
            check_process_limits(Settings(), 2)
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, before)


def test_two_gigabytes_of_addresses_are_enough(tmp_path):
    server = Server(tmp_path, prefix=("prlimit", f"--as={2 << 30}"))
    server.publish("rain")
    with running(server):
        processes = set(server.web_processes())
        for _ in range(3):
            assert set(pages(server)) == {200}
        wait_for(lambda: server.status("/a/rain.pdf") == 200, server)
        assert set(server.web_processes()) == processes


def test_a_stop_that_reaches_all_processes_makes_no_export_fail(tmp_path):
    """systemd sends SIGTERM to all processes of a service (KillMode=control-group)."""
    server = Server(tmp_path, environment={"READER_EXPORTS_AHEAD": "1"})
    for n in range(8):
        server.publish(f"s{n}")
    with running(server):
        wait_for(lambda: server.figure("reader_exports_waiting") > 0, server)
        for process in server.descendants():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        server.stop()
    with running(server):
        wait_for(lambda: all(server.status(f"/a/s{n}.pdf") == 200 for n in range(8)), server)
        assert server.figure("reader_exports_failed") == 0
    assert "failed" not in server.log


def test_sixty_four_file_descriptors_are_enough_to_answer(tmp_path):
    server = Server(tmp_path, prefix=("prlimit", "--nofile=64:64"))
    server.publish("rain")
    with running(server):
        for _ in range(50):
            assert server.status("/a/rain") == 200
        assert "file descriptors" in server.log


def test_a_memory_limit_that_suffices_for_pages_ends_no_web_process(tmp_path):
    server = Server(tmp_path, prefix=("prlimit", f"--as={3 << 30}"))
    server.publish("rain")
    with running(server):
        processes = set(server.web_processes())
        wait_for(lambda: server.status("/a/rain.pdf") == 200, server)
        assert server.status("/a/rain") == 200
        assert set(server.web_processes()) == processes


@pytest.mark.parametrize("days", few([1, -1]))
def test_a_clock_that_jumps_by_a_day_stops_nothing(tmp_path, days):
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if library is None:
        pytest.skip("libfaketime is not installed: bash scripts/setup.sh test")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    faked = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_CACHE_DURATION": "1"}
    server = Server(tmp_path, environment=faked | {"FAKETIME_NO_CACHE": "0", "DONT_FAKE_MONOTONIC": "1"})
    server.publish("rain")
    with running(server):
        assert server.status("/a/rain") == 200
        offset.write_text(f"{days * DAY:+d}")
        server.publish("after")
        wait_for(lambda: server.status("/a/after") == 200, server)
        wait_for(lambda: server.status("/a/after.epub") == 200, server)
        offset.write_text("+0")
        server.publish("again")
        wait_for(lambda: server.status("/a/again") == 200, server)
        assert server.status("/a/rain") == 200
        assert "Traceback" not in server.log
