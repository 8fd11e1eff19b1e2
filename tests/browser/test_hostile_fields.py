"""Every field of an article holds an attack: nothing runs in any page, and every other output stays well-formed."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from itertools import cycle
from urllib.parse import urlsplit

import pikepdf
import pytest
from long_forms import few
from lxml import etree, html
from page_waiting import ALL_CLICKED, new_context
from werkzeug.urls import uri_to_iri

from reader import urls
from reader.app import create_app
from reader.exports import EXPORTS, exporter
from reader.exports.options import options_of
from reader.exports.publications import in_chosen_script, of_article, of_issue
from reader.formats import read_draft
from reader.services import build_services
from reader.settings import Settings

ATTACKS = [
    '"><script>xss(1)</script>',
    "</title><script>xss(2)</script>",
    "</script><script>xss(3)</script><!--",
    "<!--<script>xss(4)",
    "]]><script>xss(5)</script>",
    '" onmouseover="xss(6)" autofocus onfocus="xss(6)',
    "' onclick='xss(7)",
    "javascript:xss(8)",
    "&lt;img src=x onerror=xss(9)&gt;",
    "&#60;img src=x onerror=xss(10)>",
    "{{91379*97531}}{%x%}${91379*97531}#{7}",
    "%0d%0aSet-Cookie: x=1",
    "甲\r\nSet-Cookie: xss=1\r\n\r\n<script>xss(11)</script>",
    "甲\u2028xss(12)\u2029",
    "\u202e<\u2066script>xss(13)",
    "甲\x00\x1b[31mxss\x07\x85",
    "---\ndraft: false\ntitle: xss14\n---",
    "<svg><style><img src=x onerror=xss(15)></style></svg>",
    "<math><mtext></p><style><!--</style><img src=x onerror=xss(16)>",
    "`${xss(17)}` ![x](javascript:xss(17)) [x](javascript:xss(17)) <javascript:xss(17)>",
    "| a | b |\n|---|---|\n<img src=x onerror=xss(18)>",
    '&quot;&gt;<iframe srcdoc="<script>parent.xss(19)</script>">',
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=javascript:xss(20)>",
    "data:text/html,<script>xss(21)</script>",
    "../../../../etc/passwd",
    "//evil.example/x",
    "a/../../b",
    "?script=hant#<script>xss(22)</script>",
    "\\u003cscript\\u003exss(23)\\u003c/script\\u003e",
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
]
FIELDS = ("title", "kicker", "subtitle", "source", "editor", "summary")
LISTS = ("byline", "tags", "section", "aliases", "images")
WATCH = """window.ran = []; window.xss = number => { window.ran.push(number) };
for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => window.ran.push(name);"""
PROVOKE = """() => {
  addEventListener('click', event => {
    const link = event.target.closest('a');
    if (link && link.protocol != 'javascript:') event.preventDefault();
  }, true);
  for (const element of document.querySelectorAll('a, summary, [id], p, img, h1, h2, input')) {
    if (element.type != 'submit') element.click?.();
    for (const kind of ['mouseover', 'focus', 'toggle']) element.dispatchEvent(new Event(kind, {bubbles: true}));
  }
  return ALL_CLICKED;
}""".replace("ALL_CLICKED", ALL_CLICKED)
ALLOWED_SCRIPTS = "//script[not(@type) or @type='application/ld+json' or @type='speculationrules']"


def article_files(number: int, attack: str) -> dict[str, str]:
    """One file with the attack in every field, and one without those that make addresses: some are refused there."""
    said = json.dumps(attack)
    fields = "".join(f"{name}: {said}\n" for name in FIELDS)
    lists = "".join(f"{name}: [{said}, '{name}{number}']\n" for name in LISTS)
    body = attack.replace("\x00", "").replace("\r\n", "\n")
    rest = f"---\n\n甲。\n\n{body}\n\n## {body}\n\n乙，今天下雨。\n"
    bare = fields.replace("source:", "description:")
    return {f"x{number}": f"---\n{fields}{lists}{rest}", f"y{number}": f"---\n{bare}{rest}"}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fields")
    files = [(n, file) for n, attack in enumerate(ATTACKS) for file in article_files(n, attack).items()]
    for number, (name, content) in files:
        path = folder / "articles" / f"2026-05-{number % 28 + 1:02}" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8", "replace"))
        os.utime(path, (1_700_000_000, 1_700_000_000))
    services = build_services(
        Settings(articles=folder / "articles", instance=folder / "instance", base_url="https://news.example")
    )
    services.library.scan_all()
    return services


@pytest.fixture(scope="module")
def client(services):
    return create_app(services).test_client(use_cookies=False)


@pytest.fixture(scope="module")
def published(services) -> list[str]:
    found = [teaser.slug for teaser in services.catalog.latest(limit=100)]
    assert len(found) >= 1.8 * len(ATTACKS), [str(problem) for problem in services.catalog.problems()]
    return found


PLAIN = re.compile(rf"\b(?:{'|'.join(LISTS)})\d+\b")
"""A collection whose name is no attack."""


def pages(services, published: list[str]) -> list[str]:
    catalog = services.catalog
    found = [
        "/",
        "/s/",
        "/d/",
        "/feeds",
        "/search?q=xss",
        "/search?q=%22%3E%3Cscript%3Exss(1)",
        "/preferences",
        "/offline",
    ]
    whole = [slug for slug in published if slug[0] == "x" or f"x{slug[1:]}" not in published]
    whole = few(whole, len(whole) // 12)
    found += [f"/a/{slug}" for slug in whole]
    found += [f"/a/{slug}{more}" for slug, more in zip(whole, cycle(("/share", "?script=hant")))]
    found += [f"/d/{day}/" for day, _ in catalog.issues(limit=60)]
    for kind in ("section", "tag", "author", "source"):
        named = [found for found, _ in catalog.collections(kind) if not PLAIN.fullmatch(found.name)]
        found += [uri_to_iri(urls.collection(collection)) for collection in few(named, len(named) // 9)]
    return found


def test_nothing_runs_in_any_page_even_without_its_policy(browser, client, services, published):
    context = new_context(browser, bypass_csp=True, base_url="https://news.example")
    context.add_init_script(WATCH)
    page, requested = context.new_page(), []
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    def answer(route):
        parts = urlsplit(route.request.url)
        requested.append(parts.netloc)
        if parts.netloc != "news.example":
            route.abort()
            return
        with client.get(f"{parts.path}?{parts.query}", buffered=True) as got:
            kept = {
                name: value for name, value in got.headers if not name.startswith(("Content-Security", "Content-Len"))
            }
            route.fulfill(status=got.status_code, body=got.data, headers=kept)

    context.route("**/*", answer)
    for path in pages(services, published):
        page.goto(path)
        title = page.evaluate("document.querySelectorAll('h1').length")
        assert title >= 1, path
        page.evaluate(PROVOKE)
        assert page.evaluate("window.ran") == [], path
        assert page.evaluate("document.querySelectorAll('iframe, base, object, embed, svg style').length") == 0, path
    assert dialogs == []
    assert set(requested) == {"news.example"}
    context.close()


def test_every_page_has_only_our_scripts_and_its_data_can_be_read(client, services, published):
    for path in pages(services, published):
        answer = client.get(path)
        assert answer.status_code == 200, path
        document = html.fromstring(answer.data.decode())
        for script in document.xpath("//script"):
            assert dict(script.attrib) in ({}, {"type": "application/ld+json"}, {"type": "speculationrules"}), path
            if script.attrib:
                json.loads(script.text)
            else:
                assert "xss" not in script.text, path
        assert "8912285249" not in answer.text
        for name, value in answer.headers:
            assert not re.search(r"[\r\n\x00]", name + value), (path, name)


XML = (
    "/feed.xml",
    "/atom.xml",
    "/lite.xml",
    "/feeds.opml",
    "/sitemap.xml",
    "/news-sitemap.xml",
    "/opds",
    "/opds/articles",
)


def test_feeds_and_catalogues_are_well_formed_and_hold_no_script(client, services, published):
    months = {f"/sitemap-{day:%Y-%m}.xml" for day, _ in services.catalog.issues(limit=60)}
    opds = ("/opds/issues", "/opds/search?q=xss", "/opds/search.xml", "/search/feed.xml?q=%22%3E%3Cscript%3E")
    for path in (*XML, *months, *opds):
        answer = client.get(path)
        assert answer.status_code == 200, path
        tree = etree.fromstring(answer.data, etree.XMLParser(resolve_entities=False, no_network=True))
        assert not [e for e in tree.iter() if isinstance(e.tag, str) and etree.QName(e).localname == "script"], path
        for element in tree.iter():
            for name, value in element.attrib.items():
                is_address = name in ("href", "src", "url", "uri", "xmlUrl", "htmlUrl")
                assert not is_address or re.match(r"https?://|tag:", value), (path, name, value)
    for item in json.loads(client.get("/feed.json").data)["items"]:
        content = html.fromstring(f"<div>{item['content_html']}</div>")
        assert not content.xpath("//script | //iframe | //@*[starts-with(name(), 'on')]"), item["id"]
    json.loads(client.get("/manifest.webmanifest").data)


def test_exports_are_well_formed_and_hold_no_script(client, services, published):
    options = options_of(services.settings, "", "")
    for slug in published:
        publication = of_article(services.catalog.article(slug))
        epub = exporter("epub").export(publication, options, services.render.render)
        with zipfile.ZipFile(io.BytesIO(epub)) as archive:
            for name in archive.namelist():
                assert not name.startswith("/")
                assert ".." not in name
                if name.endswith((".xhtml", ".opf", ".xml", ".svg")):
                    tree = etree.fromstring(archive.read(name))
                    assert not tree.xpath("//*[local-name()='script'] | //@*[starts-with(local-name(), 'on')]"), slug
                    for value in tree.xpath("//@href | //@src"):
                        assert not re.match(r"(?i)\s*(?:javascript|data|file):", value), (slug, value)
        single = html.fromstring(exporter("html").export(publication, options, services.render.render))
        assert not single.xpath("//script | //iframe | //base | //@*[starts-with(name(), 'on')]"), slug
        json.loads(exporter("json").export(publication, options, services.render.render))
        assert b"\x1b" not in exporter("txt").export(publication, options, services.render.render)


def test_a_pdf_asks_for_no_address_and_has_no_action_but_links(services, published):
    options = options_of(services.settings, "a4", "")
    for slug in [slug for slug in published if slug.startswith("x")]:
        pdf = exporter("pdf").export(of_article(services.catalog.article(slug)), options, services.render.render)
        with pikepdf.open(io.BytesIO(pdf)) as document:
            actions = [thing.A for thing in document.objects if isinstance(thing, pikepdf.Dictionary) and "/A" in thing]
            for action in actions:
                address = str(action.get("/URI", "https:"))
                assert re.match(r"https?:|mailto:|tel:", address), (slug, address)
            for thing in document.objects:
                names = set(thing.keys()) if isinstance(thing, pikepdf.Dictionary) else set()
                assert not names & {"/JS", "/OpenAction", "/AA", "/EmbeddedFiles", "/Launch"}, (slug, names)


def test_an_exported_markdown_file_is_the_same_article_again(services, published):
    options = options_of(services.settings, "", "")
    for slug in published:
        article = services.catalog.article(slug)
        content = exporter("md").export(of_article(article), options, services.render.render)
        draft = read_draft(".md", content)
        assert not draft.draft, slug
        for name in ("title", "kicker", "subtitle", "source", "editor"):
            assert " ".join(getattr(draft, name).split()) == " ".join(getattr(article, name).split()), (slug, name)
        if "<" not in "".join(article.byline):  # what looks like an e-mail address is left out of a name
            assert draft.byline == article.byline, slug
        assert draft.tags == article.tags, slug


def test_names_of_downloads_stay_names(client, services, published):
    for slug in published:
        for suffix in ("txt", "md", "json", "html", "epub"):
            with client.get(f"/a/{slug}.{suffix}", buffered=True) as answer:
                said = answer.headers["Content-Disposition"]
            ascii_name = re.fullmatch(
                r"attachment; filename=\"([^\"]*)\"; filename\*=UTF-8''([\w.%~!-]+)", said, re.ASCII
            )
            assert ascii_name, said
            assert not re.search(r"%(?:00|0A|0D|1B|22|2F|5C|3C|3E|E2%80%AE)", ascii_name[2], re.IGNORECASE), said
            assert re.fullmatch(r"[\w.-]+", ascii_name[1], re.ASCII), said


def test_old_addresses_of_an_article_lead_to_it_and_take_no_page_of_ours(client, published):
    for path in ("/editor", "/healthz", "/", "/feed.xml", "//evil.example/x", "/evil.example/x", "/etc/passwd"):
        with client.get(path, buffered=True) as answer:
            place = answer.headers.get("Location", "/")
            assert re.match(r"/(?![/\\])", place), (path, place)
            assert answer.status_code in (200, 301, 308, 404), path


def test_a_book_of_all_of_them_in_both_scripts_can_be_made(services, published):
    catalog, options = services.catalog, options_of(services.settings, "", "")
    assert set(EXPORTS) >= {"epub", "html", "md", "txt", "json", "pdf"}
    for day, _ in catalog.issues(limit=3):
        issue = catalog.issue(day)
        publication = of_issue(issue, catalog.articles([teaser.slug for teaser in issue.teasers]))
        for script in ("", "hant"):
            book = exporter("epub").export(in_chosen_script(publication, script), options, services.render.render)
            assert zipfile.ZipFile(io.BytesIO(book)).testzip() is None


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The editor, logged in: its client, its settings, and the word of its forms."""
    folder = tmp_path_factory.mktemp("desk")
    token = "a long enough secret"
    settings = Settings(articles=folder / "articles", instance=folder / "instance", editor_token=token)
    settings.articles.mkdir()
    services = build_services(settings)
    services.library.scan_all()
    client = create_app(services).test_client()
    client.post("/editor/login", data={"token": token})
    word = re.search(r'name=csrf_token value="([0-9a-f]{64})"', client.get("/editor").text)
    assert word
    return client, settings, word[1]


