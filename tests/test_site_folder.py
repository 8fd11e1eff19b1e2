"""The site's own files in ``articles/_site/``: settings and pages, followed like articles."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from documentation import LANGUAGES, ROOT, code_spans, table_row
from lxml import etree, html
from PIL import Image

from reader.article_building.site_settings_parser import FIELDS, parse_site
from reader.commands.check import command as check
from reader.commands.static_site import link_targets
from reader.exports import EXPORTS
from reader.exports.options import Options, options_of
from reader.exports.publications import of_article
from reader.exports.template_document import followed_channels
from reader.jobs.job_message import ExportJob, deserialize, serialize
from reader.site_identity import Site, site_from_json, site_to_json
from reader.urls import FIRST_PARTS
from reader.web.pages.accent_colours import (
    DARK_PAPERS,
    DEFAULT,
    LIGHT_PAPERS,
    accent_style,
    contrast,
    icon_colour,
    readable,
)

EXAMPLE = ROOT / "docs" / "examples" / "site"
STORY = "---\nsection: 民生\npublished: 2026-05-01 06:00\n---\n# 大桥通车\n\n今天大桥通车，头发和发展。\n"
FILES = {f"_site/{path.name}": path.read_bytes() for path in EXAMPLE.iterdir()}
EVERYWHERE = (
    "/",
    "/a/bridge",
    "/s/民生/",
    "/d/",
    "/d/2026-05-01/",
    "/search?q=大桥",
    "/feeds",
    "/offline",
    "/about",
    "/none-such",
)


@pytest.fixture
def paper(publish):
    """The example site with one article."""
    return publish({"2026-05-01/bridge.md": STORY, **FILES})


def page(client, path: str, cookie: str = "") -> html.HtmlElement:
    client.set_cookie("reader", cookie)
    return html.fromstring(client.get(path, headers={"Accept-Language": "zh-CN"}).text)


def footer(client, path: str) -> html.HtmlElement:
    return page(client, path).xpath("//footer")[-1]


def test_the_example_site_is_read_without_a_problem(paper, services):
    assert paper.problems == ()
    assert services.catalog.site.name == "澜州日报"
    assert services.catalog.site.logo.width == services.catalog.site.logo.height


def test_every_page_has_the_footer_of_a_chinese_news_site(paper, client):
    for path in EVERYWHERE:
        check_footer(client, path)


def check_footer(client, path):
    found = footer(client, path)
    links = {link.text_content(): link.get("href") for link in found.iter("a")}
    assert {
        "关于我们": "/about",
        "隐私说明": "/privacy",
        "离线阅读": "/offline",
        "OPDS": "/opds",
    }.items() <= links.items()
    bar = {a.text_content(): a.get("href") for a in page(client, path).xpath("//nav[@class='bar']/a")}
    assert (bar["首页"], bar["搜索"]) == ("/", "/search")
    assert links["订阅"] == "/feeds"
    assert links["澜ICP备00000000号-1"] == "https://beian.miit.gov.cn/"
    assert links["澜公网安备\xa000000000000000号"] == "https://beian.mps.gov.cn/#/query/webSearch?code=00000000000000"
    assert "署名\u2060—\u2060非商业性使用\xa04.0" in links  # in one line
    assert links["0100-00000001"] == "tel:010000000001"
    assert links["jubao@lanzhou.example"] == "mailto:jubao@lanzhou.example"
    assert "违法和不良信息举报：" in found.text_content()
    assert "© 2026 澜州日报社 版权所有" in found.text_content()


def test_without_settings_the_footer_says_only_what_always_exists(publish, client):
    publish({"2026-05-01/bridge.md": STORY})
    text = footer(client, "/a/bridge").text_content().replace("\xa0", " ").split()
    assert text == ["订阅", "·", "离线阅读", "·", "OPDS"]


def test_the_name_stands_on_pages_in_feeds_and_in_the_manifest(paper, client):
    assert page(client, "/").xpath("//h1")[0].text_content().strip() == "澜州日报"
    assert "权威 · 温度 · 澜州" in page(client, "/").text_content()
    assert page(client, "/feeds").xpath("//title")[0].text.endswith("澜州日报")
    manifest = client.get("/manifest.webmanifest").json
    assert manifest["name"] == "澜州日报"
    assert [icon["sizes"] for icon in manifest["icons"]] == ["360x360", "720x720"]
    for icon in manifest["icons"]:
        drawn = Image.open(BytesIO(client.get(icon["src"], buffered=True).data))
        assert (icon["sizes"], icon["type"]) == ("{}x{}".format(*drawn.size), f"image/{drawn.format.lower()}")
    assert page(client, "/").xpath("//h1/img/@src")[0].endswith("-360.webp"), "40 CSS pixels at the density of a phone"
    card = Image.open(BytesIO(client.get("/a/bridge/card.png", buffered=True).data)).convert("RGB")
    assert "#{:02x}{:02x}{:02x}".format(*card.getpixel((5, 5))) == "#0b5fa5"
    channel = etree.fromstring(client.get("/feed.xml").data)[0]
    assert channel.findtext("title") == "澜州日报"
    assert channel.findtext("copyright") == "© 2026 澜州日报社 版权所有"
    assert re.search(r"/media/\w+-\d+\.jpg$", channel.findtext("image/url"))
    atom = etree.fromstring(client.get("/atom.xml").data)
    assert atom.findtext("{*}rights") == "© 2026 澜州日报社 版权所有"
    assert atom.findtext("{*}logo") == atom.findtext("{*}icon")
    assert client.get("/feed.json").json["icon"]


def test_it_is_converted_for_readers_of_traditional_characters(paper, client):
    assert page(client, "/", "hant").xpath("//h1")[0].text_content().strip() == "瀾州日報"
    assert "© 2026 瀾州日報社 版權所有" in page(client, "/about", "hant").text_content()
    assert "澜ICP备00000000号-1" in page(client, "/about", "hant").text_content(), "a record's number is official"
    assert page(client, "/a/bridge?script=hant").xpath("//nav/a")[1].text == "瀾州日報"


def test_its_own_words_and_names_decide_the_conversion(publish, client):
    words = "conversion_words:\n  软件: 軟體\n  云南: 雲南省\nconversion_names: [余里]\n"
    publish(
        {
            "2026-05-01/a.md": "---\ntitle: 软件与余里\npublished: 2026-05-01\nsection: 软件\n---\n软<b>件</b>在云南发展。\n\n余里说。\n",
            "_site/site.yaml": words,
        }
    )
    story = page(client, "/a/a?script=hant")
    assert story.xpath("//h1")[0].text == "軟體與余里"
    assert [line.text_content().rstrip("¶") for line in story.xpath("//article//p[not(@class)]")][:2] == [
        "軟體在雲南省發展。",
        "余里說。",
    ]
    assert "軟體與余里" in page(client, "/", "hant").text_content()
    assert page(client, "/", "hant").xpath("//nav[@class='chips']/a")[0].text == "軟體"
    assert "軟體與余里" in client.get("/a/a.txt?script=hant").text


def test_the_sections_stand_in_the_editors_order(publish, client):
    sections = {
        f"2026-05-01/{n}{name}.md": STORY.replace("民生", name)
        for n, name in enumerate(["体育", "文化", "民生", "体育"])
    }
    publish({**sections, **FILES})
    assert [link.text for link in page(client, "/").xpath("//nav[@class='chips']/a")][:3] == ["民生", "文化", "体育"]


def test_its_pages_are_outside_of_lists_feeds_and_issues(paper, services, client):
    assert page(client, "/about").xpath("//h1")[0].text == "关于我们"
    assert services.catalog.count() == 1
    for path in ("/", "/feed.xml", "/d/", "/sitemap.xml", "/sitemap-2026-05.xml"):
        assert "虚构的省级党报" not in client.get(path).text
    assert client.get("/nothing").status_code == 404


def test_its_pages_and_articles_without_a_date_are_in_the_sitemap(publish, client):
    def locations(path: str) -> list[str]:
        return re.findall("<loc>http://localhost(.*?)</loc>", client.get(path).text)

    publish({"2026-05-01/bridge.md": STORY})
    assert locations("/sitemap.xml") == ["/sitemap-2026-05.xml"]
    publish(FILES | {"imprint.md": "# 版权页\n\n编辑部。\n"})
    assert locations("/sitemap.xml") == ["/sitemap-2026-05.xml", "/sitemap-pages.xml"]
    assert locations("/sitemap-pages.xml") == ["/about", "/privacy", "/a/imprint"]
    assert client.get("/a/imprint").status_code == 200


def test_the_follow_box_loads_its_picture_only_when_it_is_opened(paper, client):
    (box,) = page(client, "/a/bridge").xpath("//details[summary = '更多精彩内容请关注']")
    assert box.get("open") is None
    assert box.findtext("summary") == "更多精彩内容请关注"
    (code,) = box.iter("img")
    assert code.get("loading") == "lazy"
    assert "官方微信：lanzhouribao-example" in box.text_content()
    assert box.xpath(".//a/@href") == ["https://app.lanzhou.example/", "/feeds"]
    assert client.get(code.get("src"), buffered=True).mimetype == "image/webp"


def test_without_pictures_the_follow_box_links_the_code(paper, client):
    (box,) = page(client, "/a/bridge", "text").xpath("//details[summary = '更多精彩内容请关注']")
    assert not list(box.iter("img"))
    assert box.xpath(".//a/text()")[0] == "官方微信二维码"


def test_without_settings_the_follow_box_offers_what_always_exists(publish, client):
    publish({"2026-05-01/bridge.md": STORY})
    (box,) = page(client, "/a/bridge").xpath("//details[summary = '更多精彩内容请关注']")
    assert box.xpath(".//a/@href") == ["/feeds"]
    assert "添加到主屏幕" in box.text_content()


@pytest.mark.parametrize("script", ["", "hant"])
def test_an_epub_ends_with_the_follow_box_and_names_the_publisher(paper, services, script):
    options = options_of(services.settings, "", script, services.catalog.site)
    content = EXPORTS["epub"].export(of_article(services.catalog.article("bridge")), options, services.render.render)
    with ZipFile(BytesIO(content)) as book:
        files = {name: book.read(name) for name in book.namelist()}
    chapter = files["EPUB/a1.xhtml"].decode()
    name = "瀾州日報" if script else "澜州日报"
    assert f"<dc:publisher>{name}</dc:publisher>" in files["EPUB/package.opf"].decode()
    assert "更多精彩内容请关注" in chapter
    assert f"{name}社" in chapter
    assert "lanzhouribao-example" in chapter
    assert files["EPUB/images/follow-1.jpg"].startswith(b"\xff\xd8")
    assert "images/follow-1.jpg" in chapter


def test_a_huge_picture_in_the_follow_box_is_small_in_every_file(services, publish):
    picture = BytesIO()
    Image.new("RGB", (1900, 1900), "#0b5fa5").save(picture, "PNG")
    publish({"2026-05-01/bridge.md": STORY, **FILES, "_site/wechat.png": picture.getvalue()})
    _, codes = followed_channels(options_of(services.settings, "", "", services.catalog.site), "", "zh-Hans")
    assert Image.open(BytesIO(codes["follow-1.jpg"])).size == (480, 480)


def test_a_changed_setting_makes_other_files_and_a_job_carries_the_site(paper, services, publish):
    publication = of_article(services.catalog.article("bridge"))
    key = services.export_service.key(publication, "pdf")
    publish({"_site/site.yaml": "name: 晚报"})
    assert services.export_service.key(publication, "pdf") != key
    site = parse_site(FILES["_site/site.yaml"].decode()).site
    assert site_from_json(site_to_json(site)) == site
    job = ExportJob("key", "pdf", "build", publication, Options(site=site))
    assert deserialize(serialize(job)).options.site == site
    older = json.loads(serialize(job))
    del older["options"]["site"]
    assert deserialize(json.dumps(older)).options.site == Site()


MISTAKES = {
    "name: [a]\n": (1, "write one line of text"),
    "name: 报\ntagline: !!python/object {a: b}\n": (2, "write one line of text"),
    "accent: #0b5fa5\n": (1, 'write a colour in quotation marks: "#0b5fa5"'),
    "accent: red;}body{display:none\n": (1, 'write a colour in quotation marks: "#0b5fa5"'),
    "logo: ../../secret.png\n": (1, "name a PNG, SVG, JPEG or WebP file that lies beside this one"),
    "logo: missing.png\n": (1, "name a PNG, SVG, JPEG or WebP file that lies beside this one"),
    "comments: javascript:alert(1)\n": (1, "write a whole address: https://…, mailto:… or tel:…"),
    "comments: 'java\tscript:alert(1)'\n": (1, "write a mail or web address: letters@news.example"),
    "licences: [{text: a, link: 'data:text/html,x'}]\n": (1, "write a whole address: https://…, mailto:… or tel:…"),
    "follow: [{name: a, link: //evil.example}]\n": (1, "write a whole address: https://…, mailto:… or tel:…"),
    "follow: [{nam: a}]\n": (1, "the fields are: name, account, link, picture"),
    'name: "a\\u202eb"\n': (1, "write one line of text"),
    "police: 公安备案\n": (1, "write the whole record with its number: 冀公网安备 13010002000000号"),
    "conversion_words: [软件]\n": (1, "write a Simplified and a Traditional word per line: 软件: 軟體"),
    "conversion_words: {软件: [軟體]}\n": (1, "write one line of text"),
    "name: a\nnmae: b\n": (2, "did you mean name?"),
    "name: a\nname: b\n": (2, "keep one of them"),
    f"name: {'长' * 201}\n": (1, "at most 200 characters"),
    f"sections: [{','.join('a' * n for n in range(1, 60))}]\n": (1, "at most 50 entries"),
    "name: [\n": (2, 'put "…" around a value that contains : or # or quotes'),
}


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text[:24])
def test_a_mistake_is_a_problem_with_line_and_fix_and_the_last_good_state_stays(paper, services, publish, text):
    before = services.catalog.site
    line, hint = MISTAKES[text]
    publish({"_site/site.yaml": text})
    (problem,) = services.catalog.problems()
    assert (problem.path, problem.line, problem.hint) == ("_site/site.yaml", line, hint)
    (field,) = {name for name in (row.name for row in FIELDS) if text.startswith(name) or f"\n{name}" in text} - {
        "name"
    } or {"name"}
    assert getattr(services.catalog.site, field) in (getattr(before, field), "a")


def test_the_other_fields_change_beside_a_mistaken_one(paper, services, publish):
    publish({"_site/site.yaml": "name: 晚报\naccent: red\nicp: 澜ICP备1号\n"})
    assert (services.catalog.site.name, services.catalog.site.icp) == ("晚报", "澜ICP备1号")
    assert services.catalog.site.accent == "#0b5fa5"


def test_check_tells_mistakes_of_settings_and_pages(publish, settings, runner):
    publish(
        {"_site/site.yaml": "nmae: 晚报\n", "_site/search.md": "# 搜索\n", "_site/about.md": "---\ntitle: [\n---\nx\n"}
    )
    answer = runner.invoke(check, obj=settings)
    assert answer.exit_code == 1
    for line in (
        "_site/site.yaml:1: unknown field: nmae",
        "_site/search.md: the address /search is taken",
        "_site/about.md:",
    ):
        assert line in answer.output


def test_a_page_that_cannot_be_read_keeps_its_last_good_state(paper, services, publish):
    publish({"_site/about.md": "---\ntitle: [\n---\nx\n"})
    assert services.catalog.site_page("about").title == "关于我们"
    publish({"_site/about.md": "---\npublished: 2999-01-01\n---\n# 明年的本报\n\n文。\n"})
    assert services.catalog.site_page("about").title == "关于我们"
    assert "in the future" in str(next(iter(services.catalog.problems())).cause)
    publish({"_site/about.md": "# 本报\n\n新的。\n"})
    assert services.catalog.site_page("about").title == "本报"


def test_a_hostile_drawing_is_drawn_without_its_scripts(paper, services, client, publish):
    evil = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>'
    publish({"_site/logo.svg": evil})
    (logo,) = page(client, "/").xpath("//h1/img/@src")
    assert client.get(logo, buffered=True).mimetype == "image/webp"
    assert "alert" not in client.get("/").text


def test_the_address_of_a_feed_breaks_before_its_path(paper, client):
    assert "<code>http://localhost<wbr>/feed.json</code>" in client.get("/feeds").text


def test_a_mail_address_that_a_phone_does_not_hold_may_break_before_its_marks(paper, client):
    assert ">jubao@lanzhou.example</a>" in client.get("/").text
    client.set_cookie("reader", "large")
    assert ">jubao<wbr>@lanzhou<wbr>.example</a>" in client.get("/").text


def test_without_its_settings_file_the_folder_is_that_of_jekyll(publish, services, client):
    publish({"2026-05-01/bridge.md": STORY, "_site/about.md": "# 关于\n"})
    assert client.get("/about").status_code == 404
    assert [problem.path for problem in services.library.left_out()] == ["_site"]


def test_a_removed_folder_counts_for_the_grace_and_then_the_fallback_does(settings, drop):
    from reader.services import build_services

    patient = build_services(replace(settings, site_name="旧名", removal_grace_seconds=0.3))
    for name, content in FILES.items():
        drop(name, content)
    patient.library.scan_all()
    shutil.rmtree(settings.articles / "_site")
    assert patient.library.scan_all().removal_due
    assert patient.catalog.site.name == "澜州日报"
    patient.library.scan_until_settled()
    assert patient.catalog.site == Site()


def test_nothing_is_read_again_while_nothing_changes(paper, services):
    revision = services.catalog.revision
    services.library.scan_all()
    assert services.catalog.revision == revision


def test_a_folder_linked_from_elsewhere_is_not_read(services, settings, tmp_path, drop):
    drop("2026-05-01/bridge.md", STORY)
    shutil.copytree(EXAMPLE, tmp_path / "elsewhere")
    (settings.articles / "_site").symlink_to(tmp_path / "elsewhere")
    services.library.scan_all()
    assert services.catalog.site == Site()


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#ffff00", "#0b5fa5", "#808080", "#ff0000", "#00ff7f", "#123456"]
)
@pytest.mark.parametrize("ratio", [4.5, 7.0])
def test_an_accent_colour_is_readable_on_every_paper(colour, ratio):
    for papers in (LIGHT_PAPERS, DARK_PAPERS):
        assert min(contrast(readable(colour, papers, ratio), paper) for paper in papers) >= ratio


def test_a_readable_colour_is_left_alone():
    assert readable("#0b5fa5", LIGHT_PAPERS, 4.5) == "#0b5fa5"
    assert icon_colour("") == DEFAULT
    assert f"--link: {DEFAULT};" in (ROOT / "static/css/reader.css").read_text("utf-8")


def test_the_icon_in_the_tab_is_seen_though_the_accent_is_white(publish, client):
    publish({"_site/site.yaml": "name: 晚报\naccent: '#ffffff'\n"})
    [colour] = re.findall(r"<path fill='%23(\w{6})'", client.get("/").text)
    assert contrast(f"#{colour}", "#ffffff") >= 4.5


def test_the_papers_are_those_of_the_style_sheets():
    sheets = [ROOT / "static/css/reader.css", *(ROOT / "static/css/choices").glob("*.css")]
    papers = {paper for sheet in sheets for paper in re.findall(r"--paper: (#\w+)", sheet.read_text("utf-8"))}
    papers = {"#ffffff" if paper == "#fff" else paper for paper in papers}
    assert papers == {*LIGHT_PAPERS, *DARK_PAPERS}


@pytest.mark.parametrize("classes", ["", "dark", "light", "sepia", "large", "dark large"])
def test_the_accent_follows_the_chosen_colours(classes):
    assert accent_style("", classes) == ""
    assert accent_style("#0b5fa5", classes).count("--link") == (1 if classes else 2)


def test_no_page_of_the_sites_own_can_take_an_address_of_reader(app):
    first = {str(rule).split("/")[1] for rule in app.url_map.iter_rules()}
    parts = {part for part in first if re.fullmatch(r"[\w-]+", part)}
    assert parts <= FIRST_PARTS, "add the first part of the path to FIRST_PARTS in reader/urls.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_is_in_the_reference_with_its_names(language):
    text = (ROOT / "docs" / "reference" / ("site.zh.md" if language == "zh" else "site.md")).read_text("utf-8")
    for row in FIELDS:
        assert code_spans(table_row(text, row.name)[1]) == set(row.names)
    rows = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert rows == {row.name for row in FIELDS}


def test_the_site_as_files_holds_the_logo_of_its_feeds(paper, client, services):
    logo = services.catalog.site.logo.address
    for path in ("/feed.xml", "/atom.xml"):
        answer = client.get(path)
        assert [target for target in link_targets(answer.mimetype, answer.data) if target.endswith(logo)]
