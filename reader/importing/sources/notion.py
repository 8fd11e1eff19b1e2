"""The pages of a Notion export in Markdown or HTML. The name of each file ends with the page's id, 32 hex digits.

The properties of a page are lines below its title or a table above its text. They become front matter: known fields of
articles are imported, all others are reported.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import partial

from lxml import etree

from ...errors import NotImported
from ...formats.decoding import decode_page
from ...formats.fields.front_matter import is_field
from ...i18n import Message
from ..extraction.text_blocks import parse
from .http import Fetched
from .items import Found, SourceItem
from .multi_file_exports import MultiFileExport
from .unsupported_formats import JOPLIN

_PAGE = re.compile(r"(?:.*/)?(?P<title>[^/]*?)[ -]?(?P<id>[0-9a-f]{32})\.(?:md|html)")
_RAW_FILE = re.compile(r"(?:.*/)?[0-9a-f]{32}\.md")
_RAW_TYPE = re.compile(rb"\ntype_: \d+\s*\Z")
_HEADING = re.compile(r"\s*# (?P<title>[^\n]*)\n+")
_PROPERTY = re.compile(r"(?P<name>[^\n:]{1,60}): (?P<value>[^\n]*)\n?")
_TIMES = {
    "created time": "published",
    "创建时间": "published",
    "last edited time": "updated",
    "最后编辑时间": "updated",
}


def is_notion(path: str) -> bool:
    """Whether the file name ends with the id of a Notion page."""
    return _PAGE.fullmatch(path) is not None


def is_joplin(path: str) -> bool:
    """Whether the file is named by an id only, as in Joplin's raw export. Pages of Notion begin with their title."""
    return _RAW_FILE.fullmatch(path) is not None


def joplin_items(export: MultiFileExport) -> Iterator[Found]:
    """Refuses Joplin's raw export by name: its notes, notebooks, tags and resources are files of the same form."""
    if not _RAW_TYPE.search(export.read(export.paths[0])):
        yield from notion_items(export)
        return
    raise NotImported(export.name, Message("%(kind)s files cannot be read: %(hint)s", kind="Joplin RAW", hint=JOPLIN))


def notion_items(export: MultiFileExport) -> Iterator[Found]:
    """The pages in the order of their paths."""
    for path in export.paths:
        read = partial(_read, export, path)
        suffix = posixpath.splitext(path)[1]
        yield SourceItem(export.name_of(path), read, suffix, read_sibling=export.read_sibling(path))


def _read(export: MultiFileExport, path: str) -> Fetched:
    text, page = decode_page(export.read(path)), _PAGE.fullmatch(path)
    title = page["title"] if page else path
    article = _article(text, title) if path.endswith(".md") else _article_of_html(text, title)
    return Fetched("", article.encode())


def _article(markdown: str, name: str) -> str:
    heading = _HEADING.match(markdown)
    rest = markdown[heading.end() :] if heading else markdown
    properties: dict[str, str] = {}
    start = 0
    while found := _PROPERTY.match(rest, start):
        properties[found["name"].strip()] = found["value"].strip()
        start = found.end()
    if not any(_field_of(name) for name in properties) or rest[start : start + 1].strip():
        properties, start = {}, 0  # a text that starts with "Note: …"
    return _front_matter(heading["title"] if heading else name, properties) + rest[start:].lstrip("\n")


def _article_of_html(html: str, name: str) -> str:
    root = parse(html)
    title = next((found.text_content() for found in root.find_class("page-title")), name)
    properties = {}
    for row in root.find_class("property-row"):
        header, value = row.find("th"), row.find("td")
        if header is not None and value is not None:
            values = [span.text_content() for span in value.find_class("selected-value")] or [value.text_content()]
            properties[" ".join(header.text_content().split())] = ", ".join(values).lstrip("@")
    body = next(iter(root.find_class("page-body")), root)
    return f"<!--\n{_front_matter(title, properties)}-->\n" + etree.tostring(body, encoding="unicode", method="html")


def _front_matter(title: str, properties: Mapping[str, str]) -> str:
    fields = {"title": " ".join(title.split())}
    for name, value in properties.items():
        if value and (field := _field_of(name)):
            fields.setdefault(field, value)
    return "---\n" + "".join(f"{name}: {_quoted(value)}\n" for name, value in fields.items()) + "---\n"


def _field_of(name: str) -> str:
    """The field of an article for a property; empty for none."""
    field = _TIMES.get(name.lower(), name.lower())
    return field if is_field(field) and posixpath.basename(field) == field and field != "title" else ""


def _quoted(text: str) -> str:
    """A double-quoted YAML scalar that is valid inside an HTML comment."""
    return json.dumps(text, ensure_ascii=False).replace(">", "\\u003e")
