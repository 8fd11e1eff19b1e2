"""The editor's desk: articles are listed, opened, changed, saved back to their files, deleted and restored."""

from __future__ import annotations

import html as html_text
import io
import json
import os
import re
import tempfile
import threading
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image
from test_atomic_files import no_room_beyond
from werkzeug.datastructures import FileStorage
from werkzeug.test import create_environ, encode_multipart, run_wsgi_app

from reader.app import create_app
from reader.editing import article_files, trash
from reader.services import build_services
from reader.web.middleware.access_log import AccessLog

TOKEN = "a long secret of the house"
RAIN = """---
# kept as it is
title: 大雨
published: 2026-05-01 06:00
weird: {a: 1}   # unknown
tags:
  - 天气
---

今天下雨。
"""


class Desk:
    """An editor who has logged in, over a folder of articles."""

    def __init__(self, settings, environ: dict[str, str] | None = None) -> None:
        self.settings = replace(settings, editor_token=TOKEN)
        settings.articles.mkdir(parents=True, exist_ok=True)
        self.services = build_services(self.settings)
        self.app = create_app(self.services)
        self.scan()
        self.client = self.log_in()

    def log_in(self):
        client = self.app.test_client()
        assert client.post("/editor/login", data={"token": TOKEN}).status_code == 303
        return client

    def scan(self) -> None:
        """Reads the folder. What was just saved counts as written some time ago."""
        for path in self.settings.articles.rglob("*.*"):
            if path.is_file():
                os.utime(path, (1_700_000_000, 1_700_000_000))
        self.services.library.scan_all()

    def put(self, path: str, text: str | bytes) -> None:
        place = self.settings.articles / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        self.scan()

    def bytes_of(self, path: str) -> bytes:
        return (self.settings.articles / path).read_bytes()

    def page(self, path: str, more: str = "") -> str:
        answer = self.client.get(f"/editor/article?path={quote(path)}{more}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def fields(self, path: str, more: str = "") -> dict[str, str]:
        return fields_in(self.page(path, more))

    def post(self, action: str, data: dict[str, object], client=None):
        return (client or self.client).post(f"/editor/article/{action}", data=data)


def fields_in(page: str) -> dict[str, str]:
    """What a browser would send of the form of the article."""
    form = page[page.index("<form class=sheet") :]
    found = dict(re.findall(r'<input [^>]*name=(\w+) value="([^"]*)"', form))
    found |= dict.fromkeys(re.findall(r"<input type=checkbox name=(\w+) value=1 checked", form), "1")
    found |= dict(re.findall(r"<textarea id=\w+ name=(\w+) [^>]*>\n(.*?)</textarea>", form, re.DOTALL))
    return {name: html_text.unescape(value) for name, value in found.items() if name not in ("picture", "caption")}


def picture(colour: str = "red", form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, form)
    return out.getvalue()


@pytest.fixture
def desk(settings) -> Desk:
    return Desk(settings)


# -- list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_published_scheduled_drafted_and_at_fault(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    desk.put("2026-05-01/later.md", "---\ntitle: 明天见\npublished: 2199-01-01\n---\n\n文。\n")
    desk.put("2026-05-01/draft.md", "---\ntitle: 草稿一\ndraft: true\n---\n\n文。\n")
    desk.put("2026-05-01/broken.md", "---\ntitle: [\n---\n\n文。\n")
    page = desk.client.get("/editor").text
    for text in ("大雨", "明天见", "草稿一", "2026-05-01/broken.md"):
        assert text in page
    shown = {
        state: desk.client.get(f"/editor?state={state}").text
        for state in ("published", "scheduled", "draft", "problem")
    }
    for state, text in (("published", "大雨"), ("scheduled", "明天见"), ("draft", "草稿一"), ("problem", "broken.md")):
        assert [name for name, page in shown.items() if text in page] == [state]


def test_words_find_titles_and_file_names(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    desk.put("2026-05-01/wind.md", "# 台风登陆\n\n文。\n")
    assert "台风登陆" not in desk.client.get("/editor?q=大雨").text
    assert "台风登陆" in desk.client.get("/editor?q=WIND").text


def test_the_list_is_paged_and_no_article_is_on_two_pages(desk):
    for n in range(120):
        place = desk.settings.articles / "2026-05-01" / f"n{n:03}.md"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"# 第{n:03}篇\n\n文。\n", "utf-8")
        os.utime(place, (1_700_000_000, 1_700_000_000))
    desk.scan()
    address, found = "/editor", []
    while address:
        page = desk.client.get(address).text
        found += re.findall(r">(第\d+篇)</a>", page)
        more = re.search(r'<a href="([^"]*)" rel=next', page)
        address = html_text.unescape(more[1]) if more else ""
    assert (len(found), len(set(found))) == (120, 120)


def test_a_wrong_place_in_the_list_begins_anew(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    for after in ("x", "[1]", '["a","b"]', '[1e999,"x"]', '[1, "\\ud800"]', "\x00"):
        assert "大雨" in desk.client.get(f"/editor?after={quote(after)}").text or after.startswith("[1e")


# -- open and save ------------------------------------------------------------------------------------------------


def test_a_changed_field_changes_its_line_and_nothing_else(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    assert (fields["title"], fields["tags"], fields["body"]) == ("大雨", "天气", "\n今天下雨。\n")
    answer = desk.post("save", fields | {"title": '暴雨："红色"预警', "top": "1"})
    assert answer.status_code == 303, answer.text
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN.replace("大雨", '"暴雨：\\"红色\\"预警"').replace(
        "  - 天气\n", "  - 天气\ntop: true\n"
    )


def test_saving_without_a_change_leaves_the_file_untouched(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    before = (desk.settings.articles / "2026-05-01/rain.md").stat()
    assert desk.post("save", desk.fields("2026-05-01/rain.md")).status_code == 303
    after = (desk.settings.articles / "2026-05-01/rain.md").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize(
    ("codec", "newline"),
    [("utf-8-sig", "\r\n"), ("gb18030", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r"), ("big5", "\r\n")],
)
def test_encoding_line_ends_and_mode_stay(desk, codec, newline):
    text = RAIN.replace("大雨", "颱風登陸") if codec == "big5" else RAIN
    text = text.replace(
        "今天下雨。",
        "今天下雨，河水上漲，市民請勿外出，學校停課一天。" if codec == "big5" else "今天下雨，河水上涨，学校停课。",
    )
    desk.put("2026-05-01/rain.md", text.replace("\n", newline).encode(codec))
    place = desk.settings.articles / "2026-05-01/rain.md"
    place.chmod(0o640)
    fields = desk.fields("2026-05-01/rain.md")
    body = fields["body"] + "\n明天也下雨。\n"
    assert desk.post("save", fields | {"body": body.replace("\n", "\r\n")}).status_code == 303
    assert place.read_bytes() == (text + "\n明天也下雨。\n").replace("\n", newline).encode(codec)
    assert place.stat().st_mode & 0o777 == 0o640


def test_line_ends_of_several_kinds_stay_in_the_lines_that_stay(desk):
    desk.put("2026-05-01/rain.md", "# 大雨\r\n\n一。\r\n\n二。\n\r\n三。\n")
    fields = desk.fields("2026-05-01/rain.md")
    assert "换行" in desk.page("2026-05-01/rain.md")
    desk.post("save", fields | {"body": fields["body"].replace("二", "贰")})
    assert desk.bytes_of("2026-05-01/rain.md").decode() == "# 大雨\r\n\n一。\r\n\n贰。\n\r\n三。\n"


def test_a_text_that_the_encoding_cannot_hold_is_saved_as_utf_8_and_told(desk):
    text = RAIN.replace("大雨", "颱風登陸").replace("今天下雨。", "今天下雨，河水上漲，市民請勿外出，學校停課一天。")
    desk.put("2026-05-01/rain.md", text.encode("big5"))
    fields = desk.fields("2026-05-01/rain.md")
    answer = desk.post("save", fields | {"body": fields["body"] + "😀\n"})
    assert (answer.status_code, "UTF-8" in answer.text) == (200, True)
    assert "😀" in desk.bytes_of("2026-05-01/rain.md").decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", '+++\ntitle = "大雨"\n+++\n\n今天下雨。\n'),
        ("a.md", '{"title": "大雨"}\n\n今天下雨。\n'),
        ("a.md", "Title: 大雨\nDate: 2026-05-01\n\n今天下雨。\n"),
        ("a.md", "---\n{title: 大雨, draft: false}\n---\n\n今天下雨。\n"),
        ("a.rst", "大雨\n====\n\n今天下雨。\n"),
        ("a.txt", "大雨\n2026-05-01 06:00\n\n今天下雨。明天也下雨。\n"),
        ("a.html", "<!DOCTYPE html><title>大雨</title><meta name=date content='2026-05-01'><p>今天下雨。</p>\n"),
        ("a.org", "#+TITLE: 大雨\n\n今天下雨。\n"),
        ("a.adoc", "= 大雨\n\n今天下雨。\n"),
    ],
)
def test_the_whole_text_of_every_text_format_can_be_edited(desk, name, content):
    path = f"2026-05-01/{name}"
    desk.put(path, content)
    fields = desk.fields(path, "&whole=1")
    assert fields["text"] == content
    assert desk.post("save", fields | {"text": content.replace("今天", "明天")}).status_code == 303
    assert desk.bytes_of(path).decode() == content.replace("今天", "明天")


def test_a_field_that_stands_in_the_text_is_told_and_nothing_is_written(desk):
    desk.put("2026-05-01/a.txt", "大雨\n2026-05-01 06:00\n\n今天下雨。明天也下雨。\n")
    answer = desk.post("save", desk.fields("2026-05-01/a.txt") | {"title": "暴雨"})
    assert (answer.status_code, "title" in answer.text) == (422, True)
    assert fields_in(answer.text)["title"] == "暴雨"
    assert desk.bytes_of("2026-05-01/a.txt").decode().startswith("大雨\n")


def test_fields_of_toml_are_edited_and_the_rest_of_the_file_stays(desk):
    text = '+++\n# kept\ntitle = "大雨" # too\nweird = {a=1}\n+++\n\n今天下雨。\n'
    desk.put("2026-05-01/rain.md", text)
    fields = desk.fields("2026-05-01/rain.md")
    assert desk.post("save", fields | {"title": "暴雨", "comments_closed": "1"}).status_code == 303
    expected = text.replace("大雨", "暴雨").replace("1}\n", '1}\ncomments = "closed"\n')
    assert desk.bytes_of("2026-05-01/rain.md").decode() == expected
    assert desk.fields("2026-05-01/rain.md")["comments_closed"] == "1"


def test_the_heading_that_is_the_title_is_changed_in_its_place(desk):
    desk.put("2026-05-01/a.md", "# 大雨\n\n今天下雨。\n")
    assert desk.post("save", desk.fields("2026-05-01/a.md") | {"title": "暴雨"}).status_code == 303
    assert desk.bytes_of("2026-05-01/a.md").decode() == "# 暴雨\n\n今天下雨。\n"


def test_a_file_with_a_problem_can_be_repaired_as_a_whole(desk):
    desk.put("2026-05-01/a.md", "---\ntitle: [\n---\n\n今天下雨。\n")
    page = desk.page("2026-05-01/a.md")
    assert "class=problem" in page
    fields = fields_in(page)
    assert desk.post("save", fields | {"text": fields["text"] + "还是坏的。\n"}).status_code == 422
    repaired = fields | {"text": fields["text"].replace("[", "大雨")}
    assert desk.post("save", repaired).status_code == 409  # nobody has seen it yet
    assert desk.post("save", repaired | {"publish": "1"}).status_code == 303
    assert desk.bytes_of("2026-05-01/a.md").decode() == "---\ntitle: 大雨\n---\n\n今天下雨。\n"


def test_a_correction_note_gets_the_time_and_stands_with_those_before(desk):
    desk.put("2026-05-01/rain.md", RAIN.replace("tags:", "corrections: [2026-05-01 07:00 改了一个字]\ntags:"))
    fields = desk.fields("2026-05-01/rain.md")
    assert fields["corrections"] == "2026-05-01 07:00 改了一个字"
    assert desk.post("save", fields | {"correction": "时间由6时改为7时"}).status_code == 303
    desk.scan()
    page = desk.client.get("/a/rain").text
    assert "改了一个字" in page
    assert "时间由6时改为7时" in page


def test_a_draft_box_a_date_to_come_and_a_slug_are_saved(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    desk.post(
        "save", desk.fields("2026-05-01/rain.md") | {"draft": "1", "published": "2199-01-01 06:00", "slug": "storm"}
    )
    desk.scan()
    assert desk.client.get("/a/rain").status_code in (404, 410)
    fields = desk.fields("2026-05-01/rain.md")
    assert (fields["draft"], fields["slug"], fields["published"]) == ("1", "storm", "2199-01-01 06:00:00")
    fields.pop("draft")
    desk.post("save", fields)
    desk.scan()
    assert "storm" not in desk.bytes_of("2026-05-01/rain.md").decode().split("slug")[0]
    assert "大雨" in desk.client.get("/editor?state=scheduled").text


# -- two at once --------------------------------------------------------------------------------------------------


def test_a_file_that_changed_meanwhile_is_not_overwritten_and_both_versions_are_shown(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    mine = desk.fields("2026-05-01/rain.md") | {"body": "\n今天下雨，我的版本。\n"}
    desk.put("2026-05-01/rain.md", RAIN.replace("今天下雨。", "今天下雨，别人的版本。"))
    answer = desk.post("save", mine)
    assert answer.status_code == 409
    assert "别人的版本" in answer.text.split("<form class=sheet")[0]
    assert "<del>- 今天下雨，别人的版本。</del>" in answer.text
    assert "<ins>+ 今天下雨，我的版本。</ins>" in answer.text
    assert "别人的版本" in desk.bytes_of("2026-05-01/rain.md").decode()
    assert desk.post("save", fields_in(answer.text)).status_code == 303
    assert "我的版本" in desk.bytes_of("2026-05-01/rain.md").decode()


def test_what_is_compared_is_the_file_that_is_replaced_though_the_folder_was_switched(desk):
    """A deploy switches the link to the articles while the editor's text is being read."""
    first, second = (desk.settings.articles.with_name(name) for name in ("first", "second"))
    desk.settings.articles.rename(first)
    second.mkdir()
    (first / "rain.md").write_text(RAIN, "utf-8")
    (second / "rain.md").write_text("# 新的\n\n新的。\n", "utf-8")
    desk.settings.articles.symlink_to("first")
    file = article_files.find_file(desk.settings, "rain.md")
    desk.settings.articles.unlink()
    desk.settings.articles.symlink_to("second")
    digest = article_files.digest_of(RAIN.encode())
    with pytest.raises(article_files.FileChanged):
        article_files.replace_file(desk.settings, file, digest, b"# x\n")
    with pytest.raises(article_files.FileChanged):
        trash.delete(desk.settings, file, digest)
    assert (second / "rain.md").read_text("utf-8") == "# 新的\n\n新的。\n"


def test_of_many_who_save_at_once_one_is_written_and_the_others_are_told(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields, statuses = desk.fields("2026-05-01/rain.md"), []
    cookie = desk.client.get_cookie("editor", path="/editor").value

    def save(n: int) -> None:
        client = desk.app.test_client()
        client.set_cookie("editor", cookie, path="/editor")
        answer = desk.post("save", fields | {"body": f"\n第{n}个版本。\n"}, client)
        statuses.append((answer.status_code, n))

    threads = [threading.Thread(target=save, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [n for status, n in statuses if status == 303]
    assert (len(winners), {status for status, _ in statuses}) == (1, {303, 409})
    assert f"第{winners[0]}个版本" in desk.bytes_of("2026-05-01/rain.md").decode()


def test_a_file_that_was_deleted_meanwhile_is_told_and_what_was_typed_stays(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    (desk.settings.articles / "2026-05-01/rain.md").unlink()
    answer = desk.post("save", fields | {"body": "\n写了很久的字。\n"})
    assert (answer.status_code, fields_in(answer.text)["body"]) == (404, "\n写了很久的字。\n")
    assert (
        desk.post(
            "save", {"csrf_token": fields["csrf_token"], "path": fields["path"], "digest": fields["digest"]}
        ).status_code
        == 400
    )


def test_no_temporary_file_stays_when_the_disk_refuses(desk, monkeypatch):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md") | {"body": "\n新。\n"}

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(article_files.os, "fsync", full)
    answer = desk.post("save", fields)
    assert (answer.status_code, "No space left" in answer.text) == (503, True)
    assert fields_in(answer.text)["body"] == "\n新。\n"
    assert [path.name for path in (desk.settings.articles / "2026-05-01").iterdir()] == ["rain.md"]
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN


# -- refused ------------------------------------------------------------------------------------------------------

NOT_ARTICLES = [
    "", ".", "..", "../secret.md", "/etc/passwd", "2026-05-01/../../secret.md", "2026-05-01//rain.md", ".trash/a.md",
    "2026-05-01/link.md", "outside/secret.md", "2026-05-01/rain.png", "_site/site.yaml", "2026-05-01/_private.md",
    "2026-05-01/rain.md/", "a\x00.md", "2026-05-01/pipe.md", "x" * 10_000, "2026-05-01/rain.md\n",
]  # fmt: skip


@pytest.mark.parametrize("path", NOT_ARTICLES)
def test_no_path_leads_to_anything_but_an_article(desk, path, tmp_path):
    desk.put("2026-05-01/rain.md", RAIN)
    secret = desk.settings.articles.parent / "secret.md"
    secret.write_text("# 秘密\n\n不给看。\n", "utf-8")
    folder = desk.settings.articles / "2026-05-01"
    (folder / "link.md").symlink_to(secret)
    (desk.settings.articles / "outside").symlink_to(secret.parent, target_is_directory=True)
    (folder / "_private.md").write_text("# 私\n\n文。\n", "utf-8")
    (folder / "rain.png").write_bytes(picture())
    os.mkfifo(folder / "pipe.md")
    good = desk.fields("2026-05-01/rain.md")
    assert desk.client.get(f"/editor/article?path={quote(path)}").status_code == 404
    for action in ("preview", "save", "picture", "delete"):
        answer = desk.post(action, good | {"path": path})
        assert (answer.status_code, "不给看" in answer.text) in ((404, False), (422, False)), action
    assert "不给看" in secret.read_text("utf-8")
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN


@pytest.mark.parametrize(
    "action", ["article/preview", "article/save", "article/picture", "article/delete", "trash/restore"]
)
def test_a_form_of_nobody_or_of_another_site_is_refused(desk, action):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    stranger = desk.app.test_client()
    assert stranger.post(f"/editor/{action}", data=fields).status_code == 403
    assert desk.client.post(f"/editor/{action}", data=fields | {"csrf_token": "0" * 64}).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert desk.client.post(f"/editor/{action}", data=fields, headers=elsewhere).status_code == 403
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN


@pytest.mark.parametrize("path", ["/editor/new", "/editor/trash", "/editor/article?path=2026-05-01/rain.md"])
def test_who_has_not_logged_in_is_sent_to_the_login(desk, path):
    answer = desk.app.test_client().get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/editor")


def test_a_session_id_that_a_visitor_brings_along_is_not_the_one_of_the_login(desk):
    client = desk.app.test_client()
    stranger = desk.log_in().get_cookie("editor", path="/editor").value
    client.set_cookie("editor", stranger, path="/editor")
    client.post("/editor/login", data={"token": TOKEN})
    assert client.get_cookie("editor", path="/editor").value != stranger


def test_no_other_site_can_log_somebody_in(desk):
    stranger = desk.app.test_client()
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert stranger.post("/editor/login", data={"token": TOKEN}, headers=elsewhere).status_code == 403
    assert stranger.get_cookie("editor", path="/editor") is None


def test_only_the_server_can_read_what_signs_sessions(desk):
    key, stranger = desk.settings.instance / "session.key", desk.app.test_client()
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    assert stranger.get("/editor").status_code == 200
    assert not key.exists()  # only who logs in causes a file
    before = set(key.parent.iterdir())
    with no_room_beyond(10):
        assert stranger.post("/editor/login", data={"token": TOKEN}).status_code == 503
        stranger.set_cookie("editor", "x", path="/editor")
        assert stranger.get("/editor").status_code == 200
    assert set(key.parent.iterdir()) <= before


def test_logging_out_on_all_devices_ends_every_session(desk):
    other = desk.log_in()
    page = desk.client.get("/editor").text
    word = re.search(r'name=csrf_token value="([0-9a-f]+)"', page)[1]
    desk.client.post("/editor/logout", data={"csrf_token": word, "everywhere": "1"})
    assert "type=password" in other.get("/editor").text
    assert "type=password" not in desk.log_in().get("/editor").text


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'


def test_nothing_in_any_field_or_name_runs_on_the_desk(desk):
    name = "<img src=x onerror=alert(1)>.md"
    fields = "".join(
        f"{field}: {EVIL!r}\n" for field in ("kicker", "subtitle", "source", "editor", "summary", "byline")
    )
    desk.put(f"2026-05-01/{name}", f"---\ntitle: {EVIL!r}\n{fields}corrections: [{EVIL!r}]\n---\n\n文{EVIL}。\n")
    desk.put("2026-05-01/broken.md", f"---\ndraft: {EVIL!r}\n---\n\n文。\n")
    pages = [desk.client.get("/editor").text, desk.client.get(f"/editor?q={quote(EVIL)}&state={quote(EVIL)}").text]
    pages += [
        desk.page(f"2026-05-01/{name}"),
        desk.page(f"2026-05-01/{name}", "&whole=1"),
        desk.page("2026-05-01/broken.md"),
    ]
    sent = desk.fields(f"2026-05-01/{name}")
    pages.append(desk.post("preview", sent).text)
    pages.append(desk.post("save", sent | {"digest": EVIL}).text)
    pages.append(desk.post("delete", sent).text + desk.client.get("/editor/trash").text)
    pages.append(
        desk.client.get(f"/editor?token={quote(EVIL)}").text
        + desk.app.test_client().get(f"/editor?token={quote(EVIL)}").text
    )
    for page in pages:
        assert "<script" not in page
        assert "<img src=x" not in page
        phones = map(html_text.unescape, re.findall(r'srcdoc="([^"]*)"', page))
        assert not any(
            "<script" in phone or "onerror=alert" in phone.replace("&lt;img src=x onerror=alert", "")
            for phone in phones
        )


def test_a_huge_form_is_refused_before_it_is_read(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    assert desk.post("save", fields | {"body": "a" * 9_000_000}).status_code == 413
    assert desk.post("save", fields | {"body": "a" * 2_500_000}).status_code == 422  # larger than an article may be


# -- pictures -----------------------------------------------------------------------------------------------------


def test_an_uploaded_picture_lies_beside_the_article_and_shows_with_its_caption(desk, monkeypatch):
    """No folder for temporary files is needed: it may be full, or read-only in a container."""
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    large = FileStorage(io.BytesIO(picture() + bytes(600_000)), "../../x.php")
    upload = {"picture": large, "caption": "河边[一]"}
    boundary, content = encode_multipart(fields | upload)
    kind = f"multipart/form-data; boundary={boundary}"
    with monkeypatch.context() as without_temporary_files:
        without_temporary_files.setattr(tempfile, "tempdir", "/nonexistent")
        answer = desk.client.post("/editor/article/picture", data=content, content_type=kind)
    assert answer.status_code == 200, answer.text
    sent = fields_in(answer.text)
    assert re.search(r"!\[河边\\\[一\\\]\]\(rain/[0-9a-f]{12}\.png\)", sent["body"])
    phone = html_text.unescape(re.search(r'srcdoc="([^"]*)"', answer.text)[1])
    address = re.search(r'srcset="?(/preview/media/[^ ",]+)', phone)[1]
    with desk.app.test_client().get(address) as shown:
        assert (shown.status_code, shown.mimetype.startswith("image/")) == (200, True)
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN
    desk.post("save", sent)
    desk.scan()
    page = desk.client.get("/a/rain").text
    assert "<figcaption>河边[一]</figcaption>" in page


def test_a_picture_that_was_chosen_but_not_added_is_saved_too(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    upload = {"picture": (io.BytesIO(picture()), "x.png"), "caption": "河边"}
    assert desk.post("save", desk.fields("2026-05-01/rain.md") | upload).status_code == 303
    text = desk.bytes_of("2026-05-01/rain.md").decode()
    name = re.search(r"!\[河边\]\((rain/[0-9a-f]{12}\.png)\)", text)[1]
    assert desk.bytes_of(f"2026-05-01/{name}") == picture()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_stored(desk, content):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md") | {"body": "\n没保存的字。\n"}
    answer = desk.post("picture", fields | {"picture": (io.BytesIO(content), "x.png")})
    assert answer.status_code == 422
    assert "没保存的字" in fields_in(answer.text)["body"]
    assert [path.name for path in (desk.settings.articles / "2026-05-01").iterdir()] == ["rain.md"]


def test_a_folder_of_pictures_that_is_a_link_is_not_followed(desk, tmp_path):
    desk.put("2026-05-01/rain.md", RAIN)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (desk.settings.articles / "2026-05-01/rain").symlink_to(elsewhere, target_is_directory=True)
    answer = desk.post("picture", desk.fields("2026-05-01/rain.md") | {"picture": (io.BytesIO(picture()), "x.png")})
    assert answer.status_code == 503
    assert list(elsewhere.iterdir()) == []


# -- trash --------------------------------------------------------------------------------------------------------


def test_a_deleted_article_is_in_the_trash_is_not_published_and_comes_back(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    assert desk.post("delete", fields).status_code == 303
    assert not (desk.settings.articles / "2026-05-01/rain.md").exists()
    desk.services.library.accept_removals()
    assert desk.client.get("/a/rain").status_code == 410
    page = desk.client.get("/editor/trash").text
    deleted = re.search(r'name=id value="([^"]+)"', page)[1]
    answer = desk.client.post("/editor/trash/restore", data={"csrf_token": fields["csrf_token"], "id": deleted})
    assert answer.status_code == 303
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN
    desk.scan()
    assert desk.client.get("/a/rain").status_code == 200
    assert "name=id" not in desk.client.get("/editor/trash").text


def test_an_article_in_many_folders_can_be_deleted_and_restored(desk):
    path = f"{'a/' * 100}rain.md"
    desk.put(path, RAIN)
    assert desk.post("delete", desk.fields(path)).status_code == 303
    (deleted,) = trash.deleted_files(desk.settings)
    assert (trash.restore(desk.settings, deleted.id), desk.bytes_of(path).decode()) == (path, RAIN)


def test_no_name_in_the_trash_hides_the_others(desk):
    desk.put("rain.md", RAIN)
    desk.post("delete", desk.fields("rain.md"))
    for time, name in (("20260501T000000Z", os.fsdecode(b"\xff.md")), ("20269999T999999Z", "x.md")):
        folder = desk.settings.articles / ".trash" / f"{time}-{'0' * 16}"
        folder.mkdir()
        (folder / name).write_text("# x\n")
    answer = desk.client.get("/editor/trash")
    assert answer.status_code == 200
    assert "rain.md" in answer.text


def test_an_article_behind_a_link_can_be_deleted_and_restored(desk):
    desk.put(".store/rain.md", RAIN)
    (desk.settings.articles / "rain.md").symlink_to(".store/rain.md")
    desk.scan()
    fields = desk.fields("rain.md")
    assert desk.post("delete", fields).status_code == 303
    (deleted,) = trash.deleted_files(desk.settings)
    assert trash.restore(desk.settings, deleted.id) == "rain.md"
    assert desk.bytes_of("rain.md").decode() == RAIN


def test_restoring_never_replaces_a_file_and_a_changed_one_is_not_deleted(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md")
    desk.put("2026-05-01/rain.md", RAIN + "新的一段。\n")
    assert desk.post("delete", fields).status_code == 409
    assert desk.post("delete", desk.fields("2026-05-01/rain.md")).status_code == 303
    desk.put("2026-05-01/rain.md", RAIN)
    deleted = re.search(r'name=id value="([^"]+)"', desk.client.get("/editor/trash").text)[1]
    answer = desk.client.post("/editor/trash/restore", data={"csrf_token": fields["csrf_token"], "id": deleted})
    assert (answer.status_code, "2026-05-01/rain.md" in answer.text) == (422, True)
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN
    for wrong in ("..", "../x", "20260101T000000Z-0000000000000000", ""):
        assert (
            desk.client.post(
                "/editor/trash/restore", data={"csrf_token": fields["csrf_token"], "id": wrong}
            ).status_code
            == 422
        )


# -- a session that ended while somebody typed ----------------------------------------------------------------------


def kept_in(page: str) -> dict[str, str]:
    """What a browser would send of a page that gives a form back."""
    found = dict(re.findall(r'<input (?:type=hidden|readonly) name="?([\w-]+)"? value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea name="([\w-]+)" rows=16>\n(.*?)</textarea>', page, re.DOTALL))
    return {name: html_text.unescape(value) for name, value in found.items()}


def end_of_session(desk: Desk, how: str) -> None:
    if how == "logged out elsewhere":
        desk.client.post("/editor/logout", data={"csrf_token": desk.fields("2026-05-01/rain.md")["csrf_token"]})
    elif how == "new key":
        (desk.settings.instance / "session.key").unlink()
    elif how == "another token":
        desk.app = create_app(
            replace(desk.services, settings=replace(desk.settings, editor_token="another long secret"))
        )
        old = desk.client.get_cookie("editor", path="/editor").value
        desk.client = desk.app.test_client()
        desk.client.set_cookie("editor", old, path="/editor")
    else:
        desk.client.delete_cookie("editor", path="/editor")


@pytest.mark.parametrize("how", ["logged out elsewhere", "new key", "another token", "cookie expired"])
def test_what_was_typed_when_the_session_ended_is_saved_with_the_token_on_the_same_page(desk, how):
    desk.put("2026-05-01/rain.md", RAIN)
    long_text = "改过的正文“引号”*着重*&amp;。\n\n" * 2000
    typed = desk.fields("2026-05-01/rain.md") | {"title": "暴雨“停”", "body": long_text}
    end_of_session(desk, how)
    answer = desk.client.post("/editor/article/save", data=typed, content_type="multipart/form-data")
    assert answer.status_code == 403
    assert "type=password" in answer.text
    kept = kept_in(answer.text)
    assert {name: kept[name] for name in typed if name != "csrf_token"} == {
        n: v for n, v in typed.items() if n != "csrf_token"
    }
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN

    wrong = desk.client.post("/editor/article/save", data=kept | {"token": "guess"}, content_type="multipart/form-data")
    assert wrong.status_code == 403
    assert kept_in(wrong.text)["body"] == long_text

    token = "another long secret" if how == "another token" else TOKEN
    done = desk.client.post("/editor/article/save", data=kept | {"token": token}, content_type="multipart/form-data")
    assert done.status_code == 303, done.text
    assert "暴雨“停”" in desk.bytes_of("2026-05-01/rain.md").decode()
    assert desk.bytes_of("2026-05-01/rain.md").decode().count("改过的正文") == 2000
    assert desk.client.get("/editor/article?path=2026-05-01/rain.md").status_code == 200  # it is a session again


def test_a_form_of_an_earlier_session_is_sent_again_with_one_press(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    typed = desk.fields("2026-05-01/rain.md") | {"body": "改过的正文。\n第二行。\n"}
    desk.client = desk.log_in()
    answer = desk.client.post("/editor/article/save", data=typed)
    assert (answer.status_code, "type=password" in answer.text) == (403, False)
    assert desk.bytes_of("2026-05-01/rain.md").decode() == RAIN
    assert desk.client.post("/editor/article/save", data=kept_in(answer.text)).status_code == 303
    assert "第二行。" in desk.bytes_of("2026-05-01/rain.md").decode()


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        ("preview", {"text": "粘贴的\n正文", "address": ""}),
        ("preview", {"title": "新稿", "body": "一\n二"}),
        ("save", {"title": "新稿", "body": "一\n二", "published": "2026-05-01"}),
        ("article/preview", {"path": "2026-05-01/rain.md", "text": RAIN + "\n又一段。"}),
        ("article/picture", {"path": "2026-05-01/rain.md", "text": RAIN + "\n又一段。", "caption": "图"}),
        ("comments?status=pending", {"do": "answer 1", "answer-1": "答复\n第二行"}),
    ],
)
def test_no_form_of_the_desk_loses_its_text_with_the_session(desk, action, typed):
    desk.put("2026-05-01/rain.md", RAIN)
    answer = desk.app.test_client().post(f"/editor/{action}", data=typed, content_type="multipart/form-data")
    if action.startswith("comments") and answer.status_code == 404:
        pytest.skip("no comments")
    assert answer.status_code == 403
    page = html_text.unescape(answer.text)
    assert all(value in page for value in typed.values())
    assert f'action="/editor/{action}"' in page


def test_a_very_long_form_of_a_session_that_ended_is_text_to_copy(desk):
    typed = {"title": "暴雨<&>", "body": "<&\"'改过的正文>\n" * 100_000}
    size = len("".join(typed.values()).encode())
    boundary, sent = encode_multipart(typed)
    kind = f"multipart/form-data; boundary={boundary}"
    answer = desk.app.test_client().post("/editor/save", data=sent, content_type=kind)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (403, "text/plain", "no-store")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.count(typed["body"]) == 1
    assert typed["title"] in answer.text
    assert len(answer.data) < size + 1000


@pytest.mark.parametrize(
    ("host", "origin", "is_form"),
    [
        ("127.0.0.1:8000", "http://evil.example", False),
        ("reader:8000", "http://evil.example", False),
        ("127.0.0.1:8000", "null", False),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("localhost:8000", "http://localhost:8000", True),
        ("127.0.0.1:8000", "", True),  # not a browser
    ],
)
def test_a_form_that_may_be_of_another_site_is_not_sent_on_by_a_login(desk, host, origin, is_form):
    typed = {"title": "不是我写的", "body": "一\n二", "published": "2026-05-01"}
    headers = {"Origin": origin} if origin else {}
    answer = desk.app.test_client().post(
        "/editor/save", data=typed, content_type="multipart/form-data", headers=headers, base_url=f"http://{host}"
    )
    assert answer.status_code == 403
    assert ("<form" in answer.text, answer.mimetype) == ((True, "text/html") if is_form else (False, "text/plain"))
    assert "一\n二" in answer.text


def test_all_that_a_login_sends_on_can_be_seen(desk):
    typed = {"title": "不是我写的", "body": "一\n二", "draft": "", "path": "x.md"}
    page = desk.app.test_client().post("/editor/save", data=typed, content_type="multipart/form-data").text
    assert re.findall(r'type=hidden name="?(\w+)', page) == ["csrf_token"]
    assert {name: kept_in(page)[name] for name in typed} == typed


def test_a_form_of_very_many_parts_is_refused_before_it_is_read(desk):
    many = {f"f{n}": "x" for n in range(1000)}
    answer = desk.app.test_client().post("/editor/save", data=many, content_type="multipart/form-data")
    assert answer.status_code == 413


# -- what a save would publish ------------------------------------------------------------------------------------

DRAFT = RAIN.replace("title:", "draft: true\ntitle:")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (DRAFT, DRAFT.replace("draft: true", "# draft: true")),
        (DRAFT, RAIN),
        (DRAFT, DRAFT.replace("draft: true", "draft: false")),
        (DRAFT, DRAFT.replace("draft: true", "draft:")),
        (DRAFT, "# 大雨\n\n今天下雨。\n"),
        (DRAFT.replace("draft: true", "status: private"), RAIN),
        (RAIN.replace("2026-05-01 06:00", "2199-05-01 06:00"), RAIN),
        ("---\ntitle: [\n---\n\n今天下雨。\n", RAIN),
    ],
)
def test_a_change_of_the_whole_text_that_publishes_is_asked_about(desk, before, after):
    desk.put("2026-05-01/rain.md", before)
    fields = desk.fields("2026-05-01/rain.md", "&whole=1")
    answer = desk.post("save", fields | {"text": after})
    assert answer.status_code == 409
    assert "name=publish value=1" in answer.text
    assert desk.bytes_of("2026-05-01/rain.md").decode() == before
    again = fields_in(answer.text)
    assert again["text"] == after
    assert desk.post("save", again | {"publish": "1"}).status_code == 303
    assert desk.bytes_of("2026-05-01/rain.md").decode() == after


@pytest.mark.parametrize(
    ("before", "changes", "asks"),
    [
        (DRAFT, {"draft": None}, False),  # the box is the choice
        (RAIN.replace("2026-05-01 06:00", "2199-05-01 06:00"), {"published": "2026-05-01 06:00"}, True),
        (RAIN, {"title": "暴雨"}, False),
        (DRAFT, {"title": "暴雨"}, False),
        (DRAFT, {"draft": None, "published": "2199-05-01 06:00"}, False),
    ],
)
def test_a_change_of_fields_is_asked_about_unless_the_draft_box_was_unticked(desk, before, changes, asks):
    desk.put("2026-05-01/rain.md", before)
    fields = {**desk.fields("2026-05-01/rain.md"), **changes}
    answer = desk.post("save", {name: value for name, value in fields.items() if value is not None})
    assert answer.status_code == (409 if asks else 303), answer.text
    assert (desk.bytes_of("2026-05-01/rain.md").decode() == before) == asks


def test_saving_over_a_file_that_somebody_made_a_draft_meanwhile_is_asked_about(desk):
    desk.put("2026-05-01/rain.md", RAIN)
    fields = desk.fields("2026-05-01/rain.md") | {"title": "暴雨"}
    desk.put("2026-05-01/rain.md", DRAFT)
    conflict = desk.post("save", fields)
    assert "name=publish value=1" not in conflict.text
    answer = desk.post("save", fields_in(conflict.text))
    assert (answer.status_code, "name=publish value=1" in answer.text) == (409, True)
    assert desk.bytes_of("2026-05-01/rain.md").decode() == DRAFT


# -- preview links ------------------------------------------------------------------------------------------------


def link_in(page: str) -> str:
    return urlsplit(re.search(r'<input id=link readonly value="([^"]+)"', page)[1]).path


def test_a_secret_link_shows_a_draft_to_strangers_until_it_is_published(desk):
    desk.put("2026-05-01/rain.md", RAIN.replace("title:", "draft: true\ntitle:"))
    link = link_in(desk.page("2026-05-01/rain.md"))
    stranger = desk.app.test_client()
    answer = stranger.get(link)
    assert (answer.status_code, "今天下雨" in answer.text) == (200, True)
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert stranger.get("/a/rain").status_code == 404
    assert stranger.get(link[:-3] + "abc").status_code == 404
    desk.put("2026-05-01/rain.md", RAIN)
    assert stranger.get(link).headers["Location"] == "/a/rain"


LONG = "曲周县气象台今天发布暴雨预警，预计未来六小时全县降水量将达五十毫米以上。" * 2
OTHER = "某人事任免事项尚未公布，请勿外传，名单和简历见附件，下周三上午开会讨论决定。" * 2


def draft_of(text: str, title: str = "大雨") -> str:
    return f"---\ntitle: {title}\npublished: 2026-05-01 06:00\ndraft: true\n---\n\n{text}\n"


@pytest.mark.parametrize(
    ("then", "is_shown"),
    [
        (draft_of(LONG), True),
        (draft_of(LONG.replace("五十", "八十"), "暴雨"), True),
        (draft_of(f"导语。\n\n{LONG}\n\n{OTHER}"), True),  # it has grown
        (draft_of(LONG[: len(LONG) // 4 * 3]), True),
        (draft_of(OTHER, "内部名单"), False),
        (draft_of(OTHER), False),  # a title that comes again
        (draft_of(f"{LONG[:12]}{OTHER}"), False),
        (draft_of(""), False),
    ],
)
def test_a_secret_link_shows_the_draft_it_was_made_for_and_no_other_at_that_path(desk, then, is_shown):
    desk.put("2026-05-01/rain.md", draft_of(LONG))
    link = link_in(desk.page("2026-05-01/rain.md"))
    (desk.settings.articles / "2026-05-01" / "rain.md").unlink()
    desk.scan()
    assert desk.app.test_client().get(link).status_code == 404
    desk.put("2026-05-01/rain.md", then)
    answer = desk.app.test_client().get(link)
    assert answer.status_code == (200 if is_shown else 404)
    assert is_shown or "任免" not in answer.text
    if then != draft_of(""):
        assert desk.app.test_client().get(link_in(desk.page("2026-05-01/rain.md"))).status_code == 200  # a new link


def test_a_link_to_a_stub_goes_on_while_it_has_its_title(desk):
    desk.put("2026-05-01/rain.md", draft_of("待写。"))
    link = link_in(desk.page("2026-05-01/rain.md"))
    desk.put("2026-05-01/rain.md", draft_of(LONG))
    assert desk.app.test_client().get(link).status_code == 200
    desk.put("2026-05-01/rain.md", draft_of(OTHER, "内部名单"))
    assert desk.app.test_client().get(link).status_code == 404


def test_the_access_log_holds_no_secret_link(desk):
    lines = []
    for path in ("/preview/WyJhcnRpY2xlIl0.x.y", "//preview/WyJhcnRpY2xlIl0.x.y", "/editor?token=WyJh"):
        run_wsgi_app(AccessLog(desk.app.wsgi_app, lines.append), create_environ("/") | {"PATH_INFO": path})
    assert [json.loads(line)["path"] for line in lines] == ["/preview/…", "/preview/…", "/editor?…"]


def test_a_secret_link_ends_after_some_days(desk, monkeypatch):
    desk.put("2026-05-01/rain.md", RAIN.replace("title:", "draft: true\ntitle:"))
    link = link_in(desk.page("2026-05-01/rain.md"))
    now = __import__("time").time
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now() + 8 * 86_400)
    assert desk.app.test_client().get(link).status_code == 404


def test_the_issue_of_tomorrow_can_be_read_by_its_link_and_has_no_drafts(desk):
    from datetime import datetime, timedelta

    tomorrow = (datetime.now(desk.settings.timezone) + timedelta(days=1)).date().isoformat()
    desk.put("a.md", f"---\ntitle: 明天的头条\npublished: {tomorrow} 06:00\n---\n\n文。\n")
    desk.put("b.md", f"---\ntitle: 没写完\npublished: {tomorrow} 06:00\ndraft: true\n---\n\n文。\n")
    links = re.findall(r'<input readonly value="([^"]+)"', desk.client.get("/editor").text)
    page = desk.app.test_client().get(urlsplit(links[1]).path).text
    assert "明天的头条" in page
    assert "没写完" not in page


def test_what_cannot_be_edited_as_text_is_shown_with_what_to_do(desk):
    from test_formats import FORMATS

    for suffix in (".docx", ".odt", ".ipynb"):
        desk.put(f"2026-05-01/a-{suffix[1:]}{suffix}", FORMATS[suffix].SAMPLE)
        page = desk.page(f"2026-05-01/a-{suffix[1:]}{suffix}")
        assert suffix in page
        assert "import FILE" in page
        assert "<textarea" not in page
        assert "srcdoc=" in page
