"""Pasted text of many news sites: each case is a folder with the pasted text and the expected article."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from reader.formats import front_matter, read_draft
from reader.importing.writing import to_plain_markdown

CASES = sorted(path.parent for path in (Path(__file__).parent / "samples" / "pasted").glob("*/input.txt"))


@cache
def article_in(case: Path) -> str:
    draft = read_draft(".txt", (case / "input.txt").read_bytes())
    return f"{front_matter.write(draft)}\n{to_plain_markdown(draft.body_html)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_head_story_and_tail_are_told_apart(case: Path) -> None:
    assert article_in(case) == (case / "expected.md").read_text("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_gives_the_same_article(encoding: str) -> None:
    for case in CASES:
        draft = read_draft(".txt", (case / "input.txt").read_text("utf-8").encode(encoding))
        assert f"{front_matter.write(draft)}\n{to_plain_markdown(draft.body_html)}" == article_in(case)
