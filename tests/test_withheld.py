"""What may be private is not published, in whatever notation of whatever format a file says that it is not public.

Each row of the tables is a file; it must be a draft, or a problem with its line and the way to write it. The second
part holds articles that only talk of drafts: they are published.
"""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.errors import UnreadableArticle
from reader.formats import FORMATS, read_content, unpublished_markers

TEXT = "\n\n今天下雨，河水上涨。\n\n第二段话。\n"
FIELDS = [
    *(f"draft: {yes}" for yes in ("true", "True", "yes", "on", "1")),
    "Draft: TRUE", "草稿：是", "wip: true", "private: true", "hidden: true", "unlisted: true", "isDraft: true",
    "is_private: yes", "私密：是", "隐藏: 是", "未发布：是", "status: draft", "Status: Draft", "status: private",
    "post_status: pending", "visibility: hidden", "状态：草稿", "狀態：未發佈", "published: false", "publish: no",
    "public: false", "公开：否", "發佈: 否",
]  # fmt: skip
"""Those that are understood wherever they stand near the beginning of a file."""
VALUES = [
    "status: 📝 Draft", "status: first draft", "status: [draft]", "status: {draft: true}", "status: in-progress",
    "state: under_review", "workflow: needs review", "creativeWorkStatus: Incomplete", "阶段: 撰写中",
    "publish: draft", "visible: never", "hide: true", "password: x", "密码: x", "permalink: false",
    "access: members", "access: {site.login: true}", "build: {render: never}", "_build: {list: false}",
    "tags: [天气, draft]", "tags: 草稿", "category: Drafts", "draft: {value: true}", "private: {by: 张三}",
    "type: draft", "flags: [草稿]", "still_draft: yes", "format: {html: {draft: true}}", "tags: [status/draft]",
    "发布状态: 草稿", "审核状态: 待审", "是否发布: 否", "approved: false", "status: 暂不发布", "embargo: true",
    "extra: {status: draft}", "params: {private: true}", "a: &no false\npublished: *no",
    "isPublish: false", "is_publish: 'no'", "publish: N", "released: false", "hideInList: true", "showInList: false",
    "isEncrypted: true", "locked: true", "deleted: true", "need_login: true", "vip: true", "post_password: x",
    "eleventyExcludeFromCollections: true", "halo: {site: x, publish: false}", "published: never", "published: draft",
    "date: 待定", "privacy: friends", "密级: 秘密", "expiryDate: 2020-01-01", "下线时间: 2020年1月1日", "publishd: false",
    "a: &s draft\nstatus: *s", "a: &no false\npublic: *no",
    "status: 0", "state: queued", "workflow_status: pending_review", "audience: only_paid", "visibility: tiers",
    "passphrase: x", "routable: false", "live: false", "ignore: true", "hide: all", "published_until: 2020-01-01",
]  # fmt: skip
"""Lines of YAML that are understood as fields only."""


def split(field: str) -> tuple[str, str]:
    name, _, value = field.replace("：", ": ").partition(":")
    return name.strip(), value.strip()


def is_withheld(suffix: str, data: str | bytes) -> bool:
    try:
        return read_content(suffix, data if isinstance(data, bytes) else data.encode()).draft
    except UnreadableArticle as error:
        assert error.hint  # noqa: PT017
        return True


