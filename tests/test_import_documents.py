"""Word processor files become articles; what cannot be read says what to do instead."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from test_import_sites import body_of, draft_of, files, picture, run  # noqa: F401 (run is a fixture)

from reader.importing.sources.unsupported_formats import HINTS, reason_by_content

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
DRAWING = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:docPr id="1" name="p" descr="步道"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:embed="rId5"/>'
    "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
)
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def paragraph(text: str, style: str = "", more: str = "") -> str:
    said = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{said}<w:r><w:t>{text}</w:t></w:r>{more}</w:p>"


def word(path: Path, body: str) -> Path:
    """A Word file with a picture, a footnote and styles."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{TYPE}/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        file.writestr(
            "word/_rels/document.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId5" Type="{TYPE}/image" Target="media/1.png"/>'
            f'<Relationship Id="rId6" Type="{TYPE}/footnotes" Target="footnotes.xml"/>'
            f'<Relationship Id="rId7" Type="{TYPE}/styles" Target="styles.xml"/></Relationships>',
        )
        file.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        file.writestr("word/media/1.png", picture())
        file.writestr(
            "word/footnotes.xml",
            f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("见《市志》。")}</w:footnote></w:footnotes>',
        )
        names = {"1": "heading 1", "2": "heading 2", "a": "Title"}
        styles = "".join(
            f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
            for key, name in names.items()
        )
        file.writestr("word/styles.xml", f"<w:styles {W}>{styles}</w:styles>")
        file.writestr(
            "docProps/core.xml",
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            'xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:created>2018-11-20T02:00:00Z</dcterms:created></cp:coreProperties>',
        )
    return path


TABLE = f"<w:tbl>{''.join(f'<w:tr><w:tc>{paragraph(a)}</w:tc><w:tc>{paragraph(b)}</w:tc></w:tr>' for a, b in (('票种', '价格'), ('成人', '两元')))}</w:tbl>"
STORY = (
    paragraph("市园林局介绍，沿河步道全长七公里，沿途设有观鸟亭。", more='<w:r><w:footnoteReference w:id="2"/></w:r>')
    + DRAWING
    + paragraph("票价", "2")
    + TABLE
    + paragraph("市民可以免费入园，明年还将再建两处。")
)


def test_a_word_file_keeps_headings_tables_notes_and_pictures(run, settings, tmp_path):  # noqa: F811
    body = paragraph("沿河步道开放", "a") + paragraph("2018-11-23 10:40 来源：晨报 记者：高原雪") + STORY
    result = run(word(tmp_path / "a.docx", body + paragraph("责任编辑：周琳")))
    assert result.exit_code == 0, result.output
    draft, html = draft_of(settings, "沿河步道开放"), body_of(settings, "沿河步道开放")
    assert (draft.title, draft.source, draft.byline, draft.editor) == ("沿河步道开放", "晨报", ("高原雪",), "周琳")
    assert str(draft.published) == "2018-11-23 10:40:00"
    assert "<h2>票价</h2>" in html or "<h3>票价</h3>" in html
    assert re.search(r"<t[hd][^>]*>(<p>)?成人", html)
    assert re.search('<img (?=[^>]*alt="步道")[^>]*src="沿河步道开放/1.png"', html)
    assert "见《市志》" in html
    assert re.search(r'href="#footnote[^"]*"', html)
    assert "来源：晨报" not in html
    assert "责任编辑" not in html
    assert html.count("沿河步道开放") == 1, "the headline is the title alone; the picture's folder has its name"


def test_a_word_file_without_styles_and_date_is_read_as_a_manuscript_is(run, settings, tmp_path):  # noqa: F811
    result = run(word(tmp_path / "a.docx", paragraph("沿河步道开放") + STORY))
    draft = draft_of(settings, "沿河步道开放")
    assert str(draft.published).startswith("2018-11-20")
    assert "the day the document was made is used" in result.output
    assert "市民可以免费入园" in draft.body_html


def test_a_damaged_word_file_is_named(run, tmp_path):  # noqa: F811
    word(tmp_path / "a.docx", "<w:p>")
    result = run(tmp_path / "a.docx")
    assert result.exit_code == 1
    assert "a.docx: the document is damaged" in result.output


