"""Code has colours without a script, where it is shown; exports as text and feeds have it plain."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

import pytest
from factories import make_article

from reader.article_building import to_article
from reader.article_building.code_highlighting import LONGEST_CODE, LONGEST_TOGETHER, plain_code, without_labels
from reader.exports import EXPORTS
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.feeds.entries import SiteIdentity, to_entry
from reader.formats import read_draft
from reader.sanitizer import sanitize
from reader.sanitizer.allowlist import CLASSES_OF_CODE
from reader.settings import ROOT, Settings

PYTHON = '```python\ndef greet(name):\n    return f"你好，{name}"  # <注释> & 1\n```'
SPANS = re.compile(r'<span class="(h[a-z])">([^<]*)</span>')


def body_of(text: str, title: str = "题"):
    draft = read_draft(".md", f"---\ntitle: {title}\n---\n\n{text}".encode())
    return to_article(draft, PurePosixPath("2026-05-01/x.md"), Settings()).body


def exported(suffix: str, text: str, services, page: str = "") -> bytes:
    article = make_article("x", body=body_of(text))
    return EXPORTS[suffix].export(of_article(article), options_of(services.settings, page, ""), services.render.render)


def test_tokens_have_one_of_few_classes():
    found = SPANS.findall(body_of(PYTHON))
    assert ("hk", "def") in found
    assert ("hf", "greet") in found
    assert ("hc", "# &lt;注释&gt; &amp; 1") in found
    assert {kind for kind, _ in found} <= CLASSES_OF_CODE


def test_highlighting_changes_no_character():
    assert plain_code(body_of(PYTHON)) == sanitize(read_draft(".md", f"# 题\n\n{PYTHON}".encode()).body_html)


@pytest.mark.parametrize("code", ["\n\n  a = 1\n\n", "\tx\r\n", "a", "&lt;", "```", "x = '", "\u2028", " "])
def test_highlighted_code_stays_as_it_is_when_it_is_sanitized_again(code):
    body = body_of(f"~~~python\n{code}\n~~~\n\n尾")
    assert sanitize(body) == body


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("", "def a(): pass"),
        ("nonsense", "def a(): pass"),
        ("../../etc", "def a(): pass"),
        ("python", "x = 1\n" * (LONGEST_CODE // 6 + 1)),
    ],
)
def test_code_of_an_unknown_language_or_too_long_stays_plain(language, code):
    assert "<span" not in body_of(f"```{language}\n{code}\n```")


def test_the_code_of_one_article_is_highlighted_up_to_a_limit():
    block = "```python\n" + "x = 1\n" * 3000 + "```\n\n"
    body = body_of(block * 10)
    plain = [part for part in body.split("</pre>") if "<pre>" in part and "<span" not in part]
    assert len(plain) == 10 - LONGEST_TOGETHER // (3000 * 6)


@pytest.mark.parametrize(
    ("language", "unit"),
    [("java", "a b "), ("java", "\na"), ("c", "\n "), ("cpp", "\n "), ("typescript", "a."), ("css", '\\"')],
)
def test_code_that_holds_up_a_lexer_stays_plain(language, unit):
    """Without the limit the first takes minutes; here the CPU time is counted, not that of the clock."""
    body = body_of(f"```{language}\n{(unit * LONGEST_CODE)[: LONGEST_CODE - 1]}\n```\n\n{PYTHON}")
    assert "greet" in body


def test_only_pages_with_highlighted_code_carry_its_style(publish, client):
    publish({"2026-05-01/a.md": f"# 甲\n\n{PYTHON}", "2026-05-01/b.md": "# 乙\n\n```\nplain\n```\n\n~~删~~"})
    assert ".hk{" in client.get("/a/a").text
    assert ".hk" not in client.get("/a/b").text


def test_text_markdown_and_feeds_have_plain_code(services):
    code = PYTHON.split("\n", 1)[1].removesuffix("\n```")
    assert PYTHON in exported("md", PYTHON, services).decode()
    assert code in exported("txt", PYTHON, services).decode()
    site = SiteIdentity("报", "zh", "https://news.example", "news.example,2026")
    entry = to_entry(make_article("x", body=body_of(PYTHON)), site, original_slug="x", revised=None)
    assert "<span" not in entry.content
    assert "def greet(name):" in entry.content


def test_books_and_single_files_have_the_colours_they_need_and_no_others(services):
    assert b".hk{" in exported("html", PYTHON, services)
    assert b".hk{" not in exported("html", "没有代码", services)
    for text, expected in ((PYTHON, True), ("没有代码", False)):
        with zipfile.ZipFile(BytesIO(exported("epub", text, services))) as book:
            assert (b".hk{" in book.read("EPUB/style.css")) is expected


@pytest.mark.parametrize(("title", "label"), [("题", "图表源码（mermaid）"), ("A title", "Diagram source (mermaid)")])
def test_a_diagram_is_labelled_code(title, label):
    text = "正文" if title == "题" else "Some words of the story in English."
    body = body_of(f"{text}\n\n```mermaid\ngraph TD; A-->B\n```", title)
    assert f'<figure class="diagram"><figcaption>{label}</figcaption><pre><code class="language-mermaid">' in body
    assert sanitize(body) == body
    assert "figure" not in without_labels(body)


def test_markdown_of_a_diagram_is_its_fence(services):
    fence = "```mermaid\ngraph TD; A-->B\n```"
    assert exported("md", fence, services).decode().endswith(f"\n{fence}\n")


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colours_of(name: str) -> dict[str, str]:
    return dict(re.findall(r"\.(h[a-z])\{color:(#\w{6})\}", (ROOT / "templates" / "export" / name).read_text("utf-8")))


def test_colours_of_code_are_legible_on_every_paper():
    page = Path(ROOT / "static" / "css" / "body" / "highlight.css").read_text("utf-8")
    pairs = re.findall(r"light-dark\((#\w{6}), (#\w{6})\)", page)
    assert len(pairs) == len(CLASSES_OF_CODE) - 1  # comments have the colour of small print
    on_light = [light for light, _ in pairs] + list(colours_of("highlight.css").values())
    on_dark = [dark for _, dark in pairs] + list(colours_of("highlight-dark.css").values())
    assert colours_of("highlight.css").keys() == colours_of("highlight-dark.css").keys() == CLASSES_OF_CODE
    light = [(colour, paper) for colour in on_light for paper in ("#fdfcfa", "#f4ecd8", "#f4f4f2", "#ffffff")]
    dark = [(colour, paper) for colour in on_dark for paper in ("#151618", "#121212")]
    assert [pair for pair in light + dark if contrast(*pair) < 4.5] == []
