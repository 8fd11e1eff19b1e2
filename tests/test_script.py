"""Simplified and Traditional Chinese: converted by phrase, in text only, and only in Chinese text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from reader.chinese.script_conversion import convert, convert_html, in_script, other_script, script_of
from reader.models import Article

ARTICLE = Article(
    slug="发展",
    title="头发与发展",
    body=Markup('<p>干部看着<a href="/a/发展" title="干">干净</a>的面条。</p>'),
    summary="皇后后来",
    published=datetime(2018, 11, 23, tzinfo=UTC),
    updated=datetime(2018, 11, 23, tzinfo=UTC),
    language="zh-CN",
    section=("里面", "公里"),
)


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("头发", "頭髮"),
        ("发展", "發展"),
        ("皇后后来", "皇后後來"),
        ("干部", "幹部"),
        ("干净", "乾淨"),
        ("里面", "裡面"),
    ],
)
def test_a_character_with_two_traditional_forms_is_decided_by_its_word(simplified, traditional):
    assert convert(simplified, "hant") == traditional
    assert convert(traditional, "hans") == simplified


def test_only_text_changes_never_what_stands_in_a_tag():
    assert convert_html(ARTICLE.body, "hant") == '<p>幹部看著<a href="/a/发展" title="干">乾淨</a>的麵條。</p>'


def test_an_article_keeps_its_name_and_version_in_the_other_script():
    traditional = in_script(ARTICLE, "hant")
    assert (traditional.title, traditional.section, traditional.language) == ("頭髮與發展", ("裡面", "公里"), "zh-Hant")
    assert (traditional.slug, traditional.version) == (ARTICLE.slug, ARTICLE.version)


@pytest.mark.parametrize("script", ["written", "hans", ""])
def test_what_needs_no_change_is_passed_on_as_it_is(script):
    assert in_script(ARTICLE, script) is ARTICLE


def test_other_languages_have_no_other_script():
    english = replace(ARTICLE, language="en")
    assert in_script(english, "hant") is english
    assert other_script("en") == script_of("ja") == ""
    assert (other_script("zh-CN"), other_script("zh-HK")) == ("hant", "hans")
