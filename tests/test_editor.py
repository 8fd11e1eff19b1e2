"""The editor: requires the token, accepts only its own forms (CSRF), saves an article file."""

from __future__ import annotations

import html as html_text
import re
import shutil
import sys
from dataclasses import replace

import pytest
from long_forms import few

from reader.app import create_app
from reader.editing import child_requests
from reader.errors import BadSetting
from reader.formats import read_draft
from reader.services import build_services
from reader.settings import Settings
from reader.web.editor import editor_previews, editor_session

TOKEN = "a long secret of the house"
TEXT = """新闻>>本地
沿河步道开放
2018-11-23 10:40:00 来源:晨报
市园林局介绍，沿河步道全长七公里，沿途设有观鸟亭六座，市民可以免费入园。
明年还将在下游再建两处，届时全线可贯通骑行。
责任编辑:周琳
"""


def app_with(settings, token: str):
    settings.articles.mkdir(parents=True, exist_ok=True)
    services = build_services(replace(settings, editor_token=token))
    services.library.scan_all()
    return create_app(services)


@pytest.fixture
def client(settings):
    return app_with(settings, TOKEN).test_client()


@pytest.fixture
def editor(client):
    """A client that has logged in."""
    assert client.post("/editor/login", data={"token": TOKEN}).status_code == 303
    return client


def csrf_token_in(page: str) -> str:
    return re.search(r'name=csrf_token value="([0-9a-f]{64})"', page)[1]


def fields_in(page: str) -> dict[str, str]:
    """The form fields that a browser would send."""
    inputs = re.findall(r'<input [^>]*name=(\w+)[^>]* value="([^"]*)"', page)
    body = re.search(r"<textarea id=body [^>]*>(.*?)</textarea>", page, re.DOTALL)[1]
    return {name: html_text.unescape(value).strip() for name, value in [*inputs, ("body", body)]}


def sheet_of(editor, text: str = TEXT) -> str:
    desk = editor.get("/editor/new").text
    answer = editor.post("/editor/preview", data={"csrf_token": csrf_token_in(desk), "text": text})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_without_a_token_there_is_no_such_page(settings):
    client = app_with(settings, "").test_client()
    assert client.get("/editor").status_code == 404
    assert client.post("/editor/login", data={"token": ""}).status_code == 404


def test_who_has_not_logged_in_sees_only_the_question_for_the_token(client):
    page = client.get("/editor").text
    assert "type=password" in page
    assert "<textarea" not in page
    assert client.post("/editor/login", data={"token": "guess"}).status_code == 403


def test_the_session_cookie_is_kept_from_scripts_other_sites_and_other_pages(client):
    cookie = client.post("/editor/login", data={"token": TOKEN}, base_url="https://news.example").headers["Set-Cookie"]
    for attribute in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/editor"):
        assert attribute in cookie
    assert TOKEN not in cookie


@pytest.mark.parametrize("path", ["/editor/preview", "/editor/save", "/editor/logout"])
def test_a_form_without_the_csrf_token_of_its_session_is_refused(editor, path, settings):
    for word in ("", "0" * 64):
        assert editor.post(path, data={"csrf_token": word, "title": "x", "body": TEXT, "text": TEXT}).status_code == 403
    assert list(settings.articles.rglob("*")) == []


def test_a_csrf_token_of_another_session_is_refused(editor, settings):
    other = app_with(settings, TOKEN).test_client()
    other.post("/editor/login", data={"token": TOKEN})
    stolen = csrf_token_in(other.get("/editor").text)
    assert editor.post("/editor/preview", data={"csrf_token": stolen, "text": TEXT}).status_code == 403


def test_a_request_that_a_browser_says_comes_from_elsewhere_is_refused(editor):
    word = csrf_token_in(editor.get("/editor").text)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert editor.post("/editor/preview", data={"csrf_token": word, "text": TEXT}, headers=headers).status_code == 403


def test_a_forged_cookie_opens_nothing(client):
    client.set_cookie("editor", "Ind1.aaaa.bbbb", path="/editor")
    assert "type=password" in client.get("/editor").text


def test_no_answer_is_kept_by_caches_or_may_run_a_script(editor):
    answer = editor.get("/editor")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "<script" not in sheet_of(editor)


def test_pasted_text_is_shown_as_fields_as_source_and_as_a_phone_would(editor):
    page = sheet_of(editor)
    fields = fields_in(page)
    assert (fields["title"], fields["source"], fields["editor"]) == ("沿河步道开放", "晨报", "周琳")
    assert fields["section"] == "新闻 > 本地"
    assert fields["published"] == "2018-11-23 10:40:00"
    assert "观鸟亭六座" in fields["body"]
    phone = html_text.unescape(re.search(r'srcdoc="([^"]*)"', page)[1])
    assert "<h1>沿河步道开放</h1>" in phone
    assert "观鸟亭六座" in phone


