from __future__ import annotations

import io
import itertools
import json
import logging
import re
import subprocess
import sys
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path, PurePosixPath

import pikepdf
import pymupdf
import pytest
from factories import make_article
from fontTools.ttLib import TTFont
from long_forms import few
from PIL import Image, ImageChops, ImageFilter

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.options import Options
from reader.exports.publications import in_chosen_script, of_article, of_issue
from reader.exports.weasyprint.pdf_rendering import FONTS, typeset
from reader.formats import read_draft
from reader.models import Issue
from reader.sanitizer import sanitize
from reader.settings import ROOT, Settings
from reader.templating import Renderer

SEED = next((ROOT / "articles").rglob("quzhou-zhengxie.txt"))
SPECIMEN = ROOT / "tests" / "samples" / "specimen.md"
PAGES = EXPORTS["pdf"].PAGES
CLOSING = "”’）》〉」』】，。、；：．"


def article_from(path: Path):
    return to_article(read_draft(path.suffix, path.read_bytes()), PurePosixPath("2026-05-01", path.name), Settings())


@pytest.fixture(scope="session")
def publications():
    """Publications by name: an article, one with every kind of content, an issue of both, one in Traditional Chinese."""
    seed, specimen = article_from(SEED), article_from(SPECIMEN)
    issue = of_issue(Issue(date(2018, 11, 23), ()), [seed, specimen])
    article = of_article(seed)
    everything = {"seed": article, "specimen": of_article(specimen), "issue": issue}
    return everything | {"hant": in_chosen_script(article, "hant")}


@pytest.fixture(scope="session")
def pdf(publications, tmp_path_factory):
    """The path of a PDF by publication and page size, generated once: ``pdf("seed", "a4")``."""
    folder = tmp_path_factory.mktemp("pdf")
    render = Renderer(ROOT / "templates", ROOT / "static").render

    def pdf(name, page="a4"):
        path = folder / f"{name}-{page}.pdf"
        if not path.exists():
            options = Options(page, base_url="https://news.example", site_name="样报")
            path.write_bytes(EXPORTS["pdf"].export(publications[name], options, render))
        return path

    return pdf


@pytest.fixture(scope="session")
def all_pdfs(pdf):
    return [pdf(name, page) for name in ("seed", "specimen", "issue", "hant") for page in PAGES]


def words(text):
    return re.sub(r"\s", "", text)


# -- setting ------------------------------------------------------------------------------------------------------


def lines_of(page):
    """(left, right, text, size) of each line of body text; right less the blank half of a closing mark."""
    for block in page.get_text("rawdict")["blocks"]:
        for line in block.get("lines", []):
            chars = [char for span in line["spans"] for char in span["chars"] if char["c"].strip()]
            if chars and "Serif" in line["spans"][0]["font"]:
                size = line["spans"][0]["size"]
                tail = size / 2 if chars[-1]["c"] in CLOSING else 0
                right = chars[-1]["bbox"][2]
                yield chars[0]["bbox"][0], right - tail, "".join(c["c"] for c in chars), size