NOTATIONS = {
    ".md": [
        "---\ntitle: 甲\n{field}\n---", "# 甲\n{field}", "# 甲\n\n{field}", "甲\n===\n\n{field}", "甲\n\n{field}",
        "# 甲\n\n**{field}**", "# 甲\n\n> {field}", "# 甲\n\n- {field}", "# 甲\n\n`{field}`", "# 甲\n\n<!-- {field} -->",
        "<!-- {field} -->\n# 甲", "[//]: # ({field})\n\n# 甲", "# 甲\n\n[//]: # ({field})", "% 甲\n% 张三\n{field}",
        "---\ntitle: 甲\n---\n\n# 甲\n\n{field}", "# 甲\n\n作者：张三\n日期：2018-01-02\n{field}", "导语\n\n# 甲\n\n{field}",
        "export const meta = {{\n  title: '甲',\n  {name}: '{value}',\n}}\n\n# 甲", "# 甲\n\n| {name} | {value} |\n|--|--|",
        "title: 甲\n{field}", "# 甲\n\n今天下雨。\n\n{field}",
    ],
    ".txt": ["甲\n{field}", "甲\n\n{field}", "甲\n\n作者：张三\n{field}", "【甲】\n\n〔{field}〕", ".. {field}\n.. title: 甲"],
    ".rst": [
        "甲\n##\n\n:date: 2018-01-02\n:{name}: {value}", "甲\n##\n\n段落。\n\n:{name}: {value}",
        ".. title: 甲\n.. {name}: {value}", ".. {name}: {value}\n.. title: 甲", "甲\n##\n\n.. {name}: {value}",
        ".. meta::\n   :{name}: {value}\n\n甲\n##", "甲\n##\n\n{field}",
    ],
    ".org": [
        "#+TITLE: 甲\n#+{upper}: {value}", "#+TITLE: 甲\n#+HUGO_{upper}: {value}", "#+TITLE: 甲\n#+PROPERTY: {name} {value}",
        ":PROPERTIES:\n:{upper}: {value}\n:END:\n#+TITLE: 甲", "#+TITLE: 甲\n# {field}",
        "#+TITLE: 甲\n\n* 一\n:PROPERTIES:\n:EXPORT_HUGO_{upper}: {value}\n:END:",
        "#+TITLE: 甲\n#+HUGO_CUSTOM_FRONT_MATTER: :{name} {value}", "#+TITLE: 甲\n\n{field}",
    ],
    ".adoc": [
        "= 甲\n:{name}: {value}", "= 甲\n:page-{name}: {value}", "= 甲\n\n:{name}: {value}", ":{name}: {value}\n= 甲",
        "= 甲\n// {field}", "= 甲\n\n{field}",
    ],
    ".html": [
        "<!doctype html><title>甲</title><meta name='{name}' content='{value}'><h1>甲</h1><p>文",
        "<!doctype html><title>甲</title><meta property='article:{name}' content='{value}'><h1>甲</h1><p>文",
        "<!doctype html><html><head><title>甲</title><!-- {field} --></head><h1>甲</h1><p>文",
        "<!doctype html><title>甲</title><h1>甲</h1><p>{field}</p><p>文",
        "<!-- {field} --><!doctype html><title>甲</title><h1>甲</h1><p>文",
        "---\n{field}\n---\n<title>甲</title><h1>甲</h1><p>文",
    ],
}  # fmt: skip
SAME = {".md": (".markdown", ".mdx", ".qmd"), ".txt": (".text",), ".adoc": (".asciidoc",), ".html": (".htm",)}


@pytest.mark.parametrize(
    ("suffix", "notation"), [(suffix, one) for suffix, several in NOTATIONS.items() for one in several]
)
def test_a_field_in_any_notation_of_the_format_withholds_the_article(suffix, notation):
    for field in FIELDS:
        name, value = split(field)
        file = notation.format(field=field, name=name, upper=name.upper(), value=value) + TEXT
        for one in (suffix, *SAME.get(suffix, ())):
            assert is_withheld(one, file), (one, file)


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix not in (".docx", ".odt", ".ipynb")])
def test_a_field_in_front_matter_of_any_format_withholds_the_article(suffix):
    files = [f"---\ntitle: 甲\n{field}\n---{TEXT}" for field in (*VALUES, *FIELDS)]
    assert not [file for file in files if not is_withheld(suffix, file)]


