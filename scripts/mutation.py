"""Mutation testing with cosmic-ray: changes a module in one place at a time and lists the changes no test detects.

``.venv/bin/python scripts/mutation.py [--sample 20] [--seed 1] [module …]`` works on a copy of the checkout, so that
nothing here changes. Each change runs the tests of its module; 20 changes per module take some minutes. Exits 1 if a
change was not detected. Some changes have no visible effect, such as a larger buffer: review each one.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

ROOT = Path(__file__).resolve().parent.parent
Position = tuple[int, int]
TESTS = {
    "reader/web/middleware/response_cache.py": "tests/test_response_cache.py",
    "reader/web/middleware/stored_responses.py": "tests/test_response_cache.py",
    "reader/sanitizer/url_checks.py": "tests/test_hostile_html.py tests/test_sanitizer.py",
    "reader/sanitizer/__init__.py": "tests/test_sanitizer.py",
    "reader/sanitizer/attributes.py": "tests/test_sanitizer.py",
    "reader/sanitizer/blocks.py": "tests/test_sanitizer.py",
    "reader/catalog/queries.py": "tests/test_catalog.py tests/test_search.py",
    "reader/catalog/writer.py": "tests/test_catalog.py tests/test_links.py",
    "reader/catalog/write_connection.py": "tests/test_catalog.py tests/test_links.py",
    "reader/catalog/query_parser.py": "tests/test_search.py",
    "reader/feeds/feed_page.py": "tests/test_feed_page.py",
    "reader/jobs/queue.py": "tests/test_queue.py",
    "reader/jobs/shared_queue.py": "tests/test_queue.py",
}
"""Modules whose errors would be noticed late, with the tests that must detect them."""

TIMEOUT_SECONDS = 120
CONFIG = """[cosmic-ray]
module-path = "{module}"
timeout = {timeout}
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider -p no:randomly {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def main() -> int:
    arguments = parsed()
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder) / "checkout"
        copy_checkout(copy)
        for module in arguments.modules or TESTS:
            survivors += mutate(copy, module, arguments.sample, arguments.seed)
    return 1 if survivors else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Mutation testing of a few modules, in a copy of the checkout.")
    parser.add_argument("modules", nargs="*", metavar="module", help="such as reader/jobs/queue.py; all by default")
    parser.add_argument("--sample", type=int, default=20, help="changes tried in each module")
    parser.add_argument("--seed", type=int, default=1, help="chooses another sample")
    return parser.parse_args()


def copy_checkout(target: Path) -> None:
    """Copies the tracked files in their present state, and the built fonts."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    fonts = [str(path.relative_to(ROOT)) for path in (ROOT / "reader/exports/fonts").glob("*-ext.ttf")]
    for name in [*filter(None, listed.split("\0")), *fonts]:
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def mutate(copy: Path, module: str, sample: int, seed: int) -> int:
    """Runs a sample of the changes of *module*, prints each undetected one, and returns their number."""
    session, config = copy.parent / "session.sqlite", copy.parent / "config.toml"
    session.unlink(missing_ok=True)
    settings = {"module": module, "tests": TESTS[module], "python": sys.executable, "timeout": TIMEOUT_SECONDS}
    config.write_text(CONFIG.format(**settings), "utf-8")
    run(copy, "baseline", config)  # fails if the tests fail without any change
    run(copy, "init", config, session)
    with use_db(session, WorkDB.Mode.open) as work:
        tried = choose(work, annotations_of(copy / module), sample, seed)
    run(copy, "exec", config, session)
    with use_db(session, WorkDB.Mode.open) as work:
        done = [result for _, result in work.completed_work_items if result.worker_outcome == WorkerOutcome.NORMAL]
    survived = [result for result in done if result.test_outcome == TestOutcome.SURVIVED]
    for result in survived:
        print(result.diff)
    print(f"{module}: {len(survived)} of {tried} changes were not noticed", flush=True)
    return len(survived)


def annotations_of(module: Path) -> list[tuple[Position, Position]]:
    """Where each annotation begins and ends, as (line, column). Nothing evaluates them: no test can detect a change."""
    nodes = ast.walk(ast.parse(module.read_text("utf-8")))
    parts = (part for node in nodes for part in (getattr(node, "annotation", None), getattr(node, "returns", None)))
    return [
        ((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0))
        for part in parts
        if isinstance(part, ast.expr)
    ]


def choose(work: WorkDB, annotations: list[tuple[Position, Position]], sample: int, seed: int) -> int:
    """Marks all changes except a sample, which leaves out annotations, as skipped. Returns the size of the sample."""
    items = list(work.work_items)
    changing = [item for item in items if not is_within(item.mutations[0].start_pos, annotations)]
    chosen = random.Random(seed).sample(changing, min(sample, len(changing)))
    ids = {item.job_id for item in chosen}
    for item in items:
        if item.job_id not in ids:
            work.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return len(chosen)


def is_within(position: Position, ranges: list[tuple[Position, Position]]) -> bool:
    return any(start <= position < end for start, end in ranges)


def run(copy: Path, command: str, *arguments: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    program = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([program, command, *arguments], cwd=copy, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
