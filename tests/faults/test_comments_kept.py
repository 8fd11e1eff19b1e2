"""Comments and processes: two web processes show the same, and no accepted comment is lost by kill -9."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import lxml.html
import pytest
from faults.running import Server, is_alive, running, wait_for
from faults.test_resources import file_system, fill
from long_forms import LONG, few, long_form
from serving import inherited
from waiting import LIMIT_SECONDS

from reader.settings import ROOT

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "60" if LONG else "1"))
TOKEN = "a long secret of the house"
LEAST_AGE = 2.5
"""Seconds after which a form is accepted (acceptance.LEAST_SECONDS)."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


@pytest.fixture
def server(tmp_path: Path, state_url: str):
    """On SQLite, and on PostgreSQL."""
    limits = {"READER_COMMENTS_PER_MINUTE": "100000", "READER_EDITOR_TOKEN": TOKEN, "READER_DATABASE_URL": state_url}
    found = Server(tmp_path, environment={"READER_COMMENTS": "open", **limits})
    found.publish("rain")
    found.publish("sun")
    with running(found):
        yield found


def token_of(server: Server, path: str = "/a/rain/comments") -> str:
    return re.search(r'name=token value="([^"]+)"', server.get(path)[1].decode())[1]


def send(server: Server, path: str, cookie: str = "", **fields: str) -> int:
    """The status; 0 without an answer."""
    request = urllib.request.Request(f"{server.url}{path}", urllib.parse.urlencode(fields).encode())
    if cookie:
        request.add_header("Cookie", cookie)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=LIMIT_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def kept(server: Server) -> list[str]:
    """The texts of all comments, as the command exports them."""
    places = {f"READER_{name.upper()}": str(server.folder / name) for name in ("articles", "instance")}
    command = [sys.executable, "-m", "reader", "comments", "export"]
    environment = inherited() | places | {"READER_DATABASE_URL": server.environment["READER_DATABASE_URL"]}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    return [comment["text"] for comment in json.loads(done.stdout)["comments"]]


@pytest.mark.parametrize("state_url", few(["postgresql", "sqlite"]), indirect=True)
def test_both_web_processes_show_a_comment_and_stop_showing_a_hidden_one(server):
    token = token_of(server)
    for _ in range(20):  # both have the pages in their caches
        server.get("/a/rain")
        server.get("/a/rain/comments")
    time.sleep(LEAST_AGE)
    assert send(server, "/a/rain/comments", name="张三", text="写得好", token=token) == 303

    def pages(path: str) -> list[str]:
        return [server.get(path)[1].decode() for _ in range(12)]  # each by a connection of its own

    wait_for(lambda: all("写得好" in page for page in pages("/a/rain/comments")), server)
    wait_for(lambda: all("(1)</a>" in page for page in pages("/a/rain")), server)
    editor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    post_form(editor, f"{server.url}/editor/login", token=TOKEN)
    approved = f"{server.url}/editor/comments?status=approved"
    with editor.open(approved) as answer:
        word = re.search(r'name=csrf_token value="([^"]+)"', answer.read().decode())[1]
    post_form(editor, approved, csrf_token=word, do="hide 1")
    wait_for(lambda: not any("写得好" in page for page in pages("/a/rain/comments")), server)
    wait_for(lambda: not any("(1)</a>" in page for page in pages("/a/rain")), server)


def post_form(editor: urllib.request.OpenerDirector, address: str, **fields: str) -> None:
    with editor.open(address, urllib.parse.urlencode(fields).encode(), LIMIT_SECONDS) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("state_url", few(["sqlite", "postgresql"]), indirect=True)
def test_a_site_whose_state_database_is_gone_shows_its_articles(server):
    data = server.folder / "data"
    time.sleep(LEAST_AGE)
    for path in data.glob("state.sqlite3*"):
        path.unlink()
    assert server.status("/a/sun") == 200
    assert server.status("/") == 200


