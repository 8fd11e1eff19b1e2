"""``export --all -o public``: the whole site as a folder, with the shipped articles and with difficult names."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from flask import Flask, redirect

from reader.cli import main
from reader.commands.static_site import MOST_REDIRECTS, SiteClient, export_site, targets_in
from reader.settings import ROOT

HARD = {
    "2026-05-01/rain.md": "---\ntitle: 大雨\nsection: 河北新闻/本网原创\nbyline: 记者高原雪\nsource: 新华社\n"
    "tags: ['C#', '100%', 'a/b', 'why?', '%41', 'a b', '&amp;', '\"x\"']\n---\n今天下雨。\n\n"
    "[相关](/a/sun#p1) [又一](sun?page=2) [站外](https://news.example/a/nowhere) [信](mailto:a@b.example)\n",
    "2026-05-01/sun.md": "---\ntitle: 晴\nsection: 100%?/C#\nbyline: 李 白\ntags: [雨]\n---\n今天晴。\n",
    "2026-05-02/雪.md": '---\ntitle: 雪\n---\n```js\na.href=s[k];a.src=x\n```\n\n`<a href="/nowhere">`\n',
    **{f"2026-04-{1 + n % 28:02d}/n{n}.md": f"---\ntitle: 第{n}篇\nsection: 时政\n---\n第{n}篇。\n" for n in range(60)},
}


class _Targets(HTMLParser):
    """What a page loads, links to and sends forms to; read by another parser than the export's."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag, attributes):
        for name, value in attributes:
            if value and name in ("href", "src", "action", "poster"):
                self.found.append(value)
            elif value and name in ("srcset", "imagesrcset"):
                self.found += [part.split()[0] for part in value.split(", ")]


def targets_of(path: Path) -> list[str]:
    if path.suffix == ".html":
        parser = _Targets()
        parser.feed(path.read_text("utf-8"))
        return parser.found
    if path.suffix == ".webmanifest":
        manifest = json.loads(path.read_text("utf-8"))
        return [manifest["start_url"], *(icon["src"] for icon in manifest["icons"])]
    if path.suffix in (".xml", ".opml"):
        tree = ET.parse(path).getroot()
        texts = [e.text for e in tree.iter() if e.tag.rpartition("}")[2] in ("loc", "link", "image") and e.text]
        attributes = [e.get(name) for e in tree.iter() for name in ("href", "url", "xmlUrl", "htmlUrl") if e.get(name)]
        return [*texts, *attributes]
    return []


def broken_links(public: Path, host: str = "localhost") -> list[str]:
    """The links in the folder that a static host could not serve: it decodes a path once, and knows index.html."""
    broken = []
    for page in sorted(path for path in public.rglob("*") if path.is_file()):
        name = page.relative_to(public).as_posix().removesuffix("index.html")
        for target in targets_of(page):
            parts = urlsplit(urljoin(f"http://{host}/{quote(name)}", target.strip()))
            file = public / unquote(parts.path).lstrip("/")
            if parts.netloc == host and not file.is_file() and not (file / "index.html").is_file():
                broken.append(f"{name}: {target}")
    return broken


@pytest.fixture
def export(runner, settings, tmp_path, monkeypatch):
    """``export("https://news.example")`` writes the site to a folder; returns the folder and the command's result."""

    def export(base_url: str = ""):
        monkeypatch.setenv("READER_ARTICLES", str(settings.articles))
        monkeypatch.setenv("READER_INSTANCE", str(settings.instance))
        monkeypatch.setenv("READER_BASE_URL", base_url)
        return tmp_path / "public", runner.invoke(main, ["export", "--all", "-o", str(tmp_path / "public")])

    return export


@pytest.mark.parametrize("base_url", ["", "https://news.example"])
def test_the_shipped_articles_become_a_folder_without_a_broken_link(export, settings, base_url):
    shutil.copytree(ROOT / "articles", settings.articles)
    public, result = export(base_url)
    assert result.exit_code == 0, result.output
    assert broken_links(public, urlsplit(base_url).netloc or "localhost") == []
    for article in settings.articles.rglob("*.md"):
        assert (public / "a" / article.stem / "index.html").is_file()
    for name in ("index.html", "d/index.html", "feed.xml", "sitemap.xml", "offline/index.html", "sw.js", "404.html"):
        assert (public / name).stat().st_size > 0
    for suffix in ("pdf", "epub", "html", "md", "txt", "json"):
        assert (public / "a" / f"quzhou-zhengxie.{suffix}").stat().st_size > 0
    assert len([path for path in public.rglob("*") if path.is_file()]) < 1000