def test_nothing_runs_in_the_editor_even_without_its_policy(browser, desk):
    client, _, word = desk
    context = new_context(browser, bypass_csp=True, base_url="https://news.example")
    context.add_init_script(WATCH)
    page, shown = context.new_page(), [""]
    context.route(
        "**/*", lambda route: route.fulfill(status=200, body=shown[0], content_type="text/html; charset=utf-8")
    )
    for number, attack in enumerate(few(ATTACKS, len(ATTACKS) // 6)):
        fields = dict.fromkeys((*FIELDS, "byline", "tags", "section", "origin", "body"), attack)
        pasted = {
            "text": f"{attack}\n\n{attack}\n今天下雨，河水上涨，村民转移到高处。",
            "address": "https://a.example/" + attack,
        }
        dated = fields | {"published": "2026-05-01"}
        forms = (fields, pasted) if number % 2 else (dated, {"text": attack, "address": attack})
        for form in forms:
            answer = client.post("/editor/preview", data={"csrf_token": word} | form)
            assert answer.status_code in (200, 422), attack
            shown[0] = answer.text
            page.goto("/editor/preview")
            page.evaluate(PROVOKE)
            assert page.evaluate("window.ran") == [], attack
            assert not html.fromstring(answer.text).xpath("//script | //@*[starts-with(name(), 'on')] | //base"), attack
    context.close()


def test_what_the_editor_saves_stays_in_the_folder_and_says_what_was_entered(desk):
    client, settings, word = desk
    for number, attack in enumerate(ATTACKS):
        fields = dict.fromkeys(("kicker", "subtitle", "editor", "summary"), attack) | {"origin": attack}
        fields |= {"title": f"{attack} {number}", "body": f"{attack}\n\n今天下雨{number}。", "published": "2026-05-01"}
        answer = client.post("/editor/save", data={"csrf_token": word} | fields)
        assert answer.status_code in (201, 422), (attack, answer.status_code)
    saved = [path for path in settings.articles.rglob("*") if path.is_file()]
    assert len(saved) >= 0.8 * len(ATTACKS)
    for path in saved:
        assert path.parent == settings.articles / "2026-05-01"
        assert path.suffix in (".md", ".html")
        draft = read_draft(path.suffix, path.read_bytes())
        assert not draft.draft
        assert draft.published
        assert re.search(r" \d+$", draft.title), draft.title
    outside = [path for path in settings.articles.parent.rglob("*") if path.name in ("passwd", "x.md", "b.md")]
    assert outside == []
