from __future__ import annotations

import re
from datetime import date, datetime
from html import unescape

import pytest
from factories import SHANGHAI, catalog_transaction, make_article
from lxml import html

from reader.catalog import Catalog
from reader.catalog.highlighting import LENGTH
from reader.catalog.query_parser import expression_of, needs_proof, parse, pattern_of
from reader.models import Collection
from reader.sanitizer import sanitize

NOON = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI)


@pytest.fixture
def put(settings):
    """Stores articles as if each came from ``<slug>.md``."""

    def put(*articles, now=NOON):
        with catalog_transaction(settings.catalog, now) as transaction:
            for article in articles:
                transaction.put(f"{article.slug}.md", "1", f"digest of {article.slug}", article)

    return put


@pytest.fixture
def find(settings, put):
    """The slugs that a query finds."""
    put()
    catalog = Catalog(settings.catalog, SHANGHAI, must_be_complete=False)
    return lambda text, **how: [hit.teaser.slug for hit in catalog.search(parse(text), **how).hits]


@pytest.fixture
def catalog(settings, put):
    put()
    return Catalog(settings.catalog, SHANGHAI, must_be_complete=False)


def story(slug, body, published="2026-05-01 06:00", **values):
    return make_article(slug, published, **({"title": "标题", "summary": ""} | values), body=sanitize(f"<p>{body}</p>"))


STORY = "全国政协委员高原雪在邯郸说，改革开放40年来，河北经济发展迅速。雄安新区的5G 网络与 WTO 规则、COVID-19 防控都被提到。"


@pytest.mark.parametrize(
    "query",
    [
        "改革", "经济", "邯郸", "高原雪", "改革开放", "河北经济发展", "雄安新区", "政协委员", "雪", "雄", "速",
        "5G", "5g网络", "WTO", "wto 规则", "ＷＴＯ", "COVID-19", "covid", "cov", "40年", '"改革开放40年"', "“高原雪”",
        "「邯郸」", "改革 邯郸 WTO", "邯郸，改革", "WTO规则",
    ],
)  # fmt: skip
def test_two_character_words_names_single_characters_and_mixed_text_are_found(find, put, query):
    put(story("yes", STORY), story("no", "今天下雨。"))
    assert find(query) == ["yes"]


@pytest.mark.parametrize(
    "query", ["革新", "改开", "经济改革", "河北发展", "改革 下雨", "TO", '"COVID 20"', '"cov"', "龘"]
)
def test_what_does_not_stand_in_the_text_is_not_found(find, put, query):
    put(story("yes", STORY), story("no", "今天下雨。"))
    assert find(query) == []


def test_characters_that_stand_apart_are_not_taken_for_the_word_they_would_make_together(find, put):
    put(story("apart", "亚洲女子，洲女，女选，选手"), story("together", "亚洲女选手夺冠"))
    assert find("亚洲女选手") == ["together"]


def test_markup_inside_a_word_does_not_part_it_and_the_end_of_a_paragraph_does(find, put):
    put(story("inside", "改<strong>革</strong>开放"), story("ends", "改</p><p>革开放"))
    assert find("改革") == ["inside"]


def test_title_summary_reporter_editor_source_section_and_tags_are_searched(find, put):
    fields = {"title": "大雨", "summary": "导语", "byline": ("李白",), "editor": "杜甫", "source": "新华社"}
    put(story("all", "正文", **fields, section=("河北", "天气"), tags=("防汛",), kicker="引题", subtitle="副题"))
    for query in ("大雨", "导语", "李白", "杜甫", "新华社", "天气", "防汛", "引题", "副题"):
        assert find(query) == ["all"], query


ANYTHING = ["", " ", '"', '""', "AND", "OR NOT", "NEAR(a b)", "a*", "*", "(", ")", "^雨", "雨*", "col:雨", "word:雨", "-雨", "雨 -", "\\", "'", "';--", "{雨}", "雨:", "tag:", "section:", "before:", "before:2026-13", "after:x", '"雨', "雨\x00雨", "\ue000", "\ue0001", "\ud800", "🌧", "，。", "a" * 500, "雨" * 500, "雨 " * 300, "\u202e雨", "a_b", "_", "%", "section:%", "e\u0301", "ß", "İ"]  # fmt: skip


