"""Settings from environment variables, with current and former names."""

from __future__ import annotations

import sqlite3
from dataclasses import fields

import pytest

from reader.catalog import Catalog, prepare
from reader.cli import main
from reader.errors import BadSetting
from reader.settings import MOST_MB, SECRETS, Settings


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
    assert Catalog(settings.catalog, settings.timezone, must_be_complete=False).original_slugs(["storm"]) == {}
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
        ("BASE_URL", "https://news.example/a", "https://news.example/news: pages of Reader begin with this one"),
        ("BASE_URL", "https://news.example/editor/x", "https://news.example/news: "),
        ("BASE_URL", "https://news.example/x//y", "https://news.example/news"),
        ("BASE_URL", "https://news.example/../x", "https://news.example/news"),
        (
            "BASE_URL",
            "https://news.example/x;y",
            "a path of letters, digits and -._~, such as https://news.example/news",
        ),
        ("BASE_URL", "news.example", "https://news.example"),
        ("BASE_URL", "https://user@news.example", "https://news.example"),
        ("BASE_URL", "https://news.example:99999", "https://news.example"),
        ("BASE_URL", "https://", "https://news.example"),
        ("EXPORT_WORKERS", "-1", "from 1 to 64"),
        ("EXPORT_WORKERS", "1.5", "whole number"),
        ("SCAN_SECONDS", "nan", "from 0.1 to 86400"),
        ("SCAN_SECONDS", "inf", "from 0.1 to 86400"),
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


HOSTILE = [
    *(
        "",
        "   ",
        "\n",
        "a\nb",
        "a\x1b[31mb",
        "a\tb",
        "a\u2028b",
        "a\x85b",
        "\udcff",
        "大雨",
        "%s",
        "%(x)s",
        "<script>",
        "'\"",
    ),
    *(
        "-1",
        "0",
        "-0",
        "+5",
        "1.5",
        "1e9",
        "1e400",
        "1e-400",
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1_000",
        "９",
        "٣",
        "9" * 5000,
    ),
    *(
        "999999",
        "99999999999999999999",
        "4294967296",
        "2147483648",
        ",",
        ",,",
        "none",
        "true",
        "-",
        "--",
        "~",
        "~nobody/x",
    ),
    *(
        "/dev/null",
        "/proc/x",
        "..",
        "/",
        "a" * 300,
        "a" * 5000,
        "::1/200",
        "1.2.3.4/33",
        "0.0.0.0/0",
        "http://[",
        "http://",
    ),
    *(
        "http://x:0",
        "http://x:65536",
        "https://a b",
        "https://news.example\r\nX: 1",
        "https://新闻.example",
        "javascript:1",
    ),
    *("https://a.example,https://b.example", "https://-", "zh-" + "a" * 100, "en-x-" + "-".join(["abcdefgh"] * 500)),
    *(
        "news.example,2026-13",
        "news.example,2026-02-30",
        "news.example,0000",
        "Etc/../UTC",
        "localtime",
        "America",
        "*",
    ),
]


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_value_of_every_setting_is_usable_or_refused_with_name_value_and_fix(field):
    name = f"READER_{field.name.upper()}"
    for value in HOSTILE:
        try:
            found = getattr(Settings.from_environ({name: value}), field.name)
        except BadSetting as refusal:
            said = str(refusal)
            assert said.startswith(f"{name}='")
            assert ": expected " in said
            assert len(said) < 400
            assert said.isprintable()
            assert value.strip()
            begin = value.strip()[:9]
            assert field.name in SECRETS or not begin.isprintable() or begin in said
            continue
        if not value.strip():
            assert found == field.default
        elif isinstance(found, int | float):
            assert 0 <= found <= MOST_MB
        elif isinstance(found, str):
            assert found.isprintable()
            assert len(found.encode()) < 20_000
        else:
            assert str(found).isprintable()


def test_a_secret_that_is_refused_is_not_shown():
    with pytest.raises(BadSetting) as refusal:
        Settings.from_environ({"READER_EDITOR_TOKEN": "geheim"})
    assert "geheim" not in str(refusal.value)


def test_a_chinese_host_name_is_known_as_clients_send_it():
    settings = Settings.from_environ({"READER_BASE_URL": "https://新闻.example:8443", "READER_HOSTS": "新闻.example"})
    assert settings.base_url == "https://xn--efvy88h.example:8443"
    assert settings.known_hosts == {"xn--efvy88h.example"}


@pytest.fixture
def place(tmp_path):
    """Paths that are no folders, and never will be."""
    (tmp_path / "file").write_text("a file", "utf-8")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return tmp_path


@pytest.mark.parametrize("path", ["file", "file/below", "dangling", "loop", "/proc/x", "/dev/null", "n" * 300])
@pytest.mark.parametrize("command", [["serve", "--port", "1"], ["check"], ["build"], ["export", "--all"]])
def test_an_instance_that_can_be_no_folder_is_refused_with_exit_status_2(runner, place, path, command):
    places = {"READER_ARTICLES": str(place / "articles"), "READER_INSTANCE": str(place / path)}
    answer = runner.invoke(main, command, env=places)
    assert answer.exit_code == 2, answer.output
    assert answer.output.startswith(f"Error: READER_INSTANCE='{place / path}': expected a folder")
    assert answer.output.count("\n") == 1


@pytest.mark.parametrize("name", ["ARTICLES", "INSTANCE", "ACCESS_LOG"])
def test_the_home_of_nobody_is_refused(name):
    with pytest.raises(BadSetting, match=name):
        Settings.from_environ({f"READER_{name}": "~no-such-user/news"})


@pytest.mark.parametrize("path", ["file", "file/below", "loop", "/dev/null", "n" * 300])
def test_articles_that_can_be_no_folder_are_refused_with_exit_status_2(runner, place, path):
    places = {"READER_ARTICLES": str(place / path), "READER_INSTANCE": str(place / "instance")}
    answer = runner.invoke(main, ["check"], env=places)
    assert answer.exit_code == 2, answer.output
    assert answer.output.startswith(f"Error: READER_ARTICLES='{place / path}': expected a folder")


@pytest.mark.parametrize("instance", ["articles", "articles/instance", "."])
def test_folders_in_each_other_are_refused(runner, tmp_path, instance):
    (tmp_path / "articles").mkdir()
    places = {"READER_ARTICLES": str(tmp_path / "articles"), "READER_INSTANCE": str(tmp_path / instance)}
    answer = runner.invoke(main, ["check"], env=places)
    assert answer.exit_code == 2
    assert "READER_INSTANCE" in answer.output


@pytest.mark.parametrize("tag", ["zh-CN", "zh-Hant", "zh-Hans-CN", "en", "yue", "nan-Hant-TW", "de-1996", "en-x-house"])
def test_real_language_tags_are_taken(tag):
    assert Settings.from_environ({"READER_LANGUAGE": tag}).language == tag


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://news.example/news/", "https://news.example/news"),
        ("https://news.example/新闻", "https://news.example/%E6%96%B0%E9%97%BB"),
        ("https://news.example/~li/a", ""),
        ("https://news.example/", "https://news.example"),
        ("http://[::1]:80", ""),
    ],
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


def test_what_all_settings_have_in_common_suggests_none(caplog):
    Settings.from_environ({"READER_DATA": "/srv/data"})
    assert "READER_DATA is not a setting\n" in f"{caplog.text}\n"