@pytest.mark.parametrize(
    ("suffix", "file"),
    [
        (".adoc", "= 甲\n:draft:"),
        (".adoc", "= 甲\n:page-draft:"),
        (".rst", "甲\n##\n\n:draft:"),
        (".org", "#+TITLE: 甲\n#+DRAFT:"),
        (".org", "#+TITLE: 甲\n#+DRAFT: t"),
        (".org", "#+TITLE: 甲\n#+FILETAGS: :天气:noexport:"),
        (".org", "#+TITLE: 甲\n#+FILETAGS: :draft:"),
        (".rst", ".. title: 甲\n.. tags: 天气, private"),
        (".rst", ".. post::\n   :tags: 天气\n\n甲\n##"),
        (".md", "# 甲\n\n<!-- draft -->"),
        (".md", "# 【草稿】甲"),
        (".md", "# 甲（草稿）"),
        (".md", "---\ntitle: '[DRAFT] Rain'\n---"),
        (".md", "# WIP: rain"),
        (".md", "# 甲\n\n**Draft**"),
        (".md", "# 甲\n\n#draft"),
        (".md", "# 甲\n\n（草稿，请勿发布）"),
        (".md", "# Rain\n\nDO NOT PUBLISH!"),
        (".txt", "草稿\n\n甲"),
        (".mdx", "export const draft = true;\n\n# 甲"),
        (".org", "* DRAFT 甲"),
        (".org", "* TODO 甲"),
        (".org", "* 甲 :天气:draft:"),
        (".html", "<!doctype html><title>甲</title><meta name=keywords content='天气, draft'><p>文"),
        (".html", "<!doctype html><title>甲</title><meta property=article:section content=草稿><p>文"),
        (".md", "<!--草稿-->\n# 甲"),
        (".html", "<!doctype html><title>甲</title><meta name=draft><p>文"),
        (".html", "<!doctype html><title>甲</title><meta name=draft content=perhaps><p>文"),
        (
            ".html",
            """<script type=application/ld+json>{"@type": "Article", "creativeWorkStatus": "Draft"}</script><h1>甲</h1>""",
        ),
    ],
)
def test_a_mark_that_is_no_field_with_a_value_withholds_the_article(suffix, file):
    assert is_withheld(suffix, file + TEXT)


def notebook(metadata: dict[str, object], *cells: str) -> str:
    return json.dumps(
        {"metadata": metadata, "nbformat": 4, "nbformat_minor": 5,
         "cells": [{"cell_type": "markdown", "metadata": {}, "source": cell} for cell in cells]}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "first"),
    [
        ({"draft": True}, "# 甲"),
        ({"status": "draft"}, "# 甲"),
        ({"nikola": {"status": "private"}}, "# 甲"),
        ({"params": {"draft": True}}, "# 甲"),
        ({"front-matter": {"draft": "true"}}, "# 甲"),
        ({}, "# 甲\n> 提要\n\n- toc: true\n- draft: true"),
        ({}, "# 甲\n\ndraft: true"),
        ({}, "---\ntitle: 甲\ndraft: true\n---"),
    ],
)
def test_a_notebook_that_says_it_is_a_draft_is_withheld(metadata, first):
    assert is_withheld(".ipynb", notebook(metadata, first, "今天下雨。"))
    assert not is_withheld(".ipynb", notebook({"status": "final"}, "# 甲", "今天下雨。"))


def with_members(suffix: str, **texts: str) -> bytes:
    """The sample of the format with other members, ``__`` for a slash."""
    target = io.BytesIO(FORMATS[suffix].SAMPLE)
    with zipfile.ZipFile(target, "a") as file:
        for name, text in texts.items():
            path = name.replace("__", "/") + ".xml"
            file.writestr(path, text)
    return target.getvalue()


