"""Characters that no font has: ``check`` names them, with the package that has them, and a PDF shows boxes."""

from __future__ import annotations

import json
import logging
import re
import shutil

import pymupdf
import pytest
from click.testing import CliRunner
from factories import make_article
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw

from reader.cli import main
from reader.exports import EXPORTS
from reader.exports.covers import cover_of, picture_of
from reader.exports.options import Options
from reader.exports.publications import of_article
from reader.media import font_coverage
from reader.media.font_coverage import FONTS, FontCoverage, characters_in, package_with
from reader.media.share_cards import draw_share_card
from reader.media.text_drawing import draw_text, load_font, runs, text_length
from reader.sanitizer import sanitize
from reader.settings import ROOT
from reader.templating import Renderer

SAMPLE = "雨龘㐀𠀀𰻝ЖΩאبქ가ཀกअ😀🏳𓀀ꦀ\U0001f9ff\ue123㊙℃①ⅷ𝄞"


@pytest.fixture
def without_fonts_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(font_coverage, "MACHINE_FOLDERS", (tmp_path / "fonts",))
    font_coverage._of_machine.cache_clear()
    yield tmp_path / "fonts"
    font_coverage._of_machine.cache_clear()


@pytest.mark.slow
def test_a_pdf_has_boxes_for_these_characters_and_for_no_others(caplog):
    render, boxes = Renderer(ROOT / "templates", ROOT / "static").render, FontCoverage().missing(SAMPLE)
    for text, has_boxes in (("".join(set(SAMPLE) - set(boxes)), False), ("".join(boxes), True)):
        caplog.clear()
        article = make_article("a", body=sanitize(f"<p>雨{text}</p>"))
        with caplog.at_level(logging.WARNING, "weasyprint"):
            EXPORTS["pdf"].export(of_article(article), Options("a4"), render)
        assert any(".notdef" in record.getMessage() for record in caplog.records) is (has_boxes and bool(boxes))


@pytest.mark.slow
@pytest.mark.parametrize(("family", "file"), [("Reader Serif", "serif.ttf"), ("Reader Sans", "sans.ttf")])
def test_a_box_has_the_room_that_is_left_for_it(family, file):
    from reader.exports.weasyprint.pdf_rendering import typeset

    page = "<!doctype html><html lang=zh><title>.</title><p>甲\U0010fffd乙\U0010fffd\U0010fffd丙"
    content = typeset(page, f"html {{ font: 20pt '{family}' }}")
    [line] = pymupdf.open(stream=content)[0].get_text("rawdict")["blocks"][0]["lines"]
    at = {c["c"]: (c["bbox"][0] / 20, c["bbox"][2] / 20) for span in line["spans"] for c in span["chars"]}
    with TTFont(FONTS / file) as font:
        right = font["glyf"][".notdef"].xMax / font["head"].unitsPerEm
    assert 0.3 < right < at["乙"][0] - at["甲"][1]
    assert 2 * right < at["丙"][0] - at["乙"][1]


@pytest.mark.slow
def test_a_sequence_of_emoji_is_set_in_one_font_and_a_file_with_emoji_has_the_same_bytes_at_any_time(monkeypatch):
    from reader.exports.weasyprint.pdf_rendering import typeset

    sequences = "👍🏽 1️⃣ ❤️ 🇨🇳 👨‍👩‍👧 ☂️ 😀"
    page = f"<!doctype html><html lang=zh><title>.</title><p>{sequences}", "html { font-family: Reader Serif }"
    content = typeset(*page)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")  # the time that fontTools would write
    assert typeset(*page) == content
    fonts = {re.sub("^.*[+]", "", font[3]) for font in pymupdf.open(stream=content)[0].get_fonts()}
    assert fonts == {"Noto-Color-Emoji", "Reader-Serif"}  # the other one for the spaces


