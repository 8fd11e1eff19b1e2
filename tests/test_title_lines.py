"""A title breaks between its phrases where it can, and its lines are about equally wide."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.chinese.title_lines import breaks_within_phrases, phrases, pieces, title_lines, width
from reader.chinese.words import words_of

SEED = "曲周县政协在河北省率先实现“两个全覆盖”"


@pytest.mark.parametrize(
    "title",
    [
        "曲周县政协在河北省率先实现/“两个全覆盖”",
        "三明党建｜/永安市：/以党建引领城市建设/——写在/《条例》/施行之际",
        "暴雨预警 /石家庄等地有大雨",
        "《人民日报》/《河北日报》/评论：/“甲”/“乙”？",
        "雨很大！/注意防范",
        "Heavy rain: “what now”?",
        "关于New York Times的报道",
        "2024—2025年的3—5月",
    ],
)
def test_a_title_is_divided_into_phrases(title):
    assert phrases(title.replace("/", "")) == title.split("/")


def test_a_line_ends_with_a_phrase_where_that_takes_no_more_lines():
    assert title_lines(SEED, 13.5) == ["曲周县政协在河北省率先实现", "“两个全覆盖”"]
    assert title_lines(SEED, 30) == [SEED]


def test_a_long_phrase_is_divided_between_words_without_a_single_last_character():
    assert title_lines("全省农村地区生活垃圾分类处理", 13) == ["全省农村地区生活", "垃圾分类处理"]


@pytest.mark.parametrize(
    "title",
    [
        "曲周县/政协/在河北省/率先/实现/“两个/全/覆盖”",
        "记者/穆罕默德/访问/崔顺实",  # names that the list lacks
        "12个/社区/5.6%",
        "臺北/國際/書/展開/幕",
        "支持/小微/企业/渡过/难关",
        "New /York /Times /的/报道",
    ],
)
def test_words_and_names_are_whole(title):
    assert pieces(title.replace("/", "")) == title.split("/")


def test_only_a_phrase_wider_than_a_line_breaks_between_its_words():
    assert breaks_within_phrases(SEED, 13) == ()
    assert _cut(SEED, 12) == ["曲周县政协", "在河北省率先实现“两个全覆盖”"]  # neither line is short
    assert _cut("智能水表进了田间地头：一部手机管好千亩麦田", 10.8) == [
        "智能水表进了",
        "田间地头：一部手机管好千亩麦田",
    ]
    assert _cut(SEED, 6) == ["曲周县", "政协", "在河北省", "率先", "实现“两个", "全覆盖”"]


def _cut(title: str, ems: float) -> list[str]:
    return [title[start:end] for start, end in pairwise((0, *breaks_within_phrases(title, ems), len(title)))]


@given(st.text(st.sampled_from("曲周县政协在河北省率先实现的了鑫"), max_size=30))
def test_words_are_the_text(text):
    assert "".join(words_of(text)) == text


def test_a_date_stays_whole():
    assert title_lines("河北：2026年5月1日起施行新规", 13) == ["河北：", "2026年5月1日起施行新规"]


def test_a_title_in_another_language_is_left_to_the_renderer():
    assert title_lines("The provincial observatory issued a forecast", 10) == [
        "The provincial observatory issued a forecast"
    ]


TITLES = st.text(st.sampled_from("曲周县政协在河北，。：“”《》（）—｜! aB1年月日…"), max_size=40)


@given(TITLES, st.integers(3, 30))
def test_nothing_of_a_title_is_lost_and_lines_fit(title, ems):
    assert "".join(phrases(title)) == title
    lines = title_lines(title, ems)
    assert "".join(lines) == title
    assert all(width(line.rstrip()) <= ems or len(pieces(line)) == 1 for line in lines)


@given(TITLES)
def test_phrases_do_not_begin_with_a_closing_mark_or_end_with_an_opening_one(title):
    for number, phrase in enumerate(phrases(title)):
        assert number == 0 or phrase[0] not in "”’）》〉」』】，。、；：？！"
        assert number == len(phrases(title)) - 1 or phrase[-1] not in "“‘（《〈「『【"


def test_a_mean_line_is_as_wide_as_the_title_by_the_number_of_lines():
    lines = title_lines("字" * 50, 12)
    assert [width(line) for line in lines] == [10] * 5
