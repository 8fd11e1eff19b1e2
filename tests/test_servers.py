"""Every way of running Reader in the README answers requests, shows new files, and stops on request."""

from __future__ import annotations

import time
import urllib.request
from urllib.parse import quote

import pytest
from serving import FLASK, GUNICORN, READER, serving

SERVERS = {"reader serve": READER, "flask run": FLASK, "gunicorn": GUNICORN}


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        text: str = response.read().decode()
        return text


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
def test_a_dropped_file_is_served_within_moments(command, settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    with serving(settings, command) as url:
        assert "大雨" in fetch(f"{url}/a/rain")
        drop("2026-05-01/台风.md", "# 台风登陆\n\n风力十二级。")
        for _ in range(100):
            if "台风登陆" in fetch(f"{url}/"):
                break
            time.sleep(0.05)
        assert "风力十二级" in fetch(f"{url}/a/{quote('台风')}")
