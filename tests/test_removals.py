"""When a missing file is a deleted article, and when the folder is unavailable."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from factories import catalog_transaction
from waiting import LIMIT_SECONDS

from reader import cli
from reader.errors import BadSetting, Gone, Moved
from reader.library import scanner
from reader.library.directory_walk import Root
from reader.library.file_reader_pool import FileResult
from reader.library.folder_faults import BULK, REPLACED, UNMOUNTED, of_another_root, of_missing
from reader.library.scanner import Library
from reader.services import build_services
from reader.settings import ROOT, Settings

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n"
MANY = {f"{n}.md": RAIN.replace("大雨", f"第{n}场雨") for n in range(8)}
GRACE, ACCEPT = 5.0, 1000.0


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, removal_grace_seconds=GRACE, accept_removals_seconds=ACCEPT)


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances only by ``clock.pass_by(6)``; ``clock.now`` can be set."""
    clock = SimpleNamespace(now=time.time(), passed=0.0)
    clock.time, clock.monotonic = lambda: clock.now, lambda: clock.passed
    clock.sleep = clock.pass_by = lambda seconds: vars(clock).update(
        now=clock.now + seconds, passed=clock.passed + seconds
    )
    monkeypatch.setattr(scanner, "time", clock)
    return clock


@pytest.fixture
def scan(services, clock):
    return services.library.scan_all


def slugs(services) -> set[str]:
    return {teaser.slug for teaser in services.catalog.latest(limit=100)}


def test_a_removed_file_does_not_stay_up_for_days_because_the_clock_was_set_back(
    services, publish, settings, scan, clock
):
    publish({"rain.md": RAIN, "snow.md": RAIN})
    (settings.articles / "rain.md").unlink()
    scan()
    clock.now -= 5 * 86_400
    due = scan().removal_due
    assert clock.now < due <= clock.now + GRACE * scanner.VANISHED_FOLDER_FACTOR
    assert "rain" in slugs(services)
    clock.pass_by(due - clock.now)
    scan()
    assert slugs(services) == {"snow"}


def test_a_removed_file_stays_up_for_the_grace_period(services, publish, settings, scan, clock):
    publish({"rain.md": RAIN})
    (settings.articles / "rain.md").unlink()
    result = scan()
    assert (result.gone, result.next_due) == (0, clock.now + GRACE)
    assert slugs(services) == {"rain"}
    clock.pass_by(GRACE)
    assert services.library.scan_paths(set()).gone == 1
    with pytest.raises(Gone):
        services.catalog.article("rain")


def test_a_file_that_comes_back_in_time_was_never_gone(services, publish, settings, scan, clock):
    publish({"rain.md": RAIN})
    revision = services.catalog.revision
    (settings.articles / "rain.md").rename(settings.articles / "rain.md~")
    scan()
    (settings.articles / "rain.md~").rename(settings.articles / "rain.md")
    clock.pass_by(GRACE + 1)
    assert scan().gone == 0
    assert (services.catalog.revision, services.catalog.removals()) == (revision, [])


def replaced(path, gap):
    """Removes the file and writes it again after the gap, as a share that reconnects does."""
    content = path.read_bytes()
    path.unlink()
    gap()
    path.write_bytes(content)


def renamed_and_back(path, gap):
    """vim with ``backupcopy=no``, ``git stash`` and ``git stash pop``."""
    path.rename(f"{path}~")
    gap()
    Path(f"{path}~").rename(path)


def moved_to_another_folder(path, gap):
    """Syncthing and Dropbox move a file by a deletion here and a download there."""
    content = path.read_bytes()
    path.unlink()
    gap()
    (path.parent / "2026").mkdir()
    (path.parent / "2026" / path.name).write_bytes(content)


def folder_moved_and_back(path, gap):
    path.parent.rename(path.parent.with_name("away"))
    gap()
    path.parent.with_name("away").rename(path.parent)


