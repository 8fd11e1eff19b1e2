"""Decoding: bytes become the original text, or a problem with the line number; never wrong characters."""

from __future__ import annotations

import base64
import json
import random
import re
import unicodedata
from pathlib import Path

import opencc
import pytest

from reader.errors import UnreadableArticle
from reader.formats import read_draft
from reader.formats.decoding import decode_page, decode_text, detect_encoding
from reader.importing.extraction.semantic_html import normalize

ROOT = Path(__file__).resolve().parent.parent
TEXT = "滹沱河畔新添三处湿地公园，七公里步道串起三园。市民可以免费入园，请走步道。" * 5
RARE = "㐂𠮷䶮龘，镕喆堃。"
KOREAN = (
    "오늘 아침 강물이 불어나 아래쪽 밭이 물에 잠겼다. 세 마을 주민들은 언덕 위의 학교로 옮겨 갔고, 그곳에서 따뜻한 국과 "
    "담요를 받았다. 시는 내일부터 버스 요금을 조정한다고 밝혔다.\n"
)
JAPANESE = (
    "今朝、川の水があふれて下流の畑が水につかった。三つの村の人々は丘の上の学校に移り、毛布を受け取った。\n"
    "市は明日からバスの料金を調整すると発表しました。データをインターネットで公開する。\n"
)
FRENCH = "Le café était fermé à Noël ; la forêt, elle, restait ouverte. Où êtes-vous allés cet été ?\n"
GERMAN = "Die Straße war schön, aber für die Füße zu heiß. Größere Übungen können später geübt werden.\n"
ENGLISH = "It’s the river’s first flood in years — “the worst”, said the people of three villages.\n"
RUSSIAN = "Ночью река поднялась, и жители трёх деревень перешли в школу на холме. Совет решил строить мост.\n"
UKRAINIAN = (
    "Вночі вода в річці піднялася на два метри, і жителі покинули будинки. Вранці рятувальники вивезли людей із села.\n"
)
ESPERANTO = "Eĥoŝanĝo ĉiuĵaŭde okazas en la urbo, kaj ĉiuj loĝantoj ĝojas."


def simplified() -> list[str]:
    """Paragraphs and headlines of the shipped articles."""
    files = sorted((ROOT / "articles").rglob("*.txt")) + sorted((ROOT / "articles").rglob("*.md"))
    lines = [line.strip() for path in files for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if sum(character > "\u3400" for character in line) >= 12][:120]


def traditional() -> list[str]:
    to_traditional = opencc.OpenCC("s2tw")
    return [to_traditional.convert(text) for text in simplified()]


SAMPLES = [
    *(("gb18030", simplified), ("gbk", simplified), ("big5", traditional), ("cp950", traditional)),
    *((codec, lambda: [KOREAN]) for codec in ("euc_kr", "cp949")),
    *((codec, lambda: [JAPANESE]) for codec in ("shift_jis", "cp932", "euc_jp", "iso2022_jp")),
    ("cp1252", lambda: [FRENCH, GERMAN, ENGLISH]),
    *((codec, lambda: [RUSSIAN]) for codec in ("cp1251", "koi8_r", "iso8859_5")),
    *((codec, lambda: [UKRAINIAN]) for codec in ("cp1251", "koi8_u")),
    ("hz", lambda: [text + "\n2018-11-23" for text in simplified()]),
    *((codec, simplified) for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
    *((codec, lambda: [text + "\n2018-11-23" for text in simplified()]) for codec in ("utf-16-le", "utf-16-be")),
]


def reading(raw: bytes) -> str | UnreadableArticle:
    try:
        return decode_text(raw)
    except UnreadableArticle as error:
        return error


def page(charset: str, text: str = TEXT) -> str:
    return f'<html><head><meta charset="{charset}"><title>标题</title></head><body><p>{text}</p></body></html>'


@pytest.mark.parametrize(("codec", "text"), [("iso8859_3", ESPERANTO), ("utf-7", TEXT), ("utf-7", RUSSIAN)])
def test_an_encoding_that_is_not_known_is_refused_and_not_read_as_another(codec, text):
    with pytest.raises(UnreadableArticle, match=r"unknown encoding|UTF-7|not a text file"):
        decode_text(text.encode(codec))


def test_a_notebook_of_one_line_may_hold_other_line_ends_in_its_text():
    cell = {"cell_type": "markdown", "metadata": {}, "source": "# 大雨\u2028今天下雨。\x85明天晴。"}
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}, ensure_ascii=False)
    assert "今天下雨。" in read_draft(".ipynb", notebook.encode()).body_html


def test_pictures_in_base64_are_no_utf_7():
    dice = random.Random(7)
    for size in [30, 300, 3000] * 60:
        notebook = b'{"image/png": "' + base64.b64encode(dice.randbytes(size)) + b'"}'
        assert decode_text(notebook) == notebook.decode("ascii")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\r", "\r\n"])