def test_names_that_an_address_must_escape_are_files_that_a_static_host_finds(export, drop):
    for name, content in HARD.items():
        drop(name, content)
    public, result = export()
    assert result.exit_code == 0, result.output
    assert broken_links(public) == []
    for tag in ("C#", "100%", "a/b", "why?", "%41", "a b", "&amp;", '"x"'):
        assert "大雨" in (public / "t" / tag / "index.html").read_text("utf-8"), tag
        assert (public / "t" / tag / "feed.xml").is_file()
    assert "晴" in (public / "s" / "100%?" / "C#" / "index.html").read_text("utf-8")
    assert (public / "by" / "李 白" / "index.html").is_file() or (public / "by" / "李白" / "index.html").is_file()
    for n in range(60):  # more than a page lists: the sitemaps name them all
        assert f"第{n}篇" in (public / "a" / f"n{n}" / "index.html").read_text("utf-8")


def test_a_link_in_an_article_to_a_page_that_is_not_there_is_reported_with_both(export, drop):
    drop("2026-05-01/rain.md", "---\ntitle: 大雨\n---\n[不在](/a/nowhere)\n")
    public, result = export()
    assert result.exit_code == 1
    assert "/a/nowhere: the server answers 404 NOT FOUND (linked from /a/rain)" in result.output
    assert (public / "a" / "rain" / "index.html").is_file()


def test_the_longest_names_that_an_article_may_have_are_file_names(export, drop):
    drop("2026-05-01/rain.md", f"---\ntitle: 大雨\ntags: [{'长' * 80}]\nsection: [{'河' * 80}]\n---\n今天下雨。\n")
    public, result = export()
    assert (result.exit_code, "Traceback" in result.output) == (0, False), result.output
    for folder in (public / "a" / "rain", public / "t" / ("长" * 80), public / "s" / ("河" * 80)):
        assert (folder / "index.html").is_file()
    assert (public / "t" / ("长" * 80) / "feed.xml").is_file()


def test_script_and_text_that_look_like_links_are_none():
    page = b"""<!doctype html><a href=/a/one>1</a><a href="/a/two?x=1&amp;y=2">2</a><script>a.href=s[k];a.src='/x'</script>
        <p>href="/y"<!-- <a href=/z> --><img src=/m/1.jpg srcset="/m/1.jpg 1x, /m/a,b.jpg 2x">"""
    assert sorted(targets_in("text/html", page)) == ["/a/one", "/a/two?x=1&y=2", "/m/1.jpg", "/m/1.jpg", "/m/a,b.jpg"]
    assert targets_in("text/plain", page) == targets_in("text/html", b"") == []


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("/t/%E9%9B%A8/", "/t/%E9%9B%A8/"),
        ("/t/雨/", "/t/%E9%9B%A8/"),
        ("sun#p3", "/a/sun"),
        ("../t/C%23/", "/t/C%23/"),
        ("/t/%2541/", "/t/%2541/"),
        ("https://news.example/a/sun", "/a/sun"),
        ("https://news.example", "/"),
        ("https://news.example.evil/a/sun", ""),
        ("//cdn.example/x.js", ""),
        ("/a/sun.pdf?page=a6", ""),
        ("mailto:a@b.example", ""),
        ("http://[", ""),
        ("", "/a/rain"),
        ("data:image/png;base64,AA", ""),
    ],
)
def test_each_address_has_one_form(target, address):
    assert SiteClient(None, "https://news.example", 1).address_of(target, "/a/rain") == address


def test_redirects_that_never_end_are_followed_a_few_times_and_reported(app, tmp_path):
    """An app in which every URL under /x/ redirects one level deeper."""
    endless = Flask("endless")
    endless.extensions["reader"] = app.extensions["reader"]
    endless.add_url_rule("/", view_func=lambda: '<a href="/x/1">x</a>', endpoint="home")
    endless.add_url_rule("/x/<int:n>", view_func=lambda n: redirect(f"/x/{n + 1}"), endpoint="x")
    outcomes = {outcome.address: outcome.problem for outcome in export_site(endless, tmp_path / "public")}
    assert [address for address in outcomes if address.startswith("/x/")] == [
        f"/x/{n}" for n in range(1, MOST_REDIRECTS + 2)
    ]
    assert outcomes["/x/1"] == ""
    assert outcomes[f"/x/{MOST_REDIRECTS + 1}"] != ""