def test_check_names_the_characters_and_the_packages(tmp_path, drop, settings, without_fonts_of_the_machine):
    drop("2026-05-01/a.md", "# 古文\n\n今天下雨𓀀🦄ཀ。")
    drop("2026-05-02/b.md", "# 晴\n\n今天天晴：Привет, שלום, é, 龘。\u200b\ufe0f")
    places = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    told = CliRunner().invoke(main, ["check", "--json"], env=places)
    [warning] = json.loads(told.stdout)["warnings"]
    assert (told.exit_code, warning["path"]) == (0, "2026-05-01/a.md")
    assert "ཀ (U+0F40) 𓀀 (U+13000) 🦄 (U+1F984)" in warning["cause"]
    assert warning["hint"] == "install fonts-noto-color-emoji, fonts-noto-core"


def test_the_shipped_articles_have_no_such_character(services, without_fonts_of_the_machine):
    texts = [path.read_text("utf-8") for path in (ROOT / "articles").rglob("*.md")]
    assert texts
    assert [FontCoverage().missing(text) for text in texts] == [[]] * len(texts)


def test_a_font_of_the_machine_has_what_the_bundled_ones_lack(without_fonts_of_the_machine, monkeypatch, tmp_path):
    monkeypatch.setattr(font_coverage, "_bundled", frozenset)
    assert FontCoverage().missing("雨A") == ["A", "雨"]
    font_coverage._of_machine.cache_clear()
    without_fonts_of_the_machine.mkdir()
    shutil.copy(FONTS / "mono.ttf", without_fonts_of_the_machine / "a.ttf")
    (without_fonts_of_the_machine / "broken.otf").write_bytes(b"OTTO\0\1")
    assert FontCoverage().missing("雨A") == ["雨"]


def test_share_cards_and_covers_use_the_fonts_of_the_machine(without_fonts_of_the_machine):
    def cover(title):
        return picture_of(cover_of(title, "报", "2026"))

    assert runs("ก雨", "sans") == [("sans", "ก雨")]
    boxes = cover("ก"), draw_share_card("ก", "", "")
    without_fonts_of_the_machine.mkdir()
    for name, letter in (("Thai-Regular", "W"), ("Thai-Bold", "I")):
        with TTFont(FONTS / "mono.ttf") as font:
            for table in font["cmap"].tables:
                table.cmap = {0x0E01: font.getBestCmap()[ord(letter)]}
            font.save(without_fonts_of_the_machine / f"{name}.ttf")
    font_coverage._of_machine.cache_clear()
    thai = str(without_fonts_of_the_machine / "Thai-Regular.ttf")
    assert runs("ก雨", "sans") == [(thai, "ก"), ("sans", "雨")]
    assert text_length("ก", "sans", 50) == load_font("mono", 50).getlength("W")
    assert (cover("ก"), draw_share_card("ก", "", "")) != boxes


def test_an_emoji_is_drawn_in_the_size_of_its_line_and_a_sequence_of_them_as_one():
    assert [part for _, part in runs("晴👍🏽👨‍👩‍👧雨", "sans")] == ["晴", "👍🏽👨‍👩‍👧", "雨"]
    image = Image.new("L", (100, 60))
    draw_text(ImageDraw.Draw(image), (5, 45), "👨‍👩‍👧", "serif", 40, 255)
    left, top, right, bottom = image.getbbox()
    assert 5 <= left < right <= 5 + text_length("👨‍👩‍👧", "serif", 40) + 1 < 60
    assert 25 < bottom - top < 50


def test_what_is_no_font_has_no_characters(tmp_path):
    for content in (b"", b"\0\1\0\0", b"ttcf\0\0\0\0", (FONTS / "mono.ttf").read_bytes()[:3000]):
        (tmp_path / "x.ttf").write_bytes(content)
        characters_in.cache_clear()
        assert characters_in(tmp_path / "x.ttf") == frozenset()


@pytest.mark.parametrize(
    ("character", "package"),
    [
        ("😀", "fonts-noto-color-emoji"),
        ("繁", "fonts-noto-cjk"),
        ("𰻝", "fonts-hanazono"),
        ("ཀ", "fonts-noto-core"),
        ("가", "fonts-nanum"),
    ],
)
def test_the_package_is_that_of_the_script(character, package):
    assert package_with(character) == package
