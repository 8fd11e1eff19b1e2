"""The log quotes nothing of a file that may be a draft, of mail, of a comment or of a search. `check` and the desk do."""

from __future__ import annotations

import io
import logging
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from reader.errors import BadSetting, UnreadableArticle
from reader.formats import from_markdown
from reader.i18n import Message, redacted
from reader.library import file_reader_child
from reader.state.engines import sqlite_engine
from reader.storage.log_formatter import LineFormatter

SECRET = "线人张三"

BAD_FILES = {
    "date.md": f"---\ntitle: 题\ndraft: true\npublished: {SECRET}\n---\n文。\n",
    "zone.md": f"---\ntitle: 题\ndraft: true\npublished: 2026-05-01 10:00 {SECRET}\n---\n文。\n",
    "yaml.md": f"---\ntitle: [{SECRET}\ndraft: true\n---\n文。\n",
    "alias.md": f"---\ntitle: *{SECRET}\ndraft: true\n---\n文。\n",
    "tag.md": f"---\ntitle: !{SECRET} a\ndraft: true\n---\n文。\n",
    "escape.md": f'---\ntitle: "\\{SECRET}"\ndraft: true\n---\n文。\n',
    "toml.md": f"+++\ntitle = {SECRET}\ndraft = true\n+++\n文。\n",
    "json.md": f'{{"title": {SECRET}, "draft": true}}\n\n文。\n',
    "draft.md": f"---\ntitle: 题\ndraft: {SECRET}\n---\n文。\n",
    "outside.txt": f"标题：题\n\n正文。\n\ndraft: true {SECRET}\n",
    "unclosed.md": f"---\ntitle: {SECRET}\ndraft: true\n\n文。\n",
    "section.md": f"---\ntitle: 题\nsection: '..{SECRET}/..'\n---\n文。\n",
    "long.md": f"---\ntitle: 题\nsection: {SECRET * 30}\n---\n文。\n",
    "notebook.ipynb": f'{{"cells": [{SECRET}',
}
"""Each says a secret where an error may quote it."""


@pytest.fixture
def written():
    """What a server's log holds of the lines that are logged."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


@pytest.mark.slow
def test_a_problem_in_the_log_names_file_line_and_fix_and_quotes_nothing(services, drop, written):
    for name, content in BAD_FILES.items():
        drop(name, content)
    services.library.scan_all()
    lines = written.getvalue()
    problems = {problem.path: problem for problem in services.catalog.problems()}
    quoting = [path for path, problem in problems.items() if SECRET in str(problem)]
    assert {"date.md", "draft.md"} <= set(quoting)  # `check` shows what is wrong
    assert len(problems) > 10
    for path, problem in problems.items():
        assert (f"{path}:{problem.line}: " if problem.line else f"{path}: ") in lines
    assert SECRET not in lines
    assert "date.md:4: not a date: '…' (" in lines or "date.md:4: published: not a date: '…' (" in lines, lines


def test_a_bug_while_reading_is_logged_with_its_place_and_without_what_was_read(settings, drop, written, monkeypatch):
    def read(data: bytes) -> None:
        try:
            int(data.decode())
        except ValueError:
            raise KeyError(data.decode()) from None

    monkeypatch.setattr(from_markdown, "read", read)
    drop("a.md", f"# {SECRET}\n\n文。\n")
    answer = file_reader_child.read_file(settings, "a.md")
    assert "internal error" in str(answer)
    lines = written.getvalue()
    assert "a.md: bug while reading" in lines
    assert lines.endswith("KeyError\n")
    assert SECRET not in lines


def test_a_traceback_tells_all_errors_and_the_messages_only_of_those_that_quote_nothing(written):
    log = logging.getLogger("privacy")
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise OSError(28, "No space left on device", "/x") from error
    except OSError:
        log.exception("%s is not made", "a.pdf")
    assert "ValueError\nIt led to:" in written.getvalue()
    assert written.getvalue().endswith("OSError: [Errno 28] No space left on device: '/x'\n")
    assert SECRET not in written.getvalue()


def test_an_error_in_a_line_is_told_without_what_it_may_quote(written):
    log = logging.getLogger("privacy")
    log.warning("%s: %s", 1, ValueError(SECRET))
    log.warning("%s", sqlite3.OperationalError(f'fts5: syntax error near "{SECRET}"'))
    log.warning("%s", UnreadableArticle(Message("not a date: '%(text)s'", text=SECRET)))
    log.warning("%s", sqlite3.OperationalError("database is locked"))
    log.warning("%s", BadSetting("READER_X", "1", "a colour"))
    assert [line.partition("privacy: ")[2] for line in written.getvalue().splitlines()] == [
        "1: ValueError",
        "fts5: syntax error …",
        "not a date: '…'",
        "database is locked",
        "READER_X='1': expected a colour",
    ]


def test_the_log_holds_no_address_of_a_secret_preview(written):
    logging.getLogger("privacy").error("Exception on /preview/abcdef [GET], /preview/media/ghijkl/0-640.png")
    assert "abcdef" not in written.getvalue()
    assert "ghijkl" not in written.getvalue()


def test_an_error_of_the_state_database_holds_no_value_of_its_rows(tmp_path):
    (tmp_path / "state.sqlite3").touch()
    engine = sqlite_engine(tmp_path / "state.sqlite3")
    with pytest.raises(SQLAlchemyError) as raised, engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:address)"), {"address": "reader@example.org"})
    assert "reader@example.org" not in str(raised.value)
    engine.dispose()


@pytest.mark.slow
def test_a_child_process_that_a_bug_ends_tells_where_and_not_what(tmp_path):
    program = (
        "from reader.child_process.child import answer_lines, prepare\n"
        "def answer(request):\n    raise ValueError(request)\n"
        "answer_lines(prepare(), answer)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], input=f"{SECRET}\n".encode(), capture_output=True)
    assert ended.returncode == 1
    assert ended.stderr.decode().endswith("ValueError\n")
    assert SECRET not in ended.stderr.decode()


@pytest.mark.parametrize(
    ("problem", "logged"),
    [
        (Message("%(field)s is neither true nor false: '%(text)s'", field="draft", text=SECRET), None),
        (Message("needs more than %(count)s MB of memory", count=512), "needs more than 512 MB of memory"),
        ("No such file or directory", "No such file or directory"),
        (SECRET, "…"),
        (Message("invalid YAML: %(problem)s", problem=SECRET), "invalid YAML: …"),
        (Message("%(cause)s (%(hint)s)", cause=Message("no title"), hint=Message("add one")), "no title (add one)"),
        (Message("%(count)s line", "%(count)s lines of %(text)s", count=2, text=SECRET), "2 lines of …"),
    ],
)
def test_of_a_text_the_log_has_names_and_numbers(problem, logged):
    assert redacted(problem) == (logged or "draft is neither true nor false: '…'")
