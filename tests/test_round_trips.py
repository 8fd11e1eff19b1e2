"""What Reader exports as Markdown, JSON, EPUB or a web page in one file is imported again as the same article."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import fields, replace
from pathlib import PurePosixPath

import pytest
from click.testing import CliRunner
from PIL import Image
from test_importing import files
from test_kept_text import MANY_NOTES, NOTES
from wide_content import BODIES

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

    def again(content: bytes | None, name: str) -> tuple[list[Article], str]:
        other = Settings(articles=tmp_path / "other" / "articles", instance=tmp_path / "other" / "instance")
        other.articles.mkdir(parents=True)
        monkeypatch.setenv("READER_ARTICLES", str(other.articles))
        monkeypatch.setenv("READER_INSTANCE", str(other.instance))
        if content is not None:
            (tmp_path / name).write_bytes(content)
        result = CliRunner().invoke(main, ["import", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        return imported(other), result.output

    return again


@pytest.mark.parametrize("suffix", ["md", "json", "html", "epub", "zip"])
def test_an_exported_article_is_the_same_article_elsewhere(services, rain, again, suffix):
    [found], _ = again(exported(services, suffix, of_article(rain)), f"saved.{suffix}")
    assert {name: getattr(found, name) for name in SEEN} == {name: getattr(rain, name) for name in SEEN}
    assert to_markdown(found.body).count("[^") == to_markdown(rain.body).count("[^") == 5
    if suffix in ("html", "epub", "zip"):  # those that hold their pictures
        assert without_addresses(found.body) == without_addresses(rain.body)
        assert len(found.images) == 1
        assert "<figcaption>雨后的街道</figcaption>" in found.body


@pytest.mark.parametrize("suffix", ["json", "html", "epub", "zip"])
def test_a_whole_issue_comes_back(services, publish, rain, again, suffix):
    publish({"2026-05-01/rain.md": RAIN, "2026-05-01/sun.md": "# 晴天\n\n第二天放晴了，路上的水也干了。"})
    issue = services.catalog.issue(rain.day)
    publication = of_issue(issue, services.catalog.articles([teaser.slug for teaser in issue.teasers]))
    found, _ = again(exported(services, suffix, publication), f"issue.{suffix}")
    assert {article.slug for article in found} == {"rain", "sun"}
    [again_rain] = [article for article in found if article.slug == "rain"]
    assert (again_rain.section, again_rain.published, again_rain.source) == (rain.section, rain.published, rain.source)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["html", "epub", "zip"])
def test_articles_full_of_trouble_come_back_with_their_text_and_fields(services, publish, rain, again, suffix):
    """Wide, long and deeply nested things, many notes, and whatever the specimen has."""
    odd = {
        f"2026-05-01/odd{n}.md": f"---\ntitle: 怪{n}\ntags: [甲]\n---\n第{n}篇。\n\n{body}"
        for n, (name, body) in enumerate(BODIES.items())
    }
    notes = {"2026-05-01/notes.md": NOTES, "2026-05-01/many-notes.md": MANY_NOTES}
    publish({"2026-05-01/rain.md": RAIN, "2026-05-01/specimen.md": SPECIMEN.read_text("utf-8")} | odd | notes)
    issue = services.catalog.issue(rain.day)
    given = services.catalog.articles([teaser.slug for teaser in issue.teasers])
    back, _ = again(exported(services, suffix, of_issue(issue, given)), f"issue.{suffix}")
    found = {article.slug: article for article in back}
    assert found.keys() == {article.slug for article in given}
    for article in given:
        assert {name: getattr(found[article.slug], name) for name in SEEN} == {
            name: getattr(article, name) for name in SEEN
        }
        assert words(found[article.slug].body) == words(article.body), article.slug
        assert found[article.slug].body.count("<img") == article.body.count("<img"), article.slug


def words(body: str) -> str:
    return "".join(re.sub("<[^>]*>", "", body).split())


@pytest.fixture
def textbundle():
    """The files of a TextBundle as other programs write it, below the name of its folder."""
    picture = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(picture, "PNG")
    about = b'{ "transient": true, "type" : "net.daringfireball.markdown", "version" : 2 }'
    text = "第一段写城里的雨，街上没有人。\n\n![雨](assets/rain%20photo.png)\n".encode()
    return {"info.json": about, "text.md": text, "assets/rain photo.png": picture.getvalue()}


def zipped(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_a_textpack_is_an_article_with_its_pictures_and_the_title_of_its_folder(textbundle, again):
    [found], output = again(zipped({f"城里的雨.textbundle/{name}": c for name, c in textbundle.items()}), "a.textpack")
    assert (found.title, found.body.count("<img")) == ("城里的雨", 1)
    assert "info.json" not in output


def test_a_textbundle_that_begins_with_spaces_takes_no_time_of_their_square(textbundle, again):
    """A megabyte took a quarter of an hour, so up to the limit of each article."""
    textbundle["text.md"] = b" " * 400_000 + b"\n\n" + textbundle["text.md"]
    [found], output = again(zipped({f"城里的雨.textbundle/{name}": c for name, c in textbundle.items()}), "a.textpack")
    assert (found.title, "0 failed" in output) == ("城里的雨", True)


def test_a_textpack_without_a_folder_is_an_article(textbundle, again):
    textbundle["text.md"] = "# 城里的雨\n\n".encode() + textbundle["text.md"]
    [found], output = again(zipped(textbundle), "a.textpack")
    assert (found.title, found.body.count("<img")) == ("城里的雨", 1)
    assert "0 failed" in output


def test_textbundles_are_found_in_a_folder_of_other_articles(textbundle, tmp_path, again):
    source = tmp_path / "notes"
    for name, content in textbundle.items():
        path = source / "城里的雨.textbundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for number in range(4):
        (source / f"n{number}.md").write_text(f"# 文章{number}\n\n第{number}篇的正文写到这里为止。", "utf-8")
    found, output = again(None, "notes")
    assert {article.title for article in found} == {"城里的雨", *(f"文章{number}" for number in range(4))}
    assert "0 failed" in output


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
