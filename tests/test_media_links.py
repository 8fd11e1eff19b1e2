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


@pytest.mark.parametrize(
    "html", ["<video>" * 5000, "<iframe src=" * 20_000, "<iframe src='" + "a" * 400_000 + ">", "<embed>" * 5000]
)
def test_players_that_never_end_are_read_in_linear_time(html):
    assert with_media_links(html + "<p>后文。</p>").endswith("后文。</p>")