@pytest.mark.parametrize("page", ["a4", "phone", "a6", "large"])
def test_at_most_one_line_in_a_hundred_is_ragged(pdf, page):
    ragged = total = 0
    for sheet in pymupdf.open(pdf("seed", page)):
        lines = [line for line in lines_of(sheet) if line[3] > 9 and not re.search("来源：|›|版本|http", line[2])]
        edge = sorted(right for _, right, _, _ in lines)[len(lines) // 2]
        left = min(line[0] for line in lines)
        for line, following in itertools.pairwise(lines):
            if following[0] > left + line[3]:  # the next is indented: this one ends a paragraph
                continue
            total += 1
            ragged += abs(line[1] - edge) > 1.5
    assert total > 40
    assert ragged <= 0.01 * total


def test_no_line_begins_or_ends_with_a_mark_that_must_not(pdf):
    for page in PAGES:
        for sheet in pymupdf.open(pdf("seed", page)):
            for _, _, text, _ in lines_of(sheet):
                assert text[0] not in "，。、；：？！”’）》」—…"
                assert text[-1] not in "“‘（《「"


def test_no_paragraph_ends_with_a_line_of_one_character(pdf):
    for page in PAGES:
        for sheet in pymupdf.open(pdf("seed", page)):
            for _, _, text, _ in lines_of(sheet):
                assert len(re.sub(r"[^\w]", "", text)) != 1 or text.isascii()


def test_without_its_patches_weasyprint_still_sets_the_page(tmp_path):
    program = (
        "import logging, sys, weasyprint\nlogging.basicConfig()\nweasyprint.VERSION = '71.0'\n"
        "from reader.exports.weasyprint.pdf_rendering import typeset\n"
        "sys.stdout.buffer.write(typeset('<html lang=zh><title>t</title><h1>题</h1><p>全县16个界别', ''))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.startswith(b"%PDF")
    assert b"not justified" in done.stderr


# -- what others read in it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_paragraph_copies_back_word_for_word_in_poppler_and_mupdf(pdf, publications, page):
    path = pdf("seed", page)
    poppler = words(subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout)
    mupdf = words("".join(sheet.get_text() for sheet in pymupdf.open(path)))
    numbers = re.compile(r"\d+")  # a page number may stand where a paragraph runs on to the next page
    for paragraph in re.findall(r"<p>(.*?)</p>", publications["seed"].chapters[0].body):
        wanted = numbers.sub("", words(paragraph))
        assert wanted in numbers.sub("", poppler)
        assert wanted in numbers.sub("", mupdf)


def test_words_across_scripts_are_found_by_searching(pdf):
    path = pdf("seed")
    assert any(sheet.search_for("全县16个") for sheet in pymupdf.open(path))
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    assert "全县16个" in text


def test_no_break_mark_is_left_in_the_text(pdf):
    for name in ("seed", "specimen"):
        text = "".join(sheet.get_text() for sheet in pymupdf.open(pdf(name)))
        assert not set(text) & set("\u200b\u2060")


def test_rare_traditional_arabic_hebrew_and_georgian_characters_have_glyphs(publications, caplog):
    render = Renderer(ROOT / "templates", ROOT / "static").render
    with caplog.at_level(logging.WARNING, "weasyprint"):
        for name in ("specimen", "hant"):
            EXPORTS["pdf"].export(publications[name], Options("a4"), render)
        georgian = make_article("ka", language="ka", body=sanitize("<p>ნალექმა მოლოდინს გადააჭარბა</p>"))
        EXPORTS["pdf"].export(of_article(georgian), Options("a4"), render)  # only in a font of the machine: DejaVu
    assert not [record for record in caplog.records if ".notdef" in record.getMessage()]


@pytest.mark.parametrize(("name", "page"), [("seed", "a4"), ("specimen", "phone"), ("issue", "a4"), ("hant", "a6")])
def test_poppler_and_mupdf_draw_the_same_dark_pages(pdf, tmp_path, name, page):
    """A font that one of them cannot read would give blank pages."""
    path = pdf(name, page)
    subprocess.run(["pdftoppm", "-r", "60", "-gray", path, tmp_path / "p"], check=True)
    for sheet, drawn in zip(pymupdf.open(path), sorted(tmp_path.glob("p-*.pgm")), strict=True):
        pixmap = sheet.get_pixmap(dpi=60, colorspace=pymupdf.csGRAY)
        ours = Image.frombytes("L", (pixmap.width, pixmap.height), pixmap.samples).filter(ImageFilter.BoxBlur(4))
        theirs = Image.open(drawn).resize(ours.size).filter(ImageFilter.BoxBlur(4))
        assert max(ImageChops.difference(ours, theirs).tobytes()) < 90
        assert min(ours.tobytes()) < 235


# -- standards ----------------------------------------------------------------------------------------------------


def test_outloud_finds_no_error_and_no_warning(all_pdfs, tmp_path):
    report = tmp_path / "report.json"
    outloud = Path(sys.executable).with_name("outloud")
    subprocess.run([outloud, "--json", report, *few(all_pdfs, len(all_pdfs) // 4)], check=False, capture_output=True)
    assert findings(json.loads(report.read_text())) == []


def findings(report):
    """The errors and warnings in the report."""
    if isinstance(report, list):
        return [found for item in report for found in findings(item)]
    if not isinstance(report, dict):
        return []
    own = [report] if report.get("severity") in ("error", "warning") else []
    return own + [found for value in report.values() for found in findings(value)]


def test_pdfua_finds_nothing(all_pdfs):
    done = subprocess.run(
        [sys.executable, "-m", "pdfua", "check", *all_pdfs], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_qpdf_finds_the_structure_sound(all_pdfs):
    for path in all_pdfs:
        done = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_metadata_say_what_it_is_and_who_wrote_it_when(pdf):
    with pikepdf.open(pdf("seed")) as file:
        assert str(file.docinfo.Title) == "曲周县政协在河北省率先实现“两个全覆盖”"
        assert str(file.docinfo.Author) == "高原雪"
        assert "本网原创" in str(file.docinfo.Keywords)
        assert str(file.docinfo.CreationDate).startswith("D:20181123104000")
        assert str(file.Root.Lang) == "zh-CN"
        assert file.open_metadata()["pdfuaid:part"] == "1"


def test_every_font_has_the_spaces_that_are_set_in_the_font_of_the_character_before():
    fonts = sorted(FONTS.glob("*.ttf"))
    assert [path.name for path in fonts if not {0x20, 0xA0} <= TTFont(path).getBestCmap().keys()] == []


def test_the_outline_follows_the_headings_in_plain_words(pdf, publications):
    outline = pymupdf.open(pdf("seed")).get_toc()
    assert outline[0][:2] == [1, publications["seed"].title]
    assert [level for level, *_ in outline[1:]] == [2, 2, 2]
    assert outline[1][1] == "扩大组织覆盖，让战斗堡垒更坚固"


def test_an_issue_has_a_front_page_with_true_page_numbers(pdf):
    document = pymupdf.open(pdf("issue"))
    front = document[0].get_text()
    assert "样报" in front
    assert "2018年11月23日" in words(front)
    for level, title, page in document.get_toc():
        if level == 2:
            assert re.search(rf"{re.escape(words(title)[:10])}.*?\.{page}(?!\d)", words(front).replace("…", "."))


def test_the_last_page_asks_whether_it_is_the_latest(pdf, publications):
    last = pymupdf.open(pdf("seed"))[-1]
    assert publications["seed"].chapters[0].version[:8] in last.get_text()
    assert "https://news.example/a/quzhou-zhengxie" in last.get_text()
    assert last.get_images()


def test_pages_have_the_sizes_they_promise(pdf):
    millimetres = {"a4": (210, 297), "phone": (90, 160), "a6": (105, 148), "large": (210, 297)}
    for page, size in millimetres.items():
        sheet = pymupdf.open(pdf("seed", page))[0].rect
        assert (round(sheet.width / 72 * 25.4), round(sheet.height / 72 * 25.4)) == size


def test_large_print_is_eighteen_points_or_more(pdf):
    sizes = {round(size) for sheet in pymupdf.open(pdf("seed", "large")) for *_, size in lines_of(sheet) if size > 15}
    assert sizes == {18}


# -- hostile input ------------------------------------------------------------------------------------------------


@pytest.fixture
def trap():
    """A web server that records requests."""
    visits = []

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self):
            visits.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Trap) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", visits
        server.shutdown()
        thread.join()


@pytest.mark.filterwarnings("ignore")
def test_nothing_is_fetched_from_the_network_or_from_files(trap, tmp_path):
    address, visits = trap
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    picture = tmp_path / "red.png"
    Image.new("RGB", (50, 50), "red").save(picture)
    tags = []
    for url in (address, f"file://{secret}", f"file://{picture}", str(secret), "ftp://127.0.0.1/x", "data:text/css,x"):
        tags.append(f'<img src="{url}" alt=x><link rel=stylesheet href="{url}"><link rel=attachment href="{url}">')
        tags.append(f'<object data="{url}"></object><style>@import "{url}"; p {{ background: url("{url}") }}</style>')
        tags.append(
            f'<svg><image href="{url}"/></svg><a rel=attachment href="{url}">a</a><iframe src="{url}"></iframe>'
        )
    made = typeset(
        f"<html lang=en><title>t</title><body><h1>t</h1><p>text</p>{''.join(tags)}", f'@import "{address}/css";'
    )
    assert visits == []
    with pikepdf.open(io.BytesIO(made)) as file:
        assert not file.attachments
        assert not any(page.images for page in file.pages)
    assert b"TOPSECRET" not in made


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_apostrophe_takes_no_more_room_than_a_letter(language):
    css = (
        'html { font: 10pt "Reader Serif"; font-feature-settings: "chws" } :lang(en) { font-feature-settings: "pwid" }'
    )
    made = typeset(f"<!doctype html><html lang={language}><title>.</title><p>Let’s go", css)
    page = pymupdf.open("pdf", made)[0].get_text("rawdict")
    widths = {
        char["c"]: char["bbox"][2] - char["bbox"][0]
        for block in page["blocks"]
        for line in block["lines"]
        for span in line["spans"]
        for char in span["chars"]
    }
    assert 0 < widths["’"] < widths["e"]


@pytest.mark.parametrize("name", ["seed", "hant"])
def test_the_article_is_attached_as_markdown_that_reads_as_the_same_article(publications, pdf, name):
    article = publications[name].chapters[0]
    with pymupdf.open(pdf(name)) as document:
        assert document.embfile_names() == [f"{publications[name].name}.md"]
        content = document.embfile_get(0)
    read = to_article(read_draft(".md", content), PurePosixPath("2026-05-01/seed.md"), Settings())
    assert (read.title, read.body, read.published) == (article.title, article.body, article.published)


@pytest.mark.parametrize(("name", "page"), [("seed", "phone"), ("seed", "a6"), ("issue", "a4")])
def test_nothing_is_attached_to_what_is_for_phones_or_holds_many_articles(pdf, name, page):
    with pymupdf.open(pdf(name, page)) as document:
        assert document.embfile_count() == 0
