"""Corrections: as editors write them, and wherever a reader meets the article again."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import feedparser
import lxml.html
import pytest
from factories import SHANGHAI, make_article
from registries import searchable

from reader.article_building import to_article
from reader.article_corrections import Correction, line_of
from reader.exports import EXPORTS
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.formats import read_draft
from reader.i18n import translations
from reader.library.article_json import article_of, fields_of
from reader.models import UNDATED
from reader.settings import Settings

NOTE = "开通时间由 6 时改为 7 时"


def read(front: str, published: str = "2026-05-01 06:00"):
    text = f"---\ntitle: 通车\npublished: {published}\n{front}\n---\n今天通车。\n"
    return to_article(read_draft(".md", text.encode()), PurePosixPath("2026-05-01/x.md"), Settings())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "front",
    [
        f"corrections: 2026-05-01 11:30 {NOTE}",
        f"corrections: 2026-05-01 11:30 更正：{NOTE}",
        f"corrections: 11:30 {NOTE}",
        f"更正: 11:30 更正：{NOTE}",
        f"勘误:\n  - 11时30分 {NOTE}",
        f"corrections:\n- 2026年5月1日11时30分，{NOTE}",
        f"corrections:\n- date: 2026-05-01 11:30\n  text: {NOTE}",
        f"corrections:\n- 时间: '11:30'\n  内容: {NOTE}",
        f"corrections:\n  2026-05-01 11:30: {NOTE}",
        f"corrections:\n- 2026-05-01 11:30: {NOTE}",
        f"correction:\n  date: 2026-05-01T11:30:00+08:00\n  note: {NOTE}",
        f"corrections: |\n  11:30 {NOTE}\n",
        f"errata: '11:30 — {NOTE}'",
    ],
)
def test_a_correction_may_be_written_in_many_ways(front):
    article = read(front)
    assert article.corrections == (Correction(at("2026-05-01 11:30"), NOTE),)
    assert article.updated == at("2026-05-01 11:30")
    assert not article.warnings


def test_several_stand_newest_first_and_one_without_a_time_last():
    article = read("corrections:\n- 11:30 甲\n- 2026-05-03 乙\n- 丙的名字写错了\n- 2026-05-02 08:00 丁")
    assert [one.text for one in article.corrections] == ["乙", "丁", "甲", "丙的名字写错了"]
    assert article.corrections[-1].at == UNDATED
    words = translations("zh-CN").gettext
    assert [line_of(one, article.published, words) for one in article.corrections] == [
        "2026-05-03 更正：乙", "2026-05-02 08:00 更正：丁", "11:30 更正：甲", "更正：丙的名字写错了",
    ]  # fmt: skip


def test_a_time_before_that_of_publication_is_in_the_night_after_it():
    assert read("corrections: 00:30 甲", "2026-05-01 22:00").corrections[0].at == at("2026-05-02 00:30")


@pytest.mark.parametrize("front", ["corrections:", "corrections: []", "corrections: {}", "corrections: ['', '11:30']"])
def test_an_empty_field_is_no_correction(front):
    assert read(front).corrections == ()


@pytest.mark.parametrize("text", ["25:99 甲", "6 时改为 7 时", "3:2 的比分应为 2:3", "2026-13-45 甲"])
def test_what_is_no_time_stays_in_the_text(text):
    [correction] = read(f"corrections: '{text}'").corrections
    assert (correction.at, correction.text) == (UNDATED, text)


def test_a_correction_survives_json_and_markdown(services, publish):
    publish(
        {
            "2026-05-01/x.md": f"---\ntitle: 通车\npublished: 2026-05-01 06:00\ncorrections: 11:30 {NOTE}\n---\n今天通车。\n"
        }
    )
    article = services.catalog.article("x")
    assert article.corrections == (Correction(at("2026-05-01 11:30"), NOTE),)
    assert article_of(json.loads(json.dumps(fields_of(article)))) == article
    again = to_article(read_draft(".md", export(services, "md").encode()), PurePosixPath("2026-05-01/x.md"), Settings())
    assert again.corrections == article.corrections


@pytest.fixture
def corrected(publish, client):
    publish(
        {
            "2026-05-01/x.md": f"---\ntitle: 通车\nsection: 要闻\npublished: 2026-05-01 06:00\n更正: 11:30 {NOTE}\n---\n今天通车。\n",
            "2026-05-01/y.md": "---\ntitle: 晴\npublished: 2026-05-01 07:00\nupdated: 2026-05-01 09:15\n---\n今天晴。\n",
            "2026-05-01/z.md": "---\ntitle: 阴\npublished: 2026-05-01 08:00\n---\n今天阴。\n",
        }
    )
    return client


def page(client, path: str) -> lxml.html.HtmlElement:
    response = client.get(path, headers={"Accept-Language": "zh"}, follow_redirects=True)
    assert response.status_code == 200
    return lxml.html.fromstring(response.get_data(as_text=True))


def words(element: lxml.html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content())


def test_its_words_go_to_the_next_line_one_by_one_in_large_print(publish, client):
    publish({"2026-05-01/x.md": "---\ntitle: 通车\n更正: 11:30 开通时间由6时改为7时\n---\n今天通车。\n"})
    client.set_cookie("reader", "large")
    [line] = page(client, "/a/x").xpath("//article/p[a[@href='/corrections/']]")
    assert line.xpath("count(wbr)") >= 1
    assert words(line) == "11:30 更正：开通时间由6时改为7时"


def test_it_stands_under_the_title_with_its_time(corrected):
    document = page(corrected, "/a/x")
    [line] = document.xpath("//article/p[time and a[@href='/corrections/']]")
    assert words(line) == f"11:30 更正：{NOTE}"
    assert line.xpath("time/@datetime") == ["2026-05-01T11:30+08:00"]
    assert "修改于" not in words(document)
    [data] = [json.loads(script.text) for script in document.xpath("//script[@type='application/ld+json']")]
    assert data["correction"] == [
        {"@type": "CorrectionComment", "text": NOTE, "datePublished": "2026-05-01T11:30+08:00"}
    ]


def test_an_article_that_was_changed_without_a_note_says_when(corrected):
    assert "修改于 2026-05-01 09:15" in words(page(corrected, "/a/y"))
    assert "修改于" not in words(page(corrected, "/a/z"))
    assert "更正" not in corrected.get("/a/z", headers={"Accept-Language": "zh"}).get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/s/要闻/"])
def test_a_list_marks_it(corrected, path):
    [row] = page(corrected, path).xpath("//li[h2/a[@href='/a/x']]")
    assert "有更正" in words(row)
    assert not [row for row in page(corrected, "/").xpath("//li[h2/a[@href='/a/z']]") if "有更正" in words(row)]


def test_all_of_them_are_listed_newest_first_with_feeds(corrected, publish):
    publish({"2026-04-01/w.md": "---\ntitle: 旧闻\ncorrections: 2026-05-02 甲应为乙\n---\n旧闻。\n"})
    document = page(corrected, "/corrections")
    assert [words(link) for link in document.xpath("//li/h2/a")] == ["旧闻", "通车"]
    assert f"2026-05-01 11:30 {NOTE}" in words(document)
    feeds = document.xpath("//main//a[contains(@href, '/corrections/')]/@href")
    assert feeds == ["/corrections/feed.xml", "/corrections/atom.xml", "/corrections/feed.json"]
    for feed in feeds[:2]:
        parsed = feedparser.parse(corrected.get(feed).data)
        assert parsed.feed.title.endswith("更正")
        assert {entry.title for entry in parsed.entries} == {"旧闻", "通车"}
        assert all("更正：" in entry.content[0].value for entry in parsed.entries)


def test_without_any_the_page_and_its_feed_are_there(client):
    assert "还没有更正过的文章" in words(page(client, "/corrections/"))
    assert client.get("/corrections/feed.xml").status_code == 200


def test_a_corrected_article_is_new_for_a_feed_reader(corrected):
    entries = {entry.title: entry for entry in feedparser.parse(corrected.get("/atom.xml").data).entries}
    assert entries["通车"].updated_parsed[:5] == (2026, 5, 1, 3, 30)
    assert f"11:30 更正：{NOTE}" in entries["通车"].content[0].value


def export(services, suffix: str) -> str:
    exporter = EXPORTS[suffix]
    options = options_of(services.settings, exporter.PAGES[0] if exporter.PAGES else "", "")
    return searchable(
        exporter, exporter.export(of_article(services.catalog.article("x")), options, services.render.render)
    )


@pytest.mark.parametrize("suffix", ["txt", "html", "json", "epub", "md"])
def test_every_file_has_it(corrected, services, suffix):
    assert NOTE in export(services, suffix)


@pytest.mark.slow
def test_the_pdf_has_it(corrected, services):
    assert f"11:30更正：{NOTE}".replace(" ", "") in export(services, "pdf").replace(" ", "")


def test_it_is_shown_in_the_other_script(corrected):
    assert "11:30 更正：開通時間由 6 時改為 7 時" in words(page(corrected, "/a/x?script=hant"))


def test_what_is_no_correction_changes_no_version():
    plain = make_article()
    later = make_article(corrections=(Correction(plain.published + timedelta(hours=1), "甲"),))
    assert plain.version != later.version


def changes_said(document) -> list[str]:
    return re.findall(r"修改于 ([\d-]+ [\d:]+)", words(document))


@pytest.fixture
def seen(services, publish, monkeypatch):
    """Publishes texts of one article, each seen at a time."""

    def see(*versions: tuple[str, str]):
        for time, text in versions:
            monkeypatch.setattr("reader.library.scanner.datetime", clock_at(at(time)))
            publish({"2026-05-01/s.md": text})

    return see


def clock_at(now: datetime) -> type[datetime]:
    return type("Clock", (datetime,), {"now": classmethod(lambda _, zone=None: now.astimezone(zone))})


FIRST = "---\ntitle: 通车\npublished: 2026-05-01 06:00\n{}---\n今天通车。\n"
SECOND = FIRST.replace("今天", "昨天")


def test_an_article_that_was_changed_in_silence_says_when_reader_saw_it(seen, client):
    seen(("2026-05-01 06:01", FIRST.format("")))
    assert changes_said(page(client, "/a/s")) == []
    seen(("2026-05-02 09:30", SECOND.format("")))
    document = page(client, "/a/s")
    assert changes_said(document) == ["2026-05-02 09:30"]
    [data] = [json.loads(script.text) for script in document.xpath("//script[@type='application/ld+json']")]
    assert data["dateModified"] == "2026-05-02T09:30+08:00"


def test_feeds_files_catalogues_and_sitemaps_say_the_same_moment(seen, client, services):
    seen(("2026-05-01 06:01", FIRST.format("")), ("2026-05-02 09:30", SECOND.format("")))
    local, utc = "2026-05-02T09:30:00+08:00", "2026-05-02T01:30:00Z"
    assert f"<updated>{local}</updated>" in client.get("/atom.xml").text
    assert f"<atom:updated>{local}</atom:updated>" in client.get("/feed.xml").text
    assert json.loads(client.get("/feed.json").data)["items"][0]["date_modified"] == local
    assert f"<lastmod>{local[:16]}+08:00</lastmod>" in client.get("/sitemap-2026-05.xml").text
    assert client.get("/opds/issues").text.count(f"<updated>{local}</updated>") == 2
    assert f"<updated>{local}</updated>" in client.get("/opds/articles").text
    article = services.catalog.article("s")
    options = options_of(services.settings, "", "", services.catalog.site)
    epub, html, data = (
        EXPORTS[name].export(of_article(article), options, services.render.render) for name in ("epub", "html", "json")
    )
    with zipfile.ZipFile(io.BytesIO(epub)) as book:
        assert any(utc in book.read(name).decode() for name in book.namelist() if name.endswith(".opf"))
        assert any(
            "2026-05-02 09:30" in book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml")
        )
    assert "2026-05-02 09:30" in html.decode()
    assert local[:16] in data.decode()


def test_what_shows_nothing_else_is_no_change(seen, client):
    seen(
        ("2026-05-01 06:01", FIRST.format("")),
        ("2026-05-02 09:30", FIRST.format("").replace("\n今天", "\n\n\n今天") + "\n"),
    )
    assert changes_said(page(client, "/a/s")) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("corrections: 2026-05-02 09:00 日期有误\n", []),
        ("updated: 2026-05-02 09:00\n", ["2026-05-02 09:00"]),
        ("corrections: 2026-05-01 09:00 日期有误\n", ["2026-05-02 09:30"]),
    ],
)
def test_what_an_editor_says_of_that_day_counts_more(seen, client, fields, said):
    seen(("2026-05-01 06:01", FIRST.format("")), ("2026-05-02 09:30", SECOND.format(fields)))
    assert changes_said(page(client, "/a/s")) == said


def test_all_corrections_are_listed_page_by_page_latest_first(publish, client):
    texts = {
        f"2026-04-{1 + n % 28:02}/n{n:03}.md": f"---\ntitle: 第{n}条\ncorrections: 2026-05-{1 + n % 20:02} {n % 10}:00 改{n}\n---\n文。\n"
        for n in range(120)
    }
    publish(texts)
    address, times, titles = "/corrections/", [], []
    for _ in range(3):
        document = page(client, address)
        titles += [words(link) for link in document.xpath("//li/h2/a")]
        times += document.xpath("//li/p/time/@datetime")
        address = next(iter(document.xpath("//a[@rel='next']/@href")), "")
    assert address == ""
    assert sorted(titles) == sorted(f"第{n}条" for n in range(120))
    assert times == sorted(times, reverse=True)


def test_a_place_in_the_list_that_is_none_is_not_found(client):
    assert client.get("/corrections/?before=x").status_code == 404
