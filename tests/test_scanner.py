from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from datetime import datetime

import pytest

from reader.catalog import CatalogTransaction
from reader.errors import Gone, Moved, NotFound
from reader.library import scanner
from reader.library.directory_walk import article_files, find_root

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n"


def test_an_article_file_at_any_depth_is_read(services, publish):
    publish(
        {
            "rain.md": RAIN,
            "a/b/c/storm.md": RAIN,
            "d/fog.html": "<title>雾</title><meta name=date content=2026-05-01><p>大雾。",
        }
    )
    assert {t.slug for t in services.catalog.latest()} == {"rain", "storm", "fog"}


def test_hidden_files_pictures_and_half_names_are_left_alone(settings, drop):
    for name in (".rain.md", "_draft.md", ".git/rain.md", "a.jpg", "notes.doc", "rain.md~"):
        drop(name, RAIN)
    assert list(article_files(find_root(settings.articles))) == []


def test_only_what_changed_is_read_again(services, publish):
    assert publish({"rain.md": RAIN, "storm.md": RAIN}).read == 2
    assert publish({}).read == 0
    assert publish({"rain.md": RAIN.replace("下雨", "放晴")}).read == 1


def test_pages_are_served_before_the_search_index_is_merged(services, publish, monkeypatch):
    merge, filled = CatalogTransaction.merge_index, []

    def noting(transaction):
        filled.append(services.library.is_filled())
        merge(transaction)

    monkeypatch.setattr(scanner, "_TRANSACTION_FILES", 1)
    monkeypatch.setattr(CatalogTransaction, "merge_index", noting)
    publish({"rain.md": RAIN, "storm.md": RAIN})
    assert filled == [True]


def test_a_changed_file_is_a_correction_of_the_same_article(services, publish):
    publish({"rain.md": RAIN})
    before = services.catalog.article("rain")
    publish({"rain.md": RAIN.replace("下雨", "放晴")})
    after = services.catalog.article("rain")
    assert "放晴" in after.body
    assert after.version != before.version
    assert after.published == before.published


def test_a_removed_file_is_gone(services, publish, settings):
    publish({"rain.md": RAIN})
    (settings.articles / "rain.md").unlink()
    assert publish({}).gone == 1
    with pytest.raises(Gone):
        services.catalog.article("rain")


def test_a_renamed_file_is_found_under_both_names(services, publish, settings):
    publish({"rain.md": RAIN})
    (settings.articles / "rain.md").rename(settings.articles / "storm.md")
    publish({})
    assert services.catalog.article("storm").title == "大雨"
    with pytest.raises(Moved):
        services.catalog.article("rain")


def test_a_file_moved_to_another_folder_keeps_its_address(services, publish, settings):
    publish({"a/rain.md": RAIN})
    before = services.catalog.article("rain")
    shutil.move(settings.articles / "a", settings.articles / "b")
    publish({})
    assert services.catalog.article("rain") == replace(before, section=("b",), version="")
    assert services.catalog.removals() == []


def test_a_file_moved_and_changed_is_a_correction(services, publish, settings):
    for number, new in enumerate((RAIN.replace("# 大雨", "# 暴雨"), RAIN + "\n\n更多。")):
        publish({f"a/rain{number}.md": RAIN})
        before = services.catalog.article(f"rain{number}").updated
        (settings.articles / f"a/rain{number}.md").unlink()
        publish({f"b/rain{number}.md": new})
        assert services.catalog.article(f"rain{number}").updated > before


def test_a_broken_file_is_listed_and_its_last_good_version_stays_up(services, publish):
    publish({"rain.md": RAIN, "storm.md": RAIN})
    publish({"rain.md": RAIN.replace("2026-05-01 06:00", "23/11")})
    (problem,) = services.catalog.problems()
    assert (problem.path, problem.line) == ("rain.md", 2)
    assert "2018-11-23" in problem.hint
    assert services.catalog.article("rain").title == "大雨"
    assert services.catalog.article("storm").title == "大雨"