@pytest.mark.parametrize("change", [replaced, renamed_and_back, moved_to_another_folder, folder_moved_and_back])
def test_by_default_a_file_may_be_away_for_five_seconds_without_a_word(settings, clock, change):
    """Each second a pass sees the gap; no pass finds the article removed."""
    services = build_services(dataclasses.replace(settings, removal_grace_seconds=Settings().removal_grace_seconds))
    path = settings.articles / "day" / "rain.md"
    path.parent.mkdir(parents=True)
    path.write_text(RAIN, "utf-8")
    clock.pass_by(1)
    services.library.scan_all()
    assert slugs(services) == {"rain"}

    def gap():
        for _ in range(5):
            services.library.scan_all()
            assert slugs(services) == {"rain"}
            clock.pass_by(1)

    change(path, gap)
    clock.pass_by(60)
    services.library.scan_all()
    assert (slugs(services), services.catalog.removals(), services.catalog.problems()) == ({"rain"}, [], [])


@pytest.mark.parametrize("value", ["-1", "inf", "nan", "soon"])
def test_a_grace_period_that_cannot_be_is_refused(value):
    with pytest.raises(BadSetting, match="READER_REMOVAL_GRACE_SECONDS"):
        Settings.from_environ({"READER_REMOVAL_GRACE_SECONDS": value})


def test_a_renamed_file_moves_at_once_even_in_two_passes(services, publish, settings, scan):
    publish({"rain.md": RAIN})
    (settings.articles / "rain.md").rename(settings.articles / "storm.md")
    services.library.scan_paths({"rain.md"})
    assert slugs(services) == {"rain"}
    services.library.scan_paths({"storm.md"})
    assert slugs(services) == {"storm"}
    with pytest.raises(Moved):
        services.catalog.article("rain")


def test_a_file_moved_and_edited_keeps_its_article(services, publish, settings, scan):
    publish({"a/rain.md": RAIN})
    (settings.articles / "a/rain.md").unlink()
    publish({"b/rain.md": RAIN.replace("下雨", "放晴")})
    assert "放晴" in services.catalog.article("rain").body
    assert services.catalog.problems() == []


def test_when_the_old_place_is_filled_again_after_a_move_that_file_has_the_problem(services, publish, settings):
    publish({"a/rain.md": RAIN})
    (settings.articles / "a").rename(settings.articles / "b")
    publish({})
    publish({"a/rain.md": RAIN})
    assert [problem.path for problem in services.catalog.problems()] == ["a/rain.md"]


def test_few_articles_of_a_small_library_may_be_deleted_by_hand(services, publish, settings, scan, clock):
    publish({"a.md": RAIN, "b.md": RAIN + "二", "c.md": RAIN + "三"})
    for name in "ab":
        (settings.articles / f"{name}.md").unlink()
    assert scan().fault == ""
    clock.pass_by(GRACE)
    scan()
    assert slugs(services) == {"c"}


def test_more_than_half_at_once_is_a_fault_until_the_files_are_back(services, publish, settings, scan, clock, caplog):
    publish(MANY)
    away = settings.articles.with_name("away")
    away.mkdir()
    for n in range(5):
        (settings.articles / f"{n}.md").rename(away / f"{n}.md")
    caplog.clear()
    for _ in range(3):
        clock.pass_by(GRACE + 1)
        result = scan()
    assert result.fault == services.catalog.fault() == f"5 of 8 articles disappeared from {settings.articles} at once"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert (len(slugs(services)), services.catalog.removals()) == (8, [])
    for n in range(5):
        (away / f"{n}.md").rename(settings.articles / f"{n}.md")
    assert scan().fault == services.catalog.fault() == ""


def test_check_says_how_removals_in_bulk_are_confirmed(services, publish, settings, scan, runner, monkeypatch):
    publish(MANY)
    for path in settings.articles.glob("*.md"):
        path.unlink()
    scan()
    for name in ("articles", "instance"):
        monkeypatch.setenv(f"READER_{name.upper()}", str(getattr(settings, name)))
    said = runner.invoke(cli.main, ["check"])
    assert said.exit_code == 1
    assert "or confirm with: python -m reader check --accept-removals)" in said.output
    monkeypatch.setattr("sys.argv", ["/usr/local/bin/reader-server", "check"])
    assert "or confirm with: reader-server check --accept-removals)" in runner.invoke(cli.main, ["check"]).output
    assert "--accept-removals" in json.loads(runner.invoke(cli.main, ["check", "--json"]).stdout)["fault_hint"]


def test_new_articles_still_appear_while_removals_are_held_back(services, publish, settings, scan):
    publish(MANY)
    for n in range(5):
        (settings.articles / f"{n}.md").unlink()
    publish({"new.md": RAIN})
    assert services.catalog.fault()
    assert "new" in slugs(services)


