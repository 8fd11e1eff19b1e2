from __future__ import annotations

from reader.models import Collection
from reader.web.pages.site_sections import in_tree_order
from reader.web.views.listings import tree_of


def test_sections_are_a_tree_with_the_fullest_first(app):
    counted = [
        (Collection("section", name), n) for name, n in (("国际", 1), ("河北", 5), ("河北/天气", 2), ("河北/时政", 3))
    ]
    with app.test_request_context():
        tree = tree_of(in_tree_order(counted))
    assert [(b.link.label, b.count) for b in tree] == [("河北", 5), ("国际", 1)]
    assert [(b.link.label, b.link.address) for b in tree[0].below] == [
        ("时政", "/s/%E6%B2%B3%E5%8C%97/%E6%97%B6%E6%94%BF/"),
        ("天气", "/s/%E6%B2%B3%E5%8C%97/%E5%A4%A9%E6%B0%94/"),
    ]


def test_the_page_of_all_sections_leads_to_each(client, publish):
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\nsection: 河北/天气\n---\n今天下雨。"})
    page = client.get("/s/").text
    assert 'href="/s/河北/天气/"' in page
    assert client.get("/s/河北/天气/").status_code == 200


def test_a_library_without_sections_has_an_empty_tree(client, publish):
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\n---\n今天下雨。"})
    assert client.get("/s/").status_code == 200
