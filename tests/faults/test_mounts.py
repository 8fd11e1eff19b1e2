"""A share mounted as the articles folder, or below it, that goes away and comes back; with real mounts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from serving import inherited
from waiting import LIMIT_SECONDS

from reader.settings import ROOT

UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")

PROGRAM = """
import subprocess, sys
from pathlib import Path
from reader.services import build_services
from reader.settings import Settings

folder, at = Path(sys.argv[1]), sys.argv[2]
share, articles = folder / "share", folder / "articles"
mounted = articles / at
for path in (share, mounted):
    path.mkdir(parents=True, exist_ok=True)
subprocess.run(["mount", "-t", "tmpfs", "none", share], check=True)
for n in range(3):
    (share / f"{n}.md").write_text(f"---\\npublished: 2026-05-01\\n---\\n# 题{n}\\n\\n文{n}。\\n", "utf-8")
for n in range(9 if at else 0):
    (articles / f"own{n}.md").write_text(f"---\\npublished: 2026-05-02\\n---\\n# 自{n}\\n\\n自{n}。\\n", "utf-8")
services = build_services(Settings(articles=articles, instance=folder / "instance", removal_grace_seconds=0))

def show():
    result = services.library.scan_until_settled()
    print(services.catalog.count(), len(services.catalog.removals()), result.fault.partition(":")[0].partition(" at ")[0])

subprocess.run(["mount", "--bind", share, mounted], check=True)
show()
subprocess.run(["umount", mounted], check=True)
show()
subprocess.run(["mount", "--bind", share, mounted], check=True)
(mounted / "0.md").unlink()
show()
"""


WATCHING = """
import subprocess, sys, threading, time
from pathlib import Path
from reader.catalog import Catalog
from reader.library import watcher
from reader.library.watcher import watch_and_index
from reader.services import build_services
from reader.settings import Settings

watcher.FULL_PASS_SECONDS = 1e6  # it would see the change too
articles, stop, ready = Path(sys.argv[1]) / "ar ticles", threading.Event(), threading.Event()
mounted = articles / "夹 子"
mounted.mkdir(parents=True)
settings = Settings(articles=articles, instance=Path(sys.argv[1]) / "instance", removal_grace_seconds=0)
services = build_services(settings)
thread = threading.Thread(target=watch_and_index, args=(settings, services.library, stop, ready), daemon=True)
thread.start()
assert ready.wait(300)

def write(path, text):
    path.write_text(f"---\\npublished: 2026-05-01\\n---\\n# {text}\\n\\n{text}。\\n", "utf-8")

def shown(slug):
    end = time.monotonic() + 300
    while time.monotonic() < end and slug not in {teaser.slug for teaser in services.catalog.latest()}:
        time.sleep(0.1)
    return slug in {teaser.slug for teaser in services.catalog.latest()}

write(articles / "own.md", "自")
print(shown("own"))
subprocess.run(["mount", "-t", "tmpfs", "none", mounted], check=True)
time.sleep(1)
write(mounted / "first.md", "一")
print(shown("first"))
write(mounted / "second.md", "二")
print(shown("second"))
stop.set()
thread.join(300)
"""


def can_mount(folder: Path) -> bool:
    (folder / "probe").mkdir()
    command = (*UNSHARE, "mount", "-t", "tmpfs", "none", str(folder / "probe"))
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("at", "states"),
    [
        ("share", ["12 0 ", "12 0 nothing is mounted", "11 1 "]),
        ("", ["3 0 ", "3 0 another folder or device is", "2 1 "]),
    ],
)
def test_an_unmounted_share_removes_nothing_and_one_article_deleted_on_it_does(tmp_path, at, states):
    if not can_mount(tmp_path):
        pytest.skip("this machine lets nobody mount in a namespace of his own")
    command = [*UNSHARE, sys.executable, "-c", PROGRAM, str(tmp_path), at]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        cwd=ROOT,
        env=inherited() | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines() == states, done.stderr


def test_changes_in_a_file_system_that_is_mounted_while_watching_are_seen_at_once(tmp_path):
    if not can_mount(tmp_path):
        pytest.skip("this machine forbids mounts in a namespace of their own")
    command = [*UNSHARE, sys.executable, "-c", WATCHING, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3 * LIMIT_SECONDS)
    assert done.stdout.splitlines() == ["True", "True", "True"], done.stderr
