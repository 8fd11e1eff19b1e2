"""Chinese text: punctuation (cases in tests/cases/punctuation.txt), word counts, reading time, search terms."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from reader.chinese import HAN, apply_corrections, compose, corrections, count_words, is_han, punctuate, reading_minutes
from reader.settings import ROOT

CASES = Path(__file__).parent / "cases" / "punctuation.txt"


def cases() -> list[tuple[str, str]]:
    lines = [line for line in CASES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    typed, shown = lines[::2], lines[1::2]
    assert len(typed) == len(shown)
    assert all(line.startswith("→ ") for line in shown)
    return [(a.replace("⏎", "\n"), b.removeprefix("→ ").replace("⏎", "\n")) for a, b in zip(typed, shown, strict=True)]


def paragraphs() -> list[str]:
    """Every line of every article in the repository, as in its file."""
    files = [path for path in (ROOT / "articles").rglob("*") if path.suffix in (".md", ".txt", ".html")]
    return [line for path in files for line in path.read_text("utf-8").splitlines() if line.strip()]


def shown(text: str, following: str = "") -> str:
    return apply_corrections(text, corrections(text, following))


def test_there_are_enough_cases_to_trust():
    assert len(cases()) >= 100


@pytest.mark.parametrize(("typed", "wanted"), cases())
def test_punctuation_is_set_as_the_case_says(typed, wanted):
    text, _, following = typed.partition("¶")
    assert shown(text, following) == wanted


@pytest.mark.parametrize("wanted", [wanted for typed, wanted in cases() if "¶" not in typed])
def test_text_that_is_set_already_stays_as_it_is(wanted):
    assert punctuate(wanted) == wanted


def test_setting_the_articles_twice_changes_nothing_more():
    once = [punctuate(line) for line in paragraphs()]
    assert [punctuate(line) for line in once] == once


def test_setting_a_text_changes_no_letter_and_no_figure():
    for line in paragraphs():
        assert [c for c in punctuate(line) if c.isalnum()] == [c for c in line if c.isalnum()]


@pytest.mark.parametrize(
    "text", ["", " ", ",", "汉", '"', "(", "“", "\n", "汉\n", "\n汉", "...", "汉(", "汉“（\n ", "￼汉(￼"]
)
def test_odd_ends_break_nothing_and_settle_at_once(text):
    once = punctuate(text)
    assert punctuate(once) == once


@pytest.mark.parametrize("mark", list(",;:?!.()\"'<>~-。，“”‘’（）《》…— \n"))
def test_any_heap_of_marks_settles_at_once(mark):
    for text in (f"汉{mark * 3}字", f"{mark}汉{mark}{mark}a{mark}1{mark}字{mark}", f"汉 {mark} 字{mark}\n{mark}汉"):
        once = punctuate(text)
        assert punctuate(once) == once, text


def test_corrections_name_only_what_changes():
    assert corrections("你好,世界。") == {2: "，"}
    assert corrections("你好，世界。") == {}
    assert corrections("") == {}


def test_han_characters_are_counted_one_by_one_and_latin_by_words():
    assert count_words("曲周县政协建立了8个党支部, using Reader 2.0's files.") == (12, 5)


def test_reading_time_is_whole_minutes_and_never_none():
    assert reading_minutes("") == 1
    assert reading_minutes("汉" * 2600) == 10
    assert reading_minutes("word " * 2380) == 10


def test_han_is_told_from_marks_and_other_letters():
    assert [is_han(character) for character in "汉㛃𠮷〇，aあ1"] == [True, True, True, True, False, False, False, False]


def test_every_han_character_that_unicode_names_is_han_and_nothing_else_is():
    han = re.compile(f"[{HAN}]")
    for code in [*range(0x2E80, 0xD7FF), *range(0xF900, 0xFB00), *range(0x1F000, 0x34000)]:
        name = unicodedata.name(chr(code), "")
        if name.startswith(("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH")):
            assert is_han(chr(code)), hex(code)
        elif name and chr(code) not in "々〇":
            assert not is_han(chr(code)), f"{code:x} {name}"
        assert is_han(chr(code)) == bool(han.fullmatch(chr(code)))


@pytest.mark.parametrize(
    "code", [0x3400, 0x9FFF, 0x2A6DF, 0x2B73F, 0x2CEA1, 0x2EBE0, 0x2EE5D, 0x3134A, 0x323AF, 0x33479]
)
def test_the_newest_blocks_are_han_though_this_python_has_no_names_for_them(code):
    assert is_han(chr(code))


def test_compatibility_ideographs_stay_as_typed_and_the_rest_is_composed():
    assert compose("cafe\u0301 \uf9e1\U0002f80d\ufa1d 葛\U000e0101") == "café \uf9e1\U0002f80d\ufa1d 葛\U000e0101"


def test_a_mark_after_a_variant_of_a_character_is_set_as_after_the_character():
    assert punctuate("姓葛\U000e0101,住在城里") == "姓葛\U000e0101，住在城里"