@pytest.mark.parametrize(
    "text", ["大雨\n今天下雨。", "大雨\n\n今天下雨", "大雨\n2018-11-23 10:40 来源：晨报\n今天下雨\n责任编辑：周琳"]
)
def test_short_news_of_a_headline_and_a_sentence_is_an_article(editor, settings, text):
    fields = fields_in(sheet_of(editor, text))
    assert (fields["title"], fields["body"].rstrip("。")) == ("大雨", "今天下雨")
    assert editor.post("/editor/save", data=fields | {"published": "2018-11-23"}).status_code == 201
    assert len(list(settings.articles.rglob("*.md"))) == 1


def test_what_was_corrected_is_saved_as_an_article_file(editor, settings):
    fields = fields_in(sheet_of(editor)) | {"title": '步道："七公里"通了', "byline": "赵敏、孙建国"}
    fields["body"] += "\n\n## 须知\n\n请走步道。"
    answer = editor.post("/editor/save", data=fields)
    assert answer.status_code == 201, answer.text
    [path] = list(settings.articles.rglob("*.md"))
    draft = read_draft(".md", path.read_bytes())
    assert (draft.title, draft.byline, draft.section) == ('步道："七公里"通了', ("赵敏", "孙建国"), ("新闻", "本地"))
    assert "<h2>须知</h2>" in draft.body_html
    assert f'href="/a/{path.stem}"' in answer.text


def test_pages_of_pictures_alone_are_not_taken_for_each_other(editor):
    fields = fields_in(sheet_of(editor)) | {"body": "![](missing.jpg)"}  # a picture that is uploaded later

    def status_of(title: str) -> int:
        return editor.post("/editor/save", data=fields | {"title": title}).status_code

    assert [status_of(title) for title in ("第一组照片", "第二组照片", "第一组照片")] == [201, 201, 422]


def test_an_article_that_is_there_already_is_not_saved_twice(editor, settings):
    fields = fields_in(sheet_of(editor))
    assert editor.post("/editor/save", data=fields).status_code == 201
    answer = editor.post("/editor/save", data=fields)
    assert answer.status_code == 422
    assert "沿河步道开放.md" in answer.text
    assert len(list(settings.articles.rglob("*.md"))) == 1


def test_a_field_that_cannot_be_is_told_and_nothing_typed_is_lost(editor, settings):
    fields = fields_in(sheet_of(editor)) | {"published": "23/11", "tags": "步道、候鸟"}
    answer = editor.post("/editor/save", data=fields)
    assert answer.status_code == 422
    assert "23/11" in answer.text
    assert fields_in(answer.text) == fields
    assert list(settings.articles.rglob("*.md")) == []


def test_an_address_in_our_own_network_is_not_fetched_for_the_editor(editor):
    word = csrf_token_in(editor.get("/editor").text)
    for address in ("http://127.0.0.1:1/", "http://localhost/", "file:///etc/passwd"):
        answer = editor.post("/editor/preview", data={"csrf_token": word, "address": address})
        assert answer.status_code == 422
        assert html_text.escape(address) in answer.text


def test_a_pasted_page_keeps_the_address_it_came_from(editor, settings):
    page = f"<html><h1>沿河步道开放</h1><div>{'<p>全长七公里，市民可以免费入园，<a href=/zt>详情</a>在此。</p>' * 3}</div></html>"
    sent = {
        "csrf_token": csrf_token_in(editor.get("/editor").text),
        "text": page,
        "address": "https://news.example/2018/a.html",
    }
    fields = fields_in(editor.post("/editor/preview", data=sent).text)
    assert "](https://news.example/zt)" in fields["body"]
    assert editor.post("/editor/save", data=fields | {"published": "2018-11-23"}).status_code == 201
    assert "# imported from https://news.example/2018/a.html" in next(settings.articles.rglob("*.md")).read_text(
        "utf-8"
    )


def test_hostile_text_does_nothing(editor, settings):
    page = sheet_of(
        editor,
        TEXT.replace("沿河步道开放", '步道"><script>alert(1)</script>') + "<img src=x onerror=alert(1)>市民说很好。\n",
    )
    assert "<script>alert" not in page
    assert "<img" not in html_text.unescape(re.search(r'srcdoc="([^"]*)"', page)[1])


def test_a_token_that_can_be_guessed_is_refused():
    with pytest.raises(BadSetting) as refusal:
        Settings.from_environ({"READER_EDITOR_TOKEN": "secret"})
    assert "12" in str(refusal.value)
    assert "a long secret" not in repr(Settings(editor_token=TOKEN))


def test_logging_out_closes_the_desk(editor):
    editor.post("/editor/logout", data={"csrf_token": csrf_token_in(editor.get("/editor").text)})
    assert "type=password" in editor.get("/editor").text


