"""Settings: what the environment says, under today's names and former ones."""

from __future__ import annotations

import sqlite3

from reader.catalog import Catalog, prepare
from reader.settings import Settings


def test_a_former_name_still_works_and_is_warned_of(caplog):
    assert Settings.from_environ({"READER_HOT_CACHE_MB": "7"}).response_cache_mb == 7
    assert "READER_RESPONSE_CACHE_MB" in caplog.text


def test_the_present_name_wins_over_the_former_one(caplog):
    both = {"READER_HOT_CACHE_MB": "7", "READER_RESPONSE_CACHE_MB": "9"}
    assert Settings.from_environ(both).response_cache_mb == 9
    assert caplog.text == ""


def test_a_catalog_of_version_0_1_keeps_the_original_names_of_renamed_articles(settings):
    settings.instance.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(settings.catalog) as old:
        old.execute("CREATE TABLE first_names (slug TEXT PRIMARY KEY, first TEXT NOT NULL) WITHOUT ROWID")
        old.execute("CREATE TABLE shelves (id INTEGER PRIMARY KEY)")
        old.execute("INSERT INTO first_names VALUES ('storm', 'rain')")
    old.close()
    prepare(settings.catalog)
    assert Catalog(settings.catalog, settings.timezone).original_slugs(["storm"]) == {}
    with sqlite3.connect(settings.catalog) as new:
        assert new.execute("SELECT * FROM original_slugs").fetchall() == [("storm", "rain")]
        assert not new.execute("SELECT 1 FROM sqlite_master WHERE name = 'shelves'").fetchall()
    new.close()
