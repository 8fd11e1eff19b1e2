"""Players of videos and sound become links, in the folder as on import."""

from __future__ import annotations

import pytest

from reader.sanitizer import sanitize, with_media_links


@pytest.mark.parametrize(
    ("html", "address", "label"),
    [
        (
            '<iframe src="//www.youtube-nocookie.com/embed/abcdefghijk?rel=0"></iframe>',
            "https://www.youtube.com/watch?v=abcdefghijk",
            "Video · youtube.com",
        ),
        (
            '<iframe src="https://player.bilibili.com/player.html?aid=1&amp;bvid=BV1xx411c7mD"></iframe>',
            "https://www.bilibili.com/video/BV1xx411c7mD",
            "Video · bilibili.com",
        ),
        (
            '<iframe data-src="https://v.qq.com/iframe/preview.html?vid=a123"></iframe>',
            "https://v.qq.com/x/page/a123.html",
            "Video · v.qq.com",
        ),
        (
            '<video poster="p.png" controls><source src="https://m.example/v.mp4">none</video>',
            "https://m.example/v.mp4",
            "Video · m.example",
        ),
        ("<AUDIO src=a.mp3></AUDIO>", "a.mp3", "Audio · a.mp3"),
        (
            '<object data="https://m.example/a.swf"><param name="x" value="y"></object>',
            "https://m.example/a.swf",
            "Embedded content · m.example",
        ),
        ('<embed src="https://m.example/a.mid">', "https://m.example/a.mid", "Embedded content · m.example"),
        ('<iframe title="地图" src="https://map.example/1"></iframe>', "https://map.example/1", "地图 · map.example"),
    ],
)
def test_a_player_is_a_link_to_where_it_can_be_watched(html, address, label):
    body = sanitize(f"<p>前文。</p>{html}<p>后文。</p>")
    assert f'href="{address}"' in body
    assert f"▶ {label}</a>" in body
    assert sanitize(body) == body


@pytest.mark.parametrize(
    "html",
    [
        '<video src="blob:https://x/1"></video>',
        "<iframe></iframe>",
        '<iframe src="javascript:x()"></iframe>',
        '<iframe src="data:text/html,x"></iframe>',
    ],
)
def test_a_player_without_an_address_to_follow_leaves_nothing(html):
    assert sanitize(f"<p>前文。</p>{html}") == "<p>前文。</p>"


@pytest.mark.slow
@pytest.mark.parametrize(
    "html", ["<video>" * 5000, "<iframe src=" * 20_000, "<iframe src='" + "a" * 400_000 + ">", "<embed>" * 5000]
)
def test_players_that_never_end_are_read_in_linear_time(html):
    assert with_media_links(html + "<p>后文。</p>").endswith("后文。</p>")


@pytest.mark.parametrize(
    "text",
    [
        r'<script type="application/ld+json">{"articleBody": "<p>一。<audio src=\"a.mp3\"><\/audio><p>二。"}</script>',
        "<script>document.write('<iframe src=https://v.qq.com/1>')</script>",
        "<style>/* <video> */</style>",
        "<!--[if lt IE 9]><video src=a.mp4><![endif]-->",
        "<textarea><audio src=a.mp3></textarea>",
    ],
)
def test_what_looks_like_a_player_in_a_script_or_comment_takes_nothing_along(text):
    player = "<audio src=b.mp3></audio><video src=b.mp4></video><iframe src=https://v.qq.com/2></iframe>"
    linked = with_media_links(f"{text}<p>后文。</p>{player}<p>末段。</p>")
    assert linked.startswith(f"{text}<p>后文。</p>")
    assert linked.endswith("<p>末段。</p>")
    assert linked.count("▶") == 3


@pytest.mark.parametrize("tag", ["video", "audio"])
def test_a_player_that_is_not_closed_takes_no_text_along_to_the_end_of_the_next(tag):
    body = sanitize(f"<{tag} src='https://m.example/1.mp3'><p>前文。</p><{tag} src='https://m.example/2.mp3'></{tag}>")
    assert "<p>前文。</p>" in body
    assert body.count("▶") == 2
