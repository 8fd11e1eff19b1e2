"""An article without a date gets that of its first commit, where the folder is a clone."""

from __future__ import annotations

import subprocess
import tracemalloc
from pathlib import Path

import pytest

from reader.library.git_dates import first_commits
from reader.models import is_dated


def git(folder: Path, *arguments: str, day: str = "2018-01-02") -> None:
    moment = f"{day}T10:00:00+08:00"
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_DATE": moment,
    }
    options = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *options, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def clone(settings):
    """A repository whose folder ``posts`` holds articles; 雨.md was called rain.md at first."""
    posts = settings.articles
    posts.mkdir(parents=True, exist_ok=True)
    top = posts.parent
    git(top, "init")
    (posts / "rain.md").write_text("# 大雨\n\n" + "今天下雨。\n" * 20)
    (posts / "dated.md").write_text("---\npublished: 2017-05-06\n---\n# 有日期\n\n今天下雨。\n")
    git(top, "add", ".")
    git(top, "commit", "-m", "first", day="2018-01-02")
    (posts / "rain.md").rename(posts / "雨.md")
    (posts / "wind.md").write_text("# 大风\n\n今天刮风。\n")
    git(top, "add", ".")
    git(top, "commit", "-am", "second", day="2018-03-04")
    with (posts / "wind.md").open("a") as file:
        file.write("\n明天也刮。\n")
    git(top, "commit", "-am", "third", day="2018-05-06")
    (posts / "new.md").write_text("# 新稿\n\n还没有提交。\n")
    return posts


def test_the_date_is_that_of_the_first_commit_also_under_a_former_name(clone, services):
    services.library.scan_until_settled()
    days = {
        teaser.slug: f"{teaser.published:%Y-%m-%d}"
        for teaser in services.catalog.latest()
        if is_dated(teaser.published)
    }
    assert days == {"雨": "2018-01-02", "wind": "2018-03-04", "dated": "2017-05-06"}
    told = {(remark.path, remark.severity) for remark in services.catalog.remarks()}
    assert {("雨.md", "note"), ("wind.md", "note"), ("new.md", "warning")} <= told


def test_nothing_of_a_hostile_repository_is_run(clone, tmp_path):
    mark = tmp_path / "run"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "gpg.program",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
    ):
        git(clone.parent, "config", name, str(script))
    git(clone.parent, "config", "log.showSignature", "true")
    (clone / ".gitattributes").write_text("* diff=x\n")
    for hook in ("post-checkout", "pre-commit", "reference-transaction"):
        (clone.parent / ".git" / "hooks" / hook).write_text(script.read_text())
        (clone.parent / ".git" / "hooks" / hook).chmod(0o755)
    assert len(first_commits(clone)) == 3
    assert not mark.exists()


def test_a_folder_that_is_no_clone_or_a_broken_or_shallow_one_has_no_such_dates(settings, clone, tmp_path_factory):
    assert first_commits(tmp_path_factory.mktemp("plain")) == {}
    (clone.parent / ".git" / "shallow").write_text("x\n")
    assert first_commits(clone) == {}
    (clone.parent / ".git" / "shallow").unlink()
    (clone.parent / ".git" / "HEAD").write_text("nonsense\n")
    assert first_commits(clone) == {}


def test_a_history_without_end_is_left_and_no_more_than_a_commit_of_it_is_in_memory(clone, tmp_path, monkeypatch):
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec yes \"$(printf '\\001')1700000000$(printf '%020000d' 0)\"\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    tracemalloc.start()
    dates = first_commits(clone)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert dates == {}
    assert peak_bytes < 5_000_000
