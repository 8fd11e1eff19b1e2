"""A site below a path, https://news.example/news: every address of every page leads to something of the site."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urljoin, urlsplit

import lxml.etree
import lxml.html
import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from long_forms import long_form
from PIL import Image
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from reader import urls
from reader.app import create_app, takes_body_at
from reader.commands import static_site
from reader.comments import acceptance
from reader.exports import EXPORTS, exporter
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.services import build_services
from reader.web.http_responses.content_security_policy import hash_source
from reader.web.middleware.path_prefix import path_within

PREFIX = "/news"
HOST = "https://news.example"
BASE = HOST + PREFIX
TOKEN = "a long secret of the house"
ARTICLES = {
    "2026-05-01/rain.md": (
        "---\ntitle: 大雨\nsection: 天气/本地\ntags: [雨, 'C#']\nbyline: [记者李白]\nsource: 河北\n"
        "aliases: [/news/2019/rain.html, /old/rain.html]\ntranslations: {en: sun}\n---\n"
        "今天下雨。[天晴](sun.md)、[另一篇](/a/sun)、[全址](/news/a/sun)、[外站](https://other.example/a)。\n\n"
        '![云](cloud.jpg)\n\n[录音](rain.mp3)\n\n文中写着 `href="/a/sun"`，不是链接。\n\n' + "一段话。\n\n" * 30
    ),
    "2026-05-02/sun.md": "---\ntitle: Sun\nlanguage: en\nsection: 天气\n---\nIt shines.\n",
    "2026-05-02/台风.md": "---\ntitle: 台风\nsection: 天气\n---\n风力十二级。\n",
    "2026-05-03/draft.md": "---\ntitle: 草稿\ndraft: true\n---\n还没有写完。\n",
    "_site/site.yaml": "name: 河北新闻网\nlogo: logo.png\nsections: [天气]\n",
    "_site/about.md": "# 关于\n\n[首页](/)\n",
}
SEEDS = [
    "/",
    "/feeds",
    "/sitemap.xml",
    "/robots.txt",
    "/manifest.webmanifest",
    "/opds",
    "/bookmarks",
    "/offline",
    "/sw.js",
    "/bookmarks.js",
    "/favicon.ico",
    "/apple-touch-icon.png",
    "/preferences",
    "/search?q=%E9%9B%A8",
    "/editor",
    "/feed.json",
    "/lite.xml",
    "/nothing-here",
    "/d/latest",
    "/old/rain.html",
    "/comments/atom.xml",
    "/a/rain?script=hant",
    "/editor/new",
    "/corrections/",
]
MADE_LATER = re.compile(rf"^(?!/static/|/old/|/news/2019/).*\.(?:{'|'.join(EXPORTS)}|png|avif|webp|jpg)$")
"""Files that take their time: that the route exists is enough."""

MOST_QUERIES = 12
"""How many addresses of one path with other queries are opened."""

MISSING = frozenset(("/nothing-here",))


@dataclass
class Site:
    """``prefix`` is what the application sees before each path; ``script_name`` what a WSGI server has taken off."""

    app: object
    prefix: str
    script_name: str = ""

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.public = {
            "base_url": HOST,
            "environ_overrides": {"SCRIPT_NAME": self.script_name, "REMOTE_ADDR": "127.0.0.1"},
        }

    def get(self, address: str, **more):
        """The response to what a browser asks for at this public *address*, a path."""
        assert (address + "/").startswith(PREFIX + "/"), address
        return self.client.get(self.prefix + address.removeprefix(PREFIX), buffered=True, **self.public, **more)

    def post(self, address: str, data, **more):
        assert address.startswith(PREFIX + "/"), address
        return self.client.post(self.prefix + address.removeprefix(PREFIX), data=data, **self.public, **more)


@pytest.fixture
def site_below(settings, drop, monkeypatch, empty_state, tmp_path):
    """``site_below("kept")``: the proxy keeps the path; ``"stripped"``; ``"server"``: a WSGI server sets SCRIPT_NAME."""
    monkeypatch.setattr(acceptance, "LEAST_SECONDS", 0)
    picture = tmp_path / "cloud.png"
    Image.effect_noise((900, 600), 60).convert("RGB").save(picture)
    for name, content in ARTICLES.items():
        drop(name, content)
    Image.open(picture).save(settings.articles / "2026-05-01" / "cloud.jpg")
    drop("_site/logo.png", picture.read_bytes())
    drop("2026-05-01/cloud.jpg", (settings.articles / "2026-05-01" / "cloud.jpg").read_bytes())
    drop("2026-05-01/rain.mp3", b"ID3" + b"\0" * 2000)

    def site_below(way: str, **more) -> Site:
        known = {"editor_token": TOKEN, "comments": "open", "base_url": "" if way == "server" else BASE}
        services = build_services(replace(settings, **known | more))
        services.library.scan_all()
        return Site(create_app(services), PREFIX if way == "kept" else "", PREFIX if way == "server" else "")

    return site_below


KEY = "0123456789abcdef"
ALL_ON = {
    "smtp_url": "smtp://127.0.0.1:1",
    "mail_from": "news@news.example",
    "webmention": "both",
    "indexnow_key": KEY,
}


def addresses_in(mimetype: str, text: str) -> Iterator[str]:
    """Everything that looks like an address of this site, by rules of its own: more than the code that writes them."""
    if mimetype == "text/html":
        yield from _addresses_of_page(lxml.html.document_fromstring(text))
    elif mimetype.endswith("xml"):
        for element in lxml.etree.fromstring(text.encode()).iter():
            values = [element.text or "", *element.attrib.values()] if isinstance(element.tag, str) else []
            yield from (value.strip() for value in values if is_address(value.strip()))
            if "<" in (element.text or ""):
                yield from _addresses_of_page(lxml.html.document_fromstring(element.text))
    elif mimetype.endswith("json"):
        yield from filter(is_address, _strings_in(json.loads(text)))
    elif mimetype == "text/javascript":
        yield from _addresses_in_script(text)
    elif mimetype == "text/plain":
        yield from re.findall(r"Sitemap: (\S+)", text)


def _addresses_of_page(page) -> Iterator[str]:
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            if name in ("srcset", "data-pages"):
                yield from re.findall(r"[^\s,]*/[^\s,]+", value)
            elif name not in ("value", "title", "alt") and is_address(value):
                yield value
        if element.tag == "style":
            yield from re.findall(r"url\(([^)]*)\)", element.text or "")
        if element.tag == "script":
            is_json = "json" in element.get("type", "") or element.get("type") == "speculationrules"
            found = _strings_in(json.loads(element.text)) if is_json else _addresses_in_script(element.text)
            yield from filter(is_address, found)


def _addresses_in_script(text: str) -> list[str]:
    return [found for found in re.findall(r"""['"](/[a-z][^'"]*)['"]""", text) if found != "/"]


def _strings_in(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings_in(one)


def is_address(value: str) -> bool:
    return bool(re.match(r"/(?!/)\S*$|https?://news\.example(?![\w.])\S*$", value))


def crawl(site: Site, more: list[str]) -> tuple[set[str], list[str]]:
    """(addresses seen, what is wrong)."""
    waiting, seen, wrong = [PREFIX + path for path in (*SEEDS, *more)], set[str](), []
    while waiting:
        address = waiting.pop()
        if address in seen or "/logout" in address:
            continue
        seen.add(address)
        problem, found = _open(site, address)
        wrong += [problem] if problem else []
        for target in found:
            full = urlsplit(urljoin(HOST + address, target))
            if f"{full.scheme}://{full.netloc}" != HOST:
                continue
            if not (full.path + "/").startswith(PREFIX + "/"):
                wrong.append(f"{target!r} on {address}")
            elif sum(one.partition("?")[0] == full.path for one in seen) < MOST_QUERIES:
                waiting.append(quote(unquote(full.path)) + (f"?{full.query}" if full.query else ""))
    return seen, wrong


def _open(site: Site, address: str) -> tuple[str, list[str]]:
    """What is wrong with *address*, and the addresses in what it answers."""
    path = unquote(urlsplit(address).path).removeprefix(PREFIX)
    if MADE_LATER.match(path):
        return ("" if _is_routed(site.app, path) else f"no route: {address}"), []
    response = site.get(address)
    if response.status_code in (301, 302, 303, 308):
        return "", [response.headers["Location"]]
    if response.status_code == 405:
        return ("" if takes_body_at(site.app)(path) else f"405 {address}"), []
    is_expected = response.status_code == (404 if path in MISSING else 200)
    text = response.get_data().decode("utf-8", "replace")
    return ("" if is_expected else f"{response.status_code} {address}"), list(addresses_in(response.mimetype, text))


def _is_routed(app, path: str) -> bool:
    try:
        app.url_map.bind("").match(path)
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


@pytest.mark.parametrize("way", ["kept", "stripped", "server"])
def test_every_address_leads_to_a_page_of_the_site(site_below, way):
    site = site_below(way, **({} if way == "server" else ALL_ON))
    assert site.post(f"{PREFIX}/editor/login", {"token": TOKEN}).status_code == 303
    seen, wrong = crawl(site, [] if way == "server" else ["/mail", "/webmention", f"/{KEY}.txt"])
    assert not wrong, "\n".join(wrong)
    parts = {urlsplit(unquote(address)).path.removeprefix(PREFIX).split("/")[1].partition(".")[0] for address in seen}
    off = {"mail", "webmention"} if way == "server" else set()
    unlinked = {"files", "phone", "metrics", "healthz", "readyz", "cover", "preview", "selection"}
    assert urls.FIRST_PARTS - parts == unlinked | off
    assert len(seen) > 100


def test_text_that_looks_like_an_address_is_left(site_below):
    page = site_below("kept").get(f"{PREFIX}/a/rain").get_data(as_text=True)
    assert "<code>href=&quot;/a/sun&quot;</code>" in page or '<code>href="/a/sun"</code>' in page
    assert 'href="/news/a/sun"' in page
    assert "/news/news/" not in page


@pytest.mark.parametrize("way", ["kept", "stripped", "server"])
def test_the_home_page_has_a_slash_and_doubled_slashes_are_one(site_below, way):
    site = site_below(way)
    if way != "stripped":
        answer = site.get(PREFIX)
        assert (answer.status_code, answer.headers["Location"]) == (308, "/news/")
    doubled = {"PATH_INFO": f"{site.prefix}//a/rain", "QUERY_STRING": "script=hant", "SCRIPT_NAME": site.script_name}
    answer = site.client.get("/", base_url=HOST, environ_overrides=doubled)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/news/a/rain?script=hant")


def test_a_path_of_a_server_that_looks_like_a_host_leads_to_none(client, publish):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。\n"})
    asked = {"SCRIPT_NAME": "//evil.example/", "PATH_INFO": "/"}
    page = client.get("/", environ_overrides=asked).text
    assert "href=/evil.example/a/rain" in page.replace('"', "")
    assert "//evil.example" not in page


def test_redirects_stay_below_the_path_and_former_addresses_count_with_and_without_it(site_below):
    site = site_below("kept")
    for address, target in {
        "/d/latest": "/news/d/2026-05-02/",
        "/d/2026-05-01": "/news/d/2026-05-01/",
        "/2019/rain.html": "/news/a/rain",
        "/old/rain.html": "/news/a/rain",
    }.items():
        answer = site.get(PREFIX + address)
        assert answer.headers["Location"] == target
        assert target in answer.text


def test_forms_lead_back_below_the_path_and_their_cookies_are_for_it_only(site_below, monkeypatch):
    site = site_below("stripped")
    answer = site.post(f"{PREFIX}/preferences", {"theme": "dark"}, headers={"Referer": f"{BASE}/a/rain"})
    assert answer.headers["Location"] == "/news/a/rain"
    assert "; Path=/news/" in answer.headers["Set-Cookie"]
    answer = site.post(f"{PREFIX}/preferences", {"theme": "light", "back": "/a/rain"})
    assert answer.headers["Location"] == "/news/a/rain"
    answer = site.post(f"{PREFIX}/editor/login", {"token": TOKEN})
    assert (answer.headers["Location"], "; Path=/news/editor" in answer.headers["Set-Cookie"]) == ("/news/editor", True)
    page = lxml.html.fromstring(site.get(f"{PREFIX}/a/rain/comments").data)
    token = page.xpath("//input[@name='token']/@value")[0]
    answer = site.post(f"{PREFIX}/a/rain/comments", {"text": "写得好。", "name": "李白", "token": token})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.headers["Location"].startswith("/news/a/rain/comments#c")
    assert "; Path=/news/a/rain/comments" in answer.headers["Set-Cookie"]


def test_an_installed_site_and_its_worker_have_the_path_as_their_scope(site_below):
    site = site_below("kept")
    manifest = site.get(f"{PREFIX}/manifest.webmanifest").get_json(force=True)
    assert {manifest[name] for name in ("id", "start_url", "scope")} == {"/news/"}
    worker = site.get(f"{PREFIX}/sw.js").get_data(as_text=True)
    assert "'/news/offline'" in worker
    assert r"/^\/news\/(a" in worker
    assert "PREFIX" not in worker
    assert "'kept/news'" in worker  # another site on this host has caches of its own
    page = site.get(f"{PREFIX}/a/rain").get_data(as_text=True)
    assert "register('/news/sw.js')" in page


def test_each_inline_script_below_the_path_is_one_that_the_policy_allows(site_below):
    site = site_below("kept")
    for address in ("/a/rain", "/a/sun", "/d/2026-05-02/", "/bookmarks", "/offline"):
        answer = site.get(PREFIX + address)
        scripts = re.findall(
            r"<script(?: type=speculationrules)?>(.*?)</script>", answer.get_data(as_text=True), re.DOTALL
        )
        assert scripts
        for script in scripts:
            assert hash_source(script) in answer.headers["Content-Security-Policy"]


def test_what_a_page_is_compressed_with_are_articles_below_the_path(site_below):
    browser = {"Accept-Encoding": "br, zstd", "Sec-Fetch-Dest": "document"}
    answer = site_below("stripped").get(f"{PREFIX}/a/rain", headers=browser)
    assert 'match="/news/a/*"' in answer.headers["Use-As-Dictionary"]


def test_a_page_without_the_path_is_another_version(site_below):
    """Who had READER_BASE_URL without the path has pages in caches whose links lead nowhere."""
    below, root = site_below("stripped"), site_below("stripped", base_url=HOST)
    tags = {site.client.get("/a/rain", base_url=HOST).headers["ETag"] for site in (below, root)}
    assert len(tags) == 2


def test_feeds_below_the_path_have_the_same_ids_and_whole_addresses(site_below):
    below, root = site_below("stripped"), site_below("stripped", base_url=HOST)
    ours, theirs = (site.client.get("/feed.json", base_url=HOST).get_json(force=True) for site in (below, root))
    assert ours["feed_url"] == f"{BASE}/feed.json"
    assert [item["id"] for item in ours["items"]] == [item["id"] for item in theirs["items"]]
    rain = next(item for item in ours["items"] if item["url"] == f"{BASE}/a/rain")
    links = [link for _, _, link, _ in lxml.html.fragment_fromstring(rain["content_html"], "div").iterlinks()]
    assert {link for link in links if not link.startswith(f"{BASE}/")} == {"https://other.example/a"}
    entry = lxml.etree.fromstring(below.client.get("/atom.xml", base_url=HOST).data)
    identities = [one.text for one in entry.iter("{*}id")]
    assert all(identity.startswith("tag:") for identity in identities)


@pytest.mark.parametrize("suffix", ["html", "json", "md", "txt", "epub"])
def test_links_in_files_have_the_path(site_below, suffix):
    services = site_below("kept").app.extensions["reader"]
    options = options_of(services.settings, "", "")
    content = exporter(suffix).export(of_article(services.catalog.article("rain")), options, services.render.render)
    if suffix == "epub":
        book = zipfile.ZipFile(io.BytesIO(content))
        content = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xhtml"))
    links = re.findall(r"https://news\.example[^\s\"'）)>\\]*", content.decode())
    assert f"{BASE}/a/sun" in links
    assert [link for link in links if not (link + "/").startswith(f"{BASE}/")] == []


def test_crawlers_find_the_rules_of_the_path(site_below):
    lines = site_below("kept").get(f"{PREFIX}/robots.txt").get_data(as_text=True).split("\n")
    assert f"Sitemap: {BASE}/sitemap.xml" in lines
    rules = [line for line in lines if line.startswith(("Allow:", "Disallow:"))]
    assert rules
    assert all(line.partition(": ")[2].startswith("/news/") for line in rules)


def test_mentions_are_of_articles_below_the_path_only(site_below):
    site = site_below("stripped", **ALL_ON)
    assert site.get(f"{PREFIX}/a/rain").headers["Link"] == '</news/webmention>; rel="webmention"'
    for target, status in ((f"{BASE}/a/rain", 202), (f"{HOST}/b/a/rain", 400), (f"{HOST}/a/none", 400)):
        form = {"source": "https://other.example/1", "target": target}
        assert site.post(f"{PREFIX}/webmention", form).status_code == status


def test_the_access_log_has_the_address_that_was_asked_for(site_below, tmp_path):
    for way in ("kept", "stripped"):
        site_below(way, access_log=str(tmp_path / way)).get(f"{PREFIX}/a/%E5%8F%B0%E9%A3%8E")
        assert json.loads((tmp_path / way).read_text("utf-8"))["path"] == "/news/a/台风"


def test_a_path_of_chinese_characters(site_below):
    encoded = "/%E6%96%B0%E9%97%BB"
    site = site_below("stripped", base_url=HOST + encoded)
    for path in ("/新闻/", "/"):
        page = site.client.get(path, base_url=HOST).get_data(as_text=True)
        assert f'href="{encoded}/a/rain"' in page
    assert f"'{encoded}/offline'" in site.client.get("/新闻/sw.js", base_url=HOST).get_data(as_text=True)


@settings_of_hypothesis(max_examples=60)
@given(
    st.lists(
        st.sampled_from(["/news", "/", "//", "/a", "/a/rain", "/newsroom", "%2F", "/..", "/./", "?x=/a"]), max_size=5
    )
)
def test_no_address_gets_the_path_twice_or_leaves_the_host(parts):
    address = "".join(parts)
    once = urls.with_prefix(PREFIX, address)
    assert urls.with_prefix(PREFIX, once) == once
    if address.startswith("/") and not address.startswith("//"):
        assert once.startswith(PREFIX)
        assert path_within(PREFIX, once) in (address, address.removeprefix(PREFIX))
    else:
        assert once == address


@long_form
def test_a_static_site_below_the_path_has_a_file_for_each_address(settings, drop, tmp_path):
    for name in ("2026-05-01/rain.md", "2026-05-02/sun.md"):
        drop(name, ARTICLES[name].replace("![云](cloud.jpg)", "").replace("[录音](rain.mp3)", ""))
    services = build_services(replace(settings, base_url=BASE, export_timeout_seconds=0.1))
    services.library.scan_all()
    public = tmp_path / "public"
    list(static_site.export_site(create_app(services), public))
    pages = list(public.rglob("*.html"))
    assert public / "a" / "rain" / "index.html" in pages
    for page in pages:
        for address in addresses_in("text/html", page.read_text("utf-8")):
            path = urlsplit(urljoin(f"{BASE}/{page.relative_to(public).parent}/", address)).path
            assert (path + "/").startswith(PREFIX + "/"), f"{address} on {page}"
            file = public / unquote(path.removeprefix(PREFIX)).lstrip("/")
            is_here = file.is_file() or (file / "index.html").is_file()
            assert is_here or MADE_LATER.match(path.removeprefix(PREFIX)), f"{address} on {page}"
