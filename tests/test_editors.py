"""Several editors: each has a token and a name; what they change is recorded, and committed where the folder is a git
work tree."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from test_desk import RAIN, Desk, fields_in

from reader.child_process.git import git_environment, run_git
from reader.cli import main
from reader.editing import audit_log, git_commits
from reader.editing.accounts import UnusableName, add_editor, all_editors, editor_with, remove_editor
from reader.errors import StateUnusable
from reader.web.commenting.comment_invalidation import CommentWatch


@pytest.fixture
def desk(settings) -> Desk:
    return Desk(settings)


def client_of(desk: Desk, token: str):
    client = desk.app.test_client()
    assert client.post("/editor/login", data={"token": token}).status_code == 303
    return client


def test_each_editor_has_a_token_that_is_known_by_its_name_and_kept_as_a_digest(state):
    tokens = {name: add_editor(state, name) for name in ("周琳", "Ann")}
    assert {editor_with(state, token) for token in tokens.values()} == {"周琳", "Ann"}
    assert editor_with(state, "guess") is None
    assert [editor.name for editor in all_editors(state)] == ["Ann", "周琳"]
    assert (remove_editor(state, "Ann"), remove_editor(state, "Ann")) == (True, False)
    assert editor_with(state, tokens["Ann"]) is None


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[31m", "<b>", "x" * 61, "a\u202eb"])
def test_a_name_that_cannot_be_shown_is_refused(state, name):
    with pytest.raises(UnusableName):
        add_editor(state, name)


def test_a_name_is_given_once(state):
    add_editor(state, "周琳")
    with pytest.raises(UnusableName):
        add_editor(state, " 周琳 ")


def test_the_ledger_keeps_each_version_once_on_both_engines(state):
    audit_log.record(state, "周琳", audit_log.CREATED, "a.md", None, b"one")
    audit_log.record(state, "Ann", audit_log.SAVED, "a.md", b"one", b"two")
    audit_log.record(state, "", audit_log.DELETED, "b.md", b"one", None)
    found = audit_log.acts(state, "a.md")
    assert [(act.editor, act.act) for act in found] == [("Ann", "saved"), ("周琳", "created")]
    assert (audit_log.version(state, found[0].before), audit_log.version(state, found[0].after)) == (b"one", b"two")
    assert [act.path for act in audit_log.acts(state, before_id=found[0].id)] == ["a.md"]
    assert audit_log.act(state, found[0].id) == found[0]
    assert audit_log.act(state, 99) is None


def test_an_editor_logs_in_by_name_until_removed(desk):
    client = client_of(desk, add_editor(desk.services.state, "周琳"))
    assert "周琳" in client.get("/editor").text
    remove_editor(desk.services.state, "周琳")
    assert "type=password" in client.get("/editor").text
    add_editor(desk.services.state, "周琳")
    assert "type=password" in client.get("/editor").text


def test_who_changed_what_is_shown_with_the_difference(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    client = client_of(desk, add_editor(desk.services.state, "周琳"))
    fields = fields_in(client.get("/editor/article?path=2026-05-01/rain.md").text)
    desk.post("save", fields | {"body": "\n今天下大雨。\n"}, client)
    fields = fields_in(client.get("/editor/article?path=2026-05-01/rain.md").text)
    desk.post("delete", fields, client)
    page = client.get("/editor/history?path=2026-05-01/rain.md").text
    assert re.findall(r"周琳 · (\S+)</span>", page) == ["删除", "修改"]
    first = re.findall(r"version=(\d+)", page)[1]
    shown = client.get(f"/editor/history?version={first}").text
    assert "<del>- 今天下雨。</del>" in shown
    assert "<ins>+ 今天下大雨。</ins>" in shown
    assert client.get("/editor/history?version=999").status_code == 404


def test_saving_needs_no_state_database(desk, monkeypatch):
    def unusable(*_: object) -> None:
        raise StateUnusable("it is gone")

    desk.put("2026-05-01/rain.md", RAIN)
    monkeypatch.setattr(audit_log, "record", unusable)
    assert desk.post("save", desk.fields("2026-05-01/rain.md") | {"body": "\n明天见。\n"}).status_code == 303
    assert "明天见" in desk.bytes_of("2026-05-01/rain.md").decode()


def git(folder, *words: str) -> str:
    identity = ("-c", "user.name=Ops", "-c", "user.email=ops@news.example")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_save_in_a_git_work_tree_is_one_commit_by_its_editor_and_leaves_other_changes(desk):
    folder = desk.settings.articles
    for name in ("rain", "wind", "snow"):
        desk.put(f"2026-05-01/{name}.md", RAIN.replace("大雨", name))
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "2026-05-01/wind.md").write_text("# 改了一半\n", "utf-8")
    (folder / "2026-05-01/snow.md").write_text("# 暂存\n", "utf-8")
    git(folder, "add", "2026-05-01/snow.md")
    before = git(folder, "status", "--porcelain")
    (folder / ".git/hooks/pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (folder / ".git/hooks/pre-commit").chmod(0o755)
    client = client_of(desk, add_editor(desk.services.state, "周琳"))
    fields = fields_in(client.get("/editor/article?path=2026-05-01/rain.md").text)
    assert desk.post("save", fields | {"body": "\n提交这一句。\n"}, client).status_code == 303
    assert git(folder, "log", "-1", "--format=%an %cn %s").strip() == "周琳 周琳 saved: 2026-05-01/rain.md"
    assert git(folder, "show", "--name-only", "--format=", "HEAD").split() == ["2026-05-01/rain.md"]
    assert git(folder, "status", "--porcelain") == before
    fields = fields_in(client.get("/editor/article?path=2026-05-01/rain.md").text)
    desk.post("delete", fields, client)
    assert git(folder, "show", "--name-status", "--format=", "HEAD").split() == ["D", "2026-05-01/rain.md"]


def test_a_save_runs_no_filter_that_the_repository_names(desk):
    folder = desk.settings.articles
    desk.put("rain.md", RAIN)
    git(folder, "init", "-q")
    config = folder / ".git/config"
    filters = [f'[filter "{name}"]\n\tclean = touch .run; cat\n\trequired = true\n' for name in ("x", "a=b.c")]
    config.write_text("".join([config.read_text(), *filters]))
    (folder / ".gitattributes").write_text("*.md filter=x\n")
    desk.post("save", desk.fields("rain.md") | {"body": "\n提交这一句。\n"})
    assert git(folder, "show", "--format=", "--name-only", "HEAD").split() == ["rain.md"]
    assert "提交这一句" in git(folder, "show", "HEAD:rain.md")
    assert not (folder / ".run").exists()


def test_a_save_fetches_nothing_that_a_partial_clone_lacks(desk):
    """The remote names the program that sends it."""
    folder = desk.settings.articles
    desk.put("rain.md", RAIN)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    tree = git(folder, "rev-parse", "HEAD^{tree}").strip()
    (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    for name, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", str(folder)),
        ("remote.origin.uploadpack", f"touch {folder}/.run; false"),
        ("protocol.file.allow", "always"),
    ):
        git(folder, "config", name, value)
    assert desk.post("save", desk.fields("rain.md") | {"body": "\n新的一句。\n"}).status_code == 303
    assert not (folder / ".run").exists()


def test_what_a_database_refuses_in_an_address_is_no_error(settings, state_url, monkeypatch):
    monkeypatch.setattr(CommentWatch, "start", lambda _: None)  # its thread would connect again after the end
    desk = Desk(replace(settings, database_url=state_url, comments="reviewed"))
    for number in ("2147483648", "999999999999999", "x"):
        assert desk.client.get(f"/editor/history?after={number}").status_code == 200
    for address in ("/editor/history?path=%00", "/editor/comments?q=%00"):
        assert desk.client.get(address).status_code == 200
    desk.services.state.close()


def test_saves_at_once_are_a_commit_each(desk):
    folder, names = desk.settings.articles, [f"{number}.md" for number in range(8)]
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q")
    for name in names:
        (folder / name).write_text("# 一\n\n文。\n", "utf-8")
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda name: git_commits.commit(desk.settings, [name], "...", name), names))
    assert done == [True] * 8
    assert sorted(git(folder, "log", "--format=%s").split()) == names
    assert git(folder, "log", "-1", "--format=%an").strip() == git_commits.SITE_EDITOR


def test_git_that_takes_too_long_leaves_no_lock_file(tmp_path):
    lock = tmp_path / "index.lock"
    script = f"trap 'rm {lock}; exit 1' TERM; touch {lock}; while :; do sleep 0.05; done"
    with pytest.raises(subprocess.TimeoutExpired):
        run_git(["sh", "-c", script], tmp_path, git_environment(), 1)
    assert not lock.exists()


def test_a_folder_inside_of_a_larger_work_tree_is_left_to_its_owner(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    above = desk.settings.articles.parent
    git(above, "init", "-q")
    git(above, "add", "articles")
    git(above, "commit", "-q", "-m", "first")
    desk.post("save", desk.fields("2026-05-01/rain.md") | {"body": "\n不提交。\n"})
    assert git(above, "log", "--format=%s").split() == ["first"]


def test_the_command_adds_lists_and_removes_editors(runner, settings, monkeypatch):
    monkeypatch.setenv("READER_ARTICLES", str(settings.articles))
    monkeypatch.setenv("READER_INSTANCE", str(settings.instance))
    added = runner.invoke(main, ["editor", "add", "周琳"])
    assert re.fullmatch(r"/editor\?token=[\w-]{32}\n", added.output), added.output
    assert "周琳" in runner.invoke(main, ["editor", "list"]).output
    assert runner.invoke(main, ["editor", "add", "周琳"]).exit_code == 1
    assert runner.invoke(main, ["editor", "remove", "周琳"]).exit_code == 0
    assert runner.invoke(main, ["editor", "remove", "周琳"]).exit_code == 1
    assert runner.invoke(main, ["editor", "list"]).output == ""
    link = runner.invoke(main, ["editor", "link"]).output
    assert link == runner.invoke(main, ["editor", "link"]).output
    assert "/editor?token=" in link
