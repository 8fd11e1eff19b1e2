"""The share image: the title with correct Chinese line breaks, on 1200 × 630 pixels."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from reader.exports.covers import cover_of
from reader.media.share_cards import MARGIN, SIZE, break_lines, draw_share_card
from reader.media.text_drawing import load_font, runs, shortened

WIDTH = SIZE[0] - 2 * MARGIN
TITLES = [
    "曲周县政协在河北省率先实现“两个全覆盖”",
    "一个很长很长的标题，里面有“引号”、《书名号》和（括号），还有 Latin words and 3,861 numbers，一直写到第四行都写不完为止",
    "Heavy rain expected across the northern provinces on Friday afternoon",
]


@pytest.mark.parametrize("title", TITLES)
def test_lines_fit_and_none_begins_or_ends_with_the_wrong_mark(title):
    lines = break_lines(title, 76, WIDTH)
    assert "".join(lines) == title
    assert all(load_font("sans", 76).getlength(line.rstrip()) <= WIDTH for line in lines)
    assert not [line for line in lines if line[0] in "，。、；：？！”’）》」』" or line.rstrip()[-1] in "“‘（《「『"]


def test_traditional_and_rare_characters_are_drawn_in_the_fonts_that_have_them():
    """The first font has those of GB 2312 only; it draws boxes for the others."""
    drawn = runs("臺灣的龜龍與ئۇيغۇر", "sans")
    assert "".join(part for _, part in drawn) == "臺灣的龜龍與ئۇيغۇر"
    assert {part: name for name, part in drawn} | {"臺灣": "sans-ext", "的": "sans", "ئۇيغۇر": "world"} == {
        part: name for name, part in drawn
    }


def test_a_title_that_is_too_long_ends_with_an_ellipsis():
    cover = cover_of("很长的标题" * 60, "报", "2026年")
    assert cover.lines[-1][1].endswith("…")
    assert shortened(["甲", "乙", "丙丁"], 2) == ["甲", "…"]
    assert shortened(["甲", "乙"], 2) == ["甲", "乙"]


def test_latin_words_stay_whole():
    words = {word for line in break_lines(TITLES[2], 76, WIDTH) for word in line.split()}
    assert words == set(TITLES[2].split())


def test_a_line_ends_with_a_word_and_the_colour_is_the_sites():
    lines = break_lines("省政府今天新闻办举行新闻发布会介绍贯彻落实", 76, WIDTH)
    assert lines == ["省政府今天新闻办举行新闻", "发布会介绍贯彻落实"]
    card = Image.open(io.BytesIO(draw_share_card("题", "", "报", "#0b5fa5"))).convert("RGB")
    assert card.getpixel((5, 5)) == (11, 95, 165)


def test_the_card_is_a_small_png_and_the_same_every_time():
    card = draw_share_card(TITLES[0], "河北新闻网 · 2026-05-01", "Reader")
    assert card == draw_share_card(TITLES[0], "河北新闻网 · 2026-05-01", "Reader")
    assert Image.open(io.BytesIO(card)).size == SIZE
    assert len(card) < 40_000