@pytest.mark.parametrize("order", ["newest", "best"])
def test_nothing_that_can_be_typed_is_an_error(find, put, order):
    put(story("rain", "雨 a_b 🌧 section:% café ß"))
    for query in ANYTHING:
        assert isinstance(find(query, order=order), list), query


def test_results_come_newest_first(find, put):
    put(story("a", "雨"), story("new", "雨", "2026-05-02 06:00"), story("old", "雨", "1969-05-02 06:00"))
    assert find("雨") == ["new", "a", "old"]


def test_the_best_come_first_when_asked_the_title_counting_most(find, put):
    put(
        story("once", "改革。经济。", "2026-05-03 06:00"),
        story("often", "改革，改革，改革。", "2026-05-02 06:00"),
        story("title", "今天。", "2026-05-01 06:00", title="谈改革"),
    )
    assert find("改革") == ["once", "often", "title"]
    assert find("改革", order="best") == ["title", "often", "once"]


@pytest.mark.parametrize("order", ["newest", "best"])
def test_pages_go_on_where_the_one_before_ended(catalog, put, order):
    put(
        *(
            story(f"s{n}", "改革开放" if n % 3 else "改革，革开，开放", f"2026-05-{1 + n // 4:02} 06:00")
            for n in range(60)
        )
    )
    seen, before = [], None
    while True:
        page = catalog.search(parse("改革开放"), order=order, limit=7, before=before)
        seen += [hit.teaser.slug for hit in page.hits]
        before = page.more
        if before is None:
            break
    assert sorted(seen) == sorted(f"s{n}" for n in range(60) if n % 3)


def test_fields_narrow_a_search_and_may_be_named_in_chinese(find, put):
    put(
        story("a", "雨", section=("河北新闻", "本网原创"), tags=("政协",), byline=("高原雪",), source="河北新闻网"),
        story("b", "雨", "2018-11-23 06:00", section=("国际",), tags=("WTO",), source="新华社"),
    )
    for query in (
        "section:河北新闻/本网原创",
        "section:本网原创",
        "栏目：河北新闻",
        "tag:政协",
        "author:高原雪",
        "来源:河北新闻网",
    ):
        assert find(f"雨 {query}") == find(query) == ["a"], query
    assert find("tag:wto") == find("before:2019") == find("雨 after:2018-11-23 before:2018-11-24") == ["b"]
    assert find("after:2019 雨") == find("晚于:2018-11-24") == ["a"]
    assert find("雨 tag:没有") == find("雨 tag:政协 tag:WTO") == find("after:2018-11-24 before:2026-05-01") == []


def test_a_query_is_understood_as_it_is_typed():
    query = parse('改革 "雄安 新区" 栏目:"河北 新闻" before:2019年1月 after:yesterday')
    assert query.collections == (Collection("section", "河北 新闻"),)
    assert (query.before, query.after) == (date(2019, 1, 1), None)
    assert [(t.text, t.is_quoted) for t in query.terms] == [
        ("改革", False),
        ("雄安 新区", True),
        ("after:yesterday", False),
    ]


def test_an_article_is_found_by_what_it_says_now(find, put, settings):
    put(story("rain", "旧闻"))
    put(story("rain", "新闻"))
    assert (find("旧闻"), find("新闻")) == ([], ["rain"])
    with catalog_transaction(settings.catalog, NOON) as transaction:
        transaction.drop("rain.md")
    assert find("新闻") == []


def test_a_draft_and_a_future_date_are_not_found_until_their_time(find, put, settings):
    put(story("draft", "雨", draft=True), story("later", "雨", "2026-06-01 13:00"))
    assert find("雨") == []
    with catalog_transaction(settings.catalog, datetime(2026, 6, 1, 13, tzinfo=SHANGHAI)) as transaction:
        transaction.release_due()
    assert find("雨") == ["later"]


