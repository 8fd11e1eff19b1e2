"""Converts the tags of Hugo, Hexo, Jekyll and Zola, by name: one table of functions from a Tag to Markdown.

Players become links with the name of the site: no content of a third party is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from ...chinese import HAN
from .hexo_theme_tags import HEXO_THEME_TAGS
from .html_builders import KINDS, aside, details, figure, link, on_lines, title_of
from .shortcodes import Tag

_MARKS = re.compile(r"<[^<>]*>|!?\[([^\[\]]*)\]\([^()]*\)|[*`]+(?=\S)|(?<=\S)[*`]+")
"""Markup in a caption, to be removed for plain text. The first group is the text of a link."""
_PICTURE_SIZE = re.compile(r"\d+(?:px|%)?")
_CLASS = re.compile(r"[\w -]*")

PLAYERS = {
    "youtube": ("YouTube", "https://www.youtube.com/watch?v={}"),
    "youtuber": ("YouTube", "https://www.youtube.com/watch?v={}"),
    "vimeo": ("Vimeo", "https://vimeo.com/{}"),
    "bilibili": ("哔哩哔哩", "https://www.bilibili.com/video/{}"),
    "bili": ("哔哩哔哩", "https://www.bilibili.com/video/{}"),
    "youtubeembed": ("YouTube", "https://www.youtube.com/watch?v={}"),
    "tencent": ("腾讯视频", "https://v.qq.com/x/page/{}.html"),
    "youku": ("优酷", "https://v.youku.com/v_show/id_{}.html"),
    "tweet": ("Twitter", "https://twitter.com/i/status/{}"),
    "twitter": ("Twitter", "https://twitter.com/i/status/{}"),
    "x": ("X", "https://x.com/i/status/{}"),
    "instagram": ("Instagram", "https://www.instagram.com/p/{}/"),
    "gist": ("Gist", "https://gist.github.com/{}"),
    "gitlab": ("GitLab", "https://gitlab.com/snippets/{}"),
    "codepen": ("CodePen", "https://codepen.io/pen/{}"),
    "jsfiddle": ("JSFiddle", "https://jsfiddle.net/{}/"),
    "asciinema": ("asciinema", "https://asciinema.org/a/{}"),
    "spotify": ("Spotify", "https://open.spotify.com/{}"),
    "soundcloud": ("SoundCloud", "https://soundcloud.com/{}"),
    "speakerdeck": ("Speaker Deck", "https://speakerdeck.com/{}"),
    "github": ("GitHub", "https://github.com/{}"),
    "netease": ("网易云音乐", "https://music.163.com/#/song?id={}"),
}
"""The text and the target of the link, by the name of the tag."""

_NO_OUTPUT = frozenset(
    [
        "toc", "TOC", "raw", "verbatim", "assign", "capture", "if", "unless", "for", "case", "when",
        "break", "continue",
    ]
    + ["increment", "decrement", "cycle", "tablerow", "set", "layout", "seo", "feed_meta", "more", "ads", "adsense"]
    + ["image-gallery", "import", "extends", "csrf_token", "load", "endif", "param", "now", "anchor", "clear", "br"]
    + ["tableofcontents", "mapbox", "map", "comments", "sitemap"]
)  # fmt: skip
"""Tags without an output of their own. Their content is shown."""
ELSE = "\ufdd4"
"""The separator between the content of ``if`` and of ``else``."""
_SENTENCE = re.compile(rf"\S[^\n{{}}]{{60}}|[{HAN}][^\n{{}}]{{20}}")
"""A text that a reader should see, unlike a part of an address."""
_DEFINITIONS = frozenset({"capture", "set", "assign"})
_GROUP_TAGS = frozenset(
    ["tabs", "tab", "subtabs", "subtab", "columns", "column", "cards", "grid", "steps", "row", "col", "center", "div"]
    + ["codetabs", "tabpane", "tabbed", "rawhtml", "unsafe", "html", "lead", "grouppicture", "gp", "raw", "blocks"]
    + ["u", "kbd", "text", "cardpane", "card", "with", "filter", "mark", "em", "stepper", "step", "content-ref"]
    + ["style", "typeit", "align", "center-text", "font", "color", "section", "container", "accordion"]
)


def convert_tag(tag: Tag, body: str | None, *, chinese: bool) -> str | None:
    """*tag* and its content *body* as Markdown; None if its name is unknown."""
    name = tag.name.lower()
    if name in PLAYERS and not (name in ("x", "github", "tweet") and body):
        return _player(tag, name)
    if name in ("else", "elsif"):
        return ELSE
    if name in _NO_OUTPUT:
        first, _, others = (body or "").partition(ELSE)
        is_never = f"{name} {tag.raw}" in ("if false", "unless true")
        if name in _DEFINITIONS:  # a text for a later tag, such as the words of a notice, is shown here
            return first if name == "capture" and ("\n" in first.strip() or _SENTENCE.search(first)) else ""
        return (others if is_never else first + others).replace(ELSE, "")
    if name in TABLE:
        return TABLE[name](tag, body)
    if name in _NOTES:
        return _note(tag, body, chinese=chinese)
    if name in _GROUP_TAGS:
        return _group(tag, body)
    return None


def _player(tag: Tag, name: str) -> str:
    label, address = PLAYERS[name]
    value = tag.get("id", "url", "src", "0")
    if name == "gist" and len(tag.values) > 1 and "/" not in value:
        value = "/".join(tag.values[:2])
    if name in ("codepen", "tweet", "twitter", "x") and tag.get("user") and tag.get("id"):
        value = tag.get("id")
    target = value if value.startswith(("http:", "https:", "//")) else address.format(value)
    title = tag.get("title", "caption")
    return link(f"{label}：{title}" if title else f"{label}: {value}", target) if value else ""


# -- pictures -----------------------------------------------------------------------------------------------------


def _figure(tag: Tag, body: str | None) -> str:
    src = tag.get("src", "image_path", "url", "path", "file", "image", "img", "0")
    if not src or src.isdigit():
        return body or ""
    caption = tag.get("caption", "title") or (body or "").strip()
    if tag.get("title") and tag.get("caption"):
        caption = f"{tag.get('title')} {caption}"
    if attr := tag.get("attr"):
        caption += f" {link(attr, tag.get('attrlink')) if tag.get('attrlink') else attr}"
    alt = tag.get("alt") or _MARKS.sub(r"\1", caption)
    return figure(src, alt, caption.strip(), tag.get("link", "href"), tag.prefix)


def _image(tag: Tag, _body: str | None) -> str:
    """``{% img [class] src [width] [height] [title [alt]] %}``, ``{% asset_img src title alt %}`` (Hexo, Octopress)."""
    if tag.named.get("src"):
        return _figure(tag, None)
    values = [value for value in tag.values if value]
    at = next((n for n, value in enumerate(values) if re.search(r"[/.]", value)), None)
    if at is None:
        return ""
    words = [value for value in values[at + 1 :] if not _PICTURE_SIZE.fullmatch(value)]
    quoted = re.findall(r"\"([^\"]*)\"|'([^']*)'", words[0]) if words else []
    if quoted:
        words = [double or single for double, single in quoted]
    alt = words[1] if len(words) > 1 else words[0] if words else ""
    return f"![{_escape_brackets(alt)}](<{re.sub(r'[<>]', '', values[at])}>)"


def _escape_brackets(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text)


# -- links --------------------------------------------------------------------------------------------------------


def _address(tag: Tag, _body: str | None) -> str:
    """``{% post_url x %}``, ``{{< ref "x.md#y" >}}``: a URL, used as the target of a link."""
    target = tag.get("path", "name", "0")
    return target.replace(" ", "%20")


def _post_link(tag: Tag, _body: str | None) -> str:
    if not tag.values:
        return ""
    words = [value for value in tag.values[1:] if value not in ("true", "false")]
    return link(" ".join(words) or tag.values[0].rpartition("/")[2], tag.values[0])


def _link(tag: Tag, body: str | None) -> str:
    """Hexo's ``{% link text url %}``, Jekyll's ``{% link _posts/x.md %}``."""
    if len(tag.values) == 1:
        return tag.values[0].replace(" ", "%20")
    target = next((value for value in tag.values if "/" in value), tag.get("href", "url", "link", "1"))
    words = [value for value in tag.values if value != target and value not in ("true", "false")]
    text = (body or tag.get("text", "title", "name")).strip() or " ".join(words) or target
    return link(text, target) if target else text


def _button(tag: Tag, body: str | None) -> str:
    """NexT's ``{% btn url, text, icon %}``, Hugo's ``{{< button href="" >}}text{{< /button >}}``."""
    parts = [part.strip() for part in tag.raw.split(",")]
    if len(parts) > 1 and "/" in parts[1] and "/" not in parts[0]:  # {% button text, url %} of Stellar
        parts[:2] = parts[1], parts[0]
    target = tag.get("href", "relref", "url", "link") or (parts[0] if parts else "")
    text = (body or "").strip() or tag.get("text") or (parts[1] if len(parts) > 1 else "") or target
    return link(text, target) if target and "=" not in target.split("?")[0] else text


def _media(tag: Tag, body: str | None) -> str:
    src = tag.get("src", "url", "mp4", "webm", "file", "0")
    text = tag.get("title", "caption", "alt") or src.rpartition("/")[2] or src
    caption = on_lines(f"\n\n{body.strip()}\n\n", tag.prefix) if body and body.strip() else ""  # as in GitBook
    return (link(text, src) if src else "") + caption


# -- quotations and code ------------------------------------------------------------------------------------------


def _quotation(tag: Tag, body: str | None) -> str:
    """Hexo's ``{% blockquote author, source url title %}``."""
    words = tag.raw if not tag.named else tag.get("author", "source")
    target = re.search(r"https?://\S+", words)
    author = " ".join(words.replace(target[0], "").strip(" ,").split()) if target else words.strip(" ,")
    author = author.replace(" , ", ", ").strip("\"'")
    if tag.named and not target and tag.get("author") and tag.get("source"):
        author = f"{author}, {tag.get('source')}"
    attribution = f"\n\n—— {link(author or target[0], target[0]) if target else author}" if author or target else ""
    inner = (body or "").strip("\n")
    return (
        on_lines("\n\n<blockquote>\n\n", tag.prefix)
        + inner
        + on_lines(f"{attribution}\n\n</blockquote>\n\n", tag.prefix)
    )


