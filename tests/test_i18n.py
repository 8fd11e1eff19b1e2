"""The translations of the interface."""

from __future__ import annotations

import gettext
import io
import os
import pickle
import re
import shutil
import string
import subprocess
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from reader import i18n
from reader.cli import COMMANDS, command_of, main
from reader.commands.click_localization import paragraphs_of
from reader.errors import NotFound, UnreadableArticle
from reader.i18n import Message, deserialize, environment_language, nmessage, serialize, translated
from reader.settings import ROOT

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "Message": None, "nmessage": (1, 2)}
PLACES = [(ROOT / "reader", "**.py", "python"), (ROOT / "templates", "**.*", "jinja2.ext:babel_extract")]


def used_msgids() -> set[str]:
    """Every msgid in code and templates; the singular of a plural."""
    found = set()
    for folder, pattern, method in PLACES:
        for _, _, message, _, _ in extract_from_dir(str(folder), [(pattern, method)], keywords=KEYWORDS):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found - {""}


def help_msgids() -> set[str]:
    """Every paragraph of the command line help."""
    commands = [main, *map(command_of, COMMANDS)]
    texts = [command.help or "" for command in commands]
    texts += [getattr(parameter, "help", None) or "" for command in commands for parameter in command.params]
    return {paragraph for text in texts for paragraph in paragraphs_of(text)}