CORE = (
    '<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">'
    "<c:contentStatus>{}</c:contentStatus></c:coreProperties>"
)
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:v="'
    'http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property pid="2" name="{}">{}</property>'
    "</Properties>"
)
HEADER = (
    '<w:hdr xmlns:w="w" xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textpath string="{}"/></v:shape></w:hdr>'
)
META = (
    '<o:document-meta xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:m="'
    'urn:oasis:names:tc:opendocument:xmlns:meta:1.0"><o:meta><m:user-defined m:name="{}">{}</m:user-defined></o:meta>'
    "</o:document-meta>"
)


@pytest.mark.parametrize(
    ("suffix", "members", "withheld"),
    [
        (".docx", {"docProps__core": CORE.format("Draft")}, True),
        (".docx", {"docProps__core": CORE.format("草稿")}, True),
        (".docx", {"docProps__core": CORE.format("Final")}, False),
        (".docx", {"docProps__custom": CUSTOM.format("Status", "<v:lpwstr>Draft</v:lpwstr>")}, True),
        (".docx", {"docProps__custom": CUSTOM.format("draft", "<v:bool>true</v:bool>")}, True),
        (".docx", {"docProps__custom": CUSTOM.format("Checked by", "<v:lpwstr>张三</v:lpwstr>")}, False),
        (".docx", {"word__header2": HEADER.format("DRAFT")}, True),
        (".docx", {"word__header1": HEADER.format("机密")}, True),
        (".docx", {"word__header1": HEADER.format("样本")}, False),
        (".odt", {"meta": META.format("Status", "Draft")}, True),
        (".odt", {"meta": META.format("草稿", "是")}, True),
        (".odt", {"meta": META.format("Status", "Final")}, False),
    ],
)
def test_the_state_of_a_word_processor_file_is_in_its_properties_or_its_watermark(suffix, members, withheld):
    assert is_withheld(suffix, with_members(suffix, **members)) == withheld


@pytest.mark.parametrize("suffix", [".docx", ".odt"])
@pytest.mark.parametrize("field", ["draft: true", "状态：草稿", "published: false"])
def test_a_line_of_a_word_processor_file_withholds_it(suffix, field):
    source = io.BytesIO(FORMATS[suffix].SAMPLE)
    target = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).decode().replace("2026-05-01 06:00", field))
    assert is_withheld(suffix, target.getvalue())


CONFLICT = "<<<<<<< HEAD\n甲版本。\n=======\n乙版本。\n>>>>>>> feature\n"


@pytest.mark.parametrize("suffix", [".md", ".rst", ".adoc", ".org", ".html", ".txt"])
@pytest.mark.parametrize("ours", ["", "||||||| base\n原。\n"])
def test_a_file_with_a_merge_conflict_is_refused_with_its_line(suffix, ours):
    text = f"甲\n##\n\n{CONFLICT.replace('=======', ours + '=======')}\n尾。\n"
    with pytest.raises(UnreadableArticle, match="merge conflict") as caught:
        read_content(suffix, text.replace("\n", "\r\n").encode())
    assert caught.value.line == 4


@pytest.mark.parametrize(
    "text",
    [
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "/annex/objects/SHA256E-s12--abc.md\n",
        "-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\n",
    ],
)
def test_what_is_no_article_but_a_pointer_or_a_secret_is_refused(text):
    with pytest.raises(UnreadableArticle) as caught:
        read_content(".txt", text.encode())
    assert caught.value.hint