def test_any_line_end_of_a_file_ends_a_line(end):
    assert decode_text(f"题目{end}{end}第一段\x0b完。{end}".encode()) == "题目\n\n第一段 完。\n"


# -- every encoding is read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codec", "texts"), SAMPLES, ids=[codec for codec, _ in SAMPLES])
def test_text_of_each_encoding_is_read_exactly_though_nothing_declares_it(codec, texts):
    fitting = [text for text in texts() if text.encode(codec, "ignore").decode(codec) == text]
    assert fitting
    for text in fitting:
        assert decode_text(text.encode(codec)) == text


@pytest.mark.parametrize(("codec", "texts"), SAMPLES, ids=[codec for codec, _ in SAMPLES])
def test_a_beginning_of_any_length_is_read_or_refused_and_never_read_wrongly(codec, texts):
    text = next(text for text in texts() if text.encode(codec, "ignore").decode(codec) == text)
    for end in range(24, len(text)):
        read = reading(text[:end].encode(codec))
        assert read == text[:end] or (read.line and read.hint)


@pytest.mark.parametrize("suffix", [".md", ".txt", ".html"])
@pytest.mark.parametrize(
    ("codec", "title", "body"),
    [
        ("big5", "臺北捷運調整班距", "臺北捷運淡水線明日起調整班距，請旅客留意，預計一個月後恢復正常。"),
        ("euc_kr", "서울시 버스 요금 조정", KOREAN.strip()),
        ("shift_jis", "川の水があふれる", JAPANESE.split("\n")[0]),
        ("cp1252", "Le café fermé", FRENCH.strip()),
        ("gbk", "湿地公园开放", TEXT),
    ],
)
def test_the_folder_reads_what_import_reads(suffix, codec, title, body):
    raw = f"---\ntitle: {title}\npublished: 2026-05-01\n---\n\n{body}\n".encode(codec)
    draft = read_draft(suffix, raw)
    assert draft.title == title
    assert body in draft.body_html
    assert decode_page(raw) == decode_text(raw)


LANGUAGES = [
    tuple(line.split(": ", 1))
    for line in (ROOT / "tests" / "cases" / "encodings.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
"""The encodings of files in a language, and a few sentences."""
VIETNAMESE_TONES = "\u0300\u0301\u0303\u0309\u0323"


def in_encoding(text: str, codec: str) -> bytes:
    """*text* in *codec*. The letters of windows-1258 have no tone: it follows as a combining mark."""
    if codec != "cp1258":
        return text.encode(codec)
    apart = unicodedata.normalize("NFD", text)
    tones = f"([{VIETNAMESE_TONES}])([\u0302\u0306\u031b])"  # a tone below precedes the mark above
    letters = re.sub(tones, r"\2\1", apart)
    return re.sub(r"\w[\u0302\u0306\u031b]", lambda found: unicodedata.normalize("NFC", found[0]), letters).encode(
        codec
    )


@pytest.mark.parametrize(
    ("codec", "text"),
    [pytest.param(codec, text, id=f"{codec}-{text[:8]}") for codecs, text in LANGUAGES for codec in codecs.split()],
)
def test_sentences_of_each_language_are_read_and_single_words_at_least_where_they_are_declared(codec, text):
    assert decode_text(in_encoding(text, codec)) == text
    label = codec.replace("iso8859_", "iso-8859-").replace("_", "-").replace("mac-latin2", "x-mac-ce")
    words = text[:24]
    for declaration in (f'<meta charset="{label}">\n{words}', f".. -*- coding: {label} -*-\n\n{words}\n"):
        assert decode_text(in_encoding(declaration, codec)) == declaration


@pytest.mark.parametrize(("codecs", "text"), LANGUAGES, ids=[text[:8] for _, text in LANGUAGES])
def test_a_word_of_a_language_is_read_or_refused_and_never_read_as_another(codecs, text):
    codec = codecs.split()[0]
    for words in re.findall(r"\w+ \w+ \w+", text)[:4]:
        read = reading(in_encoding(f"# {words}\n\nA story.\n", codec))
        assert isinstance(read, UnreadableArticle) or read == f"# {words}\n\nA story.\n"


# -- what is declared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actual", ["utf-8", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("declared", ["utf-8", "gb2312", "gbk", "iso-8859-1", "big5", "nonsense", ""])
def test_a_page_is_read_in_its_own_encoding_whatever_it_declares(actual, declared):
    html = page(declared)
    assert decode_page(html.encode(actual)) == decode_text(html.encode(actual)) == html


@pytest.mark.parametrize("header", ["utf-8", "gb2312", "iso-8859-1"])
def test_a_header_that_lies_is_found_out(header):
    html = page("")
    for actual in ("utf-8", "gb18030"):
        assert decode_page(html.encode(actual), header) == html


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_marks_and_wide_encodings_are_known(encoding):
    assert decode_page(page("gb2312").encode(encoding)).lstrip("\ufeff") == page("gb2312")


def test_characters_outside_gb2312_are_read_though_gb2312_is_declared():
    html = page("gb2312", RARE)
    assert decode_page(html.encode("gb18030")) == decode_text(html.encode("gb18030")) == html


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("iso-8859-2", "iso-8859-2", "Žluťoučký kůň úpěl ďábelské ódy."),
        ("windows-1254", "cp1254", "Işık şehrin üzerine düştü, ağaçlar ıslandı."),
        ("iso-8859-1", "cp1252", "“Déjà vu” — l’été"),
        ("x-sjis", "cp932", "今日は雨です。"),
        ("ks_c_5601-1987", "cp949", "서울"),
        ("hz-gb-2312", "hz", "今天下雨。"),
    ],
)
def test_what_is_declared_is_believed_where_nothing_speaks_against_it(declared, codec, text):
    html = page(declared, text).replace("标题", "x")
    assert decode_text(html.encode(codec)) == html


