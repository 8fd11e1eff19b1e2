"""A draft becomes an article: missing fields are derived, punctuation is corrected; the same on every machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import pytest

from reader.article_building import to_article
from reader.article_building.text_metadata import SUMMARY_LENGTH, truncate
from reader.errors import UnreadableArticle
from reader.formats import read_draft
from reader.models import Article, Draft, is_dated, is_slug
from reader.settings import ROOT, Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")
ARTICLES = ROOT / "articles"
FILES = sorted(path for path in ARTICLES.rglob("*") if path.suffix in (".md", ".txt", ".html"))


def article(text: str = "正文。", path: str = "2018-11-23/a.md", **fields) -> Article:
    draft = replace(read_draft(".md", f"# 题\n\n{text}\n".encode()), **fields)
    return to_article(draft, PurePosixPath(path), Settings())


def refusal(**given) -> UnreadableArticle:
    with pytest.raises(UnreadableArticle) as caught:
        article(**given)
    return caught.value


# -- slug, date, language ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("2018-11-23/quzhou.md", "quzhou"),
        ("2018-11-23/台风 登陆.md", "台风-登陆"),
        ("2018-11-23/e\u0301te\u0301.md", "été"),
        ("2018-11-23-typhoon.md", "2018-11-23-typhoon"),
        ("2018-11-23/typhoon/index.md", "typhoon"),
    ],
)
def test_the_slug_is_the_name_of_the_file(path, slug):
    assert article(path=path).slug == slug


def test_the_front_matter_may_name_another_slug():
    assert article(slug="b").slug == "b"


def test_a_name_without_a_letter_has_a_slug_of_its_own_that_stays():
    slugs = {article(path=path).slug for path in ("2018-11-23/！！！.md", "2018-11-23/🎉.md", "2018-11-24/🎉.md")}
    assert len(slugs) == 3
    assert all(map(is_slug, slugs))


@pytest.mark.parametrize(
    "path", ["2018-11-23/a.md", "x/2018/11/23/a.md", "2018-11-23-a.md", "20181123.txt", "2017-01-01/2018-11-23.md"]
)
def test_the_date_is_in_the_path_when_nobody_wrote_it(path):
    assert article(path=path).published == datetime(2018, 11, 23, tzinfo=SHANGHAI)


@pytest.mark.parametrize("path", ["a.md", "2018-13-23/a.md", "12018-11-230/a.md"])
def test_without_any_date_it_is_an_undated_page_and_its_time_on_disk_is_never_used(path):
    made = article(path=path)
    assert not is_dated(made.published)
    assert "published: 2018-11-23 10:40" in made.warnings[-1]


def test_times_are_in_the_zone_of_the_site():
    assert article(published=datetime(2018, 11, 23, 10, 40)).published == datetime(
        2018, 11, 23, 10, 40, tzinfo=SHANGHAI
    )
    moved = article(published=datetime(2018, 11, 23, 20, 0, tzinfo=UTC))
    assert (moved.published.isoformat(), moved.day.day) == ("2018-11-24T04:00:00+08:00", 24)


def test_an_article_is_updated_when_published_unless_it_says_later():
    published = datetime(2018, 11, 23, tzinfo=SHANGHAI)
    assert article().updated == published
    assert article(updated=published.replace(year=2017)).updated == published
    assert article(updated=published.replace(year=2019)).updated.year == 2019


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("加强政协党的建设，是坚持人民政协制度的根本保证。", "zh-CN"),
        ("加強政協黨的建設，這是堅持人民政協制度的根本保證，還會說。", "zh-Hant"),
        ("The light page opens at once, even on a slow phone far from any city.", "en"),
        ("これは日本語の文章です。記事を読む。", "ja"),
        ("هذا نص عربي طويل بما يكفي لمعرفة اللغة.", "ar"),
        ("Это русский текст достаточной длины.", "ru"),
        ("12345", "zh-CN"),
    ],
)
def test_the_language_is_told_by_the_script(text, language):
    draft = Draft(title="1", body_html=f"<p>{text}</p>")
    assert to_article(draft, PurePosixPath("2018-11-23/a.md"), Settings()).language == language


def test_a_language_tag_gets_its_proper_case():
    assert article(language="zh-hant-hk").language == "zh-Hant-HK"


# -- summary ----------------------------------------------------------------------------------------------------------


def test_the_summary_is_the_first_paragraph_cut_after_a_sentence():
    summary = article("# 短\n\n" + "加强政协党的建设是根本保证。" * 20 + "\n\n第二段。").summary
    assert summary.endswith("保证。")
    assert SUMMARY_LENGTH - 14 < len(summary) <= SUMMARY_LENGTH


def test_a_summary_leaves_no_quotation_open():
    text = "他说：“" + "加强建设。" * 40 + "”"
    assert truncate(text, 120).count("“") == truncate(text, 120).count("”") or truncate(text, 120).endswith("……")
    assert truncate("第一句话已经说完了，后面还有很多很多很多很多很多话。他说：“" + "加强建设。" * 40, 120).endswith(
        "话。"
    )


def test_a_sentence_too_long_is_cut_at_a_comma_and_says_so():
    assert truncate("一二三四五六七八九，" * 20, 60).endswith("九……")
    assert truncate("word " * 60, 60) == "word " * 10 + "word…"


def test_a_summary_does_not_announce_what_it_does_not_show():
    assert article("一条命令，就能办起一份报纸：\n\n- 甲").summary == "一条命令，就能办起一份报纸。"


def test_a_written_summary_stays():
    assert article(summary="摘要,好.").summary == "摘要，好。"


# -- the body ---------------------------------------------------------------------------------------------------------


def test_marks_are_judged_by_the_whole_paragraph_through_its_inline_tags():
    body = article('他**说**,“[甲](https://example.com)",*乙*(丙)`a,b`,丁').body
    assert "</strong>，“<a" in body
    assert "</a>”，<em>乙</em>（丙）<code>a,b</code>，丁" in body


def test_code_other_languages_and_readings_keep_their_marks():
    text = '<p>看<code>a,汉</code>,<span lang="en">one,two 汉,</span>和<ruby>曲<rt>qū,汉</rt></ruby>,好</p><pre>汉,字</pre><p lang="ja">私,と</p>'
    body = article(text).body
    assert "<code>a,汉</code>，" in body
    assert "one,two 汉,</span>" in body
    assert "qū,汉</rt></ruby>，好" in body
    assert "汉,字</pre>" in body
    assert ">私,と<" in body


def test_an_english_article_keeps_its_marks():
    body = article("He said, “no.” The word 汉字, here, stays.", language="en").body
    assert "<p>He said, “no.” The word 汉字, here, stays.</p>" in body


def test_a_quotation_over_several_paragraphs_is_closed_once():
    body = article("他说：\n\n“第一段。\n\n“第二段。\n\n第三段。").body
    assert "“第一段。</p><p>“第二段。”</p>" in body


def test_a_footnote_mark_does_not_come_between_word_and_comma():
    assert "</sup>，乙" in article("甲[^1],乙\n\n[^1]: 注").body


def test_headings_have_names_made_of_their_words_each_once():
    body = article(
        "## 扩大组织覆盖,让战斗堡垒更坚固\n\n甲\n\n## Reading offline\n\n乙\n\n## Reading offline\n\n丙\n\n## 2026\n\n丁"
    ).body
    for name in ("扩大组织覆盖", "reading-offline", "reading-offline-2", "n2026"):
        assert f' id="{name}"' in body


def test_a_heading_keeps_the_name_it_has():
    assert '<h2 id="a">' in article('<h2 id="a">甲</h2>').body


def test_pictures_are_named_from_the_folder_of_all_articles():
    made = article(
        "![图](图 1.png)\n\n![b](../b.png)\n\n![c](/c/c.png)\n\n![d](https://example.com/d.png)".replace(
            "图 1", "<图 1"
        ).replace("1.png", "1.png>")
    )
    assert made.images == ("2018-11-23/图 1.png", "b.png", "c/c.png")
    for address in ("2018-11-23/%E5%9B%BE%201.png", "b.png", "c/c.png", "https://example.com/d.png"):
        assert f'src="{address}"' in made.body


def test_pictures_of_the_front_matter_come_first_and_each_once():
    assert article("![a](a.png)", images=("b.png", "a.png")).images == ("2018-11-23/b.png", "2018-11-23/a.png")


def test_no_address_of_a_picture_leads_out_of_the_articles():
    assert article("![a](../../etc/passwd.png)").images == ("etc/passwd.png",)
    assert article(images=("%2e%2e/%2e%2e/a.png",)).images == ("a.png",)


def test_every_field_that_is_shown_is_set_like_the_body():
    made = article(
        title='他说"好"', kicker="甲,乙", subtitle="丙:丁", source="戊(己)", section=("庚,辛",), tags=("壬;癸",)
    )
    assert (made.title, made.kicker, made.subtitle, made.source) == ("他说“好”", "甲，乙", "丙：丁", "戊（己）")
    assert (made.section, made.tags) == (("庚，辛",), ("壬；癸",))


# -- our own articles -------------------------------------------------------------------------------------------------


def test_the_seed_article_lies_there_as_it_came():
    raw = (ARTICLES / "2018-11-23" / "quzhou-zhengxie.txt").read_bytes()
    assert raw.startswith("河北新闻>>本网原创\n".encode())
    assert raw.rstrip().endswith("网站首页 我要评论 分享文章 回到顶部".encode())
    assert b"\t\t\t" in raw


def test_there_are_articles_in_chinese_and_in_english():
    languages = [
        to_article(read_draft(f.suffix, f.read_bytes()), PurePosixPath(f.relative_to(ARTICLES)), Settings()).language
        for f in FILES
    ]
    assert len(languages) >= 7
    assert {"zh-CN", "en"} <= set(languages)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_article_has_all_its_fields_and_reads_the_same_twice(file):
    path = PurePosixPath(file.relative_to(ARTICLES))
    made = to_article(read_draft(file.suffix, file.read_bytes()), path, Settings())
    again = to_article(read_draft(file.suffix, file.read_bytes()), path, Settings())
    assert made == again
    assert made.version == again.version
    assert made.summary
    assert made.section
    assert 10 <= len(made.summary) <= SUMMARY_LENGTH * 2
    assert all((ARTICLES / image).is_file() for image in made.images)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("今天\n下雨", "今天下雨"),
        ("今天下雨。\n明天晴", "今天下雨。明天晴"),
        ("今天\n**下雨**\n了", "今天<strong>下雨</strong>了"),
        ("他说\n“下雨”\n了", "他说“下雨”了"),
        ("用 Flask\n写成", "用 Flask\n写成"),
        ("one\ntwo", "one\ntwo"),
        ("“one”\n“two”", "“one”\n“two”"),
        ("今天\\\n下雨", "今天<br>下雨"),
    ],
)
def test_a_line_end_between_han_is_no_space(text, body):
    assert article(text).body == f"<p>{body}</p>"


def test_line_ends_in_code_stay():
    assert "甲\n乙" in article("```\n甲\n乙\n```").body


def test_a_link_whose_scheme_no_page_may_have_is_a_warning_that_names_it():
    found = article("<a href=\"gemini://a.example\">甲</a> <a class=x href='GEMINI:b'>乙</a> <A HREF=magnet:x>丙</A>")
    assert "<a" not in found.body
    schemes = [str(warning) for warning in found.warnings if "links" in str(warning)]
    assert schemes == [f"links that begin with {name}: are left out, their words stay" for name in ("gemini", "magnet")]
    assert not article("[甲](https://a.example/x:y) [乙](mailto:a@b.example) [丙](./rain.md:1) `href=x:y`").warnings


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-06\n\n今天下雨。", "2024-05-06"),
        ("张三\n\n2024年5月6日\n\n今天下雨。", "2024-05-06"),
        ("May 6, 2024\n\nIt rains.", "2024-05-06"),
        ("2024年5月6日，今天下雨。", None),
        ("2099-05-06\n\n音乐会，欢迎参加。", None),
        ("一\n\n二\n\n三\n\n2024-05-06", None),
    ],
)
def test_a_date_that_is_a_paragraph_of_its_own_near_the_beginning_is_that_of_the_article(text, day):
    found = article(text, "notes/a.md").published
    assert (f"{found:%F}" if is_dated(found) else None) == day
