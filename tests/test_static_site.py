"""``export --all -o public``: the whole site as a folder, with the shipped articles and with difficult names."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from exported_site import assert_whole, broken_links, not_beside
from flask import Flask, redirect
from long_forms import LONG, long_form
from serving import inherited

from reader.cli import main
from reader.commands.relative_links import with_relative_links
from reader.commands.static_output_folder import StaticFolder
from reader.commands.static_site import MOST_REDIRECTS, SiteClient, export_site, link_targets
from reader.settings import ROOT

MORE = 60 if LONG else 2
HARD = {
    "2026-05-01/rain.md": "---\ntitle: 大雨\nsection: 河北新闻/本网原创\nbyline: 记者高原雪\nsource: 新华社\n"
    "tags: ['C#', '100%', 'a/b', 'why?', '%41', 'a b', '&amp;', '\"x\"']\n---\n今天下雨。\n\n"
    "[相关](/a/sun#p1) [又一](sun?page=2) [站外](https://news.example/a/nowhere) [信](mailto:a@b.example)\n\n"
    '[一](/a/sun "t href=/a/sun onclick=alert(1) z")\n',
    "2026-05-01/sun.md": "---\ntitle: 晴\nsection: 100%?/C#\nbyline: 李 白\ntags: [雨]\n---\n今天晴。\n",
    "2026-05-02/雪.md": '---\ntitle: 雪\n---\n```js\na.href=s[k];a.src=x\n```\n\n`<a href="/nowhere">`\n',
    **{
        f"2026-04-{1 + n % 28:02d}/n{n}.md": f"---\ntitle: 第{n}篇\nsection: 时政\n---\n第{n}篇。\n"
        for n in range(MORE)
    },
}


@pytest.fixture
def export(runner, settings, tmp_path, monkeypatch):
    """``export("https://news.example")`` writes the site to a folder; returns the folder and the command's result."""

    def export(base_url: str = ""):
        monkeypatch.setenv("READER_ARTICLES", str(settings.articles))
        monkeypatch.setenv("READER_INSTANCE", str(settings.instance))
        monkeypatch.setenv("READER_BASE_URL", base_url)
        return tmp_path / "public", runner.invoke(main, ["export", "--all", "-o", str(tmp_path / "public")])

    return export


@long_form  # in the short one, test_readme.py exports them
@pytest.mark.parametrize("base_url", ["https://news.example", ""])
def test_the_shipped_articles_become_a_folder_without_a_broken_link(export, settings, base_url):
    shutil.copytree(ROOT / "articles", settings.articles)
    public, result = export(base_url)
    assert result.exit_code == 0, result.output
    assert_whole(public, settings.articles, urlsplit(base_url).netloc or "localhost")


def test_names_that_an_address_must_escape_are_files_that_a_static_host_finds(export, drop):
    for name, content in HARD.items():
        drop(name, content)
    public, result = export()
    assert result.exit_code == 0, result.output
    assert broken_links(public) == []
    assert not_beside(public) == []
    assert 'title="t href=/a/sun onclick=alert(1) z"' in (public / "a" / "rain" / "index.html").read_text("utf-8")
    snow = (public / "a" / "雪" / "index.html").read_text("utf-8")
    assert '&lt;a href="/nowhere">' in snow.replace("&gt;", ">")
    for tag in ("C#", "100%", "a/b", "why?", "%41", "a b", "&amp;", '"x"'):
        assert "大雨" in (public / "t" / tag / "index.html").read_text("utf-8"), tag
        assert (public / "t" / tag / "feed.xml").is_file()
    assert "晴" in (public / "s" / "100%?" / "C#" / "index.html").read_text("utf-8")
    assert (public / "by" / "李 白" / "index.html").is_file() or (public / "by" / "李白" / "index.html").is_file()
    for n in range(MORE):  # in the long form more than a page lists: the sitemaps name them all
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
    assert sorted(link_targets("text/html", page)) == ["/a/one", "/a/two?x=1&y=2", "/m/1.jpg", "/m/1.jpg", "/m/a,b.jpg"]
    assert link_targets("text/plain", page) == link_targets("text/html", b"") == []


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        (
            '<img alt="x src=/a/sun onerror=alert(1) y" src=/a/sun>',
            '<img alt="x src=/a/sun onerror=alert(1) y" src="S">',
        ),
        ("<a title='x href=/a/sun y' href='/a/sun'>", "<a title='x href=/a/sun y' href='S'>"),
        ("<p title=\" href='/a/sun'\">", "<p title=\" href='/a/sun'\">"),
        ("<img async srcset='/a/sun 1x, \" 2x'>", "<img async srcset='S 1x, \" 2x'>"),
        ("<a href=\"'/a/sun'\">", "<a href=\"'/a/sun'\">"),
    ],
)
def test_the_text_of_an_attribute_is_no_attribute_when_links_become_relative(tag, written):
    name_of = {"/a/sun": "a/sun/index.html"}.get
    assert with_relative_links("d/x/index.html", tag, lambda path: name_of(path, "")) == written.replace(
        "S", "../../a/sun/index.html"
    )


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


# -- a folder that is there already --------------------------------------------------------------------------------

TWO = {f"2026-05-01/{name}.md": f"---\ntitle: {name}\n---\n今天{name}。\n" for name in ("rain", "sun", "wind")}