# -- what is not text -------------------------------------------------------------------------------------------------


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """*whole* with one error: truncated within a character, a byte replaced, or a byte inserted."""
    inside = [at for at, byte in enumerate(whole) if 0x80 <= byte < 0xC0]
    at = chance.choice(inside)
    stray = chance.choice([b"\x92", b"\xff", b"\xa0", b"\xbf"])
    return chance.choice([whole[:at], whole[:at] + b"?" + whole[at + 1 :], whole[: at + 1] + stray + whole[at + 1 :]])


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "题",
        "今天下雨，河水上涨，村民转移到高处。",
        TEXT,
        f"---\ntitle: 曲周县\npublished: 2018-11-23\n---\n\n{TEXT}\n",
        FRENCH,
        "A café in the village.\n",
        "A no-break\u00a0space in an English text.\n",
        KOREAN,
        JAPANESE,
        RUSSIAN,
    ],
)
def test_utf_8_with_one_thing_wrong_is_damaged_utf_8_and_never_another_encoding(text):
    chance = random.Random(7)
    for _ in range(300):
        raw = damaged(text.encode(), chance)
        read = reading(raw)
        if isinstance(read, str):
            assert raw.decode() == read  # the damaged bytes are valid UTF-8, which no decoder can detect
        else:
            assert read.hint == "save the file as UTF-8 text"
            assert 1 <= read.line <= text.count("\n") + 1


def test_the_line_of_the_damage_is_named():
    with pytest.raises(UnreadableArticle, match="damaged UTF-8: byte 0x92") as caught:
        decode_text(f"一行\n二行，{TEXT}".encode() + b"\x92\n" + TEXT.encode())
    assert caught.value.line == 2


def test_two_files_in_different_encodings_pasted_together_are_refused():
    for first, second in (("utf-8", "gbk"), ("gbk", "utf-8")):
        with pytest.raises(UnreadableArticle, match="damaged UTF-8"):
            decode_text(f"{TEXT}\n".encode(first) + "今天下雨，河水上涨。".encode(second))


@pytest.mark.parametrize("codec", ["gb18030", "big5", "euc_kr", "shift_jis", "utf-16"])
def test_a_damaged_file_of_another_encoding_is_refused_by_its_name(codec):
    text = {
        "big5": "臺北捷運淡水線明日起調整班距，請旅客留意。",
        "euc_kr": KOREAN.replace(".", "을"),
        "shift_jis": JAPANESE,
    }.get(codec, TEXT)
    with pytest.raises(UnreadableArticle, match=r"damaged (GB18030|Big5|EUC-KR|Shift_JIS|UTF-16)"):
        decode_text(text.strip().encode(codec)[:-1])


@pytest.mark.parametrize("raw", [b"\x00\x01\x02", bytes(range(256)) * 4, b"\x81\x81\x81 plain", b"GIF89a\x00\x01"])
def test_what_is_no_text_is_refused_with_a_line(raw):
    with pytest.raises(UnreadableArticle) as caught:
        decode_text(raw)
    assert caught.value.line


# -- pages of others --------------------------------------------------------------------------------------------------


def test_a_few_broken_bytes_of_a_page_cost_only_themselves():
    raw = page("gb2312").encode("gb18030").replace("免费".encode("gb18030"), b"\xc3\xe2\xff", 1)
    text = decode_page(raw)
    assert text.count("免费") == 4
    assert "湿地公园" in text
    raw = page("utf-8").encode().replace("免费".encode(), b"\xe5\x85", 1)
    assert decode_page(raw).count("免费") == 4


@pytest.mark.parametrize("raw", [b"", b"\xff", b"\xfe\xff", b"\x00", bytes(range(256)) * 4])
def test_any_bytes_of_a_page_become_some_text(raw):
    assert isinstance(decode_page(raw), str)
    assert detect_encoding(raw).codec


def test_text_is_normalised_without_changing_a_word():
    assert normalize("cafe\u0301\u00a0与\u200b茶\x07\ufeff，龍") == "café 与茶，龍"
