"""Every format, export, feed format and page keeps the contract in the docstring of its Protocol."""

from __future__ import annotations

import io
import re
from datetime import datetime
from types import SimpleNamespace

import pytest
from lxml import html
from PIL import Image
from registries import contents, missing, specimen, with_text, wrong_errors

from reader.cli import main
from reader.exports import EXPORTS
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.feeds import FEEDS
from reader.formats import FORMATS, read_draft
from reader.formats.dates import parse_date
from reader.models import Draft
from reader.sanitizer import sanitize

each_format = pytest.mark.parametrize("suffix", FORMATS)
each_export = pytest.mark.parametrize("suffix", EXPORTS)
each_feed = pytest.mark.parametrize("name", FEEDS)


@pytest.fixture
def article(publish, services):
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "steelblue").save(picture, "PNG")
    publish(specimen(picture.getvalue()))
    return services.catalog.article("specimen")


# -- formats ------------------------------------------------------------------------------------------------------


def test_the_suffixes_that_are_known_without_an_import_are_those_of_the_modules():
    assert tuple(FORMATS) == tuple(suffix for known in dict.fromkeys(FORMATS.values()) for suffix in known.SUFFIXES)


@each_format
def test_the_sample_of_a_format_is_a_whole_article(suffix):
    draft = read_draft(suffix, FORMATS[suffix].SAMPLE)
    assert (draft.title, draft.published) == ("大雨", datetime(2026, 5, 1, 6))
    assert html.fromstring(str(sanitize(draft.body_html))).text_content().strip() == "今天下雨。"


@each_format
def test_a_field_that_the_editor_writes_above_a_file_leaves_its_own_lines_alone(suffix):
    sample = FORMATS[suffix].SAMPLE
    try:
        text = sample.decode()
    except UnicodeDecodeError:
        return  # a zip file: no editor writes into it
    if text.startswith(("---", "{", "<")):
        return  # front matter already, or a format that the editor changes in its own syntax
    draft = read_draft(suffix, f"---\nsubtitle: 雨季\n---\n\n{text}".encode())
    assert (draft.title, draft.published, draft.subtitle) == ("大雨", datetime(2026, 5, 1, 6), "雨季")
    assert html.fromstring(str(sanitize(draft.body_html))).text_content().strip() == "今天下雨。"


@each_format
def test_reading_is_a_function_of_the_bytes(suffix):
    assert read_draft(suffix, FORMATS[suffix].SAMPLE) == read_draft(suffix, FORMATS[suffix].SAMPLE)


@each_format
def test_a_file_of_each_format_is_published(publish, client, suffix):
    publish({f"rain{suffix}": FORMATS[suffix].SAMPLE})
    assert "今天下雨。" in client.get("/a/rain").text


@each_format
def test_a_file_of_each_format_is_imported_also_from_a_folder_and_a_zip(suffix, settings, tmp_path, runner):
    folder = tmp_path / "old"
    folder.mkdir()
    body = "河水涨了一夜，天亮时漫过了石阶，住在下游的人把船系在门前的树上，等着雨停下来。"
    (folder / f"rain{suffix}").write_bytes(with_text(FORMATS[suffix].SAMPLE, "今天下雨。", body))
    env = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance)}
    result = runner.invoke(main, ["import", str(folder)], env=env)
    assert result.exit_code == 0, result.output
    (made,) = settings.articles.rglob("*.md")
    draft = read_draft(".md", made.read_bytes())
    assert (draft.title, body in draft.body_html) == ("大雨", True)


@pytest.mark.slow
@each_format
def test_a_format_raises_unreadable_article_and_no_other_error_whatever_the_file(suffix):
    assert wrong_errors(lambda data: read_draft(suffix, data), FORMATS[suffix].SAMPLE) == set()


def test_a_format_that_lets_an_error_of_a_date_or_a_decoder_out_is_found_out():
    def read(data: bytes) -> Draft:
        title, date, body = data.decode().split("\n", 2)
        return Draft(title=title, published=parse_date(date), body_html=body)

    wrong = wrong_errors(read, "大雨\n2026-05-01 06:00\n今天下雨。\n".encode())
    assert {error.partition(":")[0] for error in wrong} == {"UnicodeDecodeError", "UnreadableDate", "ValueError"}


# -- exports ------------------------------------------------------------------------------------------------------


def test_the_specimen_holds_something_of_every_kind(article):
    found = contents(article)
    assert [kind for kind, items in found.items() if not items] == []
    assert len(found["cell"]) == 12


@each_export
def test_an_export_loses_nothing_of_an_article(article, services, suffix):
    assert missing(EXPORTS[suffix], article, services) == []