def test_the_index_holds_exactly_the_public_articles(put, settings, find):
    """FTS5's integrity check does not support contentless tables, so the index is compared with a new one."""
    put(*(story(f"s{n}", f"改革{n}") for n in range(20)))
    put(*(story(f"s{n}", f"开放{n}", "2026-05-02 06:00") for n in range(0, 20, 2)))
    with catalog_transaction(settings.catalog, NOON) as transaction:
        for n in range(0, 20, 3):
            transaction.drop(f"s{n}.md")
    assert sorted(find("after:1000")) == sorted(f"s{n}" for n in range(20) if n % 3)
    assert sorted(find("改革")) == sorted(f"s{n}" for n in range(20) if n % 3 and n % 2)
    assert sorted(find("开放")) == sorted(f"s{n}" for n in range(20) if n % 3 and not n % 2)


def test_many_articles_of_one_second_are_all_found(find, put):
    put(*(story(f"s{n}", "雨") for n in range(50)))
    put(*(story(f"t{n}", "雨") for n in range(50)))
    assert len(find("雨", limit=200)) == 100


def test_the_words_are_marked_in_title_and_text(catalog, put):
    put(story("a", "先说别的。" * 60 + "后来说到改革，又说WTO。" + "还有别的。" * 60, title="改革与WTO"))
    (hit,) = catalog.search(parse("改革 wto")).hits
    assert [(s.text, s.is_marked) for s in hit.title] == [("改革", True), ("与", False), ("WTO", True)]
    assert [s.text for s in hit.excerpt if s.is_marked] == ["改革", "WTO"]
    shown = "".join(s.text for s in hit.excerpt)
    assert shown.startswith("…后来说到改革")
    assert shown.endswith("…")
    assert len(shown) <= 2 * LENGTH


def test_an_excerpt_has_a_gap_between_a_caption_and_the_text(catalog, put):
    figure = "<figure><img src=a.jpg><figcaption>麦田。图：林一</figcaption></figure>"
    put(
        make_article(
            "a",
            "2026-05-01 06:00",
            body=sanitize(f"<p>改革了。</p>{figure}<p>会议 指出，<b>要</b>点。</p><h2>一</h2><p>Rain</p>"),
        )
    )
    (hit,) = catalog.search(parse("改革")).hits
    assert "".join(s.text for s in hit.excerpt) == "改革了。麦田。图：林一 会议指出，要点。一 Rain"


def test_markup_in_the_text_stays_text(catalog, put):
    put(story("a", "改革 &lt;b&gt; &amp;amp;"))
    (hit,) = catalog.search(parse("改革")).hits
    assert "".join(s.text for s in hit.excerpt) == "改革 <b> &amp;"


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("\uf9e1先生", "李先生"),
        ("李先生", "\uf9e1先生"),
        ("葛\U000e0101城", "葛城"),
        ("葛城", "葛\U000e0101城"),
        ("王㛃", "王㛃"),
        ("李𬘡", "李𬘡"),
    ],
)
def test_a_name_is_found_in_whichever_form_it_is_typed(find, put, typed, asked):
    put(story("a", "今天到访。", title=f"{typed}到访"))
    assert find(asked) == ["a"]


SITE = {
    "rain.md": "---\ntitle: 大雨与WTO\nsection: 天气\npublished: 2026-05-01\n---\n今天<改革>下雨。",
    "dev.md": "---\ntitle: 发展\npublished: 2026-05-02\n---\n经济发展。头发。",
}


def test_the_search_page_shows_what_was_found_with_the_words_marked(client, publish):
    publish(SITE)
    page = client.get("/search?q=下雨+wto").text
    assert "<mark>下雨</mark>" in page
    assert "与<mark>WTO</mark>" in page
    assert 'value="下雨 wto"' in page
    assert "经济" not in page


def test_what_is_typed_is_shown_as_text_and_never_as_markup(client, publish):
    publish(SITE)
    page = client.get('/search?q="><script>alert(1)</script>').text
    assert "<script>alert" not in page


