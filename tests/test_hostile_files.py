"""One article's file is written by somebody who wants to harm the others: these are published all the same."""

from __future__ import annotations

import copy
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from lxml import etree

from reader.catalog import Catalog
from reader.errors import UnreadableArticle
from reader.formats import read_content
from reader.i18n import Message, deserialize, serialize
from reader.library import read_batches
from reader.library.git_dates import first_commits
from reader.library.scanner import Library

GOOD = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\n---\n今天下雨。\n"
FIELDS = (
    "title", "summary", "byline", "section", "tags", "slug", "aliases", "images", "source", "editor", "language",
    "published", "draft", "permalink", "odd\ud800", "subtitle", "kicker", "cover", "status", "extra",
)  # fmt: skip


@pytest.fixture
def articles(settings):
    settings.articles.mkdir(parents=True, exist_ok=True)
    return settings.articles


def published(settings) -> set[str]:
    return {teaser.slug for teaser in Catalog(settings.catalog, settings.timezone).latest(limit=100)}


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", ["\ud800"], {"\ud800": "\udc80"}], ids=ascii)
def test_a_lone_surrogate_in_any_field_costs_no_other_article(settings, articles, value):
    for name in FIELDS:
        text = json.dumps({"title": "甲", "published": "2026-05-01", name: value})
        (articles / f"bad-{FIELDS.index(name)}.md").write_text(f"{text}\n\n正文。\n", "utf-8")
    (articles / "zz-good.md").write_text(GOOD, "utf-8")
    result = Library(settings).scan_until_settled()
    assert result.fault == ""
    assert "zz-good" in published(settings)
    assert not [problem for problem in result.problems if "internal error" in problem.cause]


def test_what_is_stored_of_a_message_is_always_valid_unicode():
    message = Message("duplicate field: %(field)s", field=Message("invalid YAML: %(problem)s", problem="雨\ud800"))
    for text in (message, str(message)):
        assert str(deserialize(serialize(text).encode().decode())) == str(message).replace("\ud800", "?")


def test_a_message_of_an_exception_can_be_copied_although_the_exception_cannot():
    with pytest.raises(etree.XMLSyntaxError) as caught:
        etree.fromstring("<a>")
    message = Message("invalid JSON: %(problem)s", problem=caught.value)
    assert copy.deepcopy(message) == message == f"invalid JSON: {caught.value}"


def test_a_page_without_elements_is_a_problem_and_not_the_end_of_the_process_that_reads(settings, articles, caplog):
    (articles / "empty.html").write_text("<![CDATA[" * 50_000, "utf-8")
    problems = Library(settings).scan_until_settled().problems
    assert ["not an HTML page" in problem.cause for problem in problems] == [True]
    assert "died" not in caplog.text


@pytest.mark.parametrize("name", ["a\x01b.md", "\x0123.md", "\x01\x01.md"], ids=ascii)
def test_a_name_in_the_history_that_imitates_its_separator_stops_no_scan(settings, articles, name):
    commit(articles, {"good.md": "# 大雨\n\n今天下雨。\n"})
    commit(articles, {name: "# 甲\n"})
    assert "good.md" in first_commits(articles)
    Library(settings).scan_until_settled()
    assert "good" in published(settings)


def test_a_forged_commit_time_stops_no_scan(settings, articles):
    commit(articles, {"forged.md": "# 甲\n"}, time=99_999_999_999_999)
    commit(articles, {"good.md": "# 大雨\n\n今天下雨。\n"})
    Library(settings).scan_until_settled()
    assert "good" in published(settings)


def commit(folder, files: dict[str, str], time: int = 1_777_000_000) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    environment = os.environ | {"GIT_COMMITTER_DATE": f"@{time} +0000"}
    author = ("-c", "user.name=甲", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True)


def test_files_that_take_long_are_read_after_those_that_come_later(settings, articles, monkeypatch):
    """Each pass is slow here after one file, as after five seconds of files that are made to take long."""
    library = Library(settings)
    library.scan_until_settled()
    monkeypatch.setattr(read_batches, "SLOW_SECONDS", -1.0)
    monkeypatch.setattr(read_batches, "SLOW_FILE_SECONDS", -1.0)
    library.postpones_slow_files = True
    for name in ("a1", "a2", "a3"):
        write_settled(articles / f"{name}.md")
    first = library.scan_all()
    assert (first.read, sorted(first.unsettled)) == (1, ["a2.md", "a3.md"])
    write_settled(articles / "new.md")
    second = library.scan_paths({"new.md", *first.unsettled})
    assert (second.read, sorted(second.unsettled)) == (1, ["a2.md", "a3.md"])
    assert "new" in published(settings)
    while (second := library.scan_paths(second.unsettled)).unsettled:
        pass
    assert published(settings) >= {"a1", "a2", "a3", "new"}


def write_settled(path) -> None:
    path.write_text(GOOD.replace("大雨", path.stem), "utf-8")
    os.utime(path, (1_777_000_000, 1_777_000_000))


def test_what_has_been_read_is_written_after_a_second_however_few_files_it_is(monkeypatch):
    monkeypatch.setattr(read_batches, "SOON_SECONDS", -1.0)
    assert [len(batch) for batch in read_batches.batched(range(5), 500)] == [1] * 5
    monkeypatch.setattr(read_batches, "SOON_SECONDS", 1e9)
    assert [len(batch) for batch in read_batches.batched(range(1200), 500)] == [500, 500, 200]


OPEN_DOCUMENT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>{}</office:text>'
    "</office:body></office:document-content>"
)


def odt(body: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", OPEN_DOCUMENT.format(body))
    return written.getvalue()


def test_elements_that_are_nested_too_deeply_are_a_problem_and_no_bug():
    nested = "<text:span>" * 3000 + "雨" + "</text:span>" * 3000
    with pytest.raises(UnreadableArticle, match="nested"):
        read_content(".odt", odt(f"<text:p>{nested}</text:p>"))


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "x", "٣"], ids=ascii)
def test_a_number_of_a_document_that_is_none_is_no_bug(number):
    body = f'<text:h text:outline-level="{number}">大雨</text:h><text:p>a<text:s text:c="{number}"/>b</text:p>'
    assert "大雨" in read_content(".odt", odt(body)).body_html + read_content(".odt", odt(body)).title


@pytest.mark.parametrize("unit", [b"QUJD", b"%2B", b"A ", b"QUJD" * 19 + b"\n"])
@pytest.mark.parametrize("address", [b'<img src="%b">', b"<img src=%b>", b"![rain](%b)"])
def test_a_picture_inside_a_file_takes_a_few_times_its_memory(unit, address):
    """A pattern with alternatives for each character took 200 times: 3 MB in a page were more than the limit."""
    content = address % (b"data:image/png;base64," + unit * (2_000_000 // len(unit)))
    program = "import resource, sys; from reader.formats.data_pictures import take_data_pictures as take"
    program += "; content = sys.stdin.buffer.read(); peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"
    program += "; before = peak(); take(content); print(peak() - before)"
    result = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True, timeout=60)
    assert int(result.stdout) < 40_000, "kilobytes"