@each_export
def test_an_export_begins_or_holds_what_its_format_asks_for(article, services, suffix):
    exporter = EXPORTS[suffix]
    page = exporter.PAGES[0] if exporter.PAGES else ""
    made = exporter.export(
        of_article(article), options_of(services.settings, page, "", services.catalog.site), services.render.render
    )
    assert exporter.SAMPLE in made
    assert re.fullmatch(r"[a-z0-9]+", exporter.SUFFIX)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [("h[2-6]", "heading"), ("a", "link"), ("img", "picture"), ("table", "cell"), ("math", "formula"), ("pre", "code")],
)
def test_an_exporter_that_drops_something_is_found_out(article, services, pattern, kind):
    def export(publication, options, render):
        (chapter,) = publication.chapters
        dropped = re.sub(rf"<({pattern})\b[^>]*>(.*?</\1>)?", "", str(chapter.body), flags=re.DOTALL)
        return dropped.encode()

    lost = missing(SimpleNamespace(PAGES=(), export=export), article, services)
    assert {item.partition(":")[0] for item in lost} == {kind}


# -- feeds --------------------------------------------------------------------------------------------------------


@each_feed
def test_a_feed_names_every_article_and_gives_the_same_bytes(publish, client, name):
    publish({f"2026-05-0{day}/rain{day}.md": f"# 大雨第{day}天\n\n今天下雨。" for day in (1, 2, 3)})
    first, second = client.get(f"/{name}"), client.get(f"/{name}")
    assert first.mimetype == FEEDS[name].MIMETYPE
    assert first.data == second.data
    assert not [day for day in (1, 2, 3) if f"大雨第{day}天" not in first.text or f"/a/rain{day}" not in first.text]


def test_feed_formats_have_a_definite_order():
    assert len({feed.ORDER for feed in FEEDS.values()}) == len(FEEDS)


# -- pages --------------------------------------------------------------------------------------------------------


def plain_addresses(app) -> list[str]:
    """The addresses of views without variables."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    return sorted({str(rule) for rule in rules})


def faults_of(client, address: str) -> list[str]:
    """What the page at *address* lacks of the contract in ``reader/web/views/__init__.py``."""
    first = client.get(address, buffered=True)
    if 300 < first.status_code < 309 and first.headers["Location"]:
        return [] if first.headers.get("Cache-Control") else [f"{address}: no Cache-Control"]
    if first.status_code != 200:
        return [f"{address}: {first.status}"]
    if first.headers.get("Cache-Control") == "no-store":
        return []
    required = ["ETag", "Cache-Control", *([] if first.mimetype.startswith("image/") else ["Vary"])]
    lacking = [f"{address}: no {name}" for name in required if not first.headers.get(name)]
    again = client.get(address, buffered=True, headers={"If-None-Match": first.headers.get("ETag", "")})
    return lacking or ([] if again.status_code == 304 else [f"{address}: {again.status} for its own ETag"])


def test_every_page_without_variables_can_be_cached_and_answers_304_to_its_own_etag(publish, app, client):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    addresses = plain_addresses(app)
    assert {"/", "/d/", "/s/", "/feeds", "/search", "/robots.txt", "/favicon.ico"} <= set(addresses)
    assert [fault for address in addresses for fault in faults_of(client, address)] == []


VISITORS = (
    {},
    {"Accept-Language": "en"},
    {"Accept-Language": "zh-TW"},
    {"Save-Data": "on"},
    {"Cookie": "reader=s5.dark.titles.hant.large.en"},
)


def bodies_by_etag(client, addresses: list[str]) -> dict[tuple[str, str], set[bytes]]:
    found: dict[tuple[str, str], set[bytes]] = {}
    for address in addresses:
        for visitor in VISITORS:
            answer = client.get(address, buffered=True, headers=visitor)
            if answer.status_code == 200 and (etag := answer.headers.get("ETag")):
                found.setdefault((address, etag), set()).add(answer.data)
    return found


def test_one_etag_is_one_body_whoever_asks_and_whatever_changed(publish, app, client):
    publish({"2026-05-01/rain.md": "---\nsection: 天气\ntags: [雨]\n---\n# 大雨\n\n今天下雨。"})
    addresses = [*plain_addresses(app), "/a/rain", "/s/天气", "/t/雨", "/d/2026-05-01/"]
    before = bodies_by_etag(client, addresses)
    publish({"2026-05-01/snow.md": "---\nsection: 天气\ntags: [雨]\n---\n# 大雪\n\n今天下雪。"})
    after = bodies_by_etag(client, addresses)
    both = {key: before.get(key, set()) | after.get(key, set()) for key in before | after}
    assert len({address for address, _ in both}) > 20
    assert [key for key, bodies in both.items() if len(bodies) != 1] == []


def test_a_page_that_cannot_be_cached_is_found_out(app, client):
    app.add_url_rule("/bare", view_func=lambda: "<!doctype html><title>Bare</title>")
    assert faults_of(client, "/bare") == ["/bare: no ETag", "/bare: no Cache-Control", "/bare: no Vary"]