def test_words_in_the_other_script_lead_to_what_was_meant(client, publish):
    publish(SITE)
    page = client.get("/search?q=經濟發展").text
    assert 'href="/search?q=%E7%BB%8F%E6%B5%8E%E5%8F%91%E5%B1%95"' in page


@pytest.mark.slow
@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=雨&before=x", "?q=雨&before=1,", "?q=雨&order=x", "?q=%ff%00", f"?q={'雨' * 999}"]
)
def test_any_address_of_the_search_page_is_answered(client, publish, query):
    publish(SITE)
    assert client.get(f"/search{query}").status_code == 200


def test_the_search_page_goes_on_by_links(client, publish):
    publish({f"s{n}.md": f"---\ntitle: 雨{n}\npublished: 2026-05-01 06:{n:02}\n---\n雨" for n in range(45)})
    seen, address = [], "/search?q=雨"
    while address:
        page = client.get(address).text
        seen += re.findall(r'href="/a/(s\d+)"', page)
        following = re.search(r'<a href="([^"]+)" rel=next>', page)
        address = following and unescape(following[1])
    assert seen == [f"s{n}" for n in reversed(range(45))]


@pytest.mark.parametrize("query", ["", "没有的词"])
def test_a_search_without_results_offers_the_sections_and_examples_that_find_something(client, publish, query):
    story = "---\nsection: {}\nsource: 新华社\nbyline: [{}]\ntags: [雨]\n---\n# 大雨\n\n今天下雨。\n"
    publish({"2026-05-01/a.md": story.format("民生", "Li Bai"), "2026-05-02/b.md": story.format("要闻/天气", "Li Bai")})
    page = html.fromstring(client.get("/search", query_string={"q": query}).text)
    sections = page.xpath("//nav[@class='chips']/a/@href")
    assert {"/s/民生/", "/s/要闻/", "/s/"} == set(sections)
    examples = page.xpath("//ul[@class='examples']//a")
    assert [link.text for link in examples] == [
        "section:民生", "tag:雨", 'author:"Li Bai"', "source:新华社", "after:2026-05",
    ]  # fmt: skip
    for link in examples:
        found = html.fromstring(client.get(link.get("href")).text)
        assert found.xpath("//ul[@class='list']/li"), link.text


def test_a_site_without_articles_has_its_pages_and_offers_no_examples(client, publish):
    publish({})
    for path in ("/", "/feeds", "/preferences", "/corrections/", "/sitemap.xml"):
        assert client.get(path).status_code == 200, path
    page = html.fromstring(client.get("/search?q=雨").text)
    assert not page.xpath("//ul[@class='examples'] | //nav[@class='chips']")


@pytest.mark.parametrize(
    ("query", "expression", "is_proved_by_the_text"),
    [
        ("雨", '"雨"*', False),
        ("下雨", '"下雨"', False),
        ("下大雨", '"下大" AND "大雨"', True),
        ("co", '"co"', False),
        ("cov", '"cov"*', False),
        ("covid", '"covid"*', False),
        ('"covid"', '"covid"', False),
        ("5G网", '"5g" AND "网"*', True),
        ("COVID-19", '"19" AND "covid"*', True),
        ('"COVID-19"', '"19" AND "covid"', True),
    ],
)
def test_the_index_is_asked_for_pairs_and_for_the_beginnings_of_words(query, expression, is_proved_by_the_text):
    [term] = parse(query).terms
    assert (expression_of(term), needs_proof(term)) == (expression, is_proved_by_the_text)


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ("cov", ["covid", "The covid"], ["recover"]),
        ('"cov"', ["cov", "cov。"], ["covid", "recov"]),
        ("COVID-19", ["covid-19", "COVID 19", "covid-195"], ["covid 20", "mycovid-19"]),
        ('"COVID-19"', ["COVID-19 now"], ["covid-195"]),
        ("5G网", ["5G 网络", "用5g网"], ["15G网"]),
        ('"大雨"', ["下大雨了"], ["大 雷雨"]),
    ],
)
def test_a_term_is_proved_by_the_text(query, found, not_found):
    [term] = parse(query).terms
    assert [text for text in (*found, *not_found) if pattern_of(term).search(text)] == found