ODT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink">
<office:automatic-styles><style:style style:name="T1"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="P1" style:parent-style-name="Title"/></office:automatic-styles>
<office:body><office:text><text:p text:style-name="P1">沿河步道开放</text:p><text:p>2018-11-23 10:40 来源：晨报</text:p>
<text:tracked-changes><text:changed-region><text:deletion><text:p>删去的话。</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p>市园林局介绍，步道<text:span text:style-name="T1">全长</text:span>七公里。<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>见《市志》。</text:p></text:note-body></text:note></text:p>
<text:h text:outline-level="2">票价</text:h>
<table:table><table:table-row><table:table-cell><text:p>成人</text:p></table:table-cell><table:table-cell><text:p>两元</text:p></table:table-cell></table:table-row></table:table>
<text:list><text:list-item><text:p>观鸟亭</text:p></text:list-item></text:list>
<text:p><draw:frame><draw:image xlink:href="Pictures/1.png"/><text:desc>步道</text:desc></draw:frame></text:p>
<text:p>详见<text:a xlink:href="https://paper.example/">晨报</text:a><text:line-break/>第二版。</text:p></office:text></office:body></office:document-content>"""


def open_document(path: Path, content: str = ODT) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        file.writestr("content.xml", content)
        file.writestr("Pictures/1.png", picture())
    return path


def test_an_open_document_keeps_headings_tables_lists_notes_links_and_pictures(run, settings, tmp_path):  # noqa: F811
    result = run(open_document(tmp_path / "a.odt"))
    assert result.exit_code == 0, result.output
    draft, html = draft_of(settings, "沿河步道开放"), body_of(settings, "沿河步道开放")
    assert (draft.source, str(draft.published)) == ("晨报", "2018-11-23 10:40:00")
    for wanted in ("<strong>全长</strong>", "票价</h", "成人", "<li>", "观鸟亭", "见《市志》", 'alt="步道"'):
        assert wanted in html, wanted
    assert re.search(r'<a href="https://paper.example/"[^>]*>晨报</a><br>\s*第二版', html)
    assert "删去的话" not in html
    assert len(files(settings)) == 2


def test_documents_in_a_zip_are_read(run, settings, tmp_path):  # noqa: F811
    open_document(tmp_path / "a.odt")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
        file.write(tmp_path / "a.odt", "稿件/a.odt")
    assert "1 imported, 0 skipped, 0 failed" in run(tmp_path / "all.zip").output


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .docx or .odt"),
        ("a.wps", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".wps files cannot be read"),
        ("a.rtf", rb"{\rtf1\ansi <p>}", "save it as .docx or .odt"),
        ("a.pdf", b"%PDF-1.4\n<html>", "copy its text"),
        ("稿件", b"%PDF-1.4\n", "copy its text"),
        ("a.html", b"%PDF-1.4\n<html>", "copy its text"),
        ("a.md", b"{\\rtf1 # a}", "save it as .docx or .odt"),
        ("a.fb2", b"<?xml version='1.0'?><FictionBook><body><p>a</p></body></FictionBook>", "EPUB with Calibre"),
        ("a.mobi", bytes(60) + b"BOOKMOBI" + bytes(60), "EPUB with Calibre"),
        ("a.rar", b"Rar!\x1a\x07", "unpack it"),
    ],
)
def test_what_cannot_be_read_says_what_to_do_instead(run, settings, tmp_path, name, content, wanted):  # noqa: F811
    (tmp_path / name).write_bytes(content)
    result = run(tmp_path / name)
    assert (result.exit_code, files(settings)) == (1, [])
    assert wanted in result.output


def test_a_spreadsheet_and_slides_are_refused_by_what_they_are(run, tmp_path):  # noqa: F811
    for name, folder in (("a.xlsx", "xl"), ("a.pptx", "ppt")):
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr("[Content_Types].xml", "<Types/>")
            file.writestr(f"{folder}/workbook.xml", "<x/>")
        assert "copy its text" in run(tmp_path / name).output


def test_a_folder_tells_what_of_it_cannot_be_read_by_kind(run, tmp_path):  # noqa: F811
    folder = tmp_path / "稿件"
    folder.mkdir()
    for name in ("1.doc", "2.doc", "3.pdf"):
        (folder / name).write_bytes(b"x")
    result = run(folder)
    assert "2 × .doc files cannot be read" in result.output
    assert "1 × .pdf files cannot be read" in result.output
    assert result.exit_code == 1, "nothing was imported"


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_nothing_to_import_is_a_failure_that_says_so(run, tmp_path, kind):  # noqa: F811
    source = tmp_path / "empty"
    source.mkdir()
    if kind == "zip":
        source = tmp_path / "empty.zip"
        zipfile.ZipFile(source, "w").close()
    result = run(source)
    assert result.exit_code == 1
    assert "nothing in it can be imported" in result.output
    assert "1 failed" in result.output


def test_every_kind_that_cannot_be_read_has_a_hint():
    assert {".doc", ".wps", ".rtf", ".pdf", ".pages", ".mobi", ".warc"} <= HINTS.keys()
    assert all(str(hint) for hint in HINTS.values())


def test_a_web_archive_is_known_by_its_content_and_not_imported_as_text():
    assert "HTML" in reason_by_content("", b"WARC/1.1\r\nWARC-Type: response\r\n")
