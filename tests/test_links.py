"""Links between files of the folder lead to the articles' addresses, whatever the tool that wrote them."""

from __future__ import annotations

import re

import pytest

from reader.exports.publications import of_article

TARGET = "---\ntitle: 大雨\nslug: heavy-rain\nurl: p/x6adgjn/\n---\n\n正文。\n\n## 一、经过\n\n文。\n"


def links(services, slug="a"):
    return re.findall(r"<a[^>]* href=\"([^\"]*)\"", services.catalog.article(slug).body)


@pytest.mark.parametrize(
    "link",
    [
        "[雨](2026-05-01-rain.md)",
        "[雨](./2026-05-01-rain.md)",
        "[雨](../2026-05-02/2026-05-01-rain)",
        "[雨](2026-05-01-rain.html)",
        "[雨](/2026-05-02/2026-05-01-rain/)",
        "[雨](/2026/05/01/rain.html)",
        "[雨](heavy-rain)",
        "[雨](/p/x6adgjn/)",
        "[雨](/p/x6adgjn)",
        "[雨]({% post_url 2026-05-01-rain %})",
        "[雨]({% link 2026-05-02/2026-05-01-rain.md %})",
        '[雨]({{< ref "2026-05-01-rain.md" >}})',
        '[雨]({{% relref "rain" %}})',
        "[雨]({filename}2026-05-01-rain.md)",
        "{% post_link 2026-05-01-rain 雨 %}",
        "[[2026-05-01-rain|雨]]",
        "[[大雨|雨]]",
        '<a href="2026-05-01-rain.md">雨</a>',
        "[雨](<2026-05-01-Rain.md>)",
    ],
)
def test_a_link_to_another_file_leads_to_its_article(services, publish, link):
    publish({"2026-05-02/2026-05-01-rain.md": TARGET, "2026-05-02/a.md": f"# 甲\n\n见{link}。\n"})
    assert links(services) == ["/a/heavy-rain"]
    assert ">雨</a>" in services.catalog.article("a").body


@pytest.mark.parametrize("fragment", ["一经过", "一、经过", "%E4%B8%80%E7%BB%8F%E8%BF%87"])
def test_a_link_to_a_heading_of_another_file_leads_there(services, publish, fragment):
    publish({"2026-05-02/rain.md": TARGET, "2026-05-02/a.md": f"# 甲\n\n[雨](rain.md#{fragment}) [[rain#一、经过]]\n"})
    target = services.catalog.article("heavy-rain").body
    (name,) = re.findall(r'<h2 id="([^"]*)"', target)
    assert links(services) == [f"/a/heavy-rain#{name}"] * 2


def test_a_bundle_is_meant_by_its_folder(services, publish):
    publish({"2026-05-02/雨/index.md": "# 大雨\n", "2026-05-02/a.md": "# 甲\n\n[一](雨/index.md) [二](雨/) [三](雨)\n"})
    assert links(services) == ["/a/%E9%9B%A8"] * 3


def test_the_page_of_a_section_is_an_article_if_it_holds_some_sentences(services, publish):
    prose = "滹沱河畔新添三处湿地公园，七公里步道串起三园。" * 4
    publish(
        {
            "guide/_index.md": f"---\ntitle: 概览\n---\n\n{prose}\n",
            "b/_index.md": "---\ntitle: 列表\n---\n\n本栏目的文章：\n\n* [甲](/2026-05-02/甲/)\n",
            "2026-05-02/甲.md": "# 甲\n\n[一](/guide/) [二](../guide/_index.md) [三](/b/)\n",
        }
    )
    assert services.catalog.article("guide").title == "概览"
    assert links(services, "甲") == ["/a/guide"] * 2
    assert not services.catalog.problems()


def test_a_dead_link_is_text_and_is_listed_until_its_article_comes(services, publish, drop):
    publish({"2026-05-02/a.md": "# 甲\n\n见[雨](rain.md)。\n"})
    before = services.catalog.article("a")
    assert before.body == "<p>见雨。</p>"
    assert services.catalog.dead_links() == [("2026-05-02/a.md", "2026-05-02/rain.md")]
    publish({"2026-05-02/rain.md": TARGET})
    after = services.catalog.article("a")
    assert (links(services), services.catalog.dead_links()) == (["/a/heavy-rain"], [])
    assert after.version != before.version


def test_of_two_files_of_one_name_the_nearer_is_meant(services, publish):
    publish(
        {
            "2026-05-02/x/rain.md": "---\ntitle: 近\nslug: near\n---\n文。\n",
            "2026-05-02/y/rain.md": "---\ntitle: 远\nslug: far\n---\n文。\n",
            "2026-05-02/x/a.md": "# 甲\n\n[[rain]]\n",
        }
    )
    assert links(services) == ["/a/near"]


def test_links_elsewhere_stay(services, publish):
    kept = ["https://a.example/rain.md", "mailto:a@b.example", "/a/rain", "/s/河北/", "/feed.xml", "/"]
    publish({"2026-05-02/a.md": "# 甲\n\n" + " ".join(f"[x]({link})" for link in kept) + "\n"})
    assert [link.replace("%E6%B2%B3%E5%8C%97", "河北") for link in links(services)] == kept


@pytest.mark.parametrize("path", ["/feed.xml", "/atom.xml", "/feed.json", "/opds/articles"])
def test_a_finished_export_of_an_article_with_links_is_found_by_feeds_and_catalogues(publish, services, client, path):
    publish({"2026-05-01/a.md": "# 甲\n\n见[雨](rain.md)。\n", "2026-05-01/rain.md": TARGET})
    service = services.export_service
    service.store.put(service.key(of_article(services.catalog.article("a")), "epub", ""), bytes(8_004))
    assert re.search(r"""(?:length="|"size_in_bytes": ?)8004\b""", client.get(path).text)
