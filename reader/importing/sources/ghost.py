"""The posts and pages of a Ghost site, from its export in JSON (Settings → Export) or from its Content API."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ...errors import NotImported
from ...formats.dates import date_in_text
from ...formats.hidden_elements import LEFT_OUT
from ...i18n import Message
from ...models import Draft, slug_of
from .html_to_text import plain_summary, plain_title
from .items import Found, LeftOut, ReadSibling, SourceItem, html_reader, json_in, not_public, text_of

_GHOST_ADDRESS = "__GHOST_URL__"
_PUBLISHED = ("published", "scheduled")
"""Not ``sent``: such a post was only mailed to members."""
_GATED = re.compile(
    r"<!--\s*kg-gated-block:begin\s+nonMember:false\b(?:(?!-->).)*-->.*?(?:<!--\s*kg-gated-block:end\s*-->|\Z)",
    re.DOTALL,
)
_OF_API = re.compile(rb'\s*\{\s*"(?:posts|pages)"\s*:\s*\[')
_PUBLIC = ("", "public")
"""The visibility values of posts that everyone may read."""


def is_ghost(content: bytes) -> bool:
    head = content[:2_000_000]
    if _OF_API.match(head):
        return b'"pagination"' in content[-2_000:]
    return head.lstrip()[:1] == b"{" and b'"posts"' in head and (b'"db"' in head[:200] or b'"meta"' in head[:500])


def ghost_items(name: str, content: bytes, read_sibling: ReadSibling) -> Iterator[Found]:
    """The posts and pages in the export's order. Raises NotImported for truncated JSON."""
    data = _ghost_data(name, content)
    tags, authors = _by_id(data, "tags"), _by_id(data, "users")
    tags_of = _joined(data, "posts_tags", "tag_id", tags)
    authors_of = _joined(data, "posts_authors", "author_id", authors)
    without_text: Counter[str] = Counter()
    for post in (*_rows(data, "posts"), *_rows(data, "pages")):
        html, is_gated = _html(post)
        if not html and (text_of(post, "lexical") or text_of(post, "mobiledoc")):
            reason = Message("its text is only in the form of Ghost's editor; save it there, and export it again")
            yield NotImported(f"{name}: {plain_title(text_of(post, 'title'))}", reason)
            continue
        if not html and not text_of(post, "feature_image"):
            without_text["post without text"] += 1
            continue
        if image := text_of(post, "feature_image").replace(_GHOST_ADDRESS, ""):
            html = f'<figure><img src="{image}"></figure>{html}'
        key = str(post.get("id", ""))
        draft = _ghost_draft(
            post, tags_of.get(key) or _names(post, "tags"), authors_of.get(key) or _names(post, "authors")
        )
        notes = () if not draft.draft else (_not_public(_status(post), text_of(post, "visibility")),)
        notes = (*notes, LEFT_OUT) if is_gated else notes
        yield SourceItem(f"{name}: {draft.title}", html_reader(html), "article", "", draft, read_sibling, notes)
    if missing := _missing_posts(data):
        yield NotImported(name, missing)
    if without_text:
        yield LeftOut.by_kind(name, without_text)


def _html(post: Mapping[str, Any]) -> tuple[str, bool]:
    """(the text as HTML, whether parts of it that only members may see were removed)."""
    html = text_of(post, "html").replace(_GHOST_ADDRESS, "").strip()
    lines = escape(text_of(post, "plaintext"), quote=False).splitlines()
    public = _GATED.sub("", html or "".join(f"<p>{line}</p>" for line in lines if line.strip()))
    return public, len(public) < len(html)


def _not_public(status: str, visibility: str) -> Message:
    reason = status if status not in _PUBLISHED or visibility in _PUBLIC else visibility
    return not_public(reason)


def _ghost_draft(post: Mapping[str, Any], tags: list[str], authors: list[str]) -> Draft:
    """The draft of a post. Its first tag is the primary tag, which becomes the section. Tags that start with # are
    internal."""
    public = [tag for tag in tags if not tag.startswith("#")]
    is_public = _status(post) in _PUBLISHED and text_of(post, "visibility") in _PUBLIC
    published = date_in_text(text_of(post, "published_at"))
    if published is None and text_of(post, "status") == "scheduled":
        is_public = False  # otherwise it would be published immediately
    return Draft(
        title=plain_title(text_of(post, "title")),
        body_html="",
        summary=plain_summary(text_of(post, "custom_excerpt")),
        published=published or date_in_text(text_of(post, "created_at")),
        section=(public[0].replace("/", "／"),) if public else (),
        byline=tuple(authors),
        tags=tuple(public[1:]),
        draft=not is_public,
        slug=slug_of(text_of(post, "slug")),
    )


def _ghost_data(name: str, content: bytes) -> Mapping[str, Any]:
    export = json_in(name, content)
    first = export["db"][0] if isinstance(export.get("db"), list) and export["db"] else export
    data = first.get("data", first) if isinstance(first, dict) else {}
    return data if isinstance(data, dict) else {}


def _rows(data: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    rows = data.get(name)
    yield from (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


def _names(post: Mapping[str, Any], field: str) -> list[str]:
    """The names of the tags or authors within a post, as the Content API returns them."""
    return [name for row in _rows(post, field) if (name := text_of(row, "name"))]


def _status(post: Mapping[str, Any]) -> str:
    """The status of a post. The Content API, which names the ``primary_author``, returns published ones only."""
    return text_of(post, "status") or ("published" if "primary_author" in post else "")


def _missing_posts(data: Mapping[str, Any]) -> str:
    """The refusal of the pages that this answer of the Content API lacks; empty if it has all posts."""
    meta = data.get("meta")
    pages = meta.get("pagination") if isinstance(meta, dict) else None
    count = _number(pages.get("pages")) if isinstance(pages, dict) else 0
    if count < 2:
        return ""
    return Message("it has only a part of the posts; export the site in Ghost (Settings → Export), and import that")


def _by_id(data: Mapping[str, Any], name: str) -> dict[str, str]:
    return {str(row.get("id", "")): text_of(row, "name") for row in _rows(data, name)}


def _joined(data: Mapping[str, Any], table: str, key: str, names: Mapping[str, str]) -> dict[str, list[str]]:
    """The names by post, in order."""
    found: dict[str, list[str]] = {}
    for row in sorted(_rows(data, table), key=lambda row: _number(row.get("sort_order"))):
        name = names.get(str(row.get(key, "")), "")
        if name:
            found.setdefault(str(row.get("post_id", "")), []).append(name)
    return found


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
