"""One new file is enough to add an article format, an export, a feed format or a page: the tests pass at the first try.

Each test copies the tree, writes the one file and the line of documentation, and runs the tests of the registries there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from reader.settings import ROOT

LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "instance", "dist", "build", "articles", "screenshots", "browser"
)
FORMAT = '''
"""Org files: front matter, and a body in Markdown's words."""

from __future__ import annotations

from ..models import Draft
from . import front_matter
from .decoding import decode_text
from .from_markdown import body_of

SUFFIXES = (".org",)
SAMPLE = "---\\ntitle: 大雨\\npublished: 2026-05-01 06:00\\n---\\n\\n今天下雨。\\n".encode()


def read(data: bytes) -> Draft:
    values, text, _ = front_matter.split(decode_text(data))
    return Draft(**{"title": "", **values}, body_html=body_of(text))
'''
EXPORT = '''
"""A bare HTML page."""

from __future__ import annotations

from html import escape

from ..models import Publication
from .bodies import Body
from .documents import to_document
from .options import Options, Render

SUFFIX = "bare"
MIMETYPE = "text/html"
LABEL = "Bare"
PAGES: tuple[str, ...] = ()
SAMPLE = b"<h1>"


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    document = to_document(publication, options, Body.html, "")
    return "".join(f"<h1>{escape(part.article.title)}</h1>{part.body}" for part in document.chapters).encode()
'''
FEED = '''
"""Titles and addresses, a line each."""

from __future__ import annotations

from .feed import Feed

NAME, MIMETYPE, ORDER = "titles.txt", "text/plain", 9
LABEL, SHORT = "Titles", "Titles"


def to_bytes(feed: Feed) -> bytes:
    return "".join(f"{entry.published:%F} {entry.title} {entry.address}\\n" for entry in feed.entries).encode()
'''
PAGE = '''
"""A page that says how many articles there are."""

from __future__ import annotations

from flask import Blueprint, Response

from ..rendering import render_page

bp = Blueprint("hello", __name__)


@bp.get("/hello")
def hello() -> Response:
    return render_page("offline.html", "hello", lambda: {"script": ""})
'''
ADDED = {
    "format": 'def test_added(publish, client):\n    publish({"2026-05-01/rain.org": "---\\ntitle: 大雨\\n---\\n\\n雨。"})\n'
    '    assert "大雨" in client.get("/a/rain").text\n',
    "export": 'def test_added(publish, client):\n    publish({"2026-05-01/rain.md": "# 大雨\\n\\n雨。"})\n'
    '    assert "/a/rain.bare" in client.get("/a/rain").text\n',
    "feed": 'def test_added(client):\n    assert "titles.txt" in client.get("/feeds").text\n',
    "page": 'def test_added(client):\n    assert client.get("/hello").status_code == 200\n',
}
"""A test of what was added, as a newcomer would try it."""


@dataclass(frozen=True)
class Task:
    """*row* is the line of *document* that a test asks for; *tests* choose what the registries' tests say of it."""

    file: str
    code: str
    document: str
    row: str
    tests: str


TASKS = {
    "format": Task(
        "reader/formats/from_org.py", FORMAT, "articles", "| `.org` | Org |", ".org or every_article_format"
    ),
    "export": Task("reader/exports/to_bare.py", EXPORT, "exports", "| `.bare` | bare HTML |", "bare or every_export"),
    "feed": Task("reader/feeds/titles.py", FEED, "addresses", "| `titles.txt` | titles |", "titles or every_feed"),
    "page": Task("reader/web/views/hello.py", PAGE, "addresses", "| `/hello` | says hello |", "every_address"),
}


def copy_of_the_tree(folder: Path, task: Task, name: str) -> Path:
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT, symlinks=True)
    (folder / "articles").mkdir()
    (folder / task.file).write_text(task.code.lstrip(), "utf-8")
    (folder / "tests" / "test_added.py").write_text(ADDED[name], "utf-8")
    return folder


def document(folder: Path, task: Task) -> None:
    """Adds the row below the last table row of the reference page, in both languages."""
    for suffix in (".md", ".zh.md"):
        path = folder / "docs" / "reference" / f"{task.document}{suffix}"
        lines = path.read_text("utf-8").splitlines()
        last = max(number for number, line in enumerate(lines) if line.startswith("|"))
        path.write_text("\n".join([*lines[: last + 1], task.row, *lines[last + 1 :]]) + "\n", "utf-8")


def run(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """The tests of what was added, of the registries and of the documents, in the copy."""
    files = [f"tests/test_{name}.py" for name in ("added", "registries", "docs")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", f"added or {tests}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", TASKS)
def test_one_new_file_and_one_documented_row_are_enough_to_add_a(name, tmp_path):
    folder = copy_of_the_tree(tmp_path / "copy", TASKS[name], name)
    document(folder, TASKS[name])
    result = run(folder, TASKS[name].tests)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert "passed" in result.stdout


@pytest.mark.parametrize("name", TASKS)
def test_a_test_asks_for_the_documentation_of_a_new(name, tmp_path):
    folder = copy_of_the_tree(tmp_path / "copy", TASKS[name], name)
    result = run(folder, f"test_docs and ({TASKS[name].tests})")
    assert result.returncode == 1, result.stdout[-4000:] + result.stderr[-2000:]
    assert "test_docs.py" in result.stdout