def test_a_mended_file_is_a_problem_no_longer(services, publish):
    publish({"rain.md": "---\npublished: nonsense\n---\n# 大雨\n\n文。"})
    assert services.catalog.count() == 0
    publish({"rain.md": RAIN})
    assert services.catalog.problems() == []
    assert services.catalog.count() == 1


def test_two_files_of_one_name_get_addresses_by_their_folders(services, publish):
    publish({"a/rain.md": RAIN, "b/rain.md": RAIN.replace("大雨", "小雨")})
    publish({"README.md": RAIN, "c/README.md": RAIN + "一", "d/c/index.md": RAIN + "二"})
    titles = {slug: services.catalog.article(slug).title for slug in ("rain", "b-rain", "README", "c", "d-c")}
    assert titles["rain"] == "大雨"
    assert titles["b-rain"] == "小雨"
    assert services.catalog.problems() == []
    assert any("b-rain" in remark.cause for remark in services.catalog.remarks())


def test_when_the_owner_of_a_name_goes_its_copy_comes_up(services, publish, settings):
    publish({"a/rain.md": RAIN, "b/rain.md": RAIN})
    assert services.catalog.count() == 1
    (problem,) = services.catalog.problems()
    assert "a/rain.md" in problem.cause
    (settings.articles / "a/rain.md").unlink()
    publish({})
    assert services.catalog.article("rain").section == ("b",)
    assert services.catalog.problems() == []


def test_a_file_still_being_written_waits_for_its_end(services, drop):
    path = drop("rain.md", RAIN)
    os.utime(path)
    assert services.library.scan_all().unsettled == {"rain.md"}
    assert services.catalog.count() == 0


def test_a_future_article_waits_and_names_its_time(services, publish):
    changes = publish({"rain.md": RAIN.replace("2026-05-01", "2999-05-01")})
    assert changes.next_due == int(datetime.fromisoformat("2999-05-01T06:00+08:00").timestamp())
    with pytest.raises(NotFound):
        services.catalog.article("rain")


def test_a_refresh_looks_only_where_it_is_told_to(services, publish, drop):
    publish({"a/rain.md": RAIN})
    drop("a/storm.md", RAIN)
    drop("b/fog.md", RAIN)
    assert services.library.scan_paths(["a"]).read == 1
    assert {t.slug for t in services.catalog.latest()} == {"rain", "storm"}


def test_many_files_are_read_by_several_processes_to_the_same_end(services, publish):
    files = {f"{n // 100}/s{n}.md": RAIN.replace("大雨", f"第{n}场雨") for n in range(450)}
    assert publish(files).read == 450
    assert services.catalog.count() == 450
    assert services.catalog.article("s449").title == "第449场雨"


def test_code_that_shapes_articles_has_changed_so_all_are_read_again(services, publish, monkeypatch):
    publish({"rain.md": RAIN})
    monkeypatch.setattr("reader.library.scanner.code_fingerprint", lambda: "another")
    assert services.library.scan_all().read == 1


def test_the_folder_is_never_written_to(services, publish, settings):
    publish({"rain.md": RAIN, "broken.md": "---\n: :\n---"})
    before = {p: p.stat().st_mtime_ns for p in settings.articles.rglob("*")}
    time.sleep(0.01)
    services.library.scan_all()
    assert {p: p.stat().st_mtime_ns for p in settings.articles.rglob("*")} == before


def test_a_file_that_is_written_during_the_walk_of_the_folder_is_not_read_yet(services, drop, monkeypatch):
    find = scanner.find_root
    drop("rain.md", RAIN)

    def find_and_write(articles):
        later = time.time() + 0.05  # as if the walk took so long
        os.utime(drop("rain.md", f"{RAIN}第二段"), (later, later))
        time.sleep(0.06)
        return find(articles)

    monkeypatch.setattr(scanner, "find_root", find_and_write)
    result = services.library.scan_paths([""])
    assert (result.read, result.unsettled) == (0, {"rain.md"})
