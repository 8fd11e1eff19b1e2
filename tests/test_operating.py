"""Operation: metrics, access log, and shutdown and reload without losing a request."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
from serving import free_port, inherited
from waiting import LIMIT_SECONDS, answers, wait_for

from reader.app import create_app
from reader.settings import ROOT
from reader.web.views.prometheus_metrics import FAILED

EVERY_ADDRESS = "::" if Path("/proc/net/if_inet6").exists() else "0.0.0.0"


class UnixConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=LIMIT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT_SECONDS)
        self.sock.connect(str(self._path))


def status_at(path: Path, address: str, **fields: str) -> int:
    """That of GET *address* by the UNIX socket at *path*; 0 if nobody listens."""
    with closing(UnixConnection(path)) as connection:
        try:
            connection.request("GET", address, headers={name.replace("_", "-"): text for name, text in fields.items()})
            return connection.getresponse().status
        except OSError:
            return 0


def is_up(url: str | Path) -> bool:
    return status_at(url, "/healthz") == 200 if isinstance(url, Path) else answers(f"{url}/healthz", {200})


@pytest.fixture
def server(request, settings, drop, tmp_path):
    """``python -m reader serve`` with two web processes, as (address, process). The parameter ``unix`` has it listen on
    a socket, which is the address then."""
    for n in range(5):
        drop(f"s{n}.md", f"---\ntitle: 雨{n}\npublished: 2026-05-0{n + 1}\n---\n今天下雨。")
    drop("broken.md", "---\ntitle: [\n---\n")
    port = free_port()
    places = inherited() | {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    places |= {"READER_TRUSTED_PROXIES": "unix", "READER_METRICS_ALLOW": "127.0.0.0/8,192.0.2.0/24"}
    path = tmp_path / "reader.sock" if getattr(request, "param", "") == "unix" else None
    host = f"unix:{path}" if path else EVERY_ADDRESS
    command = [sys.executable, "-m", "reader", "serve", "--workers", "2", "--host", host, "--port", str(port)]
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=places, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = path or f"http://127.0.0.1:{port}"
        while log.read_text().count("Started worker") < 2 or not is_up(url):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield url, process
    finally:
        process.terminate()
        try:
            process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def get(url):
    with urllib.request.urlopen(url, timeout=LIMIT_SECONDS) as answer:
        return answer.read().decode()


def figure(text, name):
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


def answered(url, visits):
    """(by Flask, from the table) so far, once all the *visits* to articles are counted: each process adds its own."""
    while True:
        figures = get(f"{url}/metrics")
        flask = figure(figures, 'reader_requests_total{status="200",view="articles.article"}')
        hot = figure(figures, "reader_hot_hits_total")
        if flask + hot >= visits:
            return flask, hot
        time.sleep(0.05)


def test_metrics_sum_the_web_processes_and_tell_of_the_catalog(server):
    url, _ = server
    assert answered(url, 0) == (0, 0)  # no figures of any other server
    for _ in range(60):  # both processes take part, whichever the system hands a connection to
        get(f"{url}/a/s1")
    by_flask, from_the_table = answered(url, 60)
    assert by_flask + from_the_table == 60
    assert from_the_table > by_flask
    figures = get(f"{url}/metrics")
    assert figure(figures, "reader_articles") == 5
    assert figure(figures, "reader_problems") == 1
    assert figure(figures, "reader_exports_failed") == 0
    assert "127.0.0.1" not in figures


def test_a_reload_and_a_stop_lose_no_request(server):
    url, process = server
    stop, failures, served = threading.Event(), [], []

    def visit():
        while not stop.is_set():
            try:
                served.append(get(f"{url}/a/s{len(served) % 5}"))
            except OSError as error:
                failures.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    workers = children(process.pid)
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: not children(process.pid) & workers and len(served) > 20)
    stop.set()
    for visitor in visitors:
        visitor.join()
    assert failures == []


@pytest.mark.parametrize("server", ["unix"], indirect=True)
def test_a_unix_socket_serves_what_its_proxy_passes_on_and_a_stop_finishes_what_was_begun(server):
    """In one test, as each needs a server of its own."""
    path, process = server
    assert status_at(path, "/metrics") == 403  # nobody knows who asks
    assert status_at(path, "/metrics", X_Forwarded_For="203.0.113.7") == 403
    assert status_at(path, "/metrics", X_Forwarded_For="192.0.2.7") == 200
    connection = UnixConnection(path)
    connection.connect()
    connection.putrequest("GET", "/search?q=%E9%9B%A8")
    connection.endheaders()
    process.send_signal(signal.SIGTERM)
    response = connection.getresponse()
    assert response.status == 200
    assert response.read()
    connection.close()
    assert process.wait(LIMIT_SECONDS) == 0
    assert not path.exists()


def children(pid):
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def test_lines_that_the_access_log_loses_are_counted_and_told_once(services, publish, tmp_path, caplog):
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\n---\n今天下雨。"})
    place = tmp_path / "logs" / "access.log"  # there is no such folder yet
    app = create_app(replace(services, settings=replace(services.settings, access_log=str(place))))
    client = app.test_client()

    def lost() -> float:
        """Before this request, whose own line comes after it. Not read from its text: another test of this process may
        have deleted the files that are summed up there."""
        assert client.get("/metrics").status_code == 200
        samples = [sample for metric in FAILED.collect() for sample in metric.samples]
        of_lines = [s for s in samples if s.labels["what"] == "access log lines" and s.name.endswith("_total")]
        return sum(sample.value for sample in of_lines)

    before = lost()
    assert [client.get(path).status_code for path in ("/a/rain", "/a/rain", "/")] == [200] * 3
    assert lost() - before == 4
    assert caplog.text.count("the access log cannot be written") == 1
    place.parent.mkdir()
    lost()
    counted = lost()
    client.get("/a/rain")
    assert lost() == counted
    assert place.read_text("utf-8").count("/a/rain") == 1


def test_the_access_log_holds_no_personal_data(services, publish, tmp_path):
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\n---\n今天下雨。"})
    place = tmp_path / "access.log"
    app = create_app(replace(services, settings=replace(services.settings, access_log=str(place))))
    client = app.test_client()
    secrets = {"User-Agent": "SecretBrowser", "Referer": "http://secret.example/", "Cookie": "secret=1"}
    client.get("/a/rain?secret=1", headers=secrets, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    client.get("/a/雨")
    lines = [json.loads(line) for line in place.read_text("utf-8").splitlines()]
    assert [(one["method"], one["path"], one["status"]) for one in lines] == [
        ("GET", "/a/rain", 200),
        ("GET", "/a/雨", 404),
    ]
    assert set(lines[0]) == {"time", "method", "path", "status", "bytes", "ms"}
    assert "ecret" not in place.read_text()
    assert "203.0.113.7" not in place.read_text()
