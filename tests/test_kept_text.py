"""Text that comes out of an export is text that went in: every line, mark, exponent and formula, where it stood.

One article holds all of it, and each format is made once.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from pathlib import PurePosixPath

import pymupdf
import pytest

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.body_tree import Body
from reader.exports.footnotes import as_popups, notes_of
from reader.exports.options import Options
from reader.exports.publications import of_article
from reader.formats import read_draft
from reader.importing.extraction.text_blocks import parse
from reader.importing.sources.own_exports import chapter_in, read_chapter
from reader.sanitizer import sanitize
from reader.settings import ROOT, Settings
from reader.templating import Renderer

PAGE = """<!doctype html><html lang="zh-CN"><title>都在</title><meta name="date" content="2026-05-01T06:00:00+08:00">
<article><h1>都在</h1>
<p>《人民日报》发表《论新时代》，约10<sup>8</sup>人，H<sub>2</sub>O，x<sup>n/2</sup>，5<sup>th</sup>，x<sub>i</sub>，原文<sup>[7]</sup>。</p>
<p>上联：春回大地<br>下联：日照神州</p>
<ul><li><p>一段</p><p>二段</p><blockquote><p>引文</p></blockquote></li><li>乙<br>乙二<ul><li>丙</li></ul>丙后</li></ul>
<ol start="9"><li>九</li><li>十<pre>a
  b</pre></li></ol>
<dl><dt>词</dt><dd><p>义一</p><p>义二</p></dd></dl>
<table><tr><td><p>格一</p><p>格二</p></td><td>10<sup>-3</sup></td></tr></table>
<p>质能 <math><mi>E</mi><mo>=</mo><mi>m</mi></math> 之后。</p>
<p style="text-align:right">某某办公室<br>2026年5月1日</p>
</article></html>"""
NOTES = """---
title: 注
published: 2026-05-01 06:00
---
甲[^1]，乙[^1]，丙[^长]。

> [!note] 提醒
> 框里

- 一段

  二段[^2]

[^1]: 注一
[^2]: 注二
[^长]: 三段

    四段