def _code(tag: Tag, body: str | None) -> str:
    if tag.name == "code" and tag.get("title", "overflow", "lineNumbers"):  # GitBook's tag around a fence
        return _code_title(tag, None) + (body or "") if tag.get("title") else body or ""
    language = _CLASS.fullmatch(tag.get("lang", "language", "0"))
    start = f'<pre><code class="language-{language[0]}">' if language and language[0] else "<pre><code>"
    return on_lines(f"\n\n{start}{escape((body or '').strip(chr(10)), quote=False)}</code></pre>\n\n", tag.prefix)


def _source(tag: Tag, _body: str | None) -> str:
    """``{% include_code title path %}``: the name of the file, because the file is not available."""
    return f"`{tag.values[-1]}`" if tag.values else ""


def _code_title(tag: Tag, body: str | None) -> str:
    """The name of a code file, above its code."""
    title = (body or tag.get("title", "name", "0")).strip()
    return on_lines(f"\n\n**{title}**\n\n", tag.prefix) if title else ""


def _words(tag: Tag, body: str | None) -> str:
    """A label within a line: its content, or the text in its arguments."""
    return body or tag.get("text", "name", "content", "title") or " ".join(tag.values)


def _diagram(tag: Tag, body: str | None) -> str:
    return on_lines(f"\n\n```{tag.name.lower()}\n{(body or '').strip(chr(10))}\n```\n\n", tag.prefix)


