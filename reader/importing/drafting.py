"""Converts a SourceItem of any form to a Draft with its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import unescape
from urllib.parse import urljoin

from ..chinese import HAN
from ..errors import NotImported, UnreadableArticle
from ..formats import FORMATS, read_draft
from ..formats.data_pictures import take_data_pictures
from ..formats.dates import UnreadableDate, date_in_text, parse_date
from ..formats.decoding import decode_text
from ..formats.hidden_elements import LEFT_OUT, drop_hidden, without_hidden
from ..i18n import Message
from ..models import Draft
from ..sanitizer import sanitize, with_media_links
from .duplicates import hash_of
from .extraction.extract import extract
from .extraction.page_patterns import SENTENCE_END, TOKEN
from .extraction.semantic_html import normalize, to_clean_html
from .extraction.text_blocks import parse
from .image_downloads import LARGEST_BYTES, MOST_SECONDS, ON_THE_WEB, Pictures, take_pictures
from .sources import own_exports
from .sources.http import Fetched, Fetcher
from .sources.items import SourceItem
from .sources.medium import is_story, read_story
from .sources.sources import text_in

LONGEST_TITLE = 40
LEAST_TOKENS = 20
"""A page with fewer words has no article or needs JavaScript to show it, unless it is short news."""
_HAS_HEADLINE = re.compile(rb"<(?:title|h1)\b", re.IGNORECASE)
_PLACEHOLDER_WORDS = re.compile(
    r"javascript|cookie|enable|browser|loading|not found|forbidden|denied|error|captcha|redirect|sign in"
    r"|log ?in|subscribe|please|404|403|50\d"
    r"|浏览器|加载|登录|登陆|注册|稍候|稍等|不存在|找不到|已删除|验证|跳转|刷新|请|版权|审核|权限",
    re.IGNORECASE,
)
_BLOCK_END = re.compile(r"</(?:p|h\d|li|dt|dd|td|th|figcaption|summary|pre)>|<br>")
_TAGS = re.compile(r"<[^>]+>")
_PICTURE = re.compile(r'(<img\b[^>]*? src=")([^"]*)(")')
_SAVED_FROM = re.compile(r"<!--\s*(?:Page saved with SingleFile\s+url:|saved from url=\(\d+\))\s*(https?://[^\s>]+)")
_TIME = r"(\d{13}|\d{10}|\d{4}-\d\d-\d\d[T \d:+Z]*)"
_DATE_ELEMENT = re.compile(
    r'<(?:span|div|p|time)\b[^<>]*\b(?:id|class)="(?:timestamp|post-date|entry-date)"[^<>]*>([^<>]{6,60})<'
)
_SCRIPT_DATE = re.compile(
    rf"""\bvar\s+(?:ct|publish_time|createTime)\s*=\s*["']{_TIME}["']"""
    rf"""|["'](?:publish_?time|pub_?time|publishDate|datePublished)["']\s*:\s*["']?{_TIME}""",
    re.IGNORECASE,
)
_MAIL_ADDRESS = re.compile(r"[<(\[]?[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@.]+\.[^\s<>()\[\]@]+[>)\]]?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class ExtractedArticle:
    """The article of an item: its draft, its address, and the hash of its text before its pictures are renamed.

    ``pictures`` are the pictures embedded in the text, by the addresses that replace them in it. Example:
    ``build_draft(item).draft.title``. ``duplicates.ImportedIndex`` looks up ``address`` and ``text_hash``.
    """

    draft: Draft
    address: str
    text_hash: str
    pictures: dict[str, bytes] = field(default_factory=dict)


def build_draft(item: SourceItem) -> ExtractedArticle:
    """Extracts the article. Raises NotImported if the item has none."""
    fetched = item.read()
    content, inline = take_data_pictures(fetched.content)
    fetched = replace(fetched, content=content)
    address = fetched.address or item.address
    try:
        if item.form in FORMATS:
            draft = read_draft(item.form, fetched.content)
            draft = _with_hints(draft, item.hints)
        else:
            draft, address = _FORMS[item.form or "page"](fetched, item, address)
    except UnreadableArticle as error:
        raise NotImported(item.name, error.in_line) from error
    draft = replace(draft, byline=_names(draft.byline))
    if not draft.title and item.form not in FORMATS:  # such as a short post of WordPress
        draft = replace(draft, title=_first_words(_TAGS.sub(" ", _BLOCK_END.sub("\n", draft.body_html))))
    if not draft.title:
        raise NotImported(item.name, Message("no title found; paste the text with its headline instead"))
    is_page = item.form in ("", "page") and not own_exports.is_marked(fetched.content)
    is_page = is_page and not _is_short_news(draft, fetched.content) and not is_story(text_in(fetched))
    if _is_empty(draft.body_html, LEAST_TOKENS if is_page else 1):
        raise NotImported(item.name, Message("no article found"))
    return ExtractedArticle(draft, address, hash_of(draft.title, draft.body_html), {**inline, **draft.pictures})


def _with_hints(draft: Draft, hints: Draft) -> Draft:
    """The draft of an article file, with what its source says outside of it. A note in an archive is not published."""
    return replace(
        draft,
        slug=draft.slug or hints.slug,
        published=draft.published or hints.published,
        updated=draft.updated or hints.updated,
        draft=draft.draft or hints.draft,
    )


def _names(byline: tuple[str, ...]) -> tuple[str, ...]:
    """The names without e-mail addresses, which are the names of accounts in some exports."""
    names = (" ".join(_MAIL_ADDRESS.sub("", text).split()) for text in byline)
    return tuple(name for name in names if name)


def _is_short_news(draft: Draft, page: bytes) -> bool:
    """Whether the page has a headline and a sentence, and is not a placeholder such as "Please enable JavaScript".

    A text without a headline of its own is the excerpt of a feed.
    """
    text = re.sub(r"<[^>]+>", " ", draft.body_html).strip()
    return (
        _HAS_HEADLINE.search(page) is not None
        and SENTENCE_END.search(text) is not None
        and not _PLACEHOLDER_WORDS.search(f"{draft.title} {text}")
    )


def _is_empty(body_html: str, least_tokens: int) -> bool:
    return len(TOKEN.findall(re.sub(r"<[^>]+>", " ", body_html))) < least_tokens and "<img" not in body_html


def _from_page(fetched: Fetched, item: SourceItem, address: str) -> tuple[Draft, str]:
    html = text_in(fetched)
    if re.match(r"\s*<!--\s*---\s*\n", html):
        return read_draft(".html", html.encode()), address
    if own_exports.is_page(html):
        draft, canonical = own_exports.read_page(html)
        return draft, canonical or address
    if is_story(html):
        draft, canonical = read_story(html)
        return draft, canonical or address
    extracted = extract(html, address)
    metadata, hints = extracted.metadata, item.hints
    draft = Draft(
        title=metadata.title or hints.title or _first_words(extracted.text),
        body_html=extracted.body_html,
        summary=metadata.summary,
        published=metadata.published or hints.published or _date_in_script(html) or _date_in_element(html),
        updated=metadata.updated if metadata.updated and metadata.updated != metadata.published else None,
        source=metadata.source,
        section=metadata.section,
        byline=metadata.byline or hints.byline,
        editor=metadata.editor,
        tags=metadata.tags or hints.tags,
        language=_language(metadata.language, extracted.text),
    )
    return draft, address or _saved_from(html) or metadata.address


def _date_in_script(html: str) -> datetime | None:
    """The date in a script, for pages such as WeChat's that display it only with JavaScript; None without one."""
    found = _SCRIPT_DATE.search(html)
    try:
        return parse_date(found[1] or found[2]) if found else None
    except UnreadableDate:
        return None


def _date_in_element(html: str) -> datetime | None:
    """The date in an element that is named so, anywhere: an export of Tumblr has it in the footer of each post."""
    found = _DATE_ELEMENT.search(html)
    return date_in_text(unescape(found[1]).strip()) if found else None


def _saved_from(html: str) -> str:
    """The original URL of a saved page, from the comment of SingleFile, Chrome or Internet Explorer; empty without
    one."""
    found = _SAVED_FROM.search(html[:5000])
    return found[1] if found else ""


def _first_words(text: str) -> str:
    """A title for a page without one: the first line, up to the end of its first sentence."""
    words = re.match(r"\W*([^。！？；!?;\n]*)", text.strip())
    return words[1][:LONGEST_TITLE].strip() if words else ""


def _from_text(fetched: Fetched, item: SourceItem, address: str) -> tuple[Draft, str]:
    """A draft from plain text. The source provides missing fields: a mail has its headline and date in its header."""
    hints, text = item.hints, normalize(decode_text(fetched.content, fetched.charset))
    if hints.title:
        text = f"{hints.title}\n\n{text}"
    draft = read_draft(".txt", text.encode())
    published, byline = draft.published or hints.published, draft.byline or hints.byline
    return replace(draft, title=hints.title or draft.title, published=published, byline=byline), address


def _from_clean(fetched: Fetched, item: SourceItem, address: str) -> tuple[Draft, str]:
    body = parse(with_media_links(text_in(fetched)))
    hints = _with_warning(item.hints, has_hidden=drop_hidden(body))
    html = to_clean_html(body, address, address)
    return replace(hints, body_html=html, language=_language(hints.language, body.text_content())), address


def _from_article(fetched: Fetched, item: SourceItem, address: str) -> tuple[Draft, str]:
    source, has_hidden = without_hidden(text_in(fetched))
    html, hints = str(sanitize(source)), _with_warning(item.hints, has_hidden)
    if not html:
        raise NotImported(item.name, Message("it has no text"))
    return replace(hints, body_html=html, language=_language(hints.language, html)), address


def _with_warning(draft: Draft, has_hidden: bool) -> Draft:
    return replace(draft, warnings=(*draft.warnings, LEFT_OUT)) if has_hidden else draft


def _from_export(fetched: Fetched, item: SourceItem, address: str) -> tuple[Draft, str]:
    """Like ``_from_article``, but with the language of the fields, because Reader wrote them."""
    return replace(_from_article(fetched, item, address)[0], language=item.hints.language), address


_FORMS: dict[str, Callable[[Fetched, SourceItem, str], tuple[Draft, str]]] = {
    "page": _from_page,
    "text": _from_text,
    "clean": _from_clean,
    "article": _from_article,
    "export": _from_export,
}


def _language(declared: str, text: str) -> str:
    """The declared language; empty if the text is Chinese or English, because templates often declare it wrongly."""
    han = len(re.findall(f"[{HAN}]", text))
    if han > len(text) / 10 or declared[:2].lower() in ("zh", "en") or not _LANGUAGE.fullmatch(declared):
        return ""
    return declared


def without_inline_pictures(extracted: ExtractedArticle) -> Draft:
    """The draft without the pictures embedded in the text, for a form that cannot contain pictures."""
    if not extracted.pictures:
        return extracted.draft
    pattern = "|".join(re.escape(address) for address in extracted.pictures)
    body_html = re.sub(rf'<img\b[^>]*? src="(?:{pattern})"[^>]*>', "", extracted.draft.body_html)
    return replace(extracted.draft, body_html=body_html)


def with_pictures(
    extracted: ExtractedArticle, item: SourceItem, folder: str, fetcher: Fetcher
) -> tuple[Draft, Pictures]:
    """The draft with its pictures in *folder* next to the article. Missing pictures are reported as problems."""

    deadline = fetcher.now() + MOST_SECONDS
    beside = set[str]()

    def open_picture(address: str) -> bytes:
        if address in extracted.pictures:
            return extracted.pictures[address]
        if address in beside and (content := item.read_sibling(address)) is not None:
            return content
        if not ON_THE_WEB.match(address):
            raise NotImported(address, Message("no such picture beside %(source)s", source=item.name))
        if fetcher.now() > deadline:
            text = Message("the pictures of one article take more than %(seconds)s s", seconds=f"{MOST_SECONDS:.0f}")
            raise NotImported(address, text)
        return fetcher.fetch(address, referer=extracted.address, largest_bytes=LARGEST_BYTES).content

    body_html = _PICTURE.sub(
        lambda match: match[1] + _resolve_picture(match[2], extracted, item, beside) + match[3],
        extracted.draft.body_html,
    )
    pictures = take_pictures(body_html, folder, open_picture)
    images = tuple(f"{folder}/{name}" for name in list(pictures.files)[:1])
    return replace(extracted.draft, body_html=pictures.body_html, images=images or extracted.draft.images), pictures


def _resolve_picture(address: str, extracted: ExtractedArticle, item: SourceItem, beside: set[str]) -> str:
    """Adds the address of a picture next to the source to *beside*; resolves any other relative to the page. Returns
    the address.

    The picture is read again later: an article may have thousands of addresses of large ones.
    """
    plain, page = address.replace("&amp;", "&"), extracted.address
    if plain in extracted.pictures or plain in beside:
        return address
    if _is_beside(plain, item):
        beside.add(plain)
        return address
    if re.match(r"https?://", plain):
        return address
    return urljoin(page, plain).replace("&", "&amp;") if page else address


def _is_beside(address: str, item: SourceItem) -> bool:
    """Whether the source has a file at *address*, also one that cannot be read: the article is imported without it."""
    try:
        return item.read_sibling(address) is not None
    except NotImported:
        return True
