"""Reads an HTML page: the single-file page that Reader exports, or a saved web page.

Each field has the value of the first of these sources: front matter (at the very beginning, with or without a comment
around it), ``<meta>`` tags with the names of our fields, schema.org JSON-LD, OpenGraph, common ``<meta>`` names. The
body is the element marked ``articleBody``, else ``<article>``, ``<main>``, ``<body>``, without headers, navigation and
forms. The extraction of an article from a page with other content is the task of ``importing``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any, cast

from lxml import etree
from lxml import html as lxml_html

from ..errors import UnreadableArticle
from ..i18n import Message, is_language_tag
from ..models import Draft, Embargo
from ..sanitizer import check_source, strip_control_characters, with_media_links
from .dates import date_in_text
from .decoding import decode_text
from .dialects import MOST_WARNINGS, unknown_tag_warning
from .dialects.masking import Masks, mask_elements
from .dialects.shortcodes import without_tags
from .fields import front_matter
from .fields.field_values import Field
from .formulas.html_formulas import mark_formulas
from .formulas.mathematics import Formulas
from .hidden_elements import LEFT_OUT, drop_hidden
from .json_reader import read_json
from .person_names import split_names
from .unpublished_markers import refuse_in_text

SUFFIXES = (".html", ".htm", ".xhtml")
SAMPLE = "<!DOCTYPE html><title>大雨</title><meta name=date content='2026-05-01 06:00'><p>今天下雨。</p>".encode()

_COMMENT = re.compile(r"\s*(?:<!DOCTYPE[^>]*>\s*)?<!--(.*?)-->", re.DOTALL | re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_PAGE = re.compile(r"<(?:html|body|title|!doctype)\b", re.IGNORECASE)
_PAGE_CHROME = ("header", "nav", "footer", "form", "script", "style", "noscript", "template", "iframe")
_COMMENTS_ONLY = re.compile(r"(?>\s+|<!--.*?-->)*+", re.DOTALL)
_MOST_COMMENTS = 20
_TEMPLATE = re.compile(
    r"^[ \t]*\{%-?\s*extends\s+[\"']|\{\{-?\s*define\s+\"|^[ \t]*\{\{-?\s*content\s*-?\}\}[ \t]*$", re.MULTILINE
)
"""Marks of templates only: Jinja, Django, Nunjucks, Twig; Go (Hugo); the slot of a Jekyll layout, alone on its line."""
_TEMPLATE_BLOCK = re.compile(r"\{%-?\s*block\s+\w+")
_TEMPLATE_BLOCK_END = re.compile(r"\{%-?\s*endblock\b")
"""Both are in a template; prose may mention one of them."""
_EXAMPLES = re.compile(r"<(/?)(pre|code|kbd|samp|tt|script|style|textarea|template)\b[^<>]{0,500}>", re.IGNORECASE)
"""Elements in which marks of templates are text, or code for the browser."""
_ANY_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PREFIX = re.compile(r"(?:article|og|dc|dcterms|reader)[:.]", re.IGNORECASE)
_BODIES = ('//*[@itemprop="articleBody"]', "//article", "//main", "//body")
_META = {
    "title": ("title", "headline", "og:title", "dc.title", "twitter:title"),
    "summary": ("summary", "og:description", "description", "dc.description"),
    "published": ("published", "article:published_time", "og:published_time", "datepublished", "pubdate",
                  "publishdate", "dc.date", "date"),
    "updated": ("updated", "article:modified_time", "og:updated_time", "datemodified", "lastmodified"),
    "source": ("source", "og:site_name", "dc.publisher", "publisher"),
    "section": ("section", "article:section"),
    "byline": ("byline", "author", "article:author", "dc.creator"),
    "editor": ("editor", "dc.contributor"),
    "tags": ("tags", "keywords", "news_keywords", "article:tag"),
    "kicker": ("kicker",),
    "subtitle": ("subtitle",),
    "language": ("language", "content-language"),
    "slug": ("slug",),
}  # fmt: skip
"""The names of the ``<meta>`` tags of each field, best first."""
_SEPARATORS = {"section": front_matter.SECTION_SEPARATORS, "tags": front_matter.LIST_SEPARATORS}


def read(data: bytes) -> Draft:
    """Raises UnreadableArticle for invalid front matter. Ignores other invalid metadata."""
    text = decode_text(data)
    values, page = _front_matter(text)
    root = _parse(page)
    if root is None:
        _refuse_template(text)
        return Draft(**{"title": "", **values}, body_html="")
    withheld = _draft_fields(root)
    found = {**withheld, **_from_meta(root), **values}
    dates = [at for at in (found.get("published"), withheld.get("published")) if at]
    if dates:  # the later one may be an embargo
        found["published"] = max(dates, key=lambda at: at.replace(tzinfo=None))
    else:
        _refuse_template(text)
    found.setdefault("title", _title(root))
    found.setdefault("language", str(root.get("lang") or ""))
    found["language"] = found["language"] if is_language_tag(found["language"]) else ""
    masks, formulas = Masks(), Formulas()
    mark_formulas(root, masks)
    hidden = [LEFT_OUT] if drop_hidden(root) else []
    body = masks.restore_formulas(_body(root, found["title"]), formulas.html)
    found["warnings"] = (*found.get("warnings", ()), *hidden, *formulas.warnings())
    return Draft(**found, body_html=body)


def _refuse_template(text: str) -> None:
    """Raises UnreadableArticle for a template of a site generator or web framework.

    Code and comments may contain template tags. So may a page with a date, because a template has none of its own.
    """
    if "{%" not in text and "{{" not in text:
        return
    masked = mask_elements(_ANY_COMMENT.sub("", text), Masks(), _EXAMPLES)
    found = _TEMPLATE.search(masked) or (_TEMPLATE_BLOCK_END.search(masked) and _TEMPLATE_BLOCK.search(masked))
    if found:
        line = text.count("\n", 0, max(text.find(found[0]), 0)) + 1
        cause, hint = Message("a template of another program"), Message("move templates out of the articles folder")
        raise UnreadableArticle(cause, hint, line)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    if found := _COMMENT.match(text):
        above = "\n" * text.count("\n", 0, found.start(1))
        values, rest, lines = front_matter.split(f"{above}{found[1].rstrip()}\n\n-->")  # it ends fields without a fence
        if lines and rest.strip() == "-->":
            return values, text[found.end() :]
    values, page, lines = front_matter.split_above(text)
    return (values, page) if not lines and _PAGE.search(page) else _without_tags(values, page)


def _without_tags(values: dict[str, Any], page: str) -> tuple[dict[str, Any], str]:
    """Removes template tags from a page, or part of a page, of Jekyll or Hugo, and adds a warning for each."""
    masks = Masks()
    page, unknown = without_tags(mask_elements(page, masks), masks, lambda tag, body: None)  # noqa: ARG005 (none is known)
    warnings = (unknown_tag_warning(name) for name in unknown[:MOST_WARNINGS])
    return {**values, "warnings": (*values.get("warnings", ()), *warnings)} if unknown else values, masks.restore(page)


def _parse(page: str) -> lxml_html.HtmlElement | None:
    """The tree of the page; None if it has no text. Raises UnreadableArticle, also for too deep nesting."""
    page = _XML_DECLARATION.sub("", strip_control_characters(page))
    if _COMMENTS_ONLY.match(page).end() == len(page):  # type: ignore[union-attr]  # it matches nothing, too
        return None
    check_source(page)
    try:
        return cast("lxml_html.HtmlElement", lxml_html.document_fromstring(with_media_links(page)))
    except (etree.ParserError, ValueError) as error:
        raise UnreadableArticle(
            Message("not an HTML page: %(error)s", error=str(error)), Message("begin with <!DOCTYPE html>")
        ) from error


# -- metadata -----------------------------------------------------------------------------------------------------


def _draft_fields(root: lxml_html.HtmlElement) -> dict[str, Any]:
    """``draft`` with its note, or the date of an embargo, from a ``<meta>``, schema.org or one of the first comments.

    ``robots: noindex`` is not a draft: such a page is public. Raises UnreadableArticle for a draft field that is
    neither true nor false.
    """
    fields = [Field(_PREFIX.sub("", name), content, 0, "lines") for name, content in _meta_fields(root)]
    values = front_matter.values_of(tuple(field for field in fields if front_matter.may_withhold(field)))
    for comment in root.xpath("//comment() | /comment()")[:_MOST_COMMENTS]:
        refuse_in_text(f"<!--{comment.text}-->", 0)
    return {name: values[name] for name in ("draft", "notes", "published", "embargo") if name in values}


def _meta_fields(root: lxml_html.HtmlElement) -> Iterator[tuple[str, str]]:
    """The name and content of each ``<meta>``, and the ``creativeWorkStatus`` of schema.org.

    The content of a ``<meta>`` without this attribute is ``true``.
    """
    for meta in root.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop") or ""
        content = meta.get("content")
        yield name.strip(), "true" if content is None else content
    for thing in _schemas(root):
        yield "creativeWorkStatus", str(thing.get("creativeWorkStatus") or "")


def _from_meta(root: lxml_html.HtmlElement) -> dict[str, Any]:
    sources = {**_meta(root), **_schema(root)}
    values: dict[str, Any] = {}
    for name, keys in _META.items():
        for key in keys:
            value = sources.get(key, "").strip()
            if value and (read := _value(name, value)):
                values[name] = read
                break
    dates = [at for key in _META["published"] if (at := date_in_text(sources.get(key, "")))]
    latest = max(dates, key=lambda at: at.replace(tzinfo=None), default=None)
    return values | {"embargo": Embargo(latest, 0)} if latest and latest != values["published"] else values


def _meta(root: lxml_html.HtmlElement) -> dict[str, str]:
    """The content of each ``<meta>`` by its name in lower case. Repeated tags and authors are joined by commas."""
    contents: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or meta.get("http-equiv") or "").lower()
        content = meta.get("content") or ""
        if name and content:
            repeated = name in contents and name in ("article:tag", "article:author", "author")
            contents[name] = f"{contents[name]}, {content}" if repeated else contents.get(name, content)
    return contents


def _schema(root: lxml_html.HtmlElement) -> dict[str, str]:
    """The schema.org JSON-LD of the article, under the names of ``_META``."""
    return next(map(_article_in, _schemas(root)), {})


def _schemas(root: lxml_html.HtmlElement) -> Iterator[dict[str, Any]]:
    for script in root.iter("script"):
        if script.get("type", "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            data = read_json(script.text or "")
        except ValueError:
            continue
        for thing in _things(data):
            if "Article" in str(thing.get("@type", "")) or "BlogPosting" in str(thing.get("@type", "")):
                yield thing


def _things(data: Any) -> Iterator[dict[str, Any]]:
    for thing in data if isinstance(data, list) else [data]:
        if isinstance(thing, dict):
            yield thing
            yield from (inner for inner in thing.get("@graph") or [] if isinstance(inner, dict))


def _article_in(thing: dict[str, Any]) -> dict[str, str]:
    keys = {
        "title": "headline",
        "summary": "description",
        "published": "datePublished",
        "updated": "dateModified",
        "kicker": "alternativeHeadline",
        "language": "inLanguage",
    }
    fields = {name: thing[key] for name, key in keys.items() if isinstance(thing.get(key), str)}
    fields["section"] = " > ".join(_names(thing.get("articleSection")))
    fields["tags"] = ", ".join(_names(thing.get("keywords")))
    fields["byline"] = ", ".join(_names(thing.get("author")))
    fields["editor"] = ", ".join(_names(thing.get("editor")))
    fields["source"] = ", ".join(_names(thing.get("publisher")))
    return {name: value for name, value in fields.items() if value}


def _names(value: Any) -> list[str]:
    """The names in a string, in an object with a ``name``, or in a list of these."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return _names(value.get("name"))
    return [name for item in value for name in _names(item)] if isinstance(value, list) else []