def catalogue(locale: str):
    with (i18n.FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def placeholders(text: str) -> set[str]:
    named = {name for _, name, _, _ in string.Formatter().parse(text.replace("%", "")) if name}
    return named | set(re.findall(r"%\(\w+\)[sd]|%[sd]", text))


@pytest.mark.slow
def test_every_text_of_the_interface_has_a_chinese_translation():
    found = [message.id for message in catalogue("zh_Hans") if message.string and not message.fuzzy]
    translated = {form for msgid in found for form in (msgid if isinstance(msgid, tuple) else (msgid,))}
    missing = (used_msgids() | help_msgids()) - translated
    assert not missing, "add them to reader/translations/zh_Hans/LC_MESSAGES/messages.po, then run make format"


def test_a_text_not_yet_in_traditional_characters_is_shown_in_simplified_ones(tmp_path, monkeypatch):
    for locale, text in (("zh_Hans", 'msgid "Home"\nmsgstr "首页"\n\nmsgid "New"\nmsgstr "新的"\n'),
                         ("zh_Hant", 'msgid "Home"\nmsgstr "首頁"\n')):  # fmt: skip
        file = tmp_path / locale / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True)
        file.write_text(text, "utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    i18n._compiled.cache_clear()
    words = gettext.GNUTranslations(io.BytesIO(i18n._compiled("zh_Hant")))
    i18n._compiled.cache_clear()
    assert (words.gettext("Home"), words.gettext("New")) == ("首頁", "新的")


@pytest.mark.parametrize("locale", i18n.locales())
def test_a_translation_keeps_the_placeholders_of_its_msgid(locale):
    for message in catalogue(locale):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in strings if message.id else ():
            assert placeholders(text) == placeholders(ids[-1]), message.id


@pytest.mark.parametrize("locale", i18n.locales())
def test_no_msgid_is_translated_twice(locale):
    lines = (i18n.FOLDER / locale / "LC_MESSAGES" / "messages.po").read_text("utf-8").splitlines()
    msgids = [line for line in lines if line.startswith("msgid ")]
    assert len(msgids) == len(set(msgids))


def test_catalogues_are_compiled_once_and_left_alone_while_they_are_right(tmp_path):
    i18n.compile_catalogues(tmp_path)
    compiled = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.mo"
    first = compiled.stat()
    i18n.compile_catalogues(tmp_path)
    assert (compiled.stat().st_ino, compiled.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert [path.name for path in compiled.parent.iterdir()] == ["messages.mo"]


def test_an_outdated_catalogue_is_replaced(tmp_path):
    compiled = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(b"old")
    i18n.compile_catalogues(tmp_path)
    assert compiled.read_bytes().startswith(b"\xde\x12\x04\x95")


def test_a_catalogue_that_was_compiled_before_is_not_compiled_again_at_a_start(tmp_path, monkeypatch):
    i18n.compile_catalogues(tmp_path)
    compiled = []
    monkeypatch.setattr(i18n, "_compiled", lambda locale: compiled.append(locale) or b"")
    i18n.compile_catalogues(tmp_path)
    assert compiled == []


def test_one_that_set_up_compiled_is_taken_if_it_is_of_these_sources(tmp_path, monkeypatch):
    right = i18n._compile("zh_Hans")
    monkeypatch.setattr(
        i18n, "FOLDER", shutil.copytree(i18n.FOLDER, tmp_path / "of reader", ignore=shutil.ignore_patterns("*.mo"))
    )
    monkeypatch.setattr(i18n, "_compiled", i18n._compiled.__wrapped__)
    i18n.compile_catalogues(i18n.FOLDER)
    made: list[str] = []
    monkeypatch.setattr(i18n, "_compile", lambda locale: made.append(locale) or right)
    i18n.compile_catalogues(tmp_path / "of a site")
    assert made == []
    assert (tmp_path / "of a site/zh_Hans/LC_MESSAGES/messages.mo").read_bytes().startswith(right)
    with i18n._source("zh_Hans").open("a", encoding="utf-8") as source:
        source.write('\nmsgid "rain"\nmsgstr "雨"\n')
    assert i18n._compiled("zh_Hans") == right
    assert made == ["zh_Hans"], "its sources have changed"


def test_a_damaged_catalogue_and_one_of_another_source_are_replaced(tmp_path, monkeypatch):
    i18n.compile_catalogues(tmp_path)
    catalogue = tmp_path / "zh_Hant" / "LC_MESSAGES" / "messages.mo"
    right = catalogue.read_bytes()
    catalogue.write_bytes(right[:99] + b"?" + right[100:])
    i18n.compile_catalogues(tmp_path)
    assert catalogue.read_bytes() == right
    monkeypatch.setattr(i18n, "FOLDER", tmp_path / "sources")
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    for locale in ("zh_Hans", "zh_Hant"):
        source = tmp_path / "sources" / locale / "LC_MESSAGES" / "messages.po"
        source.parent.mkdir(parents=True)
        source.write_text(header + 'msgid "Latest"\nmsgstr "最近"\n', "utf-8")
    i18n._compiled.cache_clear()
    try:
        i18n.compile_catalogues(tmp_path)
    finally:
        i18n._compiled.cache_clear()
    with catalogue.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Latest") == "最近"


@pytest.mark.parametrize(
    ("language", "locale"),
    [("zh-CN", "zh_Hans"), ("zh", "zh_Hans"), ("zh_Hans_CN", "zh_Hans"), ("zh-Hant", "zh_Hant"), ("zh-HK", "zh_Hant")]
    + [("en", "en"), ("en-GB", "en"), ("ar", "en"), ("", "en")],
)
def test_a_language_finds_its_catalogue(language, locale):
    assert i18n.catalogue_of(language) == locale


def test_words_follow_the_language_of_the_article():
    assert i18n.translations("zh-CN").gettext("Home") == "首页"
    assert i18n.translations("en-GB").gettext("Home") == "Home"
    assert i18n.translations("zh-CN").gettext("not in the catalogue") == "not in the catalogue"


def test_a_message_is_english_text_until_it_is_shown_in_another_language():
    message = Message("%(path)s: %(size)s bytes", path="a.md", size="5")
    assert message == "a.md: 5 bytes"
    assert translated(message, "en") == "a.md: 5 bytes"
    assert translated(message, "zh-CN") == "a.md：5 字节"
    assert translated(message, "zh-TW") == "a.md：5 位元組"


def test_a_message_inside_a_message_is_translated_too():
    error = UnreadableArticle(Message("no date"), Message("close the tags"), 3)
    assert str(error) == "no date (close the tags)"
    assert translated(error.message, "zh-CN") == "没有日期（请补上结束标签）"
    assert translated(NotFound("article", "rain").message, "zh-CN") == "没有名为“rain”的文章"


@pytest.mark.parametrize(("count", "english", "chinese"), [(1, "1 article", "1\xa0篇"), (2, "2 articles", "2\xa0篇")])
def test_a_message_about_a_number_has_real_plurals(count, english, chinese):
    message = nmessage("%(num)s article", "%(num)s articles", count, num=count)
    assert (str(message), translated(message, "zh-CN")) == (english, chinese)


@pytest.mark.parametrize("text", ["plain", "", '{"msgid"', "{}", Message("no date"),
                                  UnreadableArticle(Message("no date"), Message("close the tags")).message,
                                  nmessage("%(num)s article", "%(num)s articles", 2, num=2)])  # fmt: skip
def test_a_message_survives_storing_and_pickling(text):
    for copy in (deserialize(serialize(text)), pickle.loads(pickle.dumps(text))):
        assert (copy, translated(copy, "zh-CN")) == (text, translated(text, "zh-CN"))


@pytest.mark.parametrize(
    ("environ", "language"),
    [({}, "en"), ({"LANG": "C.UTF-8"}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh-CN"), ({"LANG": "en_US.UTF-8"}, "en-US")]
    + [({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en-GB"), ({"LANGUAGE": "zh_TW:en"}, "zh-TW")]
    + [({"LANG": "C.UTF-8", "READER_LANGUAGE": "zh-CN"}, "zh-CN")]
    + [({"LANG": "en_US.UTF-8", "READER_LANGUAGE": "zh-CN"}, "en-US")],
)
def test_the_command_line_speaks_the_language_of_its_environment(environ, language):
    assert environment_language(environ) == language


@pytest.mark.slow
def test_help_is_in_the_terminals_language_and_no_summary_is_cut(runner):
    english = runner.invoke(main, ["--help"], env={"LANG": "C.UTF-8"}).output
    chinese = runner.invoke(main, ["--help"], env={"LANG": "zh_CN.UTF-8"}).output
    assert not [line for line in english.splitlines() if line.endswith("...") and "Usage" not in line]
    assert "Generate all exports ahead of time" in english
    assert "预先生成全部导出文件" in chinese
    assert ("用法：" in chinese, "Usage" in chinese, "Usage:" in english) == (True, False, True)


def test_clicks_own_words_are_in_the_terminals_language_and_the_environment_stays(runner):
    before = dict(os.environ)
    result = runner.invoke(main, ["nonsense"], env={"LANG": "zh_CN.UTF-8"})
    assert "没有命令 'nonsense'。" in result.stderr
    assert dict(os.environ) == before


def test_check_explains_in_the_terminals_language(runner, settings, drop):
    drop("2026-05-01/rain.md", "---\ntitle: 大雨\n今天下雨。")
    env = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    for language, text in (("C.UTF-8", "front matter is not closed"), ("zh_CN.UTF-8", "文件头没有结束")):
        result = runner.invoke(main, ["check"], env=env | {"LANG": language})
        assert text in result.stderr


def test_no_compiled_catalogue_lies_in_the_repository():
    files = subprocess.run(
        ["git", "ls-files", i18n.FOLDER], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [Path(name).suffix for name in files.split()] == [".po"] * len(i18n.locales())


def test_a_catalogue_is_the_same_whenever_it_is_made():
    assert b"1970-01-01" in i18n._compile("zh_Hant")
