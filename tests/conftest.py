from __future__ import annotations

import gc
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import Environment
from jinja2.bccache import Bucket, BytecodeCache
from long_forms import LONG
from waiting import LIMIT_SECONDS
from werkzeug.routing import Rule

from reader.settings import Settings

hypothesis_settings.register_profile(  # no test depends on the clock
    "reader", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("reader")


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled in this process: compiling those of one page takes as long as 40 pages."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Texts are translated when a template is compiled."""
        locale = getattr(environment, "locale", "")
        return super().get_bucket(environment, f"{locale}/{name}", filename, source)

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}


STARTS_PROGRAMS = {"subprocess", "serving", "running", "playwright"}
"""A test module that imports one of these, or something of them, starts servers, browsers or validators."""

SLOW_FOLDERS = {"browser", "cluster", "faults"}

SLOW_MODULES = {
    "test_alert_rules", "test_archive_formats", "test_archives", "test_article_text", "test_backup",
    "test_below_a_path", "test_bounces", "test_cached_responses", "test_code_highlighting", "test_comment_bounds",
    "test_comment_files", "test_comment_pages", "test_comment_paging", "test_comment_review", "test_comment_store",
    "test_compression_dictionary", "test_connection_watchdog", "test_desk", "test_downloads", "test_editor",
    "test_exports", "test_extraction_kinds", "test_extremes", "test_fair_share", "test_feed_changes",
    "test_feed_contract", "test_file_changes", "test_first_scan", "test_formats_of_anything", "test_history",
    "test_hostile_archives", "test_hostile_backups", "test_hostile_html", "test_http_client", "test_images",
    "test_import_documents", "test_import_faults", "test_import_sites", "test_indexnow", "test_issue_pdf",
    "test_leader_followers", "test_limits", "test_mail", "test_mail_smtp", "test_mail_store", "test_many_collections",
    "test_mathematics", "test_opds", "test_page_bounds", "test_pasted_compositions", "test_pdf", "test_pdf_cost",
    "test_picture_lookup", "test_requirements", "test_response_cache", "test_round_trips", "test_security_headers",
    "test_share_card_responses", "test_site_folder", "test_sound_and_video", "test_static_site",
    "test_unusual_comment_exports", "test_webmention",
}  # fmt: skip
"""Other modules that take more than a few seconds."""


FAST_CASES = 10


IMPORTED = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)


