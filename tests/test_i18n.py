"""The words of the interface."""

from __future__ import annotations

import gettext
import io
import re
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from reader import i18n
from reader.settings import ROOT

KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "N_": None}
PLACES = [(ROOT / "reader", "**.py", "python"), (ROOT / "templates", "**.*", "jinja2.ext:babel_extract")]


def used_msgids() -> set[str]:
    """Every msgid in code and templates; of a plural, the singular."""
    found = set()
    for folder, pattern, method in PLACES:
        for _, _, message, _, _ in extract_from_dir(str(folder), [(pattern, method)], keywords=KEYWORDS):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found - {""}


def catalogue(locale: str):
    with (i18n.FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def placeholders(text: str) -> set[str]:
    named = {name for _, name, _, _ in string.Formatter().parse(text.replace("%", "")) if name}
    return named | set(re.findall(r"%\(\w+\)[sd]|%[sd]", text))


def test_every_text_of_the_interface_has_a_chinese_translation():
    translated = {
        m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue("zh_Hans") if m.string and not m.fuzzy
    }
    assert used_msgids() - translated == set()


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


def test_no_compiled_catalogue_lies_in_the_repository():
    assert not list(Path(i18n.FOLDER).rglob("*.mo"))