def command_for(settings, folder: Path) -> tuple[list[str], dict[str, str]]:
    environment = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance), "LC_ALL": "C"}
    return [sys.executable, "-m", "reader", "export", "--all", "-o", str(folder)], inherited() | environment


def exported(settings, folder: Path) -> tuple[int, str]:
    """Runs the command as a process. Returns its exit status and what it says."""
    command, environment = command_for(settings, folder)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr


def test_an_export_over_an_earlier_one_leaves_nothing_of_a_withdrawn_article(settings, drop, tmp_path):
    for name, content in TWO.items():
        drop(name, content)
    public = tmp_path / "public"
    assert exported(settings, public)[0] == 0
    (public / "CNAME").write_text("news.example", "utf-8")
    (public / "a" / "rain" / "mine.txt").write_text("mine", "utf-8")
    (public / "a" / "sun.txt").write_text("changed", "utf-8")
    (settings.articles / "2026-05-01/rain.md").unlink()
    (settings.articles / "2026-05-01/sun.md").rename(settings.articles / "2026-05-01/snow.md")
    shutil.rmtree(settings.instance)
    status, said = exported(settings, public)
    assert (status, [path.name for path in public.glob("a/rain*")]) == (0, ["rain"]), said
    assert [path.name for path in (public / "a" / "rain").iterdir()] == ["mine.txt"], "a file of somebody else"
    assert [path.name for path in public.glob("a/sun*")] == ["sun.txt"], "it was changed since"
    assert (public / "CNAME").read_text("utf-8") == "news.example"
    assert (public / "a" / "snow" / "index.html").is_file()
    assert not [
        path for path in public.rglob("*") if path.is_file() and "今天rain" in path.read_text("utf-8", "replace")
    ]


def test_an_export_replaces_no_file_of_somebody_else_and_writes_through_no_link(settings, drop, tmp_path):
    for name, content in TWO.items():
        drop(name, content)
    public, outside = tmp_path / "public", tmp_path / "outside"
    for folder in (public, outside):
        folder.mkdir()
    (public / "index.html").write_text("mine", "utf-8")
    (public / "404.html").write_text("mine", "utf-8")
    (public / "a").symlink_to(outside)
    (tmp_path / "other.xml").write_text("mine", "utf-8")
    (public / "feed.xml").symlink_to(tmp_path / "other.xml")
    (public / "d").write_text("mine", "utf-8")
    status, said = exported(settings, public)
    assert status == 1
    assert said.count("a file that no export wrote is in the way; it was kept") == 3
    assert "a link out of the folder is in the way" in said
    mine = [public / "index.html", public / "404.html", public / "d", tmp_path / "other.xml"]
    assert {path.read_text("utf-8") for path in mine} == {"mine"}
    assert list(outside.iterdir()) == []
    assert (public / "sitemap.xml").is_file(), "the rest is there"


@long_form
def test_an_export_that_was_broken_off_can_be_repeated(settings, drop, tmp_path):
    for name, content in TWO.items():
        drop(name, content)
    public = tmp_path / "public"
    command, environment = command_for(settings, public)
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        while not (public / "index.html").exists() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    drop("2026-05-01/rain.md", TWO["2026-05-01/rain.md"] + "又下雪。")
    shutil.rmtree(settings.instance)
    status, said = exported(settings, public)
    assert status == 0, said
    assert "又下雪" in (public / "a/rain/index.html").read_text("utf-8")


def test_an_export_does_not_forget_what_it_could_not_see(tmp_path):
    folder = StaticFolder(tmp_path / "public")
    folder.write("a/rain.pdf", b"rain")
    folder.write("a/sun.pdf", b"sun")
    folder.remove_earlier(())
    again = StaticFolder(tmp_path / "public")
    again.remove_earlier({"a/rain.pdf"})
    assert [path.name for path in (tmp_path / "public" / "a").iterdir()] == ["rain.pdf"]
    StaticFolder(tmp_path / "public").remove_earlier(())
    assert [path.name for path in (tmp_path / "public").iterdir()] == [".reader-export"]
    for name in ("../out.txt", "a/../../out.txt", ".reader-export"):
        with pytest.raises(OSError, match="Invalid"):
            again.write(name, b"")


def test_a_folder_whose_record_cannot_be_written_is_refused_at_once(tmp_path):
    """A folder in its place stands for one without the right to write, which root has."""
    (tmp_path / "read-only/.reader-export").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="read-only"):
        StaticFolder(tmp_path / "read-only")
    (tmp_path / "linked").mkdir()
    (tmp_path / "other").write_text("mine", "utf-8")
    (tmp_path / "linked/.reader-export").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="a link out of the folder"):
        StaticFolder(tmp_path / "linked")
    assert (tmp_path / "other").read_text("utf-8") == "mine"


def test_a_page_whose_name_another_page_takes_is_reported(tmp_path):
    """The sections ``index.html`` and ``a/feed.xml``."""
    folder = StaticFolder(tmp_path / "public")
    for first, second in (("s/index.html/index.html", "s/index.html"), ("s/a/feed.xml", "s/a/feed.xml/index.html")):
        folder.write(first, b"first")
        with pytest.raises(OSError, match="another page of this site takes its name"):
            folder.write(second, b"second")
        assert folder.read(first) == b"first"
