"""The promises of every export format, including one that is added as a new file."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import fields
from datetime import date
from pathlib import PurePosixPath

import pytest
from factories import SHANGHAI, make_article
from registries import searchable

from reader.article_building import to_article
from reader.article_corrections import Correction
from reader.chinese.title_lines import width
from reader.errors import NotFound, TooLarge
from reader.exports import EXPORTS
from reader.exports.covers import cover_of, wrap_lines
from reader.exports.options import Options
from reader.exports.publications import MOST_ARTICLES, in_chosen_script, of_article, of_issue, of_selection
from reader.formats import read_draft
from reader.i18n import Message, translations
from reader.jobs.job_message import ExportJob, deserialize, serialize
from reader.models import UNDATED, Article, Issue
from reader.sanitizer import sanitize
from reader.settings import ROOT, Settings
from reader.templating import Renderer

SAMPLES = [*sorted((ROOT / "articles").rglob("*.*")), ROOT / "tests" / "samples" / "specimen.md"]
RENDERER = Renderer(ROOT / "templates", ROOT / "static")

each_export = pytest.mark.parametrize("suffix", EXPORTS)


def read(path, folder="2026-05-01"):
    return to_article(read_draft(path.suffix, path.read_bytes()), PurePosixPath(folder, path.name), Settings())


def export(suffix, publication, **options):
    pages = EXPORTS[suffix].PAGES
    return EXPORTS[suffix].export(publication, Options(page=pages[0] if pages else "", **options), RENDERER.render)


@pytest.fixture(scope="module")
def article():
    return read(ROOT / "tests" / "samples" / "specimen.md")


@pytest.fixture(scope="module")
def issue(article):
    articles = [article, make_article("rain", section=("要闻",)), make_article("sun", section=("技术",), title="晴")]
    return of_issue(Issue(date(2026, 5, 1), ()), articles)


@each_export
def test_an_export_says_what_it_is(suffix):
    exporter = EXPORTS[suffix]
    assert suffix == exporter.SUFFIX
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", exporter.MIMETYPE)
    assert translations("zh-CN").gettext(exporter.LABEL)


@each_export
def test_the_same_input_gives_the_same_bytes(suffix, article):
    assert export(suffix, of_article(article)) == export(suffix, of_article(article))


@each_export
def test_an_article_and_a_whole_issue_can_be_exported(suffix, article, issue):
    assert len(export(suffix, issue)) > len(export(suffix, of_article(make_article())))


@each_export
def test_an_english_article_can_be_exported_too(suffix):
    english = make_article(
        language="en", title="Rain", body=sanitize("<h2>A</h2><p>It “rains”.</p>"), summary="It rains."
    )
    assert export(suffix, of_article(english))


@each_export
def test_nothing_names_the_site_unless_it_has_a_fixed_address(suffix, article):
    assert b"news.example" not in export(suffix, of_article(article))


@each_export
def test_nothing_in_an_article_can_break_an_export(suffix):
    body = '<p>a &amp; &lt;b&gt; ]]> {{ 1234*5678 }} {% x %} "quotes" \u202e\u0301</p><table><tr><td></td></tr></table><ul><li></li></ul>'
    hostile = make_article(
        title="<script>\"&'</script> {{ 1234*5678 }}",
        summary="</style>]]>",
        body=sanitize(body),
        kicker="<b>",
        byline=('"><img src=x>',),
        section=("a/b", "<c>"),
        source="x\u202ey",
        editor="&amp;",
    )
    made = export(suffix, of_article(hostile))
    assert b"<script>" not in made or not re.search("html|xml", EXPORTS[suffix].MIMETYPE)
    assert "7006652" not in searchable(EXPORTS[suffix], made)


@each_export
def test_a_picture_that_is_not_there_leaves_its_words(suffix):
    body = sanitize('<figure><img src="/media/0123456789abcdef-360.jpg" alt="河"><figcaption>河</figcaption></figure>')
    made = export(suffix, of_article(make_article(body=body)))
    found = searchable(EXPORTS[suffix], made)
    assert "河" in found
    links_pictures = getattr(EXPORTS[suffix], "LINKS_PICTURES", False)
    assert "/media/" not in found or links_pictures, "leave out its address, or define LINKS_PICTURES = True"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_markdown_imports_back_to_the_same_article(path):
    first = read(path)
    made = export("md", of_article(first))
    again = to_article(read_draft(".md", made), PurePosixPath("2026-05-01", f"{first.slug}.md"), Settings())
    assert again == first
    assert again.version == first.version


@pytest.mark.parametrize(
    "text",
    [
        "# 不是标题",
        "1. 不是列表",
        "1) 也不是",
        "- 不是",
        "+ 不是",
        "a * b * c _d_ `e` [f](g) ![h](i) <j> &amp; k | l ~~m~~ n^o",
        "http://example.org/?a=b&c=d www.example.org me@example.org",
        "\\ 反斜线 \\* \\\\",
        "===",
        "---",
        ": definition",
        "> 不是引文",
        "$x$ [^1] [ ] 脚注",
    ],
)
def test_signs_that_mean_something_in_markdown_stay_signs(text):
    body = sanitize(f"<p>字</p><p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>")
    first = make_article(body=body, summary="字")
    again = to_article(
        read_draft(".md", export("md", of_article(first))), PurePosixPath("2026-05-01/rain.md"), Settings()
    )
    assert again.body == body


def test_json_is_schema_org_and_holds_the_whole_text(article, issue):
    made = json.loads(export("json", of_article(article), base_url="https://news.example"))
    assert (made["@context"], made["@type"]) == ("https://schema.org", "NewsArticle")
    assert made["headline"] == article.title
    assert made["url"] == "https://news.example/a/specimen"
    assert "最后一段。" in made["articleBody"]
    whole = json.loads(export("json", issue))
    assert whole["@type"] == "PublicationIssue"
    assert len(whole["hasPart"]) == 3


def test_text_has_every_paragraph_and_no_markup(article):
    made = export("txt", of_article(article)).decode()
    assert "曲周（Qūzhōu）在河北。" in made
    assert "项目\t数量\t说明" in made
    assert "<" not in made


def test_a_page_in_one_file_fetches_nothing(article):
    made = export("html", of_article(article), base_url="https://news.example").decode()
    assert not re.search(r'(?:src|<link[^>]*href)="(?!data:)', made)
    assert "url(" not in made
    assert "default-src 'none'" in made


def test_an_issue_is_ordered_by_section(issue):
    assert [chapter.section[0] for chapter in issue.chapters] == ["技术", "技术", "要闻"]


def test_too_many_articles_or_too_much_text_is_refused_with_the_limit():
    with pytest.raises(TooLarge, match="the limit is 200"):
        of_selection("x", "/x", [make_article(f"a{n}") for n in range(MOST_ARTICLES + 1)])
    with pytest.raises(TooLarge, match="characters"):
        of_selection("x", "/x", [make_article(body=sanitize(f"<p>{'字' * 700_000}</p>"))])
    with pytest.raises(NotFound):
        of_selection("x", "/x", [])


@pytest.mark.parametrize("suffix", ["txt", "epub", "pdf"])
def test_one_article_too_long_for_an_issue_leaves_a_line_with_a_link_and_the_others_stay(suffix, tmp_path):
    novel = make_article("novel", title="长篇", body=sanitize(f"<p>{'字' * 590_000}</p>"))
    table = make_article("table", title="大表", body=sanitize(f"<table>{'<tr><td>甲<td>乙' * 8000}</table>"))
    rain = make_article("rain", title="大雨", body=sanitize(f"<p>{'今天下雨。' * 3_000}</p>"))
    issue = of_issue(Issue(date(2018, 11, 23), ()), [novel, rain, table])
    assert [len(chapter.body) > 1000 for chapter in issue.chapters] == [False, True, False]
    made = export(suffix, issue, base_url="https://news.example")
    if suffix == "txt":
        assert made.decode().count("本文过长，未收入本文件") == 2
    if suffix == "epub":
        (tmp_path / "a.epub").write_bytes(made)
        with zipfile.ZipFile(tmp_path / "a.epub") as book:
            text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml"))
        assert text.count('<a href="https://news.example/a/novel">本文过长') == 1


def test_many_articles_that_are_too_much_together_are_refused():
    with pytest.raises(TooLarge, match="characters"):
        of_selection("x", "/x", [make_article(f"a{n}", body=sanitize(f"<p>{'字' * 90_000}</p>")) for n in range(8)])


def test_traditional_reaches_title_sections_and_set_phrases(article):
    made = export("txt", in_chosen_script(of_article(article), "hant")).decode()
    assert "排版樣張" in made
    assert "技術" in made
    assert "責任編輯" in made


def test_an_order_crosses_to_the_worker_unchanged(issue):
    spec = ExportJob("key.pdf", "pdf", "look", issue, Options(page="a4", site_name="样报"))
    again = deserialize(serialize(spec))
    assert again == spec
    assert again.publication.version == issue.version
    assert "\n" not in serialize(spec)


def test_an_article_crosses_to_the_worker_with_every_field():
    """None has its default here, so that one which is added to Article must be added too."""
    texts = dict.fromkeys(("kicker", "subtitle", "source", "editor", "version", "translation"), "甲")
    lists = dict.fromkeys(("section", "byline", "tags", "aliases", "images", "notes", "paths"), ("甲", "乙"))
    corrections = (Correction(make_article().published, "甲改为乙"), Correction(UNDATED, "丙的名字写错了"))
    warnings = (Message("duplicate field: %(field)s", field="title"),)
    sent = make_article(
        **texts, **lists, draft=True, top=True, comments_closed=True, corrections=corrections, warnings=warnings
    )
    job = ExportJob("k.txt", "txt", "look", of_article(sent), Options())
    [received] = deserialize(serialize(job)).publication.chapters
    assert [one.name for one in fields(Article) if getattr(sent, one.name) == one.default] == []
    assert vars(received) == vars(sent)


def test_a_cover_breaks_its_title_where_it_may():
    lines = wrap_lines("曲周县政协在河北省率先实现“两个全覆盖”，Reading offline on a phone", 9)
    assert all(width(line) <= 9.5 for line in lines)
    assert not any(line[0] in "，”" or line[-1] == "“" for line in lines)
    assert "Reading" in " ".join(lines)


def test_a_title_in_a_script_with_spaces_is_broken_at_them():
    for title in (
        "الأمطار في المحافظات الجنوبية",
        "Наводнение в южных районах",
        "Lượng mưa vượt quá dự kiến ở các huyện",
    ):
        assert " ".join(wrap_lines(title, 9)) == title
    assert all(width(line) <= 9 for line in wrap_lines("字" + "w" * 100, 9))


def test_a_very_long_title_still_fits_on_its_cover():
    cover = cover_of("很长的标题" * 60, "站", "日")
    assert cover.lines[-1][0] <= 650


def test_times_keep_their_zone(article):
    assert article.published.utcoffset() == SHANGHAI.utcoffset(article.published)