def test_a_removal_in_bulk_is_believed_when_it_lasts(services, publish, settings, scan, clock):
    publish(MANY)
    for n in range(7):
        (settings.articles / f"{n}.md").unlink()
    result = scan()
    assert result.next_due == clock.now + ACCEPT
    clock.pass_by(ACCEPT)
    assert scan().gone == 7
    assert (slugs(services), services.catalog.fault()) == ({"7"}, "")


def test_a_removal_in_bulk_is_believed_when_it_is_confirmed(services, publish, settings, scan):
    publish(MANY)
    for n in range(7):
        (settings.articles / f"{n}.md").unlink()
    scan()
    assert services.library.accept_removals().gone == 7
    assert (slugs(services), services.catalog.fault()) == ({"7"}, "")


def test_a_folder_that_is_missing_is_never_believed_to_be_empty(services, publish, settings, scan, clock):
    publish({"rain.md": RAIN})
    settings.articles.rename(settings.articles.with_name("away"))
    for _ in range(3):
        assert "cannot be read" in scan().fault
        clock.pass_by(2 * ACCEPT)
    services.library.accept_removals()
    build_services(settings)
    assert slugs(services) == {"rain"}
    assert not settings.articles.exists()


def test_an_empty_mount_point_in_the_folders_place_changes_nothing(services, publish, settings, scan, clock):
    publish({"rain.md": RAIN})
    away = settings.articles.with_name("away")
    settings.articles.rename(away)
    settings.articles.mkdir()
    scan()
    clock.pass_by(10 * GRACE)
    assert scan().fault.startswith("another folder or device is at")
    assert slugs(services) == {"rain"}
    settings.articles.rmdir()
    away.rename(settings.articles)
    assert scan().fault == ""
    assert services.catalog.removals() == []


def test_another_folder_in_its_place_is_believed_when_it_stays(services, publish, settings, scan, clock):
    publish(MANY)
    settings.articles.rename(settings.articles.with_name("away"))
    publish({"new.md": RAIN})
    assert "new" not in slugs(services)
    clock.pass_by(ACCEPT)
    assert (scan().gone, scan().fault) == (8, "")
    assert slugs(services) == {"new"}


def test_a_clock_that_is_set_forward_makes_no_fault_old(services, publish, settings, scan, clock):
    publish(MANY)
    for n in range(7):
        (settings.articles / f"{n}.md").unlink()
    scan()
    clock.now += 10 * ACCEPT
    assert (scan().gone, len(slugs(services))) == (0, 8)


def test_one_fault_that_lasted_does_not_make_another_believed(services, publish, settings, scan, clock):
    publish(MANY)
    for n in range(5):
        (settings.articles / f"{n}.md").unlink()
    scan()
    settings.articles.rename(settings.articles.with_name("away"))
    settings.articles.mkdir()
    clock.pass_by(ACCEPT)
    assert scan().fault.startswith("another folder or device")
    assert len(slugs(services)) == 8


def test_nothing_is_published_of_a_folder_that_took_the_place_of_ours(services, publish, settings, scan):
    publish({"rain.md": RAIN})
    settings.articles.rename(settings.articles.with_name("away"))
    publish({"private.md": RAIN.replace("大雨", "私事")})
    assert slugs(services) == {"rain"}
    services.library.accept_removals()
    assert slugs(services) == {"private"}


def test_a_link_that_is_switched_shows_the_new_release(services, settings, scan, clock, tmp_path):
    for release, names in (("one", "abcdefgh"), ("two", "ai"), ("empty", "")):
        (tmp_path / release).mkdir()
        for name in names:
            path = tmp_path / release / f"{name}.md"
            path.write_text(RAIN + name + release, "utf-8")
            os.utime(path, (1, 1))
    settings.articles.rmdir()
    for release in ("one", "two"):
        (tmp_path / "next").symlink_to(release)
        (tmp_path / "next").rename(settings.articles)
        assert scan().fault == ""
    assert "two" in services.catalog.article("a").body
    clock.pass_by(GRACE)
    scan()
    assert slugs(services) == {"a", "i"}
    (tmp_path / "next").symlink_to("empty")
    (tmp_path / "next").rename(settings.articles)
    assert scan().fault == f"{tmp_path}/empty holds no articles; 2 are published"


