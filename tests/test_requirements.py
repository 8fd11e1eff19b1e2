"""Every pinned package is used, every used package is pinned, and every pin is exact."""

from __future__ import annotations

import re
import runpy
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from documentation import table_rows

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    "requirements.txt",
    "requirements-many.txt",
    "requirements-dev.txt",
    "scripts/requirements-fonts.txt",
    "benchmarks/requirements.txt",
]
RUN_TIME = [ROOT / "wsgi.py", *(ROOT / "reader").rglob("*.py")]
ALL_CODE = [
    *RUN_TIME,
    *(path for folder in ("tests", "benchmarks", "scripts") for path in (ROOT / folder).rglob("*.py")),
]
COME_WITH_FLASK = {"itsdangerous", "jinja2", "markupsafe", "werkzeug"}


def pinned(name: str) -> list[str]:
    """The package lines of a requirements file."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def normal(distribution: str) -> str:
    """PEP 503: names are compared without case, and ``-``, ``_`` and ``.`` are equal."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def names(file: str) -> set[str]:
    return {normal(re.split(r"\[|==", line)[0]) for line in pinned(file)}


IMPORT = re.compile(r"^[ \t]*(?:from (\w[\w.]*) import |import ([\w., ]+))", re.MULTILINE)


def imported(paths: list[Path]) -> set[str]:
    """The top-level names that the files import, without the standard library and our own."""
    found = set()
    for path in paths:
        for module, modules in IMPORT.findall(path.read_text("utf-8")):
            found |= {name.split(".")[0].split()[0] for name in [module, *modules.split(",")] if name.strip()}
    return found - set(sys.stdlib_module_names) - {"reader"}


known_distributions = cache(packages_distributions)


def distributions_of(modules: set[str]) -> set[str]:
    known = known_distributions()
    return {normal(name) for module in modules for name in known.get(module, [])}


@pytest.mark.parametrize("file", FILES)
def test_every_pin_is_exact(file):
    assert not [line for line in pinned(file) if not re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+(\s+#.*)?", line)]


def test_what_comes_along_is_held_to_the_version_that_was_tested():
    """After a change of requirements: scripts/pin.py."""
    brought_along = runpy.run_path(str(ROOT / "scripts" / "pin.py"))["brought_along"]()
    held = dict(line.split("==") for line in pinned("scripts/constraints.txt"))
    assert brought_along.items() <= held.items()


@pytest.mark.parametrize("name", ["serve", "test", "bench"])
def test_every_package_of_the_set_up_has_its_hashes(name):
    """After a change of requirements: scripts/pin.py."""
    pin = runpy.run_path(str(ROOT / "scripts" / "pin.py"))
    lines = pin["hashes"](name).read_text("utf-8").splitlines()
    assert pin["fingerprint"](name) in lines[0], "the requirements have changed since: run scripts/pin.py"
    packages = [line for line in lines[1:] if not line.startswith(" ")]
    assert [line for line in packages if not line.endswith("\\")] == []
    assert len(packages) > 40


def test_the_page_of_licences_is_in_step_and_every_licence_may_be_used():
    """After a change of requirements: scripts/licences.py."""
    licences = runpy.run_path(str(ROOT / "scripts" / "licences.py"))
    assert licences["page"]() == licences["PAGE"].read_text("utf-8")
    assert licences["refused"]() == {}


def test_every_run_time_package_is_imported_or_explained():
    decisions = normal((ROOT / "docs" / "decisions.md").read_text("utf-8"))
    unused = names("requirements.txt") - distributions_of(imported(RUN_TIME))
    assert not [name for name in unused if name not in decisions]


def test_every_run_time_package_has_its_reason_in_the_table_of_decisions():
    """docs/decisions.md, “What is each run-time package for?”: name, what for, why this one."""
    rows = table_rows((ROOT / "docs" / "decisions.md").read_text("utf-8"))
    explained = {normal(row[0]) for row in rows if len(row) == 3 and all(row)}
    assert names("requirements.txt") - explained == set()


def test_what_serves_imports_nothing_but_what_is_pinned_for_it():
    """Except four modules, which import that only with READER_DATABASE_URL=postgresql://…, READER_BUCKET and READER_REDIS_URL."""
    paths = (
        "state/bounded_postgresql.py",
        "state/notifications.py",
        "storage/bucket.py",
        "web/limits/shared_counts.py",
    )
    optional = {ROOT / "reader" / path for path in paths}
    wanted = distributions_of(imported([path for path in RUN_TIME if path not in optional]) - COME_WITH_FLASK)
    assert wanted <= names("requirements.txt")
    assert distributions_of(imported(optional)) == names("requirements-many.txt")


def test_every_other_package_is_used_by_a_test_a_benchmark_or_a_script():
    spelt_out = "".join(
        path.read_text("utf-8")
        for path in [ROOT / "Makefile", ROOT / "pyproject.toml", *ALL_CODE, *(ROOT / "docs").glob("*.md")]
    )
    others = set().union(*map(names, FILES)) - names("requirements.txt")
    others -= {name for name in others if name.startswith("types-") or name.endswith("-stubs")}  # for mypy
    unused = others - distributions_of(imported(ALL_CODE))
    assert not [name for name in unused if name not in normal(spelt_out)]
