"""One new file is enough to add an article format, an export, a feed format or a page: the tests pass at the first try.

Each test copies the tree, writes the minimal module that the contract in the docstring shows and the row of
documentation, and runs ruff and the tests that CONTRIBUTING.md names there.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from long_forms import few, long_form

from reader.exports import Exporter
from reader.feeds import FeedFormat
from reader.formats import Format
from reader.settings import ROOT
from reader.web import views

LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "instance", "dist", "build", "articles", "screenshots", "browser"
)
ADDED = {
    "format": 'def test_added(publish, client):\n    publish({"2026-05-01/rain.wiki": "---\\ntitle: 大雨\\n---\\n\\n雨。"})\n'
    '    assert "大雨" in client.get("/a/rain").text\n',
    "export": 'def test_added(publish, client):\n    publish({"2026-05-01/rain.md": "# 大雨\\n\\n雨。"})\n'
    '    assert "/a/rain.html5" in client.get("/a/rain").text\n',
    "feed": 'def test_added(client):\n    assert "titles.txt" in client.get("/feeds").text\n',
    "page": 'def test_added(client):\n    assert client.get("/hello").status_code == 200\n',
}
"""A test of what was added, as a newcomer would try it."""


@dataclass(frozen=True)
class Task:
    """*contract* holds the minimal module; *row* is the line of *document* that a test asks for.

    *files* are the tests to pass beside those of the documents, chosen by *keyword*.
    """

    file: str
    contract: object
    document: str
    row: str
    files: tuple[str, ...]
    keyword: str


TASKS = {
    "format": Task(
        "reader/formats/from_wiki.py", Format, "articles", "| `.wiki` | Wiki |",
        ("registries", "formats"), ".wiki or article_format",
    ),
    "export": Task(
        "reader/exports/to_html5.py", Exporter, "exports", "| `.html5` | HTML5 |",
        ("registries", "exports"), "html5 or every_export",
    ),
    "feed": Task(
        "reader/feeds/titles.py", FeedFormat, "addresses", "| `titles.txt` | titles |",
        ("registries",), "titles or every_feed",
    ),
    "page": Task(
        "reader/web/views/hello.py", views, "addresses", "| `/hello` | says hello |",
        ("registries", "i18n"), "page or address or i18n",
    ),
}  # fmt: skip


def minimal_module(contract: object) -> str:
    """The module that the docstring of *contract* shows, below a docstring of its own."""
    shown = re.search(r"A minimal module[^\n]*::\n\n((?: {4}[^\n]*\n|\n)+)", f"{inspect.getdoc(contract)}\n")
    return f'"""Added by a newcomer."""\n\n{textwrap.dedent(shown[1]).strip()}\n'


def copy_of_the_tree(folder: Path, task: Task, name: str) -> Path:
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT, symlinks=True)
    (folder / "articles").mkdir()
    (folder / task.file).write_text(minimal_module(task.contract), "utf-8")
    (folder / "tests" / "test_added.py").write_text(ADDED[name], "utf-8")
    return folder


def document(folder: Path, task: Task) -> None:
    """Adds the row below the last table row of the reference page, in both languages."""
    for suffix in (".md", ".zh.md"):
        path = folder / "docs" / "reference" / f"{task.document}{suffix}"
        lines = path.read_text("utf-8").splitlines()
        last = max(number for number, line in enumerate(lines) if line.startswith("|"))
        path.write_text("\n".join([*lines[: last + 1], task.row, *lines[last + 1 :]]) + "\n", "utf-8")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )


def run_tests(folder: Path, task: Task, *more: str) -> subprocess.CompletedProcess[str]:
    """The tests that a newcomer is told to run, in the copy."""
    files = [f"tests/test_{name}.py" for name in (*task.files, "docs")]
    return run(folder, "pytest", "-q", "-p", "no:cacheprovider", *files, *more, "-k", f"added or {task.keyword}")


@pytest.mark.parametrize("name", few(TASKS))
def test_one_new_file_and_one_documented_row_are_enough_to_add_a(name, tmp_path):
    folder = copy_of_the_tree(tmp_path / "copy", TASKS[name], name)
    document(folder, TASKS[name])
    result = run_tests(folder, TASKS[name], "tests/test_added.py")
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert "passed" in result.stdout
    for check in (["ruff", "check"], ["ruff", "format", "--check"]):
        result = run(folder, *check, "--no-cache", TASKS[name].file)
        assert result.returncode == 0, result.stdout + result.stderr


@long_form
@pytest.mark.parametrize("name", TASKS)
def test_a_test_asks_for_the_documentation_of_a_new(name, tmp_path):
    folder = copy_of_the_tree(tmp_path / "copy", TASKS[name], name)
    result = run(folder, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_docs.py", "-k", TASKS[name].keyword)
    assert result.returncode == 1, result.stdout[-4000:] + result.stderr[-2000:]
    assert "add a row to docs/reference" in result.stdout


@pytest.mark.parametrize("name", TASKS)
def test_a_minimal_module_imports_what_exists(name):
    task = TASKS[name]
    package = ".".join(Path(task.file).parent.parts)
    imports = [node for node in ast.parse(minimal_module(task.contract)).body if isinstance(node, ast.ImportFrom)]
    for node in imports:
        module = importlib.import_module("." * node.level + (node.module or ""), package)
        for alias in node.names:
            assert hasattr(module, alias.name) or importlib.util.find_spec(f"{module.__name__}.{alias.name}")
    assert any(node.level for node in imports)


@pytest.mark.parametrize("name", TASKS)
def test_the_contract_and_the_guide_name_the_tests_that_are_run_here_for_a(name):
    task = TASKS[name]
    package = sys.modules[task.contract.__module__] if inspect.isclass(task.contract) else task.contract
    files = " ".join(f"tests/test_{name}.py" for name in (*task.files, "docs"))
    told = " ".join(inspect.getdoc(package).split())
    assert f"make test ARGS=\"{files} -k '{task.keyword}'\"" in told
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = ", ".join(f"`{file}`" for file in files.split())
    assert f'| `{task.document}` | {named} with `-k "{task.keyword}"`' in guide
