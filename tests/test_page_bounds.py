"""Nothing leaves the page: every character, line and picture of a PDF lies on its page, on every paper."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import PurePosixPath

import lxml.html
import pymupdf
import pytest
from long_forms import few, pairs
from markupsafe import Markup
from PIL import Image, ImageDraw
from wide_content import BODIES, LONG, TABLES, markdown_table

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.body_tree import Body
from reader.exports.options import Options
from reader.exports.publications import of_article, of_selection
from reader.exports.table_layout import fit_tables, grid_of
from reader.exports.tall_pictures import STRIP, divide_tall_pictures, strips_of
from reader.exports.weasyprint import justification, layout_cache
from reader.exports.weasyprint.pdf_rendering import typeset
from reader.formats import read_draft
from reader.models import Article
from reader.settings import ROOT, Settings
from reader.templating import Renderer

RENDER = Renderer(ROOT / "templates", ROOT / "static").render
PAPERS = EXPORTS["pdf"].PAGES
FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_PRESERVE_IMAGES  # and not: only what is on the page
MARGIN = 8
"""Points that stay white at the sides of every paper."""


def article_of(text: str, fields: str = "") -> Article:
    source = f"---\ntitle: 题目\npublished: 2026-05-01 06:00\n{fields}---\n{text}\n"
    return to_article(read_draft(".md", source.encode()), PurePosixPath("2026-05-01", "wide.md"), Settings())


def pdf_of(publication, paper: str) -> pymupdf.Document:
    options = Options(paper, base_url="https://news.example", site_name="样报")
    return pymupdf.open("pdf", EXPORTS["pdf"].export(publication, options, RENDER))


def characters(document: pymupdf.Document):
    """(character, its box, the rectangle of its page)."""
    for page in document:
        for block in page.get_text("rawdict", flags=FLAGS)["blocks"]:
            for line in block.get("lines", []):
                for span in line["spans"]:
                    yield from ((char["c"], char["bbox"], page.rect) for char in span["chars"] if char["c"].strip())


def outside(document: pymupdf.Document) -> list[object]:
    """The characters and pictures that cross the edge of their page."""
    found: list[object] = [
        (char, box)
        for char, box, page in characters(document)
        if box[0] < MARGIN or box[2] > page.width - MARGIN or box[1] < 0 or box[3] > page.height
    ]
    for page in document:
        pictures = [pymupdf.Rect(item["bbox"]) for item in page.get_image_info()]
        pictures += [pymupdf.Rect(box) for kind, box in page.get_bboxlog() if kind == "fill-image"]
        found += [picture for picture in pictures if picture not in page.rect + (-1, -1, 1, 1)]
    return found


def lost(article: Article, document: pymupdf.Document) -> Counter[str]:
    """The characters of the body that are not in the document, with how many are missing."""
    wanted = Counter(
        "".join(lxml.html.fragment_fromstring(str(article.body), create_parent="div").text_content().split())
    )
    wanted.subtract(char for char, _, _ in characters(document))
    return +Counter({char: count for char, count in wanted.items() if char not in "↩\u2060"})


@pytest.mark.parametrize(("body", "paper"), pairs(BODIES, tuple(PAPERS)))
def test_everything_in_an_article_is_on_its_pages(body, paper):
    article = article_of(BODIES[body])
    document = pdf_of(of_article(article), paper)
    assert not outside(document)
    assert not lost(article, document)


def test_everything_in_the_columns_of_a_collection_is_on_its_pages():
    articles = [article_of(body) for body in few(BODIES.values(), len(BODIES) // 8)]
    document = pdf_of(of_selection("选集", "/selection", articles), "a4")
    assert not outside(document)
    assert not any(lost(article, document) for article in articles)


@pytest.mark.parametrize("paper", PAPERS)
def test_long_words_of_the_head_and_the_colophon_are_on_the_page(paper):
    long = "W" * 100
    fields = f"kicker: {long}\nsubtitle: {long}\nsource: {long}\nbyline: {long}\neditor: {long}\nsection: {long}\n"
    document = pdf_of(of_article(article_of("字", fields)), paper)
    assert not outside(document)
    assert Counter(char for char, _, _ in characters(document))["W"] >= 600


def test_no_empty_line_precedes_a_long_word():
    """Khmer and Burmese have no spaces: a sentence is a word that fills lines."""
    long, lines = "ខ្មែរ" * 40, ("<p>", "<p><b>", "<ul><li>", "<h2>", "<table><td>", "<p><br><i>", "<p>短<i>")
    firsts = []
    for start in lines:
        page = f"<!doctype html><html lang=zh><title>.</title>{start}{{}}"
        made = [typeset(page.format(text), "body { overflow-wrap: break-word }") for text in ("短", long)]
        firsts.append([pymupdf.open("pdf", pdf)[0].get_text("blocks")[0][1] for pdf in made])
    assert not [start for start, (short, first) in zip(lines, firsts, strict=True) if abs(first - short) > 9]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_text_of_every_cell_of_a_wide_table_is_found(paper):
    document = pdf_of(of_article(article_of(TABLES["12 columns"])), paper)
    text = re.sub(r"\s", "", "".join(page.get_text() for page in document))
    assert all(f"行{y}格{x}" in text for y in range(5) for x in range(12))


# -- tables -------------------------------------------------------------------------------------------------------


def tables_of(text: str, room: float, smallest: float = 0.64) -> list[list[list[str]]]:
    """The texts of the cells of each table that *text* becomes."""
    body = Body(article_of(text).body, "a1-")
    fit_tables(body, room, smallest)
    return [
        [[cell.element.text_content() for cell in cells] for _, cells in grid_of(table)]
        for table in body.root.iter("table")
    ]


def test_a_wide_table_becomes_tables_that_each_repeat_the_first_column_and_the_head():
    parts = tables_of(markdown_table(2, 12), room=20)
    assert len(parts) > 1
    assert all([row[0] for row in part] == ["头0列", "行0格0", "行1格0"] for part in parts)
    assert [cell for part in parts for cell in part[0][1:]] == [f"头{x}列" for x in range(1, 12)]


def test_a_table_that_fits_stays_one_table():
    assert len(tables_of(markdown_table(2, 5), room=40)) == 1


def test_smaller_type_is_tried_before_a_table_is_divided():
    text = markdown_table(2, 9)
    assert len(tables_of(text, room=29, smallest=0.64)) == 1
    assert len(tables_of(text, room=29, smallest=0.88)) == 2


def test_the_parts_of_a_table_have_about_as_many_columns():
    widths = [len(part[0]) for part in tables_of(markdown_table(1, 31), room=40)]
    assert max(widths) - min(widths) <= 1


def test_a_cell_over_several_parts_is_in_each_of_them():
    parts = tables_of(TABLES["spans of parts"], room=21)
    assert len(parts) > 2
    assert all(part[0][0] == "名" for part in parts)
    assert {cell for part in parts for cell in part[0][1:]} == {f"组{n}的合计数" for n in range(6)}


def test_an_id_is_in_one_part_only():
    body = Body(Markup('<table><tr><th id="x">名</th>' + "<td>一个单元格</td>" * 30 + "</tr></table>"), "a1-")
    fit_tables(body, 20, 0.64)
    assert str(body.html()).count('id="a1-x"') == 1


def test_a_table_without_cells_is_left_as_it_is():
    body = Body(Markup("<table><caption>表</caption></table>"), "a1-")
    fit_tables(body, 20, 0.64)
    assert body.html() == "<table><caption>表</caption></table>"


# -- tall pictures ------------------------------------------------------------------------------------------------


def infographic(width: int = 300, height: int = 3000) -> bytes:
    """A JPEG with a black bar in every 100 rows, 60 of them high."""
    picture = Image.new("RGB", (width, height), "white")
    for top in range(0, height, 100):
        ImageDraw.Draw(picture).rectangle((20, top + 20, width - 20, top + 80), fill="black")
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=95)
    return target.getvalue()


def test_a_tall_picture_is_divided_between_its_lines():
    strips = [Image.open(io.BytesIO(strip)).convert("L") for strip in strips_of(infographic())]
    assert sum(strip.height for strip in strips) == 3000
    assert all(strip.height <= 1.45 * STRIP * strip.width for strip in strips)
    for strip in strips:
        assert min(strip.crop((0, 0, 300, 1)).tobytes()) > 200
        assert min(strip.crop((0, strip.height - 1, 300, strip.height)).tobytes()) > 200


def test_a_picture_that_is_not_tall_stays_whole():
    assert strips_of(infographic(300, 800)) == []
    assert strips_of(infographic(60, 3000)) == []  # a line or a margin: as strips it would fill 100 pages
    assert strips_of(b"no picture") == []


def test_the_strips_are_pictures_with_the_words_of_the_whole():
    body = Body(Markup('<figure><img src="m:a.jpg" alt="图"><figcaption>说明</figcaption></figure>'), "a1-")
    made = divide_tall_pictures(body, "m:", lambda _: infographic(300, 1000))
    pictures = [(picture.get("src"), picture.get("alt")) for picture in body.pictures()]
    assert pictures == [(f"m:a-{n}.jpg", f"图 ({n}/5)") for n in range(1, 6)]
    assert list(made) == [f"a-{n}.jpg" for n in range(1, 6)]


# -- cost ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shaped(monkeypatch) -> Counter[str]:
    """How many characters WeasyPrint was given to break, by the sum of all times."""
    justification.install()
    done: Counter[str] = Counter()
    stock = layout_cache._stock_split_first_line

    def counted(text, *rest, **named):
        done["characters"] += len(text)
        return stock(text, *rest, **named)

    monkeypatch.setattr(layout_cache, "_stock_split_first_line", counted)
    return done


CSS = 'html { font: 11pt "Reader Serif"; overflow-wrap: break-word }'


@pytest.mark.parametrize("word", ["W", "1", "！", "a\u00a0", "Ж"])
def test_a_word_of_any_length_costs_in_proportion_to_it(shaped, word):
    costs = []
    for count in (4000, 8000):
        shaped.clear()
        typeset(f"<!doctype html><html lang=zh><title>.</title><p>{word * count}", CSS)
        costs.append(shaped["characters"])
    assert costs[1] < 2.2 * costs[0]


def test_a_cell_of_any_length_costs_in_proportion_to_it(shaped):
    costs = []
    for count in (1500, 3000):
        shaped.clear()
        pdf_of(of_article(article_of(f"| 甲 | 乙 |\n|--|--|\n| {'长' * count} | {LONG} |")), "a4")
        costs.append(shaped["characters"])
    assert costs[1] < 2.2 * costs[0]


# -- formulas -----------------------------------------------------------------------------------------------------


def test_a_formula_that_would_be_too_small_to_read_is_its_tex():
    terms = "+".join(f"x_{{{n}}}" for n in range(70))
    document = pdf_of(of_article(article_of(f"$${terms}$$\n\n$$x+y$$")), "phone")
    text = re.sub(r"\s", "", "".join(page.get_text() for page in document))
    assert terms in text
    assert not outside(document)
