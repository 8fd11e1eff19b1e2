"""Article files of every format become drafts."""

from __future__ import annotations

from datetime import datetime

import pytest

from reader.errors import UnknownFormat, UnreadableArticle
from reader.formats import FORMATS, LARGEST_BYTES, read_draft
from reader.settings import ROOT

SEED = ROOT / "articles" / "2018-11-23" / "quzhou-zhengxie.txt"


def paragraphs(draft):
    return [line.removeprefix("<p>").removesuffix("</p>") for line in draft.body_html.splitlines()]


def refusal(suffix: str, text: str | bytes) -> UnreadableArticle:
    with pytest.raises(UnreadableArticle) as caught:
        read_draft(suffix, text.encode() if isinstance(text, str) else text)
    return caught.value


# -- the registry -----------------------------------------------------------------------------------------------------


def test_an_unknown_suffix_is_refused_with_the_known_ones():
    with pytest.raises(UnknownFormat, match=r"\.docx.*\.html.*\.md.*\.txt"):
        read_draft(".docx", b"")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_suffix_is_read_in_any_case_with_or_without_its_dot(suffix):
    assert read_draft(suffix.upper(), b"<h1>Title</h1>").title == read_draft(suffix[1:], b"<h1>Title</h1>").title


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("data", [b"", b"\n", b"\x00\x01", b"---\n", b"\xff\xfe", b"\xef\xbb\xbf", b"   "])
def test_a_file_without_content_says_so_and_nothing_breaks(suffix, data):
    assert refusal(suffix, data).mend


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_too_large_for_an_article_is_refused_at_once(suffix):
    assert str(LARGEST_BYTES) in refusal(suffix, b"a" * (LARGEST_BYTES + 1)).mend


@pytest.mark.parametrize("suffix", FORMATS)
def test_front_matter_gives_every_format_its_fields(suffix):
    front = "---\ntitle: 甲\npublished: 2018-11-23 10:40\nsection: 河北新闻>>本网原创\nbyline: 高原雪、张岩\n---\n"
    draft = read_draft(suffix, f"{front}\n正文。\n".encode())
    assert (draft.title, draft.published) == ("甲", datetime(2018, 11, 23, 10, 40))
    assert (draft.section, draft.byline) == (("河北新闻", "本网原创"), ("高原雪", "张岩"))
    assert "正文。" in draft.body_html
    assert "title" not in draft.body_html


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8-sig", "utf-16"])
def test_old_encodings_are_understood(suffix, encoding):
    front = "---\ntitle: 曲周县政协\npublished: 2018-11-23\n---\n\n加强政协党的建设，是根本保证。\n"
    draft = read_draft(suffix, front.replace("\n", "\r\n").encode(encoding))
    assert draft.title == "曲周县政协"
    assert "加强政协党的建设，是根本保证。" in draft.body_html


def test_bytes_that_are_no_text_are_named_with_their_line():
    error = refusal(".md", b"title\n\ncaf\xe9 au lait\n")
    assert (error.line, "0xe9" in error.cause) == (3, True)


# -- plain text as copied from a news page ----------------------------------------------------------------------------


def test_the_seed_article_yields_what_a_reader_would_say_of_it():
    draft = read_draft(".txt", SEED.read_bytes())
    assert draft.title == "曲周县政协在河北省率先实现“两个全覆盖”"
    assert draft.section == ("河北新闻", "本网原创")
    assert draft.published == datetime(2018, 11, 23, 10, 40)
    assert (draft.source, draft.byline, draft.editor) == ("河北新闻网", ("高原雪",), "张岩")


def test_the_seed_article_keeps_every_paragraph_and_heading_and_nothing_else():
    lines = [line.strip() for line in SEED.read_text("utf-8").splitlines() if line.strip()]
    story = lines[4 : lines.index("责任编辑:张岩")]
    story[-1] = story[-1].removesuffix("(记者高原雪")
    body = read_draft(".txt", SEED.read_bytes()).body_html
    kept = [line.split(">", 1)[1].rsplit("<", 1)[0] for line in body.splitlines()]
    assert kept == story
    assert [line for line in body.splitlines() if line.startswith("<h2>")] == [
        "<h2>扩大组织覆盖,让战斗堡垒更坚固</h2>",
        "<h2>发挥党员作用,让委员凝聚在党旗下</h2>",
        "<h2>主动担当作为,把政协工作融入全局中</h2>",
    ]
    assert len(kept) == 22
