"""What Reader exports as Markdown, JSON, EPUB or a web page in one file is imported again as the same article."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import PurePosixPath

import pytest
from click.testing import CliRunner
from PIL import Image
from test_importing import files

from reader.article_building import to_article
from reader.cli import main
from reader.exports import exporter
from reader.exports.article_markdown import body_markdown
from reader.exports.options import options_of
from reader.exports.publications import of_article, of_issue
from reader.formats import read_draft
from reader.formats.markdown_writer import to_markdown
from reader.importing.sources import own_exports
from reader.library.article_json import article_of
from reader.library.file_reader_child import read_files
from reader.models import Article
from reader.settings import ROOT, Settings

BASE = "https://news.example"
SPECIMEN = ROOT / "tests" / "samples" / "specimen.md"
RAIN = """---
title: 一场大雨
kicker: 入汛以来最强
subtitle: 曲周三站过百毫米
published: 2026-05-01 08:30
updated: 2026-05-01 11:30
section: 河北新闻/天气
source: 河北新闻网
byline: [高原雪, 李华]
editor: 张岩
tags: [雨, 天气]
slug: rain
corrections: {"2026-05-01 11:30": 雨量由 120 改为 102}
---
昨夜**大雨**，见图。H<sub>2</sub>O 和 10<sup>8</sup>，还有 `code`。

![雨后的街道](photo.jpg "雨后的街道")

## 小标题

| 站 | 毫米 |
|---|--:|
| 曲周 | 102 |

```python
a = 1

b = 2
```

> 引文

脚注[^1]，再提[^注]，又提[^1]。

[^1]: 注文。

    第二段。
[^注]: 另一条。
"""
SEEN = [
    field.name
    for field in fields(Article)
    if field.name not in ("body", "images", "version", "warnings", "notes", "translation")
]


@pytest.fixture
def rain(publish, services, picture_file):
    publish({"2026-05-01/rain.md": RAIN})
    return services.catalog.article("rain")


@pytest.fixture
def picture_file(settings):
    place = settings.articles / "2026-05-01" / "photo.jpg"
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((900, 600), 60).save(place)
    return place


def exported(services, suffix: str, publication, base_url: str = "") -> bytes:
    settings = replace(services.settings, base_url=base_url)
    return exporter(suffix).export(publication, options_of(settings, "", ""), services.render.render)


def imported(settings) -> list[Article]:
    """The articles of the folder that was imported to."""
    paths = [name for name in files(settings) if name.endswith(".md")]
    return [article_of(answer["article"], settings.timezone) for answer in read_files(settings, paths)]


def without_addresses(body: str) -> str:
    return re.sub(r' (?:src|width|height|value)="[^"]*"', "", body)


@pytest.fixture
def again(tmp_path, monkeypatch):
    """``again(content, name)`` imports the file into an empty site."""

    def again(content: bytes, name: str) -> tuple[list[Article], str]:
        other = Settings(articles=tmp_path / "other" / "articles", instance=tmp_path / "other" / "instance")
        other.articles.mkdir(parents=True)
        monkeypatch.setenv("READER_ARTICLES", str(other.articles))
        monkeypatch.setenv("READER_INSTANCE", str(other.instance))
        (tmp_path / name).write_bytes(content)
        result = CliRunner().invoke(main, ["import", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        return imported(other), result.output

    return again


@pytest.mark.parametrize("suffix", ["md", "json", "html", "epub"])
def test_an_exported_article_is_the_same_article_elsewhere(services, rain, again, suffix):
    [found], _ = again(exported(services, suffix, of_article(rain)), f"saved.{suffix}")
    assert {name: getattr(found, name) for name in SEEN} == {name: getattr(rain, name) for name in SEEN}
    assert to_markdown(found.body).count("[^") == to_markdown(rain.body).count("[^") == 5
    if suffix in ("html", "epub"):  # those that hold their pictures
        assert without_addresses(found.body) == without_addresses(rain.body)
        assert len(found.images) == 1
        assert "<figcaption>雨后的街道</figcaption>" in found.body


@pytest.mark.parametrize("suffix", ["json", "epub"])
def test_a_whole_issue_comes_back(services, publish, rain, again, suffix):
    publish({"2026-05-01/rain.md": RAIN, "2026-05-01/sun.md": "# 晴天\n\n第二天放晴了，路上的水也干了。"})
    issue = services.catalog.issue(rain.day)
    publication = of_issue(issue, services.catalog.articles([teaser.slug for teaser in issue.teasers]))
    found, _ = again(exported(services, suffix, publication), f"issue.{suffix}")
    assert {article.slug for article in found} == {"rain", "sun"}
    [again_rain] = [article for article in found if article.slug == "rain"]
    assert (again_rain.section, again_rain.published, again_rain.source) == (rain.section, rain.published, rain.source)


def test_addresses_in_exported_markdown_hold_elsewhere(services, rain):
    text = exported(services, "md", of_article(rain), BASE).decode()
    assert f"![雨后的街道]({BASE}/media/" in text
    assert f'images: ["{BASE}/media/' in text
    assert "<" not in text.replace("<sub>2</sub>", "").replace("<sup>8</sup>", "")


def test_the_specimen_is_markdown_again(services):
    article = to_article(read_draft(".md", SPECIMEN.read_bytes()), PurePosixPath("2026-05-01/specimen.md"), Settings())
    assert not body_markdown(article).startswith("<")


def test_code_with_blank_lines_survives_where_the_body_is_kept_as_html(services, rain):
    """A blank line ends a block of HTML in Markdown."""
    odd = replace(rain, body=rain.body + '<figure><img src="a.jpg" alt="甲"><img src="b.jpg" alt="乙"></figure>')
    text = body_markdown(odd)
    back = to_article(
        read_draft(".md", f"---\ntitle: 一场大雨\n---\n{text}".encode()),
        PurePosixPath("2026-05-01/rain.md"),
        Settings(),
    )
    assert "a = 1\n\nb = 2" in re.sub("<[^>]*>", "", back.body)


def test_the_page_of_an_issue_is_not_taken_for_one_article(services, publish, rain):
    publish({"2026-05-01/rain.md": RAIN, "2026-05-01/sun.md": "# 晴天\n\n第二天放晴了，路上的水也干了。"})
    issue = services.catalog.issue(rain.day)
    publication = of_issue(issue, services.catalog.articles([teaser.slug for teaser in issue.teasers]))
    assert not own_exports.is_page(exported(services, "html", publication).decode())
    assert own_exports.is_page(exported(services, "html", of_article(rain)).decode())


@pytest.mark.parametrize(
    "text",
    ['<article id="a1"><!-- 注 --><p>正文。</p></article>', '<article id="a1"><p class="editor">正文。</p></article>'],
)
def test_a_page_with_our_mark_by_somebody_else_keeps_its_text(text):
    page = f'<meta name="reader:article" content="{{&quot;headline&quot;: 5}}">{text}'
    assert own_exports.is_page(page)
    draft, address = own_exports.read_page(page)
    assert (draft.title, address, "正文。" in draft.body_html) == ("", "", True)


@pytest.mark.parametrize("odd", ['{"hasPart": 5}', '{"hasPart": [1, {"text": 2}]}', '{"text": ["甲"], "author": 3}'])
def test_json_with_our_words_in_odd_places_holds_nothing(odd):
    assert list(own_exports.json_items("a.json", odd.encode())) == []
