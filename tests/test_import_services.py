"""Exports of Substack, Notion, Omnivore, wallabag, and lists of saved links: fields, drafts, and what is left out."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from stub_site import site
from test_import_sites import draft_of, files, picture, run  # noqa: F401 (a fixture)

from reader.importing.sources.csv_tables import csv_rows

ID, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
POSTS = (
    "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url\n"
    '101.first-post,2024-03-05T08:30:00.000Z,true,,,newsletter,everyone,"Rain, at last",What the river&#x2019;s up to,\n'
    "102.for-members,2024-03-06T08:30:00.000Z,true,,,newsletter,only_paid,For members,,\n"
    "103.not-yet,,false,,,newsletter,everyone,Not yet,,\n"
    "104.thread,2024-03-07T08:30:00.000Z,true,,,thread,everyone,A thread,,\n"
)
TEXT = "<p>The river rose by two metres in the night, and nobody slept.</p><p>In the morning the boats came.</p>"


@pytest.fixture(params=["folder", "zip"])
def export(request, tmp_path):
    """``export({path: content})`` is a folder or a zip file with these files."""

    def made(members: dict[str, str | bytes]) -> Path:
        folder = tmp_path / "export"
        for path, content in members.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        if request.param == "folder":
            return folder
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            for path in members:
                archive.write(folder / path, path)
        return tmp_path / "export.zip"

    return made


def test_posts_of_substack_have_the_fields_of_their_table(settings, run, export):  # noqa: F811
    names = ("101.first-post", "102.for-members", "103.not-yet", "105.lost")
    texts = {f"posts/{name}.html": TEXT.replace("river", f"river {name}") for name in names}
    result = run(export({"posts.csv": POSTS, **texts}))
    first = draft_of(settings, "first-post")
    assert (first.title, first.subtitle, first.published.isoformat()) == (
        "Rain, at last",
        "What the river’s up to",
        "2024-03-05T16:30:00+08:00",
    )
    assert first.paths == ("p/first-post",)
    assert not first.draft
    assert draft_of(settings, "for-members").draft
    assert draft_of(settings, "not-yet").draft
    assert "only_paid" in result.output
    assert "post without text × 1" in result.output
    assert "105.lost.html: posts.csv" in result.output
    assert result.exit_code == 1


PAGE = f"""# 河水上涨

创建时间: 2024年6月3日 10:12
Tags: 水利, 天气
Status: 已发布
Rating: ★★★

河水一夜上涨两米，两岸居民连夜撤离。

