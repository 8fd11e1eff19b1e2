"""No script in a file ever runs: tests the final output, after the last change to it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import hostile_html
import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PIL import Image

from reader.article_building import to_article
from reader.chinese.html_conversion import convert_html
from reader.editing.form import form_from
from reader.errors import UnreadableArticle
from reader.feeds.entries import with_absolute_addresses
from reader.formats import read_draft
from reader.media.images import link_pictures
from reader.sanitizer import sanitize
from reader.sanitizer.allowlist import ATTRIBUTES, BLOCKS, INLINES, MATHML, MATHML_ATTRIBUTES
from reader.sanitizer.url_checks import safe_address
from reader.settings import Settings

ADDRESSES = {"href", "src", "cite", "srcset"}
fragments = st.lists(st.sampled_from([*hostile_html.PIECES, *hostile_html.VECTORS]), max_size=24).map("".join)


class Judge(HTMLParser):
    """Reads HTML as a browser does where it matters, and notes what could run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in BLOCKS | INLINES:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in allowed_attributes(tag):
                self.found.append(f"<{tag} {name}={value}>")
            if name in ADDRESSES and _scheme(value or "") not in ("", "http", "https", "mailto", "tel"):
                self.found.append(f"<{tag} {name}={value}>")


def allowed_attributes(tag: str) -> set[str]:
    if tag in MATHML:
        return MATHML_ATTRIBUTES.get(tag, MATHML_ATTRIBUTES["*"])
    return ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"class", "rel"}


def _scheme(address: str) -> str:
    """The scheme according to WHATWG URL, 4.4."""
    read = re.sub("[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
    found = re.match(r"([a-z][a-z0-9+.-]*):", read, re.IGNORECASE)
    return found[1].lower() if found else ""


def everywhere(dirty: str, folder: Path) -> list[str]:
    """All outputs of *dirty*: sanitized, as the body of an article, in the other script, in a feed."""
    settings = Settings(articles=folder, instance=folder)
    written = [sanitize(dirty)]
    try:
        draft = read_draft(".html", f"<title>题</title><body>{dirty}".encode("utf-8", "replace"))
        article = to_article(draft, PurePosixPath("2026-05-01/x.html"), settings)
    except UnreadableArticle:
        return written
    article = link_pictures(article, folder, lambda picture, file: None)
    feed = with_absolute_addresses(article.body, "https://example.org/a/x")
    return [*written, article.body, convert_html(article.body, "hant"), feed]


@pytest.mark.parametrize("dirty", hostile_html.VECTORS)
def test_nothing_runs_wherever_it_is_written(dirty, tmp_path):
    (tmp_path / "2026-05-01").mkdir()
    for name in ("title=", " title=", "alt="):  # so that an address read out of another attribute finds a picture
        Image.new("RGB", (9, 9)).save(tmp_path / "2026-05-01" / name, "PNG")
    for html in everywhere(dirty, tmp_path):
        assert not Judge(html).found, html


@pytest.mark.parametrize("dirty", hostile_html.VECTORS)
def test_sanitizing_again_changes_nothing(dirty):
    clean = sanitize(dirty)
    assert sanitize(clean) == clean


@given(fragments)
@effort(max_examples=400, deadline=None, derandomize=True)
@example("<p>甲<a id=y href=#x></a><a id=x></a></p>")
def test_any_mixture_of_pieces_is_safe_and_stays_as_it_is(dirty):
    clean = sanitize(dirty)
    assert not Judge(clean).found
    assert sanitize(clean) == clean


@given(
    st.lists(st.sampled_from([*hostile_html.ADDRESSES, "甲", "a", ":", "/", "\\", "&", "%0a", " ", "\t"]), max_size=4)
)
@effort(max_examples=200, deadline=None, derandomize=True)
def test_an_address_is_judged_as_it_is_written(parts):
    address = safe_address("".join(parts))
    assert _scheme(address) in ("", "http", "https", "mailto", "tel")
    assert safe_address(address) == address


def test_words_that_look_like_attributes_stay_words():
    html = '<p><code>&lt;a id="x" href="#y"&gt;</code> 里的 src="a.png" 只是字。<a href="#x">去</a></p>'
    assert sanitize(html) == html.replace('<a href="#x">去</a>', "去").replace('"&gt;', '"&gt;')


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("\u3000https://example.org/\u3000", "https://example.org/"),
        ("a.html#x", "a.html#x"),
        ("图:一.png", "图:一.png"),
        ("tel:+86", "tel:+86"),
        ("java\x7fscript:x", ""),
        ("\u3000javascript:x", ""),
        ("JAVA\tSCRIPT:x", ""),
        ("data:text/html,x", ""),
        ("http://[", ""),
        ("https://a/\u202egpj.exe", "https://a/gpj.exe"),
    ],
)
def test_this_address_becomes_that(address, wanted):
    assert safe_address(address) == wanted


def test_a_page_cannot_put_script_into_the_link_that_an_editor_sees():
    form = form_from({"origin": "\u3000javascript:xss(1)", "body": "甲"})
    assert form.origin == ""
    assert form_from({"origin": "https://example.org/a"}).origin == "https://example.org/a"
