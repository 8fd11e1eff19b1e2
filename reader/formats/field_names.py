"""The fields of front matter that are understood, as data: what other programs call them, and how a value is read.

Hugo, Jekyll, Hexo, Pelican, Zola, Docusaurus, VuePress, Astro, Obsidian and others write these. ``docs/reference/
fields.md`` shows the same table; a test keeps both in step.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..models import word_set


@dataclass(frozen=True)
class Row:
    """``names``, best first, all mean the Draft's ``field``; ``how`` is a reader of ``field_values``."""

    field: str
    how: str
    names: tuple[str, ...]


def _row(field: str, how: str, names: str) -> Row:
    return Row(field, how, tuple(names.split()))


ROWS = (
    _row("title", "text", "title 标题 主题 headline page_title nav_title eleventyNavigation"),
    _row("kicker", "text", "kicker 引题 肩题"),
    _row("subtitle", "text", "subtitle 副题 副标题 sub_title subheading"),
    _row("summary", "text", "summary 摘要 导语 提要 description excerpt abstract desc teaser_text meta_description"),
    _row(
        "published",
        "date",
        "published date 发布 發布 發佈 日期 时间 時間 发布时间 發布時間 發佈時間"
        " pubDate publishDate publishedAt published_at publish_date publish_time"
        " published_date datePublished date_published published_time post_date datetime created createdAt created_at"
        " created_date created_time createDate createTime create_time create_date dateCreated date_created"
        " creation_date",
    ),
    _row(
        "updated",
        "date",
        "updated 修改 更新 更新时间 lastmod modified updatedAt updated_at updatedDate updated_date update_time"
        " update_date lastModified last_modified last_modified_at lastUpdated last_updated last_update last_edited"
        " dateModified date_modified date_updated modified_at modified_time modDate mod_date modification_date edited",
    ),
    _row("corrections", "corrections", "corrections correction 更正 勘误 更正说明 勘误说明 errata erratum"),
    _row("source", "source", "source 来源 publisher from"),
    _row("section", "section", "section 栏目 频道 categories category 分类"),
    _row("byline", "names", "byline 记者 作者 署名 author authors author_name creator creators writer writers"),
    _row("editor", "text", "editor 编辑 责任编辑 责编"),
    _row("tags", "tags", "tags 标签 tag keywords 关键词 keyword topics labels"),
    _row("language", "language", "language 语言 lang locale langcode"),
    _row("translation", "text", "translationKey translation_id lang_ref ref i18n_key"),
    _row("draft", "switch", "draft 草稿"),
    _row(
        "draft",
        "withheld",
        "wip private hidden unlisted headless secret is_draft save_as_draft is_private is_hidden is_unlisted"
        " encrypt encrypted unpublished confidential protected restricted members_only 私密 私有 隐藏 隱藏 未发布"
        " 未發布 未發佈 未公开 未公開 内部 內部 加密",
    ),
    _row(
        "draft",
        "shown",
        "publish public is_published is_public visible is_visible listed dg-publish render show enabled active"
        " discoverable 已发布 已發布 已發佈 公开 公開 可见 可見",
    ),
    _row("draft", "hidden", "hide"),
    _row(
        "draft",
        "status",
        "status visibility state post_status publish_status draft_status article_status content_status"
        " creativeWorkStatus stage workflow audience 状态 狀態 可见性 可見性 阶段 階段 稿件状态 文章状态",
    ),
    _row("draft", "password", "password passwd 密码 密碼"),
    _row("draft", "access", "access"),
    _row("draft", "output", "build"),
    _row("top", "pinned", "top 头条 置顶"),
    _row("comments_closed", "comments", "comments 评论 comment 留言 allow_comments allowComments enable_comments"),
    _row("slug", "slug", "slug 短名"),
    _row("aliases", "aliases", "aliases 别名 旧短名 alias redirect_from redirects old_slugs"),
    _row("paths", "paths", "permalink url path id abbrlink old_url original_url canonical_path save_as"),
    _row(
        "images",
        "images",
        "images 图片 image cover banner thumbnail featured_image cover_image hero_image header_image banner_image"
        " main_image post_image share_image social_image og_image photos thumb hero header header_img index_img"
        " banner_img top_img cover_img resources",
    ),
)

CONTAINERS = frozenset({"taxonomies", "extra", "params", "metadata", "seo", "frontmatter"})
"""Mappings whose fields count where the top does not have them: Hugo's, Zola's, and plug-ins'."""

UNUSED = word_set(
    "layout toc math mathjax katex mermaid weight order position permalinkpattern type template"
    " collection series menu menus next prev previous related relatedposts featured sticky pin pinned feed rss"
    " sitemap search robots noindex canonical canonicalurl cssclass cssclasses style styles script scripts theme markup"
    " outputs output cascade build linktitle linktext navtitle sidebar sidebarlabel sidebarposition sidebardepth"
    " pagination paginationlabel editlink editurl contributors copyright license reward catalog categoriesweight"
    " tagsweight aliasesweight version versions readingtime wordcount numbersections headless expirydate iscjklanguage"
    " hidetitle hidetableofcontents images iconurl icon logo color colors data dates event location rating titles"
    " languages translations i18n locales imports generate subtitles captions"
) - {"images", "headless"}
"""Names that other programs use for what has no place here; they are never taken for a slip of the pen."""

HUGO_ONLY = word_set(
    "lastmod linktitle weight iscjklanguage expirydate menu menus markup cascade resources taxonomies params outputs"
    " translationkey publishdate"
)
"""A file that has one of these is Hugo's or Zola's, whose categories are a set; those of others are a path."""


_BETWEEN_WORDS = re.compile(r"[\s_-]+")


def plain_name(name: str) -> str:
    """``featured_image``, ``featuredImage`` and ``Featured-Image`` are one name, also in full-width letters."""
    name = name if name.isascii() else unicodedata.normalize("NFKC", name)
    return name.lower() if name.isalnum() else _BETWEEN_WORDS.sub("", name.strip().lower())


_BY_NAME = {plain_name(name): (rank, row) for row in ROWS for rank, name in enumerate(row.names)}


def row_of(name: str) -> tuple[int, Row] | None:
    """(rank, row) of a field's name: the lower the rank, the better."""
    return _BY_NAME.get(plain_name(name))


def known_names() -> list[str]:
    return [name for row in ROWS for name in row.names]