MEMORY, ROOM_BYTES = Path("/dev/shm"), 2 << 30


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """``make test-fast`` writes its files into memory if there is room: databases wait for the disk at each commit."""
    if config.option.markexpr == "not slow" and not config.option.basetemp and _has_room(MEMORY):
        config.option.basetemp = tempfile.mkdtemp(prefix="reader-tests-", dir=MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_BYTES


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """``make test-fast`` does not even import the modules that it skips: that took a sixth of its time."""
    skipped = config.option.markexpr == "not slow" and collection_path.suffix == ".py" and is_slow(collection_path)
    return True if skipped else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves long forms to ``make test-long``, marks as slow what ``make test-fast`` skips, orders by ``turn_of``."""
    if not LONG and (long := [item for item in items if item.get_closest_marker("long_form")]):
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
    for item in items:
        if is_slow(item.path) or needs_a_server(item) or item.name.endswith("[pdf]"):
            item.add_marker("slow")
    for item in beyond_a_sample(items):
        item.add_marker("slow")
    modules = list(dict.fromkeys(item.path for item in items))
    turns = turn_of(modules)
    items.sort(key=lambda item: turns[item.path])


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and test items live until the end. The garbage collector would visit them again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Nor need it visit everything once more when the process ends."""
    gc.freeze()


def beyond_a_sample(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Of a test with many cases ``make test-fast`` runs at most ``FAST_CASES``, evenly spaced; these are the others."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for of_one_test in cases.values():
        step = -(-len(of_one_test) // FAST_CASES)
        yield from (item for n, item in enumerate(of_one_test) if n % step)


def turn_of(modules: list[Path]) -> dict[Path, float]:
    """The place of each module in the order: those that start programs first, as they take longest.

    Tests of faults mostly wait, tests in a browser compute: they take turns, so that a processor is never idle.
    """
    waiting = [path for path in modules if path.parent.name == "faults"]
    rest = [path for path in modules if path not in waiting]
    rest.sort(key=lambda path: (path.parent.name not in SLOW_FOLDERS, not is_slow(path)))
    return {path: n + 0.5 for n, path in enumerate(waiting)} | {path: n / 2 for n, path in enumerate(rest)}


@cache
def is_slow(path: Path) -> bool:
    """Whether all tests of this module are."""
    is_listed = path.parent.name in SLOW_FOLDERS or path.stem in SLOW_MODULES
    return is_listed or not STARTS_PROGRAMS.isdisjoint(IMPORTED.findall(path.read_text("utf-8")))


def needs_a_server(item: pytest.Item) -> bool:
    """Whether it is the run of a test with PostgreSQL, S3 or Redis."""
    names = {"postgresql", "s3", "redis"}
    return not names.isdisjoint(getattr(item, "fixturenames", ())) or any(f"[{name}" in item.name for name in names)


@pytest.fixture(scope="session", autouse=True)
def _patience():
    """What a visitor is asked to come again for after ten seconds, a test waits for: the machine may be busy."""
    from reader.jobs import share_cards_and_covers
    from reader.library import git_dates
    from reader.media import renditions
    from reader.web.views.editor import editor_login

    with pytest.MonkeyPatch.context() as patch:
        for module in (share_cards_and_covers, git_dates, renditions, editor_login):
            for name in {"PATIENCE_SECONDS", "TIMEOUT_SECONDS"} & vars(module).keys():
                patch.setattr(module, name, LIMIT_SECONDS)
        yield


@pytest.fixture(scope="session", autouse=True)
def _url_rules_compiled_once():
    """Werkzeug writes two functions for each URL rule of an application, half of what one costs to make.

    They get the rule as their argument, so those of an equal rule are the same. Each test has its own application.
    """
    compile_builder = Rule._compile_builder
    compiled: dict[object, object] = {}

    def compile_once(rule: Rule, append_unknown: bool = True):
        key = (rule.rule, *rule._trace, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_files_prepared_once():
    """Templates, style sheets and static files are the same for the application of each test."""
    from whitenoise import WhiteNoise

    from reader import templating
    from reader.web.pages import inline_assets

    prepare, prepared = WhiteNoise.get_static_file, dict[tuple[str, str], object]()

    def prepare_once(files: WhiteNoise, path: str, url: str, stat_cache: object = None):
        if (path, url) not in prepared:  # the URL has the build in it
            prepared[path, url] = prepare(files, path, url, stat_cache)
        return prepared[path, url]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "get_static_file", prepare_once)
        patch.setattr(templating, "loader_of", cache(templating.loader_of))
        patch.setattr(inline_assets, "_minified", cache(inline_assets._minified))
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a folder and an instance of their own; a deleted file is removed in the next pass."""
    return Settings(articles=tmp_path / "articles", instance=tmp_path / "instance", removal_grace_seconds=0)


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server, started by the first test that needs it."""
    from postgresql_server import running_server

    with running_server() as server:
        yield server


@pytest.fixture
def empty_postgresql(postgresql):
    """The URL of an empty database of PostgreSQL."""
    with postgresql.database() as url:
        yield url


@pytest.fixture(scope="session")
def s3():
    """An S3 server, started by the first test that needs it."""
    from s3_server import running_s3_server

    with running_s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def redis():
    """A Redis, started by the first test that needs it."""
    from redis_server import running_redis

    with running_redis() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request, tmp_path):
    """The URL of an empty state database; the test runs once for each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/state.sqlite3"
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url


@pytest.fixture
def state(state_url):
    """An empty state database on each of both engines."""
    from reader.state import State

    state = State(state_url)
    yield state
    state.close()


@pytest.fixture(scope="session")
def empty_state(tmp_path_factory):
    """A state database without rows. Copying it takes a hundredth of the time of making one."""
    from reader.state import State

    state = State(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite3'}")
    with state.reading():
        pass
    state.close()
    return state.path


@pytest.fixture
def services(settings, empty_state):
    from reader.services import build_services

    if not settings.data.exists() and not settings.database_url:
        settings.data.mkdir(0o700, parents=True)
        shutil.copy(empty_state, settings.data)
    services = build_services(settings)
    services.library.scan_all()  # pages are served from a catalog that was filled
    return services


@pytest.fixture
def drop(settings):
    """Writes a file with an old modification time: ``drop("2026-05-01/rain.md", "# 大雨")``."""

    def drop(name: str, content: str | bytes) -> Path:
        path = settings.articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        settled = time.time_ns() - 2_000_000_000
        os.utime(path, ns=(settled, settled))
        return path

    return drop


@pytest.fixture
def publish(services, drop):
    """Writes files and updates the catalog: ``publish({"2026-05-01/rain.md": "# 大雨"})``."""

    def publish(files: dict[str, str | bytes]):
        for name, content in files.items():
            drop(name, content)
        return services.library.scan_all()

    return publish


@pytest.fixture
def app(services):
    from reader.app import create_app

    return create_app(services)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def runner():
    from click.testing import CliRunner

    return CliRunner()


@pytest.fixture(autouse=True)
def _log_levels():
    """A command that silences a logger does so for its own process; tests share theirs."""
    loggers = [logging.getLogger(name) for name in ("reader", *logging.root.manager.loggerDict) if "reader" in name]
    levels = {logger: logger.level for logger in loggers}
    yield
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("reader")]:
        logger = logging.getLogger(name)
        logger.setLevel(levels.get(logger, logging.NOTSET))
