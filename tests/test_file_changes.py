"""What counts as a change of a file, and how often a file that seems to change is read again."""

from __future__ import annotations

import errno
import os
import shutil
from types import SimpleNamespace

import pytest

from reader.library import directory_walk, file_content, file_reader_child, touched_files

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n"
DRY = RAIN.replace("下雨", "放晴")


@pytest.fixture
def clock(monkeypatch):
    """The clock of the pauses between reading touched files in vain."""
    clock = SimpleNamespace(passed=0.0)
    clock.monotonic = lambda: clock.passed
    monkeypatch.setattr(touched_files, "time", clock)
    return clock


@pytest.fixture
def rain(settings):
    return settings.articles / "rain.md"


@pytest.fixture
def reads(monkeypatch, services):
    """The names of the files that are read, pass by pass."""
    from reader.library import scanner

    names: list[str] = []
    real = scanner.read_dated_files

    def counted(settings, stamps):
        for result in real(settings, stamps):
            names.append(result.path)
            yield result

    monkeypatch.setattr(scanner, "read_dated_files", counted)
    return names


def keep_times(path, write):
    """Writes as ``rsync -t``, ``cp -p`` and ``touch -r`` do: the modification time is the old one afterwards."""
    status = path.stat()
    write()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def test_a_change_that_keeps_size_and_modification_time_is_seen(services, publish, rain):
    publish({"rain.md": RAIN})
    keep_times(rain, lambda: rain.write_text(DRY, "utf-8"))
    services.library.scan_all()
    assert "放晴" in services.catalog.article("rain").body


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_seen(services, publish, rain, tmp_path):
    publish({"rain.md": RAIN})
    beside = tmp_path / "beside"
    shutil.copy2(rain, beside)
    keep_times(beside, lambda: beside.write_text(DRY, "utf-8"))
    beside.replace(rain)
    services.library.scan_all()
    assert "放晴" in services.catalog.article("rain").body


@pytest.mark.parametrize("seconds", [-1_000_000_000, -0.5, 0, 4_000_000_000, 10_000_000_000])
def test_any_modification_time_is_read(services, drop, rain, seconds):
    os.utime(drop("rain.md", RAIN), (seconds, seconds))
    assert services.library.scan_all().unsettled == frozenset()
    assert services.library.scan_all().read == 0
    assert services.catalog.count() == 1


def test_two_files_that_swap_their_names_swap_their_articles(services, publish, settings):
    publish({"rain.md": RAIN, "snow.md": RAIN.replace("大雨", "大雪").replace("下雨", "下雪")})
    a, b, third = (settings.articles / name for name in ("rain.md", "snow.md", "x.tmp"))
    a.rename(third)
    b.rename(a)
    third.rename(b)
    services.library.scan_all()
    assert (services.catalog.article("rain").title, services.catalog.article("snow").title) == ("大雪", "大雨")
    assert services.catalog.removals() == []


@pytest.mark.parametrize("touch", [lambda path: path.chmod(0o600), os.utime, lambda path: os.link(path, f"{path}.l")])
def test_new_times_rights_and_links_of_the_same_bytes_are_no_change_for_readers(
    services, publish, rain, touch, settings
):
    publish({"rain.md": RAIN})
    revision = services.catalog.revision
    touch(rain)
    while services.library.scan_all().unsettled:
        pass
    assert services.catalog.revision == revision


def drifting(monkeypatch, field: str):
    """A network file system that reports another inode or ctime at every look."""
    real, looks = directory_walk.stamp_of, [0]

    def drift(status):
        looks[0] += 1
        parts = real(status).split(":")
        parts[{"inode": -2, "ctime": -1}[field]] = str(looks[0])
        return ":".join(parts)

    monkeypatch.setattr(directory_walk, "stamp_of", drift)


@pytest.mark.parametrize("field", ["inode", "ctime"])
def test_a_file_system_with_odd_inodes_or_ctimes_does_not_make_an_endless_loop(
    services, publish, settings, monkeypatch, reads, clock, field
):
    drifting(monkeypatch, field)
    assert publish({"rain.md": RAIN, "snow.md": RAIN + "雪"}).unsettled == frozenset()
    assert services.catalog.count() == 2
    for _ in range(100):  # an hour of passes
        clock.passed += 36
        services.library.scan_all()
    assert len(reads) < 2 * 25
    before = len(reads)
    services.library.scan_paths(["rain.md"])  # the operating system reports a change
    assert reads[before:] == ["rain.md"]