SPIN = "import sys\nfor line in sys.stdin:\n    while len(line) > 1: pass\n    print('', flush=True)"
EAT = "import sys\nfor line in sys.stdin:\n    if len(line) > 1: bytearray(2 * 10 ** 9)\n    print('', flush=True)"
HOSTILE_PASTES = {
    "a table of 14 KB": "题\n\n|" + "a|" * 120 + "\n|" + "-|" * 120 + "\n" + ("|" * 60 + "\n") * 220,
    "unclosed brackets": "题\n\n" + "[" * 200_000,
    "bylines without end": "题\n\n" + "（记者" * 60_000,
    "nested elements": "<h1>题</h1>" + "<div>" * 20_000 + "今天下雨。" * 30 + "</div>",
    "nested quotations": "题\n\n" + ">" * 100_000 + "今天下雨。",
    "equals signs": "题\n\n" + "=" * 200_000,
    "one long line": "题\n\n" + "今天下雨" * 50_000,
    "control characters": "题\n\n\x00\x01\ufffe\u202e今天下雨，河水上涨。\x7f",
}


@pytest.mark.parametrize("text", HOSTILE_PASTES.values(), ids=list(HOSTILE_PASTES))
def test_whatever_is_pasted_is_answered_and_stays_in_the_page(editor, text):
    word = csrf_token_in(editor.get("/editor").text)
    answer = editor.post("/editor/preview", data={"csrf_token": word, "text": text})
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert "class=problem" in answer.text
        assert html_text.unescape(re.search(r"<textarea id=text [^>]*>(.*?)</textarea>", answer.text, re.DOTALL)[1])


@pytest.mark.parametrize(("program", "told"), few([(SPIN, "READ_TIMEOUT_SECONDS"), (EAT, "READ_MEMORY_MB")]))
def test_a_text_that_takes_too_much_is_a_message_and_nothing_typed_is_lost(settings, monkeypatch, program, told):
    monkeypatch.setattr(child_requests, "COMMAND", (sys.executable, "-c", program))
    limited = replace(settings, read_timeout_seconds=1, read_memory_mb=400)
    editor = app_with(limited, TOKEN).test_client()
    editor.post("/editor/login", data={"token": TOKEN})
    word = csrf_token_in(editor.get("/editor").text)
    first = editor.post("/editor/preview", data={"csrf_token": word, "text": TEXT, "address": "https://a.example/"})
    assert (first.status_code, told in first.text) == (422, True)
    assert html_text.escape(TEXT.strip()) in first.text
    assert "https://a.example/" in first.text
    fields = {"csrf_token": word, "title": "步道", "body": "全长七公里。", "tags": "步道、候鸟"}
    for path in ("/editor/preview", "/editor/save"):
        later = editor.post(path, data=fields)
        assert (later.status_code, told in later.text) == (422, True)
        assert fields_in(later.text).items() >= fields.items()
    assert list(settings.articles.rglob("*.md")) == []


def test_while_others_are_served_the_next_is_told_to_wait_and_keeps_its_text(editor, monkeypatch):
    monkeypatch.setattr(editor_previews, "PATIENCE_SECONDS", 0.01)
    word = csrf_token_in(editor.get("/editor").text)
    with editor_previews.CHILD_SLOTS, editor_previews.CHILD_SLOTS:
        first = editor.post("/editor/preview", data={"csrf_token": word, "text": TEXT})
        later = editor.post("/editor/save", data={"csrf_token": word, "title": "步道", "body": "全长七公里。"})
    assert (first.status_code, later.status_code) == (503, 503)
    assert html_text.escape(TEXT.strip()) in first.text
    assert fields_in(later.text)["body"] == "全长七公里。"


def test_a_form_that_is_too_large_is_told_as_that(editor):
    answer = editor.post("/editor/preview", data={"text": "a" * (editor_session.LARGEST_FORM_BYTES + 1)})
    assert (answer.status_code, "文本过大" in answer.text) == (413, True)
    assert editor.post("/preferences", data={"size": "a" * 200_000}).status_code == 413


def test_no_session_outlives_the_instance_folder(settings, client):
    """Else one that was logged out would be valid again, as the mark of its end is gone."""
    client.post("/editor/login", data={"token": TOKEN})
    assert "type=password" not in client.get("/editor").text
    shutil.rmtree(settings.instance)
    assert "type=password" in client.get("/editor").text
    client.post("/editor/login", data={"token": TOKEN})
    assert "type=password" not in client.get("/editor").text


def test_whoever_has_not_logged_in_cannot_send_a_form_that_takes_long_to_read(client):
    assert client.post("/editor/login", data={"token": TOKEN, "x": "y" * 20_000}).status_code == 413
    assert client.post("/editor/login", data={"token": TOKEN}).status_code == 303
