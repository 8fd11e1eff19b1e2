"""Text to edit and back: what an editor does not touch stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from reader.editing.apply_edits import open_text, with_form
from reader.editing.file_encoding import decode, encode
from reader.editing.form import TICKED
from reader.errors import UnreadableArticle

LINES = st.lists(st.text(st.sampled_from("今天下雨ab :#-'\"\\[]{}é　"), max_size=12), min_size=1, max_size=8)
ENDS = st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=8, max_size=8)
CODECS = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])


@pytest.mark.slow
@given(LINES, ENDS, CODECS)
def test_a_text_that_nobody_changes_is_the_same_bytes(lines, ends, codec):
    content = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode(codec)
    try:
        text = decode(content).text
    except UnreadableArticle:
        assert codec == "gb18030"  # a few characters do not tell their encoding
        reject()
    assert encode(text, content) == (content, ())


@given(LINES, ENDS, st.integers(0, 7), st.text(st.sampled_from("新文ab\n"), max_size=9))
def test_lines_above_and_below_a_change_keep_their_ends(lines, ends, at, new):
    content = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()
    shown = decode(content).text.split("\n")
    at = min(at, len(shown) - 1)
    changed = "\n".join([*shown[:at], new, *shown[at + 1 :]])
    written, notes = encode(changed, content)
    assert (decode(written).text, notes) == (changed, ())
    assert written.startswith("".join(line + end for line, end in zip(lines[:at], ends, strict=False)).encode())


FIELDS = ("weird", "params", "cover", "layout", "标题甲", "x-y")
VALUES = ("1", '"a: b"', "[a, b]", "{a: 1}", "|\n  多行\n  # 不是注释", "\n  - a\n  - b", "2026-05-01", "'单引号'", "~")
UNKNOWN = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES)), max_size=5, unique_by=lambda pair: pair[0]
)
KNOWN = {
    "title": "暴雨",
    "tags": "甲、乙",
    "section": "要闻 > 本地",
    "draft": TICKED,
    "top": TICKED,
    "published": "2199-01-01",
}


@given(UNKNOWN, st.sampled_from(sorted(KNOWN)), st.booleans())
def test_a_changed_field_leaves_unknown_fields_and_comments_byte_for_byte(unknown, name, is_there):
    above = [f"{field}: {value}".replace(":  ", ": ").replace(": \n", ":\n") for field, value in unknown]
    known = [f"{name}: {'false' if KNOWN[name] == TICKED else '2020-01-01' if name == 'published' else '旧'}  # 说明"]
    head = [*above[:2], *(known if is_there else []), "# 注释", *above[2:]]
    title = [] if name == "title" else ["title: 大雨"]
    content = ("---\n" + "\n".join([*title, *head]) + "\n---\n\n今天下雨。\n").encode()
    try:
        form = open_text(".md", content, 2_000_000).form
        new = with_form(".md", content, type(form)(**vars(form) | {name: KNOWN[name]}), 2_000_000)
    except UnreadableArticle:  # the editor is sent to the whole text
        return
    kept = [line for line in content.decode().split("\n") if line != known[0]]
    added = [line for line in new.content.decode().split("\n") if line not in kept]
    assert len(added) == 1
    assert [line for line in new.content.decode().split("\n") if line != added[0]] == kept


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(UnreadableArticle):
        decode(b"\x00\x01\x02")
