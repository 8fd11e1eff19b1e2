"""Simplified and Traditional Chinese: converted by phrase, in text only, and only in Chinese text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis.strategies import sampled_from, text
from markupsafe import Markup

from reader.chinese.html_conversion import convert_html
from reader.chinese.script_conversion import in_script
from reader.chinese.scripts import SCRIPTS, other_script, script_of
from reader.chinese.text_conversion import Terms, _not_overlapping, convert
from reader.models import Article
from reader.sanitizer import sanitize

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


@pytest.mark.parametrize(
    ("body", "converted"),
    [
        ("<p>头<b>发</b>，理<i>发</i>店</p>", "<p>頭<b>髮</b>，理<i>髮</i>店</p>"),
        ('<p>头<a href="/发"><b>发</b>展</a></p>', '<p>頭<a href="/发"><b>髮</b>展</a></p>'),
        ("<p>干</p><p>部</p>", "<p>幹</p><p>部</p>"),
        ("<p>面<br>条</p>", "<p>面<br>條</p>"),
        ("<p>用<code>头发</code>发展</p>", "<p>用<code>头发</code>發展</p>"),
        ("<pre>后来\n<b>发展</b></pre><p>后来</p>", "<pre>后来\n<b>发展</b></pre><p>後來</p>"),
        ("<math><mtext>后来</mtext></math>", "<math><mtext>后来</mtext></math>"),
        ('<p lang="ja">国会の発</p><p>国会</p>', '<p lang="ja">国会の発</p><p>國會</p>'),
        ('<p>后<span lang="en">后</span>来</p>', '<p>後<span lang="en">后</span>來</p>'),
        ('<div lang="en"><p>国<b lang="zh">国</b>国</p></div>', '<div lang="en"><p>国<b lang="zh">國</b>国</p></div>'),
        ('<p lang="zh-TW">皇后云云</p>', '<p lang="zh-TW">皇后云云</p>'),
        ('<p><img src="/后.jpg" alt="后来" title="面条"></p>', '<p><img src="/后.jpg" alt="後來" title="麵條"></p>'),
        ("<p>发&amp;展&lt;发展</p>", "<p>發&amp;展&lt;發展</p>"),
    ],
)
def test_a_phrase_runs_across_tags_but_not_across_blocks_code_and_languages(body, converted):
    assert convert_html(Markup(body), "hant") == converted


@pytest.mark.parametrize(
    ("body", "converted"),
    [
        ("<p>孔子说：“學而時習之，子云。”后来</p>", "<p>孔子說：“學而時習之，子云。”後來</p>"),
        ("<p>他说「皇后說」</p>", "<p>他說「皇后說」</p>"),
        ("<p>不亦說乎，里面后来</p>", "<p>不亦說乎，裡面後來</p>"),
        (
            "<blockquote><p>子云：學而時習之。干戈</p></blockquote>",
            "<blockquote><p>子云：學而時習之。干戈</p></blockquote>",
        ),
        ("<blockquote><p>后来说</p></blockquote>", "<blockquote><p>後來說</p></blockquote>"),
    ],
)
def test_a_quotation_that_is_traditional_already_stays(body, converted):
    assert convert_html(Markup(body), "hant") == converted


def test_names_of_reporters_and_editors_stay_everywhere_in_their_article():
    article = replace(
        ARTICLE,
        title="余华后来",
        byline=("余华", "张伟"),
        editor="范里、于后",
        body=Markup("<p>余华与范里、张伟在里面，余下的人说</p>"),
    )
    shown = in_script(article, "hant")
    assert (shown.byline, shown.editor) == (("余华", "张伟"), "范里、于后")
    assert shown.title == "余华後來"
    assert shown.body == "<p>余华與范里、張偉在裡面，餘下的人說</p>"


def test_hong_kong_has_forms_of_its_own():
    assert [convert("里面着火，床为木", script) for script in ("hant", "hant-hk")] == [
        "裡面著火，床為木",
        "裏面着火，牀為木",
    ]
    assert in_script(ARTICLE, "hant-hk").language == "zh-Hant-HK"
    traditional = replace(ARTICLE, language="zh-TW")
    assert in_script(traditional, "hant-hk") is traditional


def test_the_sites_own_words_go_before_the_dictionary():
    terms = Terms(words=(("软件", "軟體"), ("软件园", "軟體園區")), names=("余姚",))
    assert convert("软件园的软件，在余姚", "hant", terms) == "軟體園區的軟體，在余姚"
    assert convert("軟體園區的軟體發展", "hans", terms) == "软件园的软件发展"
    assert convert_html(Markup("<p>软<b>件</b>发展</p>"), "hant", terms) == "<p>軟<b>體</b>發展</p>"
    assert convert_html(Markup("<p>软<b>件园</b>发展</p>"), "hant", terms) == "<p>軟體園區<b></b>發展</p>"


def test_a_word_with_the_signs_of_html_is_shown_as_it_is_written():
    terms = Terms(words=(("软件", "<b>軟體"), ("R&D", "研&發"), ("里", '"里')))
    body = '<p>软件，R&amp;D，里<img src="a.png" alt="软件，里"></p>'
    shown = '<p>&lt;b&gt;軟體，研&amp;發，"里<img src="a.png" alt="&lt;b&gt;軟體，&quot;里"></p>'
    assert convert_html(Markup(body), "hant", terms) == shown
    assert sanitize(shown) == shown


def test_names_and_quotations_take_linear_time():
    class Counted(list):
        looked = 0

        def __getitem__(self, index):
            self.looked += 1
            return super().__getitem__(index)

    def looked(count):
        taken = Counted((4 * n, 4 * n + 2) for n in range(count))
        apart = _not_overlapping(taken, [(4 * n + 1 + n % 2, 4 * n + 3) for n in range(count)])
        assert apart == [(4 * n + 2, 4 * n + 3) for n in range(1, count, 2)]
        return taken.looked

    assert looked(2000) <= 2 * looked(1000) + 10


@given(text(alphabet="头发后来<b></b>“”。說余华软件云&;a"), sampled_from(sorted(SCRIPTS)))
def test_any_text_keeps_its_tags(body, script):
    def tags(body):
        return re.findall("<[^>]*>", body)

    safe = sanitize(body)
    assert tags(convert_html(safe, script)) == tags(safe)


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
