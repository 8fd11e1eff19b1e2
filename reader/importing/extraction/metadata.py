"""Title, dates, names and section of an article: machine-readable metadata, checked against the visible text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from lxml.html import HtmlElement

from ...chinese import HAN
from ...formats.dates import date_in_address, date_in_text
from .bylines import Bylines, bylines_of, is_person, names_in, source_name
from .embedded_metadata import meta_fields, schema_fields
from .page_patterns import DATE, TOKEN
from .semantic_html import absolute, normalize
from .text_blocks import TextBlock, names_of

_SEPARATOR = re.compile(rf"\s*(?:[_|｜«»›‹]|\s[-–—:·/]\s|--|——(?=[{HAN}]{{2,8}}[网报台]))\s*")
_CRUMBS = re.compile(
    r"crumb|position|location|\bpath|channel|dqwz|weizhi|address|where|ctn-?nav|current", re.IGNORECASE
)
_HERE = re.compile(r"^\W*(?:您?(?:现在|当前)?的?(?:所在)?位置|当前位置|所在栏目)\s*[:：]?")
_NO_SECTION = re.compile(
    r"^(?:首\s*页|正文|home|index|网站首页|.*首页|详情|内容|文章|新闻详情|.{0,4}正文)$", re.IGNORECASE
)
SHORT_LINE_TOKENS = 60
_TWICE_ESCAPED = re.compile(r"&(?:amp|quot|#39|nbsp|[lr][ds]quo|mdash|ndash|middot|hellip);")


@dataclass(frozen=True)
class Metadata:
    """The metadata of an article; unknown fields are empty."""

    title: str = ""
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    source: str = ""
    byline: tuple[str, ...] = ()
    editor: str = ""
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: str = ""
    language: str = ""
    address: str = ""
    body: str = ""
    """``articleBody`` of schema.org, for pages that need JavaScript to show their text."""


def metadata_of(root: HtmlElement, blocks: Sequence[TextBlock], body: HtmlElement, address: str) -> Metadata:
    """The metadata of a page. *root* includes the head, *blocks* are all blocks of the page, *body* is the article's
    element before pruning. *address* is the URL of the page; relative dates and links are resolved against it."""
    meta, schema = meta_fields(root), schema_fields(root)
    base = address or absolute("", meta.get("address", "")) or _canonical(root)
    title = _title(root, blocks, meta, schema)
    near = _short_lines(blocks, title)
    signed = bylines_of(near, _edges(blocks, body))
    account = _account(root)
    return Metadata(
        title=_unescaped(title),
        summary=_summary(_one_line(schema.get("summary") or meta.get("summary", "")), blocks),
        published=_published(meta, schema, near, base),
        updated=date_in_text(str(schema.get("updated") or meta.get("updated", ""))),
        source=_source(signed, meta) or ("" if is_person(account) else account),
        byline=_byline(signed, meta, schema) or ((account,) if is_person(account) else ()),
        editor=signed.editor or "、".join(n for n in names_in("、".join(schema.get("editor") or [])) if is_person(n)),
        section=_section(blocks, meta, schema, title),
        tags=_tags(meta, schema, title),
        image=absolute(base, schema.get("image") or meta.get("image", "")),
        language=(root.get("lang") or schema.get("language") or meta.get("language", "")).replace("_", "-").strip(),
        address=base,
        body=schema.get("body", ""),
    )


def _unescaped(title: str) -> str:
    """The title with entities resolved twice, because many systems escape twice: ``AT&amp;amp;T``."""
    return _TWICE_ESCAPED.sub(lambda found: unescape(found[0]), title)


def _account(root: HtmlElement) -> str:
    """The account that published a WeChat page; empty for other pages."""
    return next((_one_line(element.text_content()) for element in root.xpath("//*[@id='js_name']")), "")


def _canonical(root: HtmlElement) -> str:
    links = root.xpath("//link[@rel='canonical']/@href")
    return absolute("", links[0]) if links else ""


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", normalize(text)).strip()


def _summary(declared: str, blocks: Sequence[TextBlock]) -> str:
    """The declared summary, unless it is only the beginning of the text."""
    start = "".join(TOKEN.findall(declared.casefold()))[:30]
    return "" if any(start in "".join(TOKEN.findall(b.text.casefold())) for b in blocks if b.tokens > 8) else declared


def _title(root: HtmlElement, blocks: Sequence[TextBlock], meta: dict[str, str], schema: dict[str, Any]) -> str:
    """The heading that ``<title>`` or OpenGraph repeats, or their text without the name of the site.

    If neither contains a title, the line of the page that makes up most of ``<title>``.
    """
    window = _one_line(root.findtext(".//title") or "")
    declared = [_one_line(schema.get("title", "")), _one_line(meta.get("title", ""))]
    headings = [_one_line(heading.text_content()) for tag in ("h1", "h2") for heading in root.iter(tag)]
    for heading in headings:
        if len(heading) > 3 and any(_within(heading, text) for text in (*declared, window)):
            return heading
    title = next((text for text in declared if text), "")
    if title:
        return _without_site(title) if title == window else title
    lines = (_one_line(block.text) for block in blocks if 3 < block.tokens < SHORT_LINE_TOKENS)
    repeated = max((line for line in lines if _within(line, window)), key=len, default="")
    if 2 * len(repeated) > len(window):
        return repeated
    return _without_site(window) or next((heading for heading in headings if heading), "")


def _within(heading: str, text: str) -> bool:
    small, large = "".join(TOKEN.findall(heading.casefold())), "".join(TOKEN.findall(text.casefold()))
    return bool(small) and small in large and len(small) > 3


def _without_site(title: str) -> str:
    """``<title>`` up to the separator before the site name; the longest part if the first is very short."""
    parts = [part for part in _SEPARATOR.split(title) if part.strip()]
    if not parts:
        return title
    return parts[0].strip() if len(parts[0]) >= 6 else max(parts, key=len).strip()


def _short_lines(blocks: Sequence[TextBlock], title: str) -> list[str]:
    """The lines that may contain bylines: short and without links. Lines after the title come before lines above it."""
    lines = [(_one_line(block.text), block) for block in blocks]
    start = next((i for i, (line, _) in enumerate(lines) if title and _within(title, line)), 0)
    ordered = lines[start:] + lines[:start]
    return [line for line, block in ordered if block.tokens < SHORT_LINE_TOKENS and block.links < 0.9]


def _edges(blocks: Sequence[TextBlock], body: HtmlElement) -> list[str]:
    """The first four and the last four lines of the body, where bylines usually are."""
    inside = [_one_line(b.text) for b in blocks if b.owner is body or body in b.owner.iterancestors()]
    return inside[:4] + inside[4:][-4:]


def _published(meta: dict[str, str], schema: dict[str, Any], lines: Sequence[str], base: str) -> datetime | None:
    """The declared date, else the first date near the title, else the date in the address; None without any."""
    for text in (str(schema.get("published", "")), meta.get("published", "")):
        declared = date_in_text(text)
        if declared is not None:
            return declared if declared.time().isoformat() != "00:00:00" else _with_clock(declared, lines)
    for line in lines[:40]:
        if DATE.search(line) and "版权" not in line and "©" not in line and (date := date_in_text(line)):
            return date
    return date_in_address(base) or date_in_text(meta.get("updated", ""))


def _with_clock(declared: datetime, lines: Sequence[str]) -> datetime:
    """Adds the time of day if the page declares only the date but displays the time."""
    dates = (date_in_text(line) for line in lines[:40] if DATE.search(line))
    return next((date for date in dates if date and date.date() == declared.date()), declared)


def _source(signed: Bylines, meta: dict[str, str]) -> str:
    declared = source_name(re.sub(r"^来源\s*[:：]\s*", "", meta.get("source", "")))
    author = meta.get("author", "")
    paper = author if author and author != meta.get("site") and not is_person(author) else ""
    return signed.source or declared or (source_name(paper) if re.search(r"[网报社刊]$|新闻|日报|晚报", paper) else "")


def _byline(signed: Bylines, meta: dict[str, str], schema: dict[str, Any]) -> tuple[str, ...]:
    declared = [name for author in schema.get("author") or [] for name in names_in(author)]
    declared = declared or list(names_in(meta.get("author", "")))
    return tuple(dict.fromkeys(name for name in declared if is_person(name))) or signed.byline


def _section(blocks: Sequence[TextBlock], meta: dict[str, str], schema: dict[str, Any], title: str) -> tuple[str, ...]:
    """The breadcrumb path without the home page and the article, else the declared section."""
    for block in blocks:
        text = _one_line(block.text)
        here = _HERE.match(text)
        named = any(_CRUMBS.search(names_of(e)) for e in (block.owner, *list(block.owner.iterancestors())[:2]))
        if here or (named and block.linked and block.tokens < SHORT_LINE_TOKENS and re.search(r"[>›»]", text)):
            path = _path(re.split(r"\s*(?:[>＞›»｜/→]|->|--)+\s*", _HERE.sub("", text)), title)
            if path:
                return path
    declared = schema.get("section") or tuple(
        part for part in re.split(r"[>/]", meta.get("section", "")) if part.strip()
    )
    return _path(list(declared), title)


def _path(names: list[str], title: str) -> tuple[str, ...]:
    clean = (_one_line(name).strip("：: 》《") for name in names)
    return tuple(
        n
        for n in clean
        if n and len(n) < 20 and not _NO_SECTION.match(n) and not _within(title or "\0", n) and not _within(n, title)
    )[:5]


def _tags(meta: dict[str, str], schema: dict[str, Any], title: str) -> tuple[str, ...]:
    text = ",".join(schema.get("tags") or []) or meta.get("tags", "")
    parts = re.split(r"[,，;；、|]+", text) if re.search(r"[,，;；、|]", text) else re.split(r"\s+", text)
    tags = (_one_line(part) for part in parts)
    return tuple(dict.fromkeys(tag for tag in tags if 1 < len(tag) <= 30 and tag != title))[:12]
