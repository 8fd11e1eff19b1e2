"""A picture alone in its paragraph is a figure with a caption, on the page and in every file; weights are true."""

from __future__ import annotations

import io
import re
from pathlib import PurePosixPath

import lxml.html
import pytest
from factories import make_article
from PIL import Image

from reader.article_building.body_transforms import transform_body
from reader.article_building.figures import without_figures
from reader.exports import EXPORTS
from reader.exports.article_markdown import body_markdown, read_back
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.formats.from_markdown import body_of
from reader.sanitizer import sanitize


def body(text: str, language: str = "zh-CN") -> str:
    return str(transform_body(sanitize(body_of(text)), language, PurePosixPath())[0])


def picture(colour: str = "red", size: tuple[int, int] = (1600, 900)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "JPEG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("![通车现场](a.jpg)", "通车现场"),
        ('![桥](a.jpg "通车现场")', "通车现场"),
        ("![“好”,他说.](a.jpg)", "“好”，他说。"),
        ("[![现场](a.jpg)](https://x.example/)", "现场"),
        ("![通车现场](a.jpg)\n图：张三", "通车现场 <small>图：张三</small>"),
        ("![通车现场](a.jpg)\n\n（日报记者 张三 摄）", "通车现场 <small>（日报记者 张三 摄）</small>"),
        ("![](a.jpg)\n\n张三/摄", "张三/摄"),
        ("![](a.jpg)\n\n图/视觉中国", "图/视觉中国"),
        ("![](a.jpg)\n\n张三供图", "张三供图"),
        ("![](a.jpg)\n\n图为通车现场。张三摄", "图为通车现场。张三摄"),
        ("![现场](a.jpg)\n\n▲通车现场", "▲通车现场"),
        ("![](a.jpg)\n\n11月22日，列车驶出车站。日报记者张三摄", "11月22日，列车驶出车站。日报记者张三摄"),
        ("![Rain](a.jpg)\n\nPhoto: **Ann**", "Rain <small>Photo: <strong>Ann</strong></small>"),
    ],
)
def test_the_caption_is_the_title_else_the_description_with_the_credit_line_below(text, caption):
    figure = body(f"{text}\n\n正文从这里开始。")
    assert figure.startswith("<figure>")
    assert f"<figcaption>{caption}</figcaption></figure><p>正文从这里开始。</p>" in figure


@pytest.mark.parametrize(
    "name",
    [
        *(
            "IMG_2034.jpg",
            "IMG_2034",
            "DSC00012",
            "微信图片_20231105.jpg",
            "图片1",
            "在这里插入图片描述",
            "image",
            "截图",
        ),
        *(
            "a",
            "a.jpg",
            "2018-11-23",
            "Screenshot 2024-01-02",
            "0f3c9a1e-77aa-4c1b-9d2e-111111111111",
            "image-20230102",
        ),
    ],
)
def test_the_name_of_a_file_is_no_caption(name):
    assert "figcaption" not in body(f"![{name}](folder/a.jpg)\n\n正文。")


@pytest.mark.parametrize(
    "text",
    ["他在现场拍摄。", "图为什么这样画？", "他们摄取了水样。张三回忆说，那天下雨。", "来源很多，不止一处。", "摄"],
)
def test_a_sentence_after_a_picture_stays_a_paragraph(text):
    assert body(f"![](a.jpg)\n\n{text}").endswith(f"<p>{text}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "文字 ![小图](a.jpg) 文字",
        "- ![甲](a.jpg)\n\n  文\n",
        "<figure><img src=a.jpg alt=甲><figcaption>自己的说明</figcaption></figure>",
        "| 图 |\n|---|\n| ![甲](a.jpg) |",
    ],
)
def test_a_picture_within_a_sentence_a_list_a_table_or_a_figure_stays_as_it_is(text):
    assert body(text) == str(sanitize(body_of(text)))


@pytest.mark.parametrize(
    "text",
    [
        "![通车现场](a.jpg)\n",
        "![通车现场](a.jpg)\n\n（张三 摄）\n",
        '![桥](a.jpg "通车现场")\n\n正文。\n',
        "![](a.jpg)\n\n图为通车现场。张三摄\n",
    ],
)
def test_the_markdown_of_a_figure_is_that_of_its_file(text):
    article = make_article(body=read_back(text, "zh-CN"), language="zh-CN")
    assert body_markdown(article) == text


@pytest.mark.parametrize(
    "figure",
    [
        "<figure>{0}{1}<figcaption>两张</figcaption></figure>",
        "<ul><li><figure>{0}<figcaption>甲</figcaption></figure></li></ul>",
        "<table><tbody><tr><td><figure>{0}<figcaption>甲</figcaption></figure></td></tr></tbody></table>",
    ],
)
def test_a_figure_that_no_paragraph_becomes_is_a_figure_in_its_file(figure):
    body = sanitize(figure.format('<img src="a.jpg" alt="甲">', '<img src="b.jpg" alt="">'))
    assert without_figures(body, "zh-CN") == body


def test_a_picture_that_links_to_its_own_file_has_no_link():
    assert body("[![现场](a.jpg)](full/a.jpg)") == body("![现场](a.jpg)")
    assert "<a href" in body("[![现场](a.jpg)](rain.md)")


ARTICLE = (
    "---\ntitle: 通车\n---\n第一段。\n\n![通车现场](a.jpg)\n\n（张三 摄）\n\n第二段。\n\n![](b.jpg)\n\n![远处](b.jpg)\n"
)


