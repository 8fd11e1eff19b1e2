"""The pages of docs/operate/: each command in them runs, on a small site, and each setting is one."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import yaml
from documentation import ROOT, commands_in

from reader.app import create_app
from reader.cli import main
from reader.services import build_services
from reader.settings import ROOT as PROGRAM
from reader.settings import Settings

PAGES = sorted((ROOT / "docs" / "operate").glob("*.md"))
DEPLOY = ROOT / "docs" / "deploy"

NOT_RUN = {
    r"cd /srv/reader": "where the tests are already",
    r"sudo bash scripts/setup\.sh serve": "tests/test_setup.py tests what it installs",
    r"sudo adduser .*|sudo chown -R reader: articles data": "no test makes a user of this machine",
    r"(sudo )?git (pull|checkout) .*|\.venv/bin/pip install .*": "it asks the network",
    r"sudo systemctl (enable --now|edit --full|restart|start|stop) reader": "the tests are not process 1",
    r"podman compose --file docs/deploy/compose\.yaml .*": "test_the_container_fits_the_program reads the file",
}
"""Commands that no test runs, as patterns, with the reason."""


class Operator:
    """Types the commands of a page, with *folder* for the machine and *settings* for the site."""

    def __init__(self, settings: Settings, folder: Path, runner) -> None:
        self.settings, self.folder, self._runner = settings, folder, runner
        places = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
        self._environment = places | {"READER_EDITOR": "0"}

    def type(self, line: str) -> None:
        typed = line.removeprefix("sudo -u reader ").removeprefix("0 3 * * * reader cd /srv/reader && ")
        if match := re.fullmatch(r"(?:sudo )?\.venv/bin/python -m reader (.*)", typed):
            self._command(match[1].replace(r"$(date +\%u)", "5"))
        elif match := re.fullmatch(r"curl --fail --retry 10 --retry-all-errors http://127\.0\.0\.1:8000(/\w+)", line):
            self._ask(match[1])
        elif match := re.fullmatch(r"sudo install -d (.*)", line):
            words = shlex.split(match[1].replace("-o reader -g reader ", ""))
            subprocess.run(["install", "-d", *words[:-1], self._here(words[-1])], check=True)
        elif match := re.fullmatch(r"sudo cp (\S+) /etc/systemd/system/(\S+)", line):
            assert (ROOT / match[1]).name == match[2]
            assert (ROOT / match[1]).is_file()
        elif match := re.fullmatch(r"export (.*)", line):
            self._set(match[1])
        elif re.fullmatch(r"READER_\w+=.*", line):
            self._set(line)
        else:
            assert any(re.fullmatch(pattern, line) for pattern in NOT_RUN), f"nothing here runs: {line}"

    def _here(self, path: str) -> str:
        return str(self.folder / path.removeprefix("/"))

    def _command(self, arguments: str) -> None:
        words = [self._here(word) if word.startswith("/") else word for word in shlex.split(arguments)]
        answer = self._runner.invoke(main, words, env=self._environment)
        assert answer.exit_code == 0, answer.output

    def _ask(self, address: str) -> None:
        services = build_services(self.settings)
        services.library.scan_all()
        answer = create_app(services).test_client().get(address)
        services.state.close()
        assert answer.status_code == 200, answer.text

    def _set(self, assignments: str) -> None:
        given = dict(word.split("=", 1) for word in shlex.split(assignments))
        Settings.from_environ(given)
        self._environment |= {n: self._here(value) if value.startswith("/") else value for n, value in given.items()}


@pytest.fixture
def machine(request, page, monkeypatch):
    """What the addresses in the page are on this machine: real servers."""
    if page.stem != "many-machines":
        return {}
    s3 = request.getfixturevalue("s3")
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    redis = request.getfixturevalue("redis")
    database = request.getfixturevalue("empty_postgresql")
    return (
        {"postgresql://reader@db/news": database, "s3://news-files": "s3://reader/news-files"}
        | {"redis://:password@redis:6379/0": redis.url}
        | {
            f"{name}={value}": f"{name}={s3.environment[name]}"
            for name, value in re.findall(r"(AWS_\w+)=(\S+)", page.read_text("utf-8"))
        }
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_the_page_runs(page, machine, settings, publish, services, tmp_path, runner):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    services.state.close()
    (tmp_path / "machine" / "backups").mkdir(parents=True)
    operator = Operator(settings, tmp_path / "machine", runner)
    for line in commands_in(page.read_text("utf-8")):
        for written, real in machine.items():
            line = line.replace(written, real)
        operator.type(line)


def test_each_reason_not_to_run_a_command_is_needed():
    lines = [line for page in PAGES for line in commands_in(page.read_text("utf-8"))]
    assert [pattern for pattern in NOT_RUN if not any(re.fullmatch(pattern, line) for line in lines)] == []


def test_the_container_fits_the_program():
    """No engine runs here: the files that it copies are there, and what it starts, opens and mounts is the program's."""
    lines = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    copied = [words.split() for step, words in steps if step == "COPY"]
    assert copied
    for sources in [words[:-1] for words in copied if not words[0].startswith("--from")]:
        assert all((ROOT / source).exists() for source in sources), sources
    last = dict(steps)
    (compose,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"].values()
    entry, arguments = yaml.safe_load(last["ENTRYPOINT"]), yaml.safe_load(last["CMD"])
    assert entry == [".venv/bin/python", "-m", "reader"]
    command = main.get_command(click.Context(main), arguments[0])
    port = command.make_context("serve", arguments[1:], resilient_parsing=True).params["port"]
    assert last["EXPOSE"] == str(port)
    assert compose["ports"] == [f"127.0.0.1:{port}:{port}"]
    home = last["WORKDIR"]
    usual = Settings()
    folders = {f"{home}/{folder.relative_to(PROGRAM)}" for folder in (usual.articles, usual.instance, usual.data)}
    assert set(yaml.safe_load(last["VOLUME"])) == folders
    assert {volume.rpartition(":")[2] for volume in compose["volumes"]} == folders
    assert (DEPLOY / compose["build"]["context"]).resolve() == ROOT
    assert ROOT / compose["build"]["dockerfile"] == DEPLOY / "Containerfile"
    check = yaml.safe_load(last["HEALTHCHECK"].partition("CMD ")[2])
    assert compose["healthcheck"]["test"] == ["CMD", *check]
    compile(check[-1], "HEALTHCHECK", "exec")
    assert f"'127.0.0.1', {port}" in check[-1]
    Settings.from_environ(compose["environment"])
    setup = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    needed = set(re.findall(r"^serve (\S+)", setup, re.MULTILINE))
    installed = next(words for step, words in reversed(steps) if step == "RUN" and "apt-get install" in words)
    assert needed <= set(installed.split())
