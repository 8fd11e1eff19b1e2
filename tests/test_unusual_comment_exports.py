"""Exports of comments as they really come: laid out anew, with deleted parents, without dates, in other addresses."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from reader.commands.comments import page_of
from reader.comments.comment import APPROVED, PENDING, WITHDRAWN
from reader.comments.importing import program_of
from reader.comments.importing.comment_import import export_json, store_comments
from reader.comments.importing.imported_comment import EARLIEST
from reader.state import State

TIME = "2018-11-23T02:40:00+00:00"


@pytest.fixture
def imported(tmp_path):
    """Imports a file twice, and gives what is kept: the text to (name, status, text that it answers, time)."""
    state = State(f"sqlite:///{tmp_path}/state.sqlite3")

    def imported(content: object, is_new: bool = True) -> dict[str, tuple[str, str, str, str]]:
        path = tmp_path / "export"
        if callable(content):
            content(path)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8-sig")
        program = program_of(path)
        store_comments(state, program.NAME, program.read(path), lambda _: "rain", "匿名")
        again = store_comments(state, program.NAME, program.read(path), lambda _: "rain", "匿名")
        assert again.stored == 0
        kept = json.loads("".join(export_json(state)))["comments"]
        texts = {comment["id"]: comment["text"] for comment in kept}
        return {c["text"]: (c["name"], c["status"], texts.get(c["reply_to"], "-"), c["posted_at"]) for c in kept}

    yield imported
    state.close()


def post(number: int, parent: int, text: str, **more: str) -> str:
    fields = {"isDeleted": "false", "isSpam": "false", "createdAt": "2018-11-23T02:40:00Z"} | more
    inner = "".join(f"\n    <{name}>\n      {value}\n    </{name}>" for name, value in fields.items())
    above = f'<parent dsq:id="{parent}"/>' if parent else ""
    return f"""<post dsq:id="{number}"><message><![CDATA[<p>{text}</p>]]></message>{inner}
    <author><name>Tom &amp;amp; 张</name></author><thread dsq:id="7"/>{above}</post>"""


def test_disqus_laid_out_with_deleted_parents_and_answers_five_deep(imported):
    posts = [
        post(1, 0, "删掉的话", isDeleted="true"),
        post(2, 1, "二 &lt;b&gt;"),
        post(3, 2, "广告", isSpam="true"),
        post(4, 3, "四"),
        post(5, 4, "五", createdAt=""),
        post(6, 0, "广告二", isSpam="true"),
    ]
    kept = imported(
        '<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com"'
        ' xmlns:dsq="http://disqus.com/disqus-internals"><thread dsq:id="7"><link>https://a.example/rain</link></thread>'
        f"{''.join(posts)}</disqus>"
    )
    assert kept["二 <b>"] == ("Tom & 张", APPROVED, "", TIME)
    assert kept[""][1] == WITHDRAWN
    assert kept["四"][1] == APPROVED
    assert kept["五"][2:] == ("四", EARLIEST.isoformat())
    assert not any("广告" in text or "删" in text for text in kept)


def test_wordpress_with_a_date_of_zeros_and_names_with_entities(imported):
    kept = imported("""<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><link>https://a.example/?p=7</link>