![桥](%E6%B2%B3%E6%B0%B4%20{ID}/bridge.png)
"""
HTML_PAGE = """<html><head><meta charset="utf-8"><title>Rain</title></head><body><article class="page sans">
<header><h1 class="page-title">Rain</h1><table class="properties"><tbody>
<tr class="property-row property-row-created_time"><th><span class="icon"></span>Created</th>
<td><time>@June 3, 2024 10:12 AM</time></td></tr>
<tr class="property-row property-row-multi_select"><th>Tags</th>
<td><span class="selected-value">river</span><span class="selected-value">weather --&gt;</span></td></tr>
</tbody></table></header><div class="page-body"><p>The river rose by two metres in the night, and nobody slept.</p>
</div></article></body></html>"""


def test_pages_of_notion_keep_their_properties_and_pictures(settings, run, export):  # noqa: F811
    members = {
        f"河水 {ID}.md": PAGE,
        f"河水 {ID}/bridge.png": picture(),
        f"Rain {OTHER}.html": HTML_PAGE,
        f"Notes {ID[::-1]}.md": "# Notes\n\nNote: this is a sentence of the text.\nAnd it goes on here for a while.\n",
        f"Table {OTHER}.csv": "Name,Tags\nRain,river\n",
    }
    result = run(export(members))
    assert result.exit_code == 0, result.output
    (name,) = [name for name in files(settings) if "河水" in name and name.endswith(".md")]
    river = draft_of(settings, Path(name).stem)
    assert (river.title, river.tags) == ("河水上涨", ("水利", "天气"))
    assert f"{river.published:%Y-%m-%d %H:%M}" == "2024-06-03 10:12"
    assert "Tags" not in river.body_html
    assert "<img" in river.body_html
    assert [name for name in files(settings) if name.endswith(".png")]
    (name,) = [name for name in files(settings) if "rain" in name.lower()]
    rain = draft_of(settings, Path(name).stem)
    assert (rain.title, rain.tags[0], f"{rain.published:%Y-%m-%d %H:%M}") == ("Rain", "river", "2024-06-03 10:12")
    (name,) = [name for name in files(settings) if "notes" in name.lower()]
    assert "Note: this is a sentence" in draft_of(settings, Path(name).stem).body_html


def test_a_backup_of_bear_has_its_dates_and_neither_its_trash_nor_its_archive_is_published(settings, run, export):  # noqa: F811
    def bundle(name: str, **fields: int) -> dict[str, str]:
        about = {"creationDate": "2018-11-23T02:40:00Z", "trashed": 0, "archived": 0, **fields}
        info = {"type": "net.daringfireball.markdown", "version": 2, "net.shinyfrog.bear": about}
        folder = f"Bear 2023-10-11/{name}.textbundle"
        return {f"{folder}/text.md": f"# {name}\n\n{name}的河水。", f"{folder}/info.json": json.dumps(info)}

    result = run(export(bundle("水位") | bundle("归档", archived=1) | bundle("废弃", trashed=1)))
    assert "2 imported, 1 skipped, 0 failed" in result.output
    assert "trash × 1" in result.output
    assert [draft_of(settings, name).draft for name in ("水位", "归档")] == [False, True]
    assert str(draft_of(settings, "水位").published) == "2018-11-23 10:40:00+08:00"


def test_the_raw_export_of_joplin_is_refused_by_name(settings, run, export):  # noqa: F811
    note = "水位\n\n河水上涨。\n\nid: {0}\nparent_id: \ntype_: 1"
    result = run(export({f"{number:032x}.md": note.format(number) for number in range(3)}))
    assert (result.exit_code, files(settings)) == (1, [])
    assert "MD - Markdown + Front Matter" in result.output
    assert result.output.count("Joplin RAW") == 1


@pytest.mark.parametrize(
    "status", ["Status: Not started", "Status: In progress", "状态: 草稿", "狀態: 进行中", "Publish: No"]
)
def test_a_page_of_notion_that_is_not_finished_is_a_draft(settings, run, export, status):  # noqa: F811
    run(export({f"Rain {OTHER}.md": f"# Rain\n\n{status}\nTags: river\n\nThe river rose in the night.\n"}))
    assert draft_of(settings, "Rain").draft


def test_of_a_table_only_the_columns_that_are_read_are_kept():
    table = ("Title,x,URL," + ",".join(map(str, range(1000))) + "\nRain,y,/rain" + ",z" * 1000 + "\nBoats\n").encode()
    rows = list(csv_rows("links.csv", table, ("url", "title")))
    assert rows == [{"title": "Rain", "url": "/rain"}, {"title": "Boats"}]


def test_the_parts_of_a_notion_export_are_read_but_no_other_nested_archive(settings, run, tmp_path):  # noqa: F811
    part, whole = tmp_path / "part.zip", tmp_path / "whole.zip"
    name = "ExportBlock-01234567-0123-0123-0123-0123456789ab-Part-1.zip"
    with zipfile.ZipFile(part, "w") as archive:
        archive.writestr(f"河水 {ID}.md", PAGE)
        archive.writestr(f"雨水 {OTHER}.md", PAGE.replace("河水", "雨水"))
        archive.writestr(name, b"PK\x05\x06" + bytes(18))
    content = part.read_bytes()
    with zipfile.ZipFile(part, "a") as archive:
        archive.writestr(name.replace("Part-1", "Part-2"), content)
    with zipfile.ZipFile(whole, "w") as archive:
        archive.write(part, name)
        archive.write(part, "other.zip")
    result = run(whole)
    assert sorted(Path(name).stem for name in files(settings)) == ["河水上涨", "雨水上涨"]
    assert result.output.count("an archive within an archive") == 2


def test_articles_of_omnivore_have_the_fields_of_its_metadata(settings, run, export):  # noqa: F811
    entry = {
        "slug": "rain-18a",
        "title": "Rain",
        "description": "Of a river",
        "author": "Jane Doe",
        "url": "https://news.example/rain",
        "state": "Archived",
        "labels": ["river", "weather"],
        "savedAt": "2024-03-06T08:30:00.000Z",
        "publishedAt": "2024-03-05T08:30:00.000Z",
    }
    other = {**entry, "slug": "boats-18b", "title": "Boats", "url": "https://news.example/boats", "publishedAt": None}
    members = {
        "metadata_0_to_2.json": json.dumps([entry, other, {**entry, "slug": "gone"}]),
        "content/rain-18a.html": f"<html><body><div>{TEXT}</div></body></html>",
        "content/boats-18b.html": f"<html><body><div>{TEXT.replace('river', 'sea')}</div></body></html>",
        "content/lost-18c.html": f"<html><body><div>{TEXT.replace('river', 'lake')}</div></body></html>",
        "highlights/rain-18a.md": "> The river rose",
    }
    result = run(export(members))
    assert result.exit_code == 1, result.output
    assert "content/lost-18c.html: no metadata_*.json" in result.output
    assert "2 imported" in result.output
    drafts = {draft.title: draft for draft in (draft_of(settings, Path(name).stem) for name in files(settings))}
    rain = drafts["Rain"]
    assert (rain.byline, rain.tags, rain.summary, rain.published.day) == (
        ("Jane Doe",),
        ("river", "weather"),
        "Of a river",
        5,
    )
    assert drafts["Boats"].published.day == 6
    assert "the date on which it was saved" in result.output
    assert "highlights × 1, article without text × 1" in result.output


def test_articles_of_wallabag_1_have_their_tags_and_no_date(settings, run, tmp_path):  # noqa: F811
    entry = {"0": "1", "id": "1", "title": "Rain", "url": "https://x.invalid/1", "is_read": "1", "is_fav": "0"}
    (tmp_path / "w.json").write_text(json.dumps([{**entry, "content": TEXT, "tags": "river,flood"}]), "utf-8")
    result = run(tmp_path / "w.json")
    assert "no date found; today's date is used" in result.output
    assert (draft_of(settings, "Rain").tags, draft_of(settings, "Rain").title) == (("river", "flood"), "Rain")


def test_articles_of_wallabag_have_their_fields(settings, run, tmp_path):  # noqa: F811
    entry = {
        "is_archived": 1,
        "is_starred": 0,
        "tags": ["河流"],
        "id": 7,
        "title": "Rain &amp; river",
        "url": "https://news.example/rain",
        "content": TEXT,
        "created_at": "2024-03-06T08:30:00+0100",
        "published_at": "2024-03-05T08:30:00+0100",
        "published_by": ["Jane Doe"],
        "language": "en_GB",
        "domain_name": "news.example",
    }
    export = tmp_path / "all.json"
    export.write_text(json.dumps([entry, {**entry, "content": None, "title": "Gone"}, "?"]))
    result = run(export)
    assert result.exit_code == 0, result.output
    (name,) = files(settings)
    rain = draft_of(settings, Path(name).stem)
    assert (rain.title, rain.byline, rain.tags, rain.source) == (
        "Rain & river",
        ("Jane Doe",),
        ("河流",),
        "news.example",
    )
    assert f"{rain.published:%Y-%m-%d}" == "2024-03-05"
    assert "article without text × 1" in result.output


LISTS = {
    "pocket.csv": "title,url,time_added,tags,status\nRain,{base}/rain.html,1709627400,river|weather,unread\n"
    "Rain,{base}/rain.html,1709627400,,archive\nMap,javascript:alert(1),1709627400,,unread\n",
    "instapaper.csv": 'URL,Title,Selection,Folder,Timestamp,Tags\n{base}/rain.html,Rain,,Unread,1709627400,"[""river"",""weather""]"\n'
    "about:blank,Map,,Unread,1709627400,[]\n",
    "ril_export.html": "<!DOCTYPE html><html><head><title>Pocket Export</title></head><body><h1>Unread</h1><ul>"
    '<li><a href="{base}/rain.html" time_added="1709627400" tags="river,weather">Rain</a></li>'
    '<li><a href="file:///etc/passwd">Map</a></li></ul></body></html>',
    "bookmarks.html": "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    '<DT><A HREF="{base}/rain.html" ADD_DATE="1709627400" TAGS="river,weather">Rain</A>\n'
    '<DT><A HREF="javascript:void(0)">Map</A>\n</DL><p>',
}
STORY = (
    200,
    {"Content-Type": "text/html"},
    f"""<html><head><title>Rain</title></head><body><article><h1>Rain at last</h1>{TEXT * 3}</article></body></html>""".encode(),
)


@pytest.mark.parametrize("name", LISTS)
def test_the_pages_of_a_list_of_links_are_fetched_once_each(settings, run, tmp_path, name):  # noqa: F811
    with site({"/rain.html": STORY}) as (root, _):
        (tmp_path / name).write_text(LISTS[name].format(base=root))
        result = run(tmp_path / name)
    assert result.exit_code == 0, result.output
    (file,) = files(settings)
    assert draft_of(settings, Path(file).stem).tags == ("river", "weather")
    assert "bookmarklet or other address × 1" in result.output


def test_a_list_in_pockets_zip_file_is_read(settings, run, tmp_path):  # noqa: F811
    with site({"/rain.html": STORY}) as (root, _):
        with zipfile.ZipFile(tmp_path / "pocket.zip", "w") as archive:
            archive.writestr("part_000000.csv", LISTS["pocket.csv"].format(base=root))
            archive.writestr("annotations/part_000000.json", "[]")
        result = run(tmp_path / "pocket.zip")
    assert len(files(settings)) == 1, result.output


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("links.csv", "title,url\n"),
        ("links.csv", "title,url\n" + '"' * 100_001),
        ("saved.json", '[{"is_archived": 1, "url": "x", '),
        ("saved.json", '[{"is_archived": 1, "url": "x", "content": ["x"], "tags": 7}]'),
    ],
)
def test_what_holds_nothing_says_so(settings, run, tmp_path, name, content):  # noqa: F811
    (tmp_path / name).write_text(content)
    result = run(tmp_path / name)
    assert result.exit_code == 1
    assert name in result.output
    assert "internal error" not in result.output
    assert not files(settings)


def test_only_the_stories_of_a_medium_export_are_imported(settings, run, export):  # noqa: F811
    story = (
        '<!DOCTYPE html><title>雨</title><article class="h-entry"><h1 class="p-name">雨</h1>'
        '<section class="e-content"><p>下雨了。</p></section><footer><time class="dt-published"'
        ' datetime="2018-08-11T11:23:34.123Z"></time><p>Exported from Medium</p></footer></article>'
    )
    account = "<!DOCTYPE html><title>Ann</title><h3>Ann</h3><p>Email address: ann@example.org, and a long text.</p>"
    result = run(
        export({"posts/2018-08-11_雨.html": story, "profile/profile.html": account, "ips/ips-0001.html": account})
    )
    assert [path.name for path in settings.articles.rglob("*.md")] == ["雨.md"]
    assert draft_of(settings, "雨").published.year == 2018
    assert "profile × 1" in result.output


def test_posts_of_one_export_with_one_text_and_different_titles_are_both_imported(settings, run, export):  # noqa: F811
    head, row = POSTS.split("\n")[0], "{0}.{1},2024-03-05T08:30:00.000Z,true,,,newsletter,everyone,{2},,"
    rows = [row.format(101, "a", "Photo one"), row.format(102, "b", "Photo two"), row.format(103, "c", "Photo one")]
    run(export({"posts.csv": "\n".join([head, *rows]), **{f"posts/10{n + 1}.{'abc'[n]}.html": TEXT for n in range(3)}}))
    assert sorted(path.stem for path in settings.articles.rglob("*.md")) == ["a", "b"]
