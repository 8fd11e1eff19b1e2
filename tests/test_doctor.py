"""``doctor`` reports what keeps this machine from serving, with a fix; it exits with 0 if all is well."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from serving import inherited
from smtp_server import smtp_server

from reader.catalog import prepare
from reader.cli import main
from reader.commands import doctor
from reader.settings import ROOT, Settings
from reader.state import write_check


@pytest.fixture
def diagnose(runner, tmp_path, monkeypatch):
    """``diagnose(READER_X="…")`` is the exit status and the report."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("READER_ARTICLES", str(ROOT / "articles"))
    monkeypatch.setenv("READER_INSTANCE", str(tmp_path / "instance"))

    def diagnose(**variables: str):
        answer = runner.invoke(main, ["doctor"], env=variables)
        return answer.exit_code, answer.output

    return diagnose


def test_the_shipped_articles_and_a_fresh_instance_are_sound(diagnose):
    status, report = diagnose()
    assert status == 0, report
    for word in ("articles", "instance", "fonts", "clock", "language", "packages", "open files", "READER_BASE_URL"):
        assert word in report
    assert "problem" not in report


def test_it_speaks_the_terminals_language(diagnose):
    status, report = diagnose(LC_ALL="zh_CN.UTF-8")
    assert status == 0
    assert "稿件" in report
    assert "软件包" in report


def test_a_missing_folder_is_a_problem_with_its_remedy(diagnose, tmp_path):
    status, report = diagnose(READER_ARTICLES=str(tmp_path / "none"))
    assert status == 1
    assert "READER_ARTICLES" in report


def test_folders_in_each_other_are_a_problem(diagnose, tmp_path):
    (tmp_path / "articles").mkdir()
    folders = {
        "READER_ARTICLES": str(tmp_path / "articles"),
        "READER_INSTANCE": str(tmp_path / "articles" / "instance"),
    }
    assert diagnose(**folders)[0] == 1


def test_a_damaged_database_is_named(diagnose, tmp_path):
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "jobs.sqlite3").write_bytes(b"not a database, but long enough to be read" * 100)
    status, report = diagnose()
    assert status == 1
    assert "jobs.sqlite3 is damaged" in report


def test_a_state_database_that_cannot_be_written_is_a_problem(diagnose, runner, tmp_path, monkeypatch):
    monkeypatch.setattr(write_check, "BUSY_SECONDS", 0.0)
    assert runner.invoke(main, ["editor", "add", "周琳"]).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "state.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, report = diagnose()
    assert (status, "problem: the state database cannot be used: " in report) == (1, True)
    assert diagnose()[0] == 0


READ_ONLY = """
mount --bind "$0/instance" "$0/instance" && mount -o remount,bind,ro "$0/instance" && exec "$@"
"""


def test_a_database_on_a_read_only_disk_is_not_called_damaged(settings, tmp_path):
    prepare(settings.catalog)
    names = {"READER_ARTICLES": str(ROOT / "articles"), "READER_INSTANCE": str(settings.instance), "LC_ALL": "C.UTF-8"}
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", READ_ONLY, str(tmp_path)]
    command += [sys.executable, "-m", "reader", "doctor"]
    report = subprocess.run(command, cwd=ROOT, env=inherited() | names, capture_output=True, text=True, timeout=60)
    assert "warning: " + str(settings.catalog) + " could not be checked" in report.stdout, report
    assert "damaged" not in report.stdout


def test_a_site_that_does_not_know_its_own_name_is_a_problem(diagnose):
    status, report = diagnose(READER_BASE_URL="https://news.example", READER_HOSTS="other.example")
    assert status == 1
    assert "421" in report
    assert "READER_TRUSTED_PROXIES" in diagnose(READER_BASE_URL="https://news.example")[1]


def test_trusting_every_address_is_a_warning(diagnose):
    assert "trusts every address" in diagnose(READER_TRUSTED_PROXIES="127.0.0.1,::/0")[1]
    assert "trusts every address" not in diagnose(READER_TRUSTED_PROXIES="10.0.0.0/8")[1]


def test_files_of_tomorrow_mean_that_the_clock_is_wrong(diagnose, tmp_path):
    file = tmp_path / "articles" / "rain.md"
    file.parent.mkdir()
    file.write_text("# 大雨", "utf-8")
    os.utime(file, (4_000_000_000, 4_000_000_000))
    status, report = diagnose(READER_ARTICLES=str(file.parent))
    assert status == 1
    assert "timedatectl" in report


def test_every_piece_of_advice_follows_from_a_check():
    for check in doctor.CHECKS:
        assert all(isinstance(finding, doctor.Finding) for finding in check(Settings()))


def test_an_encoder_that_is_not_installed_is_a_warning(diagnose, monkeypatch):
    assert "speech" not in diagnose()[1]
    assert "speech: cat" in diagnose(READER_SPEECH="cat")[1]
    monkeypatch.setattr("reader.commands.doctor.ENCODER", ("no-such-encoder",))
    assert "apt install lame" in diagnose(READER_SPEECH="cat")[1]


def test_a_mail_server_that_does_not_answer_is_a_problem_and_one_that_does_is_named(diagnose):
    mail = {"READER_BASE_URL": "https://news.example", "READER_MAIL_FROM": "news@news.example"}
    with smtp_server() as server:
        address = f"smtp://127.0.0.1:{server.port}"
        assert f"ok: mail server: 127.0.0.1:{server.port}" in diagnose(READER_SMTP_URL=address, **mail)[1]
    status, report = diagnose(READER_SMTP_URL=address, **mail)
    assert status == 1
    assert "READER_SMTP_URL" in report


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ('mount -t tmpfs none /proc && exec "$@" check', "/proc is not mounted"),
        ('cd "$0" && rmdir "$0" && exec "$@" backup x.zip', "the current folder was deleted"),
    ],
)
def test_a_command_names_what_the_machine_lacks(tmp_path, script, fault):
    (folder := tmp_path / "deleted").mkdir()
    names = {"PYTHONPATH": str(ROOT), "READER_INSTANCE": str(tmp_path / "instance"), "LC_ALL": "C.UTF-8"}
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]
    command += [sys.executable, "-m", "reader"]
    told = subprocess.run(command, cwd=ROOT, env=inherited() | names, capture_output=True, text=True, timeout=60)
    assert (told.returncode, fault in told.stderr) == (2, True), told