"""
A6_WIDTH = 105 / 25.4 * 72
"""Points."""
RENDER = Renderer(ROOT / "templates", ROOT / "static").render


def exported(suffix: str, form: str, text: str, page: str = "") -> bytes:
    article = to_article(read_draft(form, text.encode()), PurePosixPath("2026-05-01", f"kept{form}"), Settings())
    return EXPORTS[suffix].export(of_article(article), Options(page), RENDER)


@pytest.fixture(scope="module", params=["txt", "json"])
def paragraphs(request) -> list[str]:
    """The paragraphs of the plain text of the page and of the notes."""
    made = [exported(request.param, form, text).decode() for form, text in ((".html", PAGE), (".md", NOTES))]
    bodies = [json.loads(one)["articleBody"] for one in made] if request.param == "json" else made
    return "\n\n".join(bodies).split("\n\n")


@pytest.mark.parametrize(
    "lines",
    [
        ["《人民日报》发表《论新时代》，约10⁸人，H₂O，xn/2，5th，xi，原文[7]。"],
        ["上联：春回大地\n下联：日照神州"],
        ["- 一段", "  二段", "  > 引文"],
        ["- 乙\n  乙二", "  - 丙", "  丙后"],
        ["9. 九", "10. 十", "    a\n      b"],
        ["词", "义一", "义二"],
        ["格一 格二\t10⁻³"],
        ["质能 E=m 之后。"],
        ["某某办公室\n2026年5月1日"],
        ["甲[1]，乙[1]，丙[2]。", "提醒", "框里", "- 一段", "  二段[3]", "1. 注一", "2. 三段", "   四段", "3. 注二"],
    ],
    ids=lambda lines: lines[0][:10],
)
def test_plain_text_keeps_lines_paragraphs_exponents_and_marks(paragraphs, lines):
    place = paragraphs.index(lines[0])
    assert paragraphs[place : place + len(lines)] == lines


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<p style="text-align:right">某办公室<br>5月1日</p>', '<p class="right">某办公室<br>5月1日</p>'),
        ('<p style="COLOR: red; TEXT-ALIGN: center">题</p>', '<p class="center">题</p>'),
        ("<p align=right>某</p>", '<p class="right">某</p>'),
        ('<p style="text-align:end">某</p>', '<p class="right">某</p>'),
        ("<center>甲<b>乙</b></center>", '<section class="center"><p>甲<b>乙</b></p></section>'),
        ('<div style="text-align:-webkit-center"><p>甲</p></div>', '<section class="center"><p>甲</p></section>'),
        ('<p style="text-align:justify;background:url(x)">甲</p>', "<p>甲</p>"),
        ('<p style="text-align:center;text-align:left">甲</p>', "<p>甲</p>"),
        ('<p class="poem" style="text-align:right">甲</p>', '<p class="poem">甲</p>'),
    ],
)
def test_alignment_to_the_centre_and_to_the_right_is_kept_however_it_was_written(html, kept):
    assert sanitize(html) == kept
    assert sanitize(kept) == kept


@pytest.fixture(scope="module")
def lines() -> dict[str, tuple[float, float]]:
    """The lines of the PDF of the page, with their left and right edges in points."""
    document = pymupdf.open("pdf", exported("pdf", ".html", PAGE, "a6"))
    found = [line for page in document for block in page.get_text("dict")["blocks"] for line in block.get("lines", [])]
    return {"".join(span["text"] for span in line["spans"]): (line["bbox"][0], line["bbox"][2]) for line in found}


def test_lines_of_a_verse_begin_below_each_other_in_a_pdf(lines):
    assert lines["上联：春回大地"][0] == pytest.approx(lines["下联：日照神州"][0], abs=0.5)


def test_the_lines_of_a_signature_end_at_the_right_edge_of_a_pdf(lines):
    assert lines["某某办公室"][1] == pytest.approx(lines["2026年5月1日"][1], abs=1)
    assert lines["某某办公室"][1] == pytest.approx(A6_WIDTH - lines["都在"][0], abs=1)


def test_a_list_in_a_pdf_begins_with_the_number_it_has(lines):
    assert [line.strip() for line in lines if re.fullmatch(r"\d+\. ", line)] == ["9.", "10."]


def test_notes_in_a_pdf_have_the_numbers_of_their_marks():
    document = pymupdf.open("pdf", exported("pdf", ".md", NOTES, "a4"))
    text = "".join(page.get_text() for page in document)
    assert "甲1，乙1，丙2。" in text
    assert "二段3" in text
    assert "3. 注二" in text
    assert re.search(r"^1\. $.*^2\. $", text, re.MULTILINE | re.DOTALL)


def test_a_callout_in_a_pdf_is_where_it_is_in_the_text():
    [page] = pymupdf.open("pdf", exported("pdf", ".md", NOTES, "a4"))
    heights = [page.search_for(text)[0].y0 for text in ("提醒", "框里", "一段", "注二")]
    assert heights == sorted(heights)


def test_the_number_of_a_note_is_no_part_of_a_heading_or_title():
    """Nor is the note, which stands at the foot of a page within its call."""
    article = to_article(read_draft(".md", MARKED.encode()), PurePosixPath("2026-05-01/marked.md"), Settings())
    assert (article.title, article.summary) == ("题目", "")
    assert '<h2 id="缘起">' in article.body
    document = pymupdf.open("pdf", exported("pdf", ".md", MARKED, "a4"))
    assert document.get_toc() == [[1, "题目", 1], [2, "缘起", 1]]
    assert "缘起2" in document[0].get_text()
    assert "2. 标题的注，长到可以做摘要。" in document[0].get_text()
    with zipfile.ZipFile(io.BytesIO(exported("epub", ".md", MARKED))) as book:
        assert ">缘起</a>" in book.read("EPUB/nav.xhtml").decode()
        assert "<text>缘起</text>" in book.read("EPUB/toc.ncx").decode()


MARKED = """# 题目[^0]

短。

## 缘起[^1]

完。

[^0]: 题目的注，也长到可以做摘要。
[^1]: 标题的注，长到可以做摘要。
"""


MANY_NOTES = """---
title: 六十二条注
published: 2026-05-01 06:00
---
甲[^again]，乙[^again]。

| 项 | 数[^head] |
|---|---|
| 一[^cell] | 二[^again] |

- 列表[^list]

> 引文[^quote]

{calls}

[^again]: 叫了三次，见[^inner]。
[^inner]: 只有注提到。
[^head]: 表头的注。
[^cell]: 表格的注：

    | a | b |
    |---|---|
    | 1 | 2 |
[^list]: 注里有列表：

    - 甲
    - 乙
