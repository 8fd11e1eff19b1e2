"""The first start makes a token for the editor's desk and tells where the desk is; later ones and other commands don't."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from dataclasses import replace

from serving import READER, inherited, serving

from reader.app import create_app
from reader.editing.access_token import FILE, create_token, token_of
from reader.editing.accounts import add_editor
from reader.services import build_services
from reader.settings import ROOT, Settings
from reader.state import State

DESK = ("env", "READER_EDITOR=1", *READER)


def test_the_first_start_prints_the_address_of_the_desk_once_and_its_token_opens_it(settings, tmp_path):
    log = tmp_path / "server.log"
    with serving(settings, DESK, log) as url:
        token = re.search(r"http://localhost:\d+/editor\?token=([\w-]+)", log.read_text("utf-8"))[1]
        with urllib.request.urlopen(f"{url}/editor?token={token}") as page:
            assert f'value="{token}"' in page.read().decode()
        data = f"token={token}".encode()
        with urllib.request.urlopen(f"{url}/editor/login", data) as page:
            assert page.status == 200
    file = settings.data / FILE
    assert (file.read_text("ascii").strip(), file.stat().st_mode & 0o777) == (token, 0o600)
    assert settings.data.stat().st_mode & 0o777 == 0o700
    with serving(settings, DESK, log):
        assert token not in log.read_text("utf-8")
    assert token_of(settings) == token


def test_a_desk_that_is_off_has_no_token(settings):
    off = replace(settings, editor=False)
    assert (create_token(off), token_of(replace(off, editor_token="a long secret of the house"))) == ("", "")
    assert not settings.data.exists()


def test_the_token_of_the_setting_wins(settings):
    assert create_token(settings)
    assert token_of(replace(settings, editor_token="a long secret of the house")) == "a long secret of the house"


def test_a_token_that_others_can_write_or_that_is_too_short_opens_nothing(settings):
    create_token(settings)
    file = settings.data / FILE
    file.chmod(0o622)
    assert token_of(settings) == ""
    file.chmod(0o600)
    file.write_text("short\n")
    assert token_of(settings) == ""


def test_an_application_in_process_makes_no_token_but_knows_one_that_was_made(settings):
    settings.articles.mkdir(parents=True, exist_ok=True)

    def status() -> int:
        services = build_services(settings)
        services.library.scan_all()
        return create_app(services).test_client().get("/editor").status_code

    assert (status(), (settings.data / "editor-token").exists()) == (404, False)
    create_token(settings)
    assert status() == 200


def test_other_commands_make_no_token(settings):
    settings.articles.mkdir(parents=True, exist_ok=True)
    chosen = {
        "READER_ARTICLES": str(settings.articles),
        "READER_INSTANCE": str(settings.instance),
        "READER_EDITOR": "1",
    }
    subprocess.run(
        [*READER[:3], "check"], cwd=ROOT, env=inherited() | chosen, capture_output=True, check=True, timeout=60
    )
    assert not (settings.data / FILE).exists()


def test_the_setting_reads_a_switch():
    assert not Settings.from_environ({"READER_EDITOR": "0"}).editor


def test_the_token_that_is_made_for_a_new_site_is_nobody_who_reads_comments(settings, drop):
    """Comments are on where editors are known by name, or READER_EDITOR_TOKEN is set; and all processes agree."""
    drop("rain.md", "# 大雨\n\n今天下雨。")
    for is_known in (False, True):
        if is_known:
            add_editor(State(settings.state_url), "周琳")
        with serving(settings, DESK) as url, urllib.request.urlopen(f"{url}/a/rain") as answer:
            assert (b"/a/rain/comments" in answer.read()) == is_known
