"""Bytes become the text they were, whatever they claim to be."""

from __future__ import annotations

import pytest

from reader.importing.encodings import decode
from reader.importing.extraction.cleaning import normalize

TEXT = "滹沱河畔新添三处湿地公园，七公里步道串起三园。市民可以免费入园，请走步道。" * 5
RARE = "㐂𠮷䶮龘，镕喆堃。"


def page(charset: str, text: str = TEXT) -> str:
    return f'<html><head><meta charset="{charset}"><title>标题</title></head><body><p>{text}</p></body></html>'


@pytest.mark.parametrize("actual", ["utf-8", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("declared", ["utf-8", "gb2312", "gbk", "iso-8859-1", "big5", "nonsense", ""])
def test_a_page_is_read_in_its_own_encoding_whatever_it_declares(actual, declared):
    html = page(declared)
    assert decode(html.encode(actual)) == html


@pytest.mark.parametrize("header", ["utf-8", "gb2312", "iso-8859-1"])
def test_a_header_that_lies_is_found_out(header):
    html = page("")
    for actual in ("utf-8", "gb18030"):
        assert decode(html.encode(actual), header) == html


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_marks_and_wide_encodings_are_known(encoding):
    assert decode(page("gb2312").encode(encoding)).lstrip("\ufeff") == page("gb2312")


def test_big5_is_read_as_declared():
    html = page("big5", "臺北捷運淡水線明日起調整班距，請旅客留意，預計一個月後恢復正常。").replace("标题", "標題")
    assert decode(html.encode("big5")) == html


def test_western_text_is_read_as_declared():
    html = page("iso-8859-1", "Le café était fermé à Noël ; la forêt, elle, restait ouverte. " * 20).replace(
        "标题", "été"
    )
    assert decode(html.encode("iso-8859-1")) == html


def test_characters_outside_gb2312_are_read_though_gb2312_is_declared():
    html = page("gb2312", RARE)
    assert decode(html.encode("gb18030")) == html


def test_a_few_broken_bytes_cost_only_themselves():
    raw = page("gb2312").encode("gb18030").replace("免费".encode("gb18030"), b"\xc3\xe2\xff", 1)
    text = decode(raw)
    assert text.count("免费") == 4
    assert "湿地公园" in text
    raw = page("utf-8").encode().replace("免费".encode(), b"\xe5\x85", 1)
    assert decode(raw).count("免费") == 4


@pytest.mark.parametrize("raw", [b"", b"\xff", b"\xfe\xff", b"\x00", bytes(range(256)) * 4])
def test_any_bytes_become_some_text(raw):
    assert isinstance(decode(raw), str)


def test_text_is_normalised_without_changing_a_word():
    assert normalize("cafe\u0301\u00a0与\u200b茶\x07\ufeff，龍") == "café 与茶，龍"
