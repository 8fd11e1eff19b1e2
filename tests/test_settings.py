"""Settings from environment variables, with current and former names."""

from __future__ import annotations

import sqlite3

import pytest

from reader.catalog import Catalog, prepare
from reader.cli import main
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


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("LANGUAGE", "zh_CN", "zh-CN"),
        ("LANGUAGE", "zh-CN.UTF-8", "zh-CN"),
        ("LANGUAGE", "C", "zh-CN"),
        ("LANGUAGE", "cn", "zh-CN"),
        ("LANGUAGE", "chinese", "zh-CN"),
        ("BASE_URL", "https://news.example/?a=1", "https://news.example"),
        ("BASE_URL", "https://news.example/news", "https://news.example: "),
        ("BASE_URL", "news.example", "https://news.example"),
        ("BASE_URL", "https://user@news.example", "https://news.example"),
        ("BASE_URL", "https://news.example:99999", "https://news.example"),
        ("BASE_URL", "https://", "https://news.example"),
        ("EXPORT_WORKERS", "-1", "above 0"),
        ("EXPORT_WORKERS", "1.5", "whole number"),
        ("SCAN_SECONDS", "nan", "above 0"),
        ("SCAN_SECONDS", "inf", "above 0"),
        ("TIMEZONE", "Mars/Olympus", "Asia/Shanghai"),
        ("TIMEZONE", "../../etc/passwd", "Asia/Shanghai"),
        ("TRUSTED_PROXIES", "nginx", "127.0.0.1"),
        ("METRICS_ALLOW", "everybody", "127.0.0.1"),
        ("HOSTS", "https://news.example/", "news.example"),
        ("WATCH", "perhaps", "1 or 0"),
        ("EDITOR_TOKEN", "short", "12 characters"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_with_the_fix_and_exit_status_2(name, value, fix, runner, monkeypatch):
    monkeypatch.setenv(f"READER_{name}", value)
    answer = runner.invoke(main, ["check"])
    assert answer.exit_code == 2
    assert f"READER_{name}" in answer.output
    assert fix in answer.output


@pytest.mark.parametrize("tag", ["zh-CN", "zh-Hant", "zh-Hans-CN", "en", "yue", "nan-Hant-TW", "de-1996", "en-x-house"])
def test_real_language_tags_are_taken(tag):
    assert Settings.from_environ({"READER_LANGUAGE": tag}).language == tag


@pytest.mark.parametrize(
    ("given", "kept"), [("https://news.example/", "https://news.example"), ("http://[::1]:80", "")]
)
def test_a_base_url_is_an_origin(given, kept):
    assert Settings.from_environ({"READER_BASE_URL": given}).base_url == (kept or given)


def test_a_misspelt_variable_is_warned_of_with_the_likely_name(caplog):
    Settings.from_environ({"READER_BASEURL": "https://news.example", "READER_PORT": "80", "HOME": "/"})
    assert "READER_BASEURL is not a setting; did you mean READER_BASE_URL?" in caplog.text
    assert "HOME" not in caplog.text


def test_the_names_of_the_site_come_from_its_address_unless_they_are_set():
    assert Settings.from_environ({}).known_hosts == frozenset()
    assert Settings.from_environ({"READER_BASE_URL": "https://News.example:8443"}).known_hosts == {"news.example"}
    both = {"READER_BASE_URL": "https://news.example", "READER_HOSTS": "news.example, www.News.example."}
    assert Settings.from_environ(both).known_hosts == {"news.example", "www.news.example"}