# -- articles that talk of drafts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".md", "# 怎样写草稿\n\n在文件头里写 `draft: true`，文章就不公开。"),
        (".md", "# 怎样写草稿\n\n文件头：\n\n```yaml\ndraft: true\n```\n"),
        (".md", "# 怎样写草稿\n\n这样写：\n\n    draft: true\n"),
        (".md", "# Draft: on the origin of rain\n\nStatus: drafting goes on.\n"),
        (".md", "# 公开：还是不公开？\n\n状态：进行中的工程\n\n文"),
        (".md", "# Public: no, said the minister\n\nHidden: the truth about rain.\n"),
        (".md", "# 甲\n\n一。\n\n二。\n\n三。\n\n四。\n\ndraft: true\n"),
        (".md", "---\ntitle: 甲\nstatus: published\nhide: [toc]\nvisible: true\ndraft: false\n---\n\n文"),
        (
            ".md",
            "---\ntitle: 甲\nstatus: updated\nbuild: {render: always}\npublish: true\ntags: [NFL Draft]\n---\n\n文",
        ),
        (".md", "---\ntitle: 甲\npassword:\nprivate: no\npermalink: /x/\naccess: public\ndraft:\n---\n\n文"),
        (".rst", "甲\n##\n\n.. code-block:: yaml\n\n   draft: true\n\n文"),
        (".org", "#+TITLE: 甲\n#+DRAFT: nil\n\n* 一\n#+BEGIN_SRC yaml\ndraft: true\n#+END_SRC\n"),
        (".adoc", "= 甲\n:!draft:\n\n[source,yaml]\n----\ndraft: true\n----\n"),
        (".adoc", "= 甲\n\n文\n\n----\ndraft: true\n----\n"),
        (".html", "<!doctype html><title>甲</title><meta name=robots content=noindex><p>文</p><pre>draft: true</pre>"),
        (
            ".html",
            "<!doctype html><title>甲</title><meta name=draft content=false><meta property='x:show' content=no><p>文",
        ),
        (".md", f"# 合并\n\n```\n{CONFLICT}```\n"),
        (".adoc", f"= 合并\n\n----\n{CONFLICT}----\n"),
        (".org", f"#+TITLE: 合并\n\n#+BEGIN_SRC sh\n{CONFLICT}#+END_SRC\n"),
        (".rst", "合并\n####\n\n文::\n\n    " + CONFLICT.replace("\n", "\n    ")),
        (".md", "# 甲\n=======\n\n>>>>>>> 引用\n\n文"),
        (".md", "# NFL\n\n## Draft\n\n文\n\nDraft\n-----\n\n文"),
        (".html", "<!doctype html><title>NFL</title><h1>NFL</h1><h2>Draft</h2><p>文"),
        (".md", "# Draft: rain\n\n选秀（draft）结束。"),
        (".md", "---\ntitle: 甲\ntype: post\ndraft_year: 2018\nembargo:\nembargo_until: false\n---\n\n文"),
        (
            ".md",
            "---\ntitle: 甲\nexternal: true\nonline: yes\nlocked: false\nexpiryDate: 2999-01-01\nprivacy: public\n---\n\n文",
        ),
        (".md", "---\ntitle: 甲\nhiddenFromHomePage: true\nshare: false\nhalo: {site: x, publish: true}\n---\n\n文"),
        (".html", "<!doctype html><title>甲</title><meta name=expires content='Tue, 01 Jan 1980 00:00:00 GMT'><p>文"),
        (".md", "---\ntitle: 甲\ncover: {hidden: true}\nkind: [news, 选秀]\n---\n\n文"),
        (".org", "#+TITLE: 甲\n\n* TODO 一\n文"),
        (".adoc", "= 甲\n:draft!:\n\n文"),
        (".txt", "中国公布草案\n\n新华社北京1月2日电 草案今天公布。\n"),
    ],
)
def test_an_article_that_talks_of_drafts_is_published(suffix, text):
    assert not is_withheld(suffix, text)


def that_match(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern.pattern, pattern.flags))


@pytest.mark.slow
@given(
    that_match(unpublished_markers._DRAFT_FIELD)
    | that_match(unpublished_markers._MARKER)
    | that_match(unpublished_markers._ONLY_MARKER)
)
@example("已发布：否")
@example("請勿發佈")
def test_every_line_that_says_so_begins_as_the_lines_that_are_looked_at(text):
    said = [
        line
        for line in text.split("\n")
        if unpublished_markers.says_withheld(line) or unpublished_markers._ONLY_MARKER.fullmatch(line)
    ]
    assert all(map(unpublished_markers.may_say_withheld, said))
