"""Articles as speech: what is read aloud, by which program, and where the file is linked. With Debian's espeak-ng."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

import pytest
from factories import make_article
from lxml import etree, html
from markupsafe import Markup
from waiting import wait_for

from reader.errors import BadSetting, ExportFailed
from reader.exports import EXPORTS, exporter, speech
from reader.exports.options import Options
from reader.exports.publications import of_article
from reader.sanitizer import sanitize
from reader.settings import Settings

VOICE = "espeak-ng -v {language} --stdin --stdout"
BODY = """<p>今天<ruby>下雨<rt>xiàyǔ</rt></ruby>。<img src="/media/a.png" alt="云"></p><pre><code>x = 1</code></pre>
<ul><li>第一<ul><li>其中</li></ul></li><li><p>第二</p></li></ul><table><tr><td>格</td></tr></table>
<blockquote><p>引文<br>两行</p></blockquote><p>注<sup class="footnote-ref"><a href="#fn-1" id="r">1</a></sup>到此。</p>
<section class="footnotes"><ol><li id="fn-1"><p>注文</p></li></ol></section>"""


@pytest.fixture
def settings(settings):
    return replace(settings, speech=VOICE)


def made(command: str, body: str = "<p>今天下雨。</p>", **fields: str) -> bytes:
    found = make_article(body=Markup(body), **fields)
    return speech.export(of_article(found), Options(speech=command), lambda *_: "")


def test_the_title_and_the_words_of_each_paragraph_are_read_in_order():
    found = make_article(title="大雨", kicker="天气", subtitle="记者现场", body=sanitize(BODY))
    lines = speech.spoken_text(found).split()
    assert lines == ["天气", "大雨", "记者现场", "今天下雨。", "第一", "其中", "第二", "引文", "两行", "注到此。"]


def test_a_voice_that_writes_wav_makes_an_mp3_the_same_each_time():
    sound = made(VOICE)
    assert speech.is_mp3(sound)
    assert len(sound) > 2_000
    assert made(VOICE) == sound
    assert made(VOICE, "<p>今天下雨。</p>" * 9) != sound


def test_an_mp3_is_taken_as_it_is(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"ID3" + bytes(100))
    assert made(f"cat {tmp_path}/a.mp3") == b"ID3" + bytes(100)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("", "READER_SPEECH is not set"),
        ("cat", "cat wrote neither MP3 nor WAV"),
        ("sh -c 'echo no such voice >&2; exit 3'", "sh: no such voice"),
        ("false", "false: exit status 1"),
        ("/nowhere/voice", "No such file or directory"),
    ],
)
def test_a_command_that_makes_no_sound_is_an_error_that_names_it(command, reason):
    with pytest.raises(ExportFailed, match=reason):
        made(command)


def test_the_first_part_of_the_language_chooses_the_voice(tmp_path):
    command = f"sh -c 'cat >/dev/null; printf ID3%s {{language}}' {tmp_path}"
    assert made(command, language="en-GB") == b"ID3en"
    assert made(command, language="en;id 甲$(x)") == b"ID3enidx"


def test_a_stop_that_the_export_worker_ignores_does_not_end_the_voice():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert made("sh -c 'cat >/dev/null; kill -TERM $$; printf ID3'") == b"ID3"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_command_that_is_not_there_is_refused_at_the_start():
    assert Settings.from_environ({"READER_SPEECH": VOICE}).speech == VOICE
    for value in ("no-such-program --stdin", "'unfinished", '""'):
        with pytest.raises(BadSetting, match="READER_SPEECH"):
            Settings.from_environ({"READER_SPEECH": value})


def test_it_is_no_export_of_issues_and_collections():
    assert speech.SUFFIX not in EXPORTS
    assert exporter(speech.SUFFIX) is speech


def test_an_article_has_a_link_to_its_sound_and_the_feed_is_a_podcast(publish, client, services):
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\nlanguage: zh\n---\n今天下雨。\n"})
    [link] = html.fromstring(client.get("/a/rain").text).xpath("//nav[@class='get']/a[contains(@href, '.mp3')]")
    assert (link.get("href"), link.text_content().strip()) == ("/a/rain.mp3", "音频")
    assert ".mp3" not in client.get("/d/2026-05-01/").text
    stop = threading.Event()
    pool = threading.Thread(target=services.export_service.run_workers, args=(stop,))
    pool.start()
    try:
        wait_for(lambda: client.get("/a/rain.mp3", buffered=True).status_code == 200)
        file = client.get("/a/rain.mp3", buffered=True)
        assert file.mimetype == "audio/mpeg"
        assert speech.is_mp3(file.data)
        assert client.get(file.headers["Content-Location"], buffered=True).data == file.data
        assert client.get("/a/rain.mp3", headers={"Range": "bytes=0-9"}, buffered=True).data == file.data[:10]
        [enclosure] = etree.fromstring(client.get("/feed.xml").data).iter("enclosure")
        assert dict(enclosure.attrib) == {
            "url": "http://localhost/a/rain.mp3",
            "type": "audio/mpeg",
            "length": str(len(file.data)),
        }
    finally:
        stop.set()
        pool.join()


def test_another_voice_makes_another_file_and_without_one_there_is_none(publish, services, settings):
    from reader.app import create_app
    from reader.services import build_services

    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。\n"})
    found = of_article(services.catalog.article("rain"))
    keys = {services.export_service.key(found, suffix) for suffix in ("mp3", "epub")}
    other = build_services(replace(settings, speech="cat"))
    assert len(keys | {other.export_service.key(found, suffix) for suffix in ("mp3", "epub")}) == 3
    silent = build_services(replace(settings, speech=""))
    client = create_app(silent).test_client()
    assert client.get("/a/rain.mp3", buffered=True).status_code == 404
    assert ".mp3" not in client.get("/a/rain").text