def test_a_real_change_ends_the_pause_of_touched_files(services, publish, rain, reads, clock):
    publish({"rain.md": RAIN})
    for _ in range(3):
        rain.chmod(rain.stat().st_mode ^ 0o004)
        services.library.scan_all()
    touched = len(reads)
    clock.passed += 1
    keep_times(rain, lambda: rain.write_text(DRY, "utf-8"))
    services.library.scan_all()
    clock.passed += touched_files.LONGEST_PAUSE_SECONDS
    services.library.scan_all()
    assert len(reads) > touched
    assert "放晴" in services.catalog.article("rain").body


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE, errno.ENAMETOOLONG, errno.EMFILE])
def test_a_file_that_fails_to_be_read_keeps_its_article_and_is_tried_again(
    services, publish, rain, monkeypatch, clock, caplog, number
):
    """The child process runs here in this process, so that the error can be put in at the lowest point."""
    from reader.library import scanner
    from reader.library.file_reader_pool import _result_of

    failing = [True]
    real = file_content.read_real

    def read(path, limit):
        if failing[0]:
            raise OSError(number, os.strerror(number), str(path))
        return real(path, limit)

    def in_this_process(settings, stamps):
        for path, stamp in stamps.items():
            answer = file_reader_child.read_file(settings, path)
            yield _result_of(answer, path, stamp, settings.timezone)

    publish({"rain.md": RAIN})
    monkeypatch.setattr(file_content, "read_real", read)
    monkeypatch.setattr(scanner, "read_dated_files", in_this_process)
    publish({"rain.md": DRY})
    assert "下雨" in services.catalog.article("rain").body
    assert [(p.path, p.cause) for p in services.catalog.problems()] == [("rain.md", os.strerror(number))]
    for _ in range(5):
        clock.passed += touched_files.LONGEST_PAUSE_SECONDS
        services.library.scan_all()
    assert len(caplog.records) == 1
    failing[0] = False
    clock.passed += touched_files.LONGEST_PAUSE_SECONDS
    services.library.scan_all()
    assert "放晴" in services.catalog.article("rain").body
    assert services.catalog.problems() == []


def test_a_file_too_large_or_not_regular_is_not_tried_again_before_it_changes(services, settings, drop, reads):
    drop("big.md", "x" * (settings.article_limit_mb * 1_000_000 + 1))
    for _ in range(3):
        services.library.scan_all()
    assert reads == ["big.md"]


def test_an_entry_that_cannot_be_looked_at_is_its_own_problem_and_not_its_folders(services, publish, monkeypatch):
    publish({"a/rain.md": RAIN, "a/snow.md": RAIN + "雪"})
    real = os.stat

    def failing(path, *args, **named):
        if str(path).endswith("/rain.md"):
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *args, **named)

    monkeypatch.setattr(os, "stat", failing)
    publish({"a/fog.md": RAIN + "雾"})
    assert {teaser.slug for teaser in services.catalog.latest()} == {"rain", "snow", "fog"}
    assert [str(problem) for problem in services.catalog.problems()] == ["a/rain.md: Input/output error"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_a_folder_that_cannot_be_looked_at_does_not_lose_its_articles(services, publish, monkeypatch, number):
    """When the system reports a change below it, and when the grace period of that file is over."""
    publish({"day/rain.md": RAIN, "snow.md": RAIN + "雪"})
    real = os.lstat

    def failing(path, *args, **named):
        if str(path).endswith("/day"):
            raise OSError(number, os.strerror(number))
        return real(path, *args, **named)

    monkeypatch.setattr(os, "lstat", failing)
    for _ in range(3):
        services.library.scan_paths(["day/rain.md"])
    assert {teaser.slug for teaser in services.catalog.latest()} == {"rain", "snow"}
    assert services.catalog.removals() == []
    monkeypatch.undo()
    services.library.scan_all()
    assert services.catalog.problems() == []


def test_thousands_of_new_problems_are_a_bounded_number_of_log_lines(services, settings, drop, caplog):
    for n in range(300):
        drop(f"{n}.md", "---\npublished: nonsense\n---\n# 题\n\n文。\n")
    for n in range(300):
        (settings.articles / f"link{n}.md").symlink_to("nowhere.md")
    services.library.scan_all()
    lines = [record.getMessage() for record in caplog.records]
    assert lines[-1] == "… and 580 more problems; `python -m reader check` lists all"
    assert len(lines) == 21
    assert len(services.catalog.problems()) == 600
    services.library.scan_all()
    assert len(caplog.records) == 21
