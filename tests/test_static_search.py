"""The index of a static site's search: its size, and that no term of an article is missed. The script's part is tested in
``browser/test_static_hosting.py``."""

from __future__ import annotations

import base64
import json

from factories import make_article

from reader.commands import static_search
from reader.commands.static_search import bloom_filter, search_files

WORDS = [
    "河北省",
    "政协",
    "下雨",
    "高铁",
    "石家庄",
    "铁路",
    "建设",
    "经济",
    "发展",
    "记者",
    "新闻",
    "邯郸",
    "大桥",
    "通车",
    "洪水",
    "粮食",
    "丰收",
    "医院",
    "学校",
    "老人",
]


def article_of(number: int):
    text = "，".join("".join(WORDS[(number * n + k) % len(WORDS)] for k in (0, 3, 7)) for n in range(1, 60))
    return make_article(f"a{number}", title=f"第{number}篇", body=f"<p>{text}，{number:04}x。</p>")


def index_of(content: bytes) -> dict:
    return json.loads(content.decode().removeprefix("onWords(").removesuffix(")"))


def has(filter_: str, hashes: int, term: str) -> bool:
    content = base64.b64decode(filter_)
    alone = bloom_filter([term], len(content) * 8, hashes)
    return all(mine & theirs == theirs for mine, theirs in zip(content, alone, strict=True))


def test_every_term_of_an_article_is_found_and_the_index_is_a_tenth_of_the_text():
    articles = [article_of(number) for number in range(40)]
    [(name, content)] = search_files(articles)
    index = index_of(content)
    assert (name, index["last"], len(index["articles"])) == ("search/words-0.js", True, 40)
    assert len(content) <= 0.1 * sum(len(static_search._text(article).encode()) for article in articles)
    for article, (address, title, day, words) in zip(articles, index["articles"], strict=True):
        assert (address, title, day) == (f"a/{article.slug}/", article.title, "2026-05-01")
        terms = static_search._terms(static_search.folded(static_search._text(article)))
        assert f"{article.slug[1:]:>04}x" in terms
        assert [term for term in terms if not has(words, index["hashes"], term)] == []
    strange = [has(words, index["hashes"], "不在") for *_, words in index["articles"]]
    assert sum(strange) < len(strange) / 2


def test_more_articles_are_in_several_files(monkeypatch):
    monkeypatch.setattr(static_search, "ARTICLES_PER_FILE", 2)
    files = list(search_files(make_article(f"a{n}") for n in range(5)))
    indexes = [index_of(content) for _, content in files]
    assert [name for name, _ in files] == [f"search/words-{n}.js" for n in range(3)]
    assert [index["last"] for index in indexes] == [False, False, True]
    assert [row[0] for index in indexes for row in index["articles"]] == [f"a/a{n}/" for n in range(5)]


def test_a_site_without_articles_has_an_empty_index():
    [(_, content)] = search_files([])
    assert index_of(content)["articles"] == []


def test_terms_are_words_and_pairs_within_words():
    assert static_search._terms("大雨下在石家庄 covid-19 новости") == {
        "大雨", "石家", "家庄", "covid", "19", "новости",
    }  # fmt: skip
