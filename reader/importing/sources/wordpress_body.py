"""The text of a WordPress post as HTML: blank lines become paragraphs, line ends line breaks; block comments are
removed.

The rule is that of WordPress's ``wpautop`` according to its documentation: it applies to text outside of blocks only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import pairwise

from ...formats.json_reader import read_json
from .wordpress_shortcodes import Shortcodes, split_raw

_TOKEN = re.compile(
    r"""<!--.*?(?:-->|\Z)|</?[a-zA-Z][\w-]*+(?:\s(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^>"']++)*+)?/?(?:>|\Z)|[^<]+|<""",
    re.DOTALL,
)
"""A comment or a tag without an end goes to the end of the text, as in browsers: nothing is searched for twice."""
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
_BLOCKS = frozenset(
    ["address", "article", "aside", "audio", "blockquote", "caption", "center", "col", "colgroup", "dd", "details"]
    + ["dialog", "div", "dl", "dt", "embed", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"]
    + ["h4", "h5", "h6", "header", "hr", "iframe", "legend", "li", "main", "nav", "object", "ol", "p", "pre", "script"]
    + ["section", "source", "style", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "video"]
)
_RAW = ("pre", "script", "style")
_BLOCK_COMMENT = re.compile(r"<!--\s+(/)?wp:([a-z][\w/-]*+)(.*?)(?:-->|\Z)", re.DOTALL)
_SILENT_BLOCKS = frozenset(["block", "more", "nextpage", "separator", "spacer"])
_LONE_ADDRESS = re.compile(r"(^|[\n>])[ \t]*(https?://[^\s<>\"]+)[ \t]*(?=$|[\n<])")
_MOST_NESTED_BLOCKS = 3


def to_html(content: str, shortcodes: Shortcodes, shared_blocks: Mapping[str, str]) -> str:
    """The text as HTML, not sanitized. *shared_blocks* are the site's reusable blocks by id."""
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    content = shortcodes.replace(_with_shared_blocks(content, shared_blocks))
    content = _outside_raw(_with_links, content)
    if "<!-- wp:" not in content:
        return "".join(with_breaks(content))
    return "".join(_blocks(content, shortcodes.unknown))


def _with_shared_blocks(content: str, shared: Mapping[str, str], depth: int = 0) -> str:
    if depth == _MOST_NESTED_BLOCKS or "wp:block " not in content:
        return content

    def replace_block(found: re.Match[str]) -> str:
        if found[2] != "block" or "{" not in found[3]:
            return found[0]
        try:
            reference = str(read_json(found[3].strip().removesuffix("/")).get("ref", ""))
        except ValueError:
            return ""
        return _with_shared_blocks(shared.get(reference, ""), shared, depth + 1)

    return _BLOCK_COMMENT.sub(replace_block, content)


def _with_links(html: str) -> str:
    """A URL that is alone on its line (an embed) becomes a link."""
    return _LONE_ADDRESS.sub(lambda found: f'{found[1]}<a href="{escape(found[2])}">{escape(found[2])}</a>', html)


def _outside_raw(change: Callable[[str], str], html: str) -> str:
    return "".join(text if raw else change(text) for text, raw in split_raw(html))


def _blocks(content: str, unknown: dict[str, None]) -> Iterator[str]:
    """The text of blocks unchanged. Text between blocks was written with the old editor."""
    depth = position = 0
    for comment in _BLOCK_COMMENT.finditer(content):
        text = content[position : comment.start()]
        yield text if depth else "".join(with_breaks(text))
        position = comment.end()
        if comment[3].endswith("/"):
            if comment[2] not in _SILENT_BLOCKS:
                unknown[comment[2]] = None
        else:
            depth = max(0, depth - 1) if comment[1] else depth + 1
    text = content[position:]
    yield text if depth else "".join(with_breaks(text))


def with_breaks(html: str) -> Iterator[str]:
    """*html* with ``<br>`` for line ends, and two for blank lines, which the sanitizer converts to paragraphs."""
    tokens = [token for token in _TOKEN.findall(html) if not token.startswith("<!--")]
    raw = ""
    for before, token, after in _with_neighbours(tokens):
        name = _tag_name(token)
        if name in _RAW:
            raw = "" if token.startswith("</") else raw or name
        if name or raw:
            yield token
            continue
        yield _add_breaks(token, before, after)


def _with_neighbours(tokens: list[str]) -> Iterator[tuple[str, str, str]]:
    around = ["<p>", *tokens, "<p>"]
    for (before, token), (_, after) in pairwise(pairwise(around)):
        yield before, token, after


def _tag_name(token: str) -> str:
    found = _NAME.match(token)
    return found[1].lower() if found else ""


def _is_block(token: str) -> bool:
    return _tag_name(token) in _BLOCKS


def _add_breaks(text: str, before: str, after: str) -> str:
    if _is_block(before):
        text = text.lstrip()
    elif _tag_name(before) == "br":
        text = re.sub(r"^[ \t]*\n", "", text)
    if _is_block(after):
        text = text.rstrip()
    text = re.sub(r"(?<![ \t\u00a0])[ \t\u00a0]*+\n(?:[ \t\u00a0]*+\n)+[ \t]*", "<br><br>", text)
    return re.sub(r"(?<![ \t])[ \t]*+\n[ \t]*", "<br>\n", text)
