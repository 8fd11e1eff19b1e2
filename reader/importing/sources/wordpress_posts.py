"""The posts and pages of a WordPress site, from its export file (WXR: Tools → Export)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from html import escape, unescape
from urllib.parse import unquote

from lxml import etree

from ...errors import NotImported
from ...formats.dates import UnreadableDate, date_in_text, parse_date
from ...formats.xml_reader import read_export
from ...i18n import Message
from ...models import Draft, slug_of
from .html_to_text import plain_summary, plain_title
from .items import Found, LeftOut, ReadSibling, SourceItem, html_reader, not_public
from .old_addresses import aliases_of
from .wordpress_body import to_html
from .wordpress_shortcodes import LibraryPicture, Shortcodes

_MARK = b"wordpress.org/export/"
_NO_ARTICLES = frozenset(
    ["attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset", "oembed_cache", "user_request"]
    + ["wp_block", "wp_template", "wp_template_part", "wp_global_styles", "wp_navigation", "wp_font_family"]
    + ["wp_font_face", "wpcf7_contact_form", "elementor_library", "acf-field", "acf-field-group", "feedback"]
    + ["flamingo_contact", "flamingo_inbound", "flamingo_outbound", "nf_sub", "postman_sent_mail", "scheduled-action"]
    + ["shop_order", "shop_order_refund", "shop_coupon", "shop_subscription", "edd_payment", "give_payment"]
)
"""Types of posts that are parts of a site, or messages and orders of its visitors."""
_NOT_KEPT = frozenset(["trash", "auto-draft", "inherit"])
_PUBLISHED = frozenset(["publish", "future", ""])
_ARTICLES = frozenset(["post", "page", ""])
_LIMITED_BY = (
    "_members_access_role", "rcp_subscription_level", "rcp_access_level", "_wpmem_block", "_jetpack_newsletter_access",
)  # fmt: skip
"""Fields of plugins that show a post to members only."""
_NO_LIMIT = frozenset(["", "0", "all", "none", "everybody"])
_NO_CATEGORY = re.compile(r"uncategori[sz]ed(-[a-z]{2})?|未分类|未分類")
_SIZE = re.compile(r"-\d+x\d+(?=\.\w+$)|-scaled(?=\.\w+$)")


@dataclass(frozen=True)
class Post:
    """An item of the export. ``fields`` are by names with WordPress's prefixes: ``wp:post_date``."""

    fields: Mapping[str, str]
    meta: Mapping[str, str]
    terms: tuple[tuple[str, str, str], ...]
    """(domain, nicename, name) of each category and tag."""
    comments: int = 0

    def get(self, name: str) -> str:
        """The value of a field; empty if it is missing."""
        return self.fields.get(name, "")


@dataclass(frozen=True)
class ExportedSite:
    """The export's data about the whole site. ``parents`` maps a nicename to (name, nicename of the parent)."""

    language: str = ""
    authors: dict[str, str] = field(default_factory=dict)
    parents: dict[str, tuple[str, str]] = field(default_factory=dict)
    category_ids: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, LibraryPicture] = field(default_factory=dict)
    shared_blocks: dict[str, str] = field(default_factory=dict)


def is_export(content: bytes) -> bool:
    """Whether it is a WXR file."""
    return _MARK in content[:20_000]


def posts(name: str, content: bytes, read_sibling: ReadSibling) -> Iterator[Found]:
    """The posts in the export's order, then the number of skipped items. Raises NotImported for invalid XML."""
    channel = _channel(name, content)
    found = [_post(item) for item in channel.iterfind("item")]
    site = _site(channel, found)
    left_out: Counter[str] = Counter()
    for post in found:
        left_out["comment"] += post.comments
        kind, status = post.get("wp:post_type") or "post", post.get("wp:status")
        if kind in _NO_ARTICLES or status in _NOT_KEPT:
            left_out[kind if kind in _NO_ARTICLES else status] += 1
        else:
            yield _item(name, post, site, read_sibling)
    if +left_out:
        yield LeftOut.by_kind(name, +left_out)


# -- the export ---------------------------------------------------------------------------------------------------


def _channel(name: str, content: bytes) -> etree._Element:
    root = read_export(content)
    channel = None if root is None else root.find("channel")
    if channel is None:
        raise NotImported(name, Message("not a whole WordPress export; export the site again (Tools → Export)"))
    return channel


def _name(element: etree._Element) -> str:
    """``wp:post_id`` for any version of the namespace, also if the export does not declare it."""
    namespace, _, name = element.tag.rpartition("}")  # QName rejects the prefix of an undeclared namespace
    for part, prefix in (("/excerpt", "excerpt"), ("wordpress.org/export", "wp"), ("/content", "content")):
        if part in namespace:
            return f"{prefix}:{name}"
    return f"dc:{name}" if "/dc/" in namespace else name