<wp:post_name>rain</wp:post_name><wp:comment><wp:comment_id>1</wp:comment_id>
<wp:comment_author><![CDATA[O&#039;Brien]]></wp:comment_author><wp:comment_date>2018-11-23 10:40:00</wp:comment_date>
<wp:comment_date_gmt>0000-00-00 00:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[一&nbsp;二
三]]></wp:comment_content><wp:comment_approved> 1 </wp:comment_approved><wp:comment_type></wp:comment_type>
<wp:comment_parent>9</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>2</wp:comment_id><wp:comment_content>x</wp:comment_content>
<wp:comment_approved>trash</wp:comment_approved></wp:comment></item></channel></rss>""")
    assert list(kept.values()) == [("O'Brien", APPROVED, "-", "2018-11-23T10:40:00+00:00")]


def test_commento_with_a_deleted_parent_and_anonymous_commenters(imported):
    common = {
        "commenterHex": "anonymous",
        "state": "approved",
        "creationDate": "2018-11-23T02:40:00.123456Z",
        "url": "/rain",
    }
    comments = [
        common | {"commentHex": "a", "parentHex": "root", "markdown": "[deleted]", "deleted": True},
        common | {"commentHex": "b", "parentHex": "a", "markdown": "回答 **重点**"},
        common | {"commentHex": "c", "parentHex": "gone", "markdown": "孤儿", "state": "unapproved"},
        common | {"commentHex": "d", "parentHex": "root", "markdown": "x", "deleted": True},
    ]
    kept = imported({"version": 1, "comments": comments, "commenters": None})
    assert kept["回答 **重点**"][:3] == ("匿名", APPROVED, "")
    assert kept["孤儿"][1:3] == (PENDING, "-")
    assert set(kept) == {"", "回答 **重点**", "孤儿"}


def test_artalk_with_numbers_switches_and_html(imported):
    common = {"page_key": "/rain.html", "nick": "&lt;甲&gt;", "created_at": "2018-11-23 10:40:00 +0800 +08"}
    comments = [
        common | {"id": 1, "rid": 0, "content": "<p>见 <a href='https://b.example'>这里</a></p>", "is_pending": False},
        common | {"id": 2, "rid": 1, "content": "二", "is_pending": "1"},
        common
        | {"id": 3, "rid": 99, "content": "三", "is_pending": True, "created_at": "", "date": "2018-11-23 02:40:00"},
    ]
    kept = imported({"comments": comments})
    assert kept["见 这里 https://b.example"] == ("<甲>", APPROVED, "-", TIME)
    assert kept["二"][1:] == (PENDING, "见 这里 https://b.example", TIME)
    assert kept["三"][1:] == (PENDING, "-", TIME)


def test_twikoo_of_mongodb_in_lines(imported):
    comments = [
        {"_id": {"$oid": "a"}, "nick": "甲", "url": "/rain/", "comment": "<p>一 &amp; 二<br>三</p>",
         "created": {"$date": {"$numberLong": "1542940800000"}}, "isSpam": "false", "pid": None, "rid": None},
        {"_id": {"$oid": "b"}, "nick": "", "url": "/rain/", "comment": "<p>四</p><img src=x alt='[笑]'>",
         "created": 1542940800000.0, "isSpam": "true", "pid": {"$oid": "a"}},
        {"_id": {"$oid": "c"}, "nick": "丙", "url": "/rain/", "comment": "", "created": 1542940800000},
    ]  # fmt: skip
    kept = imported("\r\n".join(json.dumps(comment) for comment in comments))
    assert kept["一 & 二\n三"] == ("甲", APPROVED, "-", TIME)
    assert kept["四\n\n[笑]"] == ("匿名", PENDING, "一 & 二\n三", TIME)
    assert len(kept) == 2


def test_waline_with_the_html_of_valine_and_spam_that_was_answered(imported):
    common = {
        "nick": "甲",
        "url": "/rain.html?from=x",
        "insertedAt": {"__type": "Date", "iso": "2018-11-23T02:40:00.000Z"},
    }
    comments = [
        common | {"objectId": "a", "comment": "广告", "status": "spam"},
        common
        | {"objectId": "b", "pid": "a", "rid": "a", "comment": '<p><a class="at" href="#a">@王</a> , 好！</p>\n'},
        common | {"objectId": "c", "comment": "无时间", "insertedAt": None, "createdAt": 1542940800000},
        common | {"objectId": "d", "comment": "a < b && c > d，`<x>`"},
    ]
    kept = imported({"results": comments})
    assert kept["@王 , 好！"][1:3] == (APPROVED, "")
    assert kept["无时间"][3] == TIME
    assert "a < b && c > d，`<x>`" in kept
    assert not any("广告" in text for text in kept)


def test_isso_with_a_deleted_comment_that_was_answered_and_one_without_a_time(imported):
    def database(path) -> None:
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as found, found:
            found.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri TEXT, title TEXT)")
            columns = "tid, id INTEGER PRIMARY KEY, parent, created, modified, mode, remote_addr, text, author"
            found.execute(f"CREATE TABLE comments ({columns})")
            found.execute("INSERT INTO threads VALUES (1, '/rain/', NULL)")
            rows = [(1, 1, None, 1542940800.5, None, 4, "", "", None), (1, 2, 1, None, None, 1, "", "答", None)]
            rows.append((1, 3, None, 1542940800, None, 4, "", "", None))
            found.executemany("INSERT INTO comments VALUES (?,?,?,?,?,?,?,?,?)", rows)

    kept = imported(database)
    assert kept["答"] == ("匿名", APPROVED, "", EARLIEST.isoformat())
    assert (kept[""][1], len(kept)) == (WITHDRAWN, 2)


def test_a_comment_of_isso_that_is_no_utf8_keeps_no_other(imported):
    def database(path):
        with closing(sqlite3.connect(path)) as found, found:
            found.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri TEXT)")
            found.execute("CREATE TABLE comments (tid, id INTEGER PRIMARY KEY, parent, created, mode, text, author)")
            found.execute("INSERT INTO threads VALUES (1, '/rain/')")
            row = "INSERT INTO comments VALUES (1, ?, NULL, 1542940800, 1, CAST(? AS TEXT), 'a')"
            found.executemany(row, [(1, "好".encode()), (2, b"\xff x")])

    assert set(imported(database)) == {"好", "\ufffd x"}


def test_two_comments_of_one_number_are_both_kept_and_a_repeated_one_once(imported):
    one = {"id": 1, "rid": 0, "page_key": "/rain", "nick": "甲", "content": "一", "created_at": "2018-11-23 02:40:00"}
    assert len(imported([one, one, one | {"content": "二"}])) == 2


ADDRESSES = (
    "/rain", "rain", "/rain/", "/rain.html", "https://a.example/rain?utm=1#top", "/rain.html?x=1", "a.example/rain",
    "//a.example/2026/05/01/rain/index.html", "https://a.example/a/%72ain/", "https://a.example/2026/05/rain.php",
    "http://127.0.0.1:5500/rain.html", "https://a.example/old/%E5%A4%A7%E9%9B%A8/", "/old/大雨.html",
)  # fmt: skip


def test_an_article_is_found_by_every_form_of_its_address(services, drop):
    drop("2026-05-01/rain.md", "---\ntitle: 大雨\nurl: /old/大雨/\n---\n\n今天下雨，河水上涨。")
    services.library.scan_until_settled()
    assert [address for address in ADDRESSES if page_of(services, address) != "rain"] == []


def test_answers_one_below_the_other_are_read_however_deep(imported):
    common = {"page_key": "/rain", "nick": "甲", "is_pending": False}
    comments = [common | {"id": n, "rid": n - 1, "content": f"第{n}"} for n in range(1, 301)]
    assert len(imported(comments)) == 300


def test_an_address_that_a_file_names_counts_more_than_an_article_called_as_its_end(services, drop):
    drop("2026-05-01/about.md", "---\ntitle: 关于\n---\n\n关于本报。")
    drop("2026-05-02/history.md", "---\ntitle: 历史\nurl: /old/2018/about/\n---\n\n本报的历史。")
    services.library.scan_until_settled()
    asked = ["https://a.example/old/2018/about/", "/old/2018/about", "/about/", "/elsewhere/about"]
    assert [page_of(services, address) for address in asked] == ["history", "history", "about", "about"]