@pytest.mark.parametrize("state_url", few(["sqlite", "postgresql"]), indirect=True)
def test_no_accepted_comment_is_lost_when_all_processes_are_killed(server):
    accepted: list[str] = []
    chance = random.Random(1)
    for round_number in range(ROUNDS):
        token = token_of(server)
        time.sleep(LEAST_AGE)
        stop = threading.Event()

        def post(writer: int, round_number: int = round_number, token: str = token, stop=stop) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                text = f"round {round_number} writer {writer} number {number}"
                if send(server, "/a/rain/comments", name="张三", text=text, token=token) == 303:
                    accepted.append(text)

        writers = [threading.Thread(target=post, args=(writer,)) for writer in range(6)]
        for writer in writers:
            writer.start()
        before = len(accepted)
        wait_for(lambda before=before: len(accepted) > before + 5, server)
        time.sleep(chance.random() / 4)
        everyone = [server.process.pid, *server.descendants()]
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)
        server.process.wait()
        stop.set()
        for writer in writers:
            writer.join()
        wait_for(lambda everyone=everyone: not any(map(is_alive, everyone)))
        server.start()
    found = kept(server)
    assert set(accepted) <= set(found)
    assert len(found) == len(set(found))


def form_in(page: str) -> dict[str, str]:
    [form] = [form for form in lxml.html.fromstring(page).forms if form.method == "POST"]
    return {name: value or "" for name, value in form.fields.items()}


def answer_to(server: Server, fields: dict[str, str]) -> tuple[int, str]:
    try:
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.build_opener(NoRedirect).open(f"{server.url}/a/rain/comments", data) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@long_form
def test_a_comment_that_postgresql_cannot_take_is_in_the_form_again_and_sent_again_is_one(tmp_path, postgresql):
    """The connections are cut while the comment is posted, and none is taken for a while."""
    with postgresql.database() as url:
        limits = {"READER_COMMENTS_PER_MINUTE": "1000", "READER_DATABASE_URL": url}
        server = Server(tmp_path, environment={"READER_COMMENTS": "open", **limits})
        server.publish("rain")
        with running(server):
            fields = form_in(server.get("/a/rain/comments")[1].decode()) | {"name": "张三", "text": "写了很久的话"}
            time.sleep(LEAST_AGE)
            name = url.partition("@/")[2].partition("?")[0]
            postgresql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            postgresql.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            status, page = answer_to(server, fields)
            assert (status, "写了很久的话" in page) == (503, True)
            assert server.status("/a/rain") == 200
            postgresql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            again = form_in(page)
            wait_for(lambda: answer_to(server, again)[0] == 303, server)
            assert answer_to(server, again)[0] == 303
            assert kept(server) == ["写了很久的话"]


def test_a_comment_that_finds_the_disk_full_is_in_the_form_again_and_sent_again_is_one(tmp_path):
    data = tmp_path / "data"
    server = Server(tmp_path, environment={"READER_COMMENTS": "open", "READER_COMMENTS_PER_MINUTE": "100000"})
    server.environment["READER_DATABASE_URL"] = f"sqlite:///{data}/state.sqlite3"
    server.publish("rain")
    with file_system(data, 4), running(server):
        token = token_of(server)
        fields = {"name": "张三", "text": "写了很久的话", "token": token}
        time.sleep(LEAST_AGE)
        fill(data)
        accepted = []
        status, page, number = 303, "", 0
        while status == 303:  # what the database still has room for
            number += 1
            status, page = answer_to(server, fields | {"text": f"第{number}条：" + "写了很久的话" * 300})
            accepted += [number] if status == 303 else []
        assert (status, "写了很久的话" in page) == (503, True)
        assert server.status("/a/rain") == 200
        (data / "full").unlink()
        again = form_in(page)
        wait_for(lambda: answer_to(server, again)[0] == 303, server)
        assert answer_to(server, again)[0] == 303
        texts = kept(server)
        assert len(texts) == len(set(texts)) == len(accepted) + 1
