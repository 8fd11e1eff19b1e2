"""Article extraction: each case is a folder with a page and the expected article."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from reader.formats.decoding import decode_page
from reader.importing.extraction.extract import ExtractionResult, extract
from reader.importing.extraction.metadata import Metadata

CASES = sorted(path.parent for path in (Path(__file__).parent / "samples" / "pages").glob("*/page.html"))
ADDRESS = "https://news.example/2018-11/23/page.html"


def found_in(case: Path) -> ExtractionResult:
    address = "" if case.name == "lazy-images" else ADDRESS
    return extract(decode_page((case / "page.html").read_bytes()), address)


def told(metadata: Metadata) -> dict[str, Any]:
    """The known metadata as JSON, without empty fields."""
    return json.loads(json.dumps({key: value for key, value in asdict(metadata).items() if value}, default=str))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_body_comes_out_whole_and_alone(case: Path) -> None:
    assert found_in(case).body_html == (case / "expected.html").read_text("utf-8").strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_page_says_of_the_article_is_known(case: Path) -> None:
    assert told(found_in(case).metadata) == json.loads((case / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("tag", ["div", "span", "table><tr><td", "blockquote", "ul><li", "b"])
def test_towers_of_tags_do_no_harm(tag: str) -> None:
    extract(f"<{tag}>" * 20_000 + "<p>正文，一句话。</p>" * 5)


@pytest.mark.parametrize(
    "page", ["", "<", "\0", "<html>", "<p", "<?xml version='1.0'?>", "<table><tr>", "&#0;&#xD800;", "]]>"]
)
def test_a_page_without_an_article_gives_an_empty_body(page: str) -> None:
    assert len(extract(page).text) < 9