def _mathematics(_tag: Tag, body: str | None) -> str:
    return body or ""


# -- notes --------------------------------------------------------------------------------------------------------

_NOTES = KINDS | frozenset(["notice", "admonition", "callout", "alert", "message", "notification", "panel", "box"])
_FOLDING_TAGS = frozenset(["detail", "details", "expand", "fold", "spoiler", "collapse"])


_INLINE_TAGS = frozenset({"u", "kbd", "text", "mark", "em"})
_CLASS_BEFORE = re.compile(r"^\w*\s*@")


def _note(tag: Tag, body: str | None, *, chinese: bool) -> str:
    kind = tag.get("type", "color", "level", "0").lower() if tag.name not in KINDS or tag.values[:1] else ""
    if kind not in KINDS:
        kind = tag.name.lower() if tag.name.lower() in KINDS else "note"
        words = [value for value in tag.values if value not in ("no-icon", "simple", "modern", "flat", "open")]
    else:
        words = [v for v in tag.values[1:] if v not in ("no-icon", "simple", "modern", "flat", "open")]
    title = tag.get("title", "name", "text") or " ".join(words) or title_of(kind, chinese=chinese)
    return on_lines("\n\n", tag.prefix) + aside(kind, title, body or tag.get("content", "message"), tag.prefix)


