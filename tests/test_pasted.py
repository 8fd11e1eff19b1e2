"""Pasted text of many news sites: each case is a folder with the pasted text and the expected article."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from reader.formats import read_draft
from reader.formats.fields import front_matter
from reader.importing.writing import to_plain_markdown

CASES = sorted(path.parent for path in (Path(__file__).parent / "samples" / "pasted").glob("*/input.txt"))


@cache
def article_in(case: Path) -> str:
    draft = read_draft(".txt", (case / "input.txt").read_bytes())
    return f"{front_matter.write(draft)}\n{to_plain_markdown(draft.body_html)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_head_story_and_tail_are_told_apart(case: Path) -> None:
    assert article_in(case) == (case / "expected.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_gives_the_same_article(encoding: str) -> None:
    for case in CASES:
        draft = read_draft(".txt", (case / "input.txt").read_text("utf-8").encode(encoding))
        assert f"{front_matter.write(draft)}\n{to_plain_markdown(draft.body_html)}" == article_in(case)


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("标签：河北 经济", ("河北", "经济")),
        ("关键词：河北；经济；河北", ("河北", "经济")),
        ("标签丨#河北 #经济", ("河北", "经济")),
        ("文章标签: 河北、石家庄", ("河北", "石家庄")),
        ("Tags: climate change, river", ("climate change", "river")),
        ("标签：", ()),
    ],
)
@pytest.mark.parametrize("form", ["大雨\n2026-05-01 06:00\n{}\n\n{}", "大雨\n2026-05-01 06:00\n\n{1}\n\n{0}\n"])
def test_tags_above_or_below_the_story_are_its_tags(line: str, tags: tuple[str, ...], form: str) -> None:
    story = "今天下了大雨，河水上涨两米。居民都已撤离。"
    draft = read_draft(".txt", form.format(line, story).encode())
    assert (draft.title, draft.tags, draft.body_html.strip()) == ("大雨", tags, f"<p>{story}</p>")


def test_keywords_in_the_story_are_story() -> None:
    draft = read_draft(".txt", "大雨\n\n今天下雨了。\n\n关键词：水很重要！\n\n明天还有雨。\n".encode())
    assert draft.tags == ()
    assert "关键词：水很重要！" in draft.body_html