@pytest.fixture
def pictures(publish, services, client):
    """The article, when the renditions of its pictures are made."""
    publish(
        {"2026-05-01/x.md": ARTICLE, "2026-05-01/a.jpg": picture(), "2026-05-01/b.jpg": picture("blue", (500, 400))}
    )
    for address in services.catalog.article("x").images:
        services.image_renderer.submit(address.split("/")[2].split("-")[0]).result(120)
    return client


def parsed(client, query: str = "", **headers: str) -> lxml.html.HtmlElement:
    response = client.get(f"/a/x{query}", headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == 200
    return lxml.html.fromstring(response.get_data(as_text=True))


def kilobytes(size: int) -> str:
    return f"{size / 1024:.1f}\xa0KB" if size / 1024 < 9.95 else f"{size / 1024:.0f}\xa0KB"


def phone_bytes(client, element: lxml.html.HtmlElement) -> int:
    """The weight of the AVIF that a phone loads for a ``picture``."""
    source = element.xpath(".//source[@type='image/avif']")[0]
    address = source.get("srcset").rpartition(",")[2].split()[0]
    with client.get(address) as response:
        return len(response.data)


@pytest.mark.slow
def test_the_first_picture_is_loaded_at_once_and_the_others_when_they_come_near(pictures):
    images = parsed(pictures).xpath("//article//img")
    assert [(i.get("fetchpriority"), i.get("loading")) for i in images] == [
        ("high", None),
        (None, "lazy"),
        (None, "lazy"),
    ]
    assert all(i.get("width") and i.get("height") for i in images)


@pytest.mark.slow
def test_the_page_says_what_its_pictures_weigh_on_a_phone(pictures):
    document = parsed(pictures, Accept_Language="zh")
    weights = {
        element.xpath(".//img/@src")[0]: phone_bytes(pictures, element) for element in document.xpath("//picture")
    }
    assert f"图片 {kilobytes(sum(weights.values()))}" in document.text_content()


@pytest.mark.slow
def test_a_placeholder_tells_the_weight_of_what_its_tap_loads_in_place(pictures):
    document = parsed(pictures, Save_Data="on", Accept_Language="zh")
    assert not document.xpath("//article//img")
    assert [a.get("href") for a in document.xpath("//a[@class='pic']")] == [f"?pictures={n}#pic{n}" for n in (1, 2, 3)]
    for link in document.xpath("//a[@class='pic']"):
        address, _, target = link.get("href").partition("#")
        loaded = parsed(pictures, address, Save_Data="on")
        [shown] = loaded.xpath("//picture")
        assert shown.get("id") == target
        addresses = {source.get("srcset") for source in shown.xpath(".//source")} | {shown.xpath(".//img/@src")[0]}
        assert {re.sub(r"\.\w+$", "", address) for address in addresses} == {addresses.pop().rpartition(".")[0]}
        assert kilobytes(phone_bytes(pictures, shown)) in link.text_content()


@pytest.mark.slow
def test_pictures_that_were_loaded_stay_when_another_is_asked_for(pictures):
    second = parsed(pictures, "?pictures=2&script=hant", Save_Data="on")
    assert [a.get("href") for a in second.xpath("//a[@class='pic']")] == [
        "?pictures=1,2&script=hant#pic1",
        "?pictures=2,3&script=hant#pic3",
    ]
    assert len(parsed(pictures, "?pictures=1,2", Save_Data="on").xpath("//picture")) == 2
    [link] = parsed(pictures, "", Save_Data="on").xpath("//footer//a[contains(@href, 'pictures')]")
    assert len(parsed(pictures, link.get("href"), Save_Data="on").xpath("//picture")) == 3


@pytest.mark.slow
@pytest.mark.parametrize("query", ["?pictures=x", "?pictures=9", "?pictures=-1,,2", "?pictures=１"])
def test_a_number_of_no_picture_loads_nothing(pictures, query):
    assert not parsed(pictures, query, Save_Data="on").xpath("//picture")


@pytest.mark.slow
def test_pictures_asked_for_change_nothing_for_a_reader_who_has_them(pictures):
    assert pictures.get("/a/x?pictures=1").data == pictures.get("/a/x").data


def test_a_placeholder_is_styled_and_a_linked_picture_has_no_link_within_a_link(publish, client):
    publish(
        {
            "2026-05-01/x.md": "---\ntitle: 通车\n---\n[![现场](a.jpg)](https://x.example/)\n",
            "2026-05-01/a.jpg": picture(),
        }
    )
    page = client.get("/a/x", headers={"Save-Data": "on"}).get_data(as_text=True)
    assert ".pic{" in page
    assert not lxml.html.fromstring(page).xpath("//a//a")
    assert 'href="https://x.example/"' in client.get("/a/x").get_data(as_text=True)


def exported(services, suffix: str) -> str:
    options = options_of(services.settings, "", "")
    return (EXPORTS[suffix].export(of_article(services.catalog.article("x")), options, services.render.render)).decode()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["txt", "md", "json", "html"])
def test_every_file_has_the_caption_and_the_credit(pictures, services, suffix):
    content = exported(services, suffix)
    assert "通车现场" in content
    assert "（张三 摄）" in content


@pytest.mark.slow
def test_the_text_says_a_caption_once_in_brackets(pictures, services):
    assert "\n\n[通车现场 （张三 摄）]\n\n" in exported(services, "txt")
    assert exported(services, "txt").count("通车现场") == 1


@pytest.mark.slow
@pytest.mark.parametrize("feed", ["feed.xml", "atom.xml", "feed.json"])
def test_a_feed_has_the_figure(pictures, feed):
    content = pictures.get(f"/{feed}").get_data(as_text=True).replace("&lt;", "<").replace("&gt;", ">")
    assert "<figcaption>通车现场 <small>（张三 摄）</small></figcaption>" in content
