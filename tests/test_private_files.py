"""No other user of the machine reads drafts: what is derived from them, the state and its secrets are private."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from serving import serving

from reader.app import create_app
from reader.services import build_services

DRAFT = "---\ntitle: 还不能说\npublished: 2026-05-01\ndraft: true\n---\n\n密文。\n"
OTHERS = 0o077


@pytest.fixture(autouse=True)
def _everybody_may_read_what_is_made() -> Iterator[None]:
    """The usual umask."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable(folder: Path) -> list[str]:
    """What another user could open below *folder*."""
    if not stat.S_IMODE(folder.lstat().st_mode) & OTHERS:
        return []
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            found += readable(entry)
        elif not entry.is_symlink() and entry.lstat().st_mode & OTHERS:
            found.append(entry.relative_to(folder).as_posix())
    return found


def test_a_new_instance_folder_and_its_databases_are_private(settings, drop):
    drop("2026-05-01/secret.md", DRAFT)
    services = build_services(settings)
    services.library.scan_all()
    assert stat.S_IMODE(settings.instance.stat().st_mode) & OTHERS == 0
    databases = [path for path in settings.instance.glob("*.sqlite3*") if not path.name.endswith(".lock")]
    assert databases
    assert [path.name for path in databases if path.stat().st_mode & OTHERS] == []  # also if they are copied elsewhere
    with closing(sqlite3.connect(settings.catalog)) as catalog:
        assert "密文" in catalog.execute("SELECT body FROM articles").fetchone()[0]


def test_what_an_older_version_left_readable_is_tightened_at_the_start(settings, drop):
    drop("2026-05-01/secret.md", DRAFT)
    build_services(settings).library.scan_all()
    settings.data.mkdir(parents=True, exist_ok=True)
    state = settings.data / "state.sqlite3.before-20260101T000000Z"
    state.write_bytes(b"x")
    for path in (settings.instance, *settings.instance.glob("*"), state):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert readable(settings.instance)
    build_services(settings)
    assert readable(settings.instance) == []
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_pictures_sessions_and_exports_are_private_too(settings, drop):
    with_desk = replace(settings, editor_token="a long secret of the house")
    drop("2026-05-01/secret.md", DRAFT)
    services = build_services(with_desk)
    app = create_app(services)
    services.library.scan_all()
    editor = app.test_client()
    editor.post("/editor/login", data={"token": "a long secret of the house"})
    services.export_service.store.put("abab.pdf", b"PDF of a draft")
    assert readable(settings.instance) == []
    settings.instance.chmod(0o755)  # who mounts it so still shows no draft
    assert [name for name in readable(settings.instance) if "sqlite3" in name and not name.endswith(".lock")] == []
    assert [name for name in readable(settings.instance) if name.startswith(("exports", "session"))] == []


def test_a_folder_that_others_own_or_share_keeps_its_mode(settings, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    build_services(replace(settings, instance=shared))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert [
        path.name
        for path in shared.glob("catalog.sqlite3.*")
        if path.stat().st_mode & OTHERS and ".lock" not in path.name
    ] == []


@pytest.mark.slow
def test_a_running_server_leaves_nothing_readable(settings, drop, tmp_path):
    drop("2026-05-01/secret.md", DRAFT)
    drop("2026-05-01/rain.md", "---\ntitle: 大雨\npublished: 2026-05-01\n---\n\n文。\n")
    with serving(settings) as url:
        for path in ("/", "/a/rain", "/a/rain.txt"):
            assert urlopen(url + path).status == 200
        assert readable(settings.instance) == []
        if settings.data.exists():
            assert readable(settings.data) == []
