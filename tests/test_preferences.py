"""Preferences are declared once, in a table; the form, the cookie, the CSS classes and style sheets follow it."""

from __future__ import annotations

import pytest
from lxml import html

from reader.settings import ROOT
from reader.web.requests.preference_choices import DEFAULTS, PREFERENCES, preferences_of

EACH = [(row, value) for row in PREFERENCES.values() for value in row.choices]


def test_no_value_belongs_to_two_preferences():
    assert len({value for _, value in EACH}) == len(EACH)


@pytest.mark.parametrize("row", PREFERENCES.values(), ids=PREFERENCES)
def test_every_default_is_one_of_the_choices(row):
    assert row.default in row.choices
    assert DEFAULTS[row.name] == row.default


def test_every_style_sheet_of_a_choice_belongs_to_a_choice_that_changes_the_look():
    sheets = {path.stem for path in (ROOT / "static" / "css" / "choices").glob("*.css")}
    assert sheets <= {value for row, value in EACH if row.is_style}


@pytest.mark.slow
def test_every_choice_is_offered_kept_and_shown(publish, app):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    for row, value in EACH:
        check_choice(app.test_client(), row, value)


def check_choice(client, row, value):
    form = html.fromstring(client.get("/preferences").text)
    assert form.xpath(f'//input[@type="radio"][@name="{row.name}"][@value="{value}"]')
    answer = client.post("/preferences", data={row.name: value, "back": "/"})
    assert answer.status_code == 303
    cookie = client.get_cookie("reader")
    assert (cookie.value if cookie else "") == ("" if value == row.default else value)
    held = html.fromstring(client.get("/preferences").text)
    assert held.xpath(f'//input[@name="{row.name}"][@checked]/@value') == [value]
    classes = html.fromstring(client.get("/a/rain").text).get("class", "").split()
    assert (value in classes) == (row.is_style and value != row.default)


@pytest.mark.parametrize(
    ("cookie", "canonical"),
    [("", ""), ("s4.dark", "s4.dark"), ("dark.s4", "s4.dark"), ("s4.s5", "s5"), ("s3.system", ""), ("forged.<x>", "")],
)
def test_a_cookie_counts_as_far_as_its_values_are_known(cookie, canonical):
    assert str(preferences_of(cookie)) == canonical


def test_a_changed_preference_leaves_the_others():
    assert str(preferences_of("s4.dark").changed(["serif", "s1"])) == "s1.dark.serif"


@pytest.mark.parametrize(
    ("host", "fields", "status"),
    [
        ("news.example", {"Origin": "http://evil.example"}, 403),
        ("news.example", {"Origin": "null"}, 403),
        ("news.example", {"Origin": "http://news.example.evil.example"}, 403),
        ("news.example", {"Origin": "http://[::1"}, 403),
        ("news.example", {"Referer": "http://evil.example/?news.example"}, 403),
        ("192.0.2.7:8000", {"Origin": "http://evil.example"}, 403),
        ("news.example", {"Origin": "http://news.example"}, 303),
        ("news.example", {"Origin": "http://news.example:8080"}, 303),  # a proxy that leaves out the port
        ("192.0.2.7:8000", {"Origin": "http://192.0.2.7:8000"}, 303),
        ("[2001:db8::5]:8000", {"Origin": "http://[2001:db8::5]:8000"}, 303),
        ("[2001:db8::5]:8000", {"Origin": "http://[2001:db8::6]:8000"}, 403),
        ("[2001:db8::5]", {"Referer": "http://[2001:db8::5]/a/rain"}, 303),
        ("news.example.", {"Origin": "http://news.example."}, 303),
        ("news.example", {"Referer": "http://news.example/a/rain"}, 303),
        ("news.example", {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, 303),
        ("news.example", {}, 303),  # no browser
        ("127.0.0.1:8000", {"Origin": "http://news.example"}, 303),  # a proxy that puts in its own Host
        ("reader:8000", {"Origin": "http://news.example"}, 303),
    ],
)
def test_over_plain_http_the_origin_or_referrer_tells_whose_form_it_is(client, host, fields, status):
    headers = {"Host": host, **fields}
    assert client.post("/preferences", data={"mode": "dark"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("cookie", "query", "accepted", "shown"),
    [
        ("hant", "", "zh-CN", "zh-Hant"),
        ("hant-hk", "", "zh-CN", "zh-Hant"),
        ("hans", "", "zh-TW", "zh-Hans"),
        ("", "", "zh-TW", "zh-Hant"),
        ("", "?script=hant", "zh-CN", "zh-Hant"),
        ("hant", "?script=hans", "zh-CN", "zh-Hans"),
        ("hant", "", "en", "en"),
        ("hant.zh-Hans", "", "zh-CN", "zh-Hans"),
    ],
)
def test_a_chinese_interface_is_in_the_characters_chosen_for_articles(publish, app, cookie, query, accepted, shown):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    client = app.test_client()
    if cookie:
        client.set_cookie("reader", cookie)
    page = html.fromstring(client.get(f"/a/rain{query}", headers={"Accept-Language": accepted}).text)
    label = {"zh-Hant": "首頁", "zh-Hans": "首页", "en": "Home"}[shown]
    assert page.xpath("//div[@class='bar']/a[1] | //nav[@class='bar']/a[1]")[0].text == label


def test_pages_in_another_script_are_kept_apart_in_the_cache(publish, app):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    client = app.test_client()
    asked = [f"/a/rain{query}" for query in ("", "?script=hant", "", "?script=hans", "?script=hant")]
    bars = [html.fromstring(client.get(path).text).xpath("//*[@class='bar']/a[1]")[0].text for path in asked]
    assert bars == ["首页", "首頁", "首页", "首页", "首頁"]


def test_names_of_people_stay_in_the_other_script_and_all_else_is_converted(publish, app):
    head = "title: 头发与发展\npublished: 2026-05-01\nbyline: [余华, 张三]\nsource: 新华社\nsection: 经济\ntags: [头发]"
    publish({"rain.md": f"---\n{head}\n---\n\n正文。\n"})
    client = app.test_client()
    client.set_cookie("reader", "hant")

    def texts(path: str, xpath: str) -> list[str]:
        found = html.fromstring(client.get(path, headers={"Accept-Language": "zh-CN"}).text).xpath(xpath)
        return [" ".join(element.text_content().split()) for element in found]

    assert texts("/a/rain", "//article//a[starts-with(@href, '/by/')]") == ["余华", "張三"]
    assert texts("/a/rain", "//article//a[starts-with(@href, '/from/')]") == ["新華社"]
    titles = {"/by/余华/": "余华的報道", "/from/新华社/": "來源：新華社", "/s/经济/": "經濟", "/t/头发/": "#頭髮"}
    assert {path: texts(path, "//h1")[0] for path in titles} == titles
    assert texts("/feeds", "//main//bdi") == ["經濟", "頭髮", "余华", "張三", "新華社"]
    assert texts("/a/rain/share", "//nav[1]//a")[1:] == ["Reader", "經濟"]
    assert texts("/a/rain/share", "//main//p[@lang]") == ["頭髮與發展"]
