"""What visitors write: text without tricks, as HTML that does nothing, and the rules of what is accepted."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_forms import LONG

from reader.comments.acceptance import (
    LINKS,
    LONGEST_NAME,
    LONGEST_TEXT,
    PAPER_NAME,
    REASONS,
    WORDS,
    digest_of,
    is_closed_by_age,
    is_refused,
    needs_review,
    problem_of,
    reasons_to_wait,
)
from reader.comments.comment import OPEN, REVIEWED, Submission
from reader.comments.comment_html import to_html
from reader.comments.plain_text import MOST_MARKS, clean_line, clean_text
from reader.comments.signatures import Signatures, author_hash, pseudonym
from reader.comments.word_list import WordList, parse, read_words, skeleton
from reader.formats import read_draft

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
INVISIBLE = "\u200b\u2060\ufeff\u00ad\u115f\u3164\U0001bca0\U000e0041"


@pytest.mark.parametrize("character", BIDI + INVISIBLE + "\x00\x1b\x7f\ud800", ids=lambda c: f"U+{ord(c):04X}")
def test_what_cannot_be_seen_or_turns_the_text_around_is_left_out(character):
    assert clean_text(f"大{character}雨 {character}rain{character}") == "大雨 rain"


def test_a_pile_of_marks_is_a_few_marks():
    zalgo = "Z" + "\u0301\u0489" * 40 + "algo"
    assert len(clean_text(zalgo)) <= len("Zalgo") + MOST_MARKS
    assert clean_text("\u0301" * 40 + "大雨") == "大雨"


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧 ❤️‍🔥", "می‌خواهم", "क्‍ष", "Tiếng Việt", "שָׁלוֹם", "น้ำ", "𠮷野家", "葛󠄀城"[:1] + "城"]
)
def test_texts_that_need_joiners_and_marks_keep_them(text):
    assert clean_text(text) == text


def test_lines_and_paragraphs_stay_and_empty_lines_do_not_pile_up():
    assert clean_text("  一\r\n二\r三\u2028四\n\n\n\n\n五\u3000\n\n") == "一\n二\n三\n四\n\n五"
    assert clean_line(" 张\n三\t先生 ") == "张 三 先生"


LONGEST = 1_000_000 if LONG else 300_000


@pytest.mark.slow
def test_long_texts_of_anything_take_linear_time():
    """Each would take minutes if it did not; the limit of the test run ends it then."""
    for piece in ("a\u0315\u0301", "\u0301", "http://", "(", "\n", "\u200d", "https://a.cn/)", "<a ", "大雨"):
        text = clean_text(piece * (LONGEST // len(piece)))
        to_html(text[:100_000])


def test_the_html_of_a_comment_is_its_text_in_paragraphs_and_lines():
    html = to_html("你好,世界!\n第二行\n\n<b>粗</b> & [链接](javascript:alert(1)) ![图](x.png)")
    assert html == (
        "<p dir=auto>你好，世界！<br>第二行</p>"
        "<p dir=auto>&lt;b&gt;粗&lt;/b&gt; &amp; [链接](javascript:alert(1)) ![图](x.png)</p>"
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("见 https://news.example/a?b=1&c=2。", "https://news.example/a?b=1&c=2"),
        ("(见 http://news.example/a_(b))", "http://news.example/a_(b)"),
        ("https://news.example/x.", "https://news.example/x"),
        ("HTTPS://news.example,好", "HTTPS://news.example"),
        ('https://news.example/"onclick=x', "https://news.example/"),
        ("https://news.example:8443/~a#b", "https://news.example:8443/~a#b"),
    ],
)
def test_an_address_becomes_a_link_that_search_engines_do_not_follow(text, address):
    [(href, rel)] = re.findall(r'<a href="([^"]*)" rel="([^"]*)">', to_html(text))
    assert unescape(href) == address
    assert {"nofollow", "ugc"} <= set(rel.split())


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "//a.example", "http://", "http://[x", "news.cn"],
)
def test_other_things_become_no_link(text):
    assert "<a " not in to_html(text)


@pytest.mark.slow
@given(st.text(max_size=300))
def test_whatever_is_written_is_text_and_nothing_else(text):
    cleaned = clean_text(text)
    html = to_html(cleaned)
    assert set(re.findall(r"<(/?\w+)", html)) <= {"p", "/p", "br", "a", "/a"}
    assert clean_text(cleaned) == cleaned
    assert not set(BIDI + INVISIBLE) & set(html)


@pytest.mark.parametrize(
    ("sent", "is_taken"),
    [
        (Submission("张三", "写得好"), True),
        (Submission("张三", "👍"), True),
        (Submission("张三", ""), False),
        (Submission("张三", "…。。"), False),
        (Submission("", "写得好"), False),
        (Submission("--", "写得好"), False),
        (Submission("张" * LONGEST_NAME, "字" * LONGEST_TEXT), True),
        (Submission("张" * (LONGEST_NAME + 1), "好"), False),
        (Submission("张三", "字" * (LONGEST_TEXT + 1)), False),
        (Submission("张三", "字\n" * 60), False),
    ],
)
def test_a_comment_needs_a_text_and_a_name_of_some_length(sent, is_taken):
    assert (problem_of(sent) is None) == is_taken


WORD_LIST = parse("# 广告\n加微信\n發票\n!赌场\n\nviagra\n")


@pytest.mark.parametrize("text", ["加微信", "加 微-信", "请加微信123", "发票", "發票", "ＶＩＡＧＲＡ", "V.i.a.g.r.a"])
def test_a_word_of_the_list_is_found_in_any_width_case_script_and_spacing(text):
    assert WORDS in reasons_to_wait(Submission("张三", text), WORD_LIST, ())
    assert not is_refused(Submission("张三", text), WORD_LIST)


def test_a_word_with_an_exclamation_mark_refuses():
    assert is_refused(Submission("张三", "来赌 場玩"), WORD_LIST)
    assert is_refused(Submission("赌场", "好"), WORD_LIST)


def test_the_list_is_read_again_after_it_was_changed(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("甲乙", "utf-8")
    assert read_words(path) == WordList(review_words=("甲乙",))
    path.write_text("丙丁戊", "utf-8")
    os.utime(path, ns=(1, 1))
    assert read_words(path) == WordList(review_words=("丙丁戊",))


@pytest.mark.parametrize(
    ("sent", "reasons"),
    [
        (Submission("张三", "写得好"), ()),
        (Submission("张三", "看 https://a.example"), (LINKS,)),
        (Submission("张三", "看 www.a.example"), (LINKS,)),
        (Submission("http://a.example", "好"), (LINKS,)),
        (Submission("本报小编", "好"), (PAPER_NAME,)),
        (Submission("河北 新闻网", "好"), (PAPER_NAME,)),
        *(
            (Submission(name, "好"), (PAPER_NAME,))
            for name in ("Аdmin", "ADMlN 1", "ádmιn", "adrnin", "Edіtor", "𝐦0derator")
        ),
        (Submission("Arnold", "好"), ()),
    ],
)
def test_links_and_names_like_the_papers_wait_for_an_editor(sent, reasons):
    assert reasons_to_wait(sent, WordList(), ("河北新闻网", "")) == reasons
    assert needs_review(OPEN, reasons) == bool(reasons)
    assert needs_review(REVIEWED, reasons)
    assert set(reasons) <= set(REASONS)


def test_texts_that_differ_in_marks_and_case_only_are_the_same():
    assert digest_of("今天下雨了，河水 上涨!") == digest_of("今天下雨了河水上漲") != ""
    assert digest_of("支持") == ""
    assert skeleton("Ａ，b 。雨") == "ab雨"


def test_an_article_is_closed_some_days_after_it_was_published():
    assert is_closed_by_age(NOON, NOON + timedelta(days=8), 7)
    assert not is_closed_by_age(NOON, NOON + timedelta(days=6), 7)
    assert not is_closed_by_age(NOON, NOON + timedelta(days=4000), 0)


def test_a_form_of_another_page_or_key_is_none_and_a_cookie_gives_only_a_hash():
    ours, other = Signatures(b"k" * 32), Signatures(b"x" * 32)
    token = ours.form("rain", 1000)
    assert token == ours.form("rain", 1000)
    assert ours.form_age(token, "rain", 1005) == 5
    assert (ours.form_age(token, "sun", 1005), other.form_age(token, "rain", 1005)) == (None, None)
    assert [ours.form_age(bad, "rain", 1005) for bad in ("", "x", token + "x", "大雨", token[1:])] == [None] * 5
    assert ours.author_of(ours.author_cookie("id")) == author_hash("id")
    assert (ours.author_of(other.author_cookie("id")), ours.author_of("")) == ("", "")


def test_a_pseudonym_is_the_same_for_a_day_and_another_with_another_key():
    assert pseudonym("192.0.2.1", b"a" * 32) == pseudonym("192.0.2.1", b"a" * 32)
    assert pseudonym("192.0.2.1", b"a" * 32) != pseudonym("192.0.2.1", b"b" * 32)
    assert pseudonym("", b"a" * 32) == ""


@pytest.mark.parametrize(
    ("value", "is_closed"),
    [("closed", True), ("false", True), ("off", True), ("关闭", True), ("true", False), ("", False), ("giscus", False)]
    + [("{enable: false}", False)],
)
def test_an_article_can_close_its_comments(value, is_closed):
    draft = read_draft(".md", f"---\ntitle: 大雨\ncomments: {value}\n---\n下雨。".encode())
    assert draft.comments_closed is is_closed
    assert draft.warnings == ()


def test_a_closed_article_stays_closed_in_the_catalog(publish, services):
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\n评论: 关闭\n---\n下雨。"})
    assert services.catalog.article("rain").comments_closed
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\n---\n下雨。"})
    assert not services.catalog.article("rain").comments_closed