def _fields(element: etree._Element) -> dict[str, str]:
    return {_name(child): child.text or "" for child in element.iterchildren(tag=etree.Element)}


def _post(item: etree._Element) -> Post:
    meta: dict[str, str] = {}
    terms, comments = [], 0
    for child in item.iterchildren(tag=etree.Element):
        kind = _name(child)
        if kind == "wp:postmeta":
            fields = _fields(child)
            meta.setdefault(fields.get("wp:meta_key", ""), fields.get("wp:meta_value", ""))
        elif kind == "category":
            domain, nicename = child.get("domain") or "category", child.get("nicename") or ""
            terms.append((domain, nicename, plain_title(child.text or "")))
        comments += kind == "wp:comment"
    return Post(_fields(item), meta, tuple(terms), comments)


def _site(channel: etree._Element, found: list[Post]) -> ExportedSite:
    site = ExportedSite(language=(channel.findtext("language") or "").strip())
    for child in channel.iterchildren(tag=etree.Element):
        fields = _fields(child)
        if _name(child) == "wp:author":
            site.authors[fields.get("wp:author_login", "")] = plain_title(fields.get("wp:author_display_name", ""))
        elif _name(child) == "wp:category":
            nicename = fields.get("wp:category_nicename", "")
            site.parents[nicename] = (plain_title(fields.get("wp:cat_name", "")), fields.get("wp:category_parent", ""))
            site.category_ids[fields.get("wp:term_id", "")] = nicename
    for post in found:
        if post.get("wp:post_type") == "attachment":
            site.pictures[post.get("wp:post_id")] = _picture(post)
        elif post.get("wp:post_type") == "wp_block":
            site.shared_blocks[post.get("wp:post_id")] = post.get("content:encoded")
    return site


def _picture(post: Post) -> LibraryPicture:
    return LibraryPicture(
        post.get("wp:attachment_url").strip(),
        plain_title(post.meta.get("_wp_attachment_image_alt", "")),
        escape(plain_summary(post.get("excerpt:encoded")), quote=False),
        post.get("wp:post_parent"),
    )


# -- a post -------------------------------------------------------------------------------------------------------


def _item(name: str, post: Post, site: ExportedSite, read_sibling: ReadSibling) -> SourceItem:
    shortcodes = Shortcodes(partial(_gallery, post.get("wp:post_id"), site.pictures))
    html = to_html(post.get("content:encoded"), shortcodes, site.shared_blocks)
    html = _featured(html, post, site.pictures) + html
    draft = _draft(post, site)
    address = post.get("link").strip()
    return SourceItem(
        name=f"{name}: {draft.title or address}",
        read=html_reader(html, address),
        form="article",
        address=address,
        hints=draft,
        read_sibling=read_sibling,
        notes=tuple(_notes(post, shortcodes.unknown)),
    )


def _draft(post: Post, site: ExportedSite) -> Draft:
    section, tags = _section_and_tags(post, site)
    published, updated = _published(post), _datetime_of(post, "wp:post_modified")
    slug = slug_of(unquote(post.get("wp:post_name")))
    return Draft(
        title=plain_title(post.get("title")),
        body_html="",
        summary=plain_summary(post.get("excerpt:encoded")),
        published=published,
        updated=updated if _is_later(published, updated) else None,
        section=section,
        byline=_authors(post, site),
        tags=tags,
        language=site.language,
        draft=not _is_public(post),
        slug=slug,
        aliases=aliases_of(post.get("link"), unquote(post.meta.get("_wp_old_slug", ""))),
    )


def _authors(post: Post, site: ExportedSite) -> tuple[str, ...]:
    """The author's name. If the plugin Co-Authors Plus named several, their names."""
    author = post.get("dc:creator").strip()
    names = [name for domain, _, name in post.terms if domain == "author"] or [site.authors.get(author) or author]
    return tuple(dict.fromkeys(filter(None, names)))


def _is_later(published: datetime | None, updated: datetime | None) -> bool:
    """Whether the post was changed a minute or more after it was published.

    False for times that cannot be compared: damaged exports mix times with and without a zone.
    """
    if published is None or updated is None or (published.tzinfo is None) != (updated.tzinfo is None):
        return False
    return updated - published >= timedelta(minutes=1)


def _has_page(post: Post) -> bool:
    """Whether visitors can open the post. Plugins store what only their own pages show, such as messages of visitors,
    as posts of a type without addresses: their links are ``/?post_type=flamingo_inbound&p=7``."""
    return post.get("wp:post_type") in _ARTICLES or "?" not in post.get("link")


