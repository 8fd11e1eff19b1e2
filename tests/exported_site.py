"""What must be in the folder that ``export --all`` writes: ``assert_whole(public, articles, "news.example")``."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit


class _Targets(HTMLParser):
    """What a page loads, links to and sends forms to; read by another parser than the export's."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag, attributes):
        for name, value in attributes:
            if value and name in ("href", "src", "action", "poster"):
                self.found.append(value)
            elif value and name in ("srcset", "imagesrcset"):
                self.found += [part.split()[0] for part in value.split(", ")]


def targets_of(path: Path) -> list[str]:
    if path.suffix == ".html":
        parser = _Targets()
        parser.feed(path.read_text("utf-8"))
        return parser.found
    if path.suffix == ".webmanifest":
        manifest = json.loads(path.read_text("utf-8"))
        return [manifest["start_url"], *(icon["src"] for icon in manifest["icons"])]
    if path.suffix in (".xml", ".opml"):
        tree = ET.parse(path).getroot()
        texts = [e.text for e in tree.iter() if e.tag.rpartition("}")[2] in ("loc", "link", "image") and e.text]
        attributes = [e.get(name) for e in tree.iter() for name in ("href", "url", "xmlUrl", "htmlUrl") if e.get(name)]
        return [*texts, *attributes]
    return []


def broken_links(public: Path, host: str = "localhost") -> list[str]:
    """The links in the folder that a static host could not serve: it decodes a path once, and knows index.html."""
    broken = []
    for page in sorted(path for path in public.rglob("*") if path.is_file()):
        name = page.relative_to(public).as_posix().removesuffix("index.html")
        for target in targets_of(page):
            parts = urlsplit(urljoin(f"http://{host}/{quote(name)}", target.strip()))
            file = public / unquote(parts.path).lstrip("/")
            if parts.netloc == host and not file.is_file() and not (file / "index.html").is_file():
                broken.append(f"{name}: {target}")
    return broken


def not_beside(public: Path) -> list[str]:
    """The links of pages that lead to no file when a browser opens the page from the folder (``file://``). The page of
    the service worker is shown at any address, and so is 404.html."""
    wrong = []
    for page in sorted(public.rglob("index.html")):
        targets = targets_of(page) if page.parent != public / "offline" else []
        for target in targets:
            parts = urlsplit(urljoin(page.as_uri(), target.strip()))
            if parts.scheme == "file" and not Path(unquote(parts.path)).is_file():
                wrong.append(f"{page}: {target}")
    return wrong


def assert_whole(public: Path, articles: Path, host: str) -> None:
    """Every article and list is there, the seed article in every format, and no link leads nowhere."""
    assert broken_links(public, host) == []
    for article in articles.rglob("*.md"):
        assert (public / "a" / article.stem / "index.html").is_file()
    for name in ("index.html", "d/index.html", "feed.xml", "sitemap.xml", "offline/index.html", "sw.js", "404.html"):
        assert (public / name).stat().st_size > 0
    for suffix in ("pdf", "epub", "html", "md", "txt", "json"):
        assert (public / "a" / f"quzhou-zhengxie.{suffix}").stat().st_size > 0
    assert len([path for path in public.rglob("*") if path.is_file()]) < 1000
