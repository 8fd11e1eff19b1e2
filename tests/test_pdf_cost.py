"""What a PDF costs: operations and bytes, never seconds."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

import pikepdf
import pydyf
import pymupdf
import pytest
from fontTools.ttLib import TTFont
from markupsafe import Markup
from PIL import Image
from weasyprint import css
from weasyprint.formatting_structure import boxes
from weasyprint.layout import background, block, inline, page
from weasyprint.text import line_break

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.options import Options
from reader.exports.publications import of_article, of_issue
from reader.exports.weasyprint import justification, layout_cache, line_drawing, line_layout, shared_styles
from reader.exports.weasyprint.embedded_fonts import TABLES, with_needed_tables
from reader.exports.weasyprint.pdf_rendering import MEDIA, typeset
from reader.formats import read_draft
from reader.models import Issue
from reader.settings import ROOT, Settings
from reader.templating import Renderer

SEED = next((ROOT / "articles").rglob("quzhou-zhengxie.txt"))
OPTIONS = Options("a4", base_url="https://news.example", site_name="样报")
RENDER = Renderer(ROOT / "templates", ROOT / "static").render
PARAGRAPH = "全县16个界别的委员深入生产生活一线，广泛征求意见，收集社情民意，积极建言献策，推动工作落实。" * 4


@pytest.fixture(scope="module")
def seed():
    return to_article(read_draft(SEED.suffix, SEED.read_bytes()), PurePosixPath("2018-11-23", SEED.name), Settings())


@pytest.fixture
def counted(monkeypatch):
    """How often WeasyPrint did some of its work, by name."""
    justification.install()
    done: Counter[str] = Counter()

    def counting(module, name):
        stock = getattr(module, name)

        def counted(*args, **named):
            done[name] += 1
            return stock(*args, **named)

        monkeypatch.setattr(module, name, counted)

    counting(inline, "get_next_linebox")
    counting(layout_cache, "_stock_split_first_line")
    counting(layout_cache, "_stock_setup")
    return done


def issue_of(article, count, body=None):
    articles = [replace(article, slug=f"a{n}", body=body or article.body, version="") for n in range(count)]
    return of_issue(Issue(date(2018, 11, 23), ()), articles)


def test_the_article_of_the_benchmark_fits_into_130_kilobytes(seed):
    """Its Markdown, which is attached to it, takes 3 of them."""
    assert len(EXPORTS["pdf"].export(of_article(seed), OPTIONS, RENDER)) <= 130 * 1024


def test_an_embedded_font_has_only_the_tables_that_a_pdf_uses(seed):
    with pikepdf.open(io.BytesIO(EXPORTS["pdf"].export(of_article(seed), OPTIONS, RENDER))) as file:
        found = [item for item in file.objects if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item]
        for item in found:
            font = TTFont(io.BytesIO(item.FontFile2.read_bytes()))
            assert set(font.reader.keys()) <= set(TABLES)
            assert font["maxp"].numGlyphs > 0
            assert font["glyf"].glyphs
    assert found


def test_a_font_of_another_kind_is_embedded_as_it_is():
    assert with_needed_tables(b"OTTO\0\x09 and so on") == b"OTTO\0\x09 and so on"


def test_the_lines_of_an_issue_are_laid_out_once_though_it_has_columns(seed, counted):
    """Those of the last page a few times more, to balance its columns: the issue has many pages."""
    body = Markup(f"<p>{PARAGRAPH}</p>" * 12)
    made = EXPORTS["pdf"].export(issue_of(seed, 24, body), OPTIONS, RENDER)
    with pikepdf.open(io.BytesIO(made)) as file:
        drawn = sum(page.Contents.read_bytes().count(b" Tm\n") for page in file.pages)
    assert drawn > 200
    assert counted["get_next_linebox"] < 1.25 * drawn


def test_an_issue_costs_as_much_more_as_it_has_more_articles(seed, counted):
    lines, breaks = [], []
    for count in (4, 8):
        counted.clear()
        EXPORTS["pdf"].export(issue_of(seed, count), OPTIONS, RENDER)
        lines.append(counted["get_next_linebox"])
        breaks.append(counted["_stock_split_first_line"])
    assert lines[1] < 2.1 * lines[0]
    assert breaks[1] < 2.1 * breaks[0]


def test_a_style_chooses_its_font_once_however_many_lines_it_has(counted):
    for text in (PARAGRAPH, PARAGRAPH * 9):
        typeset(f"<!doctype html><html lang=zh><title>.</title><p>{text}", 'html{font:11pt "Reader Serif"}')
        assert counted.pop("_stock_setup") <= 3
    assert not layout_cache._fonts  # forgotten with the document


def test_a_paragraph_whose_rest_fits_in_one_line_is_not_shaped_again(counted):
    typeset(
        f"<!doctype html><html lang=zh><title>.</title><p>{PARAGRAPH}<p>短。<p>短句。", 'html{font:11pt "Reader Serif"}'
    )
    assert counted["_stock_split_first_line"] == counted["get_next_linebox"]


def picture():
    content = io.BytesIO()
    Image.new("RGB", (300, 200), "#468").save(content, "JPEG")
    return content.getvalue()


BODIES = {
    "text": f"<p>{PARAGRAPH}</p>" * 30,
    "pictures": f'<p>{PARAGRAPH}</p><figure><img src="{MEDIA}p" alt="图"><figcaption>说明</figcaption></figure>' * 12,
    "table": "<table>" + "<tr><td>甲</td><td>乙乙乙乙乙</td></tr>" * 90 + "</table>",
    "right to left": '<p dir="rtl">שלום עולם שלום עולם שלום עולם שלום עולם</p>' * 60,
    "mixed": f'<p lang="en">The <em>quick</em> brown fox, “jumps” over {"the lazy dog, " * 9}</p>'
    f"<p lang=zh>{PARAGRAPH}<strong>粗</strong>体<br>换行&nbsp;2—3 x<sup>2</sup> <code>a_b()</code>“引”《书》，（注）。</p>"
    * 5,
    "list": "<ul>" + f"<li>{PARAGRAPH}</li>" * 30 + "</ul>",
    "floats": f'<img src="{MEDIA}p" alt="图" style="float:left;width:3cm"><p>{PARAGRAPH}</p>' * 20,
}


def use_stock_layout(monkeypatch):
    """Undoes the patches that only save time, but for those of columns, fonts and references."""
    for name, module in sys.modules.items():
        if name.startswith("weasyprint.") and hasattr(module, "resolve_percentages"):
            monkeypatch.setattr(module, "resolve_percentages", shared_styles._stock_resolve_percentages)
    monkeypatch.setattr(css, "find_style_attributes", shared_styles._stock_find_style_attributes)
    monkeypatch.setattr(page, "set_page_type_computed_styles", shared_styles._stock_set_page_styles)
    monkeypatch.setattr(background, "layout_box_backgrounds", shared_styles._stock_backgrounds)
    monkeypatch.setattr(block, "block_level_page_name", shared_styles._stock_page_name)
    monkeypatch.setattr(boxes.Box, "is_in_normal_flow", shared_styles._stock_is_in_normal_flow)
    monkeypatch.setattr(inline, "get_next_linebox", line_layout._stock_next_line)
    monkeypatch.setattr(line_break, "first_line_metrics", layout_cache._stock_first_line_metrics)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_saves_time_gives_the_same_bytes(body, monkeypatch):
    style = (
        'html { font: 11pt "Reader Serif"; text-align: justify } img { width: 100% } figure { break-inside: avoid }'
        " div { columns: 2; column-fill: auto; column-gap: 2em } h1 { break-after: avoid }"
    )
    html = f"<!doctype html><html lang=zh><title>.</title><div><h1>甲</h1>{body}<h1>乙</h1>{body}</div>"
    once = typeset(html, style, {"p": picture()})
    with monkeypatch.context() as patched:
        use_stock_layout(patched)
        assert typeset(html, style, {"p": picture()}) == once
    monkeypatch.setattr(layout_cache, "_is_needless_trial", lambda *_: False)
    assert typeset(html, style, {"p": picture()}) == once


@pytest.mark.parametrize("body", [BODIES["text"], BODIES["right to left"], BODIES["mixed"]])
def test_a_line_is_drawn_where_weasyprint_draws_it(body, monkeypatch):
    def drawn():
        style = 'html { font: 11pt "Reader Serif"; text-align: justify } code { font-family: "Reader Mono" }'
        content = typeset(f"<!doctype html><html lang=zh><title>.</title>{body}", style)
        with pymupdf.open(stream=content) as file:
            blocks = [block for sheet in file for block in sheet.get_text("rawdict")["blocks"]]
        chars = [
            char for block in blocks for line in block["lines"] for span in line["spans"] for char in span["chars"]
        ]
        return len(content), [(char["c"], char["origin"]) for char in chars]

    size, ours = drawn()
    monkeypatch.setattr(line_drawing, "_IS_EXACT", False)  # all lines by WeasyPrint, as with an old Pango
    larger, stock = drawn()
    assert size < larger
    assert [char for char, _ in ours] == [char for char, _ in stock]
    # WeasyPrint cuts each gap to whole thousandths of an em, which are a third of a point in a line of Chinese.
    apart = [abs(here[0] - there[0]) for (_, here), (_, there) in zip(ours, stock, strict=True)]
    assert max(apart) < 0.4


def test_justified_lines_end_at_the_margin():
    content = typeset(
        f"<!doctype html><html lang=zh><title>.</title><p>{PARAGRAPH.replace('，', '与').replace('。', '及')}",
        '@page { size: 120mm 180mm; margin: 10mm } html { font: 11pt "Reader Serif"; text-align: justify } body { margin: 0 }',
    )
    [block] = pymupdf.open(stream=content)[0].get_text("dict")["blocks"]
    ends = [line["bbox"][2] for line in block["lines"][:-1]]
    assert len(ends) > 3
    assert all(abs(end - 110 / 25.4 * 72) < 0.03 for end in ends)


def test_balanced_columns_and_headings_across_them_are_still_tried(monkeypatch):
    html = f"<!doctype html><html lang=zh><title>.</title><div><p>{PARAGRAPH}<h1>乙</h1><p>{PARAGRAPH}</div>"
    for style in ("div { columns: 2 }", "div { columns: 2; column-fill: auto } h1 { column-span: all }"):
        ours = typeset(html, style)
        with monkeypatch.context() as patched:
            patched.setattr(block, "block_box_layout", layout_cache._stock_block_box_layout)
            patched.setattr(block, "columns_layout", layout_cache._stock_columns_layout)
            assert typeset(html, style) == ours


def test_a_process_that_made_a_pdf_ends_normally():
    """Pango's objects are freed before the library, or the process would end in a segmentation fault."""
    program = (
        "from reader.exports.weasyprint.pdf_rendering import typeset\n"
        "typeset('<!doctype html><html lang=zh><title>.</title><p>字', 'html { font-family: Reader Serif }')"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_references_of_pages_are_listed_once_for_all_their_tags():
    justification.install()
    pdf = pydyf.PDF()
    for _ in range(3):
        pdf.add_page(pydyf.Dictionary({"Type": "/Page"}))
    assert pdf.page_references == tuple(f"{number} 0 R".encode() for number in pdf.pages["Kids"][::3])
    assert pdf.page_references is pdf.page_references
    pdf.add_page(pydyf.Dictionary({"Type": "/Page"}))
    assert len(pdf.page_references) == 4


def test_a_build_id_holds_no_more_than_one_file_in_memory(tmp_path):
    for folder in ("templates", "static"):
        (tmp_path / folder).mkdir()
        for number in range(15):
            (tmp_path / folder / f"{number}.bin").write_bytes(os.urandom(1_000_000))
    renderer = Renderer(tmp_path / "templates", tmp_path / "static")  # it keeps the templates
    tracemalloc.start()
    try:
        build_id = renderer.build_id
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(build_id) == 16
    assert peak < 15_000_000  # what the largest folder of the package holds, a file at a time
