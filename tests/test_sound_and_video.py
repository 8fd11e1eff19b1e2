"""Sound and video in articles: players of the site's own files, links to others', enclosures, and what is refused."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import PurePosixPath

import feedparser
import lxml.html
import pytest
from registries import searchable
from test_figures import picture

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.formats import read_draft
from reader.media.sound_and_video import link_media, media_files_in, size_text
from reader.settings import Settings

SOUND = bytes(range(256)) * 200
FILM = b"film" * 500_000


def article_page(client, slug: str = "x", **headers: str) -> lxml.html.HtmlElement:
    response = client.get(f"/a/{slug}", headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == 200
    return lxml.html.fromstring(response.get_data(as_text=True))


def markdown(body: str) -> str:
    return f"---\ntitle: 听与看\n---\n前文。\n\n{body}\n\n后文。\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.md", markdown("<audio controls><source src=talk.mp3></audio>")),
        ("x.md", markdown("![](talk.mp3)")),
        ("x.md", markdown("[](<talk.mp3>)\n\n![[talk.mp3]]")),
        ("x.md", markdown('{{< audio src="talk.mp3" >}}')),
        ("x.md", markdown('<embed src="TALK.mp3">')),
        (
            "x.html",
            "<html><head><title>听</title></head><body><p>前文。</p><audio src='talk.mp3'></audio></body></html>",
        ),
        ("x.rst", "听\n==\n\n前文。\n\n`录音 <talk.mp3>`_\n"),
        ("x.adoc", "= 听\n\n前文。\n\naudio::talk.mp3[]\n"),
        ("x.org", "#+title: 听\n\n前文。\n\n[[file:talk.mp3]]\n"),
    ],
)
def test_a_file_of_the_folder_is_a_player_that_loads_nothing_in_every_format(publish, client, name, text):
    publish({f"2026-05-01/{name}": text, "2026-05-01/talk.mp3": SOUND})
    [player] = article_page(client).xpath("//audio")
    assert player.get("preload") == "none"
    assert "controls" in player.attrib
    [link] = article_page(client).xpath("//div[@class='player']/a")
    assert link.get("href") == player.get("src")
    assert link.text_content().startswith("▶ ")
    assert link.text_content().endswith(" · 50 KB")
    with client.get(player.get("src")) as response:
        assert (response.data, response.mimetype) == (SOUND, "audio/mpeg")


def test_a_video_has_its_poster_and_says_what_it_weighs(publish, client):
    files = {"2026-05-01/v/film.mp4": FILM, "2026-05-01/v/still.jpg": picture()}
    publish(
        {"2026-05-01/x.md": markdown('<video src="v/film.mp4" poster="v/still.jpg" title="通车"></video>'), **files}
    )
    [video] = article_page(client).xpath("//video")
    assert video.get("poster").endswith("-720.avif")
    assert (video.get("width"), video.get("height")) == ("1600", "900")
    assert article_page(client).xpath("string(//div[@class='player']/a)") == "▶ 通车 · 1.9 MB"
    assert not article_page(client).xpath("//article//picture")
    assert "poster" not in article_page(client, Save_Data="on").xpath("//video")[0].attrib


def test_only_a_page_with_a_player_allows_media_and_has_its_style(publish, client):
    publish(
        {"2026-05-01/x.md": markdown("![](talk.mp3)"), "2026-05-01/y.md": markdown("文"), "2026-05-01/talk.mp3": SOUND}
    )
    assert "media-src 'self'" in client.get("/a/x").headers["Content-Security-Policy"]
    assert "media-src" not in client.get("/a/y").headers["Content-Security-Policy"]
    assert "audio" in client.get("/a/x").get_data(as_text=True).split("</style>")[0]
    assert "audio" not in client.get("/a/y").get_data(as_text=True).split("</style>")[0]


def address_of(client) -> str:
    return str(article_page(client).xpath("//audio/@src")[0])


@pytest.fixture
def talk(publish, client):
    publish({"2026-05-01/x.md": markdown("![谈话](talk.mp3)"), "2026-05-01/talk.mp3": SOUND})
    return address_of(client)


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-99", 206, SOUND[:100]),
        ("bytes=51000-", 206, SOUND[51000:]),
        ("bytes=-10", 206, SOUND[-10:]),
        ("bytes=60000-", 416, None),
    ],
)
def test_a_player_can_ask_for_a_part_of_the_file(client, talk, asked, status, content):
    with client.get(talk, headers={"Range": asked}) as response:
        assert response.status_code == status
        assert content is None or response.data == content
    with client.get(talk) as response:
        assert response.headers["Accept-Ranges"] == "bytes"
        assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "dest", "sent"),
    [
        ("bytes=0-", "video", (0, 262_143)),
        ("bytes=1000-", "audio", (1000, 263_143)),
        ("bytes=262144-599999", "video", (262_144, 524_287)),
        ("bytes=524288-", "video", (524_288, 599_999)),
        ("bytes=5-9", "video", (5, 9)),
        ("bytes=-100", "video", (599_900, 599_999)),
        ("bytes=0-", "empty", (0, 599_999)),
        ("bytes=0-", None, (0, 599_999)),  # a download that goes on must get all that is left
    ],
)
def test_a_player_of_a_browser_gets_pieces_for_which_no_thread_waits(publish, client, asked, dest, sent):
    content = SOUND[:1000] * 600
    publish({"2026-05-01/x.md": markdown("![谈话](talk.mp3)"), "2026-05-01/talk.mp3": content})
    fields = {"Range": asked} | ({"Sec-Fetch-Dest": dest} if dest else {})
    with client.get(address_of(client), headers=fields) as response:
        assert response.status_code == 206
        assert response.headers["Content-Range"] == f"bytes {sent[0]}-{sent[1]}/600000"
        assert response.data == content[sent[0] : sent[1] + 1]


def test_a_failed_precondition_sends_no_file(client, talk):
    with client.get(talk, headers={"If-Match": '"another"'}) as response:
        assert response.status_code == 412
        assert response.text == "412 Precondition Failed\n"
        assert response.headers["Cache-Control"] == "no-store"


def test_a_file_that_is_another_one_now_is_not_sent_under_the_old_address(client, talk, settings):
    path = settings.articles / "2026-05-01" / "talk.mp3"
    os.utime(path, (1, 1))
    with client.get(talk) as response:
        assert response.data == SOUND
    path.write_bytes(SOUND[::-1])
    assert client.get(talk).status_code == 404
    assert client.get(talk.replace("-51200", "-1")).status_code == 404


def test_a_link_that_leads_out_of_the_folder_is_not_followed(client, talk, settings, tmp_path):
    path = settings.articles / "2026-05-01" / "talk.mp3"
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(SOUND)
    path.unlink()
    path.symlink_to(secret)
    assert client.get(talk).status_code == 404


def test_a_link_out_of_the_folder_is_no_player(publish, client, tmp_path, settings):
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(SOUND)
    (settings.articles / "2026-05-01").mkdir(parents=True, exist_ok=True)
    (settings.articles / "2026-05-01" / "talk.mp3").symlink_to(secret)
    publish({"2026-05-01/x.md": markdown("![谈话](talk.mp3)\n\n![上](../../secret.mp3)")})
    page = article_page(client)
    assert not page.xpath("//audio")
    assert "▶ 谈话" in page.text_content()


def test_a_file_above_the_limit_is_named_and_reported(settings):
    film = settings.articles / "2026-05-01" / "film.mp4"
    film.parent.mkdir(parents=True)
    film.write_bytes(FILM)
    path = PurePosixPath("2026-05-01/x.md")
    article = to_article(read_draft(".md", markdown("![通车](film.mp4)").encode()), path, settings)
    linked = link_media(article, path, replace(settings, media_limit_mb=1))
    assert "▶ 通车" in linked.body
    assert "/media/" not in linked.body
    assert [str(said) for said in linked.warnings] == [
        "file left out: 2026-05-01/film.mp4: too large: 2,000,000 bytes; the limit is 1,000,000"
    ]


def test_the_sound_of_a_draft_and_of_a_withdrawn_article_is_not_sent(publish, client, talk, services):
    publish({"2026-05-01/x.md": markdown("![谈话](talk.mp3)").replace("title:", "draft: true\ntitle:")})
    assert client.get(talk).status_code == 404


@pytest.mark.parametrize("feed", ["feed.xml", "atom.xml"])
def test_the_sound_of_an_article_is_an_enclosure_that_podcast_clients_find(client, talk, feed):
    [entry] = feedparser.parse(client.get(f"/{feed}").data).entries
    first = entry.enclosures[0]
    assert first.href.endswith(talk)
    assert (first.type, first.length) == ("audio/mpeg", str(len(SOUND)))


def test_the_json_feed_has_the_sound_as_an_attachment(client, talk):
    [item] = json.loads(client.get("/feed.json").data)["items"]
    attachment = item["attachments"][0]
    assert attachment["url"].endswith(talk)
    assert (attachment["mime_type"], attachment["size_in_bytes"]) == ("audio/mpeg", len(SOUND))


def test_the_picture_before_a_video_is_no_picture_in_a_text(publish, services):
    files = {"2026-05-01/film.mp4": FILM, "2026-05-01/still.jpg": picture()}
    publish({"2026-05-01/x.md": markdown('<video src="film.mp4" poster="still.jpg" title="通车"></video>'), **files})
    options = options_of(services.settings, "", "")
    text = EXPORTS["txt"].export(of_article(services.catalog.article("x")), options, services.render.render).decode()
    assert "\n\n▶ 通车 · 1.9 MB\n\n" in text


@pytest.mark.parametrize("suffix", ["txt", "md", "json", "html", "epub"])
def test_every_file_has_a_link_to_the_sound(client, talk, services, settings, suffix):
    content = EXPORTS[suffix].export(
        of_article(services.catalog.article("x")), options_of(services.settings, "", ""), services.render.render
    )
    assert "▶ 谈话 · 50 KB" in searchable(EXPORTS[suffix], content)


@pytest.mark.parametrize(
    ("body", "label", "language"),
    [
        ('<iframe src="https://v.qq.com/txp/iframe/player.html?vid=abc"></iframe>', "▶ 视频 · v.qq.com", "zh-CN"),
        ('<iframe src="https://v.qq.com/txp/iframe/player.html?vid=abc"></iframe>', "▶ 影片 · v.qq.com", "zh-Hant"),
        ('<video src="https://m.example/v.mp4"></video>', "▶ Video · m.example", "en"),
        ('<audio src="https://m.example/stream"></audio>', "▶ 音频 · m.example", "zh-CN"),
        ("![](https://m.example/a.mp3)", "▶ 音频 · m.example", "zh-CN"),
        ('<object data="https://m.example/x"></object>', "▶ 嵌入内容 · m.example", "zh-CN"),
        ('<iframe src="map.html"></iframe>', "▶ 嵌入内容 · map.html", "zh-CN"),
    ],
)
def test_a_player_of_another_site_is_a_link_in_the_words_of_the_article(body, label, language):
    text = f"---\ntitle: 看\nlanguage: {language}\n---\n前文。\n\n{body}\n"
    article = to_article(read_draft(".md", text.encode()), PurePosixPath("2026-05-01/x.md"), Settings())
    assert f">{label}</a></p>" in article.body


def test_weights_are_said_as_people_read_them():
    assert [size_text(size) for size in (0, 51_200, 999 * 1024, 3_400_000)] == ["0 KB", "50 KB", "999 KB", "3.2 MB"]
    assert not media_files_in("/media/0123456789abcdef-720.jpg")