def _value(name: str, text: str) -> Any:
    """*text* as a value of the field *name*; empty or None if it is invalid."""
    if name in ("published", "updated"):
        return date_in_text(text)
    if name == "byline":
        return split_names(text)
    if name in _SEPARATORS:
        return front_matter.split_list(text, _SEPARATORS[name])
    return " ".join(text.split())


def _title(root: lxml_html.HtmlElement) -> str:
    for path in ("//h1", "//title"):
        for element in root.xpath(path):
            if words := " ".join(element.text_content().split()):
                return words
    return ""


# -- body ---------------------------------------------------------------------------------------------------------


def _body(root: lxml_html.HtmlElement, title: str) -> str:
    """The HTML of the article's element, without a headline that repeats the title."""
    element = next(found for path in _BODIES if (found := _longest(root.xpath(path))) is not None or path == "//body")
    if element is None:
        return ""
    for furniture in list(element.iter(*_PAGE_CHROME)):
        if furniture is not element:
            furniture.clear(keep_tail=True)  # a removal would copy the text around the element each time
            furniture.tag = "span"
    for heading in element.xpath(".//h1"):
        if " ".join(heading.text_content().split()) == title:
            heading.drop_tree()
    return _serialize(element)


def _longest(elements: list[lxml_html.HtmlElement]) -> lxml_html.HtmlElement | None:
    """The element with the longest text; None without elements."""
    return max(elements, key=lambda element: len(element.text_content()), default=None)


def _serialize(element: lxml_html.HtmlElement) -> str:
    inner = str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    return f"<div>{inner}</div>" if element.tag != "body" else inner.removeprefix("<body>").removesuffix("</body>")


def picture_markup(address: str, caption: str) -> str:
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img src="{address}" alt="">{below}</figure>\n'