def _is_for_members(post: Post) -> bool:
    return any(post.meta.get(name, "").strip().lower() not in _NO_LIMIT for name in _LIMITED_BY)


def _is_public(post: Post) -> bool:
    """Whether the post is public. A scheduled post (``future``) without a readable date is not: it would be published
    immediately."""
    status = post.get("wp:status")
    has_its_date = status != "future" or _scheduled(post) is not None
    is_open = _has_page(post) and not post.get("wp:post_password") and not _is_for_members(post)
    return status in _PUBLISHED and has_its_date and is_open


def _notes(post: Post, unknown: Iterable[str]) -> Iterator[str]:
    if post.get("wp:post_password"):
        yield Message("protected by a password there; imported as a draft, which is not published")
    elif not _has_page(post):
        yield not_public(post.get("wp:post_type"))
    elif _is_for_members(post):
        yield not_public("members")
    elif not _is_public(post):
        yield not_public(post.get("wp:status"))
    if names := ", ".join(unknown):
        yield Message("not understood, only its text was kept: %(names)s", names=names)


def _section_and_tags(post: Post, site: ExportedSite) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(section path, tags). A post has one section: its primary category, else the first of the deepest categories."""
    paths = {
        nicename: _path(nicename, name, site)
        for domain, nicename, name in post.terms
        if domain == "category" and not _NO_CATEGORY.fullmatch(nicename) and not _NO_CATEGORY.fullmatch(name)
    }
    primary = site.category_ids.get(post.meta.get("_yoast_wpseo_primary_category", ""), "")
    section = paths.get(primary) or max(paths.values(), key=len, default=())
    others = [name for path in paths.values() for name in path if name not in section]
    tags = [name for domain, _, name in post.terms if domain in ("post_tag", "tag")]
    return section, tuple(dict.fromkeys(tag for tag in (*tags, *others) if tag))


def _path(nicename: str, name: str, site: ExportedSite) -> tuple[str, ...]:
    """The names from the root to the category. Slashes are replaced, because they would split a name."""
    path = [name]
    seen = {nicename}
    parent = site.parents.get(nicename, ("", ""))[1]
    while parent and parent not in seen and parent in site.parents:
        seen.add(parent)
        above, parent = site.parents[parent]
        path.insert(0, above)
    return tuple(part.replace("/", "／") for part in path if part)


def _published(post: Post) -> datetime | None:
    return _scheduled(post) or _datetime_of(post, "wp:post_modified")


def _scheduled(post: Post) -> datetime | None:
    date = post.get("pubDate")
    feed = None if "-0001" in date else date_in_text(date)
    return _datetime_of(post, "wp:post_date") or feed


def _datetime_of(post: Post, name: str) -> datetime | None:
    """The local time with the site's offset, which is the difference to the time in GMT; naive without a time in
    GMT."""
    local, gmt = _date(post.get(name)), _date(post.get(f"{name}_gmt"))
    if local is None or gmt is None:
        return local or (gmt and gmt.replace(tzinfo=UTC))
    offset = round((local - gmt) / timedelta(minutes=15)) * timedelta(minutes=15)
    if abs(offset) > timedelta(hours=15):
        return local
    return local.replace(tzinfo=timezone(offset))


def _date(text: str) -> datetime | None:
    """A naive datetime; None for ``0000-00-00 00:00:00``, which drafts have."""
    try:
        return parse_date(text.strip()) if text.strip() else None
    except UnreadableDate:
        return None


# -- pictures -----------------------------------------------------------------------------------------------------


def _gallery(post_id: str, pictures: Mapping[str, LibraryPicture], ids: Iterable[str]) -> list[LibraryPicture]:
    """The pictures with *ids*; without ids, those that were uploaded for the post."""
    wanted = list(ids)
    if wanted:
        return [pictures[number] for number in wanted if number in pictures]
    return [picture for picture in pictures.values() if picture.parent == post_id and post_id]


def _featured(html: str, post: Post, pictures: Mapping[str, LibraryPicture]) -> str:
    """The HTML of the featured picture, empty if the text contains it in any size."""
    number = post.meta.get("_thumbnail_id", "")
    picture = pictures.get(number) if number else None
    if picture is None or not picture.address:
        return ""
    in_body = {_file_of(address) for address in re.findall(r"<img\b[^<>]*?\bsrc=[\"']([^\"']+)", html)}
    return "" if _file_of(picture.address) in in_body else picture.html


def _file_of(address: str) -> str:
    return _SIZE.sub("", unescape(address).split("?")[0].rpartition("/")[2])
