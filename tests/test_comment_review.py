"""The review of comments on the desk, the feeds of comments, and the commands."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import lxml.html
import pytest
from lxml import etree
from test_comment_imports import EXPORTS

from reader.app import create_app
from reader.cli import main
from reader.comments import comment_queries
from reader.comments.comment import APPROVED, HIDDEN, OPEN, PENDING, REJECTED, REVIEWED, Submission
from reader.comments.comment_store import Rules, Sender
from reader.comments.comment_writes import displace, withdraw
from reader.comments.word_list import WordList
from reader.feeds import FEEDS
from reader.services import build_services

TOKEN = "a long secret of the house"
ATOM_SCHEMA = etree.RelaxNG(file=str(Path(__file__).parent / "samples" / "atom-rfc4287.rng"))
THR = "{http://purl.org/syndication/thread/1.0}"


@pytest.fixture
def site(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨，河水上涨。")
    drop("2026-05-02/sun.md", "# 晴\n\n今天天晴。")
    services = build_services(replace(settings, comments=REVIEWED, editor_token=TOKEN, site_name="河北新闻网"))
    services.library.scan_all()
    app = create_app(services)
    yield app
    services.state.close()


@pytest.fixture
def store(site):
    return site.extensions["reader-comments"]


def say(store, text: str, page: str = "rain", name: str = "张三", reply_to: int = 0, mode: str = REVIEWED):
    sender, rules = Sender("", "", f"form {text}"), Rules(mode, WordList(), ())
    return store.post(page, Submission(name, text, reply_to), sender, rules, datetime.now(UTC))[0]


@pytest.fixture
def editor(site):
    client = site.test_client()
    assert client.post("/editor/login", data={"token": TOKEN}).status_code == 303
    return client


def test_displaced_comments_have_a_page_once_there_are_some(editor, store):
    say(store, "看 https://a.example")
    assert "积压移出" not in editor.get("/editor/comments").text
    with store.state.writing() as connection:
        displace(connection, comment_queries.comment(connection, 1), datetime.now(UTC))
    assert "积压移出" in editor.get("/editor/comments").text
    page = editor.get("/editor/comments?status=displaced").text
    assert ("看 " in page, "待审过多，移出队列" in page) == (True, True)
    assert do(editor, "approve 1", "?status=displaced").status_code == 303
    assert store.counts(["rain"]) == {"rain": 1}


def do(editor, act: str, query: str = "", **fields):
    page = editor.get(f"/editor/comments{query}").text
    word = re.search(r'name=csrf_token value="([^"]+)"', page)[1]
    return editor.post(f"/editor/comments{query}", data={"csrf_token": word, "do": act} | fields)


def test_nobody_reviews_without_the_token(site, store):
    say(store, "写得好")
    visitor = site.test_client()
    assert visitor.get("/editor/comments").status_code == 303
    assert "写得好" not in visitor.get("/editor/comments", follow_redirects=True).text
    assert visitor.post("/editor/comments", data={"do": "approve 1"}).status_code in (303, 403)
    assert store.comment(1).status == PENDING


def test_a_form_of_another_site_or_session_reviews_nothing(editor, store):
    say(store, "写得好")
    assert editor.post("/editor/comments", data={"do": "approve 1", "csrf_token": "0" * 64}).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    word = re.search(r'name=csrf_token value="([^"]+)"', editor.get("/editor/comments").text)[1]
    assert (
        editor.post("/editor/comments", data={"do": "approve 1", "csrf_token": word}, headers=headers).status_code
        == 403
    )
    assert store.comment(1).status == PENDING


def test_the_queue_shows_each_comment_with_its_article_and_why_it_waits(editor, store):
    say(store, "看 https://a.example\n\n<b>粗</b>")
    page = editor.get("/editor/comments")
    for text in ("张三", "大雨", "河水上涨", "含有链接", "&lt;b&gt;粗", "(1)"):
        assert text in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text


def test_comments_are_approved_rejected_and_hidden_one_by_one_and_many_at_once(editor, store, site):
    for number in range(5):
        say(store, f"第{number}条评论")
    assert do(editor, "approve 1").status_code == 303
    assert do(editor, "reject", c=["2", "3"]).status_code == 303
    assert do(editor, "approve", c=["4", "5", "x", "999999"]).status_code == 303
    assert do(editor, "hide 5", "?status=approved").headers["Location"] == "/editor/comments?status=approved"
    statuses = [store.comment(number).status for number in range(1, 6)]
    assert statuses == [APPROVED, REJECTED, REJECTED, APPROVED, HIDDEN]
    assert "我要评论 (2)" in site.test_client().get("/a/rain").text
    assert "驳回" in editor.get("/editor/comments?status=rejected").text
    assert do(editor, "explode 1", "?status=approved").status_code == 400


def test_an_approval_shows_at_the_next_request_of_this_process(editor, store, site):
    visitor = site.test_client()
    say(store, "写得好")
    assert "写得好" not in visitor.get("/a/rain/comments").text
    do(editor, "approve 1")
    assert "写得好" in visitor.get("/a/rain/comments").text


def test_the_paper_answers_below_the_comment(editor, store, site):
    say(store, "什么时候停?")
    assert do(editor, "answer 1", **{"answer-1": "预计明天。"}).status_code == 303
    page = site.test_client().get("/a/rain/comments").text
    assert ("什么时候停？" in page, "预计明天。" in page, "河北新闻网</b> · 编辑部" in page) == (True, True, True)
    empty = do(editor, "answer 1", "?status=approved", **{"answer-1": " "})
    assert (empty.status_code, "请填写评论内容" in empty.text) == (422, True)


def test_what_was_corrected_after_the_editor_read_it_is_not_approved(editor, store, site):
    sender, rules = Sender("", "", "form"), Rules(REVIEWED, WordList(), ())
    comment, author_id = store.post("rain", Submission("张三", "写得好"), sender, rules, datetime.now(UTC))
    read = editor.get("/editor/comments").text
    word = re.search(r'name=csrf_token value="([^"]+)"', read)[1]
    cookie = store.signatures.author_cookie(author_id)
    store.correct(comment.id, cookie, Submission("张三", "低价代开发票"), rules, datetime.now(UTC))
    for fields in ({"do": "approve 1"}, {"do": "approve", "c": "1"}, {"do": "answer 1", "answer-1": "谢谢"}):
        answer = editor.post("/editor/comments", data={"csrf_token": word} | fields)
        assert (answer.status_code, "请重新审阅" in answer.text) == (409, True)
    assert store.comment(1).status == PENDING
    now_read = re.search(r'value="(approve 1\.\d+)"', answer.text)[1]
    assert editor.post("/editor/comments", data={"csrf_token": word, "do": now_read}).status_code == 303
    assert store.comment(1).status == APPROVED


def test_what_a_colleague_rejected_is_not_approved_by_an_older_page(editor, store):
    say(store, "写得好")
    word = re.search(r'name=csrf_token value="([^"]+)"', editor.get("/editor/comments").text)[1]
    do(editor, "reject 1")
    assert editor.post("/editor/comments", data={"csrf_token": word, "do": "approve", "c": "1"}).status_code == 303
    assert store.comment(1).status == REJECTED
    answer = {"csrf_token": word, "do": "answer 1", "answer-1": "谢谢"}
    assert editor.post("/editor/comments", data=answer).status_code == 409
    assert store.comment(1).status == REJECTED
    do(editor, "approve 1", "?status=rejected")
    assert store.comment(1).status == APPROVED


def test_an_answer_that_is_sent_twice_is_one(editor, store):
    say(store, "什么时候停?")
    word = re.search(r'name=csrf_token value="([^"]+)"', editor.get("/editor/comments").text)[1]
    for _ in range(2):
        data = {"csrf_token": word, "do": "answer 1", "answer-1": "预计明天。"}
        assert editor.post("/editor/comments", data=data).status_code == 303
    assert store.counts(["rain"]) == {"rain": 2}


def test_the_queue_is_searched_and_paged(editor, store):
    for number in range(22):
        say(store, f"评论{number:02}号")
    assert "(22)" in editor.get("/editor/comments").text
    assert "评论21号" in editor.get("/editor/comments?page=2").text
    found = editor.get("/editor/comments?q=07").text
    assert ("评论07号" in found, "评论08号" in found) == (True, False)
    assert editor.get("/editor/comments?status=nonsense").status_code == 404


def test_what_waits_is_a_feed_for_who_knows_its_address(editor, store, site):
    say(store, "写得好")
    address = re.search(r'href="(/editor/comments/feed\?key=[^"]+)"', editor.get("/editor/comments").text)[1]
    stranger = site.test_client()
    answer = stranger.get(address)
    assert "写得好" in answer.text
    assert (answer.headers["Cache-Control"], stranger.get("/editor/comments/feed?key=x").status_code) == (
        "no-store",
        404,
    )
    assert not feedparser.parse(answer.data).bozo


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("path", ["/a/rain/comments/", "/comments/"])
def test_the_feeds_have_what_is_public_and_say_what_it_answers(site, store, path, name):
    first = say(store, "第一条 <b>", mode=OPEN)
    say(store, "回复", reply_to=first.id, mode=OPEN)
    say(store, "待审")
    answer = site.test_client().get(path + name)
    assert (answer.status_code, answer.mimetype) == (200, FEEDS[name].MIMETYPE)
    assert "待审" not in answer.text
    if name.endswith(".json"):
        assert [item["authors"] for item in json.loads(answer.text)["items"]] == [[{"name": "张三"}]] * 2
        return
    if name == "atom.xml":
        ATOM_SCHEMA.assertValid(etree.fromstring(answer.data))
    parsed = feedparser.parse(answer.data)
    assert (parsed.bozo, [entry.link.rpartition("#")[2] for entry in parsed.entries]) == (False, ["c2", "c1"])
    if name != "lite.xml":
        replies = [element.get("ref") for element in etree.fromstring(answer.data).iter(f"{THR}in-reply-to")]
        assert replies == [parsed.entries[1].id, "tag:reader.invalid,2026:article/rain"]


def test_the_feeds_of_articles_lead_to_the_comments_and_count_them(site, store):
    say(store, "写得好", mode=OPEN)
    client = site.test_client()
    rss = etree.fromstring(client.get("/feed.xml").data)
    found = {item.findtext("title"): item for item in rss.iter("item")}
    wfw, slash = "{http://wellformedweb.org/CommentAPI/}", "{http://purl.org/rss/1.0/modules/slash/}"
    assert [found[title].findtext(f"{slash}comments") for title in ("大雨", "晴")] == ["1", "0"]
    assert found["大雨"].findtext(f"{wfw}commentRss").endswith("/a/rain/comments/feed.xml")
    assert found["大雨"].findtext("comments").endswith("/a/rain/comments")
    atom = etree.fromstring(client.get("/atom.xml").data)
    ATOM_SCHEMA.assertValid(atom)
    counts = {
        link.get("href"): link.get(f"{THR}count") for link in atom.iter("{*}link") if link.get("rel") == "replies"
    }
    assert sorted(filter(None, counts.values())) == ["0", "1"]


@pytest.fixture
def command(settings, runner, drop, tmp_path):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨，河水上涨。")
    env = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance), "LANG": "C.UTF-8"}
    return lambda *arguments: runner.invoke(main, ["comments", *map(str, arguments)], env=env)


@pytest.mark.parametrize("name", EXPORTS)
def test_comments_of_other_programs_are_imported_once_below_their_articles(command, tmp_path, settings, name):
    path, content = tmp_path / "export", EXPORTS[name]
    if callable(content):
        content(path)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    first, again = command("import", path), command("import", path)
    assert (first.exit_code, "2 comments imported" in first.output) == (0, True), first.output
    assert "2 were imported before" in again.output
    kept = json.loads(command("export").stdout)["comments"]
    assert [(c["article"], c["name"], c["reply_to"]) for c in kept] == [("rain", "张三", 0), ("rain", "李四", 1)]


def test_an_export_is_imported_by_an_empty_site(command, tmp_path, settings):
    path = tmp_path / "comments.json"
    path.write_text(json.dumps(EXPORTS["Reader"]), "utf-8")
    command("import", path)
    out = tmp_path / "out.json"
    assert command("export", out).exit_code == 0
    settings.instance.with_name("data").rename(tmp_path / "old")
    assert "2 comments imported" in command("import", out).output
    assert command("export").stdout == out.read_text("utf-8")


def test_an_export_keeps_what_the_paper_said_and_what_was_withdrawn_and_is_known_at_home(
    command, tmp_path, settings, site, store
):
    first = say(store, "第一条评论", mode=OPEN)
    say(store, "回复", reply_to=first.id, mode=OPEN)
    store.answer(first.id, Submission("河北新闻网", "谢谢"), "周琳", datetime.now(UTC))
    with store.state.writing() as connection:
        withdraw(connection, first, datetime.now(UTC))
    out = tmp_path / "out.json"
    assert command("export", out).exit_code == 0
    assert "3 were imported before" in command("import", out).output
    store.state.close()
    settings.instance.with_name("data").rename(tmp_path / "old")
    assert "3 comments imported" in command("import", out).output
    assert command("export").stdout == out.read_text("utf-8")


def test_comments_without_an_article_are_named(command, tmp_path):
    path = tmp_path / "twikoo.json"
    path.write_text(
        json.dumps([{"_id": "1", "nick": "甲", "url": "/gone/", "created": 1542940800000, "comment": "好"}]), "utf-8"
    )
    result = command("import", path)
    assert (result.exit_code, "/gone/" in result.stderr) == (1, True)
    assert command("import").exit_code == 2


def test_a_static_site_has_no_forms_of_comments(tmp_path, settings, runner, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    env = {
        "READER_ARTICLES": str(settings.articles),
        "READER_INSTANCE": str(settings.instance),
        "READER_COMMENTS": "open",
    }
    result = runner.invoke(main, ["export", "--all", "-o", str(tmp_path / "public")], env=env)
    assert result.exit_code == 0, result.output
    page = lxml.html.parse(str(tmp_path / "public/a/rain/index.html"))
    assert not [link for link in page.iter("a") if "/comments" in (link.get("href") or "")]