[^quote]: - 注以列表开头
    - 再一项
{notes}
""".format(
    calls="\n\n".join(f"第{n}段[^n{n}]。" for n in range(1, 57)),
    notes="\n".join(f"[^n{n}]: 注{n}。" for n in range(1, 57)),
)


def test_lines_of_a_verse_have_a_class_for_readers_of_epub_without_has():
    book = zipfile.ZipFile(io.BytesIO(exported("epub", ".html", PAGE)))
    assert '<p class="lines">上联：春回大地<br/>' in book.read("EPUB/a1.xhtml").decode()


def test_code_is_from_left_to_right_in_a_book_from_right_to_left_and_imported_as_it_was():
    text = "---\ntitle: خبر\nlanguage: ar\n---\nنص `f(x)[0]`\n\n```\na[0] < b\n```\n"
    book = zipfile.ZipFile(io.BytesIO(exported("epub", ".md", text)))
    root = parse(page := book.read("EPUB/a1.xhtml").decode())
    assert '<code dir="ltr">f(x)[0]</code>' in page
    assert '<pre dir="ltr"><code>a[0] &lt; b' in page
    section = chapter_in(root)
    draft, _ = read_chapter(root, section)
    assert draft.body_html == "<p>نص <code>f(x)[0]</code></p><pre><code>a[0] &lt; b\n</code></pre>"


def test_an_article_from_right_to_left_is_so_in_every_export():
    text = "---\ntitle: خبر\nlanguage: ar\n---\nنص\n\n- بند\n\n<p dir=auto>Latin</p>\n"
    assert '<article id="a1" lang="ar" class="latin" dir="rtl">' in exported("html", ".md", text).decode()
    book = zipfile.ZipFile(io.BytesIO(exported("epub", ".md", text)))
    assert ' aria-labelledby="a1-title" dir="rtl">' in book.read("EPUB/a1.xhtml").decode()
    assert ' page-progression-direction="rtl">' in book.read("EPUB/package.opf").decode()
    [page] = pymupdf.open("pdf", exported("pdf", ".md", text, "a6"))
    words = {word[4]: word for word in page.get_text("words")}
    assert [words[name][2] > A6_WIDTH - 60 for name in ("نص", "بند", "Latin")] == [True, True, False]


@pytest.mark.parametrize("suffix", ["html", "epub", "pdf"])
def test_each_of_sixty_notes_has_the_number_of_its_calls_and_leads_back_to_them(suffix):
    content = exported(suffix, ".md", MANY_NOTES, "a4" if suffix == "pdf" else "")
    if suffix == "pdf":
        text = "".join(sheet.get_text() for sheet in pymupdf.open("pdf", content))
        for number in range(1, 57):
            [call] = re.findall(rf"第{number}段(\d+)。", text)
            assert re.search(rf"^{call}\. 注{number}。$", text, re.MULTILINE)
        return
    page = content.decode() if suffix == "html" else zipfile.ZipFile(io.BytesIO(content)).read("EPUB/a1.xhtml").decode()
    calls = re.findall(r'<sup class="footnote-ref"><a [^>]*href="#([^"]+)" id="([^"]+)"[^>]*>(\d+)</a>', page)
    numbers = {note: number for note, _, number in calls}
    assert (len(calls), len(numbers)) == (64, 62)
    assert [numbers[note] for note in re.findall(r'<(?:li|aside) [^>]*id="([^"]*fn-[^"]+)"', page)] == [
        str(number) for number in range(1, 63)
    ]
    assert sorted(re.findall(r'<a href="#([^"]+)" class="footnote-backref"', page)) == sorted(
        call for _, call, _ in calls
    )
    if suffix == "epub":
        assert page.count("xmlns:epub") == 1, "declared once, not with each note"
        assert page.count('epub:type="noteref" role="doc-noteref"') == 64
        assert page.count('epub:type="footnote" role="doc-footnote"') == 62
        assert page.count('role="doc-backlink"') == 64


def test_items_of_a_list_within_a_note_are_no_notes():
    body = Body(sanitize(NOTE_WITH_A_LIST), "a1-")
    assert [note.get("id") for note in notes_of(body)] == ["a1-fn-1"]
    html = as_popups(body).html()
    assert html.count("<aside") == 1
    assert "<ul><li>项</li><li>项二</li></ul>" in html
    assert "<p>1. </p><ul>" in html


NOTE_WITH_A_LIST = (
    '<p>甲<sup class="footnote-ref"><a href="#fn-1" id="fnref-1">1</a></sup></p><section class="footnotes"><ol>'
    '<li id="fn-1"><ul><li>项</li><li>项二</li></ul><a href="#fnref-1" class="footnote-backref">↩</a></li></ol></section>'
)


@pytest.mark.parametrize("page", ["phone", "a6", "a4"])
def test_every_sentence_is_found_in_a_pdf_also_in_stretched_lines(page, tmp_path):
    """Poppler takes a gap of a tenth of an em for a space; MuPDF did so in earlier versions."""
    long = "《甲报》“乙”，丙。" * 9
    address = "了解更多请看https://example.com/a/very/long/path/of/it说明书和网站。"
    (tmp_path / "a.pdf").write_bytes(
        exported("pdf", ".html", PAGE.replace("<p>上联", f"<p>{long}</p><p>{address}</p><p>上联"), page)
    )
    with pymupdf.open(tmp_path / "a.pdf") as document:
        by_mupdf = "".join(sheet.get_text() for sheet in document)
    by_poppler = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True).stdout.decode()
    for text in (by_mupdf, by_poppler):
        found = re.sub(r"[\n\f]", "", text)
        assert long in found
        assert "了解更多" in found
        assert "说明书和网站" in found
        assert "《人民日报》发表《论新时代》" in found
