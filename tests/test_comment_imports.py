"""Comments of other programs, from their exports: text, author, time, answers, and nothing that was spam or deleted."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from reader.comments.comment import APPROVED, PENDING
from reader.comments.importing import imported_comment, program_of, programs
from reader.comments.importing.imported_comment import (
    EARLIEST,
    GONE,
    imported,
    parse_time,
    text_of_html,
    text_of_markdown,
)
from reader.errors import NotImported

TIME = datetime(2018, 11, 23, 2, 40, tzinfo=UTC)
SECONDS = int(TIME.timestamp())

DISQUS = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<thread dsq:id="7"><id/><link>https://old.example/rain/</link><title>大雨</title></thread>
<post dsq:id="1"><id/><message><![CDATA[<p>写得好，见 <a href="https://a.example/x">这里</a>。</p>]]></message>
<createdAt>2018-11-23T02:40:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
<author><name>张三</name></author><thread dsq:id="7"/></post>
<post dsq:id="2"><id/><message><![CDATA[<p>同意</p>]]></message><createdAt>2018-11-23T02:40:00Z</createdAt>
<isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>李四</name></author><thread dsq:id="7"/><parent dsq:id="1"/></post>
<post dsq:id="3"><id/><message><![CDATA[<p>广告</p>]]></message><createdAt>2018-11-23T02:40:00Z</createdAt>
<isDeleted>false</isDeleted><isSpam>true</isSpam><author><name>王</name></author><thread dsq:id="7"/></post>
</disqus>"""

WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><title>大雨</title>
<link>https://old.example/rain/</link><wp:post_name>rain</wp:post_name>
<wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_author><![CDATA[张三]]></wp:comment_author>
<wp:comment_date_gmt>2018-11-23 02:40:00</wp:comment_date_gmt>
<wp:comment_content><![CDATA[写得好，见 <a href="https://a.example/x" rel="nofollow">这里</a>。]]></wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type><wp:comment_parent>0</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>2</wp:comment_id><wp:comment_author>李四</wp:comment_author>
<wp:comment_date_gmt>2018-11-23 02:40:00</wp:comment_date_gmt><wp:comment_content>同意</wp:comment_content>
<wp:comment_approved>0</wp:comment_approved><wp:comment_type/><wp:comment_parent>1</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>3</wp:comment_id><wp:comment_author>x</wp:comment_author>
<wp:comment_date_gmt>2018-11-23 02:40:00</wp:comment_date_gmt><wp:comment_content>广告</wp:comment_content>
<wp:comment_approved>spam</wp:comment_approved><wp:comment_type/><wp:comment_parent>0</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>4</wp:comment_id><wp:comment_author>x</wp:comment_author>
<wp:comment_date_gmt>2018-11-23 02:40:00</wp:comment_date_gmt><wp:comment_content>[...] link [...]</wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_type>pingback</wp:comment_type><wp:comment_parent>0</wp:comment_parent></wp:comment>
</item></channel></rss>"""

MARKDOWN = "写得好，见 [这里](https://a.example/x)。"
COMMENTO = {
    "version": 1,
    "comments": [
        {"commentHex": "1", "path": "/rain/", "commenterHex": "a", "markdown": MARKDOWN, "html": "", "parentHex": "root",
         "state": "approved", "creationDate": "2018-11-23T02:40:00Z", "deleted": False},
        {"commentHex": "2", "path": "/rain/", "commenterHex": "b", "markdown": "同意", "html": "", "parentHex": "1",
         "state": "unapproved", "creationDate": "2018-11-23T02:40:00Z"},
        {"commentHex": "3", "path": "/rain/", "commenterHex": "b", "markdown": "广告", "parentHex": "root",
         "state": "flagged", "creationDate": "2018-11-23T02:40:00Z"},
    ],
    "commenters": [{"commenterHex": "a", "name": "张三"}, {"commenterHex": "b", "name": "李四"}],
}  # fmt: skip
ARTALK = [
    {"id": "1", "rid": "0", "content": MARKDOWN, "nick": "张三", "email": "a@a.example", "page_key": "https://old.example/rain/",
     "created_at": "2018-11-23 10:40:00 +0800", "is_pending": "false", "ip": "192.0.2.1"},
    {"id": "2", "rid": "1", "content": "同意", "nick": "李四", "page_key": "https://old.example/rain/",
     "created_at": "2018-11-23 10:40:00 +0800", "is_pending": "true"},
]  # fmt: skip
TWIKOO = [
    {"_id": "1", "nick": "张三", "mail": "a@a.example", "url": "/rain/", "pid": "", "rid": "", "created": SECONDS * 1000,
     "comment": '<p>写得好，见 <a href="https://a.example/x">这里</a>。</p>', "isSpam": False},
    {"_id": {"$oid": "2"}, "nick": "李四", "url": "/rain/", "pid": "1", "rid": "1", "created": {"$numberLong": f"{SECONDS}000"},
     "comment": "<p>同意</p>", "isSpam": True},
]  # fmt: skip
WALINE = {
    "type": "waline", "version": 1, "tables": ["Comment"],
    "data": {"Comment": [
        {"objectId": "1", "nick": "张三", "mail": "", "url": "/rain/", "comment": MARKDOWN, "status": "approved",
         "insertedAt": {"__type": "Date", "iso": "2018-11-23T02:40:00.000Z"}},
        {"objectId": "2", "nick": "李四", "url": "/rain/", "pid": "1", "rid": "1", "comment": "同意", "status": "waiting",
         "insertedAt": "2018-11-23T02:40:00.000Z"},
        {"objectId": "3", "nick": "x", "url": "/rain/", "comment": "广告", "status": "spam", "insertedAt": "2018-11-23T02:40:00Z"},
    ]},
}  # fmt: skip
OWN = {
    "format": "reader-comments",
    "comments": [
        {"id": 1, "article": "rain", "name": "张三", "text": "写得好，见 这里 https://a.example/x 。", "reply_to": 0, "origin": "",
         "posted_at": "2018-11-23T02:40:00+00:00", "status": "approved"},
        {"id": 2, "article": "rain", "name": "李四", "text": "同意", "reply_to": 1, "origin": "",
         "posted_at": "2018-11-23T02:40:00+00:00", "status": "pending"},
    ],
}  # fmt: skip


def isso(path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri TEXT, title TEXT)")
        database.execute(
            "CREATE TABLE comments (tid, id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT, modified FLOAT, mode INTEGER,"
            " remote_addr, text, author, email, website)"
        )
        database.execute("INSERT INTO threads VALUES (7, '/rain/', '大雨')")
        rows = [(7, 1, None, SECONDS, None, 1, "", MARKDOWN, "张三"), (7, 2, 1, SECONDS, None, 2, "", "同意", "李四")]
        rows.append((7, 3, None, SECONDS, None, 4, "", "", ""))
        database.executemany("INSERT INTO comments VALUES (?,?,?,?,?,?,?,?,?,'','')", rows)


EXPORTS = {
    "Disqus": DISQUS,
    "WordPress": WORDPRESS,
    "Commento": COMMENTO,
    "Artalk": ARTALK,
    "Twikoo": TWIKOO,
    "Waline": WALINE,
    "Reader": OWN,
    "Isso": isso,
}


@pytest.fixture
def export(tmp_path):
    def export(name: str):
        path, content = tmp_path / "export", EXPORTS[name]
        if callable(content):
            content(path)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")
        return path

    return export


def test_there_is_an_export_of_every_program_here():
    assert {program.NAME for program in programs()} == set(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_comments_are_read_with_author_time_status_and_answers(export, name):
    path = export(name)
    program = program_of(path)
    assert name == program.NAME
    first, second = (comment for comment in program.read(path) if comment.status != GONE)
    assert " ".join(first.text.split()) in (
        "写得好，见 这里 https://a.example/x 。",
        "写得好，见 这里 https://a.example/x。",
    )
    assert (first.name, first.posted_at, first.number, first.parent) == ("张三", TIME, "1", "")
    assert (second.name, second.text, second.number, second.parent) == ("李四", "同意", "2", "1")
    assert (first.status, second.status) == (APPROVED, APPROVED if name == "Disqus" else PENDING)
    assert {first.address.strip("/").rpartition("/")[2], second.address.strip("/").rpartition("/")[2]} == {"rain"}


def test_a_list_of_one_object_a_line_is_read_too(tmp_path):
    path = tmp_path / "twikoo.json"
    path.write_text("\n".join(json.dumps(comment) for comment in TWIKOO), "utf-8")
    assert [comment.number for comment in program_of(path).read(path)] == ["1", "2"]


HOSTILE = {
    "nested": '{"nick": 1, "_id": ' + "[" * 100_000,
    "wrong types": '[{"nick": [], "_id": {}, "url": 7, "comment": null, "created": [1]}, 3, null]',
    "a huge time": '[{"nick": "a", "_id": "1", "url": "/", "comment": "x", "created": 1e300}]',
    "no list": '{"commentHex": 1, "comments": 5, "commenters": {}}',
    "entities": '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><disqus xmlns="http://disqus.com"><post>&b;</post></disqus>',
    "half": DISQUS[:700],
    "no posts": '<rss xmlns:wp="http://wordpress.org/export/1.2/"/>',
    "SQLite": "SQLite format 3\0 and nothing",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_whatever_is_in_an_export_gives_comments_or_one_error(tmp_path, content):
    path = tmp_path / "export"
    path.write_text(content, "utf-8")
    try:
        found = list(program_of(path).read(path))
    except NotImported as error:
        found = []
        message = str(error)
        assert str(path) in message
    assert all(comment.posted_at.tzinfo and isinstance(comment.text, str) for comment in found)


def test_a_file_of_nothing_known_names_what_is_known(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("hello", "utf-8")
    with pytest.raises(NotImported, match=r"Artalk.*Isso.*Waline"):
        program_of(path)


WORDS_OF_OTHERS = "page_key nick _id objectId insertedAt commentHex waline reader-comments <disqus http://disqus.com wordpress.org/export/"


@pytest.mark.parametrize("name", sorted(set(EXPORTS) - {"Isso", "Disqus", "WordPress"}))
def test_the_words_of_a_comment_are_not_taken_for_the_structure_of_the_file(tmp_path, name):
    quoted = json.dumps(" ".join(f'"{word}"' for word in WORDS_OF_OTHERS.split()))[1:-1]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(EXPORTS[name], ensure_ascii=False).replace("同意", quoted), "utf-8")
    assert name == program_of(path).NAME


@pytest.mark.parametrize("name", ["Disqus", "WordPress"])
def test_the_structure_of_xml_is_its_root_whatever_the_comments_say(tmp_path, name):
    path = tmp_path / "export.xml"
    path.write_text(f"\ufeff{EXPORTS[name]}".replace("同意", f"<![CDATA[{WORDS_OF_OTHERS}]]>"), "utf-8")
    assert name == program_of(path).NAME


def test_what_may_be_of_two_programs_is_refused_by_name_and_can_be_named(tmp_path):
    both = [{**TWIKOO[0], "objectId": "9", "insertedAt": "2018-11-23T02:40:00Z"}]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(both), "utf-8")
    with pytest.raises(NotImported, match=r"may be an export of Twikoo, Waline; say which: --format Twikoo"):
        program_of(path)
    assert program_of(path, "waline").NAME == "Waline"
    assert [comment.number for comment in program_of(path, "Twikoo").read(path)] == ["1"]
    with pytest.raises(NotImported, match=r"no format is called Blogger; known: .*Isso.*Waline"):
        program_of(path, "Blogger")


def test_a_database_of_another_program_is_no_export_of_isso(tmp_path):
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE comments (id)")
    with pytest.raises(NotImported, match="not an export that is known"):
        program_of(path)


def test_what_is_too_large_for_memory_is_refused_with_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(TWIKOO), "utf-8")
    monkeypatch.setattr(imported_comment, "LARGEST_BYTES", 9)
    path.with_suffix(".xml").write_text(DISQUS, "utf-8")
    with pytest.raises(NotImported, match="larger than 0 MB; import it in parts"):
        program_of(path.with_suffix(".xml"))
    with pytest.raises(NotImported, match="larger than 0 MB; import it in parts"):
        program_of(path)


def test_html_becomes_text_in_paragraphs_and_nothing_of_it_is_markup():
    assert text_of_html("<p>一<br/>二</p><p>三 &lt;b&gt;</p><script>x</script>").strip() == "一\n二\n\n\n\n三 <b>\n\nx"
    assert text_of_html('<img src="x" alt="图"> <a href="javascript:x">甲</a>') == "图 甲"
    assert text_of_markdown("[甲](https://a.example) [乙](javascript:x)") == "甲 https://a.example  [乙](javascript:x)"


@pytest.mark.parametrize(
    "value", [SECONDS, SECONDS * 1000, f"{SECONDS}", "2018-11-23T02:40:00Z", "2018-11-23 02:40:00", "2018-11-23 10:40:00 +0800",
              {"iso": "2018-11-23T02:40:00.000Z"}, {"$date": "2018-11-23T02:40:00Z"}, SECONDS * 1_000_000,
              {"$date": {"$numberLong": f"{SECONDS}000"}}, "2018-11-23 10:40:00 +0800 +08", "2018-11-23T02:40:00.000000000Z"]
)  # fmt: skip
def test_times_are_read_as_the_programs_write_them(value):
    assert parse_time(value) == TIME


@pytest.mark.parametrize("value", [None, "", "yesterday", 1e300, [], {}, True])
def test_what_is_no_time_is_none(value):
    assert parse_time(value) is None


@pytest.mark.parametrize(
    "html", ["<!--" * 50_000, "<a " + "href=" * 40_000, "<img " + 'alt="" ' * 30_000, "<a href=x>" * 20_000]
)
def test_html_that_is_made_to_take_long_takes_linear_time(html):
    """Each took minutes to hours: the test would not end."""
    assert len(text_of_html(html)) <= len(html)


def test_a_time_at_which_nobody_can_have_written_is_the_nearest_one():
    times = [datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), TIME]
    found = [imported("1", "rain", "张三", "写得好", time, APPROVED).posted_at for time in times]
    assert found[0] <= datetime.now(UTC)
    assert found[1:] == [EARLIEST, TIME]
