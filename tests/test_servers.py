"""Every way of running Reader in the README answers requests, shows new files, and stops on request."""

from __future__ import annotations

import subprocess
import urllib.request
from urllib.parse import quote

import pytest
from serving import FLASK, GUNICORN, READER, RESERVED_PORT, free_port, inherited, serving
from waiting import LIMIT_SECONDS, wait_for

from reader.settings import ROOT

SERVERS = {"reader serve": READER, "flask run": FLASK, "gunicorn": GUNICORN}


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=LIMIT_SECONDS) as response:
        text: str = response.read().decode()
        return text


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
def test_a_dropped_file_is_served_within_moments(command, settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    with serving(settings, command) as url:
        assert "大雨" in fetch(f"{url}/a/rain")
        drop("2026-05-01/台风.md", "# 台风登陆\n\n风力十二级。")
        wait_for(lambda: "台风登陆" in fetch(f"{url}/"))
        assert "风力十二级" in fetch(f"{url}/a/{quote('台风')}")


def test_environment_variables_are_not_taken_for_header_fields(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    with serving(settings, ("env", "HTTP_IF_NONE_MATCH=*", *READER)) as url:
        assert "大雨" in fetch(f"{url}/a/rain")  # not 304


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "READER_TIMEZONE",
            "Mars/Olympus",
            "READER_TIMEZONE='Mars/Olympus': expected a time zone such as Asia/Shanghai",
        ),
        ("READER_INSTANCE", "/proc/x", "READER_INSTANCE='/proc/x': expected a folder that exists or can be created"),
        ("READER_ARTICLES", "/dev/null", "READER_ARTICLES='/dev/null': expected a folder"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_server_with_one_line(tmp_path, command, name, value, said):
    folders = {"READER_ARTICLES": str(tmp_path / "articles"), "READER_INSTANCE": str(tmp_path / "instance")}
    arguments = [word.replace(RESERVED_PORT, str(free_port())) for word in command]
    environment = inherited() | folders | {name: value, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        arguments,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode != 0
    assert said in done.stdout
    assert str(ROOT / "reader") not in done.stdout  # no traceback through our code
    if command == READER:
        assert done.returncode == 2
        assert done.stdout.count("\n") == 1