def test_what_lies_below_a_folder_that_cannot_be_listed_stays_up(services, publish, settings, scan, clock, monkeypatch):
    publish({"locked/rain.md": RAIN, "open/storm.md": RAIN + "二"})
    real = os.scandir

    def refusing(path):
        if str(path).endswith("/locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    scan()
    clock.pass_by(100)
    scan()
    assert slugs(services) == {"rain", "storm"}
    assert [str(p) for p in services.catalog.problems()] == [
        "locked: Permission denied (give the server the right to read it)"
    ]
    monkeypatch.undo()
    services.library.scan_all()
    assert services.catalog.problems() == []


def test_a_problem_is_logged_once_however_often_the_folder_is_scanned(services, publish, settings, scan, caplog):
    (settings.articles / "out.md").symlink_to("/etc/passwd")
    for _ in range(3):
        scan()
    assert [record.getMessage() for record in caplog.records] == [
        "out.md: a link out of the folder (put a copy in its place)"
    ]


def test_an_unmounted_sub_folder_is_known_by_its_device(tmp_path):
    status = tmp_path.stat()
    root = Root(str(tmp_path), status.st_dev, status.st_ino)
    (tmp_path / "share").mkdir()
    fault = of_missing(root, ["share"], ["share/a.md"], known=50)
    assert fault is not None
    assert fault.kind == UNMOUNTED
    assert of_missing(root, ["other"], ["share/a.md"], known=50) is None
    assert of_missing(root, [], [f"{n}.md" for n in range(26)], known=50).kind == BULK


def test_another_device_is_a_fault_only_where_much_is_missing():
    before, after = Root("/srv/news", 1, 2), Root("/srv/news", 9, 2)
    assert of_another_root(before, after, is_empty=False, lost=1, known=10) is None
    assert of_another_root(before, after, is_empty=False, lost=6, known=10).kind == REPLACED


def test_others_write_and_processes_start_while_a_file_is_being_read(services, drop, settings, monkeypatch):
    drop("slow.md", RAIN)
    started = []

    def slowly(_settings, stamps) -> Iterator[FileResult]:
        for _ in stamps:
            code = (
                "import sys; from pathlib import Path; from reader.settings import Settings;"
                "from reader.services import build_services; s = Settings(articles=Path(sys.argv[1]),"
                " instance=Path(sys.argv[2])); print(build_services(s).catalog.count())"
            )
            command = [sys.executable, "-c", code, str(settings.articles), str(settings.instance)]
            started.append(
                subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS).stdout
            )
            with catalog_transaction(settings.catalog, datetime.now(UTC)) as transaction:
                transaction.set_meta("written meanwhile", "yes")
        return iter(())

    monkeypatch.setattr(scanner, "read_dated_files", slowly)
    services.library.scan_all()
    assert started == ["0\n"]
    with catalog_transaction(settings.catalog, datetime.now(UTC)) as transaction:
        assert transaction.get_meta("written meanwhile") == "yes"


def test_a_catalog_that_was_filled_once_is_served_before_the_first_pass(drop, settings):
    library = build_services(settings).library
    assert not library.is_filled()
    drop("rain.md", RAIN)
    library.scan_all()
    assert Library(settings).is_filled()


def test_a_file_that_changes_while_it_is_read_is_looked_at_again(services, drop, monkeypatch):
    path = drop("rain.md", RAIN)
    real = scanner.read_dated_files

    def interrupted(settings, stamps):
        for result in real(settings, stamps):
            path.write_text(RAIN + "再写", "utf-8")
            yield result

    monkeypatch.setattr(scanner, "read_dated_files", interrupted)
    assert services.library.scan_all().unsettled == {"rain.md"}
    assert services.catalog.count() == 0


@pytest.mark.parametrize(("client_ip", "path"), [("127.0.0.1", None), ("203.0.113.9", "READER_ARTICLES")])
def test_the_health_check_names_the_folder_to_operators_only(
    client, services, publish, settings, scan, client_ip, path
):
    publish(MANY)
    settings.articles.rename(settings.articles.with_name("away"))
    scan()
    answer = client.get("/healthz", environ_base={"REMOTE_ADDR": client_ip})
    reason = answer.get_json()["reason"]
    assert answer.status_code == 503
    assert reason.startswith(f"the articles folder {path or settings.articles} cannot be read: ")
    assert (str(settings.articles) in reason) == (client_ip == "127.0.0.1")