def _details(tag: Tag, body: str | None) -> str:
    title = tag.get("title", "summary", "label") or " ".join(tag.values).strip(", ") or "…"
    return on_lines("\n\n", tag.prefix) + details(title, body or "", tag.prefix)


def _group(tag: Tag, body: str | None) -> str:
    """Tabs and columns one below the other, each under its label."""
    title = tag.get("title", "name", "header", "label") if tag.name.lower() in ("tab", "card", "tabpane") else ""
    if not title and tag.name.lower() == "tab":
        title = tag.get("0")
    if body is None and tag.name.lower() in _INLINE_TAGS:
        return _CLASS_BEFORE.sub("", tag.raw.partition(",")[0]).strip()
    head = on_lines(f"\n\n**{title}**\n\n", tag.prefix) if title else ""
    return head + (body or "")


TABLE: dict[str, Callable[[Tag, str | None], str]] = {
    **dict.fromkeys(("figure", "figcaption", "image", "picture", "img-figure", "imgproc", "resize_image"), _figure),
    **dict.fromkeys(("img", "asset_img", "image_tag", "fancybox"), _image),
    **dict.fromkeys(("post_url", "ref", "relref", "post_path", "asset_path", "url_for", "get_url"), _address),
    **dict.fromkeys(("post_link", "asset_link"), _post_link),
    "link": _link,
    **dict.fromkeys(("person", "a", "external", "extlink"), _link),
    **dict.fromkeys(("version", "since", "badge", "chip", "abbr"), _words),
    **dict.fromkeys(("codetitle", "filename", "code_title"), _code_title),
    **dict.fromkeys(("btn", "button"), _button),
    **dict.fromkeys(("video", "audio", "music", "mp3", "iframe", "pdf", "embed", "file"), _media),
    **dict.fromkeys(("blockquote", "quote", "cq", "centerquote", "pullquote", "epigraph"), _quotation),
    **dict.fromkeys(("highlight", "codeblock", "code"), _code),
    **dict.fromkeys(("include_code", "literalinclude", "code_snippet"), _source),
    **dict.fromkeys(("mermaid", "plantuml", "graphviz", "flowchart", "echarts", "chart", "chartjs"), _diagram),
    **dict.fromkeys(("math", "katex", "latex", "mathjax"), _mathematics),
    **dict.fromkeys(sorted(_FOLDING_TAGS), _details),
    **HEXO_THEME_TAGS,
}
