"""Paths and titles that hold escape sequences, ends of lines, changes of direction or bytes that are not UTF-8.

They are escaped wherever a terminal or a log shows them.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from waiting import LIMIT_SECONDS

from reader.models import escaped, escaped_in_json
from reader.settings import ROOT
from reader.storage.log_formatter import LineFormatter
from reader.web.middleware.access_log import AccessLog

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨，市民带伞出行，公交照常运行。\n"
EVIL = "\x1b[2J\x1b]0;owned\x07\r\n! forged: line\x9b31m\u202egnp.\u2066\u2028\x7f"
DANGEROUS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def run(settings, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    places = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    command = [sys.executable, "-m", "reader", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | places | {"LANG": "C.UTF-8"}, capture_output=True, timeout=LIMIT_SECONDS
    )


def shown(done: subprocess.CompletedProcess[bytes]) -> str:
    """All that a terminal would get; it must be valid UTF-8."""
    text = (done.stdout + done.stderr).decode()
    assert DANGEROUS.search(text) is None, ascii(text)
    assert not re.search(r"^! forged", text, re.MULTILINE)
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31m", r"\x1b[31m"), ("a\nb\r\t", r"a\nb\r\t"), ("\x9b", r"\x9b"), ("\u202e", r"\u202e"), ("\u2066x", r"\u2066x"),
        ("\u2028", r"\u2028"), (os.fsdecode(b"\xd6\xd0"), r"\xd6\xd0"), ("\ud800", r"\ud800"), ("雨 é 👨‍👩‍👧", "雨 é 👨‍👩‍👧"),
    ],
)  # fmt: skip
def test_what_a_terminal_would_obey_is_escaped_and_nothing_else(text, expected):
    assert escaped(text) == expected


def test_json_with_escapes_says_the_same():
    value = {"path": EVIL, "list": [EVIL, "雨"]}
    text = escaped_in_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert DANGEROUS.search(text) is None
    assert json.loads(text) == value


@pytest.fixture
def hostile(settings, drop):
    """Files and folders with such names: good ones, broken ones, links, a FIFO, copies."""
    name = EVIL.replace("/", "")
    drop(f"{name}/ok{name}.md", RAIN)
    drop(f"broken{name}.md", "---\npublished: \x1b[31mnonsense\u202e\n---\n# \x1b]0;x\x07题\u202e\n\n文。\n")
    drop(f"{name} - Copy.md", RAIN)
    drop(f"warned{name}.md", RAIN.replace("2026-05-01 06:00", "03/04/2026"))
    (settings.articles / f"out{name}.md").symlink_to("/etc/passwd")
    os.mkfifo(settings.articles / f"pipe{name}.md")
    (Path(os.fsdecode(os.fsencode(settings.articles) + b"/\xd6\xd0\x1b.md"))).write_text(RAIN, "utf-8")
    return settings


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_check_prints_no_control_character(hostile, options):
    text = shown(run(hostile, "check", *options))
    for part in ("broken", "out", "pipe", " - Copy.md"):
        assert part in text
    assert ("\\u001b" if options else "\\x1b") in text


def test_import_prints_no_control_character(settings, hostile, tmp_path):
    archive = tmp_path / "a.zip"
    page = f"<html><head><title>题{EVIL}</title></head><body><h1>题{EVIL}</h1><p>{'今天下雨。' * 40}{EVIL}</p></body></html>"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"good{EVIL}.html", page)
        file.writestr(f"bad{EVIL}.docx", b"x")
        file.writestr(f"a{EVIL} - Copy.md", RAIN)
    text = shown(run(settings, "import", hostile.articles, archive, f"missing{EVIL}".replace("\0", "")))
    for part in ("good", "bad", "missing", "broken", "pipe"):
        assert part in text
    shown(run(settings, "import", "--date", EVIL, archive))


def test_export_and_doctor_print_no_control_character(hostile, tmp_path):
    shown(run(hostile, "export", f"missing{EVIL}", "--format", "txt"))
    shown(run(hostile, "export", "--all", "-o", tmp_path / f"out{EVIL}".replace("/", "")))
    shown(run(hostile, "doctor"))


def test_a_log_line_is_one_line_and_a_traceback_has_no_control_character():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("hostile names")
    logger.propagate = False
    logger.addHandler(handler)
    logger.warning("%s: no date", EVIL)
    assert stream.getvalue().count("\n") == 1
    try:
        raise ValueError(EVIL)
    except ValueError:
        logger.exception("%s", EVIL)
    assert DANGEROUS.search(stream.getvalue()) is None


def test_the_log_of_the_server_holds_no_control_character(settings, hostile, tmp_path):
    from serving import READER, serving

    log = tmp_path / "server.log"
    with serving(settings, READER, log):
        pass
    text = log.read_text("utf-8")
    assert "broken" in text
    assert DANGEROUS.search(text) is None


def test_the_access_log_holds_no_control_character():
    lines: list[str] = []

    def answer(_environ, start):
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    path = EVIL.encode().decode("latin-1")
    list(AccessLog(answer, lines.append)({"REQUEST_METHOD": "GET", "PATH_INFO": path}, lambda *_: None))
    assert DANGEROUS.search(lines[0]) is None
    assert json.loads(lines[0])["path"] == EVIL
